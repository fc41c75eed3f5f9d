// Times as the API writes and reads them. Nanoseconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::exchange {

/// What the API writes for a time that is none.
inline constexpr std::string_view no_time = "0001-01-01T00:00:00Z";

/// "2024-01-15T10:05:00.123456Z": 0, 3, 6 or 9 digits behind the second, as many as it takes. `ns` is not negative.
std::string rfc3339(std::int64_t ns);
/// Go's notation of a time and of how long the process runs: "2023-06-23 20:31:56.121961769 +0000 UTC m=+91717.525857105".
std::string go_time(std::int64_t ns, std::int64_t running_ns);
/// RFC 3339 with Z or an offset, up to 9 digits behind the second. What lies before 1970 is 0, what lies too far ahead the largest time.
/// None of anything else.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace bowline::exchange
