// The rate budget of one venue: a token bucket and an hourly quota per class of requests, with a share of both that only
// exits and cancels may use.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace bowline::edge {

/// What a venue lets through of one class.
struct RateLimit {
  std::string name{};
  std::uint32_t per_second = 10;
  std::uint32_t burst = 10;    ///< at once out of a full bucket; 0 counts as per_second
  std::uint32_t per_hour = 0;  ///< in any 60 minutes; 0 = no hourly quota
};

/// A fifth of each burst and of each hour is kept for urgent requests.
inline constexpr std::uint32_t kept_for_urgent_percent = 20;

/// Not thread-safe. Times are ns of any clock that does not go back; one that does moves nothing.
class RateBuckets {
 public:
  /// Buckets begin full.
  RateBuckets(std::vector<RateLimit> classes, std::int64_t now);

  std::size_t classes() const noexcept { return buckets_.size(); }
  /// Whether a request of that cost can ever be let through.
  bool possible(std::uint32_t rate_class, std::uint32_t cost) const noexcept;
  /// 0: it is charged, and may go. Else nothing is charged, and the time when to ask again. possible() must hold.
  std::int64_t take(std::uint32_t rate_class, std::uint32_t cost, bool urgent, std::int64_t now) noexcept;
  /// What take() has charged does not go yet: until it does, with release(), the bucket does not fill up beyond what it would hold
  /// beside it. Both ask for a class that there is.
  void hold(std::uint32_t rate_class, std::uint32_t cost) noexcept;
  void release(std::uint32_t rate_class, std::uint32_t cost, std::int64_t now) noexcept;

 private:
  static constexpr std::size_t minutes = 61;  // whole ones, so that any 60 minutes lie within
  struct Bucket {
    RateLimit limit;
    std::int64_t tokens = 0, held = 0;  // in 10^-9 of a request
    std::int64_t filled_at = 0;
    std::array<std::uint64_t, minutes> used{};  // by minute, a ring
    std::int64_t minute = 0;                    // the newest
    std::uint64_t used_in_hour = 0;
  };
  std::vector<Bucket> buckets_;

  static void fill(Bucket& b, std::int64_t now) noexcept;
  static std::int64_t wait_for_tokens(const Bucket& b, std::uint32_t cost, bool urgent, std::int64_t now) noexcept;
  static std::int64_t wait_for_hour(const Bucket& b, std::uint32_t cost, bool urgent) noexcept;
};

}  // namespace bowline::edge
