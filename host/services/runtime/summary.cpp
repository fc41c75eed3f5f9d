#include "services/runtime/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace bowline::services {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(double x) {
  if (std::isnan(x)) return "none";
  char b[32];
  std::snprintf(b, sizeof b, "%.2f %%", 100 * x);
  return b;
}
std::string percent(Decimal d) { return d.is_set() ? percent(d.to_double()) : "none"; }
std::string amount(Decimal d) { return d.is_set() ? d.to_string() : "none"; }
template <class Codes>
std::string counts(const Codes& by_code) {
  std::string out;
  for (const auto& [code, n] : by_code) out += (out.empty() ? "" : ", ") + code + " " + std::to_string(n);
  return out.empty() ? "none" : out;
}
Json number(double x) { return std::isnan(x) ? Json(nullptr) : Json(x); }

}  // namespace

std::string_view to_string(RunEnd e) noexcept {
  switch (e) {
    case RunEnd::end_of_data: return "end_of_data";
    case RunEnd::stopped: return "stopped";
    case RunEnd::feed_failed: return "feed_failed";
    case RunEnd::instance_failed: return "instance_failed";
    case RunEnd::peer_failed: return "peer_failed";
  }
  return "?";
}

std::string Summary::text() const {
  std::string o;
  const auto line = [&o](const char* name, const std::string& value) {
    char head[32];
    std::snprintf(head, sizeof head, "%-18s", name);
    o.append(head).append(value).append("\n");
  };
  const auto hosts = [this](std::string_view name) {
    return services.empty() || std::find(services.begin(), services.end(), name) != services.end();
  };
  line("ended", std::string(to_string(end)) + (error.code.empty() ? "" : ": " + error.code + ": " + error.message));
  line("period", first == 0 ? "no bar" : core::format_time(first) + " to " + core::format_time(last));
  line("bars", std::to_string(bars) + " in " + std::to_string(steps) + " steps (" + std::to_string(acted_steps) + " acted on), " +
                   std::to_string(late_bars) + " late");
  if (hosts("signal-generator")) {
    line("signals", "BUY " + std::to_string(signals[1]) + ", SELL " + std::to_string(signals[2]) + ", HOLD " +
                        std::to_string(signals[3]) + (signal_errors ? ", errors " + std::to_string(signal_errors) : ""));
    line("accuracy", percent(accuracy.accuracy()) + " of " + std::to_string(accuracy.resolved()) + " resolved; base rate " +
                         percent(accuracy.base_rate()) + "; ties apart " + std::to_string(accuracy.ties) + "; unresolved " +
                         std::to_string(unresolved));
  }
  if (hosts("signal-bridge")) {
    line("decisions", counts(decisions));
    line("cost gate", cost_gate ? "on" : "OFF");
  }
  if (hosts("trade-execution")) {
    line("why no order", counts(why_not));
    line("orders", std::to_string(orders) + " (fills " + std::to_string(fills) + ", cancelled " + std::to_string(cancelled) +
                       ", expired " + std::to_string(expired) + ", rejected " + std::to_string(rejected) + "), rebalances " +
                       std::to_string(plans));
    if (working != 0) line("still working", std::to_string(working) + " orders may still fill at the venue: look there before the next run");
    line("incidents", incidents == 0 ? "none" : std::to_string(incidents) + " (" + counts(incident_codes) + ")");
    line("equity", amount(start_equity) + " -> " + amount(equity) + " (cash " + amount(cash) + ")");
    std::string each;
    for (const auto& [asset, total] : wallets) each += (each.empty() ? "" : ", ") + asset + " " + amount(total);
    if (!each.empty()) line("wallets", each + "; cash and equity with a pegged one at par, or at its price where its peg is broken");
    line("profit", "realised " + amount(realised) + ", unrealised " + amount(unrealised) + ", fees " + amount(fees));
    line("max drawdown", percent(max_drawdown));
    line("assumed spread", "half spread " + percent(half_spread) + " (where the inputs hold no quotes)");
    line("journal", std::to_string(journal_commits) + " commits, " + std::to_string(journal_rows) + " rows, head " + journal_head.substr(0, 16));
  }
  if (hosts("portfolio-rebalancer") && !hosts("trade-execution")) line("rebalances", std::to_string(plans));
  std::string faulty;
  for (const auto& [instance, codes] : plugin_errors) faulty += (faulty.empty() ? "" : "; ") + instance + ": " + counts(codes);
  if (!faulty.empty()) line("plugin errors", faulty);
  line("store", store + (store_outages != 0 ? "; could not be written " + std::to_string(store_outages) + " times" : "") +
                    (store_dropped != 0 ? "; " + std::to_string(store_dropped) + " RECORDS LOST" : ""));
  char b[96];
  std::snprintf(b, sizeof b, "%.2f s, %.0f bars/s, peak memory %.0f MiB", seconds,
                seconds > 0 ? static_cast<double>(bars) / seconds : 0.0, static_cast<double>(peak_rss_kib) / 1024);
  line("took", b);
  return o;
}

std::string Summary::json() const {
  Json j;
  j["end"] = to_string(end);
  if (!error.code.empty()) j["error"] = {{"code", error.code}, {"message", error.message}};
  j["mode"] = mode;
  j["services"] = services;
  j["first"] = first == 0 ? Json(nullptr) : Json(core::format_time(first));
  j["last"] = last == 0 ? Json(nullptr) : Json(core::format_time(last));
  j["bars"] = bars;
  j["late_bars"] = late_bars;
  j["steps"] = steps;
  j["acted_steps"] = acted_steps;
  j["signals"] = {{"buy", signals[1]}, {"sell", signals[2]}, {"hold", signals[3]}, {"errors", signal_errors}};
  j["accuracy"] = {{"resolved", accuracy.resolved()}, {"hits", accuracy.hits}, {"ties", accuracy.ties},
                   {"accuracy", number(accuracy.accuracy())}, {"base_rate", number(accuracy.base_rate())},
                   {"unresolved", unresolved}};
  j["decisions"] = decisions;
  j["cost_gate"] = cost_gate;
  j["why_not"] = why_not;
  j["orders"] = {{"made", orders}, {"fills", fills}, {"cancelled", cancelled}, {"expired", expired}, {"rejected", rejected}, {"working", working}};
  j["rebalances"] = plans;
  j["incidents"] = incidents;
  j["incident_codes"] = incident_codes;
  j["plugin_errors"] = plugin_errors;
  j["portfolio"] = {{"start_equity", amount(start_equity)}, {"equity", amount(equity)}, {"cash", amount(cash)},
                    {"realised", amount(realised)}, {"unrealised", amount(unrealised)}, {"fees", amount(fees)},
                    {"max_drawdown", amount(max_drawdown)}, {"assumed_half_spread", amount(half_spread)}};
  if (!wallets.empty()) {
    Json each;
    for (const auto& [asset, total] : wallets) each[asset] = amount(total);
    j["portfolio"]["wallets"] = std::move(each);
  }
  j["journal"] = {{"commits", journal_commits}, {"rows", journal_rows}, {"head", journal_head}};
  j["store"] = store;
  j["store_outages"] = store_outages;
  j["store_dropped"] = store_dropped;
  j["machine"] = {{"seconds", seconds}, {"peak_rss_kib", peak_rss_kib}};
  return j.dump(2) + "\n";
}

}  // namespace bowline::services
