#include "services/runtime/run.hpp"

#include <sys/resource.h>

#include <chrono>

#include "core/identity.hpp"
#include "observe/log.hpp"
#include "store/sql_store.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;

/// Where nothing is stored: nobody builds a record.
class NoStore final : public core::RecordSink {
 public:
  bool wanted() const noexcept override { return false; }
  void put(core::Record&&) override {}
  void end_step(core::Nanos) override {}
};

std::int64_t system_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Combine combine_of(std::string_view word) {
  return word == "vote" ? Combine::vote : word == "first" ? Combine::first : Combine::mean;
}

}  // namespace

StoreFiles store_files(const config::RunConfig& config, const std::filesystem::path& var) {
  if (config.store.transactions == "none") return {};
  const auto file = [&var](std::string_view url) {
    url.remove_prefix(std::string_view("sqlite://").size());
    const std::filesystem::path p(url);
    return p.is_absolute() ? p : var / p;
  };
  return {file(config.store.transactions), file(config.store.prices)};
}

struct Run::Impl {
  config::RunConfig config;
  RunOptions options;
  core::InstrumentTable table;
  RunFacts facts;
  std::unique_ptr<store::Journal> journal;
  NoStore no_store;
  std::unique_ptr<store::SqlStore> sql;
  std::string store_text = "none";
  std::atomic<bool> gate_closed{false};
  std::unique_ptr<Instances> instances;
  std::unique_ptr<BrokerAdapter> broker;
  std::vector<std::unique_ptr<FeedReader>> readers;
  std::unique_ptr<Execution> execution;
  std::unique_ptr<Bridge> bridge;
  std::unique_ptr<Generator> generator;
  std::unique_ptr<Rebalancer> rebalancer;
  std::unique_ptr<Pipeline> pipeline;
  Decimal start_equity = Decimal::not_set();
  double seconds = 0;
  RunEnd end = RunEnd::end_of_data;
  Error error;

  core::RecordSink& sink() { return sql ? static_cast<core::RecordSink&>(*sql) : no_store; }
  Result<void> open_state();
  void assemble();
  Result<void> first_balances();
};

Result<void> Run::Impl::open_state() {
  std::error_code ec;
  std::filesystem::create_directories(options.var, ec);
  if (ec) return Error{"RUN_VAR_UNUSABLE", "the state folder " + options.var.string() + " cannot be made: " + ec.message()};
  std::string venue = "none";
  for (const config::InstanceConfig& i : config.instances)
    if (i.kind == "broker") venue = i.plugin;
  const store::Stamp stamp{config.mode, venue, config.execution.account};
  if (config.journal == "memory") {
    journal = store::Journal::in_memory();
  } else {
    auto opened = store::Journal::open(options.var / "journal.db", stamp);
    if (!opened) return opened.error();
    journal = std::move(*opened);
    if (journal->rows() != 0)
      return Error{"RUN_VAR_USED", "the state folder " + options.var.string() +
                                       " holds the journal of an earlier run: name another folder with --var, or move this one away"};
  }
  // Derived from the seed where time is not real, so that the same run makes the same ids (trading rules 2.1).
  const core::Id128 epoch = core::decision_id(config.seed, "", 0, "store-epoch", config.execution.account);
  if (auto done = journal->set_epoch(epoch.lo); !done) return done;
  const StoreFiles files = store_files(config, options.var);
  if (files.transactions.empty()) return {};
  store::StoreOptions o;
  o.stamp = stamp;
  o.prices = files.prices;
  o.transactions = files.transactions;
  o.instruments = &table;
  auto opened = store::SqlStore::open(o);
  if (!opened) return opened.error();
  sql = std::move(*opened);
  store_text = files.transactions.string() + ", " + files.prices.string();
  return {};
}

