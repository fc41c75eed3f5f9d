// Engine time of who stands in for a host that is dead: it goes on where the journal ends, in whole seconds, as a host's ticks do.
#pragma once

#include <cstdint>
#include <functional>

#include "core/types.hpp"

namespace bowline::services {

class StandInClock {
 public:
  struct Parts {
    std::function<std::int64_t()> wall_ns, steady_ns;
  };
  /// `from`: what the journal knows last. `real`: engine time is the wall's; else only as much passes as passes here, since the
  /// time of a replay or a simulation is another one.
  StandInClock(Parts parts, core::Nanos from, bool real) : p_(std::move(parts)), from_(from), real_(real), started_(p_.steady_ns()) {}

  /// Never before `from`, nor before what it was.
  core::Nanos now();
  /// The venue knows of a later time: where time is not real it has been there.
  void heard(core::Nanos at);

 private:
  Parts p_;
  core::Nanos from_;
  bool real_;
  std::int64_t started_;
  core::Nanos last_ = 0;
  core::Nanos passed() const;
};

}  // namespace bowline::services
