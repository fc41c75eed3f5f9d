// Why a target became an order or did not: the code of each sizing, in records, the summary and the metrics.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "core/records.hpp"

namespace bowline::services {

/// The host's own codes, shared: millions of records name them. A refusal of the floor or of a risk rule brings its own.
struct SizingCodes {
  core::SharedText order, at_target, below_min, working, flat, dust, no_mark, equity, journal, blocked, locked, drift_cap, given_up, may_come, negative;
  static const SizingCodes& get();
};

/// The same codes with what they mean, for the documentation.
std::span<const std::pair<std::string_view, std::string_view>> sizing_codes() noexcept;

}  // namespace bowline::services