void Run::Impl::assemble() {
  broker = std::make_unique<BrokerAdapter>(*instances->brokers.front().instance, instances->broker_inbox, gate_closed);
  const auto rules = [this] {
    std::vector<std::unique_ptr<core::RiskRule>> list;
    for (auto& r : instances->risks) list.push_back(std::make_unique<RiskAdapter>(*r.instance, r.quarantined));
    return list;
  };
  ExecutionOptions eo;
  eo.seed = config.seed;
  eo.account = config.execution.account;
  eo.interval = config.interval_ns;
  eo.gtd_bars = config.execution.gtd_bars;
  eo.min_trade = config.execution.min_trade;
  core::FloorLimits floor;
  floor.max_order = config.execution.floor.max_order;
  floor.max_day = config.execution.floor.max_day;
  floor.max_total = config.execution.floor.max_total;
  floor.price_collar = config.execution.floor.price_collar;
  floor.max_orders_per_minute = config.execution.floor.max_orders_per_minute;
  floor.max_mark_age = config.execution.floor.max_mark_age_ns;
  execution = std::make_unique<Execution>(eo, table, core::AssetId{1}, config.execution.assumed_half_spread, rules(), floor,
                                          *broker, *journal, sink());
  BridgeOptions bo;
  bo.max_position = config.bridge.max_position.to_double();
  bo.max_position_exact = config.bridge.max_position;
  bo.cost_gate = config.bridge.cost_gate;
  bo.cost_margin = config.bridge.cost_margin.to_double();
  bo.assumed_half_spread = config.execution.assumed_half_spread.to_double();
  bridge = std::make_unique<Bridge>(bo, table, rules(), sink());
  GeneratorOptions go;
  go.seed = config.seed;
  go.interval = config.interval_ns;
  go.resolve_bars = config.signals.resolve_bars;
  go.combine = combine_of(config.signals.combine);
  std::vector<std::unique_ptr<SignalPort>> ports;
  for (auto& s : instances->signals) {
    if (s.quarantined) continue;
    go.weights.push_back(s.weight);
    ports.push_back(std::make_unique<SignalAdapter>(*s.instance, s.needs, std::move(s.frames)));
  }
  generator = std::make_unique<Generator>(go, table, std::move(ports), sink());
  std::vector<std::unique_ptr<RebalancePlan>> plans;
  for (auto& r : instances->rebalancers)
    if (!r.quarantined) plans.push_back(std::make_unique<RebalanceAdapter>(*r.instance));
  rebalancer = std::make_unique<Rebalancer>(Rebalancer::Options{config.seed, config.rebalance.every_bars, config.interval_ns},
                                            table, std::move(plans), sink());

  PipelineParts p;
  p.execution = execution.get();
  p.generator = generator.get();
  p.bridge = bridge.get();
  p.rebalancer = rebalancer.get();
  p.broker = broker.get();
  p.broker_inbox = &instances->broker_inbox;
  p.sink = &sink();
  p.facts = &facts;
  p.instruments = table.size();
  p.max_bar_delay = config.max_bar_delay_ns;
  for (auto& f : instances->feeds) {
    readers.push_back(std::make_unique<FeedReader>(*f.instance, facts.wall_ns, [this] { pipeline->wake(); }));
    p.feeds.push_back(readers.back().get());
    p.listeners.push_back({f.services.get(), {}, {}});
  }
  auto& b = instances->brokers.front();
  b.services->on_wake = [this] { broker->ask_wake(); };
  p.listeners.push_back({b.services.get(), [this](const bl_event& e) { static_cast<void>(broker->on_event(e)); }, {}});
  for (auto& r : instances->risks) {
    Listener l{r.services.get(), {}, {}};
    loader::RiskInstance* instance = r.instance.get();
    static constexpr bl_sink no_sink = [] {
      bl_sink s{};
      s.size = sizeof s;
      s.event = [](void*, const bl_event*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
      s.prediction = [](void*, const bl_prediction*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
      s.target = [](void*, const bl_target*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
      s.stop = [](void*, const bl_stop*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
      return s;
    }();
    const auto tell = [this, instance, needs = r.needs](const bl_event& e) {
      if (needs.wants(e.type)) static_cast<void>(instance->on_event(e, execution->view().get(), no_sink));
    };
    l.timer = tell;
    if (r.needs.event_mask != 0 && !r.quarantined) l.market = tell;
    p.listeners.push_back(std::move(l));
  }
  for (auto& s : instances->signals) p.listeners.push_back({s.services.get(), {}, {}});
  for (auto& r : instances->rebalancers)
    p.listeners.push_back({r.services.get(), [i = r.instance.get()](const bl_event& e) { static_cast<void>(i->on_event(e)); }, {}});
  pipeline = std::make_unique<Pipeline>(std::move(p));
}

// Cash and what the venue already holds, before the first event.
Result<void> Run::Impl::first_balances() {
  bl_query q{};
  q.size = sizeof q;
  q.scope = 2 | 8 | 16;
  q.request = 1;
  if (auto done = broker->query(q); !done) return done;
  pipeline->pump();
  return {};
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() {
  impl_->readers.clear();  // their threads call into feeds
}

Result<std::unique_ptr<Run>> Run::make(const config::RunConfig& config, RunOptions options) {
  auto impl = std::make_unique<Impl>();
  Impl& m = *impl;
  m.config = config;
  m.options = std::move(options);
  auto table = instrument_table(config);
  if (!table) return table.error();
  m.table = std::move(*table);
  m.facts.instruments = &m.table;
  m.facts.wall_ns = m.options.wall_ns ? m.options.wall_ns : std::function<std::int64_t()>(system_ns);
  m.facts.secret = m.options.secret;
  m.facts.select = m.options.select;
  auto catalogue = loader::Catalogue::scan(config.plugins.path);
  if (!catalogue) return catalogue.error();
  if (auto done = m.open_state(); !done) return done.error();
  InstancesOptions io;
  io.var = m.options.var;
  io.close_gate = [&m] { m.gate_closed.store(true, std::memory_order_release); };
  io.alert = [](const loader::Overrun& o) {
    out::critical("watchdog", "instance {} did not return from {}: the process ends", o.instance.id, o.call);
  };
  auto instances = Instances::make(config, *catalogue, m.facts, std::move(io));
  if (!instances) return instances.error();
  m.instances = std::move(*instances);
  m.assemble();
  return std::unique_ptr<Run>(new Run(std::move(impl)));
}

Summary Run::execute(const std::function<void()>& on_started) {
  Impl& m = *impl_;
  const auto started = std::chrono::steady_clock::now();
  if (auto done = m.instances->start(); !done) {
    m.end = RunEnd::instance_failed;
    m.error = done.error();
    return summary();
  }
  if (auto done = m.first_balances(); !done) {
    m.end = RunEnd::instance_failed;
    m.error = done.error();
    static_cast<void>(m.instances->stop());
    return summary();
  }
  if (!m.instances->quarantine().empty())
    m.execution->set_state(core::TradingState::reducing, 0, "host", "an instance is quarantined");
  m.start_equity = m.execution->portfolio().equity();
  if (on_started) on_started();
  for (auto& r : m.readers) r->start();
  m.end = m.pipeline->run();
  m.error = m.pipeline->error();
  for (auto& r : m.readers) r->stop();
  m.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  // cancel_entries_keep_stops (trading rules 3.8): what rests as an entry does not outlive the host.
  m.execution->cancel_entries(m.pipeline->last_time());
  m.pipeline->pump();
  m.execution->settle(m.pipeline->last_time());
  m.sink().end_step(m.pipeline->last_time());
  if (auto done = m.journal->flush(); !done && m.error.code.empty()) m.error = done.error();
  for (const Error& e : m.instances->stop()) out::error("run", "{}: {}", e.code, e.message);
  if (m.sql)
    if (auto done = m.sql->close(); !done && m.error.code.empty()) m.error = done.error();
  m.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return summary();
}

void Run::stop() noexcept { impl_->pipeline->stop(); }
Pipeline& Run::pipeline() noexcept { return *impl_->pipeline; }
Execution& Run::execution() noexcept { return *impl_->execution; }
Bridge& Run::bridge() noexcept { return *impl_->bridge; }
Generator& Run::generator() noexcept { return *impl_->generator; }
Rebalancer& Run::rebalancer() noexcept { return *impl_->rebalancer; }
const core::InstrumentTable& Run::instruments() const noexcept { return impl_->table; }
core::Nanos Run::now() const noexcept { return impl_->facts.engine_ns.load(std::memory_order_relaxed); }

Summary Run::summary() const {
  const Impl& m = *impl_;
  Summary s;
  s.end = m.end;
  s.error = m.error;
  s.mode = m.config.mode;
  s.first = m.pipeline->first_time();
  s.last = m.pipeline->last_time();
  s.bars = m.pipeline->bars();
  s.late_bars = m.pipeline->late_bars();
  s.steps = m.pipeline->steps();
  s.acted_steps = m.pipeline->acted_steps();
  s.signals = m.generator->counts();
  s.signal_errors = m.generator->errors();
  s.unresolved = m.generator->unresolved();
  s.accuracy = m.generator->accuracy();
  s.decisions = m.bridge->counts();
  const ExecutionCounts& c = m.execution->counts();
  s.why_not = c.why_not;
  s.orders = c.orders;
  s.fills = c.fills;
  s.rejected = c.rejected;
  s.cancelled = c.cancelled;
  s.expired = c.expired;
  s.incidents = c.incidents;
  s.plans = m.rebalancer->plans_made();
  const core::Portfolio& book = m.execution->portfolio();
  s.start_equity = m.start_equity;
  s.equity = book.equity();
  s.cash = book.cash(book.accounting());
  s.fees = book.fees();
  s.realised = book.realised();
  s.unrealised = book.unrealised();
  s.max_drawdown = m.execution->max_drawdown();
  s.half_spread = m.config.execution.assumed_half_spread;
  s.cost_gate = m.config.bridge.cost_gate;
  s.journal_commits = m.journal->commits();
  s.journal_rows = m.journal->rows();
  s.journal_head = m.journal->head();
  s.store = m.store_text;
  s.seconds = m.seconds;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) s.peak_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
  return s;
}

}  // namespace bowline::services
