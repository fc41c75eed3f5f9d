// What moves together, and how much of it may be held: returns, correlations, clusters, and the verdicts.
#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "account_fixture.hpp"
#include "risk_correlation/clusters.hpp"
#include "risk_correlation/codes.hpp"
#include "risk_correlation/correlations.hpp"
#include "risk_correlation/relations.hpp"
#include "risk_correlation/sampler.hpp"

using namespace bowline::risk_correlation;
using namespace plugin_tests;
using bowline::Decimal;
using bowline::risk::Action;
using bowline::risk::Unit;
namespace money = bowline::money;

namespace {
constexpr std::int64_t minute = 60'000'000'000, hour = 60 * minute;
using Row = std::vector<std::int64_t>;

struct Random {
  std::uint64_t x;
  std::uint64_t below(std::uint64_t n) { return (x ^= x << 13, x ^= x >> 7, x ^= x << 17) % n; }
  /// About normal, of variance 1.
  double noise() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(below(1'000'001)) * 1e-6;
    return sum;
  }
};
std::int64_t units(double r) { return std::llround(r * 1e9); }
}  // namespace

// ---- returns ---------------------------------------------------------------------------------------------

namespace {
struct Taken {
  Sampler sampler{2, hour};
  std::vector<Row> rows;
  void bar(std::size_t i, std::int64_t close_ns, double close) {
    sampler.take(i, close_ns, close, [this](const auto& r) { rows.push_back(r); });
  }
};
}  // namespace

TEST_CASE("rule 5.4: returns are logarithmic, over one interval, of all instruments at the same moment") {
  Taken t;
  t.bar(0, hour, 100);
  t.bar(1, hour, 10);
  CHECK(t.rows.empty());             // one close is no return
  t.bar(0, hour + 5 * minute, 500);  // between two moments: not looked at
  t.bar(0, 2 * hour, 110);
  CHECK(t.rows.empty());  // the other may still come
  t.bar(1, 2 * hour, 9);
  REQUIRE(t.rows.size() == 1);
  CHECK(t.rows[0] == Row{units(std::log(1.1)), units(std::log(0.9))});
}

TEST_CASE("a moment is over when a later bar comes; who is missing there has no return, then or one later") {
  Taken t;
  t.bar(0, hour, 100);
  t.bar(1, hour, 10);
  t.bar(0, 2 * hour, 110);
  t.bar(0, 2 * hour + 5 * minute, 111);
  REQUIRE(t.rows.size() == 1);
  CHECK(t.rows[0] == Row{units(std::log(1.1)), missing});
  t.bar(1, 2 * hour, 9);  // too late: that moment is over
  t.bar(0, 3 * hour, 110);
  t.bar(1, 3 * hour, 12);
  REQUIRE(t.rows.size() == 2);
  CHECK(t.rows[1] == Row{0, missing});  // its return would be over two hours
  t.bar(0, 4 * hour, 110);
  t.bar(1, 4 * hour, 12);
  CHECK(t.rows[2] == Row{0, 0});
}

TEST_CASE("a second bar of the same moment, and one of a moment before, change nothing") {
  Taken t;
  t.bar(0, hour, 100);
  t.bar(0, hour, 900);
  t.bar(1, hour, 10);
  t.bar(0, hour, 900);
  t.bar(0, 2 * hour, 100);
  t.bar(1, 2 * hour, 10);
  REQUIRE(t.rows.size() == 1);
  CHECK(t.rows[0] == Row{0, 0});
}

