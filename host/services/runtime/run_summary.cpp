// The numbers of a run so far.
#include <sys/resource.h>

#include "services/runtime/run_impl.hpp"

namespace bowline::services {

Summary Run::summary() const {
  const Impl& m = *impl_;
  Summary s;
  s.end = m.end;
  s.error = m.error;
  s.mode = m.config.mode;
  s.services = m.config.services;
  s.first = m.loop->first_time();
  s.last = m.loop->last_time();
  s.bars = m.loop->bars();
  s.late_bars = m.loop->late_bars();
  s.steps = m.loop->steps();
  s.acted_steps = m.loop->acted_steps();
  if (m.generator) {
    s.signals = m.generator->counts();
    s.signal_errors = m.generator->errors();
    s.unresolved = m.generator->unresolved();
    s.accuracy = m.generator->accuracy();
  }
  if (m.bridge) s.decisions = m.bridge->counts();
  if (m.rebalancer) s.plans = m.rebalancer->plans_made();
  if (m.execution) {
    const ExecutionCounts& c = m.execution->counts();
    s.why_not = c.why_not;
    s.orders = c.orders;
    s.fills = c.fills;
    s.rejected = c.rejected;
    s.cancelled = c.cancelled;
    s.expired = c.expired;
    s.incidents = c.incidents;
    s.working = m.execution->orders().working().size();
    s.incident_codes = c.by_incident;
    const core::Portfolio& book = m.execution->portfolio();
    s.start_equity = m.start_equity;
    s.equity = book.equity();
    s.cash = book.cash();
    if (book.pegs().any()) {
      s.wallets.emplace_back(m.table.asset_code(book.accounting()), book.cash(book.accounting()));
      for (const core::Peg& p : book.pegs().all()) s.wallets.emplace_back(m.table.asset_code(p.asset), book.cash(p.asset));
    }
    s.fees = book.fees();
    s.realised = book.realised();
    s.unrealised = book.unrealised();
    s.max_drawdown = m.execution->max_drawdown();
    s.journal_commits = m.journal->commits();
    s.journal_rows = m.journal->rows();
    s.journal_head = m.journal->head();
  }
  if (m.sql) {
    s.store_outages = m.sql->outages();
    s.store_dropped = m.sql->dropped();
  }
  s.plugin_errors = m.plugin_errors.counts();
  s.half_spread = m.config.execution.assumed_half_spread;
  s.cost_gate = m.config.bridge.cost_gate;
  s.store = m.store_text;
  s.seconds = m.seconds;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) s.peak_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
  return s;
}

}  // namespace bowline::services
