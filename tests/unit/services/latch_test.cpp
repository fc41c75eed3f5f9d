// Execution under the latch HALT (trading rules 3.7).
#include "services/trade_execution/latched_broker.hpp"
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;
using store::HaltLatch;
using store::HaltOrder;

namespace {

/// A desk whose broker lies behind the latch of a folder.
struct Latched : Desk {
  StoreFolder dir;
  HaltLatch latch{dir.path()};
  services::LatchedBroker behind{broker, latch};

  Latched() {
    services::ExecutionOptions o;
    o.min_trade = "0.005"_dec;
    exec = std::make_unique<services::Execution>(o, m.table, m.usd, "0.0005"_dec, std::vector<std::unique_ptr<RiskRule>>{}, FloorLimits{},
                                                 behind, *journal, sink);
    exec->obey(latch);
    bl_balance_ev b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BALANCE;
    b.asset = m.usd.value;
    b.total = "10000"_dec.raw();
    exec->on_broker_event(b.h);
    price(m.btc, 10000);
  }
  void set() { REQUIRE(latch.engage({HaltOrder::stop, "", "panic", "fire"}).ok()); }
};

}  // namespace

TEST_CASE("under the latch no entry leaves, also where nobody has looked at it yet (3.7)") {
  Latched d;
  d.set();
  CHECK(d.exec->state() == TradingState::active);
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.empty());
  REQUIRE(d.exec->orders().done().size() == 1);
  const Order* o = d.exec->orders().done().front();
  CHECK(o->state == OrderState::denied);
  CHECK(o->reason.find("HALT") != std::string::npos);
}

TEST_CASE("under the latch no strategy exit leaves; the protective stop and the operator's exit do (3.7)") {
  Latched d;
  d.hold(0.05);
  const std::size_t sent = d.broker.sent.size();
  d.set();
  d.want(Purpose::exit, 0);
  CHECK(d.broker.sent.size() == sent);
  d.now += bar_ns;
  d.want(Purpose::stop, 0);
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().purpose == Purpose::stop);
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  d.now += 2 * bar_ns;
  CHECK(d.exec->execute(d.request(Side::sell, "1"_dec), d.now).ok());
  CHECK(d.broker.sent.size() == sent + 2);
}

TEST_CASE("a look at the latch halts: the gate closed, entries cancelled, its author in the state (3.7)") {
  Latched d;
  const Intent entry = d.resting();
  CHECK_FALSE(d.exec->look_at_latch(d.now));
  d.set();
  CHECK(d.exec->look_at_latch(d.now));
  CHECK(d.exec->state() == TradingState::halted);
  CHECK_FALSE(d.exec->gate_open());
  CHECK(d.exec->states().global().who == "panic");
  CHECK(d.exec->states().global().why == "fire");
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
  const std::uint64_t rows = d.journal->rows();
  CHECK(d.exec->look_at_latch(d.now));  // again: nothing new to do
  CHECK(d.journal->rows() == rows);
}

TEST_CASE("the operator's buy looks at the latch itself (3.7)") {
  Latched d;
  d.set();
  const auto refused = d.exec->execute(d.request(Side::buy, "1"_dec), d.now);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "GATE_CLOSED");
}

TEST_CASE("an emergency stop sets the latch, and only a resume takes it off (3.7)") {
  Latched d;
  d.exec->emergency_stop(d.now, "operator", "drill", "r1");
  CHECK(d.latch.set());
  CHECK(d.latch.read().why == "drill");
  REQUIRE(d.exec->set_trading_state({{}, TradingState::halted, false, "t", "operator", "r2"}, d.now));
  CHECK(d.latch.set());
  REQUIRE(d.exec->resume(d.now, "operator", "over", "r3").ok());
  CHECK_FALSE(d.latch.set());
  CHECK(d.exec->state() == TradingState::active);
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == 1);
}

TEST_CASE("a latch that can't be taken off is no resume: trading stays halted (3.7)") {
  Latched d;
  std::filesystem::create_directories(d.dir / "HALT/inside");  // not a file that can be unlinked
  CHECK(d.exec->look_at_latch(d.now));
  const auto refused = d.exec->resume(d.now, "operator", "over", "r1");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "LATCH_WRITE");
  CHECK(d.exec->state() == TradingState::halted);
  CHECK_FALSE(d.exec->gate_open());
}

TEST_CASE("a latch that can't be set is an incident, and trading is halted all the same (3.7)") {
  Latched d;
  std::filesystem::remove_all(d.dir.path());
  d.exec->emergency_stop(d.now, "operator", "drill", "r1");
  CHECK(d.exec->state() == TradingState::halted);
  CHECK(d.exec->counts().by_incident.at("LATCH_WRITE") == 1);
}

TEST_CASE("a resume that is repeated because its answer was lost does not undo a stop that came since (3.7)") {
  Latched d;
  d.exec->emergency_stop(d.now, "operator", "drill", "r1");
  REQUIRE(d.exec->resume(d.now, "operator", "over", "r2").ok());
  CHECK(d.exec->resume(d.now, "operator", "over", "r2").ok());  // nothing since: it stands
  d.exec->emergency_stop(d.now, "somebody else", "fire", "r3");
  const auto refused = d.exec->resume(d.now, "operator", "over", "r2");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "REQUEST_REPEATED");
  CHECK(d.latch.set());
  CHECK(d.exec->state() == TradingState::halted);
  CHECK_FALSE(d.exec->gate_open());
  CHECK(d.exec->resume(d.now, "operator", "over", "r4").ok());
}

TEST_CASE("rule 3.4: what rests against the state is cancelled at each step until its end is known") {
  Desk d;
  const Intent entry = d.resting();
  d.broker.takes_cancels = false;
  SECTION("after an emergency stop") { d.exec->emergency_stop(d.now, "operator", "drill", "r1"); }
  SECTION("while reducing") { d.exec->set_state(TradingState::reducing, d.now, "operator", "drill"); }
  SECTION("under a lock") { static_cast<void>(d.exec->lock({d.m.btc, 0, "drill", "operator", "r1"}, d.now)); }
  CHECK(d.broker.cancelled.empty());
  d.broker.takes_cancels = true;
  d.now += bar_ns;
  d.step();
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
  d.report(entry, BL_X_CANCEL_REJECTED);  // too early for the venue: it rests all the same
  d.now += bar_ns;
  d.step();
  CHECK(d.broker.cancelled.size() == 2);
}

TEST_CASE("rule 3.4: a process that died between its emergency stop and its cancels has them sent by the next") {
  StoreFolder dir;
  std::string entry;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    entry = d.resting().client_id();
    d.exec->settle(d.now);
    d.broker.takes_cancels = false;
    d.exec->emergency_stop(d.now, "operator", "drill", "r1");
  }
  Again a(dir / "j");
  REQUIRE(a.exec->state() == TradingState::halted);
  a.exec->resume_orders();
  a.now = start_ns + 2 * bar_ns;
  a.step();
  CHECK(a.broker.cancelled == std::vector<std::string>{entry});
}
