// The broker edge as trade-execution sees it. The only way in for an order is a value that proves it was judged and
// recorded.
#pragma once

#include <algorithm>
#include <bowline/result.hpp>
#include <span>

#include "core/amendment.hpp"
#include "core/approved.hpp"
#include "core/intent.hpp"

namespace bowline::services {

/// What handing over came to (trading rules 2.3).
enum class HandOver : std::uint8_t {
  taken,    // the broker has it; its fate arrives as events
  denied,   // refused on this side: no byte was written
  unknown   // may be live: ask the venue
};

/// Whether the broker only had no room now (its rate budget, a full queue): no byte was written, and the same may be said again
/// in a moment. Carried in the error's details by who calls the plugin.
inline bool says_again(const Error& why) {
  return std::any_of(why.details.begin(), why.details.end(), [](const auto& d) { return d.first == "again"; });
}
inline Error again(Error why) {
  why.details.emplace_back("again", "in a moment");
  return why;
}

class BrokerPort {
 public:
  virtual ~BrokerPort() = default;
  virtual HandOver submit(const core::Recorded<core::RiskApproved<core::Intent>>& order, Error& why) = 0;
  /// Whether the venue's plugin knows amends at all.
  virtual bool can_amend() const noexcept { return false; }
  /// `order`: how the venue knows the order that shall be as wanted from now on.
  virtual HandOver amend(const bl_order_ref& /*order*/, const core::Recorded<core::RiskApproved<core::Amendment>>& /*wanted*/, Error& why) {
    why = Error{"AMEND_UNSUPPORTED", "the venue's plugin can't amend an order"};
    return HandOver::denied;
  }
  /// Cancels go before any queued submit.
  virtual Result<void> cancel(std::span<const bl_order_ref> orders) = 0;
  virtual Result<void> query(const bl_query& query) = 0;
  /// Market data and timers, for brokers that follow them (simulated venues).
  virtual Result<void> on_event(const bl_event& event) = 0;
  /// Lets a broker that asked for it run its wake-up; true when there was one.
  virtual bool wake() = 0;
};

}  // namespace bowline::services
