// An amendment of an order as an operator asks for it, and what is answered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/order.hpp"
#include "core/records.hpp"

namespace bowline::services {

/// PATCH /orders/{id}, already read from JSON.
struct AmendRequest {
  core::ClientOrderId order;
  core::Terms terms;  ///< what shall be otherwise; not set (the end: 0): as it is
  bool dry_run = false;
  std::string reason, key, principal, request_id;
};

struct AmendAnswer {
  core::ClientOrderId order;
  std::vector<core::CheckRecord> checks;
  bool replayed = false;  ///< the same key and body were answered before: nothing was asked for again
};

/// What has become of an amendment, as far as is known now.
enum class AmendOutcome : std::uint8_t {
  pending,   ///< the venue has not answered: either terms may be in force
  in_force,
  refused    ///< the order is as it was, or has been amended otherwise since, or has ended before
};
std::string_view to_string(AmendOutcome) noexcept;
AmendOutcome outcome_of(const core::Order& order, const core::Terms& asked) noexcept;

}  // namespace bowline::services
