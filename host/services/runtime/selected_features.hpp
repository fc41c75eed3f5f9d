// A selection of features as the frames of a signal instance.
#pragma once

#include <bowline/result.hpp>
#include <memory>
#include <span>
#include <string_view>

#include "services/signal_generator/signal_port.hpp"

namespace bowline::services {

/// What RunFacts::select is in a run: a set of the features of these names, in this order. Errors: FEATURE_UNKNOWN,
/// FEATURE_DUPLICATE.
Result<std::unique_ptr<FrameSource>> select_features(std::span<const std::string_view> names);

}  // namespace bowline::services
