// A run is made of its configuration, and turned from its first event to its last.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "config/live_guards.hpp"
#include "core/contract.hpp"
#include "observe/log.hpp"
#include "services/runtime/plugin_network.hpp"
#include "services/runtime/rate_budget.hpp"
#include "services/runtime/repeated_feeds.hpp"
#include "services/runtime/run_impl.hpp"
#include "store/row_words.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;

std::int64_t system_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// By the notes of the files, before anything is begun; what is loaded then is asked itself (fits_host). What is not in the catalogue is
/// said where it is looked for.
Result<void> live_takes_plugins(const config::RunConfig& config, const loader::Catalogue& catalogue) {
  if (config.mode != "live") return {};
  for (const config::InstanceConfig& i : config.instances) {
    const auto offer = catalogue.find(i.plugin);
    const bool simulated = offer.ok() && offer->venue_class == loader::VenueClass::Simulated;
    if (auto takes = config::live_takes(i.kind, i.plugin, simulated, comes_again(i.plugin)); !takes)
      return Error{takes.error().code, "instance " + i.id + ": " + takes.error().message};
  }
  return {};
}

}  // namespace

core::Nanos Run::Impl::now_by_clock() const {
  const core::Nanos known = std::max(loop->last_time(), execution->settled());
  if (config.time != "real" || options.repeats) return known;
  return std::max({known, core::Nanos{facts.engine_ns.load(std::memory_order_relaxed)}, core::Nanos{facts.wall_ns()}});
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() {
  if (NetPort* net = impl_->venue_port()) net->on_arrival({});  // it would wake a loop that has gone
  for (const auto& f : impl_->followers) f->stop();
  for (const auto& r : impl_->readers) r->stop();  // their threads call into feeds
  if (impl_->instances) static_cast<void>(impl_->instances->stop());  // a feed's own threads call into its reader
  impl_->readers.clear();
}

Result<std::unique_ptr<Run>> Run::make(const config::RunConfig& config, RunOptions options) {
  if (auto may = config::may_run(config, options.live_facts); !may) return may.error();
  if (config.mode == "live" && (options.repeats || options.tape != nullptr))
    return Error{"MODE_REPLAY_LIVE", "a run of mode: live can't be run again: its events were the world's, and its orders would be real"};
  auto impl = std::make_unique<Impl>();
  Impl& m = *impl;
  m.config = config;
  m.options = std::move(options);
  auto table = instrument_table(config);
  if (!table) return table.error();
  m.table = std::move(*table);
  m.facts.instruments = &m.table;
  auto data = services::data_symbols(config, m.table);
  if (!data) return data.error();
  m.facts.data = std::move(*data);
  m.facts.wall_ns = m.options.wall_ns ? m.options.wall_ns : std::function<std::int64_t()>(system_ns);
  m.facts.secret = m.options.secret;
  m.facts.select = m.options.select;
  if (!m.options.repeats) m.facts.network = network_maker(config.plugins.network, m.facts.wall_ns);
  auto catalogue = loader::Catalogue::scan(config.plugins.path);
  if (!catalogue) return catalogue.error();
  if (auto takes = live_takes_plugins(config, *catalogue); !takes) return takes.error();
  if (config.time == "real")
    for (const config::InstanceConfig& i : config.instances)
      if (i.kind == "feed" && comes_again(i.plugin))
        return Error{"RUN_TIME_REAL", "instance " + i.id + ": plugin " + i.plugin + " tells what happened once, and the clock would be years beyond it: "
                                      "leave `time` out, or give a feed that tells what happens now"};
  if (auto done = m.take_receipt_key(); !done) return done.error();
  if (auto done = m.open_state(); !done) return done.error();
  std::erase_if(m.config.instances, [&config](const auto& i) { return !loads(config, i); });
  InstancesOptions io;
  io.without_broker = !m.hosts("trade-execution");
  io.without_feeds = m.options.tape != nullptr;
  io.var = m.options.var;
  io.close_gate = [&m] { m.gate_closed.store(true, std::memory_order_release); };
  io.alert = [](const loader::Overrun& o) {
    out::critical("watchdog", "instance {} did not return from {}: the process ends", o.instance.id, o.call);
    out::shutdown();  // the log's thread would be cut off before the line is written
    std::fprintf(stderr, "bowline: PLUGIN_OVERRUN: instance %s (plugin %s) did not return from %.*s within %lld ms: the process ends, "
                 "and the instance is quarantined until it is released\n", o.instance.id.c_str(), o.instance.plugin.c_str(),
                 static_cast<int>(o.call.size()), o.call.data(), static_cast<long long>(o.limit_ns / 1'000'000));
  };
  auto instances = Instances::make(m.config, *catalogue, m.facts, std::move(io));
  if (!instances) return instances.error();
  m.instances = std::move(*instances);
  if (!m.instances->brokers.empty()) {
    const auto rates = loader::venue_rates(*m.instances->brokers.front().instance);
    if (!rates) return rates.error();
    const auto& periods = m.config.execution.reconcile;
    // Where time moves by data nothing is asked by the clock.
    const auto quota = fits_rate_budget(*rates, periods.orders_every_ns, periods.balances_every_ns, m.config.time == "real" ? periods.in_flight_every_ns : 0);
    if (!quota) return quota.error();
    m.in_flight = *quota;
  }
  m.assemble();
  m.listen_to_network();
  if (auto done = m.resume(); !done) return done.error();
  if (m.options.repeats) {
    BOWLINE_EXPECTS(m.pipeline != nullptr && m.execution != nullptr);
    m.repeater = std::make_unique<Repeater>(Repeater::Parts{*m.pipeline, *m.execution, *m.rebalancer, *m.latch, m.facts, m.table, m.sink(), m.options.tape}, m.options.inputs);
    m.pipeline->repeats = [&m](const bl_event* next) { return m.repeater->next(next); };
  }
  m.watch = std::make_unique<RunWatch>(m.parts());
  m.loop->watch = [&m] {
    m.look_at_latch();
    m.look_at_leaving();
    m.look_at_market();
    m.watch->look();
  };
  return std::unique_ptr<Run>(new Run(std::move(impl)));
}

void Run::Impl::tell_begin() const {
  std::string names, here;
  for (const config::InstanceConfig& i : config.instances) names += (names.empty() ? "" : ", ") + i.id + "=" + i.plugin;
  for (const std::string& s : config.services) here += (here.empty() ? "" : ", ") + s;
  out::Event(out::Level::Info, "run")
      .field("config", options.config)
      .field("mode", config.mode)
      .field("run", run_id)
      .field("services", here)
      .field("instances", names)
      .msg("the run begins");
}

namespace {
void tell_end(const Summary& s) {
  out::Event(s.error.code.empty() ? out::Level::Info : out::Level::Error, "run")
      .field("end", to_string(s.end))
      .field("code", s.error.code)
      .field("bars", s.bars)
      .field("late_bars", s.late_bars)
      .field("orders", s.orders)
      .field("fills", s.fills)
      .field("working", s.working)
      .field("incidents", s.incidents)
      .field("store_outages", s.store_outages)
      .field("store_dropped", s.store_dropped)
      .field("seconds", s.seconds)
      .msg("the run ends: {}{}{}", to_string(s.end), s.error.code.empty() ? "" : ", ", s.error.code);
}
}  // namespace

Summary Run::execute(const std::function<void()>& on_started) {
  Summary s = turn(on_started);
  tell_end(s);
  return s;
}

Summary Run::turn(const std::function<void()>& on_started) {
  Impl& m = *impl_;
  const auto started = std::chrono::steady_clock::now();
  m.tell_begin();
  // Before the venue has done anything: a folder whose venue has a state and whose journal is empty would be nobody's.
  if (m.execution)
    if (auto done = m.note_begin(); !done) {
      m.end = RunEnd::instance_failed;
      m.error = done.error();
      return summary();
    }
  m.begin_clock();
  if (auto done = m.instances->start(); !done) {
    m.end = RunEnd::instance_failed;
    m.error = done.error();
    return summary();
  }
  m.listen_to_network();  // it may have asked for the network only now
  if (m.execution) {
    if (auto done = m.first_balances(); !done) {
      m.end = RunEnd::instance_failed;
      m.error = done.error();
      static_cast<void>(m.instances->stop());
      return summary();
    }
    if (!m.instances->quarantine().empty())
      static_cast<void>(m.execution->tighten(core::TradingState::reducing, m.execution->settled(), store::an_instance_is_quarantined));
    m.execution->start(m.ended_as, m.facts.wall_ns());
    m.look_at_latch();
    m.start_equity = m.execution->portfolio().equity();
  }
  for (const config::InstanceConfig& i : m.config.instances)
    if (const out::Scope scope({.service = service_of(i.kind)}); m.instances->quarantine().quarantined(i.id))
      out::warning("run", "instance {} is quarantined: it ended the process before, and {}", i.id,
                   i.kind == "feed" || i.kind == "broker" ? "is called all the same, since the exits that still run need it"
                                                          : "is not called until it is released");
  if (on_started) on_started();
  for (auto& r : m.readers) r->start();
  for (const auto& f : m.followers) f->start();
  m.end = m.loop->run();
  m.error = m.loop->error();
  m.end_market();
  for (auto& r : m.readers) r->stop();
  for (const auto& f : m.followers) f->stop();
  m.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (m.execution) {
    // cancel_entries_keep_stops (trading rules 3.8): what rests as an entry does not outlive the host.
    const core::Nanos last = m.now_by_clock();  // no event may have come
    if (const Cancels c = m.execution->cancel_entries(last); c.failed != 0)
      out::error("run", "{} resting entries could not be cancelled and may still fill", c.failed);
    // A venue over the network is given time to answer: what is not answered then is unknown, and asked for at the next start.
    m.settle_with_venue();
    m.hand_over_stops(m.now_by_clock());
    m.settle_with_venue();
    // A simulated venue answers on its own time, which nothing drives any more. A real one has the clock's.
    if (m.config.mode != "live" && !m.execution->orders().working().empty()) m.loop->pass_time(last + m.config.interval_ns);
    // A venue that failed only now may not have carried out the cancels: the run has not come to its end, and can go on.
    if (const InstanceServices& venue = *m.instances->brokers.front().services; m.end != RunEnd::instance_failed && venue.has_failed()) {
      m.end = RunEnd::instance_failed;
      m.error = venue.failure();
    }
    m.close_network();
    m.execution->finish(std::max(m.loop->last_time(), m.execution->settled()));
    if (auto done = m.journal->flush(); !done && m.error.code.empty()) m.error = done.error();
  }
  m.sink().end_step(m.loop->last_time());
  for (const Error& e : m.instances->stop()) out::error("run", "{}: {}", e.code, e.message);
  if (m.sql)
    if (auto done = m.close_store(); !done) {
      if (!m.error.code.empty()) out::error("run", "{}: {}", done.error().code, done.error().message);
      else m.error = done.error();
    }
  // What a full disk kept out of the store comes from the journal when the run is started again with room: it is not over.
  const bool owes_store = m.execution && m.sql && !m.execution->reserve_whole() && m.store_beside_ballast();
  // Last of all: what dies before it goes on, and has nothing left to do but this.
  if (m.execution && !owes_store) {
    store::EndRow last{std::string(to_string(m.end)), {}};
    if (m.end == RunEnd::stopped && m.error.code.empty()) last.rollout = m.execution->rollout(m.facts.engine_ns.load(std::memory_order_relaxed));
    auto done = m.journal->note(store::journal_kind::end, m.loop->last_time(), store::line(last));
    if (done) done = m.journal->flush();
    if (!done && m.error.code.empty()) m.error = done.error();
  }
  m.watch->look();
  m.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return summary();
}

}  // namespace bowline::services
