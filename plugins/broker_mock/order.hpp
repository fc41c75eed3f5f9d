// What the mock venue knows of orders, fills and products. Plain values; no ABI type, no host type.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <bowline/decimal.hpp>

namespace bowline::broker_mock {

enum class Side : std::uint8_t { buy = 1, sell = 2 };
enum class Type : std::uint8_t { market = 1, limit = 2, stop_limit = 3, bracket = 4 };
enum class Tif : std::uint8_t { gtc = 1, gtd = 2, ioc = 3, fok = 4 };
enum class State : std::uint8_t {
  pending = 1,
  open = 2,
  filled = 3,
  cancelled = 4,
  rejected = 5,
  expired = 6
};
enum class Liquidity : std::uint8_t { maker = 1, taker = 2 };
/// How the host comes to know of a fill: at once; at once and again; behind the end of its order; only when
/// it asks.
enum class Fate : std::uint8_t { prompt = 1, twice = 2, late = 3, lost = 4 };

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
  not_amendable = 15,
  below_filled = 16,
  no_answer = 17,
  external_cancel = 18,
};
inline constexpr std::uint32_t last_reason = 18;
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

/// The part of an order that an amendment may change.
struct Terms {
  std::optional<Decimal> qty, limit_px, stop_px;
  std::int64_t expire_ns = 0;
  friend bool operator==(const Terms&, const Terms&) = default;
};

/// What was asked for. Two requests with one client_id are the same order only if these are equal.
struct OrderSpec {
  std::string client_id;  ///< empty: an external hand's order
  std::uint32_t instrument = 0;
  Side side = Side::buy;
  Type type = Type::market;
  Tif tif = Tif::gtc;
  bool post_only = false;
  bool trigger_up = false;                   ///< stop-limit: triggers on a rise (else on a fall)
  std::optional<Decimal> qty;                ///< base
  std::optional<Decimal> quote_qty;          ///< market buy by cost, fee inside
  std::optional<Decimal> limit_px, stop_px;  ///< bracket: take profit and stop trigger
  std::int64_t expire_ns = 0;                ///< GTD
  Terms terms() const { return {qty, limit_px, stop_px, expire_ns}; }
  void set(const Terms& t) {
    qty = t.qty;
    limit_px = t.limit_px;
    stop_px = t.stop_px;
    expire_ns = t.expire_ns;
  }
  friend bool operator==(const OrderSpec&, const OrderSpec&) = default;
};

struct Order {
  OrderSpec spec;           ///< with the terms of the last amendment
  std::int64_t number = 0;  ///< 1, 2, ... in order of arrival at the venue
  std::string venue_id;
  State state = State::pending;
  Reason reason = Reason::none;
  std::int64_t submitted_ns = 0, accepted_ns = 0, updated_ns = 0;
  std::int64_t effective_ns = 0;  ///< since when its terms hold: a bar that opened before does not fill it
  std::int64_t place = 0;  ///< time priority among the open orders of its product: the lower goes first
  bool rested = false;  ///< a bar after acceptance has passed: what fills it now finds it waiting in the book
  bool triggered = false;  ///< stop-limit, bracket: the stop was traded through
  bool told = true;        ///< false: an external hand's order that only questions show
  Decimal cum_qty = Decimal::zero(), cum_quote = Decimal::zero(), cum_fee = Decimal::zero();
  std::uint32_t hold_asset = 0;
  Decimal hold = Decimal::zero();  ///< what of hold_asset is set aside for the rest of this order
  std::uint32_t fills = 0, amends = 0;
  std::shared_ptr<const Terms> asked;  ///< the terms as submitted; null = never amended

  bool external() const noexcept { return spec.client_id.empty(); }
  /// What its luck is drawn by.
  const std::string& key() const noexcept { return external() ? venue_id : spec.client_id; }
};

struct Fill {
  std::int64_t number = 0;  ///< 1, 2, ... over all orders
  std::string fill_id;
  std::int64_t order = 0;  ///< Order::number
  Decimal px = Decimal::zero(), qty = Decimal::zero(), quote = Decimal::zero(), fee = Decimal::zero();
  std::uint32_t fee_asset = 0;
  Liquidity liquidity = Liquidity::taker;
  std::int64_t ts_ns = 0;  ///< close of the bar it was drawn from: when it became known
  Fate fate = Fate::prompt;
  std::optional<std::int64_t> told_ns;  ///< when the host was told without asking; none = not so far
};

/// One amendment that was carried out: the terms that it led to.
struct AmendDone {
  std::int64_t number = 0;  ///< 1, 2, ... over all orders
  std::int64_t order = 0;   ///< Order::number
  Terms terms;
  bool kept_place = false;
  std::int64_t ts_ns = 0;
};

/// What somebody else does in the account, by script.
struct ExternalAct {
  enum class What : std::uint8_t { order = 1, fill = 2, cancel = 3, deposit = 4, withdrawal = 5, trade = 6 };
  What what = What::order;
  std::int64_t at_ns = 0;
  bool told = true;              ///< whether the venue says it without being asked
  std::uint32_t instrument = 0;  ///< order, fill, cancel, trade
  std::uint32_t asset = 0;       ///< deposit, withdrawal
  Side side = Side::buy;
  Type type = Type::limit;  ///< order: market or limit
  Decimal qty = Decimal::zero();
  std::optional<Decimal> px;
  std::string script;  ///< its whole content as one line: what a state file knows it by
};

/// An act that was carried out, or refused with a reason.
struct ActDone {
  std::int64_t number = 0;  ///< 1, 2, ... in order of happening
  ExternalAct::What what = ExternalAct::What::order;
  std::string script;
  std::int64_t ts_ns = 0;
  std::int64_t order = 0;  ///< Order::number, 0 = none
  std::uint32_t asset = 0;
  std::optional<Decimal> amount;  ///< what a deposit added, or a withdrawal (below 0) took
  Reason reason = Reason::none;
};

/// A time in which host and venue do not hear each other: from the first moment on, up to but not including
/// the second.
struct Outage {
  std::int64_t from_ns = INT64_MAX, until_ns = INT64_MIN;
  bool covers(std::int64_t t) const noexcept { return from_ns <= t && t < until_ns; }
};

/// A final bar as the fill rules read it.
struct BarView {
  std::int64_t open_ns = 0, close_ns = 0;
  Decimal open = Decimal::zero(), high = Decimal::zero(), low = Decimal::zero(), close = Decimal::zero(),
          volume = Decimal::zero();
};

}  // namespace bowline::broker_mock
