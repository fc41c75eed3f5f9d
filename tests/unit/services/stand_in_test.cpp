// Who stands in for a host that is dead (trading rules 3.7): bowline-panic with the journal, the venue and nothing else.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/stand_in/progress.hpp"
#include "services/stand_in/stand_in.hpp"
#include "services/stand_in/stand_in_clock.hpp"
#include "services/stand_in/stand_in_options.hpp"
#include "services/trade_execution/latched_broker.hpp"
#include "unit/services/resting_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;
using nlohmann::json;
using services::StandIn;

namespace {

/// What a host left, with nobody in it: Place puts an execution there.
struct Left : Desk {
  explicit Left(const std::filesystem::path& file, bool stops_at_venue = false) : Desk({}, "77"_dec, nullptr) {
    exec.reset();
    journal = opened(file);
    options.stops.at_venue = stops_at_venue;
  }
};

/// The venue as it is found: what works there, what becomes of a cancel and of a sale. All of it is told when it is turned.
struct Place {
  Left& d;
  store::HaltLatch latch;
  services::LatchedBroker behind{d.broker, latch};
  std::vector<ClientOrderId> absent;          // the venue does not have them
  bool fills = true, answers = true, tells_fills = true;
  std::size_t cancels_lost = 0;               // of the next ones
  std::size_t answered = 0, cancelled = 0, filled = 0;
  std::size_t waits = 0, most_waits = 400;
  std::vector<std::string> told;

