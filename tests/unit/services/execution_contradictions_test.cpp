// What the broker says that can not be: it changes nothing, is an incident, and blocks its product.
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::Desk;

TEST_CASE("rule 2.2: an acknowledgement of another product, side, size, price or end is an incident, not an answer") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent sent = d.last();
  std::uint64_t n = 0;
  const auto wrong = [&](auto change) {
    Intent other = sent;
    change(other.abi);
    d.report(other, BL_X_ACCEPTED);
    CHECK(d.state(sent) == OrderState::submitted);
    CHECK(d.exec->counts().incidents == ++n);
  };
  wrong([](bl_intent& i) { i.side = BL_SELL; });
  wrong([&](bl_intent& i) { i.instrument = d.m.bnb.value; });
  wrong([](bl_intent& i) { i.qty = "5.0001"_dec.raw(); });
  wrong([](bl_intent& i) { i.limit_px = "99.96"_dec.raw(); });
  wrong([](bl_intent& i) { i.expire_ns += bar_ns; });
  Intent silent = sent;  // a venue that tells less is no mismatch
  silent.abi.qty = Decimal::not_set().raw();
  silent.abi.limit_px = Decimal::zero().raw();
  silent.abi.expire_ns = 0;
  d.report(silent, BL_X_ACCEPTED);
  CHECK(d.state(sent) == OrderState::open);
  CHECK(d.exec->counts().incidents == n);
}

TEST_CASE("rule 2.2: an acknowledgement by the id of another order is an incident, not an answer, though nobody has asked for an order by its id") {
  Desk d;
  const Intent first = d.resting();
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  const Intent second = d.last();
  REQUIRE(second.instrument() == d.m.bnb);
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_EXEC;
  e.h.instrument = second.abi.instrument;
  e.h.ts_recv = d.now;
  test::put_text(e.client_id, second.client_id());
  test::put_text(e.venue_id, Desk::venue_id_of(first));
  e.kind = BL_X_ACCEPTED;
  e.state = BL_S_OPEN;
  e.side = second.abi.side;
  e.qty = second.abi.qty;
  e.limit_px = second.abi.limit_px;
  e.expire_ns = second.abi.expire_ns;
  e.quote_qty = e.stop_px = e.cum_qty = e.cum_quote = e.cum_fee = Decimal::not_set().raw();
  d.exec->on_broker_event(e.h);
  CHECK(d.state(second) == OrderState::submitted);
  CHECK(d.state(first) == OrderState::open);
  CHECK(d.exec->counts().by_incident.count("EXEC_MISMATCH") == 1);
  CHECK(d.exec->blocked(d.m.bnb));
  d.report(second, BL_X_ACCEPTED);  // by its own
  CHECK(d.state(second) == OrderState::open);
}

TEST_CASE("rule 2.2: an end, a refusal or an answer to a cancel that names another product or side ends nothing: the venue is asked") {
  struct Word {
    std::uint32_t kind, state;
  };
  for (const Word w : {Word{BL_X_DONE, BL_S_CANCELLED}, Word{BL_X_DONE, BL_S_FILLED}, Word{BL_X_DONE, BL_S_EXPIRED}, Word{BL_X_REJECTED, BL_S_REJECTED},
                       Word{BL_X_CANCEL_REJECTED, BL_S_OPEN}})
    for (const bool product : {true, false}) {
      Desk d;
      const Intent entry = d.resting();
      Intent other = entry;
      if (product) other.abi.instrument = d.m.bnb.value;
      else other.abi.side = BL_SELL;
      d.report(other, w.kind, w.state, Decimal::zero());
      CHECK(d.state(entry) == OrderState::open);
      CHECK(d.exec->counts().by_incident.count("EXEC_MISMATCH") == 1);
      CHECK(d.exec->blocked(d.m.btc));
      REQUIRE(d.broker.asked.size() == 1);
      CHECK(d.broker.asked.back() == entry.client_id());
      d.now += bar_ns;
      d.price(d.m.btc, 10000);
      d.want(Purpose::entry, 0.05);
      CHECK(d.broker.sent.size() == 1);  // nothing is ordered beside it
      d.report(entry, BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
      CHECK(d.state(entry) == OrderState::expired);
    }
}

TEST_CASE("fills of other orders, products, sides, or beyond the order change nothing and are incidents") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent i = d.last();
  Intent bad = i;
  std::memcpy(bad.abi.client_id, "bl-none", 8);
  d.fill(bad, "1"_dec, "100"_dec);
  bad = i;
  bad.abi.side = BL_SELL;
  d.fill(bad, "1"_dec, "100"_dec);
  bad = i;
  bad.abi.instrument = d.m.bnb.value;
  d.fill(bad, "1"_dec, "100"_dec);
  d.fill(i, "5.0001"_dec, "100"_dec);
  CHECK(d.exec->counts().incidents == 4);
  CHECK(d.exec->counts().fills == 0);
  CHECK(d.exec->portfolio().cash(d.m.usd) == "10000"_dec);
  const auto events = d.sink.all<EventRecord>();
  REQUIRE(events.size() == 4);
  for (std::size_t n = 0; n < 4; ++n) {
    const char* codes[] = {"FILL_UNKNOWN_ORDER", "FILL_MISMATCH", "FILL_MISMATCH", "FILL_BEYOND_ORDER"};
    CHECK(events[n].payload.find(codes[n]) != std::string::npos);
  }
}

TEST_CASE("a product of which something can't be explained is bought no more until an operator resumes; it is still sold") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.bnb, 10000);
  Intent stranger = d.last();
  std::memcpy(stranger.abi.client_id, "bl-none", 8);
  d.fill(stranger, "1"_dec, "100"_dec);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK_FALSE(d.exec->blocked(d.m.bnb));
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.2);
  CHECK(d.why("PRODUCT_BLOCKED") == 1);
  const auto refused = d.exec->execute(d.request(Side::buy, "1"_dec), d.now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "PRODUCT_BLOCKED");
  CHECK(d.broker.sent.size() == sent);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.broker.sent.size() == sent + 1);
  d.want(Purpose::exit, 0);
  CHECK(d.broker.sent.size() == sent + 2);
  d.exec->emergency_resume(d.now, "operator", "explained", "r1");
  CHECK_FALSE(d.exec->blocked(d.m.btc));
}
