// Times of the stream as nanoseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::coinbase {

/// RFC 3339 ("2026-04-07T14:30:00.123456Z", any number of decimals, Z or an offset) -> ns since the epoch, UTC; decimals
/// beyond the ninth are cut. 0 for what the venue writes where it has no time: "", "0001-01-01T00:00:00Z",
/// "1970-01-01T00:00:00Z", and anything before 1970. nullopt: no such text, or after 2261.
std::optional<std::int64_t> read_stream_time(std::string_view text) noexcept;

/// The same, quick for a text that was read just before: the entries of one frame mostly bear one time.
class TimeReader {
  std::string last_;
  std::int64_t last_ns_ = 0;

 public:
  std::optional<std::int64_t> read(std::string_view text);
};

}  // namespace bowline::coinbase
