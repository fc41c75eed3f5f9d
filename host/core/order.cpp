#include "core/order.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/identity.hpp"

namespace bowline::core {
namespace {

Terms terms_of(const Intent& i) noexcept { return {i.qty(), i.limit_px(), i.stop_px(), i.abi.expire_ns, 0}; }

/// Where `changes` are set they count, else `as_is` does.
Terms merged(const Terms& as_is, const Terms& changes) noexcept {
  Terms t = as_is;
  if (changes.qty.is_set()) t.qty = changes.qty;
  if (changes.limit_px.is_set()) t.limit_px = changes.limit_px;
  if (changes.stop_px.is_set()) t.stop_px = changes.stop_px;
  if (changes.expire_ns != 0) t.expire_ns = changes.expire_ns;
  return t;
}

bool same(const Terms& a, const Terms& b) noexcept {
  return a.qty == b.qty && a.limit_px == b.limit_px && a.stop_px == b.stop_px && a.expire_ns == b.expire_ns;
}

void put_in_force(Order& o, const Terms& t) noexcept {
  o.intent.abi.qty = t.qty.raw();
  o.intent.abi.limit_px = t.limit_px.raw();
  o.intent.abi.stop_px = t.stop_px.raw();
  o.intent.abi.expire_ns = t.expire_ns;
  if (t.qty.is_set()) o.amends->most_qty = max(o.amends->most_qty, t.qty);
}

Amends& amends_of(Order& o) {
  if (!o.amends) {
    o.amends.emplace();
    o.amends->first = terms_of(o.intent);
    o.amends->most_qty = o.intent.qty();
  }
  return *o.amends;
}

/// What a report tells of terms, without what is not told, or not of this order's type: a venue may write 0 for none.
Terms told_of(const Order& o, const Terms* told) noexcept {
  Terms t;
  if (told == nullptr) return t;
  const auto positive = [](Decimal d, Decimal has) { return has.is_set() && d.is_positive() ? d : Decimal::not_set(); };
  t.qty = positive(told->qty, o.intent.qty());
  t.limit_px = positive(told->limit_px, o.intent.limit_px());
  t.stop_px = positive(told->stop_px, o.intent.stop_px());
  t.expire_ns = o.intent.abi.expire_ns != 0 ? told->expire_ns : 0;
  return t;
}

/// Whether nothing that is told is another term than these.
bool fits(const Terms& t, const Terms& report) noexcept {
  const auto other = [](Decimal a, Decimal b) { return a.is_positive() && b.is_set() && a != b; };
  const auto seconds = [](Nanos n) { return n / 1'000'000'000; };  // venues tell ends in whole seconds
  return !other(report.qty, t.qty) && !other(report.limit_px, t.limit_px) && !other(report.stop_px, t.stop_px) &&
         (report.expire_ns == 0 || t.expire_ns == 0 || seconds(report.expire_ns) == seconds(t.expire_ns));
}

Nanos time_of(const Terms* told) noexcept { return told == nullptr ? 0 : told->as_of; }

// An answer that is not newer than the last one was told twice: it is not the pending amend's.
bool answered_before(const Order& o, const Terms* told) noexcept {
  return time_of(told) != 0 && o.amends && told->as_of <= o.amends->answered;
}
bool overtaken(const Order& o, const Terms* told) noexcept { return time_of(told) != 0 && o.amends && told->as_of < o.amends->seen; }

bool told_of_it(OrderEvent e) noexcept {
  using E = OrderEvent;
  return e == E::acked || e == E::found || e == E::fill_part || e == E::fill_all || e == E::filled_short || e == E::cancel_taken ||
         e == E::amended || e == E::triggered;
}

/// The facts that come with an event, written into the order before its state is settled.
void take_facts(Order& o, OrderEvent event, Nanos now, const Terms* terms) {
  o.at_venue = o.at_venue || told_of_it(event);
  switch (event) {
    case OrderEvent::cancel_sent: o.cancel_asked = true; return;
    case OrderEvent::triggered:
      if (o.triggered == 0) o.triggered = now;
      return;
    case OrderEvent::amend_sent: {
      Amends& a = amends_of(o);
      a.wanted = *terms;
      a.pending = true;
      if (terms->qty.is_set()) a.most_qty = max(a.most_qty, terms->qty);
      return;
    }
    case OrderEvent::amend_refused:
      if (!o.amends || answered_before(o, terms)) return;
      o.amends->pending = false;
      o.amends->answered = std::max(o.amends->answered, time_of(terms));
      return;
    case OrderEvent::amended: {
      if (answered_before(o, terms) || overtaken(o, terms)) return;
      Amends& a = amends_of(o);
      const Terms asked = a.pending ? merged(terms_of(o.intent), a.wanted) : terms_of(o.intent);
      a.pending = false;
      put_in_force(o, merged(asked, told_of(o, terms)));
      a.answered = std::max(a.answered, time_of(terms));
      a.seen = std::max(a.seen, time_of(terms));
      return;
    }
    case OrderEvent::found: {
      if (terms == nullptr || overtaken(o, terms)) return;
      const Terms told = told_of(o, terms), now_in_force = terms_of(o.intent), then = merged(now_in_force, told);
      const bool other = !same(then, now_in_force);  // else told before, or not answered yet
      if (!other && time_of(terms) == 0) return;
      Amends& a = amends_of(o);
      if (a.pending && (o.shows_wanted(told) || same(then, merged(now_in_force, a.wanted)))) a.pending = false;
      if (other) put_in_force(o, then);
      a.seen = std::max(a.seen, time_of(terms));
      return;
    }
    default: return;
  }
}

/// The state that the quantities allow where the table says `to`.
OrderState settled(Order& o, OrderEvent event, OrderState to) {
  using S = OrderState;
  const bool has_fills = o.cum_qty.is_positive();
  const Decimal rest = o.leaves();
  const auto works = [&] { return has_fills ? S::partially_filled : S::open; };
  if (to == S::filled && rest.is_positive()) {
    // An amend down to what has filled ends an order as filled before it is answered.
    if (o.amends && o.amends->pending && o.amends->wanted.qty.is_set() && o.cum_qty + o.filled_before >= o.amends->wanted.qty) {
      o.amends->pending = false;
      put_in_force(o, merged(terms_of(o.intent), o.amends->wanted));
      return S::filled;
    }
    const bool grew = event == OrderEvent::amended || event == OrderEvent::found;
    return grew ? works() : S::cancelled;
  }
  const bool answered = event == OrderEvent::amended || event == OrderEvent::amend_refused;
  if (answered && !is_terminal(to) && has_fills && rest.is_set() && rest.is_zero()) return S::filled;
  if (to == S::open && has_fills) return S::partially_filled;
  if (to == S::partially_filled && event == OrderEvent::fill_undone && !has_fills) return S::open;
  if (has_fills && (to == S::rejected || to == S::not_placed || to == S::denied)) return S::cancelled;
  // Its cancel was asked for before the venue had told of it, and it never did: there was nothing to cancel.
  if (event == OrderEvent::proved_absent && o.state == S::cancel_pending && !o.at_venue && !o.external) return S::not_placed;
  return to;
}

}  // namespace

// ---- one order ----------------------------------------------------------------------------------------------------

const BookedFill* Order::fill(std::string_view fill_id) const noexcept {
  for (const BookedFill& f : fills)
    if (f.id == fill_id) return &f;
  return nullptr;
}

bool Order::agrees(const Terms& told) const noexcept {
  const Terms in_force = terms_of(intent);
  if (fits(in_force, told)) return true;
  if (!amends) return false;
  return fits(amends->first, told) || (amends->pending && fits(merged(in_force, amends->wanted), told));
}

bool Order::shows_wanted(const Terms& told) const noexcept {
  if (!amends || !amends->pending) return false;
  const Terms& w = amends->wanted;
  const auto silent = [](Decimal want, Decimal says) { return want.is_set() && !says.is_positive(); };
  return !silent(w.qty, told.qty) && !silent(w.limit_px, told.limit_px) && !silent(w.stop_px, told.stop_px) &&
         (w.expire_ns == 0 || told.expire_ns != 0) && fits(merged(terms_of(intent), w), told);
}

bool Order::contradicts_wanted(const Terms& told) const noexcept {
  return amends && amends->pending && !fits(merged(terms_of(intent), amends->wanted), told);
}

bl_intent Order::worst_case() const noexcept {
  bl_intent worst = intent.abi;
  if (!amends || !amends->pending) return worst;
  const auto larger = [](bl_dec& a, Decimal b) {
    const Decimal d = Decimal::from_raw(a);
    if (b.is_set() && (!d.is_set() || b > d)) a = b.raw();
  };
  larger(worst.qty, amends->wanted.qty);
  if (intent.side() == Side::buy) larger(worst.limit_px, amends->wanted.limit_px);
  worst.expire_ns = std::max(worst.expire_ns, amends->wanted.expire_ns);
  return worst;
}

Decimal slippage(Side side, Decimal decision_px, Decimal cum_qty, Decimal cum_quote) noexcept {
  if (!decision_px.is_set() || !decision_px.is_positive() || !cum_qty.is_set() || !cum_qty.is_positive() || !cum_quote.is_set()) return Decimal::not_set();
  const Decimal average = div(cum_quote, cum_qty, Rounding::half_even);
  const Decimal worse = side == Side::buy ? average - decision_px : decision_px - average;
  return div(worse, decision_px, Rounding::half_even);
}

Intent told_intent(const bl_exec& told) noexcept {
  Intent i = blank_intent();
  i.abi.instrument = told.h.instrument;
  static_assert(sizeof i.abi.client_id == sizeof told.client_id);
  std::memcpy(i.abi.client_id, told.client_id, ::strnlen(told.client_id, sizeof told.client_id - 1));
  i.abi.side = told.side;
  i.abi.type = told.type;
  i.abi.tif = told.tif;
  i.abi.flags = told.flags;
  // What is not told may be not set, or 0.
  const auto positive = [](bl_dec d) { return (Decimal::from_raw(d).is_positive() ? Decimal::from_raw(d) : Decimal::not_set()).raw(); };
  i.abi.qty = positive(told.qty);
  i.abi.quote_qty = positive(told.quote_qty);
  i.abi.limit_px = positive(told.limit_px);
  i.abi.stop_px = positive(told.stop_px);
  i.abi.expire_ns = told.expire_ns;
  i.abi.decided_ns = told.created_ns;
  i.purpose = Purpose::operator_order;
  return i;
}

// ---- the table ----------------------------------------------------------------------------------------------------

Order* OrderTable::place(const ClientOrderId& id) {
  if (spare_.empty()) {
    const auto [it, fresh] = by_id_.try_emplace(id);
    return fresh ? &it->second : nullptr;
  }
  spare_.key() = id;
  auto done = by_id_.insert(std::move(spare_));
  if (done.inserted) return &done.position->second;
  spare_ = std::move(done.node);
  return nullptr;
}

Result<Order*> OrderTable::add(const Intent& intent, Nanos now, std::uint64_t seq) {
  const ClientOrderId id(intent.client_id());
  if (id.empty()) return Error{"ORDER_WITHOUT_ID", "an intent without a client order id can't become an order"};
  Order* made = place(id);
  if (made == nullptr)
    return Error{"DUPLICATE_INTENT", "order " + std::string(id.view()) + " exists already: one intent makes one order"};
  ++changes_;
  Order& o = *made;
  o.intent = intent;
  o.updated = now;
  o.seq = seq;
  working_.push_back(&o);
  return &o;
}

Result<Order*> OrderTable::adopt(const Intent& told, std::string_view venue_id, Decimal filled_before, Nanos now, std::uint64_t seq) {
  ClientOrderId id(told.client_id());
  if (id.empty() && venue_id.empty())
    return Error{"ORDER_WITHOUT_ID", "the venue tells of an order without any id: it can't be followed"};
  const Decimal amount = told.qty().is_set() ? told.qty() : told.quote_qty();
  if (told.abi.instrument == 0 || (told.side() != Side::buy && told.side() != Side::sell) || !amount.is_set() ||
      !amount.is_positive() || !filled_before.is_set() || filled_before.is_negative())
    return Error{"ORDER_MALFORMED", "the venue tells of an order without a product, a side or a quantity"};
  if (!venue_id.empty() && find_venue(venue_id) != nullptr)
    return Error{"ORDER_KNOWN", "the venue's order " + std::string(venue_id) + " is known already"};
  if (external_ >= max_external_)
    return Error{"EXTERNAL_ORDERS_FULL", "more orders of others work at the venue than are followed here"};
  // A client id that another order has is no name for this one: the venue's own is.
  const bool nameless = id.empty() || find(id) != nullptr;
  if (nameless && venue_id.empty())
    return Error{"ORDER_KNOWN", "order " + std::string(id.view()) + " is known already"};
  if (nameless) id = external_order_id(venue_id);
  Order* made = place(id);
  if (made == nullptr) return Error{"ORDER_KNOWN", "order " + std::string(id.view()) + " is known already"};
  ++changes_;
  Order& o = *made;
  o.intent = told;
  std::copy(id.text.begin(), id.text.end(), o.intent.abi.client_id);
  o.state = OrderState::unknown;
  o.external = true;
  o.nameless = nameless;
  o.venue_id.text_ = venue_id;
  o.filled_before = filled_before;
  o.updated = now;
  o.seq = seq;
  index(o);
  started(o);
  return &o;
}

Result<Order*> OrderTable::restore(Order saved) {
  const ClientOrderId id = saved.id();
  if (id.empty()) return Error{"ORDER_WITHOUT_ID", "a stored order without a client order id can't be restored"};
  Order* made = place(id);
  if (made == nullptr)
    return Error{"DUPLICATE_INTENT", "order " + std::string(id.view()) + " exists already: it is restored once"};
  ++changes_;
  Order& o = *made;
  o = std::move(saved);
  index(o);
  if (is_terminal(o.state)) {
    done_.push_back(&o);
    forget_oldest();
  } else {
    started(o);
  }
  return &o;
}

std::vector<Order> OrderTable::snapshot() const {
  std::vector<Order> all;
  all.reserve(size());
  for (const Order* o : done_) all.push_back(*o);
  for (const Order* o : working_) all.push_back(*o);
  return all;
}

// Nearly every question is about a working order, and of these there are few.
const Order* OrderTable::find(const ClientOrderId& id) const {
  if (working_.size() <= 8)
    for (const Order* o : working_)
      if (std::memcmp(o->intent.abi.client_id, id.text.data(), id.text.size()) == 0) return o;
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &it->second;
}
Order* OrderTable::find(const ClientOrderId& id) { return const_cast<Order*>(std::as_const(*this).find(id)); }

Order* OrderTable::find_venue(std::string_view venue_id) {
  if (venue_id.empty()) return nullptr;
  if (!by_venue_id_) {
    by_venue_id_.emplace();
    by_venue_id_->reserve(size());
    for (Order* o : working_) index(*o);  // of two with one name the working one is meant, then the newest
    for (auto it = done_.rbegin(); it != done_.rend(); ++it) index(**it);
  }
  const auto it = by_venue_id_->find(venue_id);
  return it == by_venue_id_->end() ? nullptr : it->second;
}

void OrderTable::index(Order& order) {
  if (by_venue_id_ && !order.venue_id.empty()) by_venue_id_->try_emplace(order.venue_id.text_, &order);
}

bool OrderTable::set_venue_id(Order& order, std::string_view venue_id) {
  if (order.venue_id.text_ == venue_id) return true;
  if (by_venue_id_) {
    if (by_venue_id_->contains(venue_id)) return false;
    if (const auto it = by_venue_id_->find(order.venue_id.text_); it != by_venue_id_->end() && it->second == &order)
      by_venue_id_->erase(it);
  }
  order.venue_id.text_ = venue_id;
  index(order);
  return true;
}

void OrderTable::started(Order& order) {
  working_.push_back(&order);
  if (order.external) ++external_;
}

void OrderTable::ended(Order& order) {
  working_.erase(std::find(working_.begin(), working_.end(), &order));
  if (order.external) --external_;
  done_.push_back(&order);
  forget_oldest();
}

void OrderTable::forget_oldest() {
  if (done_.size() <= keep_done_) return;
  while (done_.size() > keep_done_) {
    Order& old = *done_.front();
    done_.pop_front();
    forgotten_ = std::max(forgotten_, old.updated);
    if (by_venue_id_)
      if (const auto at = by_venue_id_->find(old.venue_id.text_); at != by_venue_id_->end() && at->second == &old)
        by_venue_id_->erase(at);
    spare_ = by_id_.extract(old.id());
    spare_.mapped() = Order{};
  }
  // The next one to go is thousands of orders old, and no cache holds it: it is on its way until then.
  for (std::size_t at = 0; at < sizeof(Order); at += 64) __builtin_prefetch(reinterpret_cast<const char*>(done_.front()) + at, 1);
}

Result<void> OrderTable::check_amend(const Order& order, const Terms& wanted) {
  const auto error = [&](const char* code, const char* why) {
    return Error{code, "order " + std::string(order.intent.client_id()) + " can't be amended: " + why};
  };
  if (!next_state(order.state, OrderEvent::amend_sent))
    return Error{"ORDER_EVENT_UNEXPECTED", "order " + std::string(order.intent.client_id()) + " is " +
                                               std::string(to_string(order.state)) + " and can't be amended"};
  const Intent& i = order.intent;
  if (order.external) return error("AMEND_IMPOSSIBLE", "this host did not make it");
  if (i.type() == OrderType::market || (i.tif() != TimeInForce::gtc && i.tif() != TimeInForce::gtd) || !i.qty().is_set())
    return error("AMEND_IMPOSSIBLE", "only an order that rests can have other terms");
  if (order.amends && order.amends->pending) return error("AMEND_PENDING", "the amend before is not answered yet");
  const Terms in_force = terms_of(i);
  if (same(in_force, merged(in_force, wanted))) return error("AMEND_TERMS", "nothing would change");
  if (wanted.qty.is_set() && wanted.qty <= order.cum_qty) return error("AMEND_TERMS", "that much has filled: cancel the rest");
  const auto wrong = [](Decimal want, Decimal has) { return want.is_set() && (!has.is_set() || !want.is_positive()); };
  if (wrong(wanted.limit_px, in_force.limit_px) || wrong(wanted.stop_px, in_force.stop_px))
    return error("AMEND_TERMS", "it has no such price, or the price is not positive");
  if (wanted.stop_px.is_set() && order.triggered != 0) return error("AMEND_TERMS", "its stop has triggered");
  if (wanted.expire_ns != 0 && i.tif() != TimeInForce::gtd) return error("AMEND_TERMS", "it has no end to move");
  return {};
}

Result<void> OrderTable::apply(Order& order, OrderEvent event, Nanos now, const Terms* terms) {
  const auto to = next_state(order.state, event);
  if (!to)
    return Error{"ORDER_EVENT_UNEXPECTED", "order " + std::string(order.intent.client_id()) + " is " +
                                               std::string(to_string(order.state)) + " and can't take the event " +
                                               std::string(to_string(event))};
  if (event == OrderEvent::amend_sent)
    if (auto may = check_amend(order, terms != nullptr ? *terms : Terms{}); !may) return may;
  ++changes_;
  const bool was = is_terminal(order.state);
  take_facts(order, event, now, terms);
  order.state = settled(order, event, *to);
  order.updated = now;
  const bool is = is_terminal(order.state);
  if (!was && is) {
    ended(order);
  } else if (was && !is) {  // it lives after all
    std::erase(done_, &order);
    started(order);
  }
  return {};
}

}  // namespace bowline::core
