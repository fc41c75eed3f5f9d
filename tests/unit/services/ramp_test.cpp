// The ramp of the first days (trading rules 6): it binds entries alone, and only an operator raises it.
#include "services/trade_execution/ramp.hpp"

#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;
using services::Ramp;
using services::RampLimits;

namespace {

constexpr Nanos a_day = 86'400'000'000'000;

services::RampRequest wish(RampLimits wanted, std::string request) { return {wanted, "three good days", "operator", std::move(request)}; }

template <class T>
std::string code(const Result<T>& r) {
  return r ? "" : r.error().code;
}

/// A desk under this ramp, with prices of both products.
struct Ramped : Desk {
  explicit Ramped(RampLimits ramp) {
    options.ramp = ramp;
    use({});
    price(m.bnb, 10000);
  }
  /// The check that the last sizing was refused by.
  CheckRecord refusal() const {
    const auto all = sink.all<SizingRecord>();
    REQUIRE_FALSE(all.empty());
    REQUIRE_FALSE(all.back().checks.empty());
    return all.back().checks.back();
  }
  /// The venue refuses the last order: nothing of it works, and it was ordered all the same.
  void rejected() { report(last(), BL_X_REJECTED, BL_S_REJECTED); }
};

std::uint64_t rows_of(store::Journal& j, std::string_view kind) {
  REQUIRE(j.flush().ok());
  std::uint64_t n = 0;
  REQUIRE(j.each([&](const store::JournalRow& r) -> Result<void> {
    n += r.kind == kind ? 1 : 0;
    return {};
  }));
  return n;
}

}  // namespace

TEST_CASE("rule 6: beyond the ramp's amount nothing is bought, and the refusal has value, limit and headroom; exits run") {
  Ramped d({"600"_dec, 0});
  d.hold(0.05);  // 5 at 99.95
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.why("RAMP_NOTIONAL") == 1);
  const CheckRecord c = d.refusal();
  CHECK(c.code == "RAMP_NOTIONAL");
  CHECK(c.limit == "600"_dec);
  CHECK(c.value > "900"_dec);
  CHECK(c.value < "1000"_dec);
  d.price(d.m.btc, 10000);
  CHECK(code(d.exec->execute(d.request(Side::buy, "2"_dec), d.now)) == "RAMP_NOTIONAL");
  d.want(Purpose::exit, 0);
  CHECK(d.last().side() == Side::sell);
}

TEST_CASE("rule 6: the ramp counts each entry of the UTC day, the operator's and those of one frame too; the next day begins anew") {
  {
    Ramped d({Decimal::not_set(), 1});
    d.want({d.target(Purpose::entry, 0.05), d.target(Purpose::entry, 0.05, d.m.bnb)});
    CHECK(d.broker.sent.size() == 1);
    CHECK(d.why("RAMP_ORDERS") == 1);
    CHECK(d.exec->entries_today(d.now) == 1);
  }
  Ramped d({Decimal::not_set(), 2});
  REQUIRE(d.exec->execute(d.request(Side::buy, "1"_dec), d.now));
  d.fill(d.last(), "1"_dec, "100"_dec);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  d.rejected();
  REQUIRE(d.broker.sent.size() == 2);
  d.now += bar_ns;
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.why("RAMP_ORDERS") == 1);
  const CheckRecord c = d.refusal();
  CHECK(c.value == "3"_dec);
  CHECK(c.limit == "2"_dec);
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);  // a sale is none of them
  CHECK(d.last().side() == Side::sell);
  CHECK(d.exec->entries_today(d.now) == 2);
  d.now = start_ns + a_day;
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.last().side() == Side::buy);
  CHECK(d.exec->entries_today(d.now) == 1);
}

TEST_CASE("rule 6: an operator raises the ramp, with his name and why; a request that is repeated raises nothing a second time") {
  Ramped d({"100"_dec, 1});
  d.want(Purpose::entry, 0.05);
  CHECK(d.why("RAMP_NOTIONAL") == 1);
  const auto raised = d.exec->set_ramp(wish({"5000"_dec, 20}, "r1"), d.now);
  REQUIRE(raised);
  CHECK_FALSE(*raised);
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == 1);
  const auto audit = d.sink.all<AuditRecord>();
  REQUIRE(audit.size() == 1);
  CHECK(audit[0].principal == "operator");
  CHECK(audit[0].action == "ramp");
  CHECK(audit[0].subject == "5000 and 20 orders a day");
  CHECK(audit[0].reason == "three good days");
  CHECK(*d.exec->set_ramp(wish({"5000"_dec, 20}, "r1"), d.now));  // the same again
  REQUIRE(d.exec->set_ramp(wish({"50"_dec, 20}, "r2"), d.now));
  CHECK(code(d.exec->set_ramp(wish({"5000"_dec, 20}, "r1"), d.now)) == "REQUEST_REPEATED");
  CHECK(d.exec->ramp().limits() == RampLimits{"50"_dec, 20});
  REQUIRE(d.exec->set_ramp(wish({}, "r3"), d.now));
  CHECK_FALSE(d.exec->ramp().limits().any());
}

