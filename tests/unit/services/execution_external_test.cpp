// Orders at the venue that this host did not make (trading rules 5.5 and 5.6).
#include <nlohmann/json.hpp>

#include "services/runtime/json_values.hpp"
#include "store/journal_verify.hpp"
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::facts;
using test::opened;
using test::StoreFolder;
using test::VenueOrder;

namespace {

using Desk = test::Begun;
struct Again : test::VenueWord<test::Again> {
  using test::VenueWord<test::Again>::VenueWord;
};

VenueOrder selling(Decimal qty, std::string venue_id = "x1") {
  VenueOrder o;
  o.venue_id = std::move(venue_id);
  o.side = BL_SELL;
  o.qty = qty;
  o.px = "120"_dec;
  return o;
}

std::string refused_with(const Result<services::TradeAnswer>& r) { return r ? "" : r.error().code; }

}  // namespace

TEST_CASE("rule 5.6: an order at the venue that this host did not make is followed, listed with its origin, and no incident of ours") {
  Desk d;
  VenueOrder o;
  SECTION("told by itself") { d.told(o); }
  SECTION("in the list of open orders") {
    REQUIRE(d.exec->ask_venue());
    d.say(o);
    d.done(1);
  }
  SECTION("with a client id that is nobody's here") {
    o.client_id = "theirs-7";
    d.told(o, BL_X_SNAPSHOT);
  }
  const Order* found = d.other();
  REQUIRE(found != nullptr);
  CHECK(found->external);
  CHECK(found->state == OrderState::open);
  CHECK(d.exec->orders().external() == 1);
  CHECK(d.incidents("ORDER_EXTERNAL") == 1);
  CHECK(d.exec->counts().incidents == 1);
  CHECK_FALSE(d.exec->blocked(d.m.btc));
  const auto origin = [&d](const Order* order) { return nlohmann::json::parse(services::order_json(*order, d.m.table)).at("origin"); };
  CHECK(origin(found) == "external");
  CHECK(d.sink.all<OrderRecord>().back().decision == Id128{});
  d.want(Purpose::entry, 0.05);  // and ours is told apart from it
  CHECK(origin(d.exec->orders().working().back()) == "host");
}

TEST_CASE("rule 5.5: resting orders of others count in every limit") {
  FloorLimits floor;
  floor.max_total = "1000"_dec;
  VenueOrder o;
  o.qty = "6"_dec;  // 540 at 90
  SECTION("the cap of all that is invested") {
    Desk d(floor);
    d.told(o);
    d.want(Purpose::entry, 0.05);  // 500, and the 460 that are left of the cap
    REQUIRE(d.broker.sent.size() == 1);
    CHECK(d.last().qty() == "4.6023"_dec);
  }
  SECTION("the cap of all that is invested, when nothing is left of it") {
    Desk d(floor);
    o.qty = "11"_dec;  // 990
    d.told(o);
    d.want(Purpose::entry, 0.05);
    CHECK(d.why("TOTAL_NOTIONAL_LIMIT") == 1);
    CHECK(d.broker.sent.empty());
  }
  SECTION("the cash that is left") {
    Desk d;
    o.qty = "110"_dec;  // 9,900
    d.told(o);
    d.want(Purpose::entry, 0.05);
    CHECK(d.why("QUOTE_BALANCE_SHORT") == 1);
  }
  SECTION("what the rules are shown") {
    Desk d;
    d.told(o);
    const bl_portfolio& view = d.exec->publish(d.now).get();
    REQUIRE(view.n_working == 1);
    CHECK(Decimal::from_raw(view.working[0]->leaves_qty) == "6"_dec);
    CHECK(Decimal::from_raw(view.working[0]->intent->limit_px) == "90"_dec);
  }
}

TEST_CASE("rule 5.6: what others' orders fill is unmanaged inventory: no position, no profit, no fill of ours") {
  Desk d;
  VenueOrder o;
  d.told(o);
  std::vector<std::uint16_t> heard;
  d.exec->tell_rules([&heard](const bl_event& e) { heard.push_back(e.type); });
  d.told_fill(o, "0.4"_dec, "x1-1");
  d.told_fill(o, "0.4"_dec, "x1-1");  // told twice
  CHECK(d.free() == "0.4"_dec);
  CHECK(d.held().is_zero());
  CHECK(d.exec->portfolio().cash(d.m.usd) == "9960"_dec);
  CHECK(d.exec->portfolio().net_flows() == "-40"_dec);  // gone from what is managed, not lost
  CHECK(d.other()->state == OrderState::partially_filled);
  CHECK(d.exec->counts().fills == 0);
  CHECK(heard.empty());
  o.state = BL_S_CANCELLED;
  o.cum = "0.4"_dec;
  d.told(o, BL_X_DONE);
  CHECK(d.other()->state == OrderState::cancelled);
  d.step();
  d.step();
  CHECK(d.exec->counts().incidents == 1);  // that it is there
}

