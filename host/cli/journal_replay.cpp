// bowline journal replay: a recorded run is run again, and what it decides is held against its journal, byte for byte.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cli/journal_replay.hpp"
#include "cli/load_config.hpp"
#include "cli/log_options.hpp"
#include "cli/stop_signals.hpp"
#include "core/exit_codes.hpp"
#include "loader/watchdog.hpp"
#include "observe/log.hpp"
#include "services/runtime/rerun.hpp"
#include "services/runtime/selected_features.hpp"
#include "store/journal_compare.hpp"
#include "store/journal_snapshot.hpp"

namespace bowline::cli {
namespace {

namespace fs = std::filesystem;
using store::Agreement;

struct Options {
  std::string config, var = "var", journal;
  LogChoice log;
  bool json = false;
};

/// A folder that goes away with this object, and all that is in it.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "bowline-replay-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const noexcept { return path_; }  ///< empty: it could not be made

 private:
  fs::path path_;
};

/// What both journals are, how far each goes, and where they part.
struct Outcome {
  store::JournalExtent recorded;
  services::RerunEnd again;
  store::JournalComparison compared;
  bool cut = false, interrupted = false;  ///< cut: the re-run ended too soon, by a failure, because it was interrupted, or for want of a market
  std::unique_ptr<store::MarketTape> tape{};  ///< what was heard in place of feeds, where it was recorded
};

/// Stops the re-run from the thread that takes the signals, whether it is there yet or not.
class Interrupt {
 public:
  void ask() {
    const std::scoped_lock hold(lock_);
    asked_ = true;
    if (run_ != nullptr) run_->stop();
  }
  /// null: it is over.
  void of(services::Run* run) {
    const std::scoped_lock hold(lock_);
    run_ = run;
    if (run != nullptr && asked_) run->stop();
  }
  bool asked() const {
    const std::scoped_lock hold(lock_);
    return asked_;
  }

