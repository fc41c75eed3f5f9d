#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::OrderType;
using core::Purpose;
using core::Side;

namespace {

constexpr core::Nanos second = 1'000'000'000;

void policy(Desk& d, std::uint32_t reprice, Decimal cross = Decimal::not_set(), bool post_only = true) {
  d.options.entry.post_only = post_only;
  d.options.entry.reprice = reprice;
  d.options.entry.cross_within = cross;
  d.use({});
}
bool post_only(const Intent& i) { return (i.abi.flags & BL_POST_ONLY) != 0; }
/// Rests at the touch of 99.00, for two bars from now; quotes are the market.
Intent rest_at_99(Desk& d) {
  d.quote(d.m.btc, 9900, 10000);
  d.want(Purpose::entry, 0.05);
  const Intent first = d.last();
  REQUIRE(first.limit_px() == "99"_dec);
  d.report(first, BL_X_ACCEPTED);
  return first;
}
/// The touch goes up; the order follows by a cancel, which the venue takes, and the next quote brings the next order.
void touch(Desk& d, std::int64_t bid, std::int64_t ask) {
  d.now += 20 * second;
  d.quote(d.m.btc, bid, ask);
  if (!d.broker.cancelled.empty() && d.broker.cancelled.back() == d.last().client_id())
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, d.exec->orders().find(core::ClientOrderId(d.last().client_id()))->cum_qty);
  d.quote(d.m.btc, bid, ask);
  if (d.state(d.last()) == core::OrderState::submitted) d.report(d.last(), BL_X_ACCEPTED);
}

}  // namespace

TEST_CASE("rule 1.4: without a policy an entry is sent once, and stays where it is") {
  Desk d;
  const Intent first = rest_at_99(d);
  CHECK_FALSE(post_only(first));
  touch(d, 9950, 10050);
  d.step();
  CHECK(d.broker.cancelled.empty());
  CHECK(d.broker.sent.size() == 1);
}

TEST_CASE("rule 1.4: an entry is post-only at the touch and follows it n times, never beyond the end of its first order") {
  Desk d;
  policy(d, 2);
  const Intent first = rest_at_99(d);
  CHECK(post_only(first));
  CHECK(first.abi.expire_ns == d.now + 2 * bar_ns);
  d.now += 9 * second;
  d.quote(d.m.btc, 9950, 10050);
  CHECK(d.broker.cancelled.empty());  // not so young
  touch(d, 9950, 10050);
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().limit_px() == "99.5"_dec);
  CHECK(post_only(d.last()));
  CHECK(d.last().abi.expire_ns == first.abi.expire_ns);
  touch(d, 9940, 10040);  // down, towards it
  CHECK(d.broker.sent.size() == 2);
  touch(d, 9960, 10060);
  REQUIRE(d.broker.sent.size() == 3);
  touch(d, 9990, 10090);  // given up: it rests where it is until the venue ends it
  d.step();
  CHECK(d.broker.sent.size() == 3);
  CHECK(d.broker.cancelled.size() == 2);
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == 3);
  CHECK(d.why("ENTRY_GIVEN_UP") == 1);
  d.now = first.abi.expire_ns;  // another entry
  d.quote(d.m.btc, 9990, 10090);
  d.want(Purpose::entry, 0.05);
  REQUIRE(d.broker.sent.size() == 4);
  CHECK(d.last().abi.expire_ns == d.now + 2 * bar_ns);
}

TEST_CASE("rule 1.4: what was filled of an entry is kept, and only the rest follows") {
  Desk d;
  policy(d, 1);
  const Intent first = rest_at_99(d);
  d.fill(first, "2"_dec, "99"_dec);
  touch(d, 9950, 10050);
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.exec->portfolio().position({1}).qty == "2"_dec);
  CHECK(d.last().qty() < first.qty() - "1.9"_dec);
  CHECK(d.last().qty().is_positive());
}

