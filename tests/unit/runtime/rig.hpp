// The core's loop with everything in its place: feeds that play scripts, a signal that says what the test wants, and the
// built mock venue behind the real broker adapter.
#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "loader/plugin_file.hpp"
#include "services/runtime/feed_reader.hpp"
#include "services/runtime/pipeline.hpp"
#include "unit/services/desk.hpp"

namespace bowline::test {

constexpr std::int64_t second = 1'000'000'000;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "bowline-runtime-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

template <class T>
std::unique_ptr<T> plugin_instance(const std::filesystem::path& file, const std::string& id, const nlohmann::json& params,
                                   services::InstanceServices& host, const std::filesystem::path& var) {
  loader::TrustPolicy trust;
  trust.var = var;
  auto module = loader::load_plugin_file(file, trust);
  if (!module) FAIL(module.error().message);
  loader::InstanceSpec spec{1, id, id, params.dump()};
  auto made = loader::make_instance<T>(*module, std::move(spec), host, nullptr);
  if (!made) FAIL(made.error().message);
  if (auto done = (*made)->configure(); !done) FAIL(done.error().message);
  return std::move(*made);
}

/// A feed of the script, started, with its reader not yet running.
struct ScriptFeed {
  services::InstanceServices services;
  std::unique_ptr<loader::FeedInstance> feed;
  services::FeedReader reader;
  ScriptFeed(const std::string& script, services::RunFacts& facts, const std::filesystem::path& var,
             std::function<void()> waker)
      : services("feed", facts, true),
        feed(plugin_instance<loader::FeedInstance>(SCRIPT_FEED, "test.feed.script", {{"script", script}}, services, var)),
        reader(*feed, facts.wall_ns, std::move(waker)) {
    REQUIRE(feed->start().ok());
  }
};

/// Says of each bar and frame what the function says; writes down which instruments it was asked about.
struct Says final : services::SignalPort {
  core::SharedText name_ = text("says"), model_ = text("m");
  std::function<std::uint32_t(const bl_bar&)> action;
  const core::SharedText& name() const override { return name_; }
  bool wants(std::uint16_t type) const noexcept override { return type == BL_EV_BAR; }
  services::FrameSource* frames() noexcept override { return nullptr; }
  Result<void> on_event(const bl_event& e, std::vector<services::Said>& out) override {
    bl_prediction p{};
    p.size = sizeof p;
    p.instrument = e.instrument;
    p.action = action(reinterpret_cast<const bl_bar&>(e));
    p.p_up = p.p_down = p.p_flat = p.weight = p.threshold = p.expected_move = core::nan_value;
    p.confidence = 1;
    p.ref_px = Decimal::not_set().raw();
    out.push_back({p, &model_, 0});
    return {};
  }
};

struct Rig {
  Folder folder;
  Market m;
  services::RunFacts facts;
  Sink sink;
  std::vector<std::string> log;              // "step <t> <acted>" and what listeners and posts add
  std::vector<std::vector<std::uint32_t>> rows;  // instruments predicted, by step
  std::function<std::uint32_t(const bl_bar&)> action = [](const bl_bar&) { return 1u; };
  core::Nanos max_bar_delay = 0, feed_patience = 0;
  bool real = false, ticks = true;           // time is real; and the clock facts.wall_ns moves it, too
  std::string latency;                       // of the venue, as nanoseconds
  store::MarketRecorder* recorder = nullptr; // what is heard is recorded there,
  store::MarketTape* tape = nullptr;         // and heard from there
  std::vector<services::Listener> listeners;
  std::vector<std::unique_ptr<services::InstanceServices>> extra;  // of the listeners above

  std::unique_ptr<store::Journal> journal = store::Journal::in_memory();
  services::EventInbox inbox;
  std::unique_ptr<services::InstanceServices> venue_services;
  std::unique_ptr<loader::BrokerInstance> venue;
  std::unique_ptr<services::BrokerAdapter> broker;
  std::atomic<bool> gate{false};
  std::unique_ptr<services::Execution> exec;
  std::unique_ptr<services::Generator> gen;
  std::unique_ptr<services::Bridge> bridge;
  std::unique_ptr<services::Rebalancer> rebalancer;
  std::vector<std::unique_ptr<ScriptFeed>> feeds;
  std::unique_ptr<services::Pipeline> pipeline;

  Rig() {
    facts.instruments = &m.table;
    facts.wall_ns = [] { return 0; };
  }
  ~Rig() {
    for (auto& f : feeds) f->reader.stop();
  }

