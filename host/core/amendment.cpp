#include "core/amendment.hpp"

namespace bowline::core {
namespace {

/// Without what is in force already: whoever says a term again does not ask for it.
Terms news(const Intent& i, const Terms& asked) noexcept {
  Terms t = asked;
  const auto unless_new = [](Decimal& term, Decimal has) {
    if (term.is_set() && has.is_set() && term == has) term = Decimal::not_set();
  };
  unless_new(t.qty, i.qty());
  unless_new(t.limit_px, i.limit_px());
  unless_new(t.stop_px, i.stop_px());
  if (t.expire_ns == i.abi.expire_ns) t.expire_ns = 0;
  t.as_of = 0;
  return t;
}

}  // namespace

bool Amendment::increases() const noexcept {
  const bool moves_stop = wanted.stop_px() != was.stop_px();
  return wanted.qty() > was.qty() || wanted.limit_px() > was.limit_px() || moves_stop || wanted.abi.expire_ns > was.abi.expire_ns;
}

Result<Amendment> amendment_of(const Order& order, const Terms& asked, Nanos now, Nanos not_after) {
  Amendment a;
  a.terms = news(order.intent, asked);
  if (auto may = OrderTable::check_amend(order, a.terms); !may) return may.error();
  a.was = a.wanted = order.intent;
  a.state = order.state;
  a.filled = order.cum_qty;
  bl_intent& w = a.wanted.abi;
  if (a.terms.qty.is_set()) w.qty = a.terms.qty.raw();
  if (a.terms.limit_px.is_set()) w.limit_px = a.terms.limit_px.raw();
  if (a.terms.stop_px.is_set()) w.stop_px = a.terms.stop_px.raw();
  if (a.terms.expire_ns != 0) w.expire_ns = a.terms.expire_ns;
  w.decided_ns = now;
  w.not_after_ns = not_after;
  const auto wrong = [&order](const char* why) {
    return Error{"AMEND_TERMS", "order " + std::string(order.intent.client_id()) + " can't be amended: " + why};
  };
  if (a.wanted.type() == OrderType::bracket && a.wanted.limit_px() <= a.wanted.stop_px())
    return wrong("a bracket's target lies above its stop");
  if (w.expire_ns != 0 && w.expire_ns <= now) return wrong("its end has passed: cancel it instead");
  return a;
}

}  // namespace bowline::core
