// bowline reconcile --plan|--adopt-venue: how the book of a running host stands against its venue, and an operator's word
// that the venue's counts.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "cli/host_call.hpp"
#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"

namespace bowline::cli {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr const char* route = "/reconciliation";

struct Options : HostOptions {
  std::string reason, instrument, key;
  bool plan = false, adopt = false;
  double wait = 30;
};

Clock::time_point deadline_of(const Options& o) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(o.wait));
}

std::string text(const ordered_json& of, const char* key, const char* otherwise = "") {
  const auto it = of.find(key);
  return it == of.end() || !it->is_string() ? otherwise : it->get<std::string>();
}

/// The state as soon as `over` says so, or as it is when the time has run out.
template <class Over>
Result<ordered_json> watch(const Options& o, Clock::time_point deadline, Over&& over) {
  for (;;) {
    auto state = call_host(o, edge::Method::Get, route);
    if (!state || over(*state) || Clock::now() >= deadline) return state;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

bool answered(const ordered_json& state) { return state.value("unanswered", ordered_json::array()).empty(); }

// ---- printed ------------------------------------------------------------------------------------------------------

/// Columns as wide as what stands in them; the last one is not padded.
void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += i + 1 == row.size() ? row[i] : row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    std::printf("%s\n", line.c_str());
  }
}

void print_reasons(const ordered_json& s) {
  std::vector<std::vector<std::string>> rows{{"blocked", "since", "code", "order", "--adopt-venue"}};
  for (const auto& p : s.value("products", ordered_json::array()))
    for (const auto& r : p.value("reasons", ordered_json::array()))
      rows.push_back({text(p, "instrument"), text(r, "since", "-"), text(r, "code"), text(r, "order", "-"),
                      r.value("lifts", false) ? "unblocks it" : "leaves it: " + text(r, "stays")});
  if (rows.size() > 1) print_table(rows);
}

void print_orders(const ordered_json& s) {
  std::vector<std::vector<std::string>> rows{{"order", "instrument", "side", "trouble", "state", "filled", "by the venue", "--adopt-venue"}};
  for (const auto& o : s.value("orders", ordered_json::array())) {
    const std::string would = text(o, "would");
    rows.push_back({text(o, "id"), text(o, "instrument"), text(o, "side"), text(o, "trouble"), text(o, "state"), text(o, "filled", "-"), text(o, "told", "-"),
                    would == "close" ? "closes it at what its fills add up to" : would == "end" ? "ends it, if it is still not known" : "leaves it"});
  }
  if (rows.size() > 1) print_table(rows);
}

void print_balances(const ordered_json& s) {
  std::vector<std::vector<std::string>> rows{{"asset", "ledger", "venue", "difference", "--adopt-venue"}};
  for (const auto& b : s.value("balances", ordered_json::array())) {
    const std::string doubt = text(b, "doubt"), difference = text(b, "difference", "-");
    if (doubt.empty() && (difference == "-" || difference == "0")) continue;
    const std::string would = text(b, "would");
    rows.push_back({text(b, "asset"), text(b, "ledger", "-"), text(b, "venue", "-"), difference,
                    !would.empty() ? "books it as " + would : b.value("by_fees", false) ? "leaves it: fees that were not told" : doubt.empty() ? "-" : "leaves it: " + doubt});
  }
  if (rows.size() > 1) print_table(rows);
}

void print_held(const ordered_json& s) {
  for (const auto& p : s.value("products", ordered_json::array()))
    if (const std::string held = text(p, "entries_held"); !held.empty())
      std::printf("%s: nothing more is bought of it while orders of others work as they do (%s)\n", text(p, "instrument").c_str(), held.c_str());
}

void print_state(const ordered_json& s) {
  std::printf("asked %s, answered %s, balances agreed last %s\n", text(s, "asked", "never").c_str(), text(s, "answered", "never").c_str(),
              text(s, "agreed", "not since the host started").c_str());
  if (!s.value("answered_whole", true)) std::printf("the venue did not answer all that it was asked: it is asked again\n");
  if (const auto held = s.value("held_back", 0LL); held > 0) std::printf("%lld reports of the venue wait for their time: a resumed run has not come to it\n", held);
  print_reasons(s);
  print_orders(s);
  print_balances(s);
  print_held(s);
  if (s.value("agrees", false)) std::printf("nothing differs\n");
}

void print_adoption(const ordered_json& a) {
  std::printf("adoption %s: %s\n", text(a, "key").c_str(), text(a, "phase").c_str());
  for (const auto& f : a.value("flows", ordered_json::array()))
    std::printf("%s: %s booked as %s\n", text(f, "asset").c_str(), text(f, "amount").c_str(), text(f, "class").c_str());
  for (const auto& o : a.value("orders", ordered_json::array()))
    std::printf("%s: %s of %s, filled %s\n", text(o, "id").c_str(), text(o, "done").c_str(), text(o, "instrument").c_str(), text(o, "filled").c_str());
  for (const auto& p : a.value("unblocked", ordered_json::array())) std::printf("%s: unblocked\n", p.get<std::string>().c_str());
  for (const auto& l : a.value("left", ordered_json::array())) {
    const std::string code = text(l, "code");
    std::printf("%s: left as it is%s: %s\n", text(l, "what").c_str(), code.empty() ? "" : (" (" + code + ")").c_str(), text(l, "why").c_str());
  }
}

