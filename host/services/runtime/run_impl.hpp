// What a run is made of; shared by the files that put it together and turn it.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "edge/io_thread.hpp"
#include "services/runtime/remote/decider_nodes.hpp"
#include "services/runtime/remote/execution_node.hpp"
#include "services/runtime/remote/follower_loop.hpp"
#include "services/runtime/repeater.hpp"
#include "services/runtime/run.hpp"
#include "services/runtime/run_watch.hpp"
#include "services/trade_execution/latched_broker.hpp"
#include "store/live_rows.hpp"
#include "services/trade_execution/liquidation_stream.hpp"
#include "store/receipt_key.hpp"
#include "store/sql_store.hpp"

namespace bowline::services {

/// Where nothing is stored: nobody builds a record.
class NoStore final : public core::RecordSink {
 public:
  bool wanted() const noexcept override { return false; }
  void put(core::Record&&) override {}
  void end_step(core::Nanos) override {}
};

/// While a run recalls what an earlier process did, nothing is stored a second time.
class HistoryGate final : public core::RecordSink {
  core::RecordSink& to_;
  bool open_ = false;

 public:
  explicit HistoryGate(core::RecordSink& to) : to_(to) {}
  void open() noexcept { open_ = true; }
  bool wanted() const noexcept override { return open_ && to_.wanted(); }
  void put(core::Record&& r) override {
    if (open_) to_.put(std::move(r));
  }
  void end_step(core::Nanos t) override { to_.end_step(t); }
};

class Pipeline;

struct Run::Impl {
  config::RunConfig config;  ///< with the instances of the services hosted here, and no others
  RunOptions options;
  core::InstrumentTable table;
  RunFacts facts;
  std::unique_ptr<store::Ballast> ballast;  ///< of a journal in a file
  std::unique_ptr<store::Journal> journal;
  NoStore no_store;
  std::unique_ptr<store::SqlStore> sql;
  std::unique_ptr<HistoryGate> gate;      ///< of a resumed run: closed while steps are recalled
  std::unique_ptr<HistoryGate> feed_gate; ///< of signal-generator: closed for what the store has; it says the same as before
  Pipeline* pipeline = nullptr;           ///< the loop, where it is one
  bool resumed = false;                   ///< the journal of an earlier process is gone on from
  std::optional<store::EndRow> ended_as;  ///< how that process came to its end; none: it did not
  std::string store_text = "none";
  std::atomic<bool> gate_closed{false};
  PluginErrors plugin_errors;
  std::unique_ptr<Instances> instances;
  InFlightQuota in_flight;  // what the venue lets through of it
  std::unique_ptr<BrokerAdapter> broker;
  std::unique_ptr<store::HaltLatch> latch;          ///< with trade-execution: the file HALT of the state folder
  std::unique_ptr<LatchedBroker> latched_broker;
  bool latch_refused = false;
  std::optional<store::ReceiptKey> receipt_key{};   ///< with trade-execution, where the configuration names one
  std::atomic<bool> leaving{false};       ///< told to stop, and everything is sold first
  std::optional<std::chrono::steady_clock::time_point> flat_by{};  ///< when it is left all the same
  bool left = false;
  std::vector<std::unique_ptr<FeedReader>> readers;
  std::unique_ptr<MarketStream> market;   ///< with signal-generator, where ports are open
  std::unique_ptr<EventsStream> events;   ///< with trade-execution, where ports are open
  std::unique_ptr<EventsTap> tap;
  std::unique_ptr<Execution> execution;
  std::unique_ptr<LiquidationStream> liquidation;   ///< with trade-execution, where ports are open
  std::map<const loader::RiskInstance*, std::unique_ptr<StopSink>> stop_sinks;  ///< looked up, never walked through
  std::unique_ptr<Bridge> bridge;
  std::unique_ptr<Generator> generator;
  std::unique_ptr<Rebalancer> rebalancer;
  std::unique_ptr<edge::IoThread> io;     ///< of the connections to peers
  std::unique_ptr<CoreLoop> loop;
  std::vector<std::unique_ptr<Follower>> followers;
  ExecutionNode* execution_node = nullptr;
  BridgeNode* bridge_node = nullptr;
  RebalancerNode* rebalancer_node = nullptr;
  Decimal start_equity = Decimal::not_set();
  double seconds = 0;
  std::string run_id;                     ///< of this process; the log's and the streams'
  std::unique_ptr<RunWatch> watch;
  std::unique_ptr<Repeater> repeater;     ///< of a run that is run again
  std::unique_ptr<store::MarketRecorder> recorder;  ///< where time is real
  bool market_loss_told = false;
  RunEnd end = RunEnd::end_of_data;
  Error error;

