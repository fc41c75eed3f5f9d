#include "services/runtime/instances.hpp"

#include <algorithm>

#include "config/live_guards.hpp"
#include "services/runtime/repeated_feeds.hpp"

namespace bowline::services {
namespace {
constexpr std::size_t most_published = 65'536;  // of one feed; beyond it bowline.publish/1 says BL_E_AGAIN
}  // namespace

Result<core::InstrumentTable> instrument_table(const config::RunConfig& config) {
  core::InstrumentTable table;
  // The accounting asset is number 1, whichever product comes first.
  if (!config.pegs.empty()) table.asset(config.pegs.front().to);
  for (const config::InstrumentConfig& i : config.instruments) {
    core::ProductRules rules;
    rules.base_step = i.base_step;
    rules.quote_step = i.quote_step;
    rules.px_step = i.px_step;
    rules.base_min = i.base_min;
    rules.quote_min = i.quote_min;
    rules.maker_fee = i.maker_fee;
    rules.taker_fee = i.taker_fee;
    if (auto added = table.add(i.symbol, rules); !added) return added.error();
  }
  return table;
}

Result<core::DataSymbols> data_symbols(const config::RunConfig& config, const core::InstrumentTable& table) {
  std::vector<std::string> names;
  for (const config::InstrumentConfig& i : config.instruments) names.push_back(i.data_symbol);
  return core::DataSymbols::make(table, names);
}

bool loads(const config::RunConfig& config, const config::InstanceConfig& i) {
  const auto hosts = [&config](std::string_view name) {
    return std::find(config.services.begin(), config.services.end(), name) != config.services.end();
  };
  if (i.kind == "feed" || i.kind == "signal") return hosts("signal-generator");
  if (i.kind == "risk") return hosts("signal-bridge") || hosts("trade-execution");
  if (i.kind == "broker") return hosts("trade-execution");
  return hosts("portfolio-rebalancer");
}

Result<void> fits_host(const loader::Module& module, const std::string& plugin, loader::Kind kind, std::string_view mode) {
  const bool simulated = module.manifest().venue_class == loader::VenueClass::Simulated;
  if (mode == "live")
    if (auto takes = config::live_takes(to_string(kind), plugin, simulated, comes_again(plugin)); !takes) return takes;
  if (kind == loader::Kind::Broker && mode == "mock" && !simulated)
    return Error{"MODE_VENUE_REAL", "plugin " + plugin +
                                        " talks to a real venue, or does not say that its venue is simulated, and mode: mock takes only "
                                        "simulated ones: name bowline.broker.mock"};
  if (kind == loader::Kind::Feed) {
    const auto found = module.plugin(plugin);
    if (!found) return found.error();
    const auto* table = static_cast<const bl_feed_v1*>((*found)->vtable);
    if (table->pull == nullptr && !BL_HAS(table, bl_feed_v1, on_event))
      return Error{"RUN_FEED_PUSHED", "plugin " + plugin + " publishes from its own threads alone, and this host takes only feeds that it pulls, or "
                                          "hands what they asked the network for: give it a pull or an on_event function"};
  }
  return {};
}

std::string_view service_of(std::string_view kind) noexcept {
  if (kind == "feed" || kind == "signal") return "signal-generator";
  return kind == "rebalancer" ? "portfolio-rebalancer" : "trade-execution";
}

template <class T>
Result<Instances::One<T>> Instances::one(const config::RunConfig& config, const config::InstanceConfig& from,
                                         std::uint32_t index, const loader::Catalogue& catalogue, RunFacts& facts,
                                         const InstancesOptions& options) {
  One<T> made;
  made.id = from.id;
  made.index = index;
  made.weight = from.weight;
  made.quarantined = quarantine_.quarantined(from.id);
  made.services = std::make_unique<InstanceServices>(from.id, facts, T::kKind == loader::Kind::Feed);
  made.services->works_for = service_of(from.kind);
  made.services->by_data = T::kKind == loader::Kind::Feed || T::kKind == loader::Kind::Signal;
  // Not made at all: the call that did not return may have been create or configure, and would end this process too. A
  // feed and a venue are needed for the exits that still run.
  constexpr bool dispensable = T::kKind != loader::Kind::Feed && T::kKind != loader::Kind::Broker;
  if (dispensable && made.quarantined) return made;
  auto offer = catalogue.find(from.plugin, T::kKind);
  if (!offer) return offer.error();
  loader::TrustPolicy trust;
  trust.var = options.var;
  trust.pins = config.plugins.pins;
  trust.pins_required = config.mode == "live";
  auto module = loader::load_plugin_file(offer->file, trust);
  if (!module) return module.error();
  if (auto fits = fits_host(**module, from.plugin, T::kKind, config.mode); !fits)
    return Error{fits.error().code, "instance " + from.id + ": " + fits.error().message};
  if constexpr (T::kKind == loader::Kind::Broker) {
    made.services->inbox = &broker_inbox;
    made.services->networked = index;
  }
  if constexpr (T::kKind == loader::Kind::Feed) {
    const auto found = (*module)->plugin(from.plugin);
    if (!found) return found.error();
    const auto* table = static_cast<const bl_feed_v1*>((*found)->vtable);
    if (BL_HAS(table, bl_feed_v1, on_event)) {
      made.published = std::make_unique<EventInbox>(most_published);
      made.services->inbox = made.published.get();
      made.services->networked = index;
    }
  }
  // The other kinds have no network: what they did with an answer that nobody records could not be done again.
  loader::InstanceSpec spec;
  spec.index = index;
  spec.id = from.id;
  spec.plugin = from.plugin;
  spec.params = from.params_json;
  auto instance = loader::make_instance<T>(*module, std::move(spec), *made.services, watchdog_.get());
  if (!instance) return instance.error();
  made.instance = std::move(*instance);
  if (auto done = made.instance->configure(); !done) return done.error();
  if (made.services->networked != 0) {
    auto rates = loader::venue_rates(*made.instance);
    if (!rates) return rates.error();
    made.services->budget(std::move(*rates));
  }
  if constexpr (T::kKind == loader::Kind::Signal || T::kKind == loader::Kind::Risk) {
    auto needs = made.instance->needs();
    if (!needs) return needs.error();
    made.needs = *needs;
  }
  made.frames = made.services->take_frames();
  return made;
}

Result<std::unique_ptr<Instances>> Instances::make(const config::RunConfig& config, const loader::Catalogue& catalogue,
                                                   RunFacts& facts, InstancesOptions options) {
  std::unique_ptr<Instances> all(new Instances);
  auto quarantine = loader::Quarantine::read(options.var);
  if (!quarantine) return quarantine.error();
  all->quarantine_ = std::move(*quarantine);
  loader::WatchdogOptions watch;
  watch.var = options.var;
  watch.lane_ns = config.plugins.lane_limit_ns;
  watch.broker_ns = config.plugins.broker_limit_ns;
  watch.pull_ns = config.plugins.pull_limit_ns;
  watch.control_ns = config.plugins.control_limit_ns;
  watch.close_gate = options.close_gate;
  watch.alert = options.alert;
  all->watchdog_ = std::make_unique<loader::Watchdog>(std::move(watch));
  if (auto done = all->watchdog_->start(); !done) return done.error();

  for (std::uint32_t i = 1; i <= facts.instruments->size(); ++i) all->every_.push_back(i);
  std::uint32_t index = 0;
  for (const config::InstanceConfig& from : config.instances) {
    ++index;
    if (from.kind == "feed" && options.without_feeds) continue;  // the others keep their numbers
    const auto add = [&]<class T>(std::vector<One<T>>& to) -> Result<void> {
      auto made = all->template one<T>(config, from, index, catalogue, facts, options);
      if (!made) return made.error();
      to.push_back(std::move(*made));
      return {};
    };
    Result<void> done;
    if (from.kind == "feed") {
      done = add(all->feeds);
    } else if (from.kind == "signal") {
      done = add(all->signals);
    } else if (from.kind == "risk") {
      done = add(all->risks);
    } else if (from.kind == "broker") {
      done = add(all->brokers);
    } else {
      done = add(all->rebalancers);
    }
    if (!done) return done.error();
  }
  if (!options.without_broker && all->brokers.size() != 1)
    return Error{"RUN_BROKER_COUNT", "a run has exactly one instance of kind broker, this configuration has " +
                                         std::to_string(all->brokers.size())};
  // In configuration order, for starting; the vectors are complete and no longer move.
  all->order_.resize(index, nullptr);
  const auto place = [&](auto& list) {
    for (auto& o : list) all->order_[o.index - 1] = o.instance.get();  // null: quarantined
  };
  place(all->feeds);
  place(all->signals);
  place(all->risks);
  place(all->brokers);
  place(all->rebalancers);
  std::erase(all->order_, nullptr);
  return all;
}

Instances::~Instances() {
  static_cast<void>(stop());
  // The watchdog watches until the last of them is gone.
  rebalancers.clear();
  brokers.clear();
  risks.clear();
  signals.clear();
  feeds.clear();
}

Result<void> Instances::start() {
  for (loader::Instance* i : order_) {
    if (auto done = i->start(); !done) {
      static_cast<void>(stop());
      return done;
    }
    ++started_;
  }
  if (auto done = subscribe_feeds(); !done) {
    static_cast<void>(stop());
    return done;
  }
  return {};
}

Result<void> Instances::start_feeds() {
  for (auto& f : feeds)
    if (auto done = f.instance->start(); !done) return done;
  return subscribe_feeds();
}

// A feed takes its subscription while it runs, and before anybody pulls.
Result<void> Instances::subscribe_feeds() {
  constexpr std::uint32_t channels = (1u << BL_EV_BAR) | (1u << BL_EV_QUOTE) | (1u << BL_EV_OBSERVATION);
  for (auto& f : feeds)
    if (auto done = f.instance->subscribe(every_, channels); !done) return done;
  return {};
}

std::vector<Error> Instances::stop() {
  std::vector<Error> problems;
  while (started_ > 0) {
    loader::Instance* i = order_[--started_];
    if (i->state() != loader::State::Running) continue;
    if (auto done = i->stop(5'000'000'000); !done) problems.push_back(done.error());
  }
  return problems;
}

}  // namespace bowline::services
