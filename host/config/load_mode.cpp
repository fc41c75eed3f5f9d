// Whether the run is live, and what a live one demands.
#include "config/loader.hpp"

#include <algorithm>

#include "config/live_guards.hpp"

namespace bowline::config {

bool Loader::written_out(const Node& n, const std::string& path) {
  if (!there(n) || !n.IsScalar() || n.Scalar().find("${") == std::string::npos) return true;
  out_.live_guard = true;
  bad(n, path, "CONFIG_MODE", "the environment must not decide this: write it out");
  return false;
}

// TRADING_MODE may only make a run safer (trading rules 6).
void Loader::trading_mode(const Node& at) {
  const auto env = options_.env ? options_.env("TRADING_MODE") : std::nullopt;
  if (!env || env->empty()) return;
  if (*env != "mock" && *env != "live") return bad(at, "mode", "CONFIG_MODE", "TRADING_MODE is neither mock nor live: correct or remove it");
  if (*env == "live" && c_.mode == "mock") {
    out_.live_guard = true;
    return bad(at, "mode", "CONFIG_MODE", "TRADING_MODE=live over a file with mode: mock: the environment may only make a run safer; set mode: live in the file, or remove TRADING_MODE");
  }
  if (*env == "mock" && c_.mode == "live") {
    c_.mode = "mock";
    out_.notes.push_back("TRADING_MODE=mock: " + tree_.file() + " says mode: live, and this run is a mock one");
  }
}

void Loader::live_guards(const Node& root) {
  LiveFacts& facts = out_.live_facts;
  if (const Node e = root["execution"]; e.IsDefined() && e.IsMap()) facts.half_spread_said = there(e["assumed_half_spread"]);
  const auto pod = options_.env ? options_.env("KUBERNETES_SERVICE_HOST") : std::nullopt;
  facts.in_kubernetes = pod && !pod->empty();
  // Who needs the venue alone starts no run; and the canary itself is made before there is one.
  facts.canary_passed = !options_.only_kind.empty() || (options_.canary && options_.canary(c_));
  for (const MissingGuard& g : missing_guards(c_, facts, options_.only_kind.empty() ? LiveFor::trading : LiveFor::ending)) {
    out_.live_guard = true;
    // Of a list each thing is told: what one instance lacks says nothing of the others.
    if (g.path != "instances" && said_of(g.path)) continue;  // one problem of a key is enough: a secret that is not there, a uuid that is none
    bad(nearest_to(root, g.path, root["mode"]), std::string(g.path), g.code.data(), std::string(g.message));
  }
}

bool Loader::said_of(std::string_view key) const {
  return std::any_of(out_.problems.begin(), out_.problems.end(), [&](const Problem& p) {
    return p.path == key || (p.path.starts_with(key) && p.path[key.size()] == '.');
  });
}

Node Loader::nearest_to(const Node& in, std::string_view path, const Node& otherwise) {
  const std::size_t dot = path.find('.');
  const Node next = in.IsMap() ? in[std::string(path.substr(0, dot))] : Node(YAML::NodeType::Undefined);
  if (!next.IsDefined()) return otherwise;
  return dot == std::string_view::npos ? next : nearest_to(next, path.substr(dot + 1), next);
}

}  // namespace bowline::config
