#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::test;
using core::OrderState;
using core::Purpose;

TEST_CASE("rule 2.3: a venue that does not know what it had acknowledged is not believed: the product is blocked, the order works on") {
  Desk d;
  const core::Intent entry = d.resting();
  REQUIRE(d.state(entry) == OrderState::open);
  d.report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
  CHECK(d.exec->counts().by_incident.count("ORDER_GONE") == 1);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK_FALSE(core::is_terminal(d.state(entry)));
}

TEST_CASE("rule 4.4: after a restart an answer of what is still to come is held back until engine time reaches it") {
  StoreFolder dir;
  core::Intent entry = core::blank_intent();
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    entry = d.resting();
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  services::ExecutionOptions o;
  o.min_trade = "0.005"_dec;
  o.time_by_data = true;
  a.exec = std::make_unique<services::Execution>(o, a.m.table, a.m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, a.broker, *a.journal, a.sink);
  REQUIRE(a.journal->each([&a](const store::JournalRow& row) { return a.exec->restore(row); }).ok());
  a.exec->restored();
  // The venue filled it two bars from where this process goes on: it had been told, and was lost.
  bl_fill told = a.fill_of(entry, entry.qty(), entry.limit_px(), "f1");
  told.h.flags = 2;  // an answer
  told.h.ts_event = start_ns + 2 * bar_ns;
  told.h.ts_recv = start_ns;
  a.exec->on_broker_event(told.h);
  CHECK(a.exec->portfolio().position({1}).qty.is_zero());
  a.exec->release(start_ns + bar_ns);
  CHECK(a.exec->portfolio().position({1}).qty.is_zero());
  a.exec->release(start_ns + 2 * bar_ns);
  CHECK(a.exec->portfolio().position({1}).qty == entry.qty());
  CHECK(a.exec->orders().find(core::ClientOrderId(entry.client_id()))->state == OrderState::filled);
}
