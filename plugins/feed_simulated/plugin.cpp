// bowline.feed.simulated: see README.md.
#include "common/feed_table.hpp"
#include "common/money.hpp"
#include "simulator.hpp"

namespace bowline::feed_simulated {
namespace {

class Plugin {
  plugin_common::HostSide host_;
  SimulatorOptions options_;
  std::unique_ptr<Simulator> simulator_;

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const plugin_common::Json& p) {
    SimulatorOptions o;
    o.market.seed = p.at("seed").get<std::uint64_t>();
    o.market.volatility = p.at("volatility").get<double>();
    o.market.correlation = p.at("correlation").get<double>();
    o.market.jump_probability = p.at("jump_probability").get<double>();
    o.interval_ns = p.at("interval").get<std::int64_t>();
    o.history_bars = p.at("history_bars").get<std::uint64_t>();
    o.bars = p.at("bars").get<std::uint64_t>();
    auto r = simulator_options(std::move(o), p.at("start").get<std::string>(),
                               p.at("speed").get<std::string>(), plugin_common::text_map(p.at("prices")));
    if (!r) return r.error();
    options_ = std::move(*r);
    return {};
  }
  Result<void> start() {
    simulator_.reset();
    return {};
  }
  void stop() { simulator_.reset(); }

  /// The market is made for the instruments that are wanted; in ascending order, so that the order asked in
  /// is no matter.
  Result<void> subscribe(const std::uint32_t* instruments, std::uint64_t n) {
    std::vector<std::uint32_t> wanted(instruments, instruments + n);
    std::sort(wanted.begin(), wanted.end());
    std::vector<ListedProduct> products;
    for (const std::uint32_t i : wanted) {
      bl_product p;
      if (!host_.product(i, p))
        return Error{"FEED_INSTRUMENT_UNKNOWN",
                     "instrument number " + std::to_string(i) + " is not listed by the host"};
      products.push_back({i, std::string(plugin_common::view(p.symbol)),
                          money::from_abi(p.px_step).value_or(Decimal::zero()),
                          money::from_abi(p.base_step).value_or(Decimal::zero())});
    }
    for (const auto& [symbol, price] : options_.prices)
      if (host_.instrument(symbol) == 0)
        return Error{"FEED_SYMBOL_UNKNOWN", "prices." + symbol + ": not among the run's instruments, by what their data are told under"};
    auto s = Simulator::make(options_, products);
    if (!s) return s.error();
    simulator_ = std::move(*s);
    return {};
  }
  bl_status pull(std::uint64_t max, const bl_sink& sink, std::int64_t& next_ns, Error& why) {
    if (!simulator_) {
      why = Error{"FEED_NOT_SUBSCRIBED", "pull before subscribe"};
      return BL_E_STATE;
    }
    switch (simulator_->pull(
        max, sink, [this] { return host_.now_ns(); }, next_ns)) {
      case Simulator::Pulled::more:
        return BL_OK;
      case Simulator::Pulled::wait:
        return BL_E_AGAIN;
      case Simulator::Pulled::end:
        return BL_E_NOT_FOUND;
    }
    return BL_E_INTERNAL;
  }
};

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"seed":{"type":"integer","default":1,"minimum":0,"description":"another seed, another market"},
"start":{"type":"string","default":"2024-01-01T00:00:00Z","description":"open of the first bar, history included"},
"interval":{"type":"integer","x-bowline-unit":"duration","x-bowline-host":"interval","default":300000000000,"minimum":1000000000,"description":"length of a bar: the run's own interval, which it takes when left out"},
"history_bars":{"type":"integer","default":0,"minimum":0,"maximum":100000000,"description":"bars given first, as fast as pulled, marked as replayed: warm-up"},
"bars":{"type":"integer","default":0,"minimum":0,"description":"bars behind the history; 0 = without end"},
"speed":{"type":"string","default":"max","pattern":"^(max|real|[0-9]+(\\.[0-9]+)?(x|×))$","description":"max, real, or a factor such as 300x"},
"prices":{"type":"object","properties":{},"additionalProperties":{"type":"string","format":"decimal"},"default":{},"description":"first price by symbol"},
"volatility":{"type":"number","x-bowline-unit":"percent","default":0.002,"exclusiveMinimum":0,"maximum":0.05,"description":"standard deviation of one bar's return in the ordinary regime"},
"correlation":{"type":"number","default":0.6,"minimum":0,"maximum":1,"description":"share of an instrument's variance that all have in common"},
"jump_probability":{"type":"number","default":0.001,"minimum":0,"maximum":1,"description":"of a common jump per bar"}}})json";

}  // namespace
}  // namespace bowline::feed_simulated

BOWLINE_MODULE(BL_FEED, "feed", "bowline.feed.simulated", "1.0.0", bowline::feed_simulated::schema,
               bowline::feed_simulated::Plugin,
               bowline::plugin_common::FeedTable<bowline::feed_simulated::Plugin>::value, "")
