// What the mock venue knows of orders, fills and products. Plain values; no ABI type, no host type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <bowline/decimal.hpp>

namespace bowline::broker_mock {

enum class Side : std::uint8_t { buy = 1, sell = 2 };
enum class Type : std::uint8_t { market = 1, limit = 2, stop_limit = 3 };
enum class Tif : std::uint8_t { gtc = 1, gtd = 2, ioc = 3 };
enum class State : std::uint8_t {
  pending = 1,
  open = 2,
  filled = 3,
  cancelled = 4,
  rejected = 5,
  expired = 6
};
enum class Liquidity : std::uint8_t { maker = 1, taker = 2 };

constexpr bool is_terminal(State s) noexcept { return s >= State::filled; }

/// Why the venue refused or ended an order. The numbers travel as bl_exec.reason, the words in bl_exec.text;
/// both are stable. Table in README.md.
enum class Reason : std::uint32_t {
  none = 0,
  insufficient_fund = 1,
  invalid_quantity = 2,
  invalid_price = 3,
  below_minimum = 4,
  above_maximum = 5,
  product_not_tradable = 6,
  post_only_would_cross = 7,
  expiry_passed = 8,
  no_reference_price = 9,
  simulated_reject = 10,
  amount_overflow = 11,
  unknown_order = 12,
  already_done = 13,
  invalid_combination = 14,
};
const char* name_of(Reason r) noexcept;

/// A product's rules as the venue applies them; a limit that is 0 does not bind.
struct Product {
  std::uint32_t instrument = 0;  ///< 0 = the venue does not list it in this run
  std::string symbol;
  std::uint32_t base = 0, quote = 0;
  Decimal base_step = Decimal::zero(), quote_step = Decimal::zero(), px_step = Decimal::zero();
  Decimal base_min = Decimal::zero(), base_max = Decimal::zero(), quote_min = Decimal::zero(),
          quote_max = Decimal::zero();
  bool tradable = true;
};

/// What was asked for. Two requests with one client_id are the same order only if these are equal.
struct OrderSpec {
  std::string client_id;
  std::uint32_t instrument = 0;
  Side side = Side::buy;
  Type type = Type::market;
  Tif tif = Tif::gtc;
  bool post_only = false;
  bool trigger_up = false;           ///< stop-limit: triggers on a rise (else on a fall)
  std::optional<Decimal> qty;        ///< base
  std::optional<Decimal> quote_qty;  ///< market buy by cost, fee inside
  std::optional<Decimal> limit_px, stop_px;
  std::int64_t expire_ns = 0;  ///< GTD
  friend bool operator==(const OrderSpec&, const OrderSpec&) = default;
};

struct Order {
  OrderSpec spec;
  std::int64_t number = 0;  ///< 1, 2, ... in order of arrival at the venue
  std::string venue_id;
  State state = State::pending;
  Reason reason = Reason::none;
  std::int64_t submitted_ns = 0, accepted_ns = 0, updated_ns = 0;
  bool rested = false;  ///< a bar after acceptance has passed: what fills it now finds it waiting in the book
  bool triggered = false;  ///< stop-limit: the stop was traded through
  Decimal cum_qty = Decimal::zero(), cum_quote = Decimal::zero(), cum_fee = Decimal::zero();
  std::uint32_t hold_asset = 0;
  Decimal hold = Decimal::zero();  ///< what of hold_asset is set aside for the rest of this order
  std::uint32_t fills = 0;
};

struct Fill {
  std::int64_t number = 0;  ///< 1, 2, ... over all orders
  std::string fill_id;
  std::int64_t order = 0;  ///< Order::number
  Decimal px = Decimal::zero(), qty = Decimal::zero(), quote = Decimal::zero(), fee = Decimal::zero();
  std::uint32_t fee_asset = 0;
  Liquidity liquidity = Liquidity::taker;
  std::int64_t ts_ns = 0;  ///< close of the bar it was drawn from: when it became known
};

/// A final bar as the fill rules read it.
struct BarView {
  std::int64_t open_ns = 0, close_ns = 0;
  Decimal open = Decimal::zero(), high = Decimal::zero(), low = Decimal::zero(), close = Decimal::zero(),
          volume = Decimal::zero();
};

}  // namespace bowline::broker_mock
