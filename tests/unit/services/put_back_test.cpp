// A run that goes on from a journal that was put back from a backup (trading rules 2.1 and 3.5).
#include "services/trade_execution/start_state.hpp"
#include "unit/services/venue_word.hpp"
#include "unit/store/backup_files.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

namespace {

using Reborn = VenueWord<Again>;

services::ExecutionOptions options(bool starts_reducing) {
  services::ExecutionOptions o;
  o.min_trade = "0.005"_dec;
  o.starts_reducing = starts_reducing;
  return o;
}

void put_back(const RunFolder& f) {
  const auto made = store::restore_journal(f.wish());
  if (!made) FAIL(made.error().message);
}

/// A life that goes on from the journal and ends with an entry that rests at the venue.
core::Intent entry_of_a_life(const RunFolder& f, const services::ExecutionOptions* o) {
  Again a(f.journal, o);
  a.exec->resume_orders();
  a.now += 100 * bar_ns;
  a.price(a.m.btc, 10000);
  a.want(Purpose::entry, 0.05);
  a.report(a.last(), BL_X_ACCEPTED);
  REQUIRE(a.journal->flush().ok());
  return a.last();
}

/// As if it had been stopped for a planned roll-out: nothing else would keep it from trading.
void start(Again& a) {
  a.exec->resume_orders();
  a.exec->begin();
  a.exec->start(store::EndRow{"stopped", store::Rollout{9'000'000'000'000'000'000, "ops", "out"}}, 0);
}

std::uint64_t incidents(const Again& a, const std::string& code) {
  const auto& all = a.exec->counts().by_incident;
  const auto it = all.find(code);
  return it == all.end() ? 0 : it->second;
}

}  // namespace

TEST_CASE("rule 2.1: behind a restore a run starts reducing, whatever the option, until an operator lets it trade") {
  const services::ExecutionOptions o = options(GENERATE(false, true));
  CAPTURE(o.starts_reducing);
  const RunFolder f;
  f.live();
  f.back_up();
  f.live();
  put_back(f);
  for (int life = 1; life <= 3; ++life) {  // nobody's word comes of itself
    CAPTURE(life);
    Again a(f.journal, &o);
    start(a);
    CHECK(a.exec->state() == TradingState::reducing);
    CHECK(a.exec->states().global().why.find("put back from a backup") != std::string::npos);
    CHECK(incidents(a, "JOURNAL_PUT_BACK") == 0);
    a.now += 100 * bar_ns;
    a.price(a.m.btc, 10000);
    a.want(Purpose::entry, 0.05);
    CHECK(a.why("STATE_REDUCING") == 1);
    CHECK(a.broker.sent.empty());
    if (life == 3) REQUIRE(a.exec->set_trading_state({{}, TradingState::active, false, "looked", "ops", "r-1"}, a.now));
    REQUIRE(a.journal->flush().ok());
  }
  Again a(f.journal, &o);
  a.exec->resume_orders();
  CHECK(a.exec->state() == TradingState::active);
  if (o.starts_reducing) return;
  a.exec->begin();
  a.exec->start({}, 0);
  CHECK(a.exec->state() == TradingState::active);
}

TEST_CASE("rule 2.1: a journal that was put back by hand is an incident that names the verb, until an operator has set the state") {
  const services::ExecutionOptions o = options(false);
  const RunFolder f;
  f.live();
  {
    store::RestoredRow row;
    row.who = "host";
    row.why = "the store has order bl-1";
    REQUIRE(opened(f.journal)->renew_epoch(row, std::nullopt).ok());
  }
  {
    Again a(f.journal, &o);
    start(a);
    CHECK(a.exec->state() == TradingState::reducing);
    CHECK(incidents(a, "JOURNAL_PUT_BACK") == 1);
    const auto events = a.sink.all<EventRecord>();
    REQUIRE_FALSE(events.empty());
    CHECK(events[0].payload.find("bowline journal restore") != std::string::npos);
    CHECK(events[0].payload.find("bl-1") != std::string::npos);
    REQUIRE(a.exec->set_trading_state({{}, TradingState::active, false, "looked", "ops", "r-1"}, a.now));
    REQUIRE(a.journal->flush().ok());
  }
  Again a(f.journal, &o);
  start(a);
  CHECK(incidents(a, "JOURNAL_PUT_BACK") == 0);
  CHECK(a.exec->state() == TradingState::active);
}

