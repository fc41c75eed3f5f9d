#include "options.hpp"

namespace bowline::feed_coinbase {
namespace {

Result<std::string> url_of(const plugin_common::Json& params, const char* name, std::string_view secure, std::string_view plain) {
  std::string url = params.at(name).get<std::string>();
  while (url.ends_with('/')) url.pop_back();
  const std::size_t rest = url.starts_with(secure) ? secure.size() : url.starts_with(plain) ? plain.size() : 0;
  const std::string_view host = std::string_view(url).substr(rest);
  if (rest == 0 || host.empty() || host.find_first_of("/?#@ ") != std::string_view::npos)
    return Error{"FEED_URL", std::string(name) + ": " + std::string(secure) + "host[:port] is wanted, without a path"};
  return url;
}

}  // namespace

std::string FeedOptions::authority() const { return rest.substr(rest.find("://") + 3); }

Result<FeedOptions> feed_options(const plugin_common::Json& p) {
  FeedOptions o;
  if (p.at("interval").get<std::int64_t>() != interval_ns)
    return Error{"FEED_INTERVAL", "interval: the venue's stream tells bars of 5m, and no others can be acted on in time: set the run's interval to 5m"};
  auto rest = url_of(p, "rest_url", "https://", "http://");
  if (!rest) return rest.error();
  auto stream = url_of(p, "stream_url", "wss://", "ws://");
  if (!stream) return stream.error();
  o.rest = std::move(*rest);
  o.stream = std::move(*stream);
  o.key = p.at("key").get<std::string>();
  o.grace_ns = p.at("grace").get<std::int64_t>();
  o.settle_ns = p.at("settle").get<std::int64_t>();
  o.hold_ns = p.at("hold").get<std::int64_t>();
  o.warmup_wait_ns = p.at("warmup_wait").get<std::int64_t>();
  o.silence_ns = p.at("silence").get<std::int64_t>();
  o.quiet_ns = p.at("quiet").get<std::int64_t>();
  o.compare_after_ns = p.at("compare_after").get<std::int64_t>();
  o.history = p.at("history").get<std::int64_t>();
  o.requests_per_second = p.at("requests_per_second").get<std::uint32_t>();
  o.quotes_per_second = p.at("quotes_per_second").get<int>();
  const std::string quotes = p.at("quotes").get<std::string>();
  o.quotes = quotes == "ticker" ? QuoteSource::ticker : quotes == "none" ? QuoteSource::none : QuoteSource::level2;
  o.empty = p.at("empty").get<std::string>() == "skip" ? coinbase::EmptyBuckets::skip : coinbase::EmptyBuckets::flat;
  o.seed = p.at("seed").get<std::uint64_t>();
  return o;
}

}  // namespace bowline::feed_coinbase
