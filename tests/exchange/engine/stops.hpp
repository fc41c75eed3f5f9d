// Orders that wait for the last trade to reach their stop.
#pragma once

#include <set>
#include <utility>

#include "order.hpp"

namespace bowline::exchange {

class Stops {
 public:
  void add(const Order& o) { side(o).insert(entry(o)); }
  void remove(const Order& o) { side(o).erase(entry(o)); }
  /// The next order that trades between `low` and `high` trigger; 0 = none. Upward stops first, in each direction the nearest stop
  /// first, and among equal ones the older order.
  OrderNo next(const Decimal& low, const Decimal& high) const {
    if (!up_.empty() && up_.begin()->first <= high) return up_.begin()->second;
    if (!down_.empty() && -down_.begin()->first >= low) return down_.begin()->second;
    return 0;
  }
  bool empty() const noexcept { return up_.empty() && down_.empty(); }

 private:
  using Entry = std::pair<Decimal, OrderNo>;  ///< stop (downward: its negative); the number is the order's age, too
  using Set = std::set<Entry>;
  Set& side(const Order& o) { return o.stop_direction() == StopDirection::up ? up_ : down_; }
  static Entry entry(const Order& o) {
    const bool up = o.stop_direction() == StopDirection::up;
    return {up ? o.state.stop_price : -o.state.stop_price, o.number};
  }
  Set up_, down_;
};

}  // namespace bowline::exchange