TEST_CASE("a price that jumps beyond belief is cut, not believed") {
  Taken t;
  t.bar(0, hour, 1e-9);
  t.bar(1, hour, 1);
  t.bar(0, 2 * hour, 1e9);
  t.bar(1, 2 * hour, 1);
  CHECK(t.rows[0][0] == 7'000'000'000);
}

// ---- correlations ----------------------------------------------------------------------------------------

namespace {
Estimate raw_estimate(std::uint32_t window, std::uint32_t least) { return {window, least, 0.0}; }

/// From the rows themselves, in doubles.
double plain(const std::vector<Row>& rows, std::size_t a, std::size_t b) {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (const Row& r : rows) {
    if (r[a] == missing || r[b] == missing) continue;
    const double p = static_cast<double>(r[a]) * 1e-9, q = static_cast<double>(r[b]) * 1e-9;
    n += 1, x += p, y += q, xx += p * p, yy += q * q, xy += p * q;
  }
  return (xy / n - x / n * y / n) / std::sqrt((xx / n - x / n * x / n) * (yy / n - y / n * y / n));
}
}  // namespace

TEST_CASE("correlation: what moves alike is 1, what moves against it -1, and itself is 1") {
  Correlations c(3, raw_estimate(50, 10));
  Random r{1};
  for (int i = 0; i < 30; ++i) {
    const std::int64_t m = units(r.noise() * 0.01);
    c.add(Row{m, 2 * m, -m});
  }
  CHECK(c.rho(0, 1) == Approx(1));
  CHECK(c.rho(0, 2) == Approx(-1));
  CHECK(c.rho(2, 0) == c.rho(0, 2));
  CHECK(c.rho(1, 1) == 1);
}

TEST_CASE("rule 5.4: unknown history counts as 1: too few rows together, or a price that never moved") {
  Correlations c(3, raw_estimate(50, 10));
  CHECK(c.rho(0, 1) == 1);
  CHECK_FALSE(c.known(0, 1));
  CHECK(c.mean() == 1);
  Random r{2};
  for (int i = 0; i < 9; ++i) c.add(Row{units(r.noise() * 0.01), units(r.noise() * 0.01), 0});
  CHECK_FALSE(c.known(0, 1));
  CHECK(c.rho(0, 1) == 1);
  c.add(Row{units(0.01), missing, 0});  // not a row of both
  CHECK_FALSE(c.known(0, 1));
  c.add(Row{units(0.01), units(0.02), 0});
  CHECK(c.known(0, 1));
  CHECK(c.rho(0, 1) < 1);
  CHECK_FALSE(c.known(0, 2));  // it never moved
  CHECK(c.rho(0, 2) == 1);
}

TEST_CASE("rule 5.4: shrinkage draws each known pair to the mean of all of them, and leaves the unknown at 1") {
  Correlations bare(4, raw_estimate(100, 10)), drawn(4, {100, 10, 0.25});
  Random r{3};
  for (int i = 0; i < 60; ++i) {
    const double f = r.noise();
    const Row row{units(f * 0.01), units((f + r.noise()) * 0.01), units(r.noise() * 0.01), missing};
    bare.add(row);
    drawn.add(row);
  }
  const double mean = (bare.rho(0, 1) + bare.rho(0, 2) + bare.rho(1, 2)) / 3;
  CHECK(bare.mean() == Approx(mean));
  for (const auto& [a, b] : {std::pair{0u, 1u}, {0u, 2u}, {1u, 2u}})
    CHECK(drawn.rho(a, b) == Approx(0.75 * bare.rho(a, b) + 0.25 * mean));
  CHECK(drawn.rho(0, 3) == 1);
}

TEST_CASE("rule 5.4: property: after any way the correlations are those of the window's rows alone, to the last bit") {
  Random r{4};
  constexpr std::size_t n = 5;
  const Estimate e = raw_estimate(40, 12);
  Correlations whole(n, e);
  std::vector<Row> rows;
  for (int i = 0; i < 600; ++i) {
    const double f = r.noise();
    Row row;
    for (std::size_t k = 0; k < n; ++k)
      row.push_back(r.below(7) == 0 ? missing
                                    : units((f + r.noise()) * (i == 200 ? 5.0 : 0.002)));  // one wild row
    whole.add(row);
    rows.push_back(row);
    if (rows.size() > e.window) rows.erase(rows.begin());
    if (i % 10 != 0) continue;
    Correlations fresh(n, e);
    for (const Row& one : rows) fresh.add(one);
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) {
        REQUIRE(fresh.known(a, b) == whole.known(a, b));
        REQUIRE(fresh.rho(a, b) == whole.rho(a, b));
        if (a != b && whole.known(a, b)) REQUIRE(whole.rho(a, b) == Approx(plain(rows, a, b)).margin(1e-6));
      }
  }
}

// ---- clusters --------------------------------------------------------------------------------------------

