#include <algorithm>
#include <set>
#include <unistd.h>

#include "services/runtime/run_impl.hpp"

namespace bowline::services {
namespace {

Combine combine_of(std::string_view word) {
  return word == "vote" ? Combine::vote : word == "first" ? Combine::first : Combine::mean;
}

// A model takes milliseconds for them: time that there is where time is real, and that a replay has not. What orders are made
// of is heard of in one process alone.
Explain explain_of(const config::RunConfig& config, bool parted) {
  const std::string& word = config.signals.explain;
  if (word == "all") return Explain::all;
  if (word == "decisions" || (word == "orders" && parted) || (word == "auto" && config.time == "real")) return Explain::decisions;
  return word == "orders" ? Explain::orders : Explain::off;
}

constexpr bl_sink no_sink = [] {
  bl_sink s{};
  s.size = sizeof s;
  s.event = [](void*, const bl_event*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.prediction = [](void*, const bl_prediction*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.target = [](void*, const bl_target*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  s.stop = [](void*, const bl_stop*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  return s;
}();

}  // namespace

bool Run::Impl::hosts(std::string_view service) const {
  return std::find(config.services.begin(), config.services.end(), service) != config.services.end();
}

bool Run::Impl::in_run(std::string_view service) const { return hosts(service) || config.peers.contains(std::string(service)); }

wire::Hello Run::Impl::hello(std::string service) const {
  wire::Hello h;
  h.service = std::move(service);
  h.run = run_id;
  h.seed = config.seed;
  h.interval_ns = config.interval_ns;
  for (const core::Instrument& i : table.all()) h.instruments.push_back(i.symbol);
  return h;
}

// A service of this process is reached as all others reach it.
std::string Run::Impl::base_url(const std::string& service) const {
  if (!hosts(service)) return config.peers.at(service);
  const std::string host = config.listen.host == "0.0.0.0" ? "127.0.0.1" : config.listen.host;
  return "http://" + host + ":" + std::to_string(config.listen.ports.at(service));
}

void Run::Impl::make_streams() {
  if (!config.listen.enabled) return;
  if (hosts("signal-generator")) {
    std::vector<std::string> roles;
    if (parted())
      for (const char* role : {"signal-bridge", "trade-execution", "portfolio-rebalancer"})
        if (in_run(role)) roles.emplace_back(role);
    market = std::make_unique<MarketStream>(hello("signal-generator"), table, std::move(roles));
  }
  if (hosts("trade-execution")) {
    events = std::make_unique<EventsStream>(hello("trade-execution"), table, parted());
    tap = std::make_unique<EventsTap>(*events, sink());
  }
}

void Run::Impl::count_error(std::string_view service, const loader::Instance& instance, std::string_view call, bl_status status) {
  if (status >= 0) return;
  const Error why = instance.status_error("PLUGIN_CALL_FAILED", call, status, bl_error{});
  plugin_errors.add(service, instance.spec().id, why.code, why.message);
}

std::vector<std::unique_ptr<core::RiskRule>> Run::Impl::rules(std::string_view service) {
  std::vector<std::unique_ptr<core::RiskRule>> list;
  for (auto& r : instances->risks) list.push_back(std::make_unique<RiskAdapter>(r.id, r.instance.get(), &plugin_errors, service));
  return list;
}

void Run::Impl::make_execution() {
  broker = std::make_unique<BrokerAdapter>(*instances->brokers.front().instance, instances->broker_inbox, gate_closed, &plugin_errors);
  latch = std::make_unique<store::HaltLatch>(options.var);
  latched_broker = std::make_unique<LatchedBroker>(*broker, *latch);
  ExecutionOptions eo;
  eo.seed = config.seed;
  eo.account = config.execution.account;
  eo.interval = config.interval_ns;
  eo.time_by_data = config.time != "real";
  if (!eo.time_by_data) eo.mute_after = 2 * config.interval_ns + config.max_bar_delay_ns;
  eo.gtd_bars = config.execution.gtd_bars;
  eo.ended_orders = config.execution.ended_orders;
  eo.min_trade = config.execution.min_trade;
  eo.entry = {config.execution.entry.post_only, config.execution.entry.reprice, config.execution.entry.cross_within, config.execution.entry.wait_ns,
              config.execution.entry.max_move};
  eo.ramp = {config.execution.ramp.usd_per_day, config.execution.ramp.orders_per_day};
  eo.starts_reducing = config.execution.starts_reducing;
  eo.position_drift = {config.execution.drift.position_cap, config.execution.drift.position_above};
  eo.exposure_drift = {config.execution.drift.exposure_cap, config.execution.drift.exposure_above};
  eo.exit_collar = config.execution.exit.collar;
  eo.exit_slices = config.execution.exit.slices;
  eo.exit_wait = config.execution.exit.wait_ns;
  eo.stop_lock_bars = config.execution.stops.lock_bars;
  eo.trip_loss = config.execution.trip.daily_loss;
  eo.trip_drawdown = config.execution.trip.drawdown;
  eo.orders_every = config.execution.reconcile.orders_every_ns;
  eo.balances_every = config.execution.reconcile.balances_every_ns;
  eo.in_flight_every = config.execution.reconcile.in_flight_every_ns;
  eo.in_flight = in_flight;
  const std::uint64_t caps = instances->brokers.front().instance->caps();
  eo.stops.at_venue = config.execution.stops.owner == "venue";
  eo.stops.can = {(caps & BL_CAN_REST_STOP) != 0, (caps & BL_CAN_REST_BRACKET) != 0};
  eo.stops.fill_within = config.execution.stops.fill_within_ns;
  for (const config::RewardConfig& r : config.rewards) eo.rewards.push_back({table.find_asset(r.asset), r.most});
  eo.unprotected_after = config.execution.stops.unprotected_after_ns;
  core::FloorLimits floor;
  floor.max_order = config.execution.floor.max_order;
  floor.max_day = config.execution.floor.max_day;
  floor.max_total = config.execution.floor.max_total;
  floor.price_collar = config.execution.floor.price_collar;
  floor.max_orders_per_minute = config.execution.floor.max_orders_per_minute;
  floor.max_mark_age = config.execution.floor.max_mark_age_ns;
  floor.mark_jump = config.execution.floor.mark_jump;
  floor.mark_jump_wait = config.execution.floor.mark_jump_wait_ns;
  core::RecordSink& to = tap ? static_cast<core::RecordSink&>(*tap) : sink();
  execution = std::make_unique<Execution>(eo, table, core::AssetId{1}, config.execution.assumed_half_spread, rules("trade-execution"), floor,
                                          *latched_broker, *journal, to);
  execution->obey(*latch);
  if (receipt_key) execution->sign_receipts(*receipt_key);
  if (config.listen.enabled) liquidation = std::make_unique<LiquidationStream>(*execution);
  std::vector<core::Peg> pegs;
  for (const config::PegConfig& p : config.pegs)
    pegs.push_back({table.find_asset(p.asset), p.band, p.par ? core::InstrumentId{} : table.find(p.asset + "-" + p.to)});
  if (!pegs.empty()) execution->peg(std::move(pegs), 2 * config.interval_ns + config.max_bar_delay_ns);
  if (ballast)
    execution->keep(*ballast, [this](bool whole) {
      if (sql && store_beside_ballast()) sql->hold(!whole);
    });
  const auto in = [](const std::vector<std::string>& list, const std::string& symbol) {
    return std::find(list.begin(), list.end(), symbol) != list.end();
  };
  for (const core::Instrument& i : table.all())
    execution->list(i.id, (config.execution.allow.empty() || in(config.execution.allow, i.symbol)) && !in(config.execution.deny, i.symbol));
  if (sql) execution->ask_store([store = sql.get()] { return store->healthy(); });
  for (auto& r : instances->risks)
    if (!r.quarantined) stop_sinks.emplace(r.instance.get(), std::make_unique<StopSink>(*execution, r.id));
  tell_rules_of_orders();
}

const bl_sink& Run::Impl::sink_of(const loader::RiskInstance& instance) const {
  const auto found = stop_sinks.find(&instance);
  return found != stop_sinks.end() ? found->second->get() : no_sink;
}

void Run::Impl::make_generator() {
  GeneratorOptions go;
  go.seed = config.seed;
  go.interval = config.interval_ns;
  go.resolve_bars = config.signals.resolve_bars;
  go.combine = combine_of(config.signals.combine);
  go.explain = explain_of(config, parted());
  go.explain_top = config.signals.explain_top;
  go.plugin_errors = &plugin_errors;
  std::vector<std::unique_ptr<SignalPort>> ports;
  std::set<std::string> named;
  for (auto& s : instances->signals) {
    if (s.quarantined) continue;
    go.weights.push_back(s.weight);
    // Frames are stored under the hash of their names; explanations need the names, and two instances may share them.
    if (sql && s.frames && named.insert(*s.frames->names_hash()).second)
      sql->name_features(*s.frames->names_hash(), {s.frames->names().begin(), s.frames->names().end()});
    ports.push_back(std::make_unique<SignalAdapter>(*s.instance, s.needs, std::move(s.frames)));
  }
  generator = std::make_unique<Generator>(go, table, std::move(ports), feed_gate ? *feed_gate : sink());
}

const core::PortfolioView& Run::Impl::book() const { return execution ? execution->view() : bridge_node->view(); }

std::vector<Listener> Run::Impl::feed_listeners() {
  std::vector<Listener> list;
  for (auto& f : instances->feeds) list.push_back({f.services.get(), {}, {}});
  return list;
}

std::vector<Listener> Run::Impl::broker_listeners() {
  auto& b = instances->brokers.front();
  b.services->on_wake = [this] { broker->ask_wake(); };
  return {{b.services.get(), 
           [this](const bl_event& e) {
             if (const auto done = broker->on_event(e); !done) execution->broker_failed(done.error());
           },
           {}}};
}

std::vector<Listener> Run::Impl::risk_listeners() {
  std::vector<Listener> list;
  for (auto& r : instances->risks) {
    if (r.quarantined) continue;
    Listener l{r.services.get(), {}, {}};
    const auto tell = [this, instance = r.instance.get(), needs = r.needs](const bl_event& e) {
      if (needs.wants(e.type)) count_error("trade-execution", *instance, "risk.on_event", instance->on_event(e, book().get(), sink_of(*instance)));
    };
    l.timer = tell;
    if (r.needs.event_mask != 0) l.market = tell;
    list.push_back(std::move(l));
  }
  return list;
}

// What the venue says of our orders reaches the rules that asked for it, with the book as it is then.
void Run::Impl::tell_rules_of_orders() {
  struct Rule {
    loader::RiskInstance* instance;
    loader::Needs needs;
  };
  std::vector<Rule> rules;
  for (auto& r : instances->risks)
    if (!r.quarantined && (r.needs.wants(BL_EV_EXEC) || r.needs.wants(BL_EV_FILL) || r.needs.wants(BL_EV_POSITION)))
      rules.push_back({r.instance.get(), r.needs});
  if (rules.empty()) return;
  execution->tell_rules([this, rules = std::move(rules)](const bl_event& e) {
    for (const Rule& r : rules)
      if (r.needs.wants(e.type))
        count_error("trade-execution", *r.instance, "risk.on_event", r.instance->on_event(e, execution->fresh_view().get(), sink_of(*r.instance)));
  });
}

std::vector<Listener> Run::Impl::signal_listeners() {
  std::vector<Listener> list;
  for (auto& s : instances->signals) list.push_back({s.services.get(), {}, {}});
  return list;
}

std::vector<Listener> Run::Impl::rebalancer_listeners() {
  std::vector<Listener> list;
  for (auto& r : instances->rebalancers)
    if (!r.quarantined)
      list.push_back({r.services.get(),
                      [this, i = r.instance.get()](const bl_event& e) {
                        count_error("portfolio-rebalancer", *i, "rebalancer.on_event", i->on_event(e));
                      },
                      {}});
  return list;
}

void Run::Impl::make_loop() {
  if (!generator) {
    loop = std::make_unique<FollowerLoop>(sink());
    return;
  }
  PipelineParts p;
  p.generator = generator.get();
  p.sink = &sink();
  p.facts = &facts;
  p.instruments = table.size();
  p.interval = config.interval_ns;
  p.max_bar_delay = config.max_bar_delay_ns;
  p.market = market.get();
  for (auto& f : instances->feeds) {
    readers.push_back(std::make_unique<FeedReader>(*f.instance, facts.wall_ns, [this] { loop->wake(); }, f.published ? f.services.get() : nullptr));
    p.feeds.push_back(readers.back().get());
  }
  const auto add = [&p](std::vector<Listener> list) {
    for (Listener& l : list) p.listeners.push_back(std::move(l));
  };
  add(feed_listeners());
  if (!parted()) {
    p.execution = execution.get();
    p.bridge = bridge.get();
    p.rebalancer = rebalancer.get();
    p.broker = broker.get();
    p.broker_inbox = &instances->broker_inbox;
    p.events = events.get();
    if (config.time == "real" && !options.repeats) p.clock = facts.wall_ns;
    record_market();
    p.recorder = recorder.get();
    p.journal = journal.get();
    p.tape = options.tape;
    p.feed_patience = std::chrono::nanoseconds(options.feed_patience).count();
    add(broker_listeners());
    add(risk_listeners());
  } else {
    p.others_pump = [this] {
      for (const auto& f : followers) f->pump();
    };
    p.fault = [this] {
      for (const auto& f : followers)
        if (!f->error().code.empty()) return f->error();
      return Error{};
    };
  }
  add(signal_listeners());
  if (!parted()) add(rebalancer_listeners());
  auto made = std::make_unique<Pipeline>(std::move(p));
  pipeline = made.get();
  loop = std::move(made);
  if (market) {
    market->on_change = [this] { loop->wake(); };
    market->on_stop = [this] { loop->stop(); };
  }
}

FollowerParts Run::Impl::follower_parts(std::string role) {
  FollowerParts p;
  p.loop = loop.get();
  p.io = io.get();
  p.facts = &facts;
  p.table = &table;
  p.sink = &sink();
  p.expected = hello(role);
  p.heard_run = options.var / ("run-of-" + role);
  p.role = std::move(role);
  p.market_url = base_url("signal-generator");
  p.execution_url = base_url("trade-execution");
  return p;
}

void Run::Impl::make_followers() {
  io = std::make_unique<edge::IoThread>();
  if (execution) {
    FollowerParts p = follower_parts("trade-execution");
    p.listeners = broker_listeners();
    for (Listener& l : risk_listeners()) p.listeners.push_back(std::move(l));
    std::vector<std::string> proposers;
    for (const char* role : {"signal-bridge", "portfolio-rebalancer"})
      if (in_run(role)) proposers.emplace_back(role);
    auto node = std::make_unique<ExecutionNode>(std::move(p), *execution, *broker, instances->broker_inbox, *events,
                                                std::move(proposers));
    execution_node = node.get();
    followers.push_back(std::move(node));
  }
  if (bridge) {
    FollowerParts p = follower_parts("signal-bridge");
    if (!execution) p.listeners = risk_listeners();  // else they hear the same events from execution's side
    auto node = std::make_unique<BridgeNode>(std::move(p), *bridge);
    bridge_node = node.get();
    followers.push_back(std::move(node));
  }
  if (rebalancer) {
    FollowerParts p = follower_parts("portfolio-rebalancer");
    p.listeners = rebalancer_listeners();
    auto node = std::make_unique<RebalancerNode>(std::move(p), *rebalancer);
    rebalancer_node = node.get();
    followers.push_back(std::move(node));
  }
  if (auto* turned = dynamic_cast<FollowerLoop*>(loop.get()))
    for (const auto& f : followers) turned->add(*f);
}

void Run::Impl::assemble() {
  run_id = std::to_string(facts.wall_ns()) + "-" + std::to_string(::getpid());
  make_streams();
  if (hosts("trade-execution")) make_execution();
  if (hosts("signal-bridge")) {
    BridgeOptions bo;
    bo.max_position = config.bridge.max_position.to_double();
    bo.max_position_exact = config.bridge.max_position;
    bo.cost_gate = config.bridge.cost_gate;
    bo.cost_margin = config.bridge.cost_margin.to_double();
    bo.assumed_half_spread = config.execution.assumed_half_spread.to_double();
    bridge = std::make_unique<Bridge>(bo, table, rules("signal-bridge"), sink());
  }
  if (hosts("signal-generator")) make_generator();
  if (hosts("portfolio-rebalancer")) {
    std::vector<std::unique_ptr<RebalancePlan>> plans;
    for (auto& r : instances->rebalancers)
      if (!r.quarantined) plans.push_back(std::make_unique<RebalanceAdapter>(*r.instance, &plugin_errors));
    rebalancer = std::make_unique<Rebalancer>(Rebalancer::Options{config.seed, config.rebalance.every_bars, config.interval_ns, &plugin_errors},
                                              table, std::move(plans), sink());
  }
  make_loop();
  if (parted()) make_followers();
}

}  // namespace bowline::services
