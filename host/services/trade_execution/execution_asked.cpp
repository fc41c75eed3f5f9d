// What execution was asked, written down as it was asked and where among the events (trading rules 4.1): a run that is run
// again is asked the same. Each row stands before all that came of its command. A command that is refused, or only tried,
// touches nothing that a decision hangs on, the numbering of events included, and has none.
#include "services/trade_execution/execution.hpp"

namespace bowline::services {

using core::Nanos;
using store::AskedRow;

AskedRow Execution::asked(store::Ask what, Nanos now, std::string_view who, std::string_view why, std::string_view request_id) const {
  return {place(now), what, std::string(who), std::string(why), std::string(request_id)};
}

AskedRow Execution::asked(const TradeRequest& q, Nanos now) const {
  AskedRow row = asked(store::Ask::trade, now, q.principal, q.reason, q.request_id);
  row.key = q.key;
  row.symbol = table_[q.instrument].symbol;
  row.side = core::to_string(q.side);
  row.type = core::to_string(q.type);
  row.tif = core::to_string(q.tif);
  row.qty = q.qty;
  row.quote_qty = q.quote_qty;
  row.limit_px = q.limit_px;
  row.stop_px = q.stop_px;
  row.until = q.expire_ns;
  row.flag = q.post_only;
  return row;
}

AskedRow Execution::asked(const AmendRequest& q, Nanos now) const {
  AskedRow row = asked(store::Ask::amend, now, q.principal, q.reason, q.request_id);
  row.key = q.key;
  row.order = q.order.view();
  row.qty = q.terms.qty;
  row.limit_px = q.terms.limit_px;
  row.stop_px = q.terms.stop_px;
  row.until = q.terms.expire_ns;
  return row;
}

// In memory nothing is ever read again.
void Execution::note_asked(const AskedRow& row) {
  if (!durable_journal_) return;
  now_ = std::max(now_, row.place.at);
  note(store::journal_kind::asked, store::line(row));
}

std::uint64_t Execution::plan_asked(std::span<const core::Target> targets, Nanos now, std::string_view principal, std::string_view request_id,
                                    bool elsewhere) {
  ++seq_;
  if (!durable_journal_) return seq_;
  AskedRow row = asked(store::Ask::plan, now, principal, {}, request_id);
  row.flag = elsewhere;
  for (const core::Target& t : targets) row.plan.push_back({table_[t.instrument].symbol, t.weight, t.valid_until, t.decision, t.ref_px});
  note_asked(row);
  return seq_;
}

}  // namespace bowline::services
