// What a run knows before its first event: what an earlier process of it knew, and what the venue has.
#include <algorithm>
#include <chrono>

#include "observe/log.hpp"
#include "services/runtime/run_impl.hpp"
#include "store/journal_audit.hpp"

namespace bowline::services {

namespace out = observe::log;

// Cash and what the venue already holds, before the first event.
Result<void> Run::Impl::first_balances() {
  if (auto done = execution->ask_venue(); !done) return done;
  // A live venue that answered a part of it has not answered: it is asked again, for as long as an answer is waited for.
  constexpr std::chrono::seconds patience{60};
  const auto until = std::chrono::steady_clock::now() + patience;
  const auto known = [this] { return execution->reconciled() && (config.mode != "live" || execution->reconciliation().whole); };
  const InstanceServices& venue = *instances->brokers.front().services;
  for (;;) {
    await_venue([this] { return execution->reconciled(); }, until - std::chrono::steady_clock::now(), true);
    if (venue.has_failed()) return venue.failure();
    if (known() || !execution->reconciled() || venue_port() == nullptr || std::chrono::steady_clock::now() >= until) break;
    if (auto done = execution->ask_venue(); !done) return done;
  }
  if (!known())
    return Error{"RECONCILE_UNANSWERED", "the venue did not answer what it has of orders and balances: nothing is traded before it is known" +
                                             (broker->link_why().empty() ? std::string() : "; " + std::string(broker->link_why()))};
  if (!execution->against_config().empty() && !resumed) return execution->against_config().front().refusal;
  execution->begin();
  return {};
}

// What an earlier process of this run knew. Its seed must be this one's: the same decisions must have the same ids.
Result<void> Run::Impl::resume() {
  if (!resumed) return {};
  core::Nanos stored = 0;  // the store may have lost what came after it
  if (sql) {
    const auto last = sql->last_step();
    if (!last) return last.error();
    stored = *last;
  }
  std::string begun;
  // Twice through the rows: what is taken away from the store must be known before any of it is put back.
  core::Nanos settled = 0;
  std::string ended_by;  // the row that it ends with, if it came to its end
  auto done = journal->each([&](const store::JournalRow& row) -> Result<void> {
    if (row.kind == store::journal_kind::end) ended_by = row.payload;
    else ended_by.clear();
    if (row.kind != store::journal_kind::step) return {};
    const auto step = store::read_step(row.payload);
    if (step) settled = std::max(settled, step->settled);
    return step ? Result<void>{} : Result<void>(step.error());
  });
  if (!done) return done;
  if (!ended_by.empty()) {
    auto row = store::read_end(ended_by);
    if (!row) return row.error();
    ended_as = std::move(*row);
  }
  if (sql) {
    if (auto cut = sql->forget_after(settled, stored); !cut) return cut;
    const auto plans = sql->plans_at(settled);
    if (!plans) return plans.error();
    if (rebalancer) rebalancer->planned_before(settled, *plans);
  }
  std::vector<core::AuditRecord> trail;  // what the store has of it from there on
  if (sql) {
    auto known = sql->audit_from(stored);
    if (!known) return known.error();
    trail = std::move(*known);
  }
  store::JournalAudit audit;
  done = journal->each([&](const store::JournalRow& row) -> Result<void> {
    if (row.kind == store::journal_kind::begin && begun.empty()) begun = row.payload;
    const bool project = sql && row.time >= stored;
    if (auto restored = execution->restore(row, project ? sql.get() : nullptr); !restored || !project) return restored;
    auto line = audit.take(row);
    if (!line) return line.error();
    if (*line && std::none_of(trail.begin(), trail.end(), [&line](const core::AuditRecord& r) { return store::same_line(r, **line); }))
      sql->put(std::move(**line));
    return {};
  });
  if (sql) sql->end_step(settled);
  if (!done) return done;
  if (begun != begin_line())
    return Error{"RUN_CONFIG_CHANGED", "the state folder " + options.var.string() + " holds a run that was begun as " + begun + "; this one is " +
                                           begin_line() + ": give it the seed of before, or another folder with --var"};
  execution->restored();
  // From here on what happens to orders is news, also before the first step that is: what the venue answers, and commands.
  if (gate) gate->open();
  pipeline->go_on_after(
      execution->settled(), [this, stored](core::Nanos t) { if (feed_gate && t > stored) feed_gate->open(); },
      [this] {
        if (feed_gate) feed_gate->open();
        execution->tell_rules_of_today();
        execution->resume_orders();
        loop->pump();
      });
  // Where time is real it did not stand still meanwhile: what is commanded before the feed comes again is commanded now.
  facts.engine_ns.store(now_by_clock(), std::memory_order_relaxed);
  out::warning("run", "going on from the journal of an earlier process: {} rows, settled up to {}, {} orders to ask the venue about",
               journal->rows(), core::format_time(execution->settled()), execution->orders().working().size());
  return {};
}

}  // namespace bowline::services
