// What goes wrong with a venue, drawn by lot: lost answers, refused cancels, fills that are told late, twice
// or never. Pure functions of (seed, order, moment, purpose): the same order meets the same luck in every
// run.
#pragma once

#include <cstdint>
#include <string>

#include "order.hpp"

namespace bowline::broker_mock {

/// All off by default. Meanings in README.md, "When things go wrong".
struct FaultOptions {
  double timeout_probability = 0, timeout_lost_share = 0;
  double cancel_reject_probability = 0;
  double duplicate_fill_probability = 0, late_fill_probability = 0, lost_fill_probability = 0;
  double late_ack_probability = 0, disconnect_probability = 0;
  std::int64_t late_fill_delay_ns = 0, late_ack_delay_ns = 0, disconnect_duration_ns = 0;
  bool disconnect_replays = false;

  /// True when what the venue says may reach the host otherwise than at once and in order.
  bool distort_telling() const noexcept {
    return duplicate_fill_probability > 0 || late_fill_probability > 0 || lost_fill_probability > 0 ||
           late_ack_probability > 0 || disconnect_probability > 0;
  }
};

/// What a lot is drawn for. The numbers are part of what a seed means: they never change.
enum class Draw : std::uint64_t {
  reject = 0,
  partial = 1,
  partial_share = 2,
  cancel_reject = 3,
  timeout_submit = 4,
  lost_submit = 5,
  timeout_cancel = 6,
  lost_cancel = 7,
  timeout_amend = 8,
  lost_amend = 9,
  duplicate_fill = 10,
  late_fill = 11,
  lost_fill = 12,
  late_ack = 13,
  disconnect = 14,
};

/// True with the given probability.
bool hits(std::uint64_t seed, const std::string& key, std::int64_t time_ns, Draw what,
          double probability) noexcept;

/// How a request travels: there and its answer back; there, but the answer is lost; not even there.
enum class Carriage : std::uint8_t { sound, silent, lost };
Carriage carriage_of(const FaultOptions& f, std::uint64_t seed, const std::string& key, std::int64_t now_ns,
                     Draw timeout, Draw lost) noexcept;

/// How a fill will be told. One lot per kind; of several that hit, never beats late beats twice.
Fate fate_of(const FaultOptions& f, std::uint64_t seed, const std::string& key, std::int64_t ts_ns) noexcept;

}  // namespace bowline::broker_mock
