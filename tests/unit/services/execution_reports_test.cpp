// What the broker says.
#include "unit/services/desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::Desk;

TEST_CASE("rule 2.4: a fill that is told twice is booked once") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent i = d.last();
  const bl_fill f = d.fill_of(i, "2"_dec, "99.95"_dec, "same");
  for (int n = 0; n < 3; ++n) d.exec->on_broker_event(f.h);
  CHECK(d.exec->counts().fills == 1);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "2"_dec);
  CHECK(d.exec->portfolio().cash(d.m.usd) == "9800.1"_dec);
  CHECK(d.sink.all<FillRecord>().size() == 1);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("a fill may overtake the acknowledgement") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent i = d.last();
  d.fill(i, "2"_dec, "99.95"_dec);
  CHECK(d.state(i) == OrderState::partially_filled);
  d.report(i, BL_X_ACCEPTED);
  CHECK(d.state(i) == OrderState::partially_filled);
  d.fill(i, "3"_dec, "99.95"_dec);
  CHECK(d.state(i) == OrderState::filled);
  d.report(i, BL_X_ACCEPTED);
  CHECK(d.state(i) == OrderState::filled);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("a cancelled order whose last fill comes late is filled, and the ledger has it") {
  Desk d;
  const Intent i = d.resting();
  d.report(i, BL_X_DONE, BL_S_CANCELLED);
  CHECK(d.state(i) == OrderState::cancelled);
  d.fill(i, "5"_dec, "99.95"_dec);
  CHECK(d.state(i) == OrderState::filled);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "5"_dec);
}

TEST_CASE("hand-over of unknown outcome leaves the order unknown and counted, a refused one denied") {
  Desk d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  CHECK(d.state(d.last()) == OrderState::unknown);
  CHECK(d.exec->publish(d.now).get().n_working == 1);
  CHECK(d.exec->counts().rejected == 0);
  d.report(d.last(), BL_X_DONE, BL_S_EXPIRED);
  CHECK(d.state(d.last()) == OrderState::expired);
  d.broker.answer = services::HandOver::denied;
  d.want(Purpose::entry, 0.05);
  CHECK(d.state(d.last()) == OrderState::denied);
  CHECK(d.exec->counts().rejected == 1);
  CHECK(d.exec->publish(d.now).get().n_working == 0);
}

TEST_CASE("a venue's answer of 'unknown' is not a refusal") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.report(d.last(), BL_X_UNKNOWN);
  CHECK(d.state(d.last()) == OrderState::unknown);
}

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

TEST_CASE("an end whose filled quantity is not that of its fills is an incident, but not before they had time to come") {
  Desk d;
  const Intent i = d.resting();
  d.report(i, BL_X_DONE, BL_S_EXPIRED, "2"_dec);
  d.exec->settle(d.now);
  CHECK(d.exec->counts().incidents == 0);
  SECTION("they come") {
    d.fill(i, "2"_dec, "99.95"_dec);
    d.exec->settle(d.now + bar_ns);
    CHECK(d.exec->counts().incidents == 0);
    CHECK_FALSE(d.exec->blocked(d.m.btc));
  }
  SECTION("they do not") {
    d.exec->settle(d.now + bar_ns);
    CHECK(d.exec->counts().incidents == 1);
    CHECK(d.exec->blocked(d.m.btc));
    d.exec->settle(d.now + 2 * bar_ns);
    CHECK(d.exec->counts().incidents == 1);
  }
}

TEST_CASE("a fill without an id is not booked, and said") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.exec->on_broker_event(d.fill_of(d.last(), "1"_dec, "99.95"_dec, "").h);
  CHECK(d.exec->counts().fills == 0);
  CHECK(d.exec->counts().incidents == 1);
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("an end that is told twice is counted once") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  for (int n = 0; n < 3; ++n) d.report(d.last(), BL_X_DONE, BL_S_EXPIRED);
  CHECK(d.exec->counts().expired == 1);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("rule 5.2: a late bar does not put the mark back, and a bar does not replace a quote") {
  Desk d;
  d.now += bar_ns;
  d.price(d.m.btc, 20000);
  d.now -= bar_ns;
  d.price(d.m.btc, 10000);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "200"_dec);
  d.now += bar_ns;
  bl_quote q{};
  q.h.size = sizeof q;
  q.h.type = BL_EV_QUOTE;
  q.h.instrument = d.m.btc.value;
  q.h.ts_event = q.h.ts_recv = d.now;
  q.px_exp = -2;
  q.bid = 20990;
  q.ask = 21010;
  d.exec->on_quote(q);
  d.now += bar_ns - 1;
  d.price(d.m.btc, 15000);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "210"_dec);
  CHECK(d.exec->portfolio().bid(d.m.btc) == "209.9"_dec);
  ++d.now;  // a whole bar without another quote: it is not the market any more
  d.price(d.m.btc, 15000);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "150"_dec);
  CHECK(d.exec->portfolio().bid(d.m.btc) == "149.925"_dec);
}