TEST_CASE("rule 1.4: after its last price an entry crosses within the bound, immediately or not at all") {
  Desk d;
  policy(d, 0, "0.02"_dec);
  rest_at_99(d);
  SECTION("the ask is within 2 % of the first touch") {
    touch(d, 9950, 10050);
    REQUIRE(d.broker.sent.size() == 2);
    CHECK(d.last().tif() == core::TimeInForce::ioc);
    CHECK(d.last().limit_px() == "100.98"_dec);
    CHECK_FALSE(post_only(d.last()));
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    touch(d, 9960, 10060);  // once
    d.want(Purpose::entry, 0.05);
    CHECK(d.broker.sent.size() == 2);
  }
  SECTION("it is not") {
    touch(d, 10050, 10150);
    CHECK(d.broker.cancelled.empty());
    CHECK(d.broker.sent.size() == 1);
  }
}

TEST_CASE("rule 1.4: a SELL ends the series; what is wanted no longer does not follow") {
  Desk d;
  policy(d, 5);
  const Intent first = rest_at_99(d);
  d.now += bar_ns;  // the BUY is over
  d.quote(d.m.btc, 9950, 10050);
  d.step();
  CHECK(d.broker.cancelled.empty());
  d.want(Purpose::exit, 0);
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(first.client_id())});
}

TEST_CASE("restart: an entry goes on with its series: no more prices, and no later end (1.4)") {
  StoreFolder dir;
  core::Nanos ends = 0;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    policy(d, 1);
    const Intent first = rest_at_99(d);
    ends = first.abi.expire_ns;
    d.report(first, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.options.entry.reprice = 1;
  a.restart();
  a.exec->resume_orders();
  a.now = start_ns + 30 * second;
  a.quote(a.m.btc, 9950, 10050);
  a.want(Purpose::entry, 0.05);
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().abi.expire_ns == ends);
  a.report(a.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  a.want(Purpose::entry, 0.05);
  CHECK(a.broker.sent.size() == 1);
  CHECK(a.why("ENTRY_GIVEN_UP") == 1);
}

TEST_CASE("rule 1.5: the price is looked at again when the order is made: what the prediction saw is gone, and nothing is bought") {
  Desk d;
  const auto want = [&d](Purpose purpose) {
    core::Target t = d.target(purpose, 0.05);
    t.ref_px = "100"_dec;
    d.want({t}, purpose == Purpose::rebalance);
  };
  for (const std::int64_t cents : {10101, 9899, 10900}) {
    d.price(d.m.btc, cents);
    want(Purpose::entry);
    d.now += bar_ns;
  }
  CHECK(d.why("PRICE_MOVED") == 3);
  CHECK(d.broker.sent.empty());
  SECTION("within the bound it is bought") {
    d.price(d.m.btc, 10100);
    want(Purpose::entry);
    CHECK(d.broker.sent.size() == 1);
  }
  SECTION("a plan stands until the next one, whatever the price is then; and a SELL sells") {
    d.price(d.m.btc, 10900);
    want(Purpose::rebalance);
    REQUIRE(d.broker.sent.size() == 1);
    d.fill(d.last(), d.last().qty(), d.last().limit_px());
    d.want(Purpose::exit, 0);
    CHECK(d.last().side() == Side::sell);
  }
  SECTION("a prediction without a price is bought at any") {
    core::Target t = d.target(Purpose::entry, 0.05);
    t.ref_px = Decimal::not_set();
    d.want({t});
    CHECK(d.broker.sent.size() == 1);
  }
  SECTION("off: however far") {
    d.options.entry.max_move = Decimal::not_set();
    d.use({});
    d.price(d.m.btc, 10900);
    want(Purpose::entry);
    CHECK(d.broker.sent.size() == 1);
  }
}

TEST_CASE("rule 1.5: an entry that follows the touch gives up when the price has left what its prediction saw") {
  Desk d;
  policy(d, 20);
  static_cast<void>(rest_at_99(d));
  touch(d, 10010, 10070);
  REQUIRE(d.broker.sent.size() == 2);
  touch(d, 10090, 10150);  // its middle is 1.2 % above
  CHECK(d.broker.cancelled.size() == 2);
  CHECK(d.broker.sent.size() == 2);
  CHECK(d.why("PRICE_MOVED") > 0);
}
