// An order, a move of inventory and another name for a change of a balance as an operator asks for them, and what is answered.
#pragma once

#include <bowline/decimal.hpp>
#include <string>
#include <vector>

#include "core/order.hpp"
#include "core/portfolio.hpp"
#include "core/records.hpp"
#include "core/types.hpp"

namespace bowline::services {

/// POST /trades/execute, already read from JSON.
struct TradeRequest {
  core::InstrumentId instrument;
  core::Side side = core::Side::buy;
  core::OrderType type = core::OrderType::market;
  core::TimeInForce tif = core::TimeInForce::ioc;
  Decimal qty = Decimal::not_set(), quote_qty = Decimal::not_set(), limit_px = Decimal::not_set(),
          stop_px = Decimal::not_set();
  core::Nanos expire_ns = 0;
  bool post_only = false, dry_run = false;
  std::string reason, key, principal, request_id;
};
struct TradeAnswer {
  core::ClientOrderId order;
  Decimal qty = Decimal::not_set();
  std::vector<core::CheckRecord> checks;
  bool replayed = false;  // the same key and body were answered before
};

/// Inventory to be moved between managed and unmanaged (trading rules 5.6).
struct InventoryRequest {
  core::InstrumentId instrument;
  bool adopt = true;                                           // else release
  Decimal qty = Decimal::not_set(), px = Decimal::not_set();   // px: what a unit cost; not set: its price now
  std::string reason, key, principal, request_id;
};

/// What was booked as a deposit was a reward, or the other way round (trading rules 5.6).
struct ReclassifyRequest {
  core::AssetId asset;
  core::Flow from = core::Flow::deposit, to = core::Flow::reward;
  Decimal amount = Decimal::not_set();
  std::string reason, key, principal, request_id;
};

}  // namespace bowline::services