TEST_CASE("rule 5.8: fees above the configured ones are noticed, lower ones are not held against the venue") {
  Desk d;
  bl_product p{};
  p.h.size = sizeof p;
  p.h.type = BL_EV_PRODUCT;
  p.h.instrument = d.m.btc.value;
  const auto tell = [&](Decimal maker, Decimal taker) {
    p.maker_fee = maker.raw();
    p.taker_fee = taker.raw();
    d.exec->on_broker_event(p.h);
  };
  tell("0.006"_dec, "0.012"_dec);
  tell("0"_dec, "0"_dec);
  tell(Decimal::not_set(), Decimal::not_set());
  CHECK(d.exec->against_config().empty());
  SECTION("before the first step it is for the start to refuse") {
    tell("0.006"_dec, "0.0121"_dec);
    tell("0.0061"_dec, "0.012"_dec);
    CHECK(d.exec->against_config().size() == 1);
    CHECK(d.exec->counts().incidents == 0);
  }
  SECTION("later it is an incident, and buys of that product are blocked") {
    d.exec->begin();
    tell("0.006"_dec, "0.0121"_dec);
    tell("0.0061"_dec, "0.012"_dec);
    CHECK(d.exec->counts().by_incident.at("FEES_ABOVE_CONFIG") == 1);
    CHECK(d.exec->blocked(d.m.btc));
  }
}

TEST_CASE("rule 3.2: a product that the venue trades in coarser steps than configured is not bought: a rest of it could not be sold") {
  Desk d({}, "1000"_dec);
  const Decimal ours = d.m.table[d.m.btc].rules.base_step;
  const auto tell = [&](Decimal step) {
    bl_product p{};
    p.h.size = sizeof p;
    p.h.type = BL_EV_PRODUCT;
    p.h.instrument = d.m.btc.value;
    p.taker_fee = p.maker_fee = Decimal::not_set().raw();
    p.base_step = step.raw();
    d.exec->on_broker_event(p.h);
  };
  tell(ours);
  tell(Decimal::not_set());
  tell(Decimal::from_mantissa(1, -9));  // a finer one is no harm
  CHECK(d.exec->against_config().empty());
  SECTION("before the first step it is for the start to refuse") {
    tell(ours + ours);
    tell("1"_dec);
    REQUIRE(d.exec->against_config().size() == 1);
    CHECK(d.exec->against_config()[0].refusal.code == "RUN_STEP_BELOW_VENUE");
    CHECK(d.exec->counts().incidents == 0);
  }
  SECTION("later it is an incident, and buys of that product are blocked") {
    d.exec->begin();
    tell("1"_dec);
    tell("1"_dec);
    CHECK(d.exec->counts().by_incident.at("STEP_BELOW_VENUE") == 1);
    CHECK(d.exec->blocked(d.m.btc));
  }
}

TEST_CASE("rule 5.7: a product whose data are told under one of another book is not bought") {
  Desk d({}, "1000"_dec);
  const auto tell = [&](std::uint64_t flags) {
    bl_product p{};
    p.h.size = sizeof p;
    p.h.type = BL_EV_PRODUCT;
    p.h.instrument = d.m.btc.value;
    p.taker_fee = p.maker_fee = p.base_step = Decimal::not_set().raw();
    p.flags = flags;
    d.exec->on_broker_event(p.h);
  };
  tell(1);
  tell(1 | 64 | 256);
  CHECK(d.exec->against_config().empty());
  SECTION("before the first step it is for the start to refuse") {
    tell(1 | 128);
    tell(1 | 128);
    REQUIRE(d.exec->against_config().size() == 1);
    CHECK(d.exec->against_config()[0].refusal.code == "RUN_DATA_OTHER_BOOK");
    CHECK(d.exec->counts().incidents == 0);
  }
  SECTION("later it is an incident, and buys of that product are blocked") {
    d.exec->begin();
    tell(1 | 128);
    tell(1 | 128);
    CHECK(d.exec->counts().by_incident.at("DATA_OTHER_BOOK") == 1);
    CHECK(d.exec->blocked(d.m.btc));
  }
}

