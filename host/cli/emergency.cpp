// bowline emergency stop|liquidate|resume|state|receipt: the operator's commands, said to a running host; and a receipt, checked
// without one.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/host_call.hpp"
#include "cli/receipt.hpp"
#include "cli/verbs.hpp"

namespace bowline::cli {
namespace {

using nlohmann::ordered_json;

struct Options : HostOptions {
  std::string reason, id, max_slice, max_slippage, verify, public_key;
  bool yes = false, dry_run = false, in_journal = false;
};

Result<ordered_json> say(const Options& o, edge::Method method, const std::string& route, const ordered_json& body) {
  auto answer = call_host(o, method, route, body);
  if (!answer && answer.error().code == "HOST_UNREACHABLE")
    return Error{answer.error().code, answer.error().message + "; bowline-panic works without it"};
  return answer;
}

void print_state(const ordered_json& s) {
  const auto by = [](const ordered_json& one) {
    const auto since = one.find("since");
    return " by " + one.value("who", "") + (since == one.end() || since->is_null() ? std::string() : " since " + since->get<std::string>()) + ": " + one.value("why", "");
  };
  std::printf("%s%s%s%s\n", s.value("state", "").c_str(), s.value("frozen", false) ? ", frozen" : "",
              s.value("gate_open", true) ? "" : ", the gate is closed", by(s).c_str());
  for (const auto& p : s.value("products", ordered_json::array())) {
    std::string line = p.value("instrument", "") + ": " + p.value("effective", "");
    if (p.value("state", "") != "active") line += ", its own state is " + p.value("state", "") + by(p);
    if (p.value("frozen", false)) line += ", frozen";
    if (!p["lock"].is_null()) line += ", locked" + (p["lock"]["until"].is_null() ? std::string() : " until " + p["lock"]["until"].get<std::string>());
    if (p.value("blocked", false)) line += ", blocked: look at the incidents";
    if (!p.value("listed", true)) line += ", not listed";
    if (p.value("closing", false)) line += ", being closed";
    std::printf("%s\n", line.c_str());
  }
}

void print_receipt(const ordered_json& r) {
  std::printf("liquidation %s: %s\n", r.value("id", "").c_str(), r.value("phase", "").c_str());
  for (const auto& p : r.value("products", ordered_json::array())) {
    if (p.value("status", "") == "flat") continue;
    std::printf("%s: %s, sold %s of %s", p.value("instrument", "").c_str(), p.value("status", "").c_str(), p.value("sold", "").c_str(), p.value("held_before", "").c_str());
    if (p.value("left", "0") != "0") std::printf(", %s left", p.value("left", "").c_str());
    if (p.value("unmanaged", "0") != "0") std::printf(", %s there that is not ours", p.value("unmanaged", "").c_str());
    std::printf("\n");
  }
  if (const std::string phase = r.value("phase", ""); phase == "done" || phase == "interrupted") {
    const auto seal = r.find("signature");
    if (seal != r.end() && seal->is_object()) std::printf("signed by the key %s: check it with --verify\n", seal->value("key_id", "").c_str());
    else std::printf("not signed: the journal alone proves it\n");
    if (phase == "done" && !r.value("final_read", true)) std::printf("the venue did not answer the last read: look there\n");
  }
}

int receipt_of(const Options& o) {
  if (o.verify.empty() == o.id.empty()) return fail({"USAGE_RECEIPT", "say --id for the host's receipt, or --verify FILE for one that is there"});
  if (o.verify.empty()) return tell_answer(o, say(o, edge::Method::Get, "/emergency/" + o.id, {}), print_receipt);
  return check_receipt({o.verify, o.public_key, o.in_journal ? std::filesystem::path(o.var) / "journal.db" : std::filesystem::path(), o.json});
}

/// What a stop or a resume would do.
void print_plan(const ordered_json& s) {
  const auto refused = s.find("refused");
  if (refused != s.end() && refused->is_object()) {
    std::printf("it would be refused: %s: %s\n", refused->value("code", "").c_str(), refused->value("message", "").c_str());
    return;
  }
  std::printf("it would be %s, the gate %s; now it is %s, the gate %s%s\n", s.value("state", "").c_str(), s.value("gate_open", false) ? "open" : "closed",
              s.value("state_now", "").c_str(), s.value("gate_open_now", false) ? "open" : "closed", s.value("latched_now", false) ? ", the latch set" : "");
  const auto orders = [&s](const char* key, const char* what) {
    for (const auto& o : s.value(key, ordered_json::array()))
      std::printf("%s: %s of %s, %s\n", what, o.value("id", "").c_str(), o.value("instrument", "").c_str(), o.value("state", "").c_str());
  };
  const auto products = [&s](const char* key, const char* what) {
    for (const auto& p : s.value(key, ordered_json::array())) std::printf("%s: %s\n", what, p.get<std::string>().c_str());
  };
  orders("would_cancel", "would be cancelled");
  orders("would_stay", "would stay");
  products("would_give_up", "its exit would not go on");
  products("would_unblock", "would be bought again");
  if (const auto id = s.find("would_interrupt"); id != s.end() && id->is_string()) std::printf("the liquidation %s would end\n", id->get<std::string>().c_str());
}

int stop_or_resume(const Options& o, std::string route) {
  if (o.dry_run) return tell_answer(o, say(o, edge::Method::Post, route += "?dry_run=true", {{"reason", o.reason}}), print_plan);
  return tell_answer(o, say(o, edge::Method::Post, route, {{"reason", o.reason}}), [](const ordered_json& s) {
    std::printf("%s, the gate is %s\n", s.value("state", "").c_str(), s.value("gate_open", false) ? "open" : "closed");
    if (s.contains("cancels"))
      std::printf("%lld cancels asked for, %lld more were not taken\n", s.value("cancels", 0LL), s.value("cancels_failed", 0LL));
  });
}

int liquidate(const Options& o) {
  if (!o.yes && !o.dry_run) return fail({"USAGE_CONFIRM", "everything is cancelled and sold: say --yes, or --dry-run to look first"});
  ordered_json body{{"confirm", o.yes}, {"reason", o.reason}};
  if (!o.id.empty()) body["id"] = o.id;
  if (!o.max_slice.empty()) body["max_slice"] = o.max_slice;
  if (!o.max_slippage.empty()) body["max_slippage"] = o.max_slippage;
  return tell_answer(o, say(o, edge::Method::Post, o.dry_run ? "/emergency/liquidate-all?dry_run=true" : "/emergency/liquidate-all", body), print_receipt);
}

}  // namespace

void add_emergency(CLI::App& app, Action& chosen) {
  CLI::App* group = app.add_subcommand("emergency", "stop a running host, sell all, resume, and see in which state it is");
  group->require_subcommand(1);
  const auto o = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, const char* example, std::function<int(const Options&)> act) {
    CLI::App* v = verb(*group, name, about, example);
    add_host_options(v, *o);
    v->callback([o, act = std::move(act), &chosen] { chosen = [o, act] { return act(*o); }; });
    return v;
  };
  const auto reason = [&o](CLI::App* v) { v->add_option("--reason", o->reason, "for the audit trail")->required(); };
  const auto dry = [&o](CLI::App* v) { v->add_flag("--dry-run", o->dry_run, "only tell what would be done"); };
  CLI::App* stop = add("stop", "close the gate, halt, and cancel resting entries; protective orders stay", "bowline emergency stop --var var/live --reason 'prices are wrong'",
                       [](const Options& a) { return stop_or_resume(a, "/emergency/stop"); });
  reason(stop);
  dry(stop);
  CLI::App* sell = add("liquidate", "halt, cancel every order and sell every managed position", "bowline emergency liquidate --var var/live --reason drill --dry-run",
                       liquidate);
  reason(sell);
  sell->add_flag("--yes", o->yes, "yes, sell everything");
  dry(sell);
  sell->add_option("--id", o->id, "of the liquidation: the same again is the same one");
  sell->add_option("--max-slice", o->max_slice, "worth of one sale at most");
  sell->add_option("--max-slippage", o->max_slippage, "a fraction such as 0.1: limits go down to this far below the bid, no further; without: to the market");
  CLI::App* resume = add("resume", "take the latch off, open the gate and trade on", "bowline emergency resume --var var/live --reason 'it was a drill'",
                         [](const Options& a) { return stop_or_resume(a, "/emergency/resume"); });
  reason(resume);
  dry(resume);
  add("state", "what may be traded, and who said so when and why", "bowline emergency state --var var/live",
      [](const Options& a) { return tell_answer(a, say(a, edge::Method::Get, "/trading/state", {}), print_state); });
  CLI::App* receipt = add("receipt", "how far a liquidation is, or what it sold; or whether a receipt is what was signed",
                          "bowline emergency receipt --id fire-1 --var var/live", receipt_of);
  receipt->add_option("--id", o->id, "of the liquidation");
  receipt->add_option("--verify", o->verify, "a file with a receipt, as --json prints it: needs no host");
  receipt->add_option("--public-key", o->public_key, "with --verify: file with the Ed25519 public key in PEM");
  receipt->add_flag("--in-journal", o->in_journal, "with --verify: it must stand in the journal of --var, at its place in the chain");
}

}  // namespace bowline::cli
