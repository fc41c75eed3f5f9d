// The ramp of a run's first days (trading rules 6): how much the entries of a UTC day may be worth, and how many of them may
// be ordered. It lies below the floor's own limits and binds entries alone. Only an operator raises it: a configuration that
// says more than before does not, one that says less takes it down. Values in, values out; what it decides is written down by
// its caller.
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "core/types.hpp"
#include "store/live_rows.hpp"

namespace bowline::services {

struct RampLimits {
  Decimal usd_per_day = Decimal::not_set();  ///< quote currency; not set = not bounded
  std::uint32_t orders_per_day = 0;          ///< 0 = not bounded
  bool any() const noexcept { return usd_per_day.is_set() || orders_per_day != 0; }
  bool operator==(const RampLimits&) const = default;
};

/// Whether `b` lets through what `a` does not, by amount or by number.
bool loosens(const RampLimits& a, const RampLimits& b) noexcept;
/// Of both the stricter, each number for itself.
RampLimits stricter(const RampLimits& a, const RampLimits& b) noexcept;
/// "5000 and 20 orders a day", for the audit; a log shows no amount.
std::string words(const RampLimits& limits);

/// An operator's word: the ramp as it shall be, whole.
struct RampRequest {
  RampLimits wanted;
  std::string reason, principal, request_id;
};

class Ramp {
 public:
  explicit Ramp(RampLimits configured) : configured_(configured), stands_(configured) {}

  const RampLimits& limits() const noexcept { return stands_; }
  const RampLimits& configured() const noexcept { return configured_; }
  const std::string& who() const noexcept { return who_; }
  const std::string& why() const noexcept { return why_; }
  const std::string& request() const noexcept { return request_; }
  core::Nanos since() const noexcept { return since_; }

  /// One entry was ordered. Of an earlier day than the newest it counts nothing.
  void count(core::Nanos at) noexcept;
  /// Entries ordered in the UTC day of `now`.
  std::uint32_t orders(core::Nanos now) const noexcept;

  /// What an earlier process wrote down.
  void restore(const store::RampRow& row, core::Nanos at);
  /// Once, after the last row of an earlier process: what the configuration begins with, or takes down. Gives the row to be
  /// written; none: nothing is new.
  std::optional<store::RampRow> begin(core::Nanos now);
  /// Whether the configuration would let more through than the ramp that stands.
  bool configuration_says_more() const noexcept { return loosens(stands_, configured_); }
  /// What an operator orders stands from here on. Gives its row.
  store::RampRow set(const RampRequest& q, core::Nanos now);

 private:
  RampLimits configured_, stands_;
  std::optional<RampLimits> before_;  // what the configuration said as the last row was written; none: there is no row
  std::string who_ = "host", why_ = "the configuration begins so", request_;
  core::Nanos since_ = 0;
  core::Nanos day_ = -1;
  std::uint32_t orders_ = 0;

  store::RampRow row() const;
};

}  // namespace bowline::services
