// The operator closes a position: a target of his rank that stands until all is sold, so that it outlives a cancel that is
// waited for, a rest that was not taken, and the process.
#include <algorithm>

#include "services/trade_execution/execution.hpp"
#include "store/operator_rows.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::Purpose;

}  // namespace

Result<CloseAnswer> Execution::close_position(const CloseRequest& q, Nanos now) {
  const core::Instrument& ins = table_[q.instrument];
  const std::string body = ins.symbol + "|" + q.reason;
  CloseAnswer answer;
  const auto tell = [&](core::Id128 decision) {
    for (const Order* o : orders_.working())
      if (o->intent.decision == decision) answer.order = o->id();
    answer.held = portfolio_.position(ins.id).qty;
    const core::Target* t = book_.at(ins.id, Purpose::operator_order);
    answer.closing = t != nullptr && t->decision == decision && closing(ins.id);
    return answer;
  };
  if (const auto* known = memory_.closes.find(q.key)) {
    if (known->body != body) return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another close: use a new key"};
    answer.replayed = true;
    return tell(known->decision);
  }
  if (auto ok = memory_.not_forgotten(q.key); !ok) return ok.error();
  if (memory_.orders.has(q.key)) return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for an order: use a new key"};
  if (states_.frozen(ins.id)) return Error{"EXIT_FROZEN", "freeze is on, the only state without exits: take it off with POST /trading/state first"};
  const bool works = working_of(ins.id) != nullptr;
  if (portfolio_.position(ins.id).qty.is_zero() && !works && owed(ins.id, core::Side::buy).is_zero())
    return Error{"POSITION_FLAT", "nothing of " + ins.symbol + " is held, and no order of it works"};
  if (portfolio_.dust(ins.id) && !works) return Error{"POSITION_DUST", "what is held of " + ins.symbol + " is less than the venue sells"};

  ++seq_;
  now_ = std::max(now_, now);
  core::Target t;
  t.instrument = ins.id;
  t.purpose = Purpose::operator_order;
  t.weight = 0;
  t.decision = core::decision_id(options_.seed, ins.symbol, now, "operator-close", q.key);
  t.time = now;
  t.valid_until = now;  // it stands because it is insisted on, and no longer
  t.ref_px = portfolio_.mark(ins.id).last;
  store::AskedRow row = asked(store::Ask::close, now, q.principal, q.reason, q.request_id);
  row.key = q.key;
  row.symbol = ins.symbol;
  // In one commit, or not at all: what was not durable was not answered, and asked again it is a close.
  const store::JournalNote rows[] = {
      {store::journal_kind::asked, store::line(row)},
      {store::journal_kind::target,
       store::line(store::TargetRow{ins.symbol, t.purpose, t.weight, t.valid_until, t.decision, t.ref_px, true, false})},
      {store::journal_kind::close, store::line(store::CloseRow{q.key, body, ins.symbol, t.decision})}};
  if (const auto done = journal_.record({}, now, durable_, rows); !done) {
    incident("JOURNAL_WRITE", done.error().message, now);
    return Error{"JOURNAL_UNWRITABLE", "the close could not be made durable: nothing was sent"};
  }
  book_.put(t);
  book_.insist(ins.id, Purpose::operator_order);
  audit(now, q.principal, "close", ins.symbol, q.reason, q.request_id);
  memory_.closes.put(q.key, {body, ins.id, t.decision});
  const std::vector<Order*> working = orders_.working();  // cancelling changes the list
  for (Order* o : working)
    if (!o->external && o->intent.instrument() == ins.id && o->intent.purpose != Purpose::emergency) ++(request_cancel(*o, now) ? answer.cancels.asked : answer.cancels.failed);
  static_cast<void>(fresh_view());
  consider(ins.id, now);
  if (!approved_.empty()) flush_frame(now);
  return tell(t.decision);
}

Result<void> Execution::restore_close(const store::JournalRow& row) {
  auto r = store::read_close(row.payload);
  if (!r) return r.error();
  if (const InstrumentId id = table_.find(r->symbol)) memory_.closes.put(r->key, {std::move(r->body), id, r->decision});
  return {};
}

}  // namespace bowline::services