  /// Listener number n: its timers' ids are written down as they fire.
  services::InstanceServices& listener(const std::string& name) {
    auto& s = *extra.emplace_back(std::make_unique<services::InstanceServices>(name, facts, false));
    listeners.push_back({&s,
                         [this, name](const bl_event& e) {
                           const auto& t = reinterpret_cast<const bl_timer&>(e);
                           log.push_back(name + " " + std::to_string(t.timer) + " at " + seconds(e.ts_event));
                         },
                         {}});
    return s;
  }
  static std::string seconds(core::Nanos t) { return std::to_string(t / second); }

  services::Pipeline& build(const std::vector<std::string>& scripts) {
    venue_services = std::make_unique<services::InstanceServices>("venue", facts, false);
    venue_services->inbox = &inbox;
    nlohmann::json params = {{"cash", {{"USD", "10000"}}}, {"taker_fee", 0.012}, {"maker_fee", 0.006}, {"slippage", 0.0005},
                             {"latency", latency.empty() ? 0 : std::stoll(latency)}, {"max_fill_share", 1.0},
                             {"partial_fill_probability", 0}, {"reject_probability", 0}, {"assumed_half_spread", 0.0005},
                             {"seed", 1}, {"state", "memory"}, {"file", "unused"}};
    venue = plugin_instance<loader::BrokerInstance>(std::filesystem::path(PLUGINS) / "libbroker_mock.so",
                                                    "bowline.broker.mock", params, *venue_services, folder.path());
    broker = std::make_unique<services::BrokerAdapter>(*venue, inbox, gate);
    venue_services->on_wake = [this] { broker->ask_wake(); };
    REQUIRE(venue->start().ok());
    services::ExecutionOptions eo;
    eo.min_trade = "0.005"_dec;
    eo.time_by_data = !real;
    exec = std::make_unique<services::Execution>(eo, m.table, m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, *broker, *journal, sink);
    services::BridgeOptions bo;
    bo.cost_gate = false;
    bridge = std::make_unique<services::Bridge>(bo, m.table, std::vector<std::unique_ptr<core::RiskRule>>{}, sink);
    std::vector<std::unique_ptr<services::SignalPort>> ports;
    auto says = std::make_unique<Says>();
    says->action = action;
    ports.push_back(std::move(says));
    gen = std::make_unique<services::Generator>(services::GeneratorOptions{}, m.table, std::move(ports), sink);
    rebalancer = std::make_unique<services::Rebalancer>(services::Rebalancer::Options{}, m.table,
                                                        std::vector<std::unique_ptr<services::RebalancePlan>>{}, sink);
    services::PipelineParts p;
    p.execution = exec.get();
    p.generator = gen.get();
    p.bridge = bridge.get();
    p.rebalancer = rebalancer.get();
    p.broker = broker.get();
    p.broker_inbox = &inbox;
    p.sink = &sink;
    p.facts = &facts;
    p.instruments = m.table.size();
    p.max_bar_delay = max_bar_delay;
    p.feed_patience = feed_patience;
    if (real && ticks) p.clock = facts.wall_ns;
    p.recorder = recorder;
    p.journal = journal.get();
    p.tape = tape;
    p.listeners = listeners;
    p.listeners.push_back(
        {venue_services.get(), [this](const bl_event& e) { static_cast<void>(broker->on_event(e)); }, {}});
    for (const std::string& s : scripts) {
      feeds.push_back(std::make_unique<ScriptFeed>(s, facts, folder.path(), [this] { pipeline->wake(); }));
      p.feeds.push_back(&feeds.back()->reader);
      p.listeners.push_back({&feeds.back()->services, {}, {}});
    }
    pipeline = std::make_unique<services::Pipeline>(std::move(p));
    pipeline->after_step = [this](core::Nanos t, bool acted) {
      log.push_back("step " + seconds(t) + (acted ? " acted" : ""));
      rows.emplace_back();
      for (const core::Prediction& x : pipeline->predictions()) rows.back().push_back(x.instrument.value);
      if (on_step) on_step(t);
    };
    bl_query q{};
    q.size = sizeof q;
    q.scope = 2 | 8 | 16;
    q.request = 1;
    REQUIRE(broker->query(q).ok());
    pipeline->pump();
    return *pipeline;
  }
  std::function<void(core::Nanos)> on_step;

  services::RunEnd play(const std::vector<std::string>& scripts) {
    build(scripts);
    return go();
  }
  services::RunEnd go() {
    for (auto& f : feeds) f->reader.start();
    return pipeline->run();
  }
};

/// Bars of both instruments at 300 s, 600 s, ... Each is lower than the one before, so that an entry that rests at the
/// touch is traded through.
inline std::string both(int steps) {
  std::string s;
  for (int i = 1; i <= steps; ++i)
    for (int id = 1; id <= 2; ++id)
      s += "bar " + std::to_string(id) + " " + std::to_string(300 * i) + " " + std::to_string(300 * i) + " " +
           std::to_string(10000 - 50 * i) + "\n";
  return s;
}

}  // namespace bowline::test
