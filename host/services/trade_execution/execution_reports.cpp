// Execution's other half: what the broker says of orders and fills, held against what was sent.
#include <algorithm>
#include <utility>

#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/incidents.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::Side;

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

/// Whether a report that changes an order names another product or side than it has. What it does not tell (0) it does not name;
/// that it was amended is compared where its terms are.
bool names_other(const bl_exec& e, const bl_intent& i) {
  if (e.kind == BL_X_ABSENT || e.kind == BL_X_UNKNOWN || e.kind == BL_X_AMENDED) return false;
  return (e.h.instrument != 0 && e.h.instrument != i.instrument) || (e.side != 0 && e.side != i.side);
}

/// An end that only the venue can have told.
bool told_as_ended(OrderState s) {
  return s == OrderState::filled || s == OrderState::cancelled || s == OrderState::expired || s == OrderState::rejected;
}

}  // namespace

bool Execution::move(Order& order, OrderEvent event, Nanos now, std::string_view text, const core::Terms* terms) {
  const OrderState from = order.state;
  if (const auto done = orders_.apply(order, event, now, terms); !done) {
    incident(done.error().code, done.error().message, now, order.intent.client_id());
    return false;
  }
  // What fills after its end is told by its fill.
  if (event != OrderEvent::fill_part && event != OrderEvent::fill_all &&
      !order.external && (core::came_back(from, order.state) || core::was_there_after_all(from, order.state)))
    block(order.intent.instrument(), "ORDER_CAME_BACK", "an order that was over, or never at the venue, is or was there after all", now, order.intent.client_id());
  if (!asked_.empty() && !core::is_terminal(from) && told_as_ended(order.state)) ended_meanwhile_.push_back(order.id());
  if (event == OrderEvent::deny) uncount_rung(order);
  if (event == OrderEvent::proved_absent) note_tombstone(order);
  if (!order.external && core::rests_as_stop(order.intent)) {
    resting_moved(order);
    RestingStop& r = rests_[order.intent.abi.instrument - 1];
    const bool refused = order.state == OrderState::rejected || order.state == OrderState::denied || order.state == OrderState::not_placed;
    if (refused && !r.told) {
      r.told = true;
      incident("STOP_NOT_RESTING", "the venue did not take a stop: the host watches it", now, order.intent.client_id());
    }
  }
  tell_move(order, from, event, now, text);
  if (durable_journal_) {
    now_ = std::max(now_, now);
    note(store::journal_kind::order, store::line(store::OrderRow{order.id(), event, order.state, std::string(std::string_view(order.venue_id)), std::string(text),
                                                                  terms != nullptr ? *terms : core::Terms{}}));
  }
  return from != order.state;
}

void Execution::tell_move(const Order& order, OrderState from, OrderEvent event, Nanos now, std::string_view text) {
  changed_ = view_is_old_ = true;
  ++moves_;
  ++counts_.moves[static_cast<std::size_t>(order.intent.purpose)][static_cast<std::size_t>(order.state)];
  if (sink_.wanted()) {
    core::OrderEventRecord r;
    r.order = order.id();
    r.seq = seq_;
    r.time = now;
    r.event = core::to_string(event);
    r.from = core::to_string(from);
    r.to = core::to_string(order.state);
    r.text = text;
    sink_.put(std::move(r));
    write_order(order);
  }
}

void Execution::tell_unmoved(const bl_exec& told) {
  if (const Order* order = order_of(field(told.client_id), field(told.venue_id))) trail_.told(*order, told, {seq_, now_});
}

// Never placed, refused or ended, and there after all: it is cancelled (trading rules 2.3); move() has blocked its product.
void Execution::cancel_if_back(Order& order, OrderState was, Nanos now) {
  if (!order.external && core::is_terminal(was) && !core::is_terminal(order.state)) static_cast<void>(request_cancel(order, now));
}

void Execution::write_order(const Order& o) { sink_.put(record_of(o)); }

