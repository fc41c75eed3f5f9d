// The operator moves inventory between what is managed and what is not (trading rules 5.6).
#include <algorithm>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {

Result<bool> Execution::move_inventory(const InventoryRequest& q, core::Nanos now) {
  const core::Instrument& ins = table_[q.instrument];
  const std::string body = std::string(q.adopt ? "adopt" : "release") + "|" + ins.symbol + "|" + q.qty.to_string() + "|" + q.px.to_string();
  if (const auto* known = memory_.moves.find(q.key)) {
    if (*known != body) return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another move of inventory: use a new key"};
    if (journal_.pending()) flush_rows();  // its row may be one that waits for the journal
    if (!journal_ok_) return not_durable();
    return true;
  }
  if (auto ok = memory_.not_forgotten(q.key); !ok) return ok.error();
  if (!journal_ok_) return Error{"JOURNAL_UNWRITABLE", "the journal can't be written: nothing was moved"};
  // What is at a venue in an order of ours can't be given away.
  const core::Order* resting = !q.adopt && guards_ ? resting_of(ins.id) : nullptr;
  const Decimal besides = portfolio_.position(ins.id).qty - working_sells(ins.id);
  if (resting != nullptr && q.qty.is_set() && q.qty > besides && q.qty <= besides + resting->leaves() && !states_.frozen(ins.id)) return stop_gives_way(ins.id, now);
  if (!q.adopt && q.qty.is_set() && q.qty > besides)
    return Error{"RELEASE_BEYOND_POSITION", "less of " + ins.symbol + " is held, besides what our orders sell, than is to be released"};
  const Decimal px = q.px.is_set() ? q.px : portfolio_.mark(ins.id).last;
  if (auto done = q.adopt ? portfolio_.adopt(ins.id, q.qty, px, now) : portfolio_.release(ins.id, q.qty); !done) return done.error();
  ++seq_;
  position_over(ins.id);
  changed_ = view_is_old_ = true;
  now_ = std::max(now_, now);
  store::AskedRow row = asked(store::Ask::inventory, now, q.principal, q.reason, q.request_id);
  row.key = q.key;
  row.symbol = ins.symbol;
  row.flag = q.adopt;
  row.qty = q.qty;
  row.px = q.px;
  note_asked(row);
  note(store::journal_kind::inventory, store::line(store::InventoryRow{ins.symbol, q.adopt, q.qty, q.adopt ? px : Decimal::not_set(), q.key, body}));
  note_flows();
  make_durable();  // else the row waits for the journal, and entries with it
  memory_.moves.put(q.key, body);
  audit(now, q.principal, q.adopt ? "inventory_adopt" : "inventory_release", ins.symbol, q.reason, q.request_id);
  if (tell_rules_) tell_position(ins.id, now);
  if (!journal_ok_) return not_durable();
  return false;
}

Result<void> Execution::restore_inventory(const store::JournalRow& row) {
  const auto r = store::read_inventory(row.payload);
  if (!r) return r.error();
  const core::InstrumentId id = table_.find(r->symbol);
  if (!id) return Error{"JOURNAL_ROW", "inventory of " + r->symbol + ", which is not among the instruments of this run"};
  memory_.moves.put(r->key, r->body);
  auto done = r->adopt ? portfolio_.adopt(id, r->qty, r->px, row.time) : portfolio_.release(id, r->qty);
  position_over(id);
  return done;
}

}  // namespace bowline::services
