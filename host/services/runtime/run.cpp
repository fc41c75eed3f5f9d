#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "config/live_guards.hpp"
#include "config/secret.hpp"
#include "core/contract.hpp"
#include "core/identity.hpp"
#include "observe/log.hpp"
#include "services/runtime/plugin_network.hpp"
#include "services/runtime/rate_budget.hpp"
#include "services/runtime/repeated_feeds.hpp"
#include "services/runtime/run_impl.hpp"
#include "store/journal_audit.hpp"
#include "store/journal_behind.hpp"
#include "store/journal_restore.hpp"
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

/// Part of every order id (trading rules 2.1). A venue knows the ids of every run that ever traded there, and takes each once: so that of
/// a live one is drawn. Else it is derived from the seed, so that the same run makes the same ids.
Result<std::uint64_t> store_epoch(const config::RunConfig& config) {
  if (config.mode != "live") return core::decision_id(config.seed, "", 0, "store-epoch", config.execution.account).lo;
  std::uint64_t drawn = 0;
  if (::getentropy(&drawn, sizeof drawn) != 0) return Error{"RUN_NO_ENTROPY", "the system gives no random number, and the order ids of a live run need one"};
  return drawn;
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

// A run is not resumed: what an earlier one sent, holds and stored would be mixed up with what this one does.
Error Run::Impl::used(const std::string& what) const {
  std::error_code ec;
  const bool quarantined = std::filesystem::file_size(options.var / "quarantine", ec) > 0 && !ec;
  return {"RUN_VAR_USED", "the state folder " + options.var.string() + " was used by an earlier run: " + what +
                              " of it is there; name another folder with --var, or move this one away" +
                              (quarantined ? "; instances are quarantined in it: copy its file quarantine into the new folder, or they "
                                             "will be called again"
                                           : "")};
}

Result<void> Run::Impl::open_state() {
  std::error_code ec;
  std::filesystem::create_directories(options.var, ec);
  if (ec) return Error{"RUN_VAR_UNUSABLE", "the state folder " + options.var.string() + " cannot be made: " + ec.message()};
  std::string venue = "none";
  for (const config::InstanceConfig& i : config.instances)
    if (i.kind == "broker") venue = i.plugin;
  const store::Stamp stamp{config.mode, venue, config.execution.account};
  if (!hosts("trade-execution")) {
    // Only the one who makes orders keeps their journal.
  } else if (config.journal == "memory") {
    journal = store::Journal::in_memory();
  } else {
    auto opened = store::Journal::open(options.var / "journal.db", stamp);
    if (!opened) return opened.error();
    journal = std::move(*opened);
    if (config.execution.ballast_bytes > 0)
      ballast = std::make_unique<store::Ballast>(options.var / "ballast", static_cast<std::uint64_t>(config.execution.ballast_bytes));
    // A run that came to its end is over: what is begun anew in its folder would go on with what it held. One that was
    // stopped, or died, goes on.
    bool over = false;
    if (const std::string last = journal->latest(store::journal_kind::end); !last.empty()) {
      const auto row = store::read_end(last);
      if (!row) return row.error();
      over = row->end == to_string(RunEnd::end_of_data);
    }
    resumed = journal->rows() != 0;
    if (over || (resumed && parted())) return used("the journal");
    // What was heard and what was decided of it would belong to two runs.
    if (!resumed && config.market_log.enabled && !store::segments_in(market_folder(options.var)).empty()) return used("the recorded market");
  }
  // A venue that goes on where an earlier run left it: that run's coins and open orders would be nobody's here.
  for (const config::InstanceConfig& i : config.instances)
    if (i.kind == "broker" && resumed && !journal->latest(store::journal_kind::balance).empty() && !i.state_files.empty() &&
        std::none_of(i.state_files.begin(), i.state_files.end(), [&ec](const auto& file) { return std::filesystem::exists(file, ec); }))
      return Error{"RUN_VENUE_LOST", "the state folder " + options.var.string() + " holds the journal of a run that did not end, and the venue's own state (" +
                                         i.state_files.front().string() + ") is not there: what the run held is nowhere. Put the file back, or name "
                                         "another folder with --var"};
  for (const config::InstanceConfig& i : config.instances)
    if (i.kind == "broker" && hosts("trade-execution"))
      for (const std::filesystem::path& file : i.state_files)
        if (!resumed && std::filesystem::exists(file, ec)) {
          Error e = used("the venue's state (" + file.string() + ")");
          if (file.lexically_relative(options.var).string().starts_with(".."))
            e.message += "; that file lies elsewhere: give instance " + i.id + " another `file`, or move it away";
          return e;
        }
  if (journal && !resumed) {
    const auto epoch = store_epoch(config);
    if (!epoch) return epoch.error();
    if (auto done = journal->set_epoch(*epoch); !done) return done;
  }
  const StoreFiles files = store_files(config, options.var);
  if (files.transactions.empty()) return {};
  if (resumed)
    if (auto done = look_whether_put_back(files.transactions, stamp); !done) return done;
  store::StoreOptions o;
  o.stamp = stamp;
  o.prices = files.prices;
  o.transactions = files.transactions;
  o.instruments = &table;
  o.data = facts.data;
  if (parted()) o.roles = config.services;
  // On the writer's thread. The words name file and cause, and no amount.
  o.on_failing = [](const Error& why) { out::error("store", "{}: {}", why.code, why.message); };
  o.on_healed = [] { out::info("store", "the store can be written again: what was kept is stored"); };
  auto opened = store::SqlStore::open(o);
  if (!opened) return opened.error();
  sql = std::move(*opened);
  // Bridge and rebalancer may be started anew in the middle of a run and then find their own rows; the other two may not.
  std::vector<std::string> roles;
  for (const char* role : {"signal-generator", "trade-execution"})
    if (parted() && hosts(role)) roles.emplace_back(role);
  if (!resumed && (!parted() || !roles.empty())) {
    const auto has = sql->used(roles);
    if (!has) return has.error();
    if (*has) return used("the store");
  }
  if (resumed) {
    gate = std::make_unique<HistoryGate>(*sql);
    feed_gate = std::make_unique<HistoryGate>(*sql);
  }
  store_text = files.transactions.string() + ", " + files.prices.string();
  return {};
}

// By hand, past `bowline journal restore`: with the epoch of then, orders would bear ids that the venue knows, exits among them. So
// the verb's work is done here, and the run begins reducing.
Result<void> Run::Impl::look_whether_put_back(const std::filesystem::path& transactions, const store::Stamp& stamp) {
  const auto beyond = store::order_beyond(*journal, transactions, stamp);
  if (!beyond) return beyond.error();
  if (beyond->empty()) return {};
  std::optional<std::uint64_t> drawn;
  if (config.mode == "live") {
    const auto epoch = store_epoch(config);
    if (!epoch) return epoch.error();
    drawn = *epoch;
  }
  store::RestoredRow row;
  row.at = facts.wall_ns();
  row.who = "host";
  row.why = "the store has order " + *beyond + ", which the journal has not: the journal was put back by hand";
  if (const auto renewed = journal->renew_epoch(std::move(row), drawn); !renewed) return renewed.error();
  const auto kept = store::set_store_aside(transactions, stamp, false);
  if (!kept) return kept.error();
  out::error("run", "JOURNAL_PUT_BACK: the store has order {}, which the journal has not: it was put back by hand, and not by `bowline journal restore`. "
                    "Its epoch is renewed, and the store of before is kept as {}", *beyond, kept->string());
  return {};
}

Result<void> Run::Impl::take_receipt_key() {
  const std::string& reference = config.execution.receipt.key;
  if (reference.empty() || !hosts("trade-execution") || options.repeats) return {};
  if (!options.secret) return Error{"SECRET_MISSING", "execution.receipt.key names a secret, and there is nobody to ask for it"};
  auto text = options.secret(reference);
  if (!text) return text.error();
  const config::Secret pem(std::move(*text));  // wiped when the key is made of it
  auto key = store::ReceiptKey::from_pem(pem.reveal());
  if (!key) return key.error();
  receipt_key.emplace(std::move(*key));
  out::info("execution", "receipts of liquidations are signed by the key {}", receipt_key->id());
  return {};
}

// Cash and what the venue already holds, before the first event.
Result<void> Run::Impl::first_balances() {
  if (auto done = execution->ask_venue(); !done) return done;
  // A live venue that answered a part of it has not answered: it is asked again, for as long as an answer is waited for.
  constexpr std::chrono::seconds patience{60};
  const auto until = std::chrono::steady_clock::now() + patience;
  const auto known = [this] { return execution->reconciled() && (config.mode != "live" || execution->reconciliation().whole); };
  const InstanceServices& venue = *instances->brokers.front().services;
  for (;;) {
    await_venue([this] { return execution->reconciled(); }, until - std::chrono::steady_clock::now(), true);
    if (venue.has_failed()) return venue.failure();
    if (known() || !execution->reconciled() || venue_port() == nullptr || std::chrono::steady_clock::now() >= until) break;
    if (auto done = execution->ask_venue(); !done) return done;
  }
  if (!known())
    return Error{"RECONCILE_UNANSWERED", "the venue did not answer what it has of orders and balances: nothing is traded before it is known" +
                                             (broker->link_why().empty() ? std::string() : "; " + std::string(broker->link_why()))};
  if (!execution->against_config().empty() && !resumed) return execution->against_config().front().refusal;
  execution->begin();
  return {};
}

// What an earlier process of this run knew. Its seed must be this one's: the same decisions must have the same ids.
Result<void> Run::Impl::resume() {
  if (!resumed) return {};
  core::Nanos stored = 0;  // the store may have lost what came after it
  if (sql) {
    const auto last = sql->last_step();
    if (!last) return last.error();
    stored = *last;
  }
  std::string begun;
  // Twice through the rows: what is taken away from the store must be known before any of it is put back.
  core::Nanos settled = 0;
  std::string ended_by;  // the row that it ends with, if it came to its end
  auto done = journal->each([&](const store::JournalRow& row) -> Result<void> {
    if (row.kind == store::journal_kind::end) ended_by = row.payload;
    else ended_by.clear();
    if (row.kind != store::journal_kind::step) return {};
    const auto step = store::read_step(row.payload);
    if (step) settled = std::max(settled, step->settled);
    return step ? Result<void>{} : Result<void>(step.error());
  });
  if (!done) return done;
  if (!ended_by.empty()) {
    auto row = store::read_end(ended_by);
    if (!row) return row.error();
    ended_as = std::move(*row);
  }
  if (sql) {
    if (auto cut = sql->forget_after(settled, stored); !cut) return cut;
    const auto plans = sql->plans_at(settled);
    if (!plans) return plans.error();
    if (rebalancer) rebalancer->planned_before(settled, *plans);
  }
  std::vector<core::AuditRecord> trail;  // what the store has of it from there on
  if (sql) {
    auto known = sql->audit_from(stored);
    if (!known) return known.error();
    trail = std::move(*known);
  }
  store::JournalAudit audit;
  done = journal->each([&](const store::JournalRow& row) -> Result<void> {
    if (row.kind == store::journal_kind::begin && begun.empty()) begun = row.payload;
    const bool project = sql && row.time >= stored;
    if (auto restored = execution->restore(row, project ? sql.get() : nullptr); !restored || !project) return restored;
    auto line = audit.take(row);
    if (!line) return line.error();
    if (*line && std::none_of(trail.begin(), trail.end(), [&line](const core::AuditRecord& r) { return store::same_line(r, **line); }))
      sql->put(std::move(**line));
    return {};
  });
  if (sql) sql->end_step(settled);
  if (!done) return done;
  if (begun != begin_line())
    return Error{"RUN_CONFIG_CHANGED", "the state folder " + options.var.string() + " holds a run that was begun as " + begun + "; this one is " +
                                           begin_line() + ": give it the seed of before, or another folder with --var"};
  execution->restored();
  // From here on what happens to orders is news, also before the first step that is: what the venue answers, and commands.
  if (gate) gate->open();
  pipeline->go_on_after(
      execution->settled(), [this, stored](core::Nanos t) { if (feed_gate && t > stored) feed_gate->open(); },
      [this] {
        if (feed_gate) feed_gate->open();
        execution->tell_rules_of_today();
        execution->resume_orders();
        loop->pump();
      });
  // Where time is real it did not stand still meanwhile: what is commanded before the feed comes again is commanded now.
  facts.engine_ns.store(now_by_clock(), std::memory_order_relaxed);
  out::warning("run", "going on from the journal of an earlier process: {} rows, settled up to {}, {} orders to ask the venue about",
               journal->rows(), core::format_time(execution->settled()), execution->orders().working().size());
  return {};
}

core::Nanos Run::Impl::now_by_clock() const {
  const core::Nanos known = std::max(loop->last_time(), execution->settled());
  if (config.time != "real" || options.repeats) return known;
  return std::max({known, core::Nanos{facts.engine_ns.load(std::memory_order_relaxed)}, core::Nanos{facts.wall_ns()}});
}

std::string Run::Impl::begin_line() const { return "{\"seed\":" + std::to_string(config.seed) + "}"; }

bool Run::Impl::store_beside_ballast() const {
  const auto disk_of = [](const std::filesystem::path& folder) {
    struct stat about {};
    return ::stat(folder.empty() ? "." : folder.c_str(), &about) == 0 ? std::optional(about.st_dev) : std::nullopt;
  };
  const StoreFiles files = store_files(config, options.var);
  const auto disk = disk_of(options.var);
  return !disk || disk == disk_of(files.transactions.parent_path()) || disk == disk_of(files.prices.parent_path());
}

Result<void> Run::Impl::close_store() {
  // With room again what was kept is stored; else what is left of the ballast is for the exits of the next process.
  if (execution && !execution->reserve_whole()) execution->fill_reserve(execution->settled());
  auto done = sql->close();
  if (sql->dropped() == 0) return done;
  std::string lost = std::to_string(sql->dropped()) + " records are not in the store";
  if (journal && journal->durable()) lost += ". The journal has every order; the store of this run is not whole";
  else lost += " nor anywhere else: the journal was in memory";
  return done.ok() ? Error{"STORE_DROPPED", lost + ". They came while it could not be written and its backlog was full"}
                   : Error{done.error().code, done.error().message + "; " + lost};
}

// From here on the folder is used, also when no order is ever made.
Result<void> Run::Impl::note_begin() {
  if (auto done = journal->note(store::journal_kind::begin, 0, begin_line()); !done) return done;
  if (ballast) execution->fill_reserve(execution->settled());
  return journal->flush();
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

RunParts Run::Impl::parts() const {
  RunParts p;
  p.loop = loop.get();
  p.generator = generator.get();
  p.bridge = bridge.get();
  p.execution = execution.get();
  p.rebalancer = rebalancer.get();
  p.broker = broker.get();
  p.journal = journal.get();
  p.store = sql.get();
  p.ballast = ballast.get();
  p.instances = instances.get();
  p.plugin_errors = &plugin_errors;
  p.recorder = recorder.get();
  for (const auto& r : readers) p.feeds.push_back(r.get());
  p.wall_ns = facts.wall_ns;
  // Two bars that did not come, and as long as a bar may be late.
  p.stale_after_ns = 2 * config.interval_ns + config.max_bar_delay_ns;
  return p;
}

void Run::Impl::look_at_latch() {
  if (!execution || repeater) return;
  const core::Nanos now = facts.engine_ns.load(std::memory_order_relaxed);
  if (execution->look_at_latch(now) && !execution->liquidating()) {
    const store::Halt halt = latch->read();
    if (halt.order == store::HaltOrder::liquidate && !execution->receipt(halt.id)) {
      LiquidationRequest q;
      q.id = halt.id;
      q.reason = halt.why;
      q.principal = halt.who;
      q.request_id = halt.id;
      bool replayed = false;
      if (const auto done = execution->liquidate(q, now, replayed); !done && !latch_refused) {
        latch_refused = true;  // told once, tried again at each look
        out::error("run", "{}: the latch orders to liquidate: {}", done.error().code, done.error().message);
      }
    }
  }
  // Its patience is counted in looks: where many events come they must not use it up. What the venue answers at once is
  // followed at once, but not without end.
  const auto clock = std::chrono::steady_clock::now();
  if (clock - liquidation_looked < std::chrono::milliseconds(200)) return;
  liquidation_looked = clock;
  // Where time is real the loop itself ends what is to be recalled, and time is that of the clock then.
  if (config.time != "real" && execution->waits_for_history()) {
    if (liquidation_waits == std::chrono::steady_clock::time_point{} || loop->bars() != liquidation_bars) liquidation_waits = clock;
    liquidation_bars = loop->bars();
    if (clock - liquidation_waits >= options.feed_patience) {
      out::warning("run", "no prices come: the liquidation of before the restart goes on without them");
      execution->go_on_without_history();
    }
  }
  const auto tell = [this] {
    if (liquidation) liquidation->look();
  };
  for (int i = 0; i < 100 && execution->look_at_liquidation(now); ++i) {
    loop->pump();
    tell();
  }
  tell();
}

RunParts Run::parts() const { return impl_->parts(); }

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

namespace {
template <class T>
T& hosted(const std::unique_ptr<T>& part) {
  BOWLINE_EXPECTS(part != nullptr);
  return *part;
}
}  // namespace

void Run::stop() noexcept {
  Impl& m = *impl_;
  // Told again it ends at once, whatever is not sold yet.
  if (!m.execution || m.config.execution.on_shutdown.how != "flatten" || m.leaving.exchange(true)) return m.loop->stop();
  m.loop->post([&m] { m.look_at_leaving(); });
}
CoreLoop& Run::loop() noexcept { return *impl_->loop; }
bool Run::hosts(std::string_view service) const noexcept { return impl_->hosts(service); }
bool Run::parted() const noexcept { return impl_->parted(); }
Execution& Run::execution() noexcept { return hosted(impl_->execution); }
Bridge& Run::bridge() noexcept { return hosted(impl_->bridge); }
Generator& Run::generator() noexcept { return hosted(impl_->generator); }
Rebalancer& Run::rebalancer() noexcept { return hosted(impl_->rebalancer); }
MarketStream& Run::market() noexcept { return hosted(impl_->market); }
EventsStream& Run::events() noexcept { return hosted(impl_->events); }
LiquidationStream& Run::liquidation() noexcept { return hosted(impl_->liquidation); }

std::vector<std::pair<std::string, bool>> Run::links() const {
  std::vector<std::pair<std::string, bool>> all;
  if (impl_->market) all = impl_->market->followers();
  for (const auto& f : impl_->followers) f->links(all);
  return all;
}

const core::PortfolioView* Run::view() const noexcept {
  const Impl& m = *impl_;
  if (m.execution) return &m.execution->view();
  if (m.rebalancer_node != nullptr) return &m.rebalancer_node->view();
  return m.bridge_node != nullptr ? &m.bridge_node->view() : nullptr;
}

void Run::take_plan(std::span<const core::Target> targets, core::Nanos now, const Asker& who,
                    std::function<void(const Result<void>&)> taken) {
  Impl& m = *impl_;
  if (m.execution) {
    audit_plan(m.sink(), m.execution->plan_asked(targets, now, who.principal, who.request_id, false), now, who, targets.size());
    m.execution->take_targets(targets, true);
    m.execution->trade(now);
    m.loop->pump();
    return taken({});
  }
  if (m.rebalancer_node != nullptr) return m.rebalancer_node->propose_now(targets, now, who, std::move(taken));
  taken(Error{"EXECUTION_ABSENT", "no trade-execution is in reach: a plan would go nowhere"});
}

Result<bool> Run::take_targets(const wire::Targets& targets, const std::string& key, const std::string& body) {
  BOWLINE_EXPECTS(impl_->execution_node != nullptr);
  return impl_->execution_node->take(targets, key, body);
}

const core::InstrumentTable& Run::instruments() const noexcept { return impl_->table; }
const core::DataSymbols& Run::data_symbols() const noexcept { return impl_->facts.data; }
core::Nanos Run::now() const noexcept { return impl_->facts.engine_ns.load(std::memory_order_relaxed); }

Summary Run::summary() const {
  const Impl& m = *impl_;
  Summary s;
  s.end = m.end;
  s.error = m.error;
  s.mode = m.config.mode;
  s.services = m.config.services;
  s.first = m.loop->first_time();
  s.last = m.loop->last_time();
  s.bars = m.loop->bars();
  s.late_bars = m.loop->late_bars();
  s.steps = m.loop->steps();
  s.acted_steps = m.loop->acted_steps();
  if (m.generator) {
    s.signals = m.generator->counts();
    s.signal_errors = m.generator->errors();
    s.unresolved = m.generator->unresolved();
    s.accuracy = m.generator->accuracy();
  }
  if (m.bridge) s.decisions = m.bridge->counts();
  if (m.rebalancer) s.plans = m.rebalancer->plans_made();
  if (m.execution) {
    const ExecutionCounts& c = m.execution->counts();
    s.why_not = c.why_not;
    s.orders = c.orders;
    s.fills = c.fills;
    s.rejected = c.rejected;
    s.cancelled = c.cancelled;
    s.expired = c.expired;
    s.incidents = c.incidents;
    s.working = m.execution->orders().working().size();
    s.incident_codes = c.by_incident;
    const core::Portfolio& book = m.execution->portfolio();
    s.start_equity = m.start_equity;
    s.equity = book.equity();
    s.cash = book.cash();
    if (book.pegs().any()) {
      s.wallets.emplace_back(m.table.asset_code(book.accounting()), book.cash(book.accounting()));
      for (const core::Peg& p : book.pegs().all()) s.wallets.emplace_back(m.table.asset_code(p.asset), book.cash(p.asset));
    }
    s.fees = book.fees();
    s.realised = book.realised();
    s.unrealised = book.unrealised();
    s.max_drawdown = m.execution->max_drawdown();
    s.journal_commits = m.journal->commits();
    s.journal_rows = m.journal->rows();
    s.journal_head = m.journal->head();
  }
  if (m.sql) {
    s.store_outages = m.sql->outages();
    s.store_dropped = m.sql->dropped();
  }
  s.plugin_errors = m.plugin_errors.counts();
  s.half_spread = m.config.execution.assumed_half_spread;
  s.cost_gate = m.config.bridge.cost_gate;
  s.store = m.store_text;
  s.seconds = m.seconds;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) s.peak_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
  return s;
}

}  // namespace bowline::services
