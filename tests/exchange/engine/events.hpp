// What happened, in the order it happened, for a server to turn into channels.
#pragma once

#include <cstdint>
#include <variant>

#include "book.hpp"
#include "order.hpp"
#include "product.hpp"

namespace bowline::exchange {

/// An order was accepted or changed; `state` is all there is to say of it at that moment.
struct OrderChanged {
  OrderNo order = 0;
  UserId user;
  OrderState state;
};
/// A trade. `product` is the one whose book it is; `maker` the side that rested, as market_trades tells it.
struct TradePrinted {
  std::uint64_t trade = 0;
  std::uint32_t product = 0;
  Decimal price, size;
  Side maker = Side::buy;
  std::int64_t time_ns = 0;
  bool operator==(const TradePrinted&) const = default;
};
/// A level of a book has another size: absolute, 0 = it is gone.
struct LevelChanged {
  std::uint32_t product = 0;
  Side side = Side::buy;
  LevelView level;
};
/// The flags of a product were changed.
struct ProductChanged {
  std::uint32_t product = 0;
  ProductFlags flags;
};

struct Event {
  std::uint64_t sequence = 0;  ///< 1, 2, 3 ... over the venue's whole life, restarts included
  std::int64_t time_ns = 0;
  std::variant<OrderChanged, TradePrinted, LevelChanged, ProductChanged> what;
};

}  // namespace bowline::exchange
