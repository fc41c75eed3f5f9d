// Request bodies and parameters, read strictly.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "edge/message.hpp"

namespace bowline::edge {

/// The body as a JSON object. Errors (answer with 400): JSON_MALFORMED (with the byte offset; never the
/// text), JSON_DUPLICATE_KEY, JSON_NOT_OBJECT, JSON_TOO_DEEP. An empty body is JSON_MALFORMED.
Result<nlohmann::json> json_object(const Request& request);

/// A query parameter as an integer within [min, max]. Absent: nullopt. Error PARAM_INVALID names key and
/// limits.
Result<std::optional<std::int64_t>> query_int(const Request& request, std::string_view key, std::int64_t min,
                                              std::int64_t max);

}  // namespace bowline::edge