TEST_CASE("rule 5.8: until the venue tells a fee the worst tier is reckoned with: room is left for it, and it is booked") {
  Desk d({}, "1000"_dec);
  bl_product p{};  // the account's tier is a lower one: it holds nothing back, and lets nothing through
  p.h.size = sizeof p;
  p.h.type = BL_EV_PRODUCT;
  p.h.instrument = d.m.btc.value;
  p.maker_fee = "0.001"_dec.raw();
  p.taker_fee = "0.002"_dec.raw();
  d.exec->on_broker_event(p.h);
  d.want(Purpose::entry, 1.0);
  const Intent entry = d.last();
  CHECK(entry.qty() == "9.8863"_dec);  // 1,000 / 1.012 at 99.95
  bl_fill f = d.fill_of(entry, entry.qty(), entry.limit_px(), "f1");
  f.fee = Decimal::not_set().raw();
  d.exec->on_broker_event(f.h);
  CHECK(d.exec->portfolio().fees() == mul(mul(entry.qty(), "99.95"_dec, Rounding::up), "0.012"_dec, Rounding::up));
  CHECK_FALSE(d.exec->portfolio().cash(d.m.usd).is_negative());
  f.fee = "1.9762"_dec.raw();  // read at last
  d.exec->on_broker_event(f.h);
  CHECK(d.exec->portfolio().fees() == "1.9762"_dec);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("what the last step was told is compared at the end of the run") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.report(d.last(), BL_X_ACCEPTED);
  const std::uint64_t version = d.exec->portfolio().version();
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, "2"_dec);
  d.exec->finish(d.now);
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  // What came after the last step is another version: its row does not collide with that step's.
  CHECK(d.exec->portfolio().version() == version + 1);
  CHECK(d.sink.all<PortfolioRecord>().back().version == version + 1);
}

TEST_CASE("an order that ended as filled without its fills does not stand in the way of an exit") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "2"_dec, "99.95"_dec);
  d.report(entry, BL_X_DONE, BL_S_FILLED);
  CHECK(d.state(entry) == OrderState::partially_filled);
  d.now += bar_ns;
  d.want(std::vector<Target>{});
  CHECK(d.exec->counts().by_incident.count("FILLS_MISSING") == 0);  // they may still come
  d.now += bar_ns;
  d.want(Purpose::exit, 0);
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  CHECK(d.state(entry) == OrderState::cancelled);
  CHECK(d.exec->blocked(d.m.btc));
  d.now += bar_ns;
  d.want(std::vector<Target>{});
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "2"_dec);
}

TEST_CASE("rule 3.1: what the venue says was sold is not sold again, though its fills are missing") {
  Desk d;
  d.hold(0.05);
  const Decimal all = d.exec->portfolio().position(d.m.btc).qty;
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  const auto step = [&d] {
    d.now += bar_ns;
    d.want(std::vector<Target>{});
  };
  SECTION("filled as it says") { d.report(exit, BL_X_DONE, BL_S_FILLED, all); }
  SECTION("cancelled, and a part filled") { d.report(exit, BL_X_DONE, BL_S_CANCELLED, all); }
  step();
  CHECK(d.exec->execute(d.request(Side::sell, all), d.now).error().code == "ORDER_WORKING");
  for (int i = 0; i < 6; ++i) step();
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  CHECK(d.broker.sent.size() == 2);
  const auto by_hand = d.exec->execute(d.request(Side::sell, all, "k2"), d.now);
  REQUIRE_FALSE(by_hand);
  CHECK(d.broker.sent.size() == 2);
  // They come after all: booked, written, and no incident of their own.
  d.fill(exit, all, "99.95"_dec);
  CHECK(d.exec->portfolio().position(d.m.btc).qty.is_zero());
  CHECK(d.exec->counts().incidents == 1);
  CHECK(d.sink.all<OrderRecord>().back().cum_qty == all);
}

