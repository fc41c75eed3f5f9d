// The protection that one position should have: where its stop stands, which may only rise, and where profit
// is taken. Prices are exact; both are rounded up to the product's step, so that the stop is never farther
// away than a rule says, and the profit never less.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <bowline/decimal.hpp>

namespace bowline::risk_stops {

/// What a stop came from; bl_stop.rule.
enum class Rule : std::uint32_t { none = 0, volatility = 1, trailing = 2, break_even = 3, time = 4 };

/// Part of a position that is sold at a gain.
struct ProfitStep {
  Decimal gain, share;
};

/// Shares of a price, but for `factor` and the bars. 0 = the rule is off.
struct Rules {
  double factor = 10;
  Decimal min_distance, max_distance;  ///< below the average price; the volatility stop lies between them
  Decimal trailing, trailing_from;
  Decimal break_even;
  std::uint32_t time_bars = 0;
  Decimal time_gain;
  std::vector<ProfitStep> profit;  ///< gains rising, shares adding up to at most 1
};

struct Product {
  Decimal px_step, base_step, taker_fee;  ///< steps of 0 bind nothing
};

/// A position as the host tells it; prices may be not set.
struct Held {
  Decimal qty, avg_px, best_px;
  std::int64_t opened_ns = 0;
};

/// The last final bar of the product, and how much it moves. No bar yet: close is zero.
struct Market {
  Decimal close;
  std::int64_t close_ns = 0, bar_ns = 0;
  double volatility = std::numeric_limits<double>::quiet_NaN();
};

/// What is wanted. limit_px: the next take-profit, of `share` ten-thousandths of what is held; 0 = of all.
struct Wanted {
  Decimal stop_px, limit_px = Decimal::not_set();
  Rule rule = Rule::none;
  std::uint32_t share = 0;
  bool operator==(const Wanted&) const = default;
};

/// Of one position from its opening on; a position that was opened at another time is another one.
class Protection {
  bool open_ = false;
  std::int64_t opened_ns_ = 0;
  Decimal base_;  ///< for a position whose cost is not known: the first price seen
  Decimal most_;  ///< largest quantity it had
  Decimal stop_;  ///< the highest one wanted so far
  Rule rule_ = Rule::none;

 public:
  /// nullopt: neither a cost nor a price is known. Throws money::Overflow.
  std::optional<Wanted> follow(const Held& held, const Market& market, const Rules& rules,
                               const Product& product);
  void clear() noexcept { *this = Protection(); }

 private:
  void raise(const Decimal& px, Rule rule);
  void take_profit(Wanted& wanted, const Held& held, const Decimal& base, const Rules& rules,
                   const Product& product) const;
};

}  // namespace bowline::risk_stops
