#include "services/stand_in/stand_in_clock.hpp"

#include <algorithm>

namespace bowline::services {
namespace {
constexpr core::Nanos second = 1'000'000'000;
}

core::Nanos StandInClock::passed() const {
  const std::int64_t gone = std::max<std::int64_t>(0, p_.steady_ns() - started_);
  return gone - gone % second;
}

core::Nanos StandInClock::now() {
  core::Nanos t = from_ + passed();
  if (real_) {
    const std::int64_t wall = p_.wall_ns();
    t = std::max(from_, wall - wall % second);
  }
  last_ = std::max(last_, t);
  return last_;
}

void StandInClock::heard(core::Nanos at) {
  if (!real_ && at > from_ + passed()) from_ = at - passed();
}

}  // namespace bowline::services
