// What the run is: its services, what it moves by, where it is stored, and the smaller parts of the pipeline.
#include "config/loader.hpp"

#include <algorithm>

namespace bowline::config {

void Loader::services(const Node& root) {
  const Node n = root["services"];
  if (!there(n)) {
    c_.services = service_names;
    return;
  }
  if (!n.IsSequence()) return bad(n, "services", "CONFIG_TYPE", "a list is needed here");
  for (std::size_t i = 0; i < n.size(); ++i) {
    std::string s;
    const std::string path = "services[" + std::to_string(i) + "]";
    one_of(n[i], path, service_names, s);
    if (s.empty()) continue;
    if (std::find(c_.services.begin(), c_.services.end(), s) != c_.services.end()) bad(n[i], path, "CONFIG_VALUE_REPEATED", s + " is listed twice");
    c_.services.push_back(s);
  }
  if (n.size() == 0) bad(n, "services", "CONFIG_SERVICES", "a process is at least one service: name it, or leave the key out for all four");
}

// What happens once can't be had again from the feeds.
void Loader::real_time(const Node& root) {
  if (c_.max_bar_delay_ns == 0) c_.max_bar_delay_ns = c_.interval_ns;
  c_.execution.floor.max_mark_age_ns = 2 * c_.interval_ns;  // the file may say otherwise, below
  if (c_.journal == "memory" && c_.mode != "live") bad(root["journal"], "journal", "CONFIG_VALUE", "memory is for replay and simulation: with time: real it must be file");
  if (c_.services.size() < service_names.size() && there(root["services"]) && c_.mode != "live")
    bad(root["services"], "services", "CONFIG_SERVICES", "with time: real all four services are one process: a tick of the clock is not told to another");
}

void Loader::market_log(const Node& n) {
  c_.market_log.enabled = c_.time == "real";
  if (!there(n) || !n.IsMap()) return;
  flag(n["enabled"], "market_log.enabled", c_.market_log.enabled);
  duration(n["keep"], "market_log.keep", 0, c_.market_log.keep_ns);
  size(n["keep_size"], "market_log.keep_size", 1024 * 1024, INT64_MAX, c_.market_log.keep_bytes);
  if (c_.market_log.enabled && c_.time != "real")
    bad(n["enabled"], "market_log.enabled", "CONFIG_VALUE", "is for time: real alone: what moves by its data has them again");
}

void Loader::store(const Node& n) {
  if (!there(n) || !n.IsMap()) return;
  text(n["transactions"], "store.transactions", c_.store.transactions);
  text(n["prices"], "store.prices", c_.store.prices);
  for (const auto& [name, url] : {std::pair<const char*, std::string&>{"transactions", c_.store.transactions}, {"prices", c_.store.prices}})
    if (url != "none" && !url.starts_with("sqlite://"))
      bad(n[name], std::string("store.") + name, "CONFIG_VALUE", "sqlite://path or none is needed here");
  if ((c_.store.transactions == "none") != (c_.store.prices == "none"))
    bad(n, "store", "CONFIG_VALUE", "none goes for both files or for neither");
  if (c_.store.transactions != "none" && c_.store.transactions == c_.store.prices)
    bad(n, "store", "CONFIG_VALUE", "transactions and prices need a file each");
}

void Loader::signals(const Node& root) {
  if (const Node s = root["signals"]; s.IsDefined() && s.IsMap()) {
    one_of(s["combine"], "signals.combine", {"mean", "vote", "first"}, c_.signals.combine);
    number(s["resolve_bars"], "signals.resolve_bars", 1, 100'000, c_.signals.resolve_bars);
    one_of(s["explain"], "signals.explain", {"auto", "off", "orders", "decisions", "all"}, c_.signals.explain);
    number(s["explain_top"], "signals.explain_top", 1, 10'000, c_.signals.explain_top);
  }
}

void Loader::bridge(const Node& root) {
  if (const Node b = root["bridge"]; b.IsDefined() && b.IsMap()) {
    fraction(b["max_position"], "bridge.max_position", "0", "1", c_.bridge.max_position);
    flag(b["cost_gate"], "bridge.cost_gate", c_.bridge.cost_gate);
    fraction(b["cost_margin"], "bridge.cost_margin", "0", "1", c_.bridge.cost_margin);
  }
}

void Loader::log(const Node& root) {
  if (const Node l = root["log"]; l.IsDefined() && l.IsMap()) {
    one_of(l["level"], "log.level", {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}, c_.log.level);
    text(l["file"], "log.file", c_.log.file);
  }
}

}  // namespace bowline::config