  Place(Left& desk, const std::filesystem::path& var, bool stops_only) : d(desk), latch(var) {
    config::RunConfig config;
    if (d.options.stops.at_venue) config.execution.stops.owner = "venue";
    d.options = services::stand_in_options(config, d.options.seed, BL_CAN_REST_STOP | BL_CAN_REST_BRACKET, !stops_only);
    d.exec = std::make_unique<services::Execution>(d.options, d.m.table, d.m.usd, "0.0005"_dec, std::vector<std::unique_ptr<RiskRule>>{}, FloorLimits{},
                                                   behind, *d.journal, d.sink);
    d.exec->obey(latch);
    const auto done = d.journal->each([this](const store::JournalRow& row) {
      d.now = std::max(d.now, row.time);
      return d.exec->restore(row);
    });
    if (!done) FAIL(done.error().message);
    d.exec->restored();
  }
  void tell(const Intent& i, std::uint32_t kind, std::uint32_t state, Decimal cum) {
    bl_exec e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.flags = kind == BL_X_SNAPSHOT || kind == BL_X_ABSENT ? 2 : 0;
    e.h.instrument = i.abi.instrument;
    e.h.ts_event = e.h.ts_recv = d.now;
    const Order* known = d.exec->orders().find(ClientOrderId(i.client_id()));
    REQUIRE(known != nullptr);
    const std::string at_venue(std::string_view(known->venue_id));
    if (!known->nameless) put_text(e.client_id, i.client_id());
    if (kind != BL_X_ABSENT) put_text(e.venue_id, at_venue.empty() ? "v" + std::string(i.client_id()).substr(0, 20) : at_venue);
    e.kind = kind;
    e.state = state;
    e.side = i.abi.side;
    e.qty = i.abi.qty;
    e.quote_qty = i.abi.quote_qty;
    e.limit_px = i.abi.limit_px;
    e.stop_px = i.abi.stop_px;
    e.cum_qty = cum.raw();
    e.cum_quote = e.cum_fee = Decimal::not_set().raw();
    d.exec->on_broker_event(e.h);
  }
  bool has(const Order& o) const { return std::find(absent.begin(), absent.end(), o.id()) == absent.end(); }
  void answer(const bl_query& q) {
    const std::vector<Order*> working = d.exec->orders().working();
    for (const Order* o : working) {
      const bool asked = (q.scope & 1u) != 0 && std::string_view(q.order.client_id.ptr, q.order.client_id.len) == o->intent.client_id();
      if (has(*o) ? (q.scope & 2u) != 0 || asked : false) tell(o->intent, BL_X_SNAPSHOT, BL_S_OPEN, o->cum_qty);
      else if (asked) tell(o->intent, BL_X_ABSENT, BL_S_UNKNOWN, Decimal::not_set());
    }
    bl_done done{};
    done.h.size = sizeof done;
    done.h.type = BL_EV_DONE;
    done.h.ts_event = done.h.ts_recv = d.now;
    done.request = q.request;
    done.complete = 1;
    d.exec->on_broker_event(done.h);
  }
  void turn() {
    for (; answers && answered < d.broker.queries.size(); ++answered) answer(d.broker.queries[answered]);
    for (; cancelled < d.broker.cancelled.size(); ++cancelled) {
      if (cancels_lost > 0) {
        --cancels_lost;
        continue;
      }
      const Order* o = d.exec->orders().find(ClientOrderId(d.broker.cancelled[cancelled]));
      if (o != nullptr && has(*o) && !is_terminal(o->state)) tell(o->intent, BL_X_DONE, BL_S_CANCELLED, o->cum_qty);
    }
    for (; fills && filled < d.broker.sent.size(); ++filled) {
      const Intent i = d.broker.sent[filled];
      tell(i, BL_X_ACCEPTED, BL_S_OPEN, Decimal::zero());
      if (tells_fills) d.exec->on_broker_event(d.fill_of(i, i.qty(), "90"_dec, "s" + std::to_string(filled)).h);
      tell(i, BL_X_DONE, BL_S_FILLED, i.qty());
    }
  }
  StandIn stand_in() {
    return StandIn({.execution = *d.exec,
                    .journal = *d.journal,
                    .table = d.m.table,
                    .now = [this] { return d.now; },
                    .turn = [this](Nanos) { turn(); },
                    .wait = [this] { ++waits, d.now += second_ns, turn(); },
                    .enough = [this] { return waits >= most_waits; },
                    .told = [this](const std::string& receipt) { told.push_back(receipt); }});
  }
  StandIn::End stop() {
    REQUIRE(latch.engage({store::HaltOrder::stop, "", "panic", "fire"}));
    return stand_in().stop();
  }
  StandIn::End liquidate(const std::string& id = "fire-1") {
    const store::Halt halt{store::HaltOrder::liquidate, id, "panic", "fire"};
    REQUIRE(latch.engage(halt));
    return stand_in().liquidate(halt);
  }
  std::vector<std::string> rows(std::string_view kind) const {
    std::vector<std::string> all;
    REQUIRE(d.journal->each([&](const store::JournalRow& row) -> Result<void> {
      if (row.kind == kind) all.emplace_back(row.payload);
      return {};
    }));
    return all;
  }
};

/// A host that held 5 BTC, wanted more of BNB, and died.
Intent died_with_an_entry(const std::filesystem::path& file) {
  Desk d({}, "10000"_dec, opened(file));
  d.hold(0.05);
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  return d.last();
}

}  // namespace