core::OrderRecord Execution::record_of(const Order& o) const {
  core::OrderRecord r;
  r.id = o.id();
  r.decision = o.intent.decision;
  r.seq = o.seq;
  r.instrument = o.intent.instrument();
  r.purpose = o.intent.purpose;
  r.side = o.intent.side();
  r.type = o.intent.type();
  r.tif = o.intent.tif();
  r.flags = o.intent.abi.flags;
  r.qty = o.intent.qty();
  r.quote_qty = o.intent.quote_qty();
  r.limit_px = o.intent.limit_px();
  r.stop_px = o.intent.stop_px();
  r.expire_ns = o.intent.abi.expire_ns;
  r.decided_ns = o.intent.abi.decided_ns;
  r.updated_ns = o.updated;
  r.state = core::to_string(o.state);
  r.venue_id = o.venue_id;
  r.reason = o.reason;
  r.cum_qty = o.cum_qty;
  r.cum_quote = o.cum_quote;
  r.cum_fee = o.cum_fee;
  r.decision_px = o.intent.decision_px;
  return r;
}

void Execution::on_exec(const bl_exec& exec) {
  ++seq_;
  const Nanos now = exec.h.ts_recv;
  Order* order = order_of(field(exec.client_id), field(exec.venue_id));
  if (order == nullptr) order = adopt(exec, {});
  if (order == nullptr) return;
  if (order->external) return on_external(*order, exec);
  // A success is compared with the intent (trading rules 2.2): a mismatch is an incident, not an answer. What the venue
  // does not tell (not set, or 0) can't be compared.
  const auto other = [](bl_dec told, Decimal wanted) {
    const Decimal d = Decimal::from_raw(told);
    return d.is_positive() && wanted.is_set() && d != wanted;
  };
  const core::Intent& wanted = order->intent;
  if ((exec.kind == BL_X_ACCEPTED || exec.kind == BL_X_SNAPSHOT) &&
      (exec.h.instrument != wanted.abi.instrument || exec.side != wanted.abi.side || other(exec.qty, wanted.qty()) ||
       other(exec.quote_qty, wanted.quote_qty()) || other(exec.limit_px, wanted.limit_px()) ||
       other(exec.stop_px, wanted.stop_px()) ||
       (exec.expire_ns != 0 && wanted.abi.expire_ns != 0 && exec.expire_ns / 1'000'000'000 != wanted.abi.expire_ns / 1'000'000'000)) &&
      !told_of_amend(*order, exec))
    return block(wanted.instrument(), "EXEC_MISMATCH", "the venue acknowledged another order than was sent", now, wanted.client_id());
  // Nor is an end, a refusal or an answer to a cancel this order's that names another product or side: believed, it would be over
  // here and work on there. What the venue has of it is asked.
  if (names_other(exec, wanted.abi)) {
    block(wanted.instrument(), "EXEC_MISMATCH", "the venue tells of this order what is another product's or side's", now, wanted.client_id());
    if (!core::is_terminal(order->state)) ask_about(*order);
    return;
  }
  if (!learn_venue_id(*order, field(exec.venue_id), now)) return;
  const std::string_view text = field(exec.text);
  if (exec.kind != BL_X_ABSENT && exec.kind != BL_X_UNKNOWN && exec.kind != BL_X_CANCEL_REJECTED && exec.kind != BL_X_AMEND_REJECTED) {  // it is there
    if (!missing_.empty()) std::erase_if(missing_, [order](const MissingOrder& m) { return m.order == order->id(); });
    if (!gone_.empty()) gone_.erase(order->id());
  }
  if (tell_rules_) tell_rules_(exec.h);
  const auto end = [&](OrderEvent event, std::uint64_t& count) {
    order->reason = text;
    // A cancel that lost its race is an end told before: counted once.
    if (move(*order, event, now, text)) ++count;
  };
  switch (exec.kind) {
    case BL_X_ACCEPTED: {
      const OrderState was = order->state;
      move(*order, OrderEvent::acked, now, text);
      return cancel_if_back(*order, was, now);
    }
    case BL_X_SNAPSHOT: return on_snapshot(*order, exec);
    case BL_X_ABSENT: return on_absent(*order, now);
    case BL_X_REJECTED: return end(OrderEvent::rejected, counts_.rejected);
    case BL_X_CANCEL_PENDING: return;
    case BL_X_CANCEL_REJECTED:
      // Of one that was never acknowledged it does not say that it works on: it may never have come there, and is to be found or proved
      // absent. Taken for working it would be a gone one for ever, and its cancel asked for each second. (Where time moves by data the two
      // travel as long.)
      move(*order, !options_.time_by_data && order->state == OrderState::cancel_pending && order->venue_id.empty() ? OrderEvent::timed_out : OrderEvent::cancel_refused, now, text);
      // An exit that comes later waits for it from then on; one that waits already is not put off by each refusal.
      if (const core::InstrumentId id = order->intent.instrument(); !exit_is_due(id)) order->cancel_since = 0;
      // It may have ended, and nobody told: what waits for its end would wait for ever. A question tells.
      if (!core::is_terminal(order->state)) ask_about(*order);
      return;
    case BL_X_AMENDED: return on_amended(*order, exec);
    case BL_X_AMEND_REJECTED: return on_amend_refused(*order, exec);
    case BL_X_UNKNOWN:
      for (MissingOrder& m : missing_)  // what was sent again has its answer: none
        if (m.order == order->id() && std::exchange(m.on_its_way, false)) m.since = now;
      move(*order, OrderEvent::timed_out, now, text);
      if (order->amends) ask_what_is_in_force(*order);
      return;
    case BL_X_DONE: return on_end(*order, exec);
    default: return;
  }
}

