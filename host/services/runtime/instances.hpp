// From the configuration to running plugin instances: files are found by their notes, loaded, given their parameters
// and started, in configuration order; ended in the reverse order.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/run_config.hpp"
#include "core/instrument.hpp"
#include "loader/catalogue.hpp"
#include "loader/instance.hpp"
#include "loader/plugin_file.hpp"
#include "loader/quarantine.hpp"
#include "loader/watchdog.hpp"
#include "services/runtime/instance_services.hpp"
#include "services/runtime/ports.hpp"

namespace bowline::services {

/// The instruments of a configuration as the core's table.
Result<core::InstrumentTable> instrument_table(const config::RunConfig& config);
/// What their data are told under; `table` is that of the same configuration. Error INSTRUMENT_DATA.
Result<core::DataSymbols> data_symbols(const config::RunConfig& config, const core::InstrumentTable& table);

/// Whether this host can run that plugin of a module. Errors: MODE_VENUE_REAL (trading rules 6: mock takes only simulated
/// venues, and a venue that does not say what it is counts as real), LIVE_VENUE_SIMULATED, LIVE_FEED_SIMULATED (live takes none that
/// are), RUN_FEED_PUSHED (a feed that is neither pulled nor handed events).
Result<void> fits_host(const loader::Module& module, const std::string& plugin, loader::Kind kind, std::string_view mode);

/// Whether one of this process's services loads that instance; one file may name the instances of several processes.
bool loads(const config::RunConfig& config, const config::InstanceConfig& instance);

/// The service that an instance of this kind works for; a risk instance is trade-execution's.
std::string_view service_of(std::string_view kind) noexcept;

struct InstancesOptions {
  std::filesystem::path var;
  std::function<void()> close_gate;                       ///< the watchdog's first act; an atomic store
  std::function<void(const loader::Overrun&)> alert;
  bool without_feeds = false;                             ///< what they gave is on a tape
  bool without_broker = false;                            ///< training: no orders, so no venue
};

class Instances {
 public:
  /// Loads, makes and configures; starts nothing. Errors: the loader's, those of fits_host, RUN_BROKER_COUNT.
  static Result<std::unique_ptr<Instances>> make(const config::RunConfig& config, const loader::Catalogue& catalogue,
                                                 RunFacts& facts, InstancesOptions options);
  ~Instances();
  /// Starts all in configuration order and subscribes the feeds; what was started before a failure is stopped again.
  Result<void> start();
  /// The feeds alone, subscribed: what training reads. They end with this object.
  Result<void> start_feeds();
  /// Stops all in the reverse order; gives the problems met.
  std::vector<Error> stop();

  template <class T>
  struct One {
    std::string id{};
    std::unique_ptr<InstanceServices> services;
    std::unique_ptr<T> instance;
    std::uint32_t index = 0;
    loader::Needs needs{};
    std::unique_ptr<FrameSource> frames{};
    double weight = 1;
    std::unique_ptr<EventInbox> published{};   ///< of a feed that has on_event: what it gives, until its reader takes it
    bool quarantined = false;                  ///< then of a signal, risk or rebalancer there is no instance
  };
  std::vector<One<loader::FeedInstance>> feeds;
  std::vector<One<loader::SignalInstance>> signals;
  std::vector<One<loader::RiskInstance>> risks;
  std::vector<One<loader::BrokerInstance>> brokers;
  std::vector<One<loader::RebalancerInstance>> rebalancers;
  EventInbox broker_inbox;
  const loader::Quarantine& quarantine() const noexcept { return quarantine_; }

 private:
  Instances() = default;
  Result<void> subscribe_feeds();
  loader::Quarantine quarantine_;
  std::unique_ptr<loader::Watchdog> watchdog_;
  std::vector<loader::Instance*> order_;    // configuration order
  std::size_t started_ = 0;
  std::vector<std::uint32_t> every_;        // all instruments, for the feeds

  template <class T>
  Result<One<T>> one(const config::RunConfig& config, const config::InstanceConfig& from, std::uint32_t index,
                     const loader::Catalogue& catalogue, RunFacts& facts, const InstancesOptions& options);
};

}  // namespace bowline::services
