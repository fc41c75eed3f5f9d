// bowline ramp show|set and bowline rollout: what an operator says of a run that starts carefully (trading rules 3.5, 6), to
// a running host.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/host_call.hpp"
#include "cli/verbs.hpp"

namespace bowline::cli {
namespace {

using nlohmann::ordered_json;

struct Options : HostOptions {
  std::string reason, usd, within;
  std::uint32_t orders = 0;
  bool off = false;
};

void print_ramp(const ordered_json& r) {
  const bool amount = r["usd_per_day"].is_string(), number = r["orders_per_day"].is_number();
  std::printf("a UTC day: %s of %s, %lld of %s entries%s", r.value("used_usd", "").c_str(), amount ? r["usd_per_day"].get<std::string>().c_str() : "any amount",
              r.value("used_orders", 0LL), number ? std::to_string(r["orders_per_day"].get<std::uint64_t>()).c_str() : "any number of",
              amount || number ? "" : ": no ramp");
  std::printf("; by %s: %s%s\n", r.value("who", "").c_str(), r.value("why", "").c_str(), r.value("replayed", false) ? " (it was so before)" : "");
}

int set_ramp(const Options& o) {
  ordered_json body{{"reason", o.reason}};
  if (!o.usd.empty()) body["usd_per_day"] = o.usd;
  if (o.orders != 0) body["orders_per_day"] = o.orders;
  if (o.off) body["off"] = true;
  return tell_answer(o, call_host(o, edge::Method::Post, "/risk/ramp", body), print_ramp);
}

int announce(const Options& o) {
  ordered_json body{{"reason", o.reason}};
  if (!o.within.empty()) body["within"] = o.within;
  return tell_answer(o, call_host(o, edge::Method::Post, "/trading/rollout", body), [](const ordered_json& a) {
    std::printf("announced: stop it, and start the next one, until %s\n", a["until"].is_string() ? a["until"].get<std::string>().c_str() : "-");
  });
}

}  // namespace

void add_ramp(CLI::App& app, Action& chosen) {
  CLI::App* group = app.add_subcommand("ramp", "what the first days may buy at most: show it, raise it, take it away");
  group->require_subcommand(1);
  const auto o = std::make_shared<Options>();
  CLI::App* show = verb(*group, "show", "what it lets through in a UTC day, what is used of it, and who set it", "bowline ramp show --var var/live");
  add_host_options(show, *o);
  show->callback([o, &chosen] { chosen = [o] { return tell_answer(*o, call_host(*o, edge::Method::Get, "/risk/ramp"), print_ramp); }; });
  CLI::App* set = verb(*group, "set", "raise it, lower it, or take it away; what is not said stays as it is",
                       "bowline ramp set --usd 5000 --orders 20 --reason 'three good days' --var var/live");
  add_host_options(set, *o);
  CLI::Option* usd = set->add_option("--usd", o->usd, "the most that the entries of a UTC day may be worth, quote currency");
  CLI::Option* orders = set->add_option("--orders", o->orders, "the most entries that may be ordered in a UTC day")->check(CLI::Range(1u, 1'000'000u));
  set->add_flag("--off", o->off, "no ramp any more; the floor's own limits go on")->excludes(usd)->excludes(orders);
  set->add_option("--reason", o->reason, "for the audit trail")->required();
  set->callback([o, &chosen] { chosen = [o] { return set_ramp(*o); }; });
}

void add_rollout(CLI::App& app, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(app, "rollout", "say to a running host that its next stop is a planned roll-out: the process after it trades on by itself",
                     "bowline rollout --reason 'version 1.2' --var var/live");
  v->add_option("--within", o->within, "how long the stop and the start may take together, such as 15m, which it is without");
  v->add_option("--reason", o->reason, "for the audit trail")->required();
  add_host_options(v, *o);
  v->callback([o, &chosen] { chosen = [o] { return announce(*o); }; });
}

}  // namespace bowline::cli