// One that ended before its id was told has no event any more that would carry it into the journal and the store.
bool Execution::learn_venue_id(Order& order, std::string_view id, Nanos now) {
  if (id.empty() || id == std::string_view(order.venue_id)) return true;
  // The table knows whose it is once it was asked for one; what works is few.
  const auto has_it = [&](const Order* o) { return o != &order && std::string_view(o->venue_id) == id; };
  const auto& working = orders_.working();
  if (std::any_of(working.begin(), working.end(), has_it) || !orders_.set_venue_id(order, id)) {
    block(order.intent.instrument(), "EXEC_MISMATCH", "the venue gives this order the id of another", now, order.intent.client_id());
    return false;
  }
  const bool over = order.state == OrderState::filled || order.state == OrderState::cancelled || order.state == OrderState::expired;
  if (over) move(order, OrderEvent::acked, now, "");
  return true;
}

void Execution::on_end(Order& order, const bl_exec& exec) {
  const Nanos now = exec.h.ts_recv;
  const std::string_view text = field(exec.text);
  const auto end = [&](OrderEvent event, std::uint64_t& count) {
    order.reason = text;
    // A cancel that lost its race is an end told before: counted once.
    if (move(order, event, now, text)) ++count;
  };
  if (order.amends && order.amends->pending) end_amend(order, exec);
  ended(order, exec);
  if (exec.state == BL_S_EXPIRED) return end(OrderEvent::expired, counts_.expired);
  if (exec.state == BL_S_CANCELLED) {
    look_for_foreign_cancel(order, exec);
    return end(OrderEvent::cancelled, counts_.cancelled);
  }
  if (exec.state == BL_S_REJECTED) return end(OrderEvent::rejected, counts_.rejected);
  // Filled: the fills themselves say it, but for a buy by cost, whose quantity only the venue knows.
  order.reason = text;
  if (exec.state == BL_S_FILLED && !order.leaves().is_set()) move(order, OrderEvent::fill_all, now, text);
}

// What the venue says was filled in all is held against the fills it told, once they have had time to come. An end as
// filled says so of the whole order, if it says no quantity.
void Execution::ended(Order& order, const bl_exec& exec) {
  Decimal told = Decimal::from_raw(exec.cum_qty);
  if (!told.is_set() && exec.state == BL_S_FILLED) told = order.intent.qty();
  if (!told.is_set()) return;
  if (order.external) {
    const Decimal here = told - order.filled_before;
    told = here.is_positive() ? here : Decimal::zero();
  }
  const auto known = std::find_if(ended_.begin(), ended_.end(), [&](const EndedOrder& e) { return e.order == order.id(); });
  if (known != ended_.end()) {
    if (known->told == told) return;
    known->told = told;  // told again, otherwise; judged once
    return note_owed(*known);
  }
  if (told != order.cum_qty) note_owed(ended_.emplace_back(EndedOrder{order.id(), told, steps_, false, now_}));
  else if (exec.state == BL_S_FILLED && !core::is_terminal(order.state)) end_short(order, exec.h.ts_recv);
}

// What is owed must outlive the process: forgotten, it would be held and sold once more.
void Execution::note_owed(const EndedOrder& e) {
  if (durable_journal_) note(store::journal_kind::owed, store::line(store::OwedRow{e.order, e.told, e.judged}));
}

