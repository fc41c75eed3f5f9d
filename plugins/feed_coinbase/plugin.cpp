#include "plugin.hpp"

#include <algorithm>

namespace bowline::feed_coinbase {
namespace {

constexpr std::uint64_t only_timer = 1;

Result<std::unique_ptr<coinbase::TokenMaker>> tokens_of(const Host& host, const std::string& key) {
  if (key.empty()) return std::unique_ptr<coinbase::TokenMaker>();
  auto text = host.secret(key);
  if (!text) return text.error();
  auto credentials = coinbase::Credentials::from_key_file(*text);
  std::fill(text->begin(), text->end(), '\0');
  if (!credentials) return credentials.error();
  return std::make_unique<coinbase::TokenMaker>(std::move(*credentials), [&host] { return host.now_ns() / 1'000'000'000; }, coinbase::random_nonce);
}

}  // namespace

Result<void> Plugin::configure(const plugin_common::Json& params) {
  auto options = feed_options(params);
  if (!options) return options.error();
  auto tokens = tokens_of(host_, options->key);
  if (!tokens) return tokens.error();
  options_ = std::move(*options);
  tokens_ = std::move(*tokens);
  class_ = {plugin_common::str("market"), options_.requests_per_second, options_.requests_per_second, 0, 0};
  rates_ = {sizeof rates_, 1, 0, 0, &class_, nullptr, nullptr};
  bars_ = host_.counter("bars_total", "final bars given");
  backfilled_ = host_.counter("backfilled_bars_total", "of them those that the stream did not tell in time");
  revisions_ = host_.counter("bar_revisions_total", "bars for which the venue told other numbers later");
  gaps_ = host_.counter("stream_gaps_total", "times that frames of the stream were missing or could not be read");
  connections_ = host_.counter("stream_connections_total", "connections to the stream that were opened");
  failures_ = host_.counter("rest_failures_total", "questions for candles that were not answered");
  return {};
}

Result<void> Plugin::start() {
  feed_.reset();
  told_ = {};
  stream_told_ = {};
  return {};
}

void Plugin::stop() {
  if (feed_) feed_->close();
  feed_.reset();
}

// The network is looked for here and not in configure: params are tried without one, too. The first look is the timer's, since what
// the network answers is heard on the lane alone.
Result<void> Plugin::subscribe(const std::uint32_t* instruments, std::uint64_t n, std::uint32_t channels) {
  std::vector<std::uint32_t> wanted(instruments, instruments + n);
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  http_ = Http(host_);
  ws_ = Ws(host_);
  timer_ = host_.service<bl_timer_v1>(BL_SVC_TIMER);
  if (!http_ || !ws_ || timer_ == nullptr)
    return Error{"FEED_NO_NETWORK", "this host gives a feed no way to the venue (bowline.http/1, bowline.ws/1, bowline.timer/1)"};
  if (wanted.empty()) return Error{"FEED_NO_INSTRUMENTS", "no instrument is wanted of this feed"};
  std::vector<FeedProduct> products;
  for (const std::uint32_t i : wanted) {
    const auto product = host_.product(i);
    if (!product) return Error{"FEED_INSTRUMENT_UNKNOWN", "instrument number " + std::to_string(i) + " is not listed by the host"};
    products.push_back({i, std::string(from_abi(product->symbol))});
  }
  feed_.emplace(host_, http_, ws_, options_, tokens_.get(), std::move(products), (channels & (1u << BL_EV_QUOTE)) != 0,
                (channels & (1u << BL_EV_TRADE)) != 0);
  arm(host_.now_ns());
  return {};
}

void Plugin::arm(std::int64_t due_ns) { timer_->arm(host_.raw_host().ctx, only_timer, due_ns, 0); }

Result<void> Plugin::on_event(const bl_event& event, const bl_sink& sink) {
  if (!feed_) return {};
  Events out(sink);
  feed_->on_event(event, out);
  record();
  arm(feed_->next_due_ns(host_.now_ns()));
  return {};
}

void Plugin::record() {
  const auto count = [](const Metric& metric, std::uint64_t now, std::uint64_t& told) {
    if (now == told) return;
    metric.record(static_cast<double>(now - told));
    told = now;
  };
  const FeedCounts& c = feed_->counts();
  const StreamLine::Counts& s = feed_->stream_counts();
  count(bars_, c.bars, told_.bars);
  count(backfilled_, c.backfilled, told_.backfilled);
  count(revisions_, c.revisions, told_.revisions);
  count(failures_, c.rest_failures, told_.rest_failures);
  count(gaps_, s.gaps, stream_told_.gaps);
  count(connections_, s.connections, stream_told_.connections);
}

}  // namespace bowline::feed_coinbase
