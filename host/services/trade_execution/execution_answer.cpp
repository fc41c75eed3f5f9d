// A whole answer of the venue, taken at its end: what it holds of one order belongs together. First the terms, since its
// fills may fit no others; then the fills, those that do not fit once more, since one may make room for another when it is
// taken back; and last whether it works or how it ended, since the fills may have said otherwise in between.
#include <algorithm>
#include <cstring>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::Order;
using core::OrderEvent;

constexpr std::uint16_t flag_snapshot = 2;  // of bl_event: part of an answer

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

const bl_event& event_in(const std::vector<std::uint64_t>& kept) { return *reinterpret_cast<const bl_event*>(kept.data()); }

bool works(const bl_exec& e) { return e.state == BL_S_PENDING || e.state == BL_S_OPEN; }

}  // namespace

core::Terms Execution::terms_told(const bl_exec& e) {
  const auto positive = [](bl_dec d) { return Decimal::from_raw(d).is_positive() ? Decimal::from_raw(d) : Decimal::not_set(); };
  return {positive(e.qty), positive(e.limit_px), positive(e.stop_px), e.expire_ns, e.h.ts_event};
}

bool Execution::collect(const bl_event& event) {
  if (asked_.empty() || (event.flags & flag_snapshot) == 0) return false;
  if (event.type != BL_EV_EXEC && event.type != BL_EV_FILL && event.type != BL_EV_BALANCE) return false;
  now_ = std::max(now_, event.ts_recv);
  if (answer_.empty()) answer_step_ = steps_;
  std::vector<std::uint64_t>& kept = answer_.emplace_back((event.size + 7u) / 8u);
  std::memcpy(kept.data(), &event, event.size);
  return true;
}

// Asked before its end was known, answered after it: what was so then is so no more.
bool Execution::overtaken(const Order& order, const bl_exec& e) const {
  return works(e) && std::find(ended_meanwhile_.begin(), ended_meanwhile_.end(), order.id()) != ended_meanwhile_.end();
}

// Of our own orders terms that nobody here asked for are an incident (trading rules 2.2). They count all the same: what
// fills by them is held.
void Execution::take_terms(Order& order, const bl_exec& e) {
  if (core::is_terminal(order.state) || e.h.instrument != order.intent.abi.instrument || e.side != order.intent.abi.side) return;
  const core::Terms told = terms_told(e);
  const core::Intent& i = order.intent;
  const auto other = [](Decimal a, Decimal b) { return a.is_set() && b.is_set() && a != b; };
  if (!other(told.qty, i.qty()) && !other(told.limit_px, i.limit_px()) && !other(told.stop_px, i.stop_px())) return;
  if (order.external) {  // whoever made it may change it
    move(order, OrderEvent::found, now_, "", &told);
    return;
  }
  if (order.agrees(told)) return;
  block(i.instrument(), "EXEC_MISMATCH", "the venue has another order than was sent", now_, i.client_id());
  move(order, OrderEvent::found, now_, "", &told);
}

void Execution::take_answer() {
  std::vector<std::vector<std::uint64_t>> told;
  told.swap(answer_);
  const auto each = [&told](std::uint16_t type, const auto& take) {
    for (const auto& kept : told)
      if (event_in(kept).type == type) take(event_in(kept));
  };
  std::vector<const bl_fill*> fills, do_not_fit;
  each(BL_EV_FILL, [&fills](const bl_event& event) { fills.push_back(&reinterpret_cast<const bl_fill&>(event)); });
  if (orders_.forgotten() != 0) {
    std::vector<const bl_exec*> execs;
    each(BL_EV_EXEC, [&execs](const bl_event& event) { execs.push_back(&reinterpret_cast<const bl_exec&>(event)); });
    look_back(fills, execs);
  }
  each(BL_EV_EXEC, [&](const bl_event& event) {
    const auto& e = reinterpret_cast<const bl_exec&>(event);
    if (e.kind != BL_X_SNAPSHOT) return;
    Order* order = order_of(field(e.client_id), field(e.venue_id));
    if (order == nullptr) static_cast<void>(adopt(e, fills));
    else if (!overtaken(*order, e)) take_terms(*order, e);
  });
  const std::vector<bl_fill> waited = strangers_no_more();
  for (const bl_fill& f : waited) fills.insert(fills.begin() + (&f - waited.data()), &f);
  for (const bl_fill* f : fills)
    if (!take_fill(*f, false)) do_not_fit.push_back(f);
  for (const bl_fill* f : do_not_fit) static_cast<void>(take_fill(*f, true));
  each(BL_EV_EXEC, [this](const bl_event& event) { take(event); });
  each(BL_EV_BALANCE, [this](const bl_event& event) { take(event); });
  told_again_.clear();
}

}  // namespace bowline::services
