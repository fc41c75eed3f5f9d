// What becomes of an amendment: the venue's answer, or what it has when it is asked (trading rules 2.2, 2.3). An answer that is
// lost leaves both terms possible; the venue is asked, and what it tells of the order decides. That the old terms stand is
// believed by as many answers over as long a time as it takes to prove an order absent.
#include <algorithm>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

bool out(const Order& o) noexcept { return o.amends && o.amends->pending && !core::is_terminal(o.state); }

}  // namespace

AmendOut& Execution::amend_out(const core::ClientOrderId& id) {
  const auto known = std::find_if(amends_out_.begin(), amends_out_.end(), [&id](const AmendOut& a) { return a.order == id; });
  return known != amends_out_.end() ? *known : amends_out_.emplace_back(AmendOut{id, now_});
}

// ---- what the venue says ----------------------------------------------------------------------------------------------

bool Execution::told_of_amend(const Order& order, const bl_exec& e) {
  return order.amends && e.h.instrument == order.intent.abi.instrument && e.side == order.intent.abi.side && order.agrees(terms_told(e));
}

void Execution::on_amended(Order& order, const bl_exec& e) {
  const Nanos now = e.h.ts_recv;
  const core::Intent& i = order.intent;
  if ((e.h.instrument != 0 && e.h.instrument != i.abi.instrument) || (e.side != 0 && e.side != i.abi.side))
    return block(i.instrument(), "EXEC_MISMATCH", "the venue amended another order than it was asked to", now, i.client_id());
  const core::Terms told = terms_told(e);
  const bool asked = order.shows_wanted(told);
  // Of an amend before, told twice: this one is still on its way.
  if (order.contradicts_wanted(told) && order.agrees(told)) return;
  if (order.amends && told.as_of != 0 && told.as_of < order.amends->seen) return;
  // Terms that nobody here asked for are an incident. They count all the same: what fills by them is held.
  if (!order.agrees(told)) block(i.instrument(), "EXEC_MISMATCH", "the venue has amended an order to other terms than were asked for", now, i.client_id());
  const OrderState was = order.state;
  take_in_force(order, told, asked, field(e.text), now);
  cancel_if_back(order, was, now);
}

void Execution::on_amend_refused(Order& order, const bl_exec& e) {
  if (!order.amends || !order.amends->pending) return;  // told twice, or of an order that nobody asked to amend
  const Nanos now = e.h.ts_recv;
  core::Terms told;
  told.as_of = e.h.ts_event;
  if (!core::is_terminal(order.state)) order.reason = field(e.text);
  move(order, OrderEvent::amend_refused, now, field(e.text), &told);
  take_terms(order, e);  // it says what it has: that must be what was
  // Refused because it is over, or not there: then its end was not told, and only a question tells it.
  const bool works = e.state == BL_S_PENDING || e.state == BL_S_OPEN;
  if (out(order)) amend_out(order.id()).ask = true;  // answered in the moment of the amend before: it may be that one's, told twice
  if (!core::is_terminal(order.state) && !works) ask_about(order);
}

void Execution::take_in_force(Order& order, const core::Terms& told, bool asked, std::string_view text, Nanos now) {
  move(order, OrderEvent::amended, now, text, &told);
  // Answered in the very moment of the amend before, it was held to be that one's, told twice.
  if (!asked || !out(order)) return;
  move(order, OrderEvent::found, now, text, &told);
  if (order.leaves().is_zero() && !core::is_terminal(order.state)) move(order, OrderEvent::fill_all, now, text);
}

// ---- asked ------------------------------------------------------------------------------------------------------------

void Execution::hear_terms(Order& order, const bl_exec& e) {
  const core::Terms told = terms_told(e);
  if (order.shows_wanted(told)) return take_in_force(order, told, true, "", now_);
  if (!out(order) || !told.qty.is_set()) return;
  AmendOut& a = amend_out(order.id());
  if (!a.ask) return;  // it may still be on its way
  if (a.looks++ == 0) a.since_first_look = now_;
}

// On which terms it ended shows what its amend came to. Filled whole at the quantity it had, the amend was too late.
void Execution::end_amend(Order& order, const bl_exec& e) {
  const core::Terms told = terms_told(e);
  if (order.shows_wanted(told)) return take_in_force(order, told, true, "", now_);
  const Decimal cum = Decimal::from_raw(e.cum_qty), whole = told.qty.is_set() ? told.qty : cum;
  if (e.state == BL_S_FILLED && order.amends->wanted.qty.is_set() && whole.is_set() && whole == order.intent.qty())
    move(order, OrderEvent::amend_refused, now_, "it had ended before");
}

void Execution::ask_what_is_in_force(Order& order) {
  if (!out(order)) return;
  amend_out(order.id()).ask = true;
  ask_about(order);
}

void Execution::look_at_amends(Nanos now) {
  // Where time moves by data a venue may answer a bar later, or two: nothing is late before.
  const Nanos patience = options_.time_by_data ? std::max(options_.exit_wait, 3 * options_.interval) : options_.exit_wait;
  const std::vector<AmendOut> all = amends_out_;  // what is asked may be answered at once
  for (const AmendOut& a : all) {
    Order* o = orders_.find(a.order);
    if (o == nullptr || !out(*o) || (!a.ask && now - a.sent < patience)) continue;
    if (a.looks < options_.absent_polls || now - a.since_first_look < options_.absent_for) {
      ask_what_is_in_force(*o);
      continue;
    }
    o->reason = "the venue has it as it was";
    move(*o, OrderEvent::amend_refused, now, o->reason);
    incident("AMEND_LOST", "an amend had no answer, and the venue has the order as it was", now, o->intent.client_id());
  }
  std::erase_if(amends_out_, [this](const AmendOut& a) {
    const Order* o = orders_.find(a.order);
    return o == nullptr || !out(*o);
  });
}

// The process that sent it is gone, and with it the answer.
void Execution::amends_restored() {
  for (const Order* o : orders_.working())
    if (out(*o)) amend_out(o->id()).ask = true;
}

}  // namespace bowline::services
