// One order as the host knows it, and the table of them. Working orders are few and are kept in the order of their
// making; ended ones stay reachable for late reports up to a bound.
#pragma once

#include <bowline/result.hpp>
#include <cstring>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/intent.hpp"
#include "core/order_state.hpp"

namespace bowline::core {

struct Order {
  Intent intent;
  OrderState state = OrderState::recorded;
  std::string venue_id, reason;
  Decimal cum_qty = Decimal::zero();    // filled, base
  Decimal cum_quote = Decimal::zero();  // filled, quote, before fees
  Decimal cum_fee = Decimal::zero();    // worth in the quote asset at the time of each fill; each fill has its own asset
  Nanos updated = 0;
  std::uint64_t seq = 0;                // of the event that made it
  std::vector<std::string> fill_ids;    // idempotency of fills

  ClientOrderId id() const noexcept { return ClientOrderId(intent.client_id()); }
  /// What may still fill, in base units; not set for a market buy by cost (its quantity is not known yet).
  Decimal leaves() const noexcept {
    return intent.qty().is_set() ? intent.qty() - cum_qty : Decimal::not_set();
  }
};

class OrderTable {
  struct Hash {
    // The text is padded with zeros: five words of it. Not noexcept, on purpose: then the table keeps each hash, and an
    // order that went cold long ago is not read again only because its neighbour in the table is looked for.
    std::size_t operator()(const ClientOrderId& id) const {
      std::uint64_t h = 0;
      for (std::size_t i = 0; i < id.text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, id.text.data() + i, 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 32;
      }
      return h;
    }
  };
  using Orders = std::unordered_map<ClientOrderId, Order, Hash>;
  Orders by_id_;                  // looked up, never iterated; an order stays where it is
  Orders::node_type spare_;       // the place of the order forgotten last, for the next one
  std::vector<Order*> working_;   // not terminal, in order of making
  std::deque<ClientOrderId> done_;
  std::size_t keep_done_;
  std::uint64_t changes_ = 0;

 public:
  /// `keep_done`: how many ended orders stay in memory for late reports (the store keeps them all).
  explicit OrderTable(std::size_t keep_done = 20'000) : keep_done_(keep_done) {
    // Half empty: what is looked for is nearly always not there yet, or the oldest, which no cache holds any more.
    by_id_.max_load_factor(0.5);
    by_id_.reserve(keep_done);
  }

  /// Takes a new order in state recorded. An id that is known already is refused (duplicate intent).
  Result<Order*> add(const Intent& intent, Nanos now, std::uint64_t seq);
  Order* find(const ClientOrderId& id);
  const Order* find(const ClientOrderId& id) const;
  /// Applies one event; an unlisted pair is an error value and changes nothing.
  Result<void> apply(Order& order, OrderEvent event, Nanos now);
  const std::vector<Order*>& working() const noexcept { return working_; }
  /// Ids of ended orders still in memory, oldest first.
  const std::deque<ClientOrderId>& done() const noexcept { return done_; }
  std::size_t size() const noexcept { return by_id_.size(); }
  /// Rises with every order added and every event applied.
  std::uint64_t changes() const noexcept { return changes_; }
};

}  // namespace bowline::core
