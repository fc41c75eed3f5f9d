// A run that starts reducing (trading rules 3.5): until an operator lets it trade, or after a planned roll-out.
#include "services/trade_execution/start_state.hpp"

#include "store/halt_latch.hpp"
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;
using services::StartFacts;
using store::EndRow;
using store::Rollout;

namespace {

constexpr Nanos minute = 60'000'000'000;

services::StateRequest state(TradingState wanted, std::string request) { return {{}, wanted, false, "a test", "operator", std::move(request)}; }
template <class T>
std::string code(const Result<T>& r) {
  return r ? "" : r.error().code;
}

services::ExecutionOptions careful() {
  services::ExecutionOptions o;
  o.min_trade = "0.005"_dec;
  o.starts_reducing = true;
  return o;
}

/// The first process of a run: it has begun, an operator has let it trade, and it ends as `end` says.
struct Life {
  StoreFolder dir;
  services::ExecutionOptions options = careful();
  std::optional<EndRow> ended;
  /// `announced`: until when a roll-out was, 0 = it was not.
  void live(std::string end, Nanos announced, bool let_trade = true) {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.options = options;
    d.use({});
    d.exec->begin();
    d.exec->start({}, 0);
    if (let_trade) {
      REQUIRE(d.exec->set_trading_state(state(TradingState::active, "go"), d.now));
      d.hold(0.05);
    }
    d.step();
    if (announced != 0) REQUIRE(d.exec->announce_rollout({announced, "version 1.2", "operator", "out"}, d.now));
    ended = EndRow{std::move(end), d.exec->rollout(d.now)};
    REQUIRE(d.journal->flush().ok());
  }
  /// The state that the next process starts in.
  TradingState next(Nanos wall = 0) {
    Again a(dir / "j", &options);
    a.exec->begin();
    a.exec->start(ended, wall);
    return a.exec->state();
  }
};

constexpr Nanos ends = start_ns + 2 * bar_ns;  // engine time of a Life at its end

}  // namespace

TEST_CASE("rule 3.5: it starts reducing: nothing is bought, exits run, until an operator lets it trade") {
  Desk d;
  d.options = careful();
  d.use({});
  d.exec->begin();
  d.exec->start({}, 0);
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(d.exec->states().global().who == "host");
  CHECK(d.exec->states().global().why.find("an operator lets it trade") != std::string::npos);
  d.want(Purpose::entry, 0.05);
  CHECK(d.why("STATE_REDUCING") == 1);
  CHECK(d.broker.sent.empty());
  REQUIRE(d.exec->set_trading_state(state(TradingState::active, "go"), d.now));
  d.hold(0.05);
  CHECK(d.exec->portfolio().position(d.m.btc).qty.is_positive());
}

TEST_CASE("rule 3.5: without the option a run starts as ever") {
  Desk d;
  d.exec->begin();
  d.exec->start({}, 0);
  CHECK(d.exec->state() == TradingState::active);
}

TEST_CASE("rule 3.5: what rested as an entry when the process before died is cancelled at the start; stops and sales are not") {
  StoreFolder dir;
  const services::ExecutionOptions options = careful();
  Intent entry = blank_intent();
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.options = options;
    d.use({});
    entry = d.resting();
    REQUIRE(d.journal->flush().ok());
  }
  Again a(dir / "j", &options);
  a.exec->begin();
  a.exec->start({}, 0);
  CHECK(a.exec->state() == TradingState::reducing);
  CHECK(a.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
}

TEST_CASE("rule 3.5: nobody lets it trade before the venue has answered what it has") {
  StoreFolder dir;
  const store::HaltLatch latch(dir.path());
  Desk d;
  d.options = careful();
  d.use({});
  d.exec->obey(latch);
  REQUIRE(d.exec->set_trading_state(state(TradingState::reducing, "r0"), d.now));  // what tightens is always taken
  CHECK(code(d.exec->set_trading_state(state(TradingState::active, "r1"), d.now)) == "RECONCILE_FIRST");
  CHECK(code(d.exec->resume(d.now, "operator", "a test", "r2")) == "RECONCILE_FIRST");
  CHECK(d.exec->state() == TradingState::reducing);
  d.exec->begin();
  REQUIRE(d.exec->set_trading_state(state(TradingState::active, "r1"), d.now));
  CHECK(d.exec->state() == TradingState::active);
}

