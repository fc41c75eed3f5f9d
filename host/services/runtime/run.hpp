// One run, or the part of one that is this process: what a configuration names, put together, turned, and taken apart in
// order.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "config/live_guards.hpp"
#include "config/run_config.hpp"
#include "services/runtime/instances.hpp"
#include "services/runtime/pipeline.hpp"
#include "services/runtime/plan_audit.hpp"
#include "services/runtime/summary.hpp"
#include "services/trade_execution/liquidation_stream.hpp"
#include "store/ballast.hpp"
#include "store/input_rows.hpp"
#include "store/journal.hpp"
#include "store/sql_store.hpp"

namespace bowline::services {

struct RunOptions {
  std::filesystem::path var;                       ///< all state lies below it
  std::string config;                              ///< the configuration's name, for the log
  config::LiveFacts live_facts{};                  ///< what who read the configuration found for the guards of mode: live
  std::function<std::int64_t()> wall_ns;           ///< the one seam that reads the clock; empty: the system's
  std::chrono::milliseconds feed_patience{5000};   ///< how long a feed that gives nothing is waited for after a restart
  std::function<Result<std::string>(std::string_view)> secret;
  std::function<Result<std::unique_ptr<FrameSource>>(std::span<const std::string_view>)> select;  ///< RunFacts::select
  /// A recorded run is run again: it is asked what that one was asked, at the same places, and looks at no clock or latch
  /// by itself. All services are this process.
  bool repeats = false;
  std::vector<store::RecordedInput> inputs{};
  store::MarketTape* tape = nullptr;  ///< what that run heard, in place of its feeds, which are not made; null: they give it again. Borrowed
};

/// The store's two files of a configuration; empty paths when nothing is stored.
struct StoreFiles {
  std::filesystem::path transactions, prices;
};
StoreFiles store_files(const config::RunConfig& config, const std::filesystem::path& var);
/// Where a run records the market that it hears.
std::filesystem::path market_folder(const std::filesystem::path& var);

/// What those who observe a run look at; null where this process does not have it. Borrowed from the run.
struct RunParts {
  const CoreLoop* loop = nullptr;
  const Generator* generator = nullptr;
  const Bridge* bridge = nullptr;
  const Execution* execution = nullptr;
  const Rebalancer* rebalancer = nullptr;
  const BrokerAdapter* broker = nullptr;
  store::Journal* journal = nullptr;
  const store::SqlStore* store = nullptr;
  const store::Ballast* ballast = nullptr;
  const Instances* instances = nullptr;
  const PluginErrors* plugin_errors = nullptr;
  const store::MarketRecorder* recorder = nullptr;
  std::vector<const FeedReader*> feeds;
  std::function<std::int64_t()> wall_ns;
  std::int64_t stale_after_ns = 0;  ///< a feed that is silent for longer is stale
};

class Run {
 public:
  /// Opens journal and store, loads and configures the plugins. Nothing is started and no byte leaves. Errors: of the
  /// loader, the store and the journal; RUN_VAR_USED when journal, store or venue of an earlier run are there.
  static Result<std::unique_ptr<Run>> make(const config::RunConfig& config, RunOptions options);
  ~Run();

  /// Starts the instances, turns the loop on this thread until it ends, stops everything. `on_started` is called when
  /// all instances run, before the first event.
  Summary execute(const std::function<void()>& on_started = {});
  /// [any] Ends execute() after the step it is in.
  void stop() noexcept;

  CoreLoop& loop() noexcept;
  /// Whether this process is that service; the parts of the others are not here and may not be asked for.
  bool hosts(std::string_view service) const noexcept;
  /// Some services of the run are other processes.
  bool parted() const noexcept;
  Execution& execution() noexcept;
  Bridge& bridge() noexcept;
  Generator& generator() noexcept;
  Rebalancer& rebalancer() noexcept;
  /// With signal-generator and with trade-execution, where ports are opened.
  MarketStream& market() noexcept;
  EventsStream& events() noexcept;
  LiquidationStream& liquidation() noexcept;
  /// The other processes of the run that this one hears, and whether it is connected to them now. [any]
  std::vector<std::pair<std::string, bool>> links() const;
  /// The book as this process knows it; null where it does not. [core thread]
  const core::PortfolioView* view() const noexcept;
  /// Hands a rebalancer's whole plan to trade-execution, wherever it is, and says in `taken` how that ended: here at once,
  /// in another process when it answers. Errors: those of RebalancerNode::propose_now, EXECUTION_ABSENT. [core thread]
  void take_plan(std::span<const core::Target> targets, core::Nanos now, const Asker& who,
                 std::function<void(const Result<void>&)> taken);
  /// What another process proposes; see ExecutionNode::take. Only where trade-execution is hosted and the run is
  /// parted. [core thread]
  Result<bool> take_targets(const wire::Targets& targets, const std::string& key, const std::string& body);
  const core::InstrumentTable& instruments() const noexcept;
  const core::DataSymbols& data_symbols() const noexcept;  ///< what feeds, signals and the store of prices call them
  RunParts parts() const;
  /// Engine time. [any]
  core::Nanos now() const noexcept;
  /// The numbers so far. [core thread]
  Summary summary() const;

 private:
  struct Impl;  // run_impl.hpp
  Summary turn(const std::function<void()>& on_started);
  explicit Run(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::services
