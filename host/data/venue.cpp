#include "data/venue.hpp"

#include <algorithm>
#include <utility>

#include "data/interval.hpp"

namespace bowline::data {
namespace {

constexpr std::int64_t second = 1'000'000'000, longest_asked_wait_s = 120;
constexpr int unreadable_attempts = 3, tls_attempts = 2;

struct Failure {
  Error error;
  int attempts;  // so many make no sense beyond
};

/// What an answer that is not 200 means; nullopt: it is 200.
std::optional<Failure> failure_of(const WebAnswer& a, int attempts) {
  if (a.status == 200) return std::nullopt;
  if (a.status == 0) {
    // A certificate that is not trusted will not be trusted a minute later.
    const int most = a.error.code == "EDGE_TLS" ? tls_attempts : a.error.code == "EDGE_BAD_URL" ? 1 : attempts;
    return Failure{{"DATA_VENUE_UNREACHABLE", "the venue gave no answer: " + a.error.code + ": " + a.error.message}, std::min(most, attempts)};
  }
  const std::string said = venue_message(a.body), status = std::to_string(a.status) + (said.empty() ? "" : " (" + said + ")");
  if (a.status == 429) return Failure{{"DATA_VENUE_BUSY", "the venue is asked too often, it says: " + status + "; a lower --rate may help"}, attempts};
  if (a.status >= 500) return Failure{{"DATA_VENUE_FAILED", "the venue answers with an error of its own: " + status}, attempts};
  if (a.status == 404) return Failure{{"DATA_PRODUCT_UNKNOWN", "the venue does not know what was asked for: " + status}, 1};
  return Failure{{"DATA_VENUE_REFUSED", "the venue refuses the request: " + status}, 1};
}

Error interrupted() { return {"DATA_INTERRUPTED", "told to stop: what is there is kept, and the same command goes on from there"}; }

}  // namespace

bool is_product(std::string_view s) noexcept {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return s.size() >= 3 && s.size() <= 64 && letter(s.front()) &&
         std::all_of(s.begin(), s.end(), [&](char c) { return letter(c) || c == '-' || c == '.'; });
}

Venue::Venue(VenueWorld world, const VenueOptions& options)
    : world_(std::move(world)), options_(options), pace_(options.apart_ns), backoff_(options.seed, options.first_wait_ns, options.most_wait_ns) {}

template <class T>
Result<T> Venue::ask(const std::string& target, const std::function<Result<T>(const std::string& body)>& read) {
  backoff_.reset();
  for (int tries = 1;; ++tries) {
    if (!world_.sleep(pace_.wait_ns(world_.steady_ns())) || world_.stopped()) return interrupted();
    ++requests_;
    const WebAnswer answer = world_.get(target);
    if (world_.stopped() && answer.status == 0) return interrupted();
    auto failed = failure_of(answer, options_.attempts);
    if (!failed) {
      auto value = read(answer.body);
      if (value || value.error().code == "DATA_REPLY_CANDLE") return value;
      failed = Failure{value.error(), std::min(unreadable_attempts, options_.attempts)};
    }
    if (tries >= failed->attempts) {
      if (tries > 1) failed->error.message += "; " + std::to_string(tries) + " attempts";
      return failed->error;
    }
    std::int64_t wait = backoff_.next();
    if (answer.retry_after_s) wait = std::max(wait, std::clamp(*answer.retry_after_s, std::int64_t{0}, longest_asked_wait_s) * second);
    if (world_.on_wait) world_.on_wait(failed->error.code + ": " + failed->error.message, wait);
    if (!world_.sleep(wait)) return interrupted();
    ++retries_;
  }
}

Result<CandlePage> Venue::candles(const std::string& product, std::int64_t step, Range asked) {
  const auto name = granularity(step);
  if (!name || !is_product(product) || asked.empty()) return Error{"DATA_INTERVAL_INVALID", "the venue has candles of " + granularities() + " alone"};
  // Both ends are opens, and the last one counts.
  const std::string target = "/api/v3/brokerage/market/products/" + product + "/candles?start=" + std::to_string(asked.from_s) +
                             "&end=" + std::to_string(asked.to_s - step) + "&granularity=" + std::string(*name) + "&limit=350";
  return ask<CandlePage>(target, [&](const std::string& body) { return parse_candle_page(body, asked, step, options_.on_bad); });
}

Result<std::int64_t> Venue::time() {
  return ask<std::int64_t>("/api/v3/brokerage/time", [](const std::string& body) { return parse_venue_time(body); });
}

}  // namespace bowline::data
