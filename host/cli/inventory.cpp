// bowline inventory adopt|release|reclassify: moves coins between what is managed and what is not, and says what a change of a
// balance was (trading rules 5.6), said to a running host.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/host_call.hpp"
#include "cli/verbs.hpp"

namespace bowline::cli {
namespace {

using nlohmann::ordered_json;

struct Options : HostOptions {
  std::string instrument, qty, price, reason, key;
};

void print_moved(const ordered_json& a) {
  std::printf("%s: %s managed, %s unmanaged%s\n", a.value("instrument", "").c_str(), a.value("managed", "").c_str(),
              a["unmanaged"].is_string() ? a["unmanaged"].get<std::string>().c_str() : "-", a.value("replayed", false) ? "; it was moved before" : "");
}

int move(const Options& o, bool adopt) {
  // It stands in the path: what no instrument is called must not lead elsewhere.
  if (o.instrument.empty() || o.instrument.find_first_of("/?#% ") != std::string::npos)
    return fail({"USAGE_INSTRUMENT", "an instrument is named as configured, like BTC-USD"});
  ordered_json body{{"qty", o.qty}, {"reason", o.reason}};
  if (adopt && !o.price.empty()) body["price"] = o.price;
  const std::string key = o.key.empty() ? fresh_key(adopt ? "adopt" : "release") : o.key;
  return tell_answer(o, call_host(o, edge::Method::Post, "/inventory/" + o.instrument + (adopt ? "/adopt" : "/release"), body, {{"Idempotency-Key", key}}), print_moved);
}

void add_move(CLI::App& group, Action& chosen, bool adopt) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = adopt ? verb(group, "adopt", "make coins that are not from our orders a position: it may be sold and stopped from then on",
                             "bowline inventory adopt BTC-USD 0.5 --price 42000 --reason 'bought by hand' --var var/live")
                      : verb(group, "release", "make a part of a position unmanaged: it stays at the venue and is not traded",
                             "bowline inventory release BTC-USD 0.5 --reason 'to be kept' --var var/live");
  v->add_option("instrument", o->instrument, "as configured")->required();
  v->add_option("qty", o->qty, "base units")->required();
  if (adopt) v->add_option("--price", o->price, "what a unit of it cost; without: its price now");
  v->add_option("--reason", o->reason, "for the audit trail")->required();
  v->add_option("--key", o->key, "of the move: the same again moves nothing more; without: a new one");
  add_host_options(v, *o);
  v->callback([o, adopt, &chosen] { chosen = [o, adopt] { return move(*o, adopt); }; });
}

struct Named : HostOptions {
  std::string asset, amount, from, to, reason, key;
};

void print_named(const ordered_json& a) {
  std::printf("%s: %s booked as deposits, %s as rewards%s\n", a.value("asset", "").c_str(), a.value("deposit", "").c_str(), a.value("reward", "").c_str(),
              a.value("replayed", false) ? "; it was named so before" : "");
}

int reclassify(const Named& o) {
  const ordered_json body{{"asset", o.asset}, {"amount", o.amount}, {"from", o.from}, {"to", o.to}, {"reason", o.reason}};
  const std::string key = o.key.empty() ? fresh_key("reclassify") : o.key;
  return tell_answer(o, call_host(o, edge::Method::Post, "/inventory/reclassify", body, {{"Idempotency-Key", key}}), print_named);
}

void add_reclassify(CLI::App& group, Action& chosen) {
  const auto o = std::make_shared<Named>();
  CLI::App* v = verb(group, "reclassify", "what was booked as a deposit was a reward, or the other way round: a reward is profit, a deposit is not",
                     "bowline inventory reclassify SOL 0.25 --from deposit --to reward --reason 'staking' --var var/live");
  v->add_option("asset", o->asset, "its code")->required();
  v->add_option("amount", o->amount, "of what was booked, the newest bookings first")->required();
  v->add_option("--from", o->from, "what it was booked as: deposit or reward")->required();
  v->add_option("--to", o->to, "what it was: the other one")->required();
  v->add_option("--reason", o->reason, "for the audit trail")->required();
  v->add_option("--key", o->key, "of the command: the same again changes nothing more; without: a new one");
  add_host_options(v, *o);
  v->callback([o, &chosen] { chosen = [o] { return reclassify(*o); }; });
}

}  // namespace

void add_inventory(CLI::App& app, Action& chosen) {
  CLI::App* group = app.add_subcommand("inventory", "what of the account is managed: adopt coins into it, release them from it; and what a change of a balance was");
  group->require_subcommand(1);
  add_move(*group, chosen, true);
  add_move(*group, chosen, false);
  add_reclassify(*group, chosen);
}

}  // namespace bowline::cli
