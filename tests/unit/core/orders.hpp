// Orders for tests of what becomes of them.
#pragma once

#include <catch2/catch.hpp>

#include <bowline/decimal.hpp>
#include <initializer_list>
#include <string_view>

#include "core/order.hpp"

namespace bowline::test {

/// A resting buy of product 1 at 100, good till date.
inline core::Intent limit_buy(std::string_view id, Decimal qty) {
  core::Intent i = core::blank_intent();
  std::copy(id.begin(), id.end(), i.abi.client_id);
  i.abi.instrument = 1;
  i.abi.side = BL_BUY;
  i.abi.type = BL_LIMIT;
  i.abi.tif = BL_GTD;
  i.abi.qty = qty.raw();
  i.abi.limit_px = Decimal::from_int(100).raw();
  i.abi.expire_ns = 1'000'000'000'000;
  return i;
}

/// Each of them must be taken.
inline void go(core::OrderTable& table, core::Order& order, std::initializer_list<core::OrderEvent> list) {
  for (const core::OrderEvent e : list) {
    INFO(core::to_string(order.state) << " + " << core::to_string(e));
    REQUIRE(table.apply(order, e, 1));
  }
}

}  // namespace bowline::test
