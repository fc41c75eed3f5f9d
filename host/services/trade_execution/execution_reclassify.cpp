// The operator says what a change of a balance was (trading rules 5.6): a reward that was booked as a deposit, or a deposit that
// was booked as a reward. Nothing comes or goes; the day's result has it as what it was (5.1).
#include <algorithm>
#include <utility>

#include "services/trade_execution/execution.hpp"
#include "store/operator_rows.hpp"

namespace bowline::services {

Result<bool> Execution::reclassify(const ReclassifyRequest& q, core::Nanos now) {
  const std::string code(table_.asset_code(q.asset)), from(core::to_string(q.from)), to(core::to_string(q.to));
  const std::string body = "reclassify|" + code + "|" + q.amount.to_string() + "|" + from + "|" + to;
  if (const auto* known = memory_.moves.find(q.key)) {
    if (*known != body) return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another command: use a new key"};
    if (journal_.pending()) flush_rows();  // its row may be one that waits for the journal
    if (!journal_ok_) return not_durable();
    return true;
  }
  if (auto ok = memory_.not_forgotten(q.key); !ok) return ok.error();
  if (!journal_ok_) return Error{"JOURNAL_UNWRITABLE", "the journal can't be written: nothing was changed"};
  const Decimal of_day = q.amount.is_set() && q.amount.is_positive() ? flows_of_day_.part(portfolio_.day(), q.asset, q.from, q.amount) : Decimal::zero();
  if (auto done = portfolio_.reclassify(q.asset, q.from, q.to, q.amount, of_day); !done) return done.error();
  flows_of_day_.named(portfolio_.day(), q.asset, q.to, of_day);
  ++seq_;
  changed_ = view_is_old_ = true;
  now_ = std::max(now_, now);
  store::AskedRow row = asked(store::Ask::reclassify, now, q.principal, q.reason, q.request_id);
  row.key = q.key;
  row.asset = code;
  row.qty = q.amount;
  row.flag = q.from == core::Flow::deposit;
  note_asked(row);
  note(store::journal_kind::reclassify,
       store::line(store::ReclassifyRow{code, q.from, q.to, q.amount, of_day, q.key, body, q.principal, q.reason, q.request_id}));
  make_durable();  // with what the day's flows are now; else the rows wait for the journal, and entries with them
  memory_.moves.put(q.key, body);
  audit(now, q.principal, "reclassify", code + " " + q.amount.to_string() + " " + from + " to " + to, q.reason, q.request_id);
  if (!journal_ok_) return not_durable();
  return false;
}

Result<void> Execution::restore_reclassify(const store::JournalRow& row) {
  const auto r = store::read_reclassify(row.payload);
  if (!r) return r.error();
  const core::AssetId asset = table_.find_asset(r->asset);
  if (!asset) return Error{"JOURNAL_ROW", "a change of " + r->asset + " was named otherwise, which no instrument of this run has"};
  memory_.moves.put(r->key, r->body);
  flows_of_day_.named(portfolio_.day(), asset, r->to, r->of_day);
  return portfolio_.reclassify(asset, r->from, r->to, r->amount, r->of_day);
}

// A flow is booked in the day that the book had opened then, and its row does not say which; that of the step behind it does.
void Execution::restore_flow_of_day(core::Nanos day) {
  const store::FlowRow flow = *std::exchange(restored_flow_, std::nullopt);
  flows_of_day_.booked(day, table_.find_asset(flow.asset), flow.kind, flow.amount);
}

}  // namespace bowline::services
