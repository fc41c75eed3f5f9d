#include <rapidcheck.h>

#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::Purpose;
using core::Side;

namespace {

void band(Desk& d) {
  d.options.position_drift = {"0.05"_dec, "0.06"_dec};
  d.options.exposure_drift = {"0.08"_dec, "0.085"_dec};
  d.use({});
}
double weight(const Desk& d, core::InstrumentId id = {1}) {
  return d.exec->portfolio().value(id).to_double() / d.exec->portfolio().equity().to_double();
}
/// Fills what was sent since `from` at its bid or limit; a venue that takes all of it.
void fill_all(Desk& d, std::size_t from) {
  for (std::size_t i = from; i < d.broker.sent.size(); ++i) {
    const Intent order = d.broker.sent[i];
    d.fill(order, order.qty(), order.limit_px().is_set() ? order.limit_px() : d.exec->portfolio().bid(order.instrument()));
  }
}

}  // namespace

TEST_CASE("rule 1.3: drift is trimmed only beyond the band, and then to the limit") {
  Desk d;
  band(d);
  d.hold(0.05);
  d.price(d.m.btc, 11900);  // 5.9 %
  d.step();
  CHECK(d.broker.sent.size() == 1);
  d.price(d.m.btc, 12300);  // 6.08 %
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().purpose == Purpose::rebalance);
  CHECK((d.last().abi.flags & BL_REDUCE_ONLY) != 0);
  d.fill(d.last(), d.last().qty(), "122.93"_dec);
  CHECK(weight(d) == Approx(0.05).margin(0.0002));
  d.now += bar_ns;
  d.step();
  CHECK(d.broker.sent.size() == 2);
}

TEST_CASE("rule 1.3: without a band, while halted, and where a plan wants more, drift is left alone") {
  Desk off;
  off.hold(0.05);
  off.price(off.m.btc, 15000);
  off.step();
  CHECK(off.broker.sent.size() == 1);

  Desk halted;
  band(halted);
  halted.hold(0.05);
  halted.price(halted.m.btc, 15000);
  halted.exec->set_state(core::TradingState::halted, halted.now, "operator", "test");
  halted.step();
  CHECK(halted.broker.sent.size() == 1);

  Desk plan;
  plan.options.position_drift = {"0.05"_dec, "0.06"_dec};
  plan.use({});
  plan.want(Purpose::rebalance, 0.2);
  plan.fill(plan.last(), plan.last().qty(), plan.last().limit_px());
  plan.want(Purpose::rebalance, 0.2);
  CHECK(plan.broker.sent.size() == 1);
}

TEST_CASE("rule 1.3: all positions together are trimmed beyond their band, each by its part") {
  Desk d;
  band(d);
  d.price(d.m.bnb, 10000);
  d.hold(0.04);
  d.price(d.m.bnb, 10000);
  d.hold(0.04, d.m.bnb);
  const std::size_t before = d.broker.sent.size();
  d.price(d.m.btc, 11500);
  d.price(d.m.bnb, 11500);
  d.step();
  REQUIRE(d.broker.sent.size() == before + 2);
  fill_all(d, before);
  CHECK(weight(d) + weight(d, d.m.bnb) == Approx(0.08).margin(0.0003));
  CHECK(weight(d) == Approx(weight(d, d.m.bnb)).margin(0.0002));
}

TEST_CASE("rule 1.3: constant inputs make no orders after convergence") {
  const bool held = rc::check("whatever the price did and whoever wants what, it comes to rest", [] {
    Desk d;
    band(d);
    const auto moved = [&d](int bp) { return 10000 + 10000 * std::int64_t{bp} / 10'000; };
    d.price(d.m.bnb, 10000);
    for (int bars = *rc::gen::inRange(0, 6); bars > 0; --bars) {
      const std::size_t before = d.broker.sent.size();
      d.price(d.m.btc, moved(*rc::gen::inRange(-4000, 8000)));
      d.price(d.m.bnb, moved(*rc::gen::inRange(-4000, 8000)));
      d.want(*rc::gen::element(Purpose::entry, Purpose::rebalance), *rc::gen::inRange(0, 101) / 1000.0, *rc::gen::element(d.m.btc, d.m.bnb));
      fill_all(d, before);
      d.now += bar_ns;
    }
    // From here on the same price, and the same wish, for ever.
    const double btc = *rc::gen::inRange(0, 101) / 1000.0, bnb = *rc::gen::inRange(0, 101) / 1000.0;
    const Purpose purpose = *rc::gen::element(Purpose::entry, Purpose::rebalance, Purpose::exit);
    const auto wish = [&](double w, core::InstrumentId id) { return d.target(purpose, purpose == Purpose::exit ? 0 : w, id); };
    std::size_t last = 0;
    for (int bars = 0; bars < 8; ++bars) {
      last = d.broker.sent.size();
      d.want({wish(btc, d.m.btc), wish(bnb, d.m.bnb)}, purpose == Purpose::rebalance);
      fill_all(d, last);
      d.now += bar_ns;
      if (bars >= 3) RC_ASSERT(d.broker.sent.size() == last);
    }
  });
  CHECK(held);
}
