#include "observe/metric_catalogue.hpp"

#include <algorithm>
#include <array>

namespace bowline::observe {
namespace {

using enum MetricType;

constexpr std::array request_bounds = {1e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 1e-2, 5e-2, 0.25, 1.0, 5.0};
constexpr std::array step_bounds = {1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 5e-2, 0.5};
constexpr std::array commit_bounds = {5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3, 2e-2, 0.1, 1.0};

// Sorted by name: find_metric searches it and the page shows it in this order.
constexpr auto table = std::to_array<MetricDef>({
    {"bowline_bar_revisions_total", Counter, "instrument",
     "Final bars that the venue's own candle later contradicted."},
    {"bowline_bars_skipped_total", Counter, "feed,reason",
     "Rows of a feed that were refused and counted, by reason."},
    {"bowline_bars_total", Counter, "feed", "Final bars taken from a feed."},
    {"bowline_build_info", Gauge, "version,compiler", "Always 1; the labels say what is running."},
    {"bowline_core_event_seconds", Histogram, "", "Time the core spent on one event.", step_bounds},
    {"bowline_core_events_total", Counter, "type", "Events the core has taken, by type."},
    {"bowline_core_queue_depth", Gauge, "", "Event batches waiting for the core."},
    {"bowline_decisions_total", Counter, "result",
     "Decisions of the bridge, by result: target, hold, or the reason code why not."},
    {"bowline_feed_up", Gauge, "feed",
     "1 while the feed delivers, 0 when it is stale or has ended with an error."},
    {"bowline_fills_total", Counter, "side", "Fills applied to the portfolio."},
    {"bowline_health", Gauge, "service,component", "0 ok, 1 degraded, 2 down."},
    {"bowline_http_connections", Gauge, "service", "Open HTTP and WebSocket connections."},
    {"bowline_http_connections_total", Counter, "service", "Connections accepted."},
    {"bowline_http_refused_total", Counter, "service,reason",
     "Requests and connections refused by the server itself: over_cap, malformed, too_large, timeout, "
     "unrouted."},
    {"bowline_http_request_seconds", Histogram, "service,method,route",
     "From the end of a request's headers to its answer.", request_bounds},
    {"bowline_http_requests_total", Counter, "service,method,route,class",
     "Answers by route and status class (1xx to 5xx)."},
    {"bowline_journal_commit_seconds", Histogram, "", "One durable commit of the intent journal.",
     commit_bounds},
    {"bowline_journal_commits_total", Counter, "", "Durable commits of the intent journal."},
    {"bowline_journal_writable", Gauge, "", "1 while intents can be made durable."},
    {"bowline_log_dropped_total", Counter, "", "Log lines dropped because the writer was behind."},
    {"bowline_open_orders", Gauge, "", "Orders that are not terminal."},
    {"bowline_orders_total", Counter, "purpose,state", "Order state changes, by purpose and new state."},
    {"bowline_plugin_calls_total", Counter, "instance,slot", "Calls into plugin instances."},
    {"bowline_plugin_errors_total", Counter, "instance",
     "Calls that a plugin instance answered with an error."},
    {"bowline_plugin_overruns_total", Counter, "instance", "Calls that ran over the watchdog's limit."},
    {"bowline_plugin_quarantined", Gauge, "instance",
     "1 while the instance is out of use after repeated faults."},
    {"bowline_process_resident_bytes", Gauge, "", "Resident memory of the process."},
    {"bowline_risk_verdicts_total", Counter, "instance,verdict",
     "Verdicts of the risk chain: allow, shrink, or the reason code of a rejection."},
    {"bowline_signal_seconds", Histogram, "instance", "One signal plugin on one frame.", step_bounds},
    {"bowline_signals_resolved_total", Counter, "instance,result",
     "Signals whose horizon has passed: hit, miss or tie."},
    {"bowline_signals_total", Counter, "instance,action", "Predictions made: BUY, SELL or HOLD."},
    {"bowline_store_errors_total", Counter, "database", "Store statements that failed."},
    {"bowline_store_queue_depth", Gauge, "", "Records waiting for the store writer."},
    {"bowline_store_records_total", Counter, "table", "Records written to the store."},
    {"bowline_trading_ready", Gauge, "", "1 when entries may be placed."},
    {"bowline_trading_state", Gauge, "", "0 active, 1 reducing, 2 halted, 3 frozen."},
    {"bowline_ws_sessions", Gauge, "service", "Open WebSocket sessions."},
    {"bowline_ws_slow_closed_total", Counter, "service",
     "WebSocket sessions closed because the reader was too slow."},
});

static_assert(std::ranges::is_sorted(table, {}, &MetricDef::name));

constexpr const char* type_word(MetricType t) {
  switch (t) {
    case Counter:
      return "counter";
    case Gauge:
      return "gauge";
    case Histogram:
      return "histogram";
  }
  return "";
}

}  // namespace

std::span<const MetricDef> metric_catalogue() noexcept { return table; }

const MetricDef* find_metric(std::string_view name) noexcept {
  const auto at = std::ranges::lower_bound(table, name, {}, &MetricDef::name);
  return at != table.end() && at->name == name ? &*at : nullptr;
}

std::string metrics_markdown() {
  std::string out = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const auto& d : table) {
    out.append("| `").append(d.name).append("` | ").append(type_word(d.type)).append(" | ");
    if (!d.labels.empty()) out.append("`").append(d.labels).append("`");
    out.append(" | ").append(d.help).append(" |\n");
  }
  return out;
}

}  // namespace bowline::observe