Result<void> Execution::restore_owed(const store::JournalRow& row) {
  const auto r = store::read_owed(row.payload);
  if (!r) return r.error();
  const auto known = std::find_if(ended_.begin(), ended_.end(), [&](const EndedOrder& e) { return e.order == r->order; });
  if (known == ended_.end()) ended_.push_back({r->order, r->told, 0, r->judged});
  else *known = {r->order, r->told, 0, r->judged, known->since};
  return {};
}

// At the venue it has ended as filled, with less than was ordered. Kept as working it would stand in the way of every exit.
void Execution::end_short(Order& order, Nanos now) {
  if (!order.leaves().is_set()) return;  // a buy by cost has no quantity to fall short of
  // Amended down to what it has filled, and the answer of that is lost.
  if (order.amends && order.amends->pending && order.amends->wanted.qty.is_set() && order.cum_qty >= order.amends->wanted.qty) {
    move(order, OrderEvent::fill_all, now, "ended at the venue at the quantity that was asked for");
    return;
  }
  block(order.intent.instrument(), "FILLED_SHORT",
        "order " + std::string(order.intent.client_id()) + " ended as filled with less than was ordered", now, order.intent.client_id());
  move(order, OrderEvent::fill_all, now, "ended at the venue below its quantity");
}

// An end that was told in this step may have its fills still on the way; one of an earlier step has not, nor where time is real
// one that was told for so long that they were asked for.
void Execution::compare_ended(Nanos now, bool last) {
  std::erase_if(ended_, [&](EndedOrder& e) {
    Order* o = orders_.find(e.order);
    if (o == nullptr) return true;
    if (o->cum_qty == e.told) {
      if (!core::is_terminal(o->state)) end_short(*o, now);
      return true;
    }
    if (e.judged || (e.step == steps_ && !last && !e.waited(now))) return false;
    e.judged = true;
    note_owed(e);
    venue_due_ = true;  // asked for: they may be told to who asks
    block(o->intent.instrument(), "FILLS_MISSING",
          "order " + std::string(e.order.view()) + " ended with another filled quantity than its fills add up to", now, e.order.view());
    if (!core::is_terminal(o->state)) move(*o, OrderEvent::fill_all, now, "ended at the venue; fills are missing");
    return false;
  });
}

// What can't be explained makes the book doubtful: nothing more is bought of that product until somebody has looked.
void Execution::block(InstrumentId id, std::string_view code, std::string_view text, Nanos now, std::string_view order) {
  incident(code, text, now, order);
  if (!id || id.value > table_.size()) return;
  const BlockReason* fresh = blocks_.raise(id, {std::string(code), std::string(text), core::ClientOrderId(order), now_});
  if (fresh == nullptr || !durable_journal_) return;
  note(store::journal_kind::block, store::line(store::BlockRow{table_[id].symbol, fresh->code, fresh->text, fresh->order}));
}

void Execution::tell_position(InstrumentId id, Nanos now) { tell_position(id, portfolio_.position(id), portfolio_.dust(id), now, 0); }

void Execution::tell_position(InstrumentId id, const core::Position& p, bool dust, Nanos now, std::uint16_t flags) {
  bl_position_ev e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_POSITION;
  e.h.flags = flags;
  e.h.instrument = id.value;
  e.h.ts_event = e.h.ts_recv = now;
  e.position.instrument = id.value;
  if (dust) e.position.flags |= 1u;
  if (blocked(id)) e.position.flags |= 2u;
  e.position.qty = p.qty.raw();
  e.position.avg_px = p.average.raw();
  e.position.realised = p.realised.raw();
  e.position.fees = p.fees.raw();
  e.position.best_px = p.best_px.raw();
  e.position.opened_ns = p.opened;
  tell_rules_(e.h);
}

void Execution::incident(std::string_view code, std::string_view text, Nanos now, std::string_view order) {
  if (tick_ != 0) tell_tick();
  ++counts_.incidents;
  log_incident(code, ++counts_.by_incident[std::string(code)], order);
  if (!sink_.wanted()) return;
  core::EventRecord r;
  r.seq = seq_;
  r.time = now;
  r.type = "incident";
  std::string quoted;
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  r.payload = "{\"code\":\"" + std::string(code) + "\",\"text\":\"" + quoted + "\"";
  if (!order.empty()) r.payload.append(",\"order\":\"").append(order).append("\"");
  r.payload += '}';
  sink_.put(std::move(r));
}

}  // namespace bowline::services
