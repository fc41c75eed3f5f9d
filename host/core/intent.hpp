// One order the host wants to send. The venue-facing part is the ABI's own struct, so that what risk judges, what the
// journal records and what the broker gets are the same bytes.
#pragma once

#include <bowline/decimal.hpp>

#include "core/types.hpp"

namespace bowline::core {

struct Intent {
  bl_intent abi{};  // size, instrument, client_id, side, type, tif, flags, quantities, prices, times
  Purpose purpose = Purpose::entry;
  Id128 decision;                            // what it was made from
  Decimal decision_px = Decimal::not_set();  // the price the decision was taken at

  InstrumentId instrument() const noexcept { return {abi.instrument}; }
  Side side() const noexcept { return static_cast<Side>(abi.side); }
  OrderType type() const noexcept { return static_cast<OrderType>(abi.type); }
  TimeInForce tif() const noexcept { return static_cast<TimeInForce>(abi.tif); }
  Decimal qty() const noexcept { return Decimal::from_raw(abi.qty); }
  Decimal quote_qty() const noexcept { return Decimal::from_raw(abi.quote_qty); }
  Decimal limit_px() const noexcept { return Decimal::from_raw(abi.limit_px); }
  Decimal stop_px() const noexcept { return Decimal::from_raw(abi.stop_px); }
  std::string_view client_id() const noexcept { return {abi.client_id, ::strnlen(abi.client_id, sizeof abi.client_id)}; }
};

/// An intent with every optional amount not set and `size` filled in.
inline Intent blank_intent() noexcept {
  Intent i;
  i.abi.size = sizeof(bl_intent);
  const bl_dec none = Decimal::not_set().raw();
  i.abi.qty = i.abi.quote_qty = i.abi.limit_px = i.abi.stop_px = none;
  return i;
}

}  // namespace bowline::core