TEST_CASE("rule 3.5: after a stop that was a planned roll-out it goes on as it was") {
  Life l;
  l.live("stopped", ends + 15 * minute);
  REQUIRE(l.ended->rollout);
  CHECK(l.ended->rollout->who == "operator");
  CHECK(l.ended->rollout->why == "version 1.2");
  CHECK(l.next() == TradingState::active);
}

TEST_CASE("rule 3.5: after any other end it starts reducing: not announced, announced and over, ended by itself, or died") {
  {
    Life l;
    l.live("stopped", 0);
    CHECK(l.next() == TradingState::reducing);
  }
  {
    Life l;
    l.live("feed_failed", ends + minute);
    CHECK(l.next() == TradingState::reducing);
  }
  {
    Life l;
    l.live("stopped", ends + minute);
    l.ended.reset();  // the row is not the last one, or not there
    CHECK(l.next() == TradingState::reducing);
  }
  Life l;
  l.options.time_by_data = false;
  l.live("stopped", ends + minute);
  CHECK(l.next(ends + minute + 1) == TradingState::reducing);
}

TEST_CASE("rule 3.5: the window holds to its last moment, by the clock where time is real") {
  Life l;
  l.options.time_by_data = false;
  l.live("stopped", ends + minute);
  CHECK(l.next(ends + minute) == TradingState::active);
}

TEST_CASE("rule 3.5: a roll-out makes nobody looser than he was") {
  Life l;
  l.live("stopped", ends + minute, false);
  CHECK(l.next() == TradingState::reducing);
}

TEST_CASE("rule 3.5: a roll-out is announced for a time ahead, for a day at most, and once a request") {
  Desk d;
  const auto announce = [&d](Nanos until, std::string request) { return code(d.exec->announce_rollout({until, "v2", "operator", std::move(request)}, d.now)); };
  CHECK(announce(d.now, "r1") == "ROLLOUT_WINDOW");
  CHECK(announce(d.now + services::longest_rollout + 1, "r1") == "ROLLOUT_WINDOW");
  CHECK_FALSE(d.exec->rollout(d.now));
  CHECK(announce(d.now + minute, "r1") == "");
  CHECK(announce(d.now + minute, "r1") == "REQUEST_REPEATED");
  CHECK(d.exec->rollout(d.now + minute));
  CHECK_FALSE(d.exec->rollout(d.now + minute + 1));
  const auto audit = d.sink.all<AuditRecord>();
  REQUIRE(audit.size() == 1);
  CHECK(audit[0].action == "rollout");
  CHECK(audit[0].principal == "operator");
  CHECK(audit[0].reason == "v2");
}

TEST_CASE("rule 3.5: the announcement is the process's that heard it: the next one's stop is not planned by it, nor by its request said again") {
  Life l;
  l.live("stopped", ends + 15 * minute);
  Again a(l.dir / "j", &l.options);
  CHECK_FALSE(a.exec->rollout(ends));
  CHECK(code(a.exec->announce_rollout({ends + minute, "version 1.2", "operator", "out"}, ends)) == "REQUEST_REPEATED");
}

TEST_CASE("rule 3.5: why it starts reducing is said, and each reason is enough") {
  StartFacts f;
  const auto speaks = [&f](std::string_view words) { return services::why_it_starts_reducing(f).find(words) != std::string_view::npos; };
  CHECK(speaks("a first start"));
  f.resumed = true;
  CHECK(speaks("did not come to its end"));
  f.ended = EndRow{"instance_failed", Rollout{10, "ops", "why"}};
  CHECK(speaks("ended by itself"));
  f.ended = EndRow{"stopped", {}};
  CHECK(speaks("not for a planned roll-out"));
  f.ended = EndRow{"stopped", Rollout{10, "ops", "why"}};
  f.wall = 11;
  CHECK(speaks("is over"));
  f.wall = 10;
  CHECK(speaks("do not agree"));
  f.agrees = true;
  CHECK(services::why_it_starts_reducing(f).empty());
}
