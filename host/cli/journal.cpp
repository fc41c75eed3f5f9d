// bowline journal verify: whether the journal of a run that has ended proves that no order left unrecorded.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/journal_backup.hpp"
#include "cli/journal_replay.hpp"
#include "core/exit_codes.hpp"
#include "store/journal_verify.hpp"

namespace bowline::cli {
namespace {

struct Options {
  std::string var = "var", file = "journal.db";
  bool json = false;
};

void print_json(const store::JournalReport& r) {
  nlohmann::ordered_json out{{"rows", r.rows}, {"intents", r.intents}, {"fills", r.fills}, {"restores", r.restores}, {"head", r.head}, {"orders", r.orders}};
  auto& unresolved = out["unresolved"] = nlohmann::ordered_json::array();
  for (const store::UnresolvedOrder& u : r.unresolved)
    unresolved.push_back({{"client_id", u.order}, {"symbol", u.symbol}, {"state", u.state}, {"since", core::format_time(u.since)}});
  out["bad"] = nullptr;
  if (!r.bad.code.empty()) out["bad"] = {{"row", r.bad.row}, {"code", r.bad.code}, {"what", r.bad.what}};
  std::printf("%s\n", out.dump(2).c_str());
}

void print(const store::JournalReport& r) {
  std::printf("%llu rows, head %s\n", static_cast<unsigned long long>(r.rows), r.head.c_str());
  std::printf("%llu intents, %llu fills; orders:", static_cast<unsigned long long>(r.intents), static_cast<unsigned long long>(r.fills));
  if (r.orders.empty()) std::printf(" none");
  for (const auto& [state, n] : r.orders) std::printf(" %llu %s", static_cast<unsigned long long>(n), state.c_str());
  std::printf("\n");
  for (const store::UnresolvedOrder& u : r.unresolved)
    std::printf("unresolved: %s, %s, %s since %s\n", u.order.c_str(), u.symbol.c_str(), u.state.c_str(), core::format_time(u.since).c_str());
  if (r.restores != 0) std::printf("put back from a backup: %llu times\n", static_cast<unsigned long long>(r.restores));
  std::printf(r.bad.code.empty() ? "the chain is whole; every order has its intent\n" : "row %llu is bad\n",
              static_cast<unsigned long long>(r.bad.row));
}

int verify(const Options& o) {
  const auto report = store::verify_journal(std::filesystem::path(o.var) / o.file);
  if (!report) return fail(report.error());
  o.json ? print_json(*report) : print(*report);
  if (report->bad.code.empty()) return core::exit_code::ok;
  fail({report->bad.code, "row " + std::to_string(report->bad.row) + ": " + report->bad.what +
                                     "; the rows before it are good. Keep the file for an investigation"});
  return core::exit_code::store;
}

}  // namespace

void add_journal(CLI::App& app, Action& chosen) {
  CLI::App* journal = app.add_subcommand("journal", "look into a run's intent journal");
  journal->require_subcommand(1);
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(*journal, "verify", "prove that no order left without a record and none is unresolved unseen; names the first bad row",
                     "bowline journal verify --var /tmp/run1");
  v->add_option("--var", o->var, "the run's state folder")->capture_default_str();
  v->add_option("--journal", o->file, "file name in it, or an absolute path")->capture_default_str();
  v->add_flag("--json", o->json, "one JSON object");
  v->callback([o, &chosen] { chosen = [o] { return verify(*o); }; });
  add_journal_replay(*journal, chosen);
  add_journal_backup(*journal, chosen);
  add_journal_restore(*journal, chosen);
}

}  // namespace bowline::cli
