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
    {"bowline_bars_total", Counter, "feed", "Final bars of this run's products that the core took from a feed."},
    {"bowline_build_info", Gauge, "version,compiler", "Always 1; the labels say what is running."},
    {"bowline_close_to_prediction_seconds", Histogram, "",
     "From the last bar of a step to its predictions: every step that was waited for, each 64th of a replay that "
     "never waits.",
     step_bounds},
    {"bowline_core_queue_depth", Gauge, "", "Batches of feed events and commands waiting for the core."},
    {"bowline_decisions_total", Counter, "result", "Decisions of the bridge by code: TARGET, HOLD, or why not."},
    {"bowline_feed_age_seconds", Gauge, "feed", "Since the feed last delivered anything."},
    {"bowline_feed_skipped_total", Counter, "feed,reason",
     "What a feed delivered and the core did not take: malformed, other_type, or unusable (a bar that is not final "
     "or of no product of the run)."},
    {"bowline_feed_up", Gauge, "feed", "1 while the feed delivers, 0 when it is stale, has ended or has failed."},
    {"bowline_fills_total", Counter, "side", "Fills booked."},
    {"bowline_health", Gauge, "service,component", "0 ok, 1 degraded, 2 down."},
    {"bowline_http_connections", Gauge, "service", "Open HTTP and WebSocket connections."},
    {"bowline_http_connections_total", Counter, "service", "Connections accepted."},
    {"bowline_http_refused_total", Counter, "service,reason",
     "Requests and connections refused by the server itself: over_cap, malformed, too_large, timeout, "
     "unrouted, unauthenticated (no token, or a wrong one), forbidden (a token of a smaller scope), tls (a handshake that came to nothing)."},
    {"bowline_http_request_seconds", Histogram, "service,method,route",
     "From the end of a request's headers to its answer.", request_bounds},
    {"bowline_http_requests_total", Counter, "service,method,route,class",
     "Answers by route and status class (1xx to 5xx)."},
    {"bowline_incidents_total", Counter, "code",
     "What went wrong between host, journal and venue without ending the run; codes.md lists the codes."},
    {"bowline_journal_ballast_bytes", Gauge, "", "What is left of the room on disk that is kept for exits; none where no ballast is kept."},
    {"bowline_journal_commit_seconds", Histogram, "",
     "One durable commit of the intent journal; none where it is in memory.", commit_bounds},
    {"bowline_journal_commits_total", Counter, "", "Commits of the intent journal."},
    {"bowline_journal_writable", Gauge, "", "1 while intents can be made durable."},
    {"bowline_late_bars_total", Counter, "", "Bars that came too late to be acted on."},
    {"bowline_log_dropped_total", Counter, "", "Log lines dropped because the writer was behind."},
    {"bowline_market_log_events_total", Counter, "", "Market events that were to be recorded; where time is real."},
    {"bowline_market_log_lost_total", Counter, "", "Those of them that no file has: a re-run ends at the first."},
    {"bowline_open_orders", Gauge, "", "Orders that are not terminal."},
    {"bowline_orders_total", Counter, "purpose,state", "Order state changes, by purpose and new state."},
    {"bowline_peer_connected", Gauge, "peer", "1 while that service in another process is connected."},
    {"bowline_plugin_calls_total", Counter, "instance", "Calls into plugin instances."},
    {"bowline_plugin_errors_total", Counter, "instance,code",
     "Calls that a plugin instance answered with an error, or with what cannot be true."},
    {"bowline_plugin_quarantined", Gauge, "instance", "1 while the instance is out of use until it is released."},
    {"bowline_process_resident_bytes", Gauge, "", "Resident memory of the process."},
    {"bowline_risk_verdicts_total", Counter, "rule,verdict",
     "Binding verdicts of the risk chain and the host's floors: allow, shrink, or the code of the rejection."},
    {"bowline_signals_resolved_total", Counter, "result", "Signals whose horizon has passed: hit, miss or tie."},
    {"bowline_signals_total", Counter, "action", "Predictions made: BUY, SELL or HOLD."},
    {"bowline_steps_total", Counter, "acted", "Steps closed; those of the warm-up are not acted on."},
    {"bowline_store_dropped_total", Counter, "",
     "Records lost for good: the store could not be written and its backlog was full."},
    {"bowline_store_errors_total", Counter, "", "Writes of the store that failed; each is tried again."},
    {"bowline_store_outages_total", Counter, "", "Times the store could not be written, healed ones among them."},
    {"bowline_store_queue_depth", Gauge, "", "Records waiting for the store's writer."},
    {"bowline_store_records_total", Counter, "table", "Records written to the store."},
    {"bowline_store_up", Gauge, "", "1 while the store can be written."},
    {"bowline_trading_ready", Gauge, "", "1 when entries may be placed."},
    {"bowline_trading_state", Gauge, "", "0 active, 1 reducing, 2 halted."},
    {"bowline_why_no_order_total", Counter, "code",
     "Targets of which execution made no order, each time one was looked at, by code."},
    {"bowline_ws_queued_bytes", Gauge, "service", "Bytes that readers of WebSocket sessions have not taken yet."},
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