  core::RecordSink& sink() {
    if (gate) return *gate;
    return sql ? static_cast<core::RecordSink&>(*sql) : no_store;
  }
  bool hosts(std::string_view service) const;
  /// Some of the four services are other processes.
  bool parted() const { return config.services.size() < 4; }
  /// Hosted here, or a peer.
  bool in_run(std::string_view service) const;
  /// Engine time of what is done while no event comes: that of the last step, or where time is real that of the clock, if later.
  /// With trade-execution. [core thread]
  core::Nanos now_by_clock() const;
  void tell_begin() const;

  // ---- run_state.cpp
  Result<void> open_state();
  Result<void> look_whether_put_back(const std::filesystem::path& transactions, const store::Stamp& stamp);
  /// Reads the key that signs receipts, if one is named. Errors: SECRET_*.
  Result<void> take_receipt_key();
  Error used(const std::string& what) const;
  Result<void> note_begin();
  std::string begin_line() const;
  /// Whether the store's files lie on the disk that the ballast is on.
  bool store_beside_ballast() const;
  /// Ends the store. Its own error, or STORE_DROPPED, with how many records are lost.
  Result<void> close_store();

  // ---- run_resume.cpp
  /// Puts trade-execution together from the journal, if that holds a run.
  Result<void> resume();
  Result<void> first_balances();

  // ---- run_parts.cpp
  RunParts parts() const;

  // ---- run_shutdown.cpp
  /// on_shutdown: flatten: sells, and ends the loop when that is done, or has taken too long. [core thread]
  void look_at_leaving();
  /// Hears the venue until all is answered and no order is between two states, ten seconds at most. [core thread]
  void settle_with_venue();
  /// The stops of a run that was stopped, handed to the venue (trading rules 3.8). [core thread]
  void hand_over_stops(core::Nanos now);

  // ---- run_latch.cpp
  /// Does what the latch says, and goes on with what is being liquidated. [core thread]
  void look_at_latch();
  std::chrono::steady_clock::time_point liquidation_looked{};  ///< when a liquidation was looked at last
  std::chrono::steady_clock::time_point liquidation_waits{};   ///< since when the feed has given nothing that it waits for
  std::uint64_t liquidation_bars = 0;                          ///< how many bars had come then

  // ---- run_network.cpp
  /// Answers that come for the venue's plugin wake the loop from here on.
  void listen_to_network();
  NetPort* venue_port() const noexcept;  ///< null: it asks nobody over the network
  /// A live run's engine time is the clock's from the start on: what its plugins ask the venue before the first event bears it. Never
  /// back. Of other runs time begins with the first event, so that it begins there again when they are run again. [core thread]
  void begin_clock();
  /// Pumps; and where the venue asks others, until `heard`, it failed, no answer is outstanding any more, or `most` is over. `also_silent`:
  /// of a live run also while none is outstanding, since what failed is tried again by the clock. Not while the loop turns. [core thread]
  void await_venue(const std::function<bool()>& heard, std::chrono::nanoseconds most, bool also_silent = false);
  /// Ends what is outstanding, and lets the venue's plugin hear of each. [core thread]
  void close_network();

  // ---- run_market.cpp
  /// Begins to record what is heard, if the configuration says so. Before the loop is made. [control]
  void record_market();
  /// Tells, once, that some of it was lost. [core thread]
  void look_at_market();
  /// How it ended is the last that is recorded. [core thread]
  void end_market();

  // ---- run_assemble.cpp
  void assemble();

 private:
  void make_streams();
  void make_execution();
  void make_generator();
  void make_loop();
  void make_followers();
  void tell_rules_of_orders();
  /// Where this instance asks for stops: only trade-execution places them.
  const bl_sink& sink_of(const loader::RiskInstance& instance) const;
  std::vector<std::unique_ptr<core::RiskRule>> rules(std::string_view service);
  void count_error(std::string_view service, const loader::Instance& instance, std::string_view call, bl_status status);
  wire::Hello hello(std::string service) const;
  std::string base_url(const std::string& service) const;
  FollowerParts follower_parts(std::string role);
  std::vector<Listener> feed_listeners(), broker_listeners(), risk_listeners(), signal_listeners(), rebalancer_listeners();
  const core::PortfolioView& book() const;
};

}  // namespace bowline::services
