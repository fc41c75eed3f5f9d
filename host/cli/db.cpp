// bowline db dump|status|migrate: a stored run as text, which version its files have, and bringing them up to
// date.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"
#include "store/dump.hpp"
#include "store/migrations.hpp"

namespace bowline::cli {
namespace {
struct Options {
  std::string var = "var", what, prices = "crypto_prices.db", transactions = "crypto_transactions.db";
  bool json = false;
  std::filesystem::path file(const std::string& name) const { return std::filesystem::path(var) / name; }
};

int status(const Options& o) {
  auto files = nlohmann::ordered_json::array();
  for (const auto& [name, known] : {std::pair{o.transactions, &store::transactions_migrations()},
                                    {o.prices, &store::prices_migrations()}}) {
    const auto found = store::migration_status(o.file(name), *known);
    if (!found) return fail(found.error());
    if (o.json) {
      files.push_back({{"file", o.file(name).string()}, {"version", found->at}, {"open", found->open}});
      continue;
    }
    std::string open;
    for (const std::string& m : found->open) open += " " + m;
    std::printf("%s: version %d%s%s\n", o.file(name).c_str(), found->at,
                open.empty() ? ", up to date" : ", open:", open.c_str());
  }
  if (o.json) std::printf("%s\n", nlohmann::ordered_json{{"files", files}}.dump(2).c_str());
  return core::exit_code::ok;
}

int migrate(const Options& o) {
  namespace fs = std::filesystem;
  std::error_code ec;
  bool any = false;
  auto files = nlohmann::ordered_json::array();
  for (const auto& [name, known] : {std::pair{o.transactions, &store::transactions_migrations()},
                                    {o.prices, &store::prices_migrations()}}) {
    const fs::path file = o.file(name);
    if (!fs::exists(file, ec))
      continue;  // a run makes its own; a wrong path must not leave an empty file behind
    any = true;
    const auto before = store::migration_status(file, *known);
    if (!before) return fail(before.error());
    const auto after = store::migrate(file, *known);
    if (!after) return fail(after.error());
    const std::string backup =
        before->at > 0 && !before->open.empty() ? file.string() + ".backup-" + std::to_string(before->at) : "";
    if (o.json) {
      files.push_back({{"file", file.string()}, {"from", before->at}, {"version", after->at}, {"backup", backup}});
      continue;
    }
    if (before->open.empty()) {
      std::printf("%s: version %d, up to date\n", file.c_str(), after->at);
      continue;
    }
    std::printf("%s: version %d -> %d", file.c_str(), before->at, after->at);
    if (!backup.empty()) std::printf(", as it was: %s", backup.c_str());
    std::printf("\n");
  }
  if (!any)
    return fail({"STORE_OPEN", "neither " + o.file(o.transactions).string() + " nor " +
                                   o.file(o.prices).string() +
                                   " is there: name the run's state folder with --var"});
  if (o.json) std::printf("%s\n", nlohmann::ordered_json{{"files", files}}.dump(2).c_str());
  return core::exit_code::ok;
}
}  // namespace

void add_db(CLI::App& app, Action& chosen) {
  CLI::App* db = app.add_subcommand("db", "look into a run's store, and bring it up to date");
  db->require_subcommand(1);
  const auto o = std::make_shared<Options>();
  const auto files = [o](CLI::App* v) {
    v->add_option("--var", o->var, "the run's state folder")->capture_default_str();
    v->add_option("--transactions", o->transactions, "file name in it, or an absolute path")
        ->capture_default_str();
    v->add_option("--prices", o->prices, "file name in it, or an absolute path")->capture_default_str();
  };
  CLI::App* dump = verb(
      *db, "dump", "one table as text, in a fixed order, without sequence numbers and wall-clock columns",
      "bowline db dump orders --var /tmp/run1");
  files(dump);
  dump->add_option("table", o->what, "what to print")->required()->check(CLI::IsMember(store::dump_names()));
  dump->add_flag("--json", o->json, "one JSON object a line instead of CSV");
  dump->callback([o, &chosen] {
    chosen = [o] {
      const auto done =
          store::dump(o->file(o->prices), o->file(o->transactions), o->what,
                      o->json ? store::DumpFormat::jsonl : store::DumpFormat::csv, [](std::string_view line) {
                        std::fwrite(line.data(), 1, line.size(), stdout);
                        if (line.empty() || line.back() != '\n') std::fputc('\n', stdout);
                      });
      return done ? core::exit_code::ok : fail(done.error());
    };
  });
  CLI::App* state = verb(*db, "status", "the version of each file, and what is not yet applied",
                         "bowline db status --var /tmp/run1");
  files(state);
  state->add_flag("--json", o->json, "one JSON object");
  state->callback([o, &chosen] { chosen = [o] { return status(*o); }; });
  CLI::App* up = verb(*db, "migrate", "apply what is missing; a file that held something is copied first",
                      "bowline db migrate --var /tmp/run1");
  files(up);
  up->add_flag("--json", o->json, "one JSON object");
  up->callback([o, &chosen] { chosen = [o] { return migrate(*o); }; });
}

}  // namespace bowline::cli
