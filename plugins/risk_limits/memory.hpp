// What the limits have to remember and the portfolio view does not hold: what was bought today, the orders of
// the last minute, the equity of the last 24 hours, losing closes. It changes by events alone.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <bowline/decimal.hpp>

#include "limits.hpp"

namespace bowline::risk_limits {

class Memory {
 public:
  static constexpr std::int64_t minute_ns = 60'000'000'000, day_ns = 86'400'000'000'000;

  /// Forgets everything; counts losses as `cooldown` says from here on.
  void reset(const Cooldown& cooldown);

  /// One execution, each one once: buys count in the UTC day in which they happened. A reversal is taken off.
  void on_fill(const bl_fill& fill);
  /// What became of an order: the first time one is heard of counts it as sent.
  void on_exec(const bl_exec& exec);
  /// A position after a change. From flat to flat (dust counts as flat) is one close; it lost when realised
  /// profit less fees fell over it.
  void on_position(const bl_position_ev& changed);
  /// Equity at the bid as it is now: kept once a minute for 24 hours.
  void on_equity(const bl_portfolio& portfolio);

  /// Quote currency bought on the UTC day of `now_ns`; not set when it no longer fits exact arithmetic.
  Decimal bought_today(std::int64_t now_ns) const noexcept {
    return now_ns / day_ns == day_ ? bought_ : Decimal::zero();
  }
  /// Orders sent in the minute before the portfolio's now, those in flight included, without the judged one.
  std::uint32_t orders_last_minute(const bl_portfolio& portfolio, const bl_intent& judged) const noexcept;
  /// Of them those that were reported.
  std::uint32_t sent_last_minute(std::int64_t now_ns) const noexcept;
  /// The equity at the bid of 24 hours before, or the first one known since; nullopt when none is.
  std::optional<Decimal> equity_a_day_ago(std::int64_t now_ns) const noexcept;
  /// Since when nothing is bought of the instrument for its losses (or those of all); nullopt: it may be.
  std::optional<std::int64_t> cooling_since(std::uint32_t instrument, std::int64_t now_ns) const noexcept;

 private:
  struct Sent {
    std::array<char, 40> id;
    std::int64_t at;
  };
  struct Sample {
    std::int64_t at;
    Decimal equity;
  };
  /// The last losing closes, as many as it takes, and when they were last enough.
  struct Losses {
    std::deque<std::int64_t> times;
    std::optional<std::int64_t> enough_at;
    void add(std::int64_t at, const Cooldown& rule);
  };
  /// One product's way from flat to flat. Results count from where they stood when it was flat.
  struct Trip {
    bool known = false, open = false;
    Decimal result = Decimal::zero(), at_open = Decimal::zero();
    Losses losses;
  };

  Cooldown cooldown_;
  std::int64_t day_ = -1;
  Decimal bought_ = Decimal::zero();
  std::vector<Sent> sent_;
  std::deque<Sample> equity_;
  std::vector<Trip> trips_;  ///< by instrument
  Losses losses_;            ///< of all products

  std::vector<Sent>::const_iterator place_of(const char* id) const noexcept;
  /// Whether an order of that id is known to have been sent after `from`.
  bool heard_of(const char* id, std::int64_t from) const noexcept;
  bool cools(const Losses& losses, std::int64_t now_ns) const noexcept {
    return losses.enough_at && now_ns < *losses.enough_at + cooldown_.length_ns;
  }
};

}  // namespace bowline::risk_limits
