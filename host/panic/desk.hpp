// The venue as this program works at it, and its time; and how what went wrong is told and ended with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "panic/alone.hpp"
#include "panic/venue_config.hpp"
#include "services/stand_in/stand_in_clock.hpp"
#include "services/stand_in/venue_line.hpp"
#include "store/lock_holder.hpp"

namespace bowline::panic {

std::int64_t wall_ns();
std::int64_t steady_ns();

/// The exit code that an error ends the process with.
int exit_of(const Error& why);
/// Nothing was done, and why.
Outcome refused(Error why, int code);
/// Who has the journal, in words: "process 12 (bowline)".
std::string name_of(const store::LockHolder& holder);

services::VenueLine::Options line_options(const Command& c, const VenueConfig& from);
/// Whether engine time is the wall's.
bool real_time(const config::RunConfig& config);

/// The venue and its time, whatever is done with them.
class Desk {
 public:
  /// The first two are borrowed. `heard`: gets what the venue says, in order. `within_s`: until enough(); 0: never.
  Desk(services::VenueLine& line, services::StandInClock& clock, std::function<void(const bl_event&)> heard, std::int64_t within_s);

  /// What the venue says may be of a later time: what it is asked next must not be of an earlier one.
  void turn(core::Nanos now);
  /// A fifth of a second. What the venue says meanwhile is heard, and what it asked for is done.
  void wait();
  /// Its time is up.
  bool enough() const;

 private:
  services::VenueLine& line_;
  services::StandInClock& clock_;
  std::function<void(const bl_event&)> heard_;
  std::int64_t until_;
};

}  // namespace bowline::panic