TEST_CASE("rule 5.6: orders of others block no cancel and no exit of ours, and are never cancelled here") {
  Desk d;
  d.hold(0.05);
  const Decimal all = d.held();
  d.told(selling(all));
  VenueOrder buy;
  buy.venue_id = "x2";
  d.told(buy);
  const std::size_t sent = d.broker.sent.size();
  SECTION("an exit goes for the whole position") {
    d.want(Purpose::exit, 0);
    REQUIRE(d.broker.sent.size() == sent + 1);
    CHECK(d.last().qty() == all);
  }
  SECTION("the operator's sale too") {
    REQUIRE(d.exec->execute(d.request(Side::sell, all), d.now));
    CHECK(d.last().qty() == all);
  }
  SECTION("an entry of ours goes beside theirs, where theirs takes nothing of ours") {
    VenueOrder gone = selling(all);
    gone.state = BL_S_CANCELLED;
    d.told(gone, BL_X_DONE);
    d.want(Purpose::entry, 0.1);
    CHECK(d.broker.sent.size() == sent + 1);
  }
  SECTION("an emergency stop, a shutdown and an operator's cancel leave them") {
    CHECK(d.exec->cancel_entries(d.now).asked == 0);
    CHECK(d.exec->emergency_stop(d.now, "operator", "drill", "r").asked == 0);
    const auto done = d.exec->cancel(d.other()->id(), d.now, "operator", "r");
    REQUIRE_FALSE(done);
    CHECK(done.error().code == "ORDER_EXTERNAL");
  }
  CHECK(d.broker.cancelled.empty());
}

TEST_CASE("rule 5.6: a sale of others that would take managed inventory blocks entries while it works, and says why") {
  Desk d;
  d.hold(0.05);
  d.told(selling("0.5"_dec));
  CHECK(d.exec->entries_held(d.m.btc) == "EXTERNAL_SELL");
  CHECK(d.exec->entries_held(d.m.bnb).empty());
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.1);
  CHECK(d.why("EXTERNAL_SELL") == 1);
  CHECK(refused_with(d.exec->execute(d.request(Side::buy, "1"_dec), d.now)) == "EXTERNAL_SELL");
  CHECK(d.broker.sent.size() == sent);
  SECTION("until it is gone") {
    VenueOrder gone = selling("0.5"_dec);
    gone.state = BL_S_CANCELLED;
    d.told(gone, BL_X_DONE);
  }
  SECTION("or there are coins enough that are not ours") {
    VenueOrder buy;
    buy.venue_id = "x2";
    d.told(buy);
    d.told_fill(buy, "0.5"_dec, "x2-1");
  }
  CHECK(d.exec->entries_held(d.m.btc).empty());
  d.want(Purpose::entry, 0.1);
  CHECK(d.broker.sent.size() == sent + 1);
}

TEST_CASE("rule 3.7: a sale of others that took managed inventory blocks the product and halts everything") {
  StoreFolder dir;
  std::string before;
  {
    Desk d({}, opened(dir / "j"));
    d.hold(0.05);
    const Decimal all = d.held();
    d.told(selling("2"_dec));
    d.told_fill(selling("2"_dec), "2"_dec, "x1-1");
    CHECK(d.held() == all - "2"_dec);
    CHECK(d.incidents("POSITION_DROPPED") == 1);
    CHECK(d.exec->blocked(d.m.btc));
    CHECK(d.exec->state() == TradingState::halted);
    CHECK(d.exec->portfolio().books_agree());
    before = all_facts(*d.exec, d.m);
  }
  CHECK(all_facts(*Again(dir / "j").exec, test::Market()) == before);  // durable as it happened, no step had to end
}

TEST_CASE("restart: orders of others, their terms, fills and ends are what they were (5.6)") {
  StoreFolder dir;
  std::string before;
  Decimal flows, of_the_day, peak;
  {
    Desk d({}, opened(dir / "j"));
    VenueOrder o, named = selling("0.1"_dec, "x2");
    named.client_id = "theirs";
    d.told(o);
    d.told_fill(o, "0.4"_dec, "x1-1");
    d.told(named);
    o.qty = "3"_dec;  // amended by whoever made it
    o.cum = "0.4"_dec;
    d.told(o, BL_X_AMENDED);
    d.told_fill(o, "2"_dec, "x1-2");
    bl_fill unpaid = d.fill_of_others(o, "0.1"_dec, "x1-3");
    unpaid.fee = Decimal::not_set().raw();
    d.exec->on_broker_event(unpaid.h);
    CHECK(d.other()->leaves() == "0.5"_dec);
    named.state = BL_S_CANCELLED;
    d.told(named, BL_X_DONE);
    d.step();
    d.now += bar_ns;
    d.told_fill(o, "0.2"_dec, "x1-4");  // behind the day's opening
    d.step();
    flows = d.exec->portfolio().net_flows();
    of_the_day = d.exec->portfolio().day_flows();
    REQUIRE(of_the_day == "-20"_dec);
    REQUIRE(flows < of_the_day);
    peak = d.exec->portfolio().peak();
    before = all_facts(*d.exec, d.m);
  }
  const auto proved = store::verify_journal(dir / "j");
  REQUIRE(proved);
  CHECK(proved->bad.code.empty());
  Again a(dir / "j");
  CHECK(all_facts(*a.exec, a.m) == before);
  CHECK(a.exec->portfolio().net_flows() == flows);
  CHECK(a.exec->portfolio().day_flows() == of_the_day);
  CHECK(a.exec->portfolio().peak() == peak);
  REQUIRE(a.other() != nullptr);
  CHECK(a.other()->leaves() == "0.3"_dec);
  CHECK(a.other()->external);
  REQUIRE(a.other("x2") != nullptr);
  CHECK(a.other("x2")->state == OrderState::cancelled);
  CHECK(a.exec->orders().external() == 1);
  // The venue does not name it any more: it is asked about by its own id, and what has become of it is not missed.
  REQUIRE(a.exec->ask_venue());
  a.done(1);
  REQUIRE(a.broker.asked.size() == 1);
  CHECK(a.broker.asked[0].empty());
}