TEST_CASE("rule 3.1: of what the venue says was sold in part only the rest is sold, though its fills are missing") {
  Desk d;
  d.hold(0.05);
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  REQUIRE(exit.qty() == "5"_dec);
  d.report(exit, BL_X_DONE, BL_S_CANCELLED, "3"_dec);
  const auto step = [&d] {
    d.now += bar_ns;
    d.want(std::vector<Target>{});
  };
  for (int i = 0; i < 3; ++i) step();
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "2"_dec);
  d.fill(d.last(), "2"_dec, "99.95"_dec);
  for (int i = 0; i < 3; ++i) step();
  CHECK(d.broker.sent.size() == 3);
}

TEST_CASE("an exit is not over while an entry owes what the venue says was bought") {
  Desk d;
  const Intent entry = d.resting();
  d.want(Purpose::exit, 0);
  d.report(entry, BL_X_DONE, BL_S_FILLED, entry.qty());
  const auto step = [&d] {
    d.now += bar_ns;
    d.want(std::vector<Target>{});
  };
  for (int i = 0; i < 4; ++i) step();
  CHECK(d.broker.sent.size() == 1);
  d.fill(entry, entry.qty(), "99.95"_dec);
  step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == entry.qty());
}

TEST_CASE("an order that ended as filled with less than was ordered is an incident, and works no longer") {
  Desk d;
  const Intent entry = d.resting();
  SECTION("the fills before it") {
    d.fill(entry, "2"_dec, "99.95"_dec);
    d.report(entry, BL_X_DONE, BL_S_FILLED, "2"_dec);
  }
  SECTION("the fills after it") {
    d.report(entry, BL_X_DONE, BL_S_FILLED, "2"_dec);
    d.fill(entry, "2"_dec, "99.95"_dec);
    d.exec->settle(d.now);
  }
  CHECK(d.exec->counts().by_incident.at("FILLED_SHORT") == 1);
  CHECK(d.exec->counts().incidents == 1);
  CHECK(d.state(entry) == OrderState::cancelled);  // a partial end: filled is what filled whole
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("an end that is told again and again is judged once, and does not hold an exit up") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "1"_dec, "99.95"_dec);
  for (int i = 0; i < 4; ++i) {
    d.report(entry, BL_X_DONE, BL_S_EXPIRED, "3"_dec);
    d.report(entry, BL_X_DONE, BL_S_EXPIRED, "3"_dec);
    d.want(i == 0 ? std::vector{d.target(Purpose::exit, 0)} : std::vector<Target>{});
    d.now += bar_ns;
  }
  CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().qty() == "1"_dec);
}

TEST_CASE("rule 5.2: where the quotes have ended nothing is bought by the price of a bar; it is sold by it") {
  Desk d;
  d.hold(0.02);
  bl_quote q{};
  q.h.size = sizeof q;
  q.h.type = BL_EV_QUOTE;
  q.h.instrument = d.m.btc.value;
  q.h.ts_event = q.h.ts_recv = d.now;
  q.px_exp = -2;
  q.bid = 9990;
  q.ask = 10010;
  d.exec->on_quote(q);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.05);
  CHECK(d.why("MARK_STALE") == 1);
  CHECK(d.exec->execute(d.request(Side::buy, "1"_dec), d.now).error().code == "MARK_STALE");
  CHECK(d.broker.sent.size() == sent);
  SECTION("it is sold") {
    d.want(Purpose::exit, 0);
    CHECK(d.broker.sent.size() == sent + 1);
  }
  SECTION("the quotes are back") {
    q.h.ts_event = q.h.ts_recv = d.now;
    d.exec->on_quote(q);
    d.want(Purpose::entry, 0.05);
    CHECK(d.last().side() == Side::buy);
    CHECK(d.broker.sent.size() == sent + 1);
  }
}

TEST_CASE("a venue's asset that this run does not have is an incident; the fill is booked at the worst tier") {
  Desk d;
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = 4'000'000'000u;
  b.total = "5"_dec.raw();
  d.exec->on_broker_event(b.h);
  CHECK(d.exec->counts().by_incident.at("BALANCE_UNKNOWN_ASSET") == 1);
  d.want(Purpose::entry, 0.05);
  bl_fill f = d.fill_of(d.last(), "1"_dec, "100"_dec, "f1");
  f.fee = "0.01"_dec.raw();
  f.fee_asset = 4'000'000'000u;
  d.exec->on_broker_event(f.h);
  CHECK(d.exec->counts().by_incident.at("FILL_FEE_ASSET") == 1);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "1"_dec);
  CHECK(d.exec->portfolio().fees() == "1.2"_dec);
  CHECK(d.exec->portfolio().cash_by_asset().size() == d.m.table.asset_count());
  CHECK(d.sink.all<FillRecord>().back().fee_asset == d.m.usd);
}