TEST_CASE("rule 6: a raised ramp, and what was ordered under it in the day, are what they were after a restart") {
  StoreFolder dir;
  services::ExecutionOptions options;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.options.ramp = {"400"_dec, 1};
    options = d.options;
    d.use({});
    d.exec->begin();
    REQUIRE(d.exec->set_ramp(wish({"5000"_dec, 2}, "r1"), d.now));
    d.hold(0.05);
    d.step();
  }
  Again a(dir / "j", &options);
  a.exec->begin();
  CHECK(a.exec->ramp().limits() == RampLimits{"5000"_dec, 2});
  CHECK(a.exec->ramp().who() == "operator");
  CHECK(a.exec->ramp().why() == "three good days");
  CHECK(a.exec->ramp().since() == start_ns);
  CHECK(a.exec->entries_today(start_ns + 2 * bar_ns) == 1);
  CHECK(code(a.exec->set_ramp(wish({"9000"_dec, 2}, "r1"), start_ns + 2 * bar_ns)) == "REQUEST_REPEATED");
  CHECK(rows_of(*a.journal, "ramp") == 2);  // as it began, and as it was raised: a start with the same words adds none
  a.exec->resume_orders();
  a.now = start_ns + 3 * bar_ns;
  a.price(a.m.btc, 10000);
  a.price(a.m.bnb, 10000);
  a.want(Purpose::entry, 0.02, a.m.bnb);
  REQUIRE(a.broker.sent.size() == 1);
  a.report(a.last(), BL_X_REJECTED, BL_S_REJECTED);
  a.now += bar_ns;
  a.price(a.m.bnb, 10000);
  a.want(Purpose::entry, 0.02, a.m.bnb);
  CHECK(a.broker.sent.size() == 1);
  CHECK(a.why("RAMP_ORDERS") == 1);
}

TEST_CASE("rule 6: an order that is sent again is not another entry of the day") {
  StoreFolder dir;
  services::ExecutionOptions options;
  Intent entry = blank_intent();
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.options.ramp = {Decimal::not_set(), 1};
    options = d.options;
    d.use({});
    d.want(Purpose::entry, 0.05);
    entry = d.last();
  }
  Again a(dir / "j", &options);
  a.report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
  a.now = entry.abi.decided_ns + 1;
  a.price(a.m.btc, 10000);
  a.exec->resume_orders();
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().client_id() == entry.client_id());
  CHECK(a.exec->entries_today(a.now) == 1);
}

TEST_CASE("rule 6: the configuration raises no ramp; one that says less takes it down, each number for itself") {
  const RampLimits began{"100"_dec, 10};
  Ramp first(began);
  const auto row = first.begin(1);
  REQUIRE(row);
  CHECK(row->usd_per_day == "100"_dec);
  CHECK(row->orders_per_day == 10);
  CHECK_FALSE(first.begin(2));

  const auto next = [&row](RampLimits configured) {
    Ramp r(configured);
    r.restore(*row, 1);
    return r;
  };
  Ramp more = next({"900"_dec, 90});
  REQUIRE(more.begin(2));  // what was said is kept, to be compared with the next
  CHECK(more.limits() == began);
  CHECK(more.configuration_says_more());
  Ramp gone = next({});
  static_cast<void>(gone.begin(2));
  CHECK(gone.limits() == began);
  CHECK(gone.configuration_says_more());
  Ramp less = next({"60"_dec, 90});
  REQUIRE(less.begin(2));
  CHECK(less.limits() == RampLimits{"60"_dec, 10});
  CHECK(less.who() == "host");
  Ramp same = next(began);
  CHECK_FALSE(same.begin(2));
  CHECK_FALSE(same.configuration_says_more());
}

TEST_CASE("rule 6: what an operator has raised a lower number in the configuration takes down, an unchanged one does not") {
  Ramp r({"100"_dec, 10});
  REQUIRE(r.begin(1));
  const auto raised = r.set(wish({"5000"_dec, 0}, "r1"), 2);
  Ramp same({"100"_dec, 10});
  same.restore(raised, 2);
  CHECK_FALSE(same.begin(3));
  CHECK(same.limits() == RampLimits{"5000"_dec, 0});
  Ramp lower({"80"_dec, 10});
  lower.restore(raised, 2);
  REQUIRE(lower.begin(3));
  CHECK(lower.limits() == RampLimits{"80"_dec, 0});  // of the number of orders nothing new was said
}

TEST_CASE("rule 6: a run that had no ramp gets the one that the configuration names now") {
  Ramp none{RampLimits{}};
  CHECK_FALSE(none.begin(1));
  Ramp some({"100"_dec, 0});
  REQUIRE(some.begin(2));
  CHECK(some.limits() == RampLimits{"100"_dec, 0});
}

TEST_CASE("rule 6: of two ramps one loosens where it lets more through, by amount or by number") {
  const RampLimits a{"100"_dec, 10};
  CHECK(loosens(a, {"100.01"_dec, 10}));
  CHECK(loosens(a, {"1"_dec, 11}));
  CHECK(loosens(a, {Decimal::not_set(), 1}));
  CHECK(loosens(a, {"1"_dec, 0}));
  CHECK_FALSE(loosens(a, a));
  CHECK_FALSE(loosens(a, {"99"_dec, 9}));
  CHECK_FALSE(loosens({}, a));
  CHECK(stricter(a, {"200"_dec, 3}) == RampLimits{"100"_dec, 3});
  CHECK(stricter({}, a) == a);
  CHECK(stricter(a, {}) == a);
}
