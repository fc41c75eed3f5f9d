// The feed at work: the run's instruments as listings, time, warm-up history and pace around the invented
// market.
#pragma once

#include <bowline/plugin.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

#include "common/pace.hpp"
#include "market.hpp"

namespace bowline::feed_simulated {

struct SimulatorOptions {
  MarketOptions market;
  std::int64_t start_ns = 0;  ///< open of the first bar
  std::int64_t interval_ns = 300'000'000'000;
  std::uint64_t history_bars = 0;                       ///< given first, unpaced, flagged as replayed
  std::uint64_t bars = 0;                               ///< behind the history; 0 = endless
  double speed = 0;                                     ///< 0 = as fast as pulled
  std::vector<std::pair<std::string, Decimal>> prices;  ///< first prices by symbol
};

/// Reads the texts of the params. Errors: FEED_SPEED_INVALID, FEED_TIME_INVALID, FEED_INTERVAL_INVALID,
/// FEED_PRICE_INVALID.
Result<SimulatorOptions> simulator_options(SimulatorOptions numbers, const std::string& start,
                                           const std::string& speed,
                                           const std::vector<std::pair<std::string, std::string>>& prices);

/// What the simulator must know of a product.
struct ListedProduct {
  std::uint32_t instrument = 0;
  std::string symbol;
  Decimal px_step = Decimal::zero(), base_step = Decimal::zero();
};

/// The listing of a product: exponents that hold its steps, first price, usual volume (about a million of
/// quote a bar). FEED_PRICE_INVALID when the first price is below the step or too large.
Result<Listing> listing_of(const ListedProduct& product, const SimulatorOptions& options);

class Simulator {
 public:
  /// Products in ascending order of instrument. Errors: those of listing_of.
  static Result<std::unique_ptr<Simulator>> make(const SimulatorOptions& options,
                                                 const std::vector<ListedProduct>& products);

  enum class Pulled : std::uint8_t { more, wait, end };
  /// Emits at most `max` bars, step by step, within a step by instrument. As Player::pull of the replay feed.
  template <class Now>
  Pulled pull(std::uint64_t max, const bl_sink& sink, Now now_ns, std::int64_t& next_ns) {
    for (std::uint64_t n = 0; n < max; ++n) {
      if (at_ == instruments_.size() && !next_step()) return Pulled::end;
      const std::int64_t close_ns = open_ns_ + options_.interval_ns;
      const bool history = step_ <= options_.history_bars;
      if (pace_.paced() && !history) {
        const std::int64_t now = now_ns();
        const std::int64_t due = pace_.due_ns(close_ns, now);
        if (due > now) {
          next_ns = due;
          return n > 0 ? Pulled::more : Pulled::wait;
        }
      }
      fill((*bars_)[at_], close_ns, history);
      if (sink.event(sink.ctx, &bar_.h) < 0) return Pulled::more;
      ++bar_.h.seq;
      ++at_;
    }
    return Pulled::more;
  }

 private:
  Simulator(const SimulatorOptions& options, const std::vector<Listing>& listings)
      : options_(options),
        market_(options.market, listings),
        pace_(options.speed),
        open_ns_(options.start_ns - options.interval_ns) {}
  bool next_step();
  void fill(const SimBar& b, std::int64_t close_ns, bool history) noexcept;

  SimulatorOptions options_;
  Market market_;
  plugin_common::Pace pace_;
  std::vector<std::uint32_t> instruments_;
  std::vector<Listing> listings_;
  const std::vector<SimBar>* bars_ = nullptr;
  std::size_t at_ = 0;
  std::uint64_t step_ = 0;  ///< number of the step being handed out, from 1
  std::int64_t open_ns_;
  bl_bar bar_{};
};

}  // namespace bowline::feed_simulated
