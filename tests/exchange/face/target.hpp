// The request line's target, taken apart: the segments of its path and the parameters of its query.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

namespace bowline::exchange {

/// Parameters are asked for by their snake_case name and found under the lowerCamelCase one, too, as the gateway takes them. The first
/// fault is kept, with Coinbase's text for it ("limit argument is invalid").
class Query {
 public:
  Query() = default;
  explicit Query(std::vector<std::pair<std::string, std::string>> fields) : fields_(std::move(fields)) {}

  /// The first value; "" when it is not there.
  std::string text(std::string_view key) const;
  /// All values of a key that can be repeated, without empty ones.
  std::vector<std::string> all(std::string_view key) const;
  /// A whole number >= 0; none: not there, or "".
  std::optional<std::int64_t> whole(std::string_view key);
  /// "true", "True" or "1", and their opposites; false when it is not there.
  bool flag(std::string_view key);
  /// RFC 3339 -> nanoseconds since 1970.
  std::optional<std::int64_t> time(std::string_view key);
  std::optional<Decimal> decimal(std::string_view key);

  /// Keeps "KEY argument is invalid", unless there is a fault already.
  void refuse(std::string_view key);
  const std::optional<Error>& fault() const noexcept { return fault_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
  std::optional<Error> fault_;
};

struct Target {
  std::string_view path;  ///< as sent, without the query: what a token signs. It points into the text that was split
  std::vector<std::string> segments;  ///< decoded
  Query query;
};
/// None of what no client should send: no slash in front, blanks or control characters, a broken %-code.
std::optional<Target> split_target(std::string_view target);

}  // namespace bowline::exchange