TEST_CASE("a fill of an order that the venue had refused is booked, and is an incident") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  d.report(entry, BL_X_REJECTED);
  d.fill(entry, "1"_dec, "99.95"_dec);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "1"_dec);
  CHECK(d.exec->counts().by_incident.at("FILL_AFTER_REJECT") == 1);
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("a refused cancel leaves an order as it was: partly filled when it has fills") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "2"_dec, "99.95"_dec);
  REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "operator", "r1"));
  d.report(entry, BL_X_CANCEL_REJECTED);
  CHECK(d.state(entry) == OrderState::partially_filled);
}

TEST_CASE("an error of the venue's plugin to its own timer is an incident") {
  Desk d;
  d.exec->broker_failed(Error{"PLUGIN_CALL_FAILED", "as the test wants"});
  CHECK(d.exec->counts().by_incident.at("BROKER_EVENT_FAILED") == 1);
}

TEST_CASE("fees in several assets add up to one amount, in the quote asset") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent i = d.last();
  bl_fill f = d.fill_of(i, "1"_dec, "100"_dec, "a");
  f.fee = "0.5"_dec.raw();
  f.fee_asset = d.m.usd.value;
  d.exec->on_broker_event(f.h);
  f = d.fill_of(i, "1"_dec, "100"_dec, "b");
  f.fee = "0.01"_dec.raw();
  f.fee_asset = d.m.table[d.m.btc].base.value;
  d.exec->on_broker_event(f.h);
  const Order* o = d.exec->orders().find(ClientOrderId(i.client_id()));
  REQUIRE(o != nullptr);
  CHECK(o->cum_fee == "1.5"_dec);
}

TEST_CASE("an event the order can't take is an incident and changes nothing") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.report(d.last(), BL_X_CANCEL_REJECTED);  // nobody asked for a cancel
  CHECK(d.state(d.last()) == OrderState::submitted);
  CHECK(d.exec->counts().incidents == 1);
}

TEST_CASE("a buy by cost ends when the venue says it is done: its quantity is not known before") {
  Desk d;
  services::TradeRequest q = d.request(Side::buy, Decimal::not_set());
  q.quote_qty = "100"_dec;
  REQUIRE(d.exec->execute(q, d.now));
  const Intent i = d.last();
  d.fill(i, "0.98"_dec, "100.05"_dec);
  CHECK(d.state(i) == OrderState::partially_filled);
  d.report(i, BL_X_DONE, BL_S_FILLED);
  CHECK(d.state(i) == OrderState::filled);
  CHECK(d.exec->orders().working().empty());
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("cash comes from the venue's first word; after the first fill the ledger is what the fills say") {
  Desk d;
  d.hold(0.05);
  const Decimal cash = d.exec->portfolio().cash(d.m.usd);
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = d.m.usd.value;
  b.total = "1"_dec.raw();
  d.exec->on_broker_event(b.h);
  CHECK(d.exec->portfolio().cash(d.m.usd) == cash);
}

TEST_CASE("rule 5.2: a one-sided or crossed quote is no validated mark; a two-sided one is the mid") {
  Desk d;
  bl_quote q{};
  q.h.size = sizeof q;
  q.h.type = BL_EV_QUOTE;
  q.h.instrument = d.m.btc.value;
  q.h.ts_event = d.now;
  q.px_exp = -2;
  q.bid = 20000;
  q.ask = 0;
  d.exec->on_quote(q);
  q.bid = 0;
  q.ask = 20000;
  d.exec->on_quote(q);
  q.bid = 20001;
  d.exec->on_quote(q);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "100"_dec);
  q.bid = 19998;
  d.exec->on_quote(q);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "199.99"_dec);
  CHECK(d.exec->portfolio().bid(d.m.btc) == "199.98"_dec);
}

