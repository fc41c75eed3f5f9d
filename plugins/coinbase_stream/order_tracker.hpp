// Orders as channel user tells them: cumulative states, from which fills are derived. A hint, quicker than REST: what is booked
// comes from REST, which alone knows trade ids, fees per fill and liquidity.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>

#include "frame.hpp"

namespace bowline::coinbase {

/// FILLED, CANCELLED, EXPIRED, FAILED.
constexpr bool is_terminal(UserOrderStatus s) noexcept {
  return s == UserOrderStatus::filled || s == UserOrderStatus::cancelled || s == UserOrderStatus::expired ||
         s == UserOrderStatus::failed;
}

struct DerivedFill {
  std::string fill_id;                 ///< synthetic_fill_id(): of the same facts the same
  Decimal price = Decimal::not_set();  ///< not set: the states do not tell it
  Decimal quantity;                    ///< base, > 0
  Decimal fee = Decimal::not_set();    ///< not set = unknown, never 0 for it
  Decimal from, to;                    ///< cumulative quantity before and after
  std::optional<std::int64_t> parts;   ///< fills of the venue that this one stands for, if told
};

enum class OrderNews : std::uint8_t {
  changed,    ///< status, quantity or fee
  unchanged,  ///< told again
  old,        ///< of before what is known: left out
  adopted,    ///< first seen, and not registered by own(): what it had filled before is not known here
};
/// Why REST should be asked about an order; bits.
enum AskRest : std::uint8_t {
  ask_nothing = 0,
  ask_fills = 1,  ///< a derived fill, or an adopted quantity, waits for the venue's own fills
  ask_end = 2,    ///< it is over: late fills, final fee
  ask_doubt = 4,  ///< the numbers do not fit each other or our own size
};

struct OrderStep {
  std::string order_id, client_order_id, product;
  OrderNews news = OrderNews::unchanged;
  UserOrderStatus status = UserOrderStatus::unknown;
  StreamSide side = StreamSide::unknown;
  bool terminal = false, status_changed = false, snapshot = false;
  std::uint8_t ask_rest = ask_nothing;
  std::optional<DerivedFill> fill;
  Decimal cumulative = Decimal::not_set(), total_fees = Decimal::not_set();
  /// Own size - cumulative, and never what the venue calls leaves (that is 0 on every terminal update, and in quote for an
  /// order of quote size). Not set without a registered base size. Of a terminal order it is what was never filled.
  Decimal remaining = Decimal::not_set();
  /// For an order of quote size: quote size - filled value - fees (they are inside the amount).
  Decimal remaining_quote = Decimal::not_set();
  std::string reason;  ///< cancel or reject reason, as told
};

struct UserNews {
  std::vector<OrderStep> steps;    ///< in the order told
  bool snapshot_complete = false;  ///< this frame ended the snapshot
  /// With snapshot_complete: orders that were open here and are in no part of it. They have ended unseen: ask REST.
  std::vector<std::string> absent;
};

/// One per account; it outlives connections. One thread at a time.
class OrderTracker {
 public:
  struct Options {
    std::size_t snapshot_batch = 50;   ///< a snapshot message with fewer orders is the last
    std::size_t keep_terminal = 1024;  ///< orders that are over and still remembered, to know repeats and late fills
  };
  OrderTracker() : OrderTracker(Options{}) {}
  explicit OrderTracker(const Options& options) : options_(options) {}

  /// Before an order is sent, since the stream may be quicker than the reply: its size in base, or in quote (the other not
  /// set). Again after an amendment: the size counts from then on.
  void own(std::string_view client_order_id, Decimal size, Decimal quote_size);
  /// What is booked for an order already (after a restart, or when REST told fills): fills are derived from here on. Average and
  /// fees may be not set. It never goes back: a smaller quantity than is known changes nothing. After a restart it is needed for
  /// every open order beside own(), which takes an order for one that has filled nothing yet.
  void restore(std::string_view order_id, std::string_view client_order_id, Decimal cumulative, Decimal average_price,
               Decimal total_fees);

  /// A frame of channel user that is to be taken; of any other channel it does nothing.
  UserNews apply(const StreamFrame& frame);
  /// The subscription is a new one: the next snapshot starts from its beginning.
  void begin_snapshot();

  /// REST has told fills of the order up to this quantity: the ids of derived fills that they replace, each told once. One that
  /// reaches beyond is kept until its end is told.
  std::vector<std::string> replaced(std::string_view order_id, Decimal rest_cumulative);
  /// Derived fills that wait for REST, oldest first.
  std::vector<DerivedFill> waiting(std::string_view order_id) const;
  void forget(std::string_view order_id);

  std::size_t orders() const noexcept { return orders_.size(); }
  std::uint64_t old() const noexcept { return old_; }  ///< rows left out because more was known

 private:
  struct Size {
    Decimal base = Decimal::not_set(), quote = Decimal::not_set();
  };
  struct Order {
    std::string client_order_id;
    UserOrderStatus status = UserOrderStatus::unknown;
    Decimal cumulative = Decimal::zero(), average = Decimal::not_set(), fees = Decimal::not_set(), value = Decimal::not_set();
    std::optional<std::int64_t> fills;
    std::vector<DerivedFill> derived;
    bool seen = false;         ///< by the stream
    bool in_snapshot = false;  ///< told since the running snapshot began
  };

  OrderStep step(const UserOrder& row, bool snapshot);
  DerivedFill derive(const Order& o, const UserOrder& row, std::uint8_t& ask) const;
  void take(Order& o, const UserOrder& row);
  void measure(OrderStep& s, const Order& o) const;
  void retire(const std::string& order_id);
  void end_snapshot(UserNews& news);

  Options options_;
  std::map<std::string, Size, std::less<>> own_;  ///< by client order id
  std::map<std::string, Order, std::less<>> orders_;
  std::deque<std::string> ended_;
  bool in_snapshot_ = false;
  std::uint64_t old_ = 0;
};

}  // namespace bowline::coinbase
