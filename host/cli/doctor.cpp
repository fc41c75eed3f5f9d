// bowline doctor: what is missing or wrong on this machine, and how to mend it.
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/doctor.hpp"
#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"
#include "loader/catalogue.hpp"
#include "observe/log.hpp"
#include "store/journal.hpp"

namespace bowline::cli {
namespace {

struct Options {
  std::string var = "var", config, venue, canary, symbol, max_spend = "10", confirm_account;
  std::vector<std::string> folders;
  bool json = false;
};

Finding machine() {
  utsname u{};
  ::uname(&u);
  const std::string what = std::string(u.sysname) + " " + u.machine;
  const bool ok = what == "Linux x86_64" || what == "Linux aarch64";
  return {"machine", ok, what,
          ok ? "" : "plugins are built for Linux on x86_64 and aarch64: use one of these"};
}

Finding plugins(const Options& o) {
  std::vector<std::filesystem::path> folders(o.folders.begin(), o.folders.end());
  if (folders.empty()) folders.emplace_back(own_plugin_folder());
  auto found = loader::Catalogue::scan(folders);
  if (!found)
    return {"plugins", false, found.error().message, "build the project, or name the folder with --path"};
  if (!found->problems().empty())
    return {"plugins", false, found->problems().front().message,
            "see bowline plugin list; mend the file or take it out of the folder"};
  if (found->offers().empty())
    return {"plugins", false, "no plugin file in " + folders.front().string(),
            "build the project, or name the folder with --path"};
  return {"plugins", true, std::to_string(found->offers().size()) + " offered in " + folders.front().string(),
          ""};
}

/// The state folder takes files, lets plugins be mapped executable, and its disk keeps what it acknowledges.
Finding state_folder(const Options& o) {
  namespace fs = std::filesystem;
  std::error_code ec;
  const fs::path var(o.var);
  const bool made = fs::create_directories(var, ec);
  if (ec)
    return {"state folder", false, o.var + ": " + ec.message(),
            "name a folder that this user may write, with --var"};
  const fs::path probe = var / ".doctor.db";
  Finding f{"state folder", true, fs::absolute(var).string() + " takes a durable journal", ""};
  {
    auto journal = store::Journal::open(probe, {"mock", "doctor", "default"});
    if (!journal)
      f = {"state folder", false, journal.error().message, "use a folder on a local disk with room"};
  }
  for (const char* tail : {"", "-wal", "-shm"}) fs::remove(probe.string() + tail, ec);
  struct statvfs s {};
  if (f.ok && ::statvfs(var.c_str(), &s) == 0) {
    if ((s.f_flag & ST_NOEXEC) != 0)
      f = {"state folder", false,
           o.var + " is on a file system mounted noexec: plugin copies cannot be mapped",
           "name another folder with --var"};
    else if (s.f_bavail * s.f_frsize < (256u << 20))
      f = {"state folder", false, "less than 256 MiB are free below " + o.var,
           "free some room, or name another folder with --var"};
  }
  if (made) fs::remove(var, ec);
  return f;
}

Finding memory() {
  std::ifstream in("/proc/meminfo");
  std::string key, unit;
  unsigned long kib = 0;
  while (in >> key >> kib >> unit)
    if (key == "MemAvailable:") {
      const bool ok = kib >= 512u << 10;
      return {"memory", ok, std::to_string(kib >> 10) + " MiB available",
              ok ? "" : "a run needs some 256 MiB, training more: end something else"};
    }
  return {"memory", true, "not told by this machine", ""};
}

/// BOWLINE_DATA names the candles that tests and configurations over real data read.
Finding real_data() {
  const char* folder = std::getenv("BOWLINE_DATA");
  if (folder == nullptr || *folder == '\0') return {"real data", true, "BOWLINE_DATA is not set: no real candles", ""};
  std::error_code ec;
  const bool ok = std::filesystem::is_directory(folder, ec) && ::access(folder, R_OK | X_OK) == 0;
  return {"real data", ok, std::string("BOWLINE_DATA: ") + folder + (ok ? "" : " is no folder that can be read"),
          ok ? "" : "correct BOWLINE_DATA, or unset it"};
}

Finding clock_check() {
  const bool ok = std::time(nullptr) > 1'700'000'000;
  return {"clock", ok, ok ? "plausible" : "the clock is before November 2023",
          ok ? "" : "set the clock (timedatectl set-ntp true)"};
}

/// A plugin's own lines: what matters of them is in the findings.
void quiet_log() {
  observe::log::Options log;
  log.file = "/dev/null";
  static_cast<void>(observe::log::init(log));
}

int tell(const std::vector<Finding>& all, bool json) {
  bool ok = true;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& f : all) {
    ok = ok && f.ok;
    if (json)
      list.push_back({{"check", f.check}, {"ok", f.ok}, {"text", f.text}, {"mend", f.mend}});
    else
      std::printf("%-4s %-14s %s%s%s\n", f.ok ? "ok" : "BAD", f.check.c_str(), f.text.c_str(), f.ok ? "" : " -> ", f.mend.c_str());
  }
  if (json) std::printf("%s\n", nlohmann::ordered_json{{"ok", ok}, {"findings", list}}.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
  return ok ? core::exit_code::ok : core::exit_code::doctor;
}

}  // namespace

void add_doctor(CLI::App& app, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(app, "doctor", "what is missing or wrong on this machine, and how to mend it",
                     "bowline doctor --var var");
  CLI::Option* config = v->add_option("--config", o->config, "a YAML file: also its ports, files, models and secrets; nothing is started");
  CLI::Option* venue_of = v->add_option("--venue", o->venue, "a YAML file: instead, its venue alone: the key and what it may do, portfolio, clock, latency, product rules, fees, quota; "
                                                             "nothing is ordered");
  CLI::Option* canary_of = v->add_option("--canary", o->canary, "a YAML file: instead, REAL orders of the smallest size at its venue: a far purchase is placed, edited and cancelled; one is "
                                                                "bought, protected and sold; the balances are held against it. mode: live asks for it once per version and key");
  venue_of->excludes(config)->excludes(canary_of);
  canary_of->excludes(config);
  v->add_option("--symbol", o->symbol, "with --canary: the product that is bought and sold")->needs(canary_of);
  v->add_option("--max-spend", o->max_spend, "with --canary: no order is worth more, in the product's quote asset")->needs(canary_of)->capture_default_str();
  v->add_option("--confirm-account", o->confirm_account, "with --canary: the account's name, as execution.account or the pinned portfolio has it")->needs(canary_of);
  v->add_option("--var", o->var, "state folder to look at")->capture_default_str();
  v->add_option("--path", o->folders, "plugin folders; default: the project's own");
  v->add_flag("--json", o->json, "one JSON object");
  v->callback([o, &chosen] {
    chosen = [o] {
      if (!o->venue.empty() || !o->canary.empty()) quiet_log();
      if (!o->canary.empty()) return canary({o->canary, o->var, o->symbol, o->max_spend, o->confirm_account, o->json});
      if (!o->venue.empty()) return tell(venue(o->venue, o->var), o->json);
      std::vector<Finding> all{machine(), memory(), clock_check(), packages(), state_folder(*o), plugins(*o), real_data()};
      if (!o->config.empty())
        for (Finding& f : configuration(o->config, o->var)) all.push_back(std::move(f));
      return tell(all, o->json);
    };
  });
}

}  // namespace bowline::cli