TEST_CASE("rule 5.2: a price of a time that has not come yet counts as of when it came, and does not stand in the way of those that follow") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  d.step();
  const auto quote = [&d](std::int64_t bid, Nanos ahead) {
    bl_quote q{};
    q.h.size = sizeof q;
    q.h.type = BL_EV_QUOTE;
    q.h.instrument = d.m.btc.value;
    q.h.ts_event = d.now + ahead;
    q.h.ts_recv = d.now;
    q.px_exp = -2;
    q.bid = bid;
    q.ask = bid + 2;
    d.exec->on_quote(q);
  };
  const auto told = [&d] { return d.exec->counts().by_incident.count("MARK_AHEAD") == 0 ? 0 : d.exec->counts().by_incident.find("MARK_AHEAD")->second; };
  quote(9998, 500'000'000);  // two clocks that differ a little
  CHECK(told() == 0);
  constexpr Nanos second = 1'000'000'000;
  quote(9999, 3600 * second);
  quote(9999, 3601 * second);
  CHECK(d.exec->portfolio().mark(d.m.btc).time == d.now);
  CHECK(told() == 1);
  d.now += second;
  quote(9400, 0);
  CHECK(d.exec->portfolio().bid(d.m.btc) == "94"_dec);
  CHECK(d.last().purpose == Purpose::stop);
}

TEST_CASE("the drawdown is the deepest fall from the peak, as a fraction of the peak") {
  Desk d;
  d.hold(0.5);
  d.exec->publish(d.now);
  const Decimal peak = d.exec->portfolio().peak();
  d.price(d.m.btc, 8000);
  d.exec->publish(d.now);
  const Decimal low = d.exec->portfolio().equity_at_bid();
  d.price(d.m.btc, 10000);
  d.exec->publish(d.now);
  CHECK(d.exec->max_drawdown() == div(peak - low, peak, Rounding::half_even));
  CHECK(d.exec->max_drawdown().is_positive());
}

TEST_CASE("rules hear of orders: each report, each fill once it is booked, and the position after it") {
  Desk d;
  std::vector<std::string> heard;
  d.exec->tell_rules([&heard](const bl_event& e) {
    if (e.type == BL_EV_POSITION)
      heard.push_back("position " + Decimal::from_raw(reinterpret_cast<const bl_position_ev&>(e).position.qty).to_string());
    else heard.push_back(e.type == BL_EV_EXEC ? "exec" : "fill " + Decimal::from_raw(reinterpret_cast<const bl_fill&>(e).qty).to_string());
  });
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_ACCEPTED);
  const bl_fill f = d.fill_of(i, i.qty(), i.limit_px(), "f1");
  d.exec->on_broker_event(f.h);
  d.exec->on_broker_event(f.h);  // told twice: booked, and told on, once
  bl_fill wrong = d.fill_of(i, "1"_dec, "100"_dec, "");
  d.exec->on_broker_event(wrong.h);  // not booked: not told
  const std::string qty = i.qty().to_string();
  CHECK(heard == std::vector<std::string>{"exec", "fill " + qty, "position " + qty});
}

TEST_CASE("2.3 an order without an answer is asked about at each step, and is not placed after k answers that it is not there") {
  Desk d;
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  REQUIRE(d.state(i) == core::OrderState::unknown);
  for (std::size_t polls = 1; polls <= 3; ++polls) {
    d.now += bar_ns;  // beyond the window in which it might be sent again
    d.price(d.m.btc, 10000);
    d.step();
    CHECK(d.state(i) == core::OrderState::unknown);
    REQUIRE(d.broker.asked.size() == polls);
    CHECK(d.broker.asked.back() == i.client_id());
    d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  }
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.state(i) == core::OrderState::not_placed);
  CHECK(d.exec->orders().working().empty());
  CHECK(d.broker.sent.size() == 1);  // never sent a second time
}

TEST_CASE("2.3 what counted as never placed and shows up is adopted, cancelled and blocks its product") {
  Desk d;
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  for (int n = 0; n < 4; ++n) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.step();
    d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  }
  REQUIRE(d.state(i) == core::OrderState::not_placed);
  d.report(i, BL_X_SNAPSHOT, BL_S_OPEN);
  CHECK(d.state(i) == core::OrderState::cancel_pending);
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(i.client_id())});
  CHECK(d.exec->blocked({1}));
}

