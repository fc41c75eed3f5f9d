// From params to limits.
#pragma once

#include <functional>
#include <string>

#include <bowline/result.hpp>

#include "common/shell.hpp"
#include "limits.hpp"

namespace bowline::risk_limits {

/// Reads params that the schema has passed. `instrument_of` gives the number of a symbol, 0 for none. Errors
/// name the param.
Result<Limits> read_limits(const plugin_common::Json& params,
                           const std::function<std::uint32_t(const std::string&)>& instrument_of);

}  // namespace bowline::risk_limits
