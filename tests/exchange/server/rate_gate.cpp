#include "exchange/server/rate_gate.hpp"

#include <algorithm>

namespace bowline::exchange {
namespace {

constexpr std::int64_t one = 1'000'000'000, hour_ns = 3600 * one;
constexpr std::size_t most_buckets = 100'000;

}  // namespace

RateGate::Word RateGate::ask(std::string_view key, std::string_view address, std::int64_t now_ns) {
  const bool by_key = !key.empty();
  const std::int64_t rate = by_key ? limits_.per_second_key : limits_.per_second_address;
  const std::int64_t quota = by_key ? limits_.per_hour_key : 0;
  if (rate == 0 && quota == 0) return {};
  const std::string name = (by_key ? "key " : "address ") + std::string(by_key ? key : address);
  auto it = buckets_.find(name);
  if (it == buckets_.end()) {
    if (buckets_.size() >= most_buckets) buckets_.clear();
    it = buckets_.emplace(name, Bucket{.at_ns = now_ns}).first;
  }
  Bucket& b = it->second;
  Word word;
  if (quota != 0) {
    if (b.hour_ns < 0 || now_ns - b.hour_ns >= hour_ns) {
      b.hour_ns = now_ns;
      b.hour = 0;
    }
    word = {b.hour < quota, quota, std::max<std::int64_t>(quota - b.hour - 1, 0), (b.hour_ns + hour_ns - now_ns + one - 1) / one};
  }
  if (rate != 0) {
    const std::int64_t passed = std::clamp<std::int64_t>(now_ns - b.at_ns, 0, one);  // after a second nothing is left of it
    b.used = std::max<std::int64_t>(b.used - passed * rate, 0);
    b.at_ns = std::max(b.at_ns, now_ns);
    const std::int64_t left = (rate * one - b.used) / one;
    if (word.let_in && (word.limit == 0 || left <= word.remaining)) word = {left > 0, rate, std::max<std::int64_t>(left - 1, 0), 1};
  }
  if (!word.let_in) return word;
  ++b.hour;
  if (rate != 0) b.used += one;
  return word;
}

WebReply too_many() {
  WebReply r = too_many_requests();
  r.note = "rate limit";
  return r;
}

void tell_limits(const RateGate::Word& word, ResetUnit unit, std::int64_t now_ns, WebReply& reply) {
  if (word.limit == 0) return;
  put_rate_headers(reply, word.limit, word.remaining, now_ns + word.reset_s * one, now_ns, unit);
}

}  // namespace bowline::exchange
