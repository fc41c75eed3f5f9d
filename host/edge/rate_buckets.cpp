#include "edge/rate_buckets.hpp"

#include <algorithm>

namespace bowline::edge {
namespace {

constexpr std::int64_t second = 1'000'000'000, minute_ns = 60 * second;

std::int64_t whole(std::uint64_t requests) noexcept { return static_cast<std::int64_t>(requests) * second; }

/// How much of `all` an entry must leave; never so much that a full one cannot let it through.
std::uint64_t kept(std::uint64_t all, std::uint32_t cost, bool urgent) noexcept {
  if (urgent || cost > all) return 0;
  return std::min<std::uint64_t>((all * kept_for_urgent_percent + 99) / 100, all - cost);
}

}  // namespace

RateBuckets::RateBuckets(std::vector<RateLimit> classes, std::int64_t now) {
  for (RateLimit& c : classes) {
    Bucket b;
    c.per_second = std::max(c.per_second, 1u);
    if (c.burst == 0) c.burst = c.per_second;
    b.tokens = whole(c.burst);
    b.filled_at = now;
    b.minute = now / minute_ns;
    b.limit = std::move(c);
    buckets_.push_back(std::move(b));
  }
}

bool RateBuckets::possible(std::uint32_t rate_class, std::uint32_t cost) const noexcept {
  if (rate_class >= buckets_.size()) return false;
  const RateLimit& l = buckets_[rate_class].limit;
  return cost <= l.burst && (l.per_hour == 0 || cost <= l.per_hour);
}

void RateBuckets::fill(Bucket& b, std::int64_t now) noexcept {
  if (now > b.filled_at) {
    const std::int64_t rate = b.limit.per_second, most = std::max(whole(b.limit.burst) - b.held, b.tokens);
    const std::int64_t passed = now - b.filled_at;
    b.tokens = passed > (most - b.tokens) / rate ? most : b.tokens + passed * rate;  // the product cannot overflow
    b.filled_at = now;
  }
  const std::int64_t at = now / minute_ns;
  for (; b.minute < at && b.used_in_hour != 0; ) {
    auto& slot = b.used[static_cast<std::size_t>(++b.minute) % minutes];
    b.used_in_hour -= slot;
    slot = 0;
  }
  b.minute = std::max(b.minute, at);
}

std::int64_t RateBuckets::wait_for_tokens(const Bucket& b, std::uint32_t cost, bool urgent, std::int64_t now) noexcept {
  const std::int64_t missing = whole(cost + kept(b.limit.burst, cost, urgent)) - b.tokens;
  const std::int64_t rate = b.limit.per_second;
  return missing <= 0 ? 0 : now + (missing + rate - 1) / rate;
}

std::int64_t RateBuckets::wait_for_hour(const Bucket& b, std::uint32_t cost, bool urgent) noexcept {
  if (b.limit.per_hour == 0) return 0;
  const std::uint64_t allowed = b.limit.per_hour - kept(b.limit.per_hour, cost, urgent);
  if (b.used_in_hour + cost <= allowed) return 0;
  // The oldest minutes leave the hour first.
  std::uint64_t left = b.used_in_hour;
  for (std::int64_t m = b.minute - static_cast<std::int64_t>(minutes) + 1; m <= b.minute; ++m) {
    if (m >= 0) left -= b.used[static_cast<std::size_t>(m) % minutes];
    if (left + cost <= allowed) return (m + static_cast<std::int64_t>(minutes)) * minute_ns;
  }
  return (b.minute + static_cast<std::int64_t>(minutes)) * minute_ns;
}

std::int64_t RateBuckets::take(std::uint32_t rate_class, std::uint32_t cost, bool urgent, std::int64_t now) noexcept {
  Bucket& b = buckets_[rate_class];
  fill(b, now);
  now = std::max(now, b.filled_at);
  const std::int64_t wait = std::max(wait_for_tokens(b, cost, urgent, now), wait_for_hour(b, cost, urgent));
  if (cost == 0) return 0;
  if (wait != 0) return wait;
  b.tokens -= whole(cost);
  b.used[static_cast<std::size_t>(b.minute) % minutes] += cost;
  b.used_in_hour += cost;
  return 0;
}

void RateBuckets::hold(std::uint32_t rate_class, std::uint32_t cost) noexcept { buckets_[rate_class].held += whole(cost); }

void RateBuckets::release(std::uint32_t rate_class, std::uint32_t cost, std::int64_t now) noexcept {
  Bucket& b = buckets_[rate_class];
  fill(b, now);
  b.held = std::max<std::int64_t>(b.held - whole(cost), 0);
}

}  // namespace bowline::edge