namespace {
/// Correlations of four: 1 and 2 nearly alike, 3 like 2 in half, 4 for itself; the fifth has no history.
Correlations five() {
  Correlations c(5, raw_estimate(2'000, 100));
  Random r{5};
  for (int i = 0; i < 2'000; ++i) {
    const double f = r.noise(), g = r.noise();
    c.add(Row{units(f * 0.01), units((f + 0.2 * r.noise()) * 0.01), units((f + g) * 0.01),
              units(r.noise() * 0.01), missing});
  }
  return c;
}
Relations relations(double cluster_from, double alike_above) {
  Relations rel(5, cluster_from, alike_above);
  rel.update(five());
  return rel;
}
}  // namespace

TEST_CASE("rule 5.4: clusters are what is connected at or above the correlation, named by their smallest number") {
  const Relations rel = relations(0.9, 0.99);
  CHECK(rel.cluster_of(1) == 1);
  CHECK(rel.cluster_of(2) == 1);
  CHECK(rel.cluster_of(3) == 3);
  CHECK(rel.cluster_of(4) == 4);
  CHECK(rel.counts_with(1, 2));
  CHECK_FALSE(rel.counts_with(1, 3));
  CHECK_FALSE(rel.counts_with(3, 4));
  const Relations chained = relations(0.6, 0.99);  // 3 is connected to both
  CHECK(chained.cluster_of(3) == 1);
  CHECK(chained.counts_with(1, 3));
  CHECK_FALSE(chained.counts_with(1, 4));
}

TEST_CASE("clusters chain: two that are not alike count as one through a third that is like both") {
  Correlations c(3, raw_estimate(2'000, 100));
  Random r{6};
  for (int i = 0; i < 2'000; ++i) {
    const double f = r.noise(), g = r.noise();
    c.add(Row{units((f + g) * 0.01), units(f * 0.01), units(g * 0.01)});
  }
  Relations rel(3, 0.6, 0.99);
  rel.update(c);
  CHECK(std::abs(rel.rho(2, 3)) < 0.1);
  CHECK(rel.counts_with(2, 3));
  CHECK(rel.cluster_of(3) == 1);
}

TEST_CASE("rule 5.4: what has no history counts with everything, and connects nothing else through it") {
  const Relations rel = relations(0.9, 0.95);
  for (std::uint32_t i = 1; i <= 4; ++i) {
    CHECK(rel.counts_with(i, 5));
    CHECK(rel.counts_with(5, i));
    CHECK(rel.are_alike(5, i));
    CHECK(rel.counts_with(i, 77));  // a number that is not followed
    CHECK(rel.are_alike(i, 77));
  }
  CHECK_FALSE(rel.counts_with(3, 4));
  CHECK_FALSE(rel.are_alike(5, 5));
  const Relations never(5, 0.9, 1.0), at_start(5, 0.9, 0.95);
  CHECK_FALSE(never.are_alike(1, 2));  // a limit of 1 is none, for the unknown too
  CHECK_FALSE(never.are_alike(1, 77));
  CHECK(at_start.are_alike(1, 2));
  CHECK(at_start.counts_with(1, 2));
}

// ---- verdicts --------------------------------------------------------------------------------------------

namespace {
Limits limits() { return {D("0.25"), D("0.95"), D("0.02"), D("10")}; }
/// 10,000 USD of equity, every instrument at 100.
AccountFixture account() {
  AccountFixture a(D("10000"));
  for (std::uint32_t i = 1; i <= 6; ++i) a.mark(i, D("100"));
  return a;
}
Judged ask(AccountFixture& a, const bl_intent& i, const Relations& rel, const Limits& l = limits()) {
  static Scratch scratch(5);
  static bowline::risk::LastChecks last;
  last.reset(bowline::risk_correlation::codes, 5);
  const Judged said = judge(i, a.view(), l, rel, scratch, &last);
  bool listed = said.answer.code.empty();
  for (const bowline::risk::Code& c : bowline::risk_correlation::codes)
    listed = listed || (c.rule == said.answer.rule && c.code == said.answer.code && (c.unit == said.answer.unit || said.answer.unit == bowline::risk::Unit::none));
  CHECK(listed);
  return said;
}
bl_intent buy(std::uint32_t instrument, const char* qty, const Amount& px = {},
              const std::string& id = "asked") {
  return order(BL_BUY, instrument, D(qty), px, id);
}
}  // namespace

TEST_CASE(
    "rule 5.4: cluster limit: held, being bought and the order, of the products that move with it, up to the share") {
  const Relations rel = relations(0.6, 1.0);  // 1, 2 and 3 are one
  AccountFixture a = account();
  a.hold(1, D("8"), D("100"));
  a.hold(4, D("50"), D("100"));                                 // another cluster
  a.work(buy(2, "7", D("110"), "resting"), D("7"));             // counts at its limit, which is dearer: 770
  a.work(order(BL_SELL, 1, D("8"), D("120"), "exit"), D("8"));  // helps only when it fills
  CHECK(ask(a, buy(3, "9.3"), rel).answer.action == Action::allow);
  const auto over = ask(a, buy(3, "9.4"), rel).answer;
  CHECK(over.action == Action::shrink);
  CHECK(over.code == "CLUSTER_LIMIT");
  CHECK(over.unit == Unit::share_of_equity);
  CHECK(text(over.value) == "0.251");
  CHECK(text(over.limit) == "0.25");
  CHECK(text(over.max_qty) == "9.3");
  CHECK(ask(a, buy(4, "9.4"), rel).answer.code == "CLUSTER_LIMIT");  // 5,000 are in its own already
  CHECK(ask(a, buy(4, "9.4"), rel).answer.action == Action::reject);
  a.work(buy(3, "9.25", D("100"), "more"), std::nullopt, BL_S_UNKNOWN);
  CHECK(ask(a, buy(3, "1"), rel).answer.action == Action::reject);  // 5 are left: below min_notional
  CHECK(ask(a, buy(3, "9.25", D("100"), "more"), rel).answer.action ==
        Action::allow);  // it is that order itself
}

TEST_CASE("rule 5.4: without history all products are one cluster") {
  const Relations rel(5, 0.8, 1.0);
  AccountFixture a = account();
  a.hold(1, D("10"), D("100"));
  a.hold(6, D("10"), D("100"));  // not followed at all
  const auto over = ask(a, buy(4, "9"), rel).answer;
  CHECK(over.code == "CLUSTER_LIMIT");
  CHECK(text(over.max_qty) == "5");
}

TEST_CASE(
    "rule 5.4: correlation limit: refused while more of a product too alike is there than its share, itself excepted") {
  const Relations rel = relations(1.0, 0.95);
  AccountFixture a = account();
  a.hold(1, D("2"), D("100"));
  CHECK(ask(a, buy(2, "1"), rel).answer.action == Action::allow);  // exactly the share: not beyond
  a.work(buy(1, "0.01", D("90"), "resting"), D("0.01"));
  const Judged j = ask(a, buy(2, "1"), rel);
  CHECK(j.answer.action == Action::reject);
  CHECK(j.answer.code == "CORRELATION_LIMIT");
  CHECK(j.answer.unit == Unit::fraction);
  CHECK(j.answer.value > D("0.95"));
  CHECK(text(j.answer.limit) == "0.95");
  CHECK(j.other == 1);
  CHECK(ask(a, buy(1, "1"), rel).answer.action == Action::allow);
  CHECK(ask(a, buy(3, "1"), rel).answer.action == Action::allow);
  CHECK(ask(a, buy(5, "1"), rel).answer.code == "CORRELATION_LIMIT");  // of it nothing is known
  CHECK(ask(a, buy(6, "1"), rel).answer.code == "CORRELATION_LIMIT");  // it is not followed
  CHECK(ask(a, buy(6, "1"), rel).other == 1);
}

TEST_CASE("rule 5.4: correlation limit: of several the most alike is named, of equals the first") {
  const Relations rel = relations(1.0, 0.5);
  AccountFixture a = account();
  a.hold(3, D("3"), D("100"));
  a.hold(2, D("3"), D("100"));
  CHECK(ask(a, buy(1, "1"), rel).other == 2);
  a.hold(5, D("3"), D("100"));  // unknown is 1
  CHECK(ask(a, buy(1, "1"), rel).other == 5);
  const Relations unknown(5, 1.0, 0.5);
  CHECK(ask(a, buy(1, "1"), unknown).other == 2);
}

TEST_CASE("rule 3.1: sells pass whatever correlates, without equity and without marks") {
  AccountFixture a = account();
  a.hold(1, D("60"), D("100"));
  a.equity = D("-1");
  a.marks.clear();
  CHECK(ask(a, order(BL_SELL, 1, D("60")), Relations(5, 0.5, 0.5)).answer.action == Action::allow);
}

TEST_CASE("what cannot be judged is refused, by name") {
  const Relations rel = relations(0.6, 1.0);
  AccountFixture a = account();
  CHECK(ask(a, buy(1, "0"), rel).answer.code == "QUANTITY_INVALID");
  CHECK(ask(a, order(7, 1, D("1")), rel).answer.code == "SIDE_UNKNOWN");
  CHECK(ask(a, buy(9, "1"), rel).answer.code == "MARK_MISSING");
  a.mark(2, std::nullopt);
  a.hold(2, D("1"), Decimal::zero());
  CHECK(ask(a, buy(1, "1"), rel).answer.code ==
        "MARK_MISSING");  // it counts with it, and is worth nobody knows what
  CHECK(ask(a, buy(4, "1"), rel).answer.action == Action::allow);  // here it does not count
  a.equity = Decimal::zero();
  CHECK(ask(a, buy(1, "1"), rel).answer.code == "EQUITY_NOT_POSITIVE");
  a = account();
  a.mark(1, D("10000000000000000000"));
  CHECK(ask(a, buy(1, "10000000000000000000"), rel).answer.code == "ARITHMETIC_OVERFLOW");
}

TEST_CASE("rule 5.4: property: what is allowed or shrunk keeps the cluster within its share; a step more does not") {
  Random r{8};
  const Relations rels[] = {relations(0.9, 0.97), relations(0.6, 1.0), Relations(5, 0.9, 1.0)};
  int shrunk = 0, allowed = 0, refused = 0;
  for (int round = 0; round < 30'000; ++round) {
    const Relations& rel = rels[r.below(3)];
    const auto amount = [&](std::uint64_t most) {
      return money::from_mantissa(static_cast<std::int64_t>(1 + r.below(most)), -3);
    };
    const auto any = [&] { return static_cast<std::uint32_t>(1 + r.below(6)); };
    AccountFixture a(amount(20'000'000));
    for (std::uint32_t i = 1; i <= 6; ++i) a.mark(i, amount(200'000));
    for (std::uint64_t k = r.below(4); k > 0; --k) a.hold(any(), amount(20'000), D("1"));
    for (std::uint64_t k = r.below(4); k > 0; --k)
      a.work(order(r.below(3) == 0 ? BL_SELL : BL_BUY, any(), amount(20'000), amount(200'000), "w"),
             std::nullopt);
    Limits l{money::from_mantissa(static_cast<std::int64_t>(1 + r.below(100)), -2), D("1"), D("1"),
             Decimal::zero()};
    if (r.below(3) == 0) l.correlated_share = D("0.1");
    bl_intent i = order(BL_BUY, any(), amount(60'000), r.below(2) ? Amount(amount(200'000)) : Amount());
    const auto answer = ask(a, i, rel, l).answer;
    if (answer.action == Action::reject) {
      ++refused;
      continue;
    }
    const auto share_of_cluster = [&](const Decimal& qty) {
      Decimal sum = Decimal::zero();
      const auto mark = [&](std::uint32_t n) { return Decimal::from_raw(a.marks[n - 1].px); };
      const auto count = [&](std::uint32_t n, const Decimal& q, const Decimal& limit) {
        const bool one = n == i.instrument || n > 5 || i.instrument > 5 ||
                         rel.cluster_of(n) == rel.cluster_of(i.instrument) ||
                         rel.counts_with(i.instrument, n);
        if (one) sum += mul(q, limit.is_set() ? max(limit, mark(n)) : mark(n), bowline::Rounding::up);
      };
      for (const bl_position& p : a.positions)
        count(p.instrument, Decimal::from_raw(p.qty), Decimal::not_set());
      for (const bl_working& w : a.working)
        if (w.intent->side == BL_BUY)
          count(w.intent->instrument, Decimal::from_raw(w.intent->qty),
                Decimal::from_raw(w.intent->limit_px));
      count(i.instrument, qty, Decimal::from_raw(i.limit_px));
      return sum;
    };
    const Decimal most = mul(l.max_cluster, a.equity, bowline::Rounding::up);
    if (answer.action == Action::allow) {
      ++allowed;
      REQUIRE(share_of_cluster(Decimal::from_raw(i.qty)) <= most);
      continue;
    }
    ++shrunk;
    REQUIRE(share_of_cluster(answer.max_qty) <= most);
    REQUIRE(share_of_cluster(answer.max_qty + D("0.00000001")) >
            mul(l.max_cluster, a.equity, bowline::Rounding::down));
  }
  CHECK(allowed > 2'000);
  CHECK(shrunk > 1'000);
  CHECK(refused > 1'000);
}