// ---- done ---------------------------------------------------------------------------------------------------------

int plan(const Options& o) {
  const auto deadline = deadline_of(o);
  Result<ordered_json> state = ordered_json();
  for (bool asked = false; !asked;) {
    const auto done = call_host(o, edge::Method::Post, route, {{"action", "ask"}, {"reason", o.reason.empty() ? "bowline reconcile --plan" : o.reason}});
    if (!done) return fail(done.error());
    asked = done->value("asked", false);
    state = watch(o, deadline, answered);
    if (!state) return fail(state.error());
    if (!answered(*state) || (!asked && Clock::now() >= deadline))
      return fail({"HOST_UNANSWERED", "the venue has not answered within " + std::to_string(static_cast<long long>(o.wait)) + " s: what it has is not known"});
  }
  static_cast<void>(tell_answer(o, state, print_state));
  return state->value("agrees", false) ? core::exit_code::ok : core::exit_code::unreconciled;
}

int adopt(const Options& o) {
  const auto deadline = deadline_of(o);
  const std::string key = o.key.empty() ? fresh_key("adopt") : o.key;
  ordered_json body{{"action", "adopt_venue"}, {"confirm", true}, {"reason", o.reason}};
  if (!o.instrument.empty()) body["instrument"] = o.instrument;
  // Questions that are out are waited for, not pushed aside.
  auto done = call_host(o, edge::Method::Post, route, body, {{"Idempotency-Key", key}});
  while (!done && done.error().message.starts_with("RECONCILE_RUNNING") && Clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    done = call_host(o, edge::Method::Post, route, body, {{"Idempotency-Key", key}});
  }
  if (!done) return fail(done.error());
  ordered_json adoption = std::move(*done);
  const auto mine = [&key](const ordered_json& s) { return s.contains("adoption") && s["adoption"].is_object() && text(s["adoption"], "key") == key; };
  if (text(adoption, "phase") == "asking") {
    const auto state = watch(o, deadline, [&](const ordered_json& s) { return mine(s) && text(s["adoption"], "phase") != "asking"; });
    if (!state) return fail(state.error());
    if (mine(*state)) adoption = (*state)["adoption"];
  }
  const std::string phase = text(adoption, "phase");
  if (phase == "asking")
    return fail({"HOST_UNANSWERED", "the venue has not answered yet: the adoption " + key + " goes on by itself; look with bowline reconcile --plan"});
  if (phase != "done") return fail({"HOST_REFUSED", text(adoption, "code") + ": nothing was adopted; say it again when the venue answers"});
  static_cast<void>(tell_answer(o, adoption, print_adoption));
  return adoption.value("left", ordered_json::array()).empty() ? core::exit_code::ok : core::exit_code::unreconciled;
}

int reconcile(const Options& o) {
  if (o.plan == o.adopt) return fail({"USAGE_ACTION", "say either --plan or --adopt-venue"});
  if (o.plan && !o.instrument.empty()) return fail({"USAGE_ACTION", "--plan tells of all products: --instrument goes with --adopt-venue"});
  if (o.adopt && o.reason.empty()) return fail({"USAGE_REASON", "--adopt-venue replaces what the book has: say --reason, for the audit trail"});
  return o.plan ? plan(o) : adopt(o);
}

}  // namespace

void add_reconcile(CLI::App& app, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(app, "reconcile", "ask the venue how it stands against the book of a running host, and take its word for what is not explained",
                     "bowline reconcile --plan --var var/live\n  bowline reconcile --adopt-venue --var var/live --reason 'looked at the venue: it is right'");
  v->add_flag("--plan", o->plan, "ask, and tell what differs and what --adopt-venue would do; exit 12 when something differs");
  v->add_flag("--adopt-venue", o->adopt, "take what stands unexplained as the venue tells it; makes no order, cancels none, sells nothing");
  v->add_option("--reason", o->reason, "for the audit trail");
  v->add_option("--instrument", o->instrument, "with --adopt-venue: only this product and the assets it trades");
  v->add_option("--key", o->key, "of the adoption: the same again is the same one; without: a new one");
  v->add_option("--wait", o->wait, "seconds to wait for the venue's answer")->capture_default_str()->check(CLI::Range(0.0, 3600.0));
  add_host_options(v, *o);
  v->callback([o, &chosen] { chosen = [o] { return reconcile(*o); }; });
}

}  // namespace bowline::cli
