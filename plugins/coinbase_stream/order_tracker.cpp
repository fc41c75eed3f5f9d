#include "order_tracker.hpp"

#include <algorithm>

#include "order_steps.hpp"

namespace bowline::coinbase {
namespace {

constexpr bool is_early(UserOrderStatus s) noexcept { return s == UserOrderStatus::pending || s == UserOrderStatus::queued; }

/// Whether a status can't follow another: it is of before it. A cancelled order may still turn out filled, an order whose
/// cancel was refused is open again; but none comes back from its end, and none is pending after it was open.
constexpr bool goes_back(UserOrderStatus from, UserOrderStatus to) noexcept {
  if (to == UserOrderStatus::unknown || from == UserOrderStatus::unknown) return false;
  if (is_terminal(from)) return !is_terminal(to);
  if (to == UserOrderStatus::pending) return from != UserOrderStatus::pending;
  return is_early(to) && !is_early(from);
}

Decimal at_least_zero(Decimal d) noexcept { return d.is_negative() ? Decimal::zero() : d; }

/// The difference of two sums that only grow; not set where one is not known or it shrank.
Decimal growth(Decimal from, Decimal to) noexcept {
  const Decimal d = to - from;
  return d.is_negative() ? Decimal::not_set() : d;
}

}  // namespace

void OrderTracker::own(std::string_view client_order_id, Decimal size, Decimal quote_size) {
  if (!client_order_id.empty()) own_.insert_or_assign(std::string(client_order_id), Size{size, quote_size});
}

void OrderTracker::restore(std::string_view order_id, std::string_view client_order_id, Decimal cumulative,
                           Decimal average_price, Decimal total_fees) {
  if (order_id.empty() || !cumulative.is_set() || cumulative.is_negative()) return;
  auto [it, fresh] = orders_.try_emplace(std::string(order_id));
  Order& o = it->second;
  if (!client_order_id.empty()) o.client_order_id = client_order_id;
  o.seen = true;  // what the stream tells next is compared with this, not adopted
  if (!fresh && !(cumulative > o.cumulative)) return;
  o.cumulative = cumulative;
  o.average = average_price;
  o.fees = total_fees;
  o.value = Decimal::not_set();
  o.fills.reset();
}

DerivedFill OrderTracker::derive(const Order& o, const UserOrder& row, std::uint8_t& ask) const {
  DerivedFill f;
  f.from = o.cumulative;
  f.to = row.cumulative;
  f.quantity = f.to - f.from;
  f.fill_id = synthetic_fill_id(row.order_id, f.from, f.to);
  f.price = price_between(o.average, f.from, row.average_price, f.to);
  const bool fresh = f.from.is_zero();
  if (!f.price.is_set()) {  // the sums of value tell it, too, where the averages do not
    const Decimal before = fresh ? Decimal::zero() : o.value;
    const Decimal value = growth(before, row.filled_value);
    if (value.is_positive()) f.price = div(value, f.quantity, Rounding::half_even);
  }
  const Decimal fees = fresh && !o.fees.is_set() ? Decimal::zero() : o.fees;
  f.fee = growth(fees, row.total_fees);
  if (o.fills.value_or(fresh ? 0 : -1) >= 0 && row.number_of_fills) {
    const std::int64_t n = *row.number_of_fills - o.fills.value_or(0);
    if (n > 0) f.parts = n;
  }
  ask |= ask_fills;
  if (!f.price.is_set()) ask |= ask_doubt;
  return f;
}

/// What the row tells; what it does not tell stays as it was known.
void OrderTracker::take(Order& o, const UserOrder& row) {
  const auto keep = [](Decimal& known, Decimal told) {
    if (told.is_set()) known = told;
  };
  keep(o.cumulative, row.cumulative);
  keep(o.average, row.average_price);
  keep(o.fees, row.total_fees);
  keep(o.value, row.filled_value);
  if (row.number_of_fills) o.fills = row.number_of_fills;
  if (row.status != UserOrderStatus::unknown) o.status = row.status;
  o.seen = true;
}

void OrderTracker::measure(OrderStep& s, const Order& o) const {
  s.status = o.status;
  s.terminal = is_terminal(o.status);
  s.cumulative = o.cumulative;
  s.total_fees = o.fees;
  const auto size = own_.find(o.client_order_id);
  if (size == own_.end()) return;
  if (size->second.base.is_set()) {
    const Decimal left = size->second.base - o.cumulative;
    if (left.is_negative() || (o.status == UserOrderStatus::filled && !left.is_zero())) s.ask_rest |= ask_doubt;
    s.remaining = at_least_zero(left);
  }
  if (size->second.quote.is_set()) {
    Decimal value = o.value;
    if (!value.is_set()) value = o.cumulative.is_zero() ? Decimal::zero() : mul(o.average, o.cumulative, Rounding::half_even);
    const Decimal fees = o.cumulative.is_zero() && !o.fees.is_set() ? Decimal::zero() : o.fees;
    s.remaining_quote = at_least_zero(size->second.quote - value - fees);
  }
}

OrderStep OrderTracker::step(const UserOrder& row, bool snapshot) {
  OrderStep s;
  s.order_id = row.order_id;
  s.product = row.product;
  s.side = row.side;
  s.snapshot = snapshot;
  s.reason =
      row.reject_reason.empty() || row.reject_reason == "REJECT_REASON_UNSPECIFIED" ? row.cancel_reason : row.reject_reason;
  Order& o = orders_.try_emplace(s.order_id).first->second;
  if (o.client_order_id.empty()) o.client_order_id = row.client_order_id;
  s.client_order_id = o.client_order_id;
  o.in_snapshot = true;
  const UserOrderStatus before = o.status;
  const bool less = row.cumulative.is_set() && row.cumulative < o.cumulative;
  const bool more = row.cumulative.is_set() && row.cumulative > o.cumulative;
  if (!o.seen && own_.find(o.client_order_id) == own_.end()) {
    // Of somebody else, or of before a restart: its quantity may be booked already.
    take(o, row);
    s.news = OrderNews::adopted;
    if (o.cumulative.is_positive()) s.ask_rest |= ask_fills;
  } else if (less || (!more && goes_back(before, row.status))) {
    ++old_;
    s.news = OrderNews::old;
    if (less && is_terminal(row.status)) s.ask_rest |= ask_doubt;  // an end with less than was told before
  } else {
    // More was filled, though the status may be one of before: the quantity is the news, the status stays.
    if (more) {
      s.fill = derive(o, row, s.ask_rest);
      o.derived.push_back(*s.fill);
    }
    const Decimal fees = o.fees;
    const bool back = goes_back(before, row.status);
    take(o, row);
    if (back) o.status = before;
    s.status_changed = o.status != before;
    s.news = more || s.status_changed || o.fees != fees ? OrderNews::changed : OrderNews::unchanged;
  }
  measure(s, o);
  if (s.terminal && !is_terminal(before)) {
    s.ask_rest |= ask_end;
    retire(s.order_id);
  }
  return s;
}

void OrderTracker::retire(const std::string& order_id) {
  ended_.push_back(order_id);
  while (ended_.size() > std::max<std::size_t>(options_.keep_terminal, 1)) {
    const std::string oldest = ended_.front();
    forget(oldest);
  }
}

void OrderTracker::begin_snapshot() { in_snapshot_ = false; }

void OrderTracker::end_snapshot(UserNews& news) {
  in_snapshot_ = false;
  news.snapshot_complete = true;
  for (const auto& [id, o] : orders_)
    if (!o.in_snapshot && !is_terminal(o.status)) news.absent.push_back(id);
}

UserNews OrderTracker::apply(const StreamFrame& frame) {
  UserNews news;
  if (frame.is_error || frame.channel != Channel::user) return news;
  std::size_t told = 0;
  bool any_snapshot = false;
  for (const UserEvent& e : frame.user_events) {
    if (e.snapshot && !in_snapshot_) {
      in_snapshot_ = true;
      for (auto& [id, o] : orders_) o.in_snapshot = false;
    }
    if (e.snapshot) {
      any_snapshot = true;
      told += e.count;
    }
    for (std::size_t i = e.first; i < e.first + e.count; ++i) news.steps.push_back(step(frame.orders[i], e.snapshot));
  }
  if (any_snapshot && told < options_.snapshot_batch) end_snapshot(news);
  return news;
}

std::vector<std::string> OrderTracker::replaced(std::string_view order_id, Decimal rest_cumulative) {
  std::vector<std::string> out;
  const auto it = orders_.find(order_id);
  if (it == orders_.end() || !rest_cumulative.is_set()) return out;
  auto& derived = it->second.derived;
  const auto covered = [&](const DerivedFill& f) { return !(f.to > rest_cumulative); };
  for (const DerivedFill& f : derived)
    if (covered(f)) out.push_back(f.fill_id);
  derived.erase(std::remove_if(derived.begin(), derived.end(), covered), derived.end());
  return out;
}

std::vector<DerivedFill> OrderTracker::waiting(std::string_view order_id) const {
  const auto it = orders_.find(order_id);
  return it == orders_.end() ? std::vector<DerivedFill>{} : it->second.derived;
}

void OrderTracker::forget(std::string_view order_id) {
  const std::string id(order_id);  // the argument may be a part of what is erased
  if (const auto it = orders_.find(id); it != orders_.end()) {
    own_.erase(it->second.client_order_id);
    orders_.erase(it);
  }
  ended_.erase(std::remove(ended_.begin(), ended_.end(), id), ended_.end());
}

}  // namespace bowline::coinbase
