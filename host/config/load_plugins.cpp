// Where plugins lie and what they may do, and their instances with their params.
#include "config/loader.hpp"

#include <algorithm>

#include "config/params.hpp"
#include "config/secret.hpp"

namespace bowline::config {
namespace {

const std::vector<std::string> kind_names{"feed", "signal", "risk", "broker", "rebalancer"};

}  // namespace

void Loader::plugins(const Node& root) {
  const Node n = root["plugins"];
  if (!there(n) || !n.IsMap() || !there(n["path"])) return bad(there(n) ? n : root, "plugins.path", "CONFIG_KEY_MISSING", "is required and not there");
  const Node path = n["path"];
  if (!path.IsSequence()) return bad(path, "plugins.path", "CONFIG_TYPE", "a list of folders is needed here");
  for (std::size_t i = 0; i < path.size(); ++i) {
    std::string t;
    if (!text(path[i], "plugins.path[" + std::to_string(i) + "]", t)) continue;
    const std::filesystem::path p(t);
    c_.plugins.path.push_back((p.is_absolute() ? p : folder_ / p).lexically_normal());
  }
  if (const Node limits = n["call_limits"]; there(limits) && limits.IsMap()) {
    constexpr std::int64_t least = 100'000'000;  // a loaded machine may keep a thread from running for that long
    duration(limits["lane"], "plugins.call_limits.lane", least, c_.plugins.lane_limit_ns);
    duration(limits["broker"], "plugins.call_limits.broker", least, c_.plugins.broker_limit_ns);
    duration(limits["pull"], "plugins.call_limits.pull", least, c_.plugins.pull_limit_ns);
    duration(limits["control"], "plugins.call_limits.control", least, c_.plugins.control_limit_ns);
  }
  if (const Node net = n["network"]; there(net) && net.IsMap()) network(net);
  const Node pins = n["pins"];
  if (!there(pins) || !pins.IsMap()) return;
  for (const auto& entry : pins) {
    std::string sha;
    const std::string name = entry.first.Scalar();
    if (!text(entry.second, "plugins.pins." + name, sha)) continue;
    if (sha.size() != 64 || sha.find_first_not_of("0123456789abcdef") != std::string::npos)
      bad(entry.second, "plugins.pins." + name, "CONFIG_VALUE", "a SHA-256 of 64 lower-case hex digits is needed here");
    c_.plugins.pins[name] = sha;
  }
}

void Loader::network(const Node& n) {
  RunConfig::Plugins::Network& to = c_.plugins.network;
  const std::string at = "plugins.network.";
  constexpr std::int64_t least_size = 64 * 1024, most_size = std::int64_t{4} << 30;
  if (std::string t; text(n["ca_file"], at + "ca_file", t) && !t.empty()) {
    const std::filesystem::path p(t);
    to.ca_file = (p.is_absolute() ? p : folder_ / p).lexically_normal();
  }
  duration(n["timeout"], at + "timeout", 1'000'000, to.timeout_ns);
  duration(n["connect_timeout"], at + "connect_timeout", 1'000'000, to.connect_ns);
  duration(n["idle"], at + "idle", 1'000'000'000, to.idle_ns);
  duration(n["ping"], at + "ping", 100'000'000, to.ping_ns);
  number(n["connections"], at + "connections", 2, 64, to.connections);
  number(n["spare"], at + "spare", 0, 16, to.spare);
  number(n["queue"], at + "queue", 1, 65'536, to.queue);
  for (const auto& [key, size_of] : {std::pair{"max_reply", &to.max_reply}, std::pair{"max_frame", &to.max_frame}}) {
    size(n[key], at + key, least_size, most_size, *size_of);
    if (*size_of == 0) bad(n[key], at + key, "CONFIG_RANGE", "0 is too small");
  }
}

void Loader::instances(const Node& root) {
  const Node n = root["instances"];
  if (!there(n)) return bad(root, "instances", "CONFIG_KEY_MISSING", "is required and not there");
  if (!n.IsSequence()) return bad(n, "instances", "CONFIG_TYPE", "a list is needed here");
  std::set<std::string> seen;
  for (std::size_t i = 0; i < n.size(); ++i) {
    const std::string path = "instances[" + std::to_string(i) + "]";
    const Node at = n[i];
    if (!at.IsMap()) {
      bad(at, path, "CONFIG_TYPE", "keys with values are needed here");
      continue;
    }
    InstanceConfig ins;
    required(at, "id", path, ins.id);
    required(at, "plugin", path, ins.plugin);
    if (!at["kind"].IsDefined()) bad(at, path + ".kind", "CONFIG_KEY_MISSING", "is required and not there");
    one_of(at["kind"], path + ".kind", kind_names, ins.kind);
    if (!ins.id.empty() && !seen.insert(ins.id).second) bad(at["id"], path + ".id", "CONFIG_VALUE_REPEATED", ins.id + " is the id of another instance too");
    if (Decimal weight = Decimal::from_mantissa(1, 0); there(at["weight"])) {
      fraction(at["weight"], path + ".weight", "0", "1", weight);
      ins.weight = weight.to_double();
    }
    if (!ins.plugin.empty() && !ins.kind.empty()) params(at, path, ins);
    c_.instances.push_back(std::move(ins));
  }
}

// What the services of this process cannot do without; instances of other processes' services may stand here too.
void Loader::roles(const Node& n) {
  if (!n.IsDefined() || !n.IsSequence()) return;  // said already
  const auto count = [this](std::string_view kind) {
    return std::count_if(c_.instances.begin(), c_.instances.end(), [kind](const InstanceConfig& i) { return i.kind == kind; });
  };
  if (count("") != 0) return;  // one of them has no kind: which one it was meant to be is not known
  const auto here = [this](std::string_view s) { return std::find(c_.services.begin(), c_.services.end(), s) != c_.services.end(); };
  if (here("signal-generator")) {
    if (count("feed") == 0) bad(n, "instances", "RUN_FEED_MISSING", "no instance of kind feed: there would be no bar; add one");
    if (count("signal") == 0)
      bad(n, "instances", "RUN_SIGNAL_MISSING", "no instance of kind signal: nothing would ever be predicted; add one");
  }
  if (const auto brokers = count("broker"); here("trade-execution") && brokers != 1)
    bad(n, "instances", "RUN_BROKER_COUNT",
        "a run has exactly one instance of kind broker, and here are " + std::to_string(brokers) + ": orders go to one venue");
}

void Loader::params(const Node& at, const std::string& path, InstanceConfig& ins) {
  if (!options_.only_kind.empty() && ins.kind != options_.only_kind) return;
  secrets(at["params"], path + ".params");
  if (!options_.schema || c_.plugins.path.empty()) return;
  const auto schema = options_.schema(c_, ins.plugin, ins.kind);
  if (!schema) {
    if (schema.error().code.starts_with("LIVE_")) out_.live_guard = true;
    // What is wrong with the folders is wrong for every instance, and is said once.
    if (schema.error().code != "PLUGIN_FOLDER_MISSING" || schema_said_.insert(schema.error().message).second)
      bad(at["plugin"], path + ".plugin", schema.error().code.c_str(), schema.error().message);
    return;
  }
  HostKeys host{c_.interval_ns, c_.signals.resolve_bars, c_.execution.portfolio_uuid};
  for (const InstrumentConfig& i : c_.instruments)
    if (!i.data_symbol.empty()) host.data_symbols.emplace(i.symbol, i.data_symbol);
  if (auto read = read_params(tree_, at["params"], at, path + ".params", *schema, {folder_, options_.state}, host)) {
    ins.params_json = std::move(read->json);
    ins.state_files = std::move(read->state_files);
    ins.read_files = std::move(read->read_files);
    ins.key_file = std::move(read->key_file);
    ins.key_name = std::move(read->key_name);
  }
}

// A reference stays a reference; that it can be resolved is checked now, and its text is never kept.
void Loader::secrets(const Node& n, const std::string& path) {
  if (!n.IsDefined()) return;
  if (n.IsMap())
    for (const auto& entry : n) secrets(entry.second, path + "." + (entry.first.IsScalar() ? entry.first.Scalar() : "?"));
  else if (n.IsSequence())
    for (std::size_t i = 0; i < n.size(); ++i) secrets(n[i], path + "[" + std::to_string(i) + "]");
  else if (n.IsScalar() && n.Scalar().starts_with("secret://"))
    if (auto found = find_secret(n.Scalar(), options_.env); !found) bad(n, path, "CONFIG_SECRET", found.error().message);
}

}  // namespace bowline::config
