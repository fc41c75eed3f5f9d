// The limits at random: the answers are those of 1.0, hang together, break no limit and change nothing.
#include <catch2/catch.hpp>

#include <cstring>
#include <set>
#include <string>

#include "limits_1_0.hpp"
#include "limits_fixture.hpp"

using namespace bowline::risk_limits;
using namespace plugin_tests;
using namespace plugin_tests::limits;
using bowline::Decimal;
namespace money = bowline::money;

namespace {
struct Random {
  std::uint64_t x;
  std::uint64_t next() { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool chance(std::uint64_t one_in) { return next() % one_in == 0; }
  Decimal amount(std::uint64_t most) {
    return money::from_mantissa(static_cast<std::int64_t>(1 + below(most)), -4);
  }
  Decimal percent() { return money::from_mantissa(static_cast<std::int64_t>(1 + below(100)), -2); }
};

/// Three instruments, some without a mark, held and worked on in every way.
AccountFixture random_account(Random& r) {
  AccountFixture b(r.amount(200'000'000));
  b.peak = r.chance(3) ? b.equity : b.equity + r.amount(100'000'000);
  b.day_start = r.chance(3) ? b.equity : r.amount(200'000'000);
  b.cash(r.amount(200'000'000));
  for (std::uint32_t i = 1; i <= 3; ++i)
    if (!r.chance(12)) b.mark(i, r.amount(5'000'000));
  const auto any = [&] { return static_cast<std::uint32_t>(1 + r.below(3)); };
  for (std::uint64_t k = r.below(3); k > 0; --k) b.hold(any(), r.amount(100'000), r.amount(5'000'000));
  for (std::uint64_t k = r.below(4); k > 0; --k) {
    const std::string id = "w" + std::to_string(k);
    if (r.chance(5)) {
      b.work(by_cost(any(), r.amount(5'000'000), id), std::nullopt);
      continue;
    }
    const Amount px = r.chance(4) ? Amount() : Amount(r.amount(5'000'000));
    const Decimal qty = r.amount(50'000);
    b.work(order(r.chance(2) ? BL_BUY : BL_SELL, any(), qty, px, id),
           r.chance(4) ? Amount() : Amount(money::times(qty, D("0.5"), money::Round::down)));
  }
  return b;
}
bl_intent random_order(Random& r) {
  const auto instrument = static_cast<std::uint32_t>(1 + r.below(3));
  if (r.chance(8)) return by_cost(instrument, r.amount(30'000'000));
  const Amount px = r.chance(2) ? Amount() : Amount(r.amount(5'000'000));
  return order(r.chance(6) ? BL_SELL : BL_BUY, instrument, r.amount(300'000), px,
               r.chance(9) ? "w1" : "asked");
}
Limits random_limits(Random& r) {
  Limits l;
  l.max_position = r.percent();
  l.max_exposure = r.percent();
  l.min_notional = r.amount(100'000);
  if (r.chance(2)) l.cash_reserve = min(r.percent(), D("0.99"));
  l.taker_fee = money::from_mantissa(static_cast<std::int64_t>(r.below(200)), -4);
  if (r.chance(3)) l.max_order = r.amount(20'000'000);
  if (r.chance(3)) l.max_day = r.amount(40'000'000);
  if (r.chance(3)) l.max_total = r.amount(60'000'000);
  if (r.chance(4)) l.price_band = r.percent();
  if (r.chance(3)) l.ladder = {{D("0.1"), D("0.5")}, {D("0.3"), D("0.2")}, {D("0.6"), D("0")}};
  return l;
}

limits_1_0::Book old_book(const bl_portfolio& p, const bl_intent& judged) {
  limits_1_0::Book b;
  b.equity = Decimal::from_raw(p.equity);
  for (const bl_position& x : bowline::Portfolio(p).positions())
    b.holdings.push_back({x.instrument, Decimal::from_raw(x.qty), Decimal::from_raw(x.avg_px)});
  b.marks.resize(4);
  for (const bl_mark& m : bowline::Portfolio(p).marks()) b.marks[m.instrument] = money::from_abi(m.px);
  for (const bl_working* w : bowline::Portfolio(p).working()) {
    if (std::strcmp(w->intent->client_id, judged.client_id) == 0) continue;
    limits_1_0::Working v;
    v.instrument = w->intent->instrument;
    v.buy = w->intent->side == BL_BUY;
    const auto leaves = money::from_abi(w->leaves_qty), qty = money::from_abi(w->intent->qty);
    v.leaves = leaves ? *leaves : qty.value_or(Decimal::zero());
    if (!qty) v.by_cost = money::from_abi(w->intent->quote_qty);
    if (w->intent->type != BL_MARKET) v.limit_px = money::from_abi(w->intent->limit_px);
    b.working.push_back(v);
  }
  return b;
}
}  // namespace

TEST_CASE("property: with what 1.0 had, the answers are those of 1.0, to the last digit") {
  Random r{20260101};
  int seen[3]{};
  for (int round = 0; round < 60'000; ++round) {
    AccountFixture b = random_account(r);
    const bl_intent i = random_order(r);
    Limits l;
    l.max_position = r.percent();
    l.max_exposure = r.percent();
    l.min_notional = r.amount(100'000);
    limits_1_0::Ask old;
    old.instrument = i.instrument;
    old.buy = i.side == BL_BUY;
    old.qty = money::from_abi(i.qty);
    old.by_cost = money::from_abi(i.quote_qty);
    if (i.type != BL_MARKET) old.limit_px = money::from_abi(i.limit_px);
    const auto before =
        limits_1_0::judge(old, old_book(b.view(), i), {l.max_position, l.max_exposure, l.min_notional});
    const Answer now = ask(b, i, l);
    REQUIRE(static_cast<int>(now.action) == static_cast<int>(before.action));
    REQUIRE(now.code == before.code);
    REQUIRE(now.reason == before.reason);
    REQUIRE(now.max_qty == before.max_qty);
    REQUIRE(now.value == before.value);
    REQUIRE(now.limit == before.limit);
    REQUIRE(static_cast<int>(now.unit) == static_cast<int>(before.unit));
    REQUIRE(now.rule == before.rule);
    ++seen[static_cast<int>(now.action)];
  }
  for (const int n : seen) CHECK(n > 3'000);
}

TEST_CASE("property: what was shrunk passes when asked again; less than what passes, passes") {
  Random r{99};
  int shrunk = 0, allowed = 0, rejected = 0;
  for (int round = 0; round < 40'000; ++round) {
    AccountFixture b = random_account(r);
    Limits l = random_limits(r);
    bl_intent i = random_order(r);
    if (i.side != BL_BUY) continue;
    Answer a = ask(b, i, l);
    rejected += a.action == Action::reject;
    if (a.action == Action::shrink) {
      ++shrunk;
      // A drawdown's cut is a share of what is asked: asked for less, it gives less.
      if (a.code == "DRAWDOWN_LIMIT") l.ladder.clear();
      i.qty = a.max_qty.raw();
      i.quote_qty = money::not_set();
      const Answer again = ask(b, i, l);
      // The quantity was rounded down: a notional that met the minimum exactly may be 10^-18 short of it now.
      if (again.action != Action::allow) REQUIRE(again.code == "NOTIONAL_BELOW_MINIMUM");
      a = again;
    }
    if (a.action != Action::allow) continue;
    ++allowed;
    bl_intent half = i;
    bl_dec& size = Decimal::from_raw(i.qty).is_set() ? half.qty : half.quote_qty;
    size = money::times(Decimal::from_raw(size), D("0.5"), money::Round::down).raw();
    if (!Decimal::from_raw(size).is_positive()) continue;
    const Answer less = ask(b, half, l);
    REQUIRE((less.action == Action::allow || less.code == "NOTIONAL_BELOW_MINIMUM"));
  }
  CHECK(shrunk > 1'000);
  CHECK(allowed > 3'000);
  CHECK(rejected > 1'000);
}

namespace {
/// What an account holds and buys, added up in another way than the code does it.
struct Sums {
  Decimal here, all, buying,
      pay;  // `here`: of the instrument asked about; `pay`: the cash that the buys take
};
Sums add_up(const AccountFixture& b, std::uint32_t asked, const Decimal& fee) {
  Sums t{};
  const auto mark_of = [&](std::uint32_t i) -> Amount {
    for (const bl_mark& m : b.marks)
      if (m.instrument == i) return Decimal::from_raw(m.px);
    return std::nullopt;
  };
  const auto count = [&](std::uint32_t i, const Decimal& amount) {
    t.all += amount;
    if (i == asked) t.here += amount;
  };
  for (const bl_position& p : b.positions)
    count(p.instrument,
          mul(Decimal::from_raw(p.qty), mark_of(p.instrument).value_or(Decimal::from_raw(p.avg_px)),
              bowline::Rounding::up));
  for (const bl_working& w : b.working) {
    if (w.intent->side != BL_BUY) continue;
    Decimal amount = Decimal::from_raw(w.intent->quote_qty);
    const bool cost = amount.is_set();
    if (!cost) {
      const Decimal leaves = Decimal::from_raw(w.leaves_qty), limit = Decimal::from_raw(w.intent->limit_px);
      const Amount mark = mark_of(w.intent->instrument);
      const Decimal px = !mark ? limit : !limit.is_set() ? *mark : max(*mark, limit);
      amount = mul(leaves.is_set() ? leaves : Decimal::from_raw(w.intent->qty), px, bowline::Rounding::up);
    }
    t.buying += amount;
    t.pay += cost ? amount : mul(amount, D("1") + fee, bowline::Rounding::up);
    count(w.intent->instrument, amount);
  }
  return t;
}

/// The first limit that the account breaks as it stands, or empty. `before`: what there was of it before the
/// order.
std::string broken(const AccountFixture& b, std::uint32_t bought, const Limits& l, const Decimal& today,
                   const Decimal& before) {
  const Sums t = add_up(b, bought, l.taker_fee);
  const auto share = [&](const Decimal& of) { return mul(of, b.equity, bowline::Rounding::up); };
  if (t.here > share(l.max_position)) return "position";
  if (t.all > share(l.max_exposure)) return "exposure";
  // The code rounds the fees of all working buys up at once, this one each: units of the last place.
  if (!l.cash_reserve.is_zero() &&
      Decimal::from_raw(b.balances[0].total) - t.pay < share(l.cash_reserve) - D("0.00000000000001"))
    return "cash";
  if (l.max_day && today + t.buying > *l.max_day) return "day";
  if (l.max_total && t.all > *l.max_total) return "total";
  if (l.max_order && t.here - before > *l.max_order) return "order";
  return "";
}
}  // namespace

TEST_CASE(
    "property: what is allowed or shrunk breaks no limit once it is in the book, and a step more breaks "
    "one") {
  Random r{4711};
  const Decimal step = D("0.00000001");
  int shrunk = 0, allowed = 0;
  std::set<std::string> by;
  for (int round = 0; round < 60'000; ++round) {
    AccountFixture b = random_account(r);
    Limits l = random_limits(r);
    l.ladder.clear();  // it cuts what is asked, not to a size
    l.price_band.reset();
    l.min_notional = Decimal::zero();
    bl_intent i = random_order(r);
    if (i.side != BL_BUY || std::strcmp(i.client_id, "asked") != 0) continue;
    Memory m;
    bl_fill f{};
    f.h.ts_event = b.now_ns;
    f.side = BL_BUY;
    f.px = D("1").raw();
    const Decimal today = r.amount(10'000'000);
    f.qty = today.raw();
    m.on_fill(f);
    const Decimal before = add_up(b, i.instrument, l.taker_fee).here;
    const Answer a = ask(b, i, l, m);
    if (a.action == Action::reject) continue;
    if (a.action == Action::shrink) {
      const Decimal qty = floor_to(a.max_qty, step);
      if (!qty.is_positive()) continue;
      i.qty = qty.raw();
      i.quote_qty = money::not_set();
    }
    b.work(i, money::from_abi(i.qty), BL_S_PENDING);
    const std::string over = broken(b, i.instrument, l, today, before);
    INFO(a.code << " " << over);
    REQUIRE(over.empty());
    if (a.action == Action::allow) {
      ++allowed;
      continue;
    }
    ++shrunk;
    by.insert(std::string(a.code));
    // Maximal: a step more, at least of a notional that shows in the sums, is over the limit.
    const Decimal more = Decimal::from_raw(i.qty) + step + step;
    b.working.pop_back();
    i.qty = more.raw();
    b.work(i, more, BL_S_PENDING);
    REQUIRE_FALSE(broken(b, i.instrument, l, today, before).empty());
  }
  CHECK(allowed > 2'000);
  CHECK(shrunk > 2'000);
  CHECK(by == std::set<std::string>{"POSITION_LIMIT", "EXPOSURE_LIMIT", "CASH_RESERVE_LIMIT",
                                    "ORDER_NOTIONAL_LIMIT", "DAY_NOTIONAL_LIMIT", "TOTAL_NOTIONAL_LIMIT"});
}

TEST_CASE("client ids are ordered as strncmp orders them, whatever stands behind their end") {
  Random r{55};
  int equal = 0;
  for (int round = 0; round < 200'000; ++round) {
    char a[40], b[40];
    for (char* id : {a, b}) {
      for (int i = 0; i < 40; ++i) id[i] = "ab\xC3"[r.below(3)];
      if (r.chance(2)) id[r.below(r.chance(2) ? 40 : 10)] = '\0';
    }
    if (r.chance(4)) std::memcpy(b, a, 12);
    if (r.chance(4)) std::strncpy(b, a, 40);
    const int want = std::strncmp(a, b, 40), is = bowline::risk::compare_ids(a, b);
    equal += want == 0;
    REQUIRE((want < 0) == (is < 0));
    REQUIRE((want == 0) == (is == 0));
  }
  CHECK(equal > 1'000);
}

TEST_CASE("property: a check changes nothing: asked twice, and in between for others, it says the same") {
  Random r{31337};
  for (int round = 0; round < 2'000; ++round) {
    AccountFixture b = random_account(r), other = random_account(r);
    const Limits l = random_limits(r);
    const bl_intent i = random_order(r), j = random_order(r);
    const Answer first = ask(b, i, l);
    static_cast<void>(ask(other, j, l));
    const Answer again = ask(b, i, l);
    REQUIRE(first.action == again.action);
    REQUIRE(first.code == again.code);
    REQUIRE(first.max_qty == again.max_qty);
    REQUIRE(first.value == again.value);
  }
}
