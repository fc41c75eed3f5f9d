// trade-execution with the built mock venue behind the real broker adapter, as a run has them, on a market of as many
// products as a benchmark needs. Engine time is the caller's: it stands still until it is set.
#pragma once

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/instrument.hpp"
#include "loader/instance.hpp"
#include "loader/plugin_file.hpp"
#include "services/runtime/ports.hpp"
#include "services/runtime/timers.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/journal.hpp"

namespace bench {

using namespace bowline;
using namespace bowline::literals;

constexpr core::Nanos second = 1'000'000'000, bar_ns = 300 * second;
/// A step's time: a multiple of the interval, 2022-01-01.
constexpr core::Nanos start_ns = 1'640'995'200 * second;

/// A benchmark that cannot do what it measures says why and ends.
[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2);
}
inline void must(bool holds, const std::string& what) {
  if (!holds) give_up("not so: " + what);
}
template <class T>
T take(Result<T> r) {
  if (!r) give_up(r.error().code + ": " + r.error().message);
  return std::move(*r);
}
inline void take(const Result<void>& r) {
  if (!r) give_up(r.error().code + ": " + r.error().message);
}

/// A folder that goes with the benchmark, below `where`: its disk is the one that is measured.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& where = std::filesystem::temp_directory_path()) {
    std::string name = (where / "bowline-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) give_up("no folder can be made below " + where.string());
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// C0-USD, C1-USD, …: in USD, in steps that are easy to follow.
inline core::InstrumentTable market_of(std::size_t products) {
  core::InstrumentTable table;
  table.asset("USD");
  core::ProductRules rules;
  rules.base_step = "0.0001"_dec;
  rules.quote_step = rules.px_step = "0.01"_dec;
  rules.base_min = "0.001"_dec;
  rules.quote_min = "1"_dec;
  rules.maker_fee = "0.006"_dec;
  rules.taker_fee = "0.012"_dec;
  for (std::size_t i = 0; i < products; ++i) take(table.add("C" + std::to_string(i) + "-USD", rules));
  return table;
}

/// Builds every record, as with a store, and keeps none.
class Discard final : public core::RecordSink {
 public:
  bool wanted() const noexcept override { return true; }
  void put(core::Record&&) override {}
  void end_step(core::Nanos) override {}
};

/// An instance of a built plugin, configured with the defaults of its schema where `params` says nothing.
template <class T>
std::unique_ptr<T> instance_of(const std::filesystem::path& file, const std::string& plugin, const std::string& id, nlohmann::json params,
                               services::InstanceServices& host, const std::filesystem::path& var) {
  loader::TrustPolicy trust;
  trust.var = var;
  auto module = take(loader::load_plugin_file(file, trust));
  const auto schema = nlohmann::json::parse(take(module->schema(plugin)));
  for (const auto& [key, property] : schema.at("properties").items())
    if (!params.contains(key) && property.contains("default")) params[key] = property.at("default");
  auto made = take(loader::make_instance<T>(module, loader::InstanceSpec{1, id, plugin, params.dump()}, host, nullptr));
  take(made->configure());
  return made;
}

/// Between trade-execution and the broker: when an order was handed over, and how many requests were made.
class CountingBroker final : public services::BrokerPort {
 public:
  explicit CountingBroker(services::BrokerPort& to) : to_(to) {}

  std::function<void()> handed_over;  ///< called as submit returns
  struct {
    std::uint64_t submits = 0, cancels = 0, order_lists = 0, positions = 0, orders = 0;
    std::uint64_t refused_submits = 0, refused_cancels = 0, refused_queries = 0;
    std::uint64_t taken() const noexcept { return submits + cancels + order_lists + positions + orders; }
    std::uint64_t refused() const noexcept { return refused_submits + refused_cancels + refused_queries; }
  } made;  ///< of those refused no byte was sent

  services::HandOver submit(const core::Recorded<core::RiskApproved<core::Intent>>& order, Error& why) override {
    const services::HandOver done = to_.submit(order, why);
    if (handed_over) handed_over();
    ++(done == services::HandOver::denied ? made.refused_submits : made.submits);
    return done;
  }
  Result<void> cancel(std::span<const bl_order_ref> orders) override {
    auto done = to_.cancel(orders);
    ++(done ? made.cancels : made.refused_cancels);
    return done;
  }
  Result<void> query(const bl_query& q) override {
    auto done = to_.query(q);
    if (!done) ++made.refused_queries;
    else if ((q.scope & 2u) != 0) ++made.order_lists;
    else if ((q.scope & 1u) != 0) ++made.orders;
    else ++made.positions;
    return done;
  }
  Result<void> on_event(const bl_event& event) override { return to_.on_event(event); }
  bool wake() override { return to_.wake(); }

 private:
  services::BrokerPort& to_;
};

struct DeskOptions {
  std::filesystem::path plugins, var;        ///< the build's plugin files; the state folder
  nlohmann::json venue = nlohmann::json::object();
  services::ExecutionOptions execution;
  bool durable = true;                       ///< the journal is the file journal.db of `var`
  std::uint64_t epoch = 1;                   ///< of a new journal
  core::Nanos at = start_ns;
};

class Desk {
 public:
  core::InstrumentTable table;
  services::RunFacts facts;
  services::EventInbox inbox;
  services::InstanceServices venue_services{"venue", facts, false};
  std::unique_ptr<loader::BrokerInstance> venue;
  std::unique_ptr<services::BrokerAdapter> broker;
  std::unique_ptr<CountingBroker> port;
  std::unique_ptr<store::Journal> journal;
  Discard sink;
  std::unique_ptr<services::Execution> exec;
  core::Nanos now;

  Desk(core::InstrumentTable of, DeskOptions options) : table(std::move(of)), now(options.at), interval_(options.execution.interval) {
    facts.instruments = &table;
    facts.wall_ns = [] { return 0; };
    facts.engine_ns = now;
    venue_services.inbox = &inbox;
    options.venue["file"] = (options.var / "mock_venue.db").string();
    venue = instance_of<loader::BrokerInstance>(options.plugins / "libbroker_mock.so", "bowline.broker.mock", "venue", options.venue, venue_services, options.var);
    broker = std::make_unique<services::BrokerAdapter>(*venue, inbox, gate_);
    port = std::make_unique<CountingBroker>(*broker);
    venue_services.on_wake = [this] { broker->ask_wake(); };
    listeners_.push_back({&venue_services, [this](const bl_event& e) { take(broker->on_event(e)); }, {}});
    journal = options.durable ? take(store::Journal::open(options.var / "journal.db", stamp())) : store::Journal::in_memory();
    if (journal->rows() == 0) take(journal->set_epoch(options.epoch));
    exec = std::make_unique<services::Execution>(options.execution, table, core::AssetId{1}, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, *port, *journal, sink);
  }
  Desk(const Desk&) = delete;

  /// As a run with these plugins stamps its journal.
  static store::Stamp stamp() { return {"mock", "bowline.broker.mock", "default"}; }

  /// The venue is started and asked what it has.
  void open() {
    take(venue->start());
    take(exec->ask_venue());
    pump();
    must(exec->reconciled(), "the venue answers all that is asked at the start");
    exec->begin();
  }
  void pump() { services::pump_broker(*broker, inbox, *exec); }
  /// Engine time goes on; what the venue has armed before it fires.
  void to(core::Nanos t) {
    services::fire_timers(listeners_, facts, t, events_, [this] { pump(); });
    facts.engine_ns = now = t;
  }
  /// A bar in cents that closes now; where it is deep, what rests below its open is traded through.
  bl_bar bar(core::InstrumentId id, std::int64_t cents, std::int64_t depth = 0) const {
    bl_bar b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BAR;
    b.h.instrument = id.value;
    b.h.ts_event = b.h.ts_recv = b.close_ns = now;
    b.open_ns = now - interval_;
    b.px_exp = -2;
    b.qty_exp = 0;
    b.is_final = 1;
    b.open = b.close = cents;
    b.high = cents + depth;
    b.low = cents - depth;
    b.volume = 1'000'000;
    return b;
  }
  /// One bar of each product, as a step's bars come.
  void bars(std::int64_t cents, std::int64_t depth = 0) {
    for (const core::Instrument& i : table.all()) {
      exec->on_bar(bar(i.id, cents, depth));
      pump();
    }
  }
  core::Target target(core::InstrumentId id, core::Purpose purpose, double weight) {
    core::Target t;
    t.instrument = id;
    t.purpose = purpose;
    t.weight = weight;
    t.decision = core::decision_id(1, table[id].symbol, now, "bench", std::to_string(static_cast<int>(purpose)));
    t.time = now;
    t.valid_until = now + interval_;
    t.ref_px = exec->portfolio().mark(id).last;
    return t;
  }
  /// The rest of a step behind its bars.
  void decide(const std::vector<core::Target>& targets) {
    exec->publish(now);
    exec->take_targets(targets, false);
    exec->trade(now);
    pump();
    exec->settle(now);
  }

 private:
  core::Nanos interval_;
  std::vector<services::Listener> listeners_;
  std::uint64_t events_ = 0;
  std::atomic<bool> gate_{false};
};

}  // namespace bench