TEST_CASE("rule 3.7: with the host dead a stop cancels what buys, and neither what protects nor what others ordered") {
  StoreFolder dir;
  Intent stop, entry;
  {
    struct Before : HoldsStops<Desk> {
      explicit Before(const std::filesystem::path& file) : HoldsStops<Desk>(FloorLimits{}, "10000"_dec, opened(file)) {}
    } d(dir / "j");
    stop = d.protected_five();
    d.price(d.m.bnb, 10000);
    d.want(Purpose::entry, 0.05, d.m.bnb);
    entry = d.last();
    bl_exec e{};  // somebody else buys here, too
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.instrument = d.m.btc.value;
    e.h.ts_event = e.h.ts_recv = d.now;
    put_text(e.venue_id, "x1");
    e.kind = BL_X_ACCEPTED;
    e.state = BL_S_OPEN;
    e.side = BL_BUY;
    e.type = BL_LIMIT;
    e.tif = BL_GTC;
    e.qty = "1"_dec.raw();
    e.limit_px = "50"_dec.raw();
    e.quote_qty = e.stop_px = e.cum_quote = e.cum_fee = Decimal::not_set().raw();
    e.cum_qty = Decimal::zero().raw();
    d.exec->on_broker_event(e.h);
    d.now += bar_ns;
    d.step();
  }
  Left a(dir / "j", true);
  Place venue(a, dir.path(), true);
  const StandIn::End end = venue.stop();
  CHECK(end.done);
  CHECK(a.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
  CHECK(a.broker.sent.empty());
  REQUIRE(end.entries.size() == 1);
  CHECK(end.entries[0].state == "cancelled");
  REQUIRE(end.kept.size() == 1);
  CHECK(end.kept[0].id == stop.client_id());
  CHECK(end.of_others == 1);
  CHECK(end.unprotected.empty());
  CHECK(a.exec->state() == TradingState::halted);
  CHECK_FALSE(a.exec->gate_open());
}

TEST_CASE("rule 3.7: a cancel that was lost is asked for again, until the venue says that the entry has ended") {
  StoreFolder dir;
  const Intent entry = died_with_an_entry(dir / "j");
  Left a(dir / "j");
  Place venue(a, dir.path(), true);
  venue.cancels_lost = 2;
  const StandIn::End end = venue.stop();
  CHECK(end.done);
  CHECK(std::count(a.broker.cancelled.begin(), a.broker.cancelled.end(), entry.client_id()) == 3);
  CHECK(a.state(entry) == OrderState::cancelled);
}

TEST_CASE("rule 3.7: a stop whose time is up says which entry is not known to have ended") {
  StoreFolder dir;
  const Intent entry = died_with_an_entry(dir / "j");
  Left a(dir / "j");
  Place venue(a, dir.path(), true);
  venue.cancels_lost = 1000;
  venue.most_waits = 30;
  const StandIn::End end = venue.stop();
  CHECK_FALSE(end.done);
  CHECK(end.error.code.empty());
  REQUIRE(end.entries.size() == 1);
  CHECK(end.entries[0].id == entry.client_id());
  CHECK(end.entries[0].state == "cancel_pending");
}

TEST_CASE("rule 3.7: who came to stop sends nothing again that died on its way, neither entry nor sale") {
  const bool exits = GENERATE(true, false);
  StoreFolder dir;
  Intent entry, sale;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.price(d.m.bnb, 10000);
    if (!exits) REQUIRE(d.protect("95"_dec) == BL_OK);
    d.broker.answer = services::HandOver::unknown;
    d.want({d.target(Purpose::entry, 0.05, d.m.bnb)});
    if (exits) d.want({d.target(Purpose::exit, 0)});
    else d.quote(d.m.btc, 9400, 9402);  // a stop's sale would pass the latch
    REQUIRE(d.broker.sent.size() == 3);
    REQUIRE(d.last().side() == Side::sell);
    for (const Intent& i : d.broker.sent) (i.side() == Side::sell ? sale : entry) = i;
  }
  Left a(dir / "j");
  Place venue(a, dir.path(), true);
  venue.absent = {ClientOrderId(entry.client_id()), ClientOrderId(sale.client_id())};
  const StandIn::End end = venue.stop();
  CHECK(end.done);
  CHECK(a.broker.sent.empty());
  CHECK(a.state(entry) == OrderState::not_placed);  // proved, and not believed at the first answer
  CHECK(venue.waits >= 60);
}

TEST_CASE("rule 3.7: with the host dead a liquidation runs rule 3.6 to its end, each sale durable before it leaves") {
  StoreFolder dir;
  const Intent entry = died_with_an_entry(dir / "j");
  Left a(dir / "j");
  Place venue(a, dir.path(), false);
  std::size_t seen = 0;
  a.broker.on_submit = [&] {
    CHECK_FALSE(a.journal->pending());
    CHECK(venue.rows("intent").size() == ++seen + 2);  // the two of before
  };
  const StandIn::End end = venue.liquidate();
  CHECK(end.done);
  CHECK(seen == 1);
  CHECK(a.last().purpose == Purpose::emergency);
  CHECK(a.exec->portfolio().position(a.m.btc).qty.is_zero());
  CHECK(a.state(entry) == OrderState::cancelled);
  const json receipt = json::parse(end.receipt);
  CHECK(receipt["phase"] == "done");
  CHECK(receipt["id"] == "fire-1");
  CHECK(venue.told.back() == end.receipt);
  REQUIRE(venue.rows("emergency").size() == 2);  // begun, done
  a.journal.reset();

  // A host that is started on it finds the latch, the books, and nothing to do.
  Again host(dir / "j");
  CHECK(host.exec->state() == TradingState::halted);
  CHECK_FALSE(host.exec->gate_open());
  CHECK_FALSE(host.exec->liquidating());
  CHECK(host.exec->receipt("fire-1"));
  CHECK(host.exec->portfolio().position(host.m.btc).qty.is_zero());
  CHECK(host.exec->orders().working().empty());
}