 private:
  mutable std::mutex lock_;
  services::Run* run_ = nullptr;
  bool asked_ = false;
};

/// A line on stderr when a person watches, nothing otherwise.
void progress(core::Nanos t) {
  static std::uint64_t steps = 0;
  if (::isatty(2) != 0 && ++steps % 1000 == 0) std::fprintf(stderr, "\rrun again up to %s ", core::format_time(t).c_str());
}

std::string venue_of(const config::RunConfig& config) {
  for (const config::InstanceConfig& i : config.instances)
    if (i.kind == "broker") return i.plugin;
  return "none";
}

/// The stamp says what run a journal is of; the rest of a configuration only the comparison can tell.
Result<void> belongs(const fs::path& file, const store::Stamp& has, const config::RunConfig& config) {
  const store::Stamp wants{config.mode, venue_of(config), config.execution.account};
  if (has.mode == wants.mode && has.venue == wants.venue && has.portfolio == wants.portfolio) return {};
  return Error{"JOURNAL_STAMP", "journal " + file.string() + ": belongs to mode " + has.mode + ", venue " + has.venue + ", portfolio " + has.portfolio +
                                    "; this configuration is of mode " + wants.mode + ", venue " + wants.venue + ", portfolio " + wants.portfolio +
                                    ": name the one that the run was made from"};
}

Result<Outcome> replay(const Options& o, const fs::path& file, const LoadedConfig& loaded, const fs::path& scratch, Interrupt& interrupt) {
  const bool heard = services::hears_once(*loaded.config);
  auto config = services::rerun_config(*loaded.config, scratch, heard);
  if (!config) return config.error();
  const auto copy = store::copy_journal(file, scratch);
  if (!copy) return copy.error();
  Outcome out;
  auto extent = store::measure_journal(*copy);
  if (!extent) return extent.error();
  out.recorded = std::move(*extent);
  if (auto ours = belongs(file, out.recorded.stamp, *config); !ours) return ours.error();
  if (heard) {
    auto tape = services::recorded_market(*config, o.var, out.recorded.stamp);
    if (!tape) return tape.error();
    out.tape = std::move(*tape);
  }

  services::RunOptions options;
  options.var = scratch / "run";
  options.config = o.config;
  options.secret = loaded.secret;
  options.select = services::select_features;
  options.inputs = out.recorded.inputs;
  options.tape = out.tape.get();
  loader::install_terminate_handler(options.var);
  auto again = services::run_again(*config, std::move(options), out.recorded.settled, [&](services::Run* r) { interrupt.of(r); }, progress);
  if (::isatty(2) != 0) std::fprintf(stderr, "\r");
  if (!again) return again.error();
  out.again = std::move(*again);

  const bool arrived = out.again.last >= out.recorded.settled;
  out.interrupted = interrupt.asked() && out.again.end == services::RunEnd::stopped && !out.again.beyond && (!arrived || out.recorded.whole);
  // What is not known to have been heard can't have been decided on: rows behind that do not count.
  const bool unheard = !out.again.unheard.empty();
  const bool goes_on = !arrived || out.recorded.whole || out.recorded.rows > out.recorded.first;
  out.cut = out.interrupted || (!arrived && !out.again.error.code.empty()) || (unheard && goes_on);
  store::Rerun rerun;
  rerun.file = scratch / "run" / "journal.db";
  rerun.settled_rows = out.again.settled_rows;
  rerun.behind = services::behind(out.recorded, out.again, out.cut, heard);
  auto compared = store::compare_journals(*copy, out.recorded, rerun);
  if (!compared) return compared.error();
  out.compared = std::move(*compared);
  if (store::JournalComparison& c = out.compared; c.result == Agreement::differ && c.why.empty()) {
    if (!out.again.error.code.empty()) c.why = "the re-run failed: " + out.again.error.message;
    else if (out.recorded.whole && out.again.beyond && c.row > out.again.settled_rows) c.why = "the recorded run had come to the end of its data, and the data go on";
  }
  return out;
}

/// How far what was recorded of the market was heard.
std::string reach_of(const Outcome& out) {
  const store::MarketTape& tape = *out.tape;
  return std::to_string(tape.events()) + (tape.events() == 1 ? " event" : " events") + " of the recorded market" + (tape.last() == 0 ? "" : ", up to " + core::format_time(tape.last()));
}

std::string text_of(const store::JournalLine& l) { return l.kind + " " + core::format_time(l.time) + " " + l.payload; }

/// The one sentence of a run that is not the same.
Error said(const Outcome& out) {
  const store::JournalComparison& c = out.compared;
  const store::JournalLine& at = c.recorded ? *c.recorded : c.again ? *c.again : store::JournalLine{};
  const std::string where = "row " + std::to_string(c.row) + ", " + at.kind + ", at " + core::format_time(at.time);
  if (c.result == Agreement::part)
    return {"JOURNAL_PART", where + ": " + c.why + ": a re-run can't have it, and nothing from there on was compared; the " + std::to_string(c.rows) + " rows before it are the same"};
  const std::string why = c.why.empty() ? "" : "; " + c.why;
  if (!c.again) return {"JOURNAL_DIFFERS", where + ": the journal has it, and the re-run does not" + why};
  if (!c.recorded) return {"JOURNAL_DIFFERS", where + ": the re-run has it, and the journal does not" + why};
  return {"JOURNAL_DIFFERS", where + ": the re-run has another row there" + why};
}

void print(const Outcome& out) {
  const store::JournalComparison& c = out.compared;
  std::printf("%llu rows compared, %llu decisions among them, head %s\n", static_cast<unsigned long long>(c.rows),
              static_cast<unsigned long long>(c.decisions), c.head.c_str());
  if (out.tape) std::printf("%s%s%s\n", reach_of(out).c_str(), out.again.unheard.empty() ? "" : ": ", out.again.unheard.c_str());
  if (c.row != 0) {
    std::printf("row %llu\n  recorded: %s\n", static_cast<unsigned long long>(c.row), c.recorded ? text_of(*c.recorded).c_str() : "no such row");
    if (c.again || c.result == Agreement::differ) std::printf("  again:    %s\n", c.again ? text_of(*c.again).c_str() : "no such row");
    return;
  }
  if (out.cut) return;
  if (out.recorded.whole && c.own_end == 0) {
    std::printf("the same, to the end of the data\n");
  } else {
    const std::string settled = out.recorded.settled == 0 ? "none" : core::format_time(out.recorded.settled);
    std::printf("the same, up to the last settled step, %s", settled.c_str());
    if (c.own_end != 0)
      std::printf("; %llu rows behind it are of the recorded run's own end, and are not compared", static_cast<unsigned long long>(c.own_end));
    std::printf("\n");
  }
}

void print_json(const Outcome& out) {
  const store::JournalComparison& c = out.compared;
  const auto line = [](const std::optional<store::JournalLine>& l) -> nlohmann::ordered_json {
    if (!l) return nullptr;
    return {{"kind", l->kind}, {"time", core::format_time(l->time)}, {"payload", l->payload}};
  };
  const bool part = c.result == Agreement::part || (c.result == Agreement::same && out.cut);
  nlohmann::ordered_json all{{"result", c.result == Agreement::differ ? "differs" : part ? "part" : "same"},
                             {"rows", c.rows},
                             {"decisions", c.decisions},
                             {"head", c.head},
                             {"recorded_rows", out.recorded.rows},
                             {"own_end", c.own_end},
                             {"settled", out.recorded.settled == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(core::format_time(out.recorded.settled))},
                             {"market", nullptr},
                             {"apart", nullptr}};
  if (out.tape)
    all["market"] = {{"events", out.tape->events()},
                     {"until", out.tape->last() == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(core::format_time(out.tape->last()))},
                     {"unknown", out.again.unheard.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(out.again.unheard)}};
  if (c.row != 0) all["apart"] = {{"row", c.row}, {"recorded", line(c.recorded)}, {"again", line(c.again)}, {"why", c.why}};
  std::printf("%s\n", all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

int tell(const Outcome& out, bool json) {
  json ? print_json(out) : print(out);
  std::fflush(stdout);
  if (out.compared.result == Agreement::differ) {
    fail(said(out));
    return core::exit_code::journal_differs;
  }
  if (out.compared.result == Agreement::part) {
    fail(said(out));
    return core::exit_code::journal_part;
  }
  if (!out.cut) return core::exit_code::ok;
  const std::string reached = out.again.last == 0 ? "before its first step" : "behind the step of " + core::format_time(out.again.last);
  if (out.interrupted) {
    fail({"JOURNAL_PART", "the re-run was interrupted " + reached + ": what it had decided until then is the same, and nothing behind it was compared"});
    return core::exit_code::journal_part;
  }
  if (out.again.error.code.empty()) {
    fail({"JOURNAL_PART", "the recorded market ends " + reached + ", before the journal does: " + out.again.unheard + "; what had been decided until then is the same, and nothing behind it was compared"});
    return core::exit_code::journal_part;
  }
  // What it had until then is the same: why it failed is the answer.
  return fail({out.again.error.code, "the re-run failed " + reached + ", and the recorded run went on: " + out.again.error.message});
}

int run(const Options& o) {
  Interrupt interrupt;
  StopSignals signals;  // before any other thread
  const Scratch scratch;
  if (scratch.path().empty()) return fail({"STORE_OPEN", "no folder for the re-run can be made in " + fs::temp_directory_path().string()});
  // Paths of what the run writes lie below the scratch folder from here on, and not where the recorded run has them.
  auto loaded = load_config(o.config, (scratch.path() / "run").string(), For::again);
  if (!loaded.config) return loaded.exit_code;
  LogChoice log = o.log;
  if (log.level.empty() && log.file.empty()) log.level = "CRITICAL";  // what it has to say was said by the recorded run
  config::RunConfig::Log own = loaded.config->log;
  own.file.clear();
  if (auto done = start_log(log, own); !done) return fail(done.error());
  const fs::path file = o.journal.empty() ? fs::path(o.var) / "journal.db" : fs::path(o.journal);
  signals.watch([&interrupt] { interrupt.ask(); });
  const auto out = replay(o, file, loaded, scratch.path(), interrupt);
  observe::log::shutdown();
  return out ? tell(*out, o.json) : fail(out.error());
}

}  // namespace

void add_journal_replay(CLI::App& journal, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(journal, "replay", "run a recorded run again, on the same data or on the market that it recorded, and hold what it decides against its journal, byte for byte",
                     "bowline journal replay configs/ema_simulated.yaml --var /tmp/run1");
  v->add_option("config", o->config, "the YAML file that the run was made from")->required();
  v->add_option("--var", o->var, "the recorded run's state folder; nothing in it is touched")->capture_default_str();
  v->add_option("--journal", o->journal, "its journal, where that is not journal.db in the state folder");
  add_log_options(*v, o->log);
  v->add_flag("--json", o->json, "one JSON object");
  v->callback([o, &chosen] { chosen = [o] { return run(*o); }; });
}

}  // namespace bowline::cli
