// Who owns the protection of a position: the venue, where its stop rests, or the host, which watches it (trading rules 3.3).
#pragma once

#include <vector>

#include "core/resting_stop.hpp"

namespace bowline::services {

struct StopPolicy {
  bool at_venue = false;       ///< a stop rests at the venue where the product allows it
  core::VenueStops can{};      ///< what the venue's plugin says that it holds (bl_broker_v1.caps)
  core::Nanos fill_within = 30'000'000'000;  ///< one whose price was reached and that has not filled by then goes up the exit ladder
};

/// The protective owner of one position. The venue is it exactly while an order of ours that rests as its stop is acknowledged
/// there: said by the order itself, which the journal has, so that no second record can say otherwise.
enum class StopOwner : std::uint8_t { none, host, venue };

/// What execution remembers of one product's resting stop beside the order itself.
struct RestingStop {
  core::Nanos placed = 0;       ///< when the last one was made
  core::Nanos not_before = 0;   ///< an operator sells what it would hold: no new one earlier
  core::Nanos cancel_tried = 0; ///< when its cancel was asked for last, taken or not
  core::Nanos unrested = -1;    ///< since when none rests that should; -1 = it does
  std::uint32_t refused = 0;    ///< in a row: each makes the next try later
  bool sale_waits = false;      ///< its cancel was asked for because of a sale, which is made when it has ended
  bool look = false;            ///< something happened that it has to follow
  bool told = false;            ///< that it does not rest
};

}  // namespace bowline::services