TEST_CASE("rule 3.7: a liquidation that was begun before goes on under its own id, and is not begun twice") {
  StoreFolder dir;
  died_with_an_entry(dir / "j");
  {
    Left a(dir / "j");
    Place venue(a, dir.path(), false);
    venue.fills = false;
    venue.most_waits = 5;
    const StandIn::End end = venue.liquidate("fire-1");
    CHECK_FALSE(end.done);
    CHECK(json::parse(end.receipt)["phase"] == "selling");
    CHECK(a.broker.sent.size() == 1);
  }
  Left a(dir / "j");
  Place venue(a, dir.path(), false);
  const Order sale = *a.exec->orders().working().back();
  REQUIRE(sale.intent.purpose == Purpose::emergency);
  bool filled = false;
  auto work = venue.stand_in();
  a.broker.on_submit = [&] { filled = true; };
  // The venue has the sale, and fills it now.
  a.exec->on_broker_event(a.fill_of(sale.intent, sale.intent.qty(), "90"_dec, "late").h);
  venue.tell(sale.intent, BL_X_DONE, BL_S_FILLED, sale.intent.qty());
  const store::Halt halt{store::HaltOrder::liquidate, "fire-2", "panic", "fire"};
  REQUIRE(venue.latch.engage(halt));
  const StandIn::End end = work.liquidate(halt);
  CHECK(end.done);
  CHECK_FALSE(filled);  // nothing is sold twice
  CHECK(json::parse(end.receipt)["id"] == "fire-1");
  CHECK(venue.rows("emergency").size() == 2);
}

TEST_CASE("rule 3.7: a sale that died on its way is sent again under the same id by who goes on with the liquidation") {
  StoreFolder dir;
  died_with_an_entry(dir / "j");
  Intent lost;
  {
    Left a(dir / "j");
    Place venue(a, dir.path(), false);
    venue.fills = false;
    venue.most_waits = 3;
    a.broker.on_submit = [&] { venue.answers = false; };  // of the sale nothing was ever heard
    CHECK_FALSE(venue.liquidate().done);
    lost = a.last();
  }
  Left a(dir / "j");
  Place venue(a, dir.path(), false);
  // The venue does not know it until it is sent again.
  venue.absent = {ClientOrderId(lost.client_id())};
  a.broker.on_submit = [&] { venue.absent.clear(); };
  const StandIn::End end = venue.liquidate();
  CHECK(end.done);
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().client_id() == lost.client_id());
}

TEST_CASE("rule 3.6: who stands in sells by the bounds of who ordered it: no more at once, and never at the market") {
  StoreFolder dir;
  died_with_an_entry(dir / "j");
  Left a(dir / "j");
  Place venue(a, dir.path(), false);
  const store::Halt halt{store::HaltOrder::liquidate, "fire-1", "panic", "fire", "200"_dec, "0.05"_dec};
  REQUIRE(venue.latch.engage(halt));
  a.price(a.m.btc, 10000);  // without a bid there is nothing to count an end from
  CHECK(venue.stand_in().liquidate(venue.latch.read()).done);
  REQUIRE(a.broker.sent.size() >= 3);
  for (const Intent& i : a.broker.sent) {
    CHECK(i.type() == OrderType::limit);
    CHECK(mul(i.qty(), i.limit_px(), Rounding::up) <= "200"_dec);
  }
}