TEST_CASE("what an order of others had filled before it was found is in the balances, and is not booked again") {
  test::VenueWord<test::Desk> d;
  VenueOrder o;
  o.qty = "3"_dec;
  o.cum = "1"_dec;
  REQUIRE(d.exec->ask_venue());
  d.say(o);
  bl_fill f = d.fill_of_others(o, "1"_dec, "x1-1");
  d.say(f.h);
  d.say_balance(d.m.usd, "5000"_dec);
  d.say_balance(d.m.btc_asset, "1"_dec);
  d.done(1);
  d.exec->begin();
  CHECK(d.exec->portfolio().cash(d.m.usd) == "5000"_dec);
  CHECK(d.exec->portfolio().unmanaged(d.m.btc) == "1"_dec);
  CHECK(d.other()->leaves() == "2"_dec);
  f.h.flags = 0;  // told once more, as one of the past
  d.exec->on_broker_event(f.h);
  CHECK(d.exec->portfolio().unmanaged(d.m.btc) == "1"_dec);
  d.now += bar_ns;
  d.told_fill(o, "2"_dec, "x1-2");
  CHECK(d.exec->portfolio().unmanaged(d.m.btc) == "3"_dec);
  CHECK(d.other()->state == OrderState::filled);
}

TEST_CASE("2.4 a fill of an order that is not known is booked once the venue says what order it was, else it is an incident") {
  Desk d;
  d.now += bar_ns;
  VenueOrder o;
  o.state = BL_S_FILLED;
  o.cum = "1"_dec;
  d.told_fill(o, "1"_dec, "x1-1", "90"_dec);
  CHECK(d.broker.asked.size() == 1);
  CHECK(d.free().is_zero());
  SECTION("it says") {
    d.say(o);
    d.done(1);
    CHECK(d.free() == "1"_dec);
    CHECK(d.other()->state == OrderState::filled);
    CHECK(d.exec->counts().incidents == 1);
    d.told_fill(o, "1"_dec, "x1-1", "90"_dec);
    CHECK(d.free() == "1"_dec);
  }
  SECTION("it does not") {
    bl_exec e = d.exec_of(o, BL_X_ABSENT);
    e.side = 0;
    e.state = BL_S_UNKNOWN;
    e.cum_qty = Decimal::not_set().raw();
    d.say(e.h);
    d.done(1);
    CHECK(d.free().is_zero());
    CHECK(d.incidents("FILL_UNKNOWN_ORDER") == 1);
    CHECK(d.exec->blocked(d.m.btc));
  }
}

TEST_CASE("an order that is named as ours are and is in no journal here is followed, and blocks its product") {
  Desk d;
  VenueOrder o;
  o.client_id = "bl-00000000000000000000000000000000";
  SECTION("that works") {
    d.told(o);
    CHECK(d.exec->orders().external() == 1);
  }
  SECTION("that was refused") { d.told(o, BL_X_REJECTED); }
  CHECK(d.incidents("EXEC_UNKNOWN_ORDER") == 1);
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("the end of an order that nobody told of, and that traded, has the venue asked for what it was") {
  Desk d;
  VenueOrder o;
  o.state = BL_S_FILLED;
  o.cum = "1"_dec;
  d.told(o, BL_X_DONE);
  CHECK(d.other() == nullptr);
  d.step();
  CHECK_FALSE(d.exec->reconciled());
  bl_fill f = d.fill_of_others(o, "1"_dec, "x1-1", "90"_dec);
  d.say(f.h);
  d.done(1);  // a fill of what order? it is asked for that, too
  d.say(o);
  d.done(2);
  CHECK(d.free() == "1"_dec);
}

TEST_CASE("an order of others that the venue forgets is held to be over, and somebody has to look") {
  Desk d;
  VenueOrder o;
  d.told(o);
  bl_exec e = d.exec_of(o, BL_X_ABSENT);
  e.side = e.h.instrument = 0;
  e.state = BL_S_UNKNOWN;
  d.exec->on_broker_event(e.h);
  CHECK(d.other()->state == OrderState::cancelled);
  CHECK(d.incidents("ORDER_GONE") == 1);
  CHECK(d.exec->blocked(d.m.btc));
}
