// The part of the venue that changes an open order on request: its quantity, its prices, its expiry.
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "common/money.hpp"
#include "venue.hpp"

namespace bowline::broker_mock {
namespace {

/// The same order but for its terms.
bool same_but_terms(const OrderSpec& a, const OrderSpec& b) {
  return a.instrument == b.instrument && a.side == b.side && a.type == b.type && a.tif == b.tif &&
         a.post_only == b.post_only && a.trigger_up == b.trigger_up && a.quote_qty == b.quote_qty;
}

/// An order that waits in the book; the others are over with their first bar, or are being executed.
bool can_change(const Order& o) {
  if (o.spec.type == Type::market || o.spec.tif == Tif::ioc || o.spec.tif == Tif::fok) return false;
  return o.spec.type != Type::bracket || !o.triggered;
}

}  // namespace

void Venue::amend(const OrderRef& ref, const OrderSpec& wanted, std::int64_t now_ns) {
  Request r;
  r.what = Request::What::amend;
  r.due_ns = now_ns + options_.latency_ns;
  r.sent_ns = now_ns;
  r.ref = ref;
  r.spec = wanted;
  r.carriage =
      carriage_of(options_.faults, options_.seed, ref.client_id.empty() ? ref.venue_id : ref.client_id,
                  now_ns, Draw::timeout_amend, Draw::lost_amend);
  enqueue(std::move(r));
}

void Venue::carry_out_amend(const Request& r) {
  Order* o = find(r.ref);
  if (o == nullptr) return answer_unknown_order(r, Report::Kind::amend_rejected);
  Decimal hold = o->hold;
  Reason why = Reason::none;
  try {
    why = judge_amend(*o, r.spec, r.due_ns, hold);
  } catch (const money::Overflow&) {
    why = Reason::amount_overflow;
  }
  if (why != Reason::none) return answer(r, Report::Kind::amend_rejected, *o, why);
  if (o->spec.terms() != r.spec.terms()) apply_amend(*o, r.spec, r.due_ns, hold);
  answer(r, Report::Kind::amended, *o);
  if (o->spec.qty == o->cum_qty) finish(*o, State::filled, Reason::none, r.due_ns);
}

/// `hold`: what the order sets aside when it is as wanted.
Reason Venue::judge_amend(const Order& o, const OrderSpec& wanted, std::int64_t now_ns, Decimal& hold) const {
  if (is_terminal(o.state)) return Reason::already_done;
  if (!same_but_terms(o.spec, wanted)) return Reason::not_amendable;
  if (o.spec.terms() == wanted.terms()) return Reason::none;
  if (!can_change(o) || (o.triggered && wanted.stop_px != o.spec.stop_px)) return Reason::not_amendable;
  const Product& p = products_[o.spec.instrument];
  if (!p.tradable) return Reason::product_not_tradable;
  if (const Reason r = judge_numbers(wanted, p); r != Reason::none) return r;
  if (*wanted.qty < o.cum_qty) return Reason::below_filled;
  if (wanted.tif == Tif::gtd && wanted.expire_ns <= now_ns) return Reason::expiry_passed;
  if (wanted.post_only && wanted.limit_px != o.spec.limit_px)
    if (const Reason r = judge_post_only(wanted); r != Reason::none) return r;
  hold = hold_for(wanted, money::minus(*wanted.qty, o.cum_qty));
  if (money::plus(ledger_.available(o.hold_asset), o.hold) < hold) return Reason::insufficient_fund;
  return Reason::none;
}

/// The order keeps its place in the queue when it only shrinks, or only its end moves; and then the bar that
/// is running may still fill it, since its price stood before. Else it is as new from this moment on.
void Venue::apply_amend(Order& o, const OrderSpec& wanted, std::int64_t now_ns, const Decimal& hold) {
  const bool limit_moves = wanted.limit_px != o.spec.limit_px;
  const bool keeps = !limit_moves && wanted.stop_px == o.spec.stop_px && *wanted.qty <= *o.spec.qty;
  if (!o.asked) o.asked = std::make_shared<const Terms>(o.spec.terms());
  o.spec.set(wanted.terms());
  if (!keeps) {
    o.effective_ns = now_ns;
    o.place = ++last_place_;
    auto& numbers = open_[o.spec.instrument];
    const auto here = std::find(numbers.begin(), numbers.end(), o.number);
    std::rotate(here, std::next(here), numbers.end());
  }
  if (limit_moves) o.rested = false;
  ledger_.rehold(o.hold_asset, o.hold, hold);
  o.hold = hold;
  ++o.amends;
  new_amends_.push_back({++amends_, o.number, o.spec.terms(), keeps, now_ns});
  mark_changed(o, now_ns);
}

}  // namespace bowline::broker_mock