TEST_CASE("rule 3.7: what the venue says is sold is not sold again by who stands in, though its fills are never told") {
  StoreFolder dir;
  died_with_an_entry(dir / "j");
  Left a(dir / "j");
  Place venue(a, dir.path(), false);
  venue.tells_fills = false;
  venue.most_waits = 60;
  const StandIn::End end = venue.liquidate();
  CHECK_FALSE(end.done);
  CHECK(a.broker.sent.size() == 1);
  CHECK(a.exec->blocked(a.m.btc));
}

TEST_CASE("rule 3.7: in freeze, the only state without exits, a liquidation is refused and says so") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    REQUIRE(d.exec->set_trading_state({{}, TradingState::halted, true, "frozen", "operator", "f1"}, d.now));
  }
  Left a(dir / "j");
  Place venue(a, dir.path(), false);
  const StandIn::End end = venue.liquidate();
  CHECK_FALSE(end.done);
  CHECK(end.error.code == "EXIT_FROZEN");
  CHECK(a.broker.sent.empty());
}

TEST_CASE("rule 3.7: what is held without a stop at the venue is told, since nobody watches it while no host runs") {
  StoreFolder dir;
  died_with_an_entry(dir / "j");
  Left a(dir / "j");
  Place venue(a, dir.path(), true);
  CHECK(venue.stop().unprotected == std::vector<std::string>{"BTC-USD"});
}

TEST_CASE("a stand-in whose venue gives no answer cancels all the same") {
  StoreFolder dir;
  const Intent entry = died_with_an_entry(dir / "j");
  Left a(dir / "j");
  Place venue(a, dir.path(), true);
  venue.answers = false;
  venue.most_waits = 40;
  const StandIn::End end = venue.stop();
  CHECK(a.broker.cancelled.front() == entry.client_id());
  CHECK(a.state(entry) == OrderState::cancelled);
  CHECK_FALSE(end.done);  // what else there is, is not known
}

TEST_CASE("stand-in clock: where time is not real it goes on behind the journal, in whole seconds, and follows the venue") {
  std::int64_t steady = 5, wall = 9'000'000'000'000;
  services::StandInClock clock({[&] { return wall; }, [&] { return steady; }}, 1'000, false);
  CHECK(clock.now() == 1'000);
  steady += 999'999'999;
  CHECK(clock.now() == 1'000);
  steady += 1;
  CHECK(clock.now() == 1'000 + second_ns);
  clock.heard(500);
  CHECK(clock.now() == 1'000 + second_ns);
  clock.heard(1'000 + 10 * second_ns);
  CHECK(clock.now() == 1'000 + 10 * second_ns);
  steady += second_ns;
  CHECK(clock.now() == 1'000 + 11 * second_ns);
}

TEST_CASE("stand-in clock: where time is real it is the wall's, and never before what the journal knows") {
  std::int64_t steady = 0, wall = 100 * second_ns + 7;
  services::StandInClock clock({[&] { return wall; }, [&] { return steady; }}, 90 * second_ns, true);
  CHECK(clock.now() == 100 * second_ns);
  clock.heard(500 * second_ns);  // the venue's clock is its own
  CHECK(clock.now() == 100 * second_ns);
  wall = 50 * second_ns;  // stepped back
  CHECK(clock.now() == 100 * second_ns);
}

TEST_CASE("progress: only what a receipt says anew is told, and nothing of what was never held") {
  const std::string first = R"({"id":"f","phase":"reading","products":[{"instrument":"BTC-USD","status":"selling","sold":"0","held_before":"5","left":"5","unmanaged":"0"},)"
                            R"({"instrument":"BNB-USD","status":"flat","sold":"0","held_before":"0","left":"0","unmanaged":"0"}]})";
  const std::string second = R"({"id":"f","phase":"selling","products":[{"instrument":"BTC-USD","status":"selling","sold":"0","held_before":"5","left":"5","unmanaged":"0"}]})";
  CHECK(services::progress("", first) == std::vector<std::string>{"liquidation f: reading", "BTC-USD: selling, sold 0 of 5, 5 left"});
  CHECK(services::progress(first, second) == std::vector<std::string>{"liquidation f: selling"});
  CHECK(services::progress(second, second).empty());
  CHECK(services::progress("", "not json").empty());
}
