// How many requests a client may send: a bucket for each API key that refills evenly, one for each address that asks for what is public,
// and a quota by the hour.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "exchange/face/replies.hpp"

namespace bowline::exchange {

/// Requests; 0 = no limit.
struct RateLimits {
  std::int64_t per_second_key = 30, per_second_address = 10;
  std::int64_t per_hour_key = 0;  ///< in each hour since the first request in it
  bool headers = true;            ///< x-ratelimit-limit, -remaining, -reset with every answer
  ResetUnit reset = ResetUnit::seconds_left;
};

class RateGate {
 public:
  explicit RateGate(const RateLimits& limits) : limits_(limits) {}

  struct Word {
    bool let_in = true;
    std::int64_t limit = 0;      ///< of the limit that is nearest to its end; 0 = there is none
    std::int64_t remaining = 0;  ///< requests that it lets in now, this one not counted
    std::int64_t reset_s = 0;    ///< whole seconds until it is as at the beginning
  };
  /// One request of this key, or, where it is empty, of this address.
  Word ask(std::string_view key, std::string_view address, std::int64_t now_ns);
  const RateLimits& limits() const noexcept { return limits_; }

 private:
  struct Bucket {
    std::int64_t used = 0, at_ns = 0;     ///< billionths of a request that are used up, as of then
    std::int64_t hour = 0, hour_ns = -1;  ///< requests in the hour that began then
  };
  RateLimits limits_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

/// The answer to a request that is not let in.
WebReply too_many();
/// Adds the headers that the limits are told with, at `now_ns` of the venue's clock.
void tell_limits(const RateGate::Word& word, ResetUnit unit, std::int64_t now_ns, WebReply& reply);

}  // namespace bowline::exchange
