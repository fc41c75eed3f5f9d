#include "orders.hpp"

#include <algorithm>

namespace bowline::broker_coinbase {
namespace {

std::string trade_key(std::string_view order_id, std::string_view trade_id) { return std::string(order_id) + "\n" + std::string(trade_id); }

}  // namespace

Known* Orders::by_client(std::string_view client_id) noexcept {
  const auto it = client_id.empty() ? by_client_.end() : by_client_.find(client_id);
  return it == by_client_.end() ? nullptr : it->second;
}
Known* Orders::by_venue(std::string_view venue_id) noexcept {
  const auto it = venue_id.empty() ? by_venue_.end() : by_venue_.find(venue_id);
  return it == by_venue_.end() ? nullptr : it->second;
}

Known& Orders::of_client(std::string_view client_id) {
  if (Known* k = by_client(client_id)) return *k;
  Known& k = list_.emplace_back();
  k.client_id = client_id;
  by_client_.emplace(k.client_id, &k);
  return k;
}

Known& Orders::learn(std::string_view client_id, std::string_view venue_id) {
  Known* k = by_venue(venue_id);
  Known* named = by_client(client_id);
  if (k != nullptr && named != nullptr && k != named && k->client_id.empty() && named->venue_id.empty()) {
    // Its fill was told of before its name, or the answer to it was lost: one order, known by halves.
    named->told_qty += k->told_qty;
    named->hinted_qty = max(named->hinted_qty, k->hinted_qty);
    named->hinted_end = named->hinted_end || k->hinted_end;
    forget(*k);
    k = nullptr;
  }
  if (k == nullptr) {
    k = named;
    if (k != nullptr && !k->venue_id.empty() && !venue_id.empty()) k = nullptr;  // the venue has two of this name: the other keeps it
  }
  const bool fresh = k == nullptr;
  if (fresh) k = &list_.emplace_back();
  if (k->client_id.empty() && !client_id.empty() && by_client_.try_emplace(std::string(client_id), k).second) k->client_id = client_id;
  if (!k->venue_id.empty() || venue_id.empty()) return *k;
  k->venue_id = venue_id;
  by_venue_.emplace(k->venue_id, k);
  if (k->phase == Phase::unknown || k->phase == Phase::refused || k->phase == Phase::flying || k->phase == Phase::held) k->phase = Phase::there;
  if (!fresh && on_venue_id) on_venue_id(*k);
  return *k;
}

Known& Orders::learn(const coinbase::VenueOrder& o) {
  Known& k = learn(o.client_order_id, o.order_id);
  if (k.product_id.empty()) k.product_id = o.product_id;
  return k;
}

// Others' are not learned: nobody could say when they are over.
void Orders::shown(std::string_view client_id, std::string_view venue_id) {
  Known* k = by_client(client_id);
  if (k == nullptr) return;
  if (!venue_id.empty()) learn(client_id, venue_id);
  else if (k->phase == Phase::unknown || k->phase == Phase::refused || k->phase == Phase::flying || k->phase == Phase::held) k->phase = Phase::there;
}

void Orders::forget(const Known& k) {
  if (!k.client_id.empty()) by_client_.erase(k.client_id);
  if (!k.venue_id.empty()) by_venue_.erase(k.venue_id);
  list_.remove_if([&k](const Known& o) { return &o == &k; });
}

void Orders::ended(Known& k) {
  if (k.phase == Phase::over) return;
  k.phase = Phase::over;
  k.cancel_wanted = false;
  ended_.push_back(k.venue_id);
}

void Orders::refused(Known& k) {
  k.phase = Phase::refused;
  k.cancel_wanted = false;
  refused_.push_back(k.client_id);
}

bool Orders::is_new(std::string_view venue_id, std::int64_t now_ns) const noexcept {
  const auto it = by_venue_.find(venue_id);
  if (it == by_venue_.end()) return false;
  const Known& k = *it->second;
  return k.phase == Phase::there && k.read_ns == 0 && now_ns - k.newest_ns < new_ns;
}

void Orders::forget_old() {
  while (refused_.size() > most_ended) {
    if (const Known* k = by_client(refused_.front()); k != nullptr && k->phase == Phase::refused) forget(*k);
    refused_.pop_front();
  }
  while (ended_.size() > most_ended) {
    if (const Known* k = by_venue(ended_.front())) forget(*k);
    ended_.pop_front();
  }
}

bool Orders::first_time(const coinbase::VenueFill& f) {
  if (!fills_.insert(f.entry_id).second) return false;
  std::string key = trade_key(f.order_id, f.trade_id);
  if (f.type == coinbase::TradeType::fill || f.type == coinbase::TradeType::synthetic) {
    if (const Decimal base = base_of(f); base.is_set()) learn("", f.order_id).told_qty += base;
    trades_.try_emplace(key, f.entry_id);
  }
  fill_row_.emplace_back(f.entry_id, std::move(key));
  if (fill_row_.size() > most_fills) {
    fills_.erase(fill_row_.front().first);
    trades_.erase(fill_row_.front().second);
    fill_row_.pop_front();
  }
  return true;
}

std::string Orders::entry_of(std::string_view order_id, std::string_view trade_id) const {
  const auto it = trades_.find(trade_key(order_id, trade_id));
  return it == trades_.end() ? std::string() : it->second;
}

std::optional<Decimal> filled_of(const coinbase::VenueOrder& o, const Known& k) noexcept {
  if (!o.filled_size || k.told_qty.is_zero()) return o.filled_size;
  const Decimal off = *o.filled_size - k.told_qty;
  return off <= division_dust && -off <= division_dust ? k.told_qty : o.filled_size;
}

FilledTold filled_told(const coinbase::VenueOrder& o, Known& k, std::int64_t now_ns) noexcept {
  const std::optional<Decimal> filled = filled_of(o, k);
  if (coinbase::is_final(o.status) || !filled || *filled - k.told_qty <= division_dust) {
    k.short_since_ns = 0;
    return {filled};
  }
  // Each of its fills has its own time: one that trades on is always short of the newest.
  if (k.short_since_ns == 0 || k.short_of - k.told_qty <= division_dust) {
    k.short_since_ns = now_ns;
    k.short_of = *filled;
  }
  if (now_ns - k.short_since_ns >= most_lag_ns) return {filled};
  return {k.told_qty, true};
}

Decimal base_of(const coinbase::VenueFill& f) noexcept {
  if (!f.size_in_quote) return f.size;
  return f.price.is_positive() ? round_to(div(f.size, f.price, Rounding::half_even), base_digit, Rounding::half_even) : Decimal::not_set();
}

}  // namespace bowline::broker_coinbase