TEST_CASE("2.3 an order whose answer was lost and that the venue has works on as if it had been told") {
  Desk d;
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  REQUIRE(d.broker.asked.size() == 1);
  d.report(i, BL_X_SNAPSHOT, BL_S_OPEN);
  CHECK(d.state(i) == core::OrderState::open);
  d.fill(i, i.qty(), i.limit_px());
  CHECK(d.state(i) == core::OrderState::filled);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.broker.asked.size() == 1);  // nothing is left to ask about
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("2.3 within the window the same bytes go out again under the same id, once, when the venue does not have them") {
  bowline::test::StoreFolder dir;
  auto journal = store::Journal::open(dir / "j", {"mock", "v", "default"});
  REQUIRE(journal.ok());
  Desk d({}, "10000"_dec, std::move(*journal));
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  d.now += 30'000'000'000;
  d.price(d.m.btc, 10000);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(std::memcmp(&d.broker.sent[0].abi, &d.broker.sent[1].abi, sizeof(bl_intent)) == 0);
  CHECK(d.state(i) == core::OrderState::unknown);
  d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  d.now += 10'000'000'000;
  d.step();
  CHECK(d.broker.sent.size() == 2);  // once
  CHECK(d.exec->orders().size() == 1);
}

namespace {

std::unique_ptr<store::Journal> journal_in(const bowline::test::StoreFolder& dir) {
  auto j = store::Journal::open(dir / "j", {"mock", "v", "default"});
  REQUIRE(j.ok());
  return std::move(*j);
}

/// An entry that is in the journal, and that the venue does not have by its first answer.
struct Missing : bowline::test::StoreFolder, Desk {
  Intent entry;
  explicit Missing(std::vector<std::unique_ptr<RiskRule>> rules = {}) : Desk({}, "10000"_dec, journal_in(*this)) {
    use(std::move(rules));
    want(Purpose::entry, 0.05);
    entry = last();
    report(entry, BL_X_UNKNOWN, BL_S_UNKNOWN);
    report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
  }
};

/// Lets through one unit at most while the test wants it so, else all.
struct Narrow final : RiskRule {
  const bool* narrow;
  SharedText text = std::make_shared<const std::string>("narrow");
  explicit Narrow(const bool* n) : narrow(n) {}
  const SharedText& name() const override { return text; }
  bool check(const bl_intent&, const bl_portfolio&, bl_verdict& v) override {
    v.action = *narrow ? 2 : 1;
    v.max_qty = "1"_dec.raw();
    return true;
  }
};

}  // namespace

TEST_CASE("2.3 at the end of its window an order is sent again; later it is only asked about") {
  Missing d;
  SECTION("at the end") {
    d.now += d.options.resend_window;
    d.step();
    CHECK(d.broker.sent.size() == 2);
  }
  SECTION("later") {
    d.now += d.options.resend_window + 1;
    d.step();
    CHECK(d.broker.sent.size() == 1);
    REQUIRE(d.broker.asked.size() == 1);
    CHECK(d.broker.asked[0] == d.entry.client_id());
  }
  CHECK(d.state(d.entry) == OrderState::unknown);
}

TEST_CASE("2.3 what the rules would let out only smaller by now is another order: it is not sent again") {
  bool narrow = false;
  std::vector<std::unique_ptr<RiskRule>> rules;
  rules.push_back(std::make_unique<Narrow>(&narrow));
  Missing d(std::move(rules));
  REQUIRE(d.entry.qty() == "5"_dec);
  narrow = true;
  d.now += 1'000'000'000;
  d.step();
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.exec->counts().incidents == 0);  // refused here, and not only by the journal, which has no such order
  CHECK(d.broker.asked.size() == 1);
}

TEST_CASE("2.3 what is sent again is proved anew: a sale of more than is held by now is not") {
  const bowline::test::StoreFolder dir;
  Desk d({}, "10000"_dec, journal_in(dir));
  d.hold(0.05);
  bl_fill corrected = d.fill_of(d.last(), "3"_dec, "99.95"_dec, "f1");
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  REQUIRE(exit.qty() == "5"_dec);
  d.broker.answer = services::HandOver::taken;
  corrected.flags = 2;  // a correction
  corrected.h.ts_event = corrected.h.ts_recv = d.now;
  d.exec->on_broker_event(corrected.h);
  REQUIRE(d.exec->portfolio().position(d.m.btc).qty == "3"_dec);
  for (int polls = 1; polls <= 3; ++polls) {
    CHECK(d.state(exit) == OrderState::unknown);
    CHECK(d.broker.sent.size() == 2);
    d.report(exit, BL_X_ABSENT, BL_S_UNKNOWN);
    d.now += 30'000'000'000;
    d.step();
  }
  CHECK(d.state(exit) == OrderState::not_placed);
  REQUIRE(d.broker.sent.size() == 3);  // and what is held is sold
  CHECK(d.last().qty() == "3"_dec);
}
