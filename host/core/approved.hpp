// Types that can only be made by the check they name. An order leaves only as Recorded<RiskApproved<Intent>>: without
// the chain (or the exit floor) and the journal there is no such value, and the broker edge takes nothing else.
#pragma once

#include <utility>

namespace bowline::store {
class Journal;
}

namespace bowline::core {

template <class T>
class RiskApproved {
  T value_;
  explicit RiskApproved(T v) : value_(std::move(v)) {}
  friend class RiskChain;  // the two makers
  friend class ExitFloor;

 public:
  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }
};

template <class T>
class Recorded {
  T value_;
  explicit Recorded(T v) : value_(std::move(v)) {}
  friend class ::bowline::store::Journal;  // the one maker

 public:
  const T& operator*() const noexcept { return value_; }
  const T* operator->() const noexcept { return &value_; }
};

}  // namespace bowline::core
