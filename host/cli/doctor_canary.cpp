// bowline doctor --canary: the smallest real orders, once per version and key, before a run trades for real.
#include <bowline/plugin.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/canary_facts.hpp"
#include "cli/doctor.hpp"
#include "cli/stop_signals.hpp"
#include "cli/venue_desk.hpp"
#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"
#include "loader/watchdog.hpp"
#include "services/canary/canary.hpp"
#include "store/canary_record.hpp"
#include "store/lock_holder.hpp"

namespace bowline::cli {
namespace {

namespace ec = core::exit_code;
namespace fs = std::filesystem;
using nlohmann::ordered_json;
using services::CanaryReport;
using services::CanaryStep;

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Everything that was found, done and left, for a person as it comes, for a program at the end.
class Teller {
 public:
  explicit Teller(bool json) : json_(json) {}

  void finding(const Finding& f) {
    ok_ = ok_ && f.ok;
    findings_.push_back({{"check", f.check}, {"ok", f.ok}, {"text", f.text}, {"mend", f.mend}});
    if (!json_) std::printf("%-4s %-14s %s%s%s\n", f.ok ? "ok" : "BAD", f.check.c_str(), f.text.c_str(), f.ok ? "" : " -> ", f.mend.c_str());
    std::fflush(stdout);
  }
  void step(const CanaryStep& s) {
    steps_.push_back({{"step", s.name}, {"ok", s.ok}, {"text", s.text}, {"ms", s.took_ns / 1'000'000}});
    if (!json_) std::printf("%-4s %-14s %s (%lld ms)\n", s.ok ? "ok" : "BAD", s.name.c_str(), s.text.c_str(), static_cast<long long>(s.took_ns / 1'000'000));
    std::fflush(stdout);
  }
  bool ok() const noexcept { return ok_; }

  /// The last word. `why` with an empty code: it passed.
  int end(int code, const Error& why, const CanaryReport& report) {
    // What may still be at the venue is said where nobody can miss it, whatever else is read.
    for (const std::string& left : report.left) std::fprintf(stderr, "bowline: CANARY_LEFT: STILL AT THE VENUE: %s\n", left.c_str());
    if (json_) {
      ordered_json all{{"ok", code == ec::ok}, {"passed", report.passed}, {"run", report.run}, {"findings", findings_}, {"steps", steps_}, {"left", report.left}};
      if (report.cost.is_set()) all["cost"] = report.cost.to_string();
      if (!why.code.empty()) all["error"] = {{"code", why.code}, {"message", why.message}};
      std::printf("%s\n", all.dump(2, ' ', false, ordered_json::error_handler_t::replace).c_str());
    }
    if (!why.code.empty()) std::fprintf(stderr, "bowline: %s: %s\n", why.code.c_str(), why.message.c_str());
    return code;
  }
  int refused(int code, const Error& why) { return end(code, why, {}); }

