// Points in time as the API writes them: "2024-01-15T10:05:00.351596698Z".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::coinbase {

/// RFC 3339 -> ns since 1970: any number of digits behind the second (what is finer than a ns is cut), Z or an offset. nullopt: another
/// form, no such day, or outside of 1970 to 2261.
std::optional<std::int64_t> parse_rfc3339(std::string_view s) noexcept;

/// UTC with Z; with 9 digits behind the second only when they are not all zero. Of a time at or after 1970.
std::string format_rfc3339(std::int64_t ns);

}  // namespace bowline::coinbase
