// The venue of a configuration and nothing else of a run: its broker loaded, started, and talked to by the wall clock.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "cli/load_config.hpp"
#include "core/instrument.hpp"
#include "services/canary/venue_check.hpp"
#include "services/canary/venue_talk.hpp"
#include "services/stand_in/venue_line.hpp"
#include "services/trade_execution/latched_broker.hpp"
#include "store/halt_latch.hpp"

namespace bowline::cli {

class VenueDesk {
 public:
  /// Loads the broker, gives it its params, its secrets and the network; nothing is started, nothing is sent. `loaded` has a
  /// configuration. `var`: for the plugin's copy, and the folder whose latch holds entries back. Errors: the loader's, the plugin's own.
  static Result<std::unique_ptr<VenueDesk>> make(const LoadedConfig& loaded, const std::filesystem::path& var);
  /// `interrupted`: why nothing new is to be begun; may be empty. Errors: the plugin's own.
  Result<void> start(std::function<Error()> interrupted);

  services::VenueTalk& talk() noexcept { return *talk_; }  ///< behind start()
  core::InstrumentTable& table() noexcept { return table_; }
  services::VenueLine& line() noexcept { return *line_; }
  std::vector<services::VenueFinding> check();

 private:
  VenueDesk(const config::RunConfig& config, const std::filesystem::path& var) : config_(config), latch_(var) {}
  core::Nanos now();
  void turn();

  const config::RunConfig& config_;
  core::InstrumentTable table_;
  store::HaltLatch latch_;
  std::shared_ptr<services::NetTimes> times_ = std::make_shared<services::NetTimes>();
  core::Nanos last_ = 0;
  std::unique_ptr<services::VenueLine> line_;
  std::unique_ptr<services::LatchedBroker> broker_;
  std::unique_ptr<services::VenueTalk> talk_;
};

}  // namespace bowline::cli
