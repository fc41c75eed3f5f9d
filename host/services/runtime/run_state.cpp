// The state folder of a run: opened, found used, or put back by hand; what is written into it first, and how its store is closed.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "config/secret.hpp"
#include "core/identity.hpp"
#include "observe/log.hpp"
#include "services/runtime/run_impl.hpp"
#include "store/journal_behind.hpp"
#include "store/journal_restore.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;

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

}  // namespace bowline::services
