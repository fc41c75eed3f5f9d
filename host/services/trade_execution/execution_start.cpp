// Execution at its start: the ramp that it begins with, and whether it may trade by itself (trading rules 3.5, 6).
#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/operator_rows.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::Nanos;

}  // namespace

void Execution::begin() {
  begun_ = true;
  // A new run was refused for it. One that goes on has stops to be watched and exits to be sold: it buys no more.
  for (const AgainstConfig& what : against_config_) block(what.id, what.code, what.why, now_);
  if (const auto row = ramp_.begin(now_)) note(store::journal_kind::ramp, store::line(*row));
  const out::Scope scope({.service = "trade-execution"});
  if (ramp_.limits().any()) out::info("execution", "the entries of a day are bounded by a ramp");
  if (ramp_.configuration_says_more())
    out::warning("execution", "execution.ramp says more than the ramp that stands, and raises nothing: only an operator does (bowline ramp)");
}

void Execution::start(const std::optional<store::EndRow>& ended, Nanos wall) {
  // What the backup has not the venue has: whatever the option, it is looked at before anything more is bought.
  if (!options_.starts_reducing && !put_back_) return;
  StartFacts f;
  f.resumed = resuming_;
  f.put_back = put_back_;
  f.ended = ended;
  f.wall = options_.time_by_data ? 0 : wall;
  f.agrees = begun_ && reconciliation().agrees();
  const std::string_view why = why_it_starts_reducing(f);
  if (!put_back_by_hand_.empty())
    incident("JOURNAL_PUT_BACK", put_back_by_hand_ + "; its epoch was renewed at the start. Put a journal back with `bowline journal restore`", settled_);
  if (!why.empty()) {
    static_cast<void>(tighten(core::TradingState::reducing, settled_, why));
    return;
  }
  // As it was: an operator's own word of before stands, whichever it is.
  audit(settled_, "host", "planned_rollout", core::to_string(state()), ended->rollout->why, {});
  const out::Scope scope({.service = "trade-execution"});
  out::warning("execution", "the process before was stopped for a planned roll-out: it goes on {}", core::to_string(state()));
}

// What is not known of the venue yet nobody may trade on, whoever wants it (trading rules 3.5).
Result<void> Execution::may_be_active() const {
  if (begun_ || !options_.starts_reducing) return {};
  return Error{"RECONCILE_FIRST", "the venue has not answered what it has of orders and balances: this run is let trade when it has"};
}

Result<void> Execution::announce_rollout(const RolloutRequest& q, Nanos now) {
  if (q.until <= now || q.until - now > longest_rollout)
    return Error{"ROLLOUT_WINDOW", "a planned roll-out is announced for the time from now on, and for a day at most"};
  if (auto fresh = once(true, q.request_id); !fresh) return fresh;
  ++seq_;
  now_ = std::max(now_, now);
  store::AskedRow row = asked(store::Ask::rollout, now, q.principal, q.reason, q.request_id);
  row.until = q.until;
  note_asked(row);
  make_durable();
  audit(now, q.principal, "rollout", core::format_time(q.until), q.reason, q.request_id);
  const out::Scope scope({.service = "trade-execution", .request_id = q.request_id, .principal = q.principal});
  out::warning("execution", "a planned roll-out is announced: a stop and a start until {} go on as it was", core::format_time(q.until));
  remember_request(q.request_id);
  rollout_ = store::Rollout{q.until, q.principal, q.reason};
  if (journal_ok_) return {};
  return not_durable();
}

std::optional<store::Rollout> Execution::rollout(Nanos now) const {
  return rollout_ && now <= rollout_->until ? rollout_ : std::nullopt;
}

// The announcement was the earlier process's, and the stop that it was for is over: only its request is not to be taken again.
Result<void> Execution::restore_asked(const store::JournalRow& row) {
  if (!row.payload.starts_with(R"({"what":"rollout")")) return {};
  const auto r = store::read_asked(row.payload);
  if (!r) return r.error();
  remember_request(r->request);
  return {};
}

}  // namespace bowline::services