TEST_CASE("rule 2.1: an order that is younger than the backup is found at the venue and nobody's here, and its decision makes another id") {
  const services::ExecutionOptions o = options(true);
  const RunFolder f;
  f.live();
  f.back_up();
  const core::Intent lost = entry_of_a_life(f, nullptr);
  put_back(f);
  Reborn a(f.journal, &o);
  REQUIRE(a.exec->orders().find(ClientOrderId(lost.client_id())) == nullptr);
  a.now += 100 * bar_ns;
  start(a);
  bl_exec e = a.exec_of(lost, BL_S_OPEN, Decimal::zero());
  a.exec->on_broker_event(e.h);
  const Order* found = a.other(Desk::venue_id_of(lost));
  REQUIRE(found != nullptr);
  CHECK(found->external);
  CHECK(a.exec->blocked(a.m.btc));
  CHECK(incidents(a, "EXEC_UNKNOWN_ORDER") == 1);
  // It fills: no position of ours, and nothing is bought beside it.
  bl_fill fill = a.fill_of(lost, lost.qty(), lost.limit_px(), "f-lost");
  put_text(fill.venue_id, Desk::venue_id_of(lost));
  a.exec->on_broker_event(fill.h);
  CHECK(a.exec->portfolio().position(a.m.btc).qty.is_zero());
  a.price(a.m.btc, 10000);
  a.want(Purpose::entry, 0.05);
  CHECK(a.broker.sent.empty());
  // The operator has looked, and the same decision comes again.
  a.exec->emergency_resume(a.now, "ops", "looked", "r-1");
  REQUIRE(a.exec->set_trading_state({{}, TradingState::active, false, "looked", "ops", "r-2"}, a.now));
  a.now += bar_ns;
  a.decisions = 0;
  a.price(a.m.btc, 10000);
  a.want(Purpose::entry, 0.05);
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().decision == lost.decision);
  CHECK(a.last().client_id() != lost.client_id());
  REQUIRE(a.journal->flush().ok());
}

TEST_CASE("rule 3.7: a cancel of the time that a backup has not may have been this host's own: it is told, and does not halt") {
  services::ExecutionOptions o = options(true);
  o.gtd_bars = 50;
  const bool put = GENERATE(true, false);
  const RunFolder f;
  f.live();
  const core::Intent entry = entry_of_a_life(f, &o);
  f.back_up();
  if (put) put_back(f);
  Reborn a(f.journal, &o);
  a.exec->resume_orders();
  a.exec->begin();  // the venue is heard before the run starts
  a.now += 120 * bar_ns;
  bl_exec e = a.exec_of(entry, BL_S_CANCELLED, Decimal::zero());
  e.h.ts_event = a.now;
  a.exec->on_broker_event(e.h);
  CHECK(incidents(a, "ORDER_CANCELLED_ELSEWHERE") == 1);
  a.exec->start({}, 0);
  CHECK(a.exec->state() == (put ? TradingState::reducing : TradingState::halted));
  REQUIRE(a.journal->flush().ok());
}

TEST_CASE("rule 3.5: of all reasons to start reducing, that the journal was put back is the one that is told") {
  services::StartFacts f;
  f.resumed = f.put_back = f.agrees = true;
  f.ended = store::EndRow{"stopped", store::Rollout{10, "ops", "why"}};
  CHECK(services::why_it_starts_reducing(f).find("put back from a backup") != std::string_view::npos);
  f.put_back = false;
  CHECK(services::why_it_starts_reducing(f).empty());
}