 private:
  bool json_, ok_ = true;
  ordered_json findings_ = ordered_json::array(), steps_ = ordered_json::array();
};

/// The journal's lock, so that no host can start beside it. Errors: HOST_BUSY, JOURNAL_*.
Result<std::unique_ptr<store::Journal>> lock_of_host(const fs::path& var, const store::Stamp& stamp) {
  const fs::path file = var / "journal.db";
  const auto busy = [&](const store::LockHolder& h) {
    return Error{"HOST_BUSY", (h.pid == 0 ? std::string("a process that can't be seen from here") : "process " + std::to_string(h.pid) + (h.name.empty() ? "" : " (" + h.name + ")")) + " holds " +
                                  file.string() + ": no canary is made while a host runs; stop it first"};
  };
  if (const auto holder = store::lock_holder(file)) return busy(*holder);
  auto journal = store::Journal::open(file, stamp);
  if (!journal && journal.error().code == "JOURNAL_LOCKED") return busy(store::lock_holder(file).value_or(store::LockHolder{}));
  return journal;
}

std::string fresh_run() { return "canary-" + std::to_string(std::time(nullptr)) + "-" + std::to_string(::getpid()); }

Decimal cap_of(const CanaryOptions& o, const config::RunConfig& config) {
  const Decimal cap = Decimal::try_parse(o.max_spend).value_or(Decimal::not_set()), floor = config.execution.floor.max_order;
  return cap.is_set() && floor.is_set() ? min(cap, floor) : cap;
}

Error latched(const store::HaltLatch& latch) {
  return {"HALT_LATCHED", "the latch " + latch.file() + " is set: nothing is bought; an operator's resume takes it off"};
}

}  // namespace

int canary(const CanaryOptions& o) {
  std::atomic<bool> stop{false};  // before the signals, which set it until they are gone
  StopSignals signals;
  Teller tell(o.json);
  const fs::path var = fs::absolute(o.var);
  if (o.symbol.empty()) return tell.refused(ec::usage, {"USAGE_SYMBOL", "--canary buys and sells the product that --symbol names: it has no default"});
  if (const auto cap = Decimal::try_parse(o.max_spend); !cap || !cap->is_positive()) return tell.refused(ec::usage, {"USAGE_MAX_SPEND", "--max-spend is an amount above 0"});
  const LoadedConfig loaded = read_config(o.config, o.var, For::venue);
  for (const Finding& f : venue_config_findings(loaded, o.config)) tell.finding(f);
  if (!loaded.config) return tell.refused(loaded.exit_code, {loaded.problems.front().code, loaded.problems.front().text()});
  const config::RunConfig& config = *loaded.config;
  const config::InstanceConfig& broker = config.instances.front();
  if (config.mode != "live") return tell.refused(ec::config, {"CANARY_MODE", "a canary is made at the venue that a run would trade at for real: " + o.config + " says mode: " + config.mode});
  if (o.confirm_account.empty() || o.confirm_account != config.execution.account)
    return tell.refused(ec::usage, {"CONFIRM_ACCOUNT", "--confirm-account does not name the account of " + o.config + " (execution.account, or the portfolio that is pinned): nothing is ordered"});
  const auto key = key_fingerprint(config);
  tell.finding(key_finding(key));
  if (!key) return tell.refused(ec::config, key.error());
  std::error_code ec_made;
  fs::create_directories(var, ec_made);
  if (ec_made) return tell.refused(ec::store, {"CANARY_VAR", var.string() + ": " + ec_made.message()});

  const store::Stamp stamp{config.mode, broker.plugin, config.execution.account};
  const auto lock = lock_of_host(var, stamp);
  if (!lock) return tell.refused(lock.error().code == "HOST_BUSY" ? ec::host : ec::store, lock.error());
  auto desk = VenueDesk::make(loaded, var);
  if (!desk) return tell.refused(exit_code_of(desk.error()), desk.error());
  auto notes = services::CanaryNotes::open(var, stamp, (*desk)->table());
  if (!notes) return tell.refused(ec::store, notes.error());
  const bool left_over = notes->unfinished().has_value();
  const store::HaltLatch latch(var);
  if (latch.set()) {
    Error why = latched(latch);
    if (left_over)
      why.message += "; canary " + notes->unfinished()->run + " of " + notes->unfinished()->symbol + " was not brought to its end: look at the venue, or say this again when the latch is off";
    return tell.refused(ec::host, why);
  }
  loader::install_terminate_handler(var);
  signals.watch([&stop] { stop.store(true); });
  const auto interrupted = [&]() -> Error {
    if (stop.load()) return {"CANARY_STOPPED", "it was told to stop"};
    return latch.set() ? latched(latch) : Error{};
  };
  if (auto started = (*desk)->start(interrupted); !started) return tell.refused(exit_code_of(started.error()), started.error());
  services::Canary::Options options;
  options.symbol = o.symbol;
  options.account = config.execution.account;
  options.run = fresh_run();
  options.max_spend = cap_of(o, config);
  options.rests_stops = ((*desk)->line().caps() & BL_CAN_REST_STOP) != 0;
  services::Canary canary({(*desk)->talk(), (*desk)->table(), *notes, steady_ns, [&tell](const CanaryStep& s) { tell.step(s); }}, options);
  // What an earlier one left comes first: whatever else is wrong, it has to end.
  if (left_over) {
    const CanaryReport cleaned = canary.clean_up();
    if (!cleaned.left.empty()) return tell.end(ec::unreconciled, {"CANARY_LEFT", "what an earlier canary left could not be ended: nothing new is begun"}, cleaned);
    return tell.end(ec::doctor, {"CANARY_CLEANED", "an earlier canary had not come to its end: what it left is gone from the venue now. Say it again for a new one"}, cleaned);
  }
  for (services::VenueFinding& f : (*desk)->check()) tell.finding({std::move(f.check), f.ok, std::move(f.text), std::move(f.mend)});
  if (!tell.ok()) return tell.refused(ec::doctor, {"CANARY_NOT_BEGUN", "something of the venue is to be mended first: nothing was ordered"});
  const auto standing = (*desk)->line().standing();
  CanaryReport report = canary.run();
  if (!report.passed) return tell.end(report.left.empty() ? ec::doctor : ec::unreconciled, report.why, report);
  store::CanaryPass pass;
  pass.version = BOWLINE_VERSION;
  pass.abi = std::to_string(BL_ABI_MAJOR) + "." + std::to_string(BL_ABI_MINOR);
  pass.plugin = broker.plugin;
  pass.plugin_sha256 = (*desk)->line().plugin_sha256();
  pass.key_sha256 = *key;
  pass.account = config.execution.account;
  pass.portfolio = standing && standing->portfolio ? *standing->portfolio : config.execution.portfolio_uuid;
  pass.symbol = o.symbol;
  pass.run = report.run;
  pass.time = (*desk)->talk().now();
  if (auto noted = store::note_canary(var, pass); !noted) return tell.end(ec::store, noted.error(), report);
  tell.finding({"canary", true, "passed: noted in " + (var / store::canary_file).string() + " for version " + pass.version + " and this key", ""});
  return tell.end(ec::ok, {}, report);
}

}  // namespace bowline::cli
