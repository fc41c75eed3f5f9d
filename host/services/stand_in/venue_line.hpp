// The one broker of a configuration, alone: loaded, started, given its time and heard, without anything else of a run.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

#include "config/run_config.hpp"
#include "loader/extensions.hpp"
#include "services/runtime/instances.hpp"
#include "services/runtime/timers.hpp"

namespace bowline::services {

class VenueLine {
 public:
  struct Options {
    std::filesystem::path var;
    std::function<std::int64_t()> wall_ns;
    std::function<Result<std::string>(std::string_view)> secret;
    NetMaker network;  ///< RunFacts::network
    std::function<void(const loader::Overrun&)> alert;
  };
  /// Loads and configures; nothing is started. Errors: those of Instances::make. `table` is borrowed.
  static Result<std::unique_ptr<VenueLine>> make(const config::RunConfig& config, const core::InstrumentTable& table, Options options);
  ~VenueLine();

  /// Starts the plugin at that engine time. Errors: the plugin's own.
  Result<void> start(core::Nanos now);
  BrokerAdapter& broker() noexcept { return *broker_; }
  std::uint64_t caps() const noexcept;
  /// What the plugin states of the venue's limits. Errors: those of loader::venue_rates.
  Result<loader::VenueRates> rates() const;
  /// What the venue has said of the key and of its clock. Errors: those of loader::venue_standing.
  Result<loader::VenueStanding> standing() const;
  /// Of the plugin's file.
  const std::string& plugin_sha256() const noexcept;
  /// Engine time goes on to `now`: timers before it fire, the plugin runs where it asked to, and `heard` gets what it says, in
  /// order.
  void turn(core::Nanos now, const std::function<void(const bl_event&)>& heard);
  /// Waits until the plugin asks to run or says something, at most for so long.
  void wait(std::chrono::milliseconds most);
  /// Why the instance failed; an empty code: it did not. [any]
  Error fault() const;

 private:
  VenueLine() = default;
  RunFacts facts_;
  std::atomic<bool> gate_closed_{false};
  std::mutex lock_;
  std::condition_variable arrived_;
  bool rung_ = false;  // under lock_
  std::unique_ptr<Instances> instances_;
  std::unique_ptr<BrokerAdapter> broker_;
  std::uint64_t events_ = 0;
  void ring() noexcept;
  /// Hears what the network answers it, if it has asked for one by now.
  void listen();
  void pump(const std::function<void(const bl_event&)>& heard);
};

}  // namespace bowline::services
