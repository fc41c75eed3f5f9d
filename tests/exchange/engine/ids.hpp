// Ids that look like random UUIDs and follow from a seed and a counter alone. The counter can be read back from the id, so that no
// table of ids is needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::exchange {

/// What an id is of. One counter value gives another id for each kind.
enum class IdKind : std::uint8_t { order = 1, fill, trade, user, account };

class Ids {
 public:
  explicit Ids(std::uint64_t seed) noexcept : seed_(seed) {}
  std::uint64_t seed() const noexcept { return seed_; }
  /// The id of number `n`, below 2^60, in the form of a version 4 UUID: 36 characters, lower case.
  std::string text(IdKind kind, std::uint64_t n) const;
  /// The number whose id this is; nothing when text() makes it for no number of that kind. Upper case is taken too.
  std::optional<std::uint64_t> number(IdKind kind, std::string_view id) const;

 private:
  std::uint64_t seed_;
};

}  // namespace bowline::exchange
