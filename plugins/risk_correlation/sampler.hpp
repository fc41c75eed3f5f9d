// From bars to rows of returns: one logarithmic return per instrument between two moments that lie one
// interval apart, all instruments at the same moment. What is missing stays missing: a gap is no return of 0,
// which would make two products look less alike than they are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace bowline::risk_correlation {

/// A return in units of 10^-9, or that there is none.
inline constexpr std::int64_t missing = std::numeric_limits<std::int64_t>::min();

class Sampler {
  struct One {
    double last = 0, now = 0;  ///< close at the end of the interval before, and of this one; 0 = none
    std::int64_t last_ns = 0;
  };
  std::vector<One> all_;
  std::vector<std::int64_t> row_;
  std::int64_t interval_ns_ = 1, pending_ns_ = 0, done_ns_ = 0;
  std::size_t here_ = 0;  ///< instruments with a close at pending_ns_

  static constexpr double unit = 1e9, most = 7;  // e^7: a thousandfold; no more is believed of one interval

 public:
  Sampler() = default;
  Sampler(std::size_t instruments, std::int64_t interval_ns)
      : all_(instruments), row_(instruments, missing), interval_ns_(interval_ns) {}

  /// A final bar of instrument `i` (from 0), price above 0. Calls `done(row)` when a moment is over: all
  /// instruments have told their close, or a later bar came. Bars of moments that are over are ignored.
  template <class F>
  void take(std::size_t i, std::int64_t close_ns, double close, F&& done) {
    if (pending_ns_ != 0 && close_ns > pending_ns_) finish(done);
    if (close_ns <= done_ns_ || close_ns % interval_ns_ != 0) return;
    if (pending_ns_ == 0) pending_ns_ = close_ns;
    if (close_ns != pending_ns_ || all_[i].now > 0) return;
    all_[i].now = close;
    if (++here_ == all_.size()) finish(done);
  }

 private:
  template <class F>
  void finish(F& done) {
    bool any = false;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      One& o = all_[i];
      row_[i] = missing;
      if (o.now > 0) {
        if (o.last > 0 && o.last_ns == pending_ns_ - interval_ns_) {
          row_[i] = std::llround(std::clamp(std::log(o.now / o.last), -most, most) * unit);
          any = true;
        }
        o.last = o.now;
        o.last_ns = pending_ns_;
        o.now = 0;
      }
    }
    done_ns_ = pending_ns_;
    pending_ns_ = 0;
    here_ = 0;
    if (any) done(row_);
  }
};

}  // namespace bowline::risk_correlation
