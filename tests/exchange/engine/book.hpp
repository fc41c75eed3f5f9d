// One order book: price levels, and in each the orders of users in order of time, with what the market from outside offers there
// standing behind them. It knows sizes and priority; money, users and rules are the engine's.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "order.hpp"

namespace bowline::exchange {

/// Price and size of one level, as it is told: size is what all orders and the market have there; 0 = the level is gone.
struct LevelView {
  Decimal price, size;
  bool operator==(const LevelView&) const = default;
};

class Book {
 public:
  struct Node {
    OrderNo order = 0;
    Decimal leaves;
    std::uint32_t before = 0, behind = 0;  ///< nodes of its level; 0 = none
  };
  struct Level {
    Decimal price, users, market;  ///< users: the sum of leaves
    std::uint32_t first = 0, last = 0;
    Decimal size() const { return users + market; }
  };

  Book() : nodes_(1) {}
  /// Puts an order behind all others of its price. Returns its node, which stays until it is taken out.
  std::uint32_t add(Side side, const Decimal& price, OrderNo order, const Decimal& leaves);
  void remove(Side side, const Decimal& price, std::uint32_t node);
  /// Takes `size` from what an order has left there, without a loss of its place.
  void reduce(Side side, const Decimal& price, std::uint32_t node, const Decimal& size);
  void reduce_market(Side side, const Decimal& price, const Decimal& size);
  /// Replaces all that the market offers on one side.
  void set_market(Side side, const std::vector<LevelView>& levels);

  /// The best level of a side; nullptr when the side is empty. Valid until the book changes.
  const Level* best(Side side) const noexcept;
  const Node& node(std::uint32_t n) const { return nodes_[n]; }
  /// The level of a price: its size, 0 where there is none.
  Decimal size_at(Side side, const Decimal& price) const;
  /// Calls f(level) from the best price on until it returns false.
  template <class F>
  void walk(Side side, F&& f) const {
    for (const auto& [key, level] : sides_[index(side)])
      if (!f(level)) return;
  }
  /// Up to `limit` levels of a side, best first.
  std::vector<LevelView> levels(Side side, std::size_t limit) const;

  /// The levels that changed since the last call, each once with its size now; bids first, best first.
  template <class F>
  void take_changes(F&& f) {
    if (dirty_.empty()) return;
    tidy_changes();
    for (const auto& [side, key] : dirty_) {
      const Decimal price = side == Side::buy ? -key : key;
      f(side, LevelView{price, size_at(side, price)});
    }
    dirty_.clear();
  }

 private:
  using Levels = std::map<Decimal, Level>;  ///< by price, of bids by its negative: the best is always the first
  static std::size_t index(Side s) noexcept { return static_cast<std::size_t>(s); }
  static Decimal key(Side s, const Decimal& price) noexcept { return s == Side::buy ? -price : price; }
  Level& level(Side side, const Decimal& price);
  void drop_if_empty(Side side, const Decimal& price);
  void touched(Side side, const Decimal& price);
  void tidy_changes();

  std::array<Levels, 2> sides_;
  std::vector<Node> nodes_;  ///< [0] is none
  std::vector<std::uint32_t> free_;
  std::vector<std::pair<Side, Decimal>> dirty_;  ///< side and key
};

}  // namespace bowline::exchange
