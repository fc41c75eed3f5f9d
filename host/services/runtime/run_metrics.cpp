#include "services/runtime/run_metrics.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "observe/log.hpp"
#include "services/runtime/run_health.hpp"
#include "services/trade_execution/incidents.hpp"

namespace bowline::services {
namespace {

constexpr std::size_t most_codes = 200;

constexpr const char* side_names[] = {nullptr, "buy", "sell"};
static_assert(static_cast<int>(core::Side::buy) == 1 && static_cast<int>(core::Side::sell) == 2);

double resident_bytes() {
  std::FILE* f = std::fopen("/proc/self/statm", "re");
  if (f == nullptr) return 0;
  unsigned long long all = 0, resident = 0;
  const int read = std::fscanf(f, "%llu %llu", &all, &resident);
  std::fclose(f);
  return read == 2 ? static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
}

template <class F>
void each_instance(const Instances& all, F&& f) {
  const auto list = [&f](const auto& some) {
    for (const auto& one : some) f(one.id, one.quarantined, one.instance ? one.instance->calls() : 0);
  };
  list(all.feeds);
  list(all.signals);
  list(all.risks);
  list(all.brokers);
  list(all.rebalancers);
}

}  // namespace

RunMetrics::RunMetrics(Run& run, std::string_view version) : run_(run), parts_(run.parts()) {
  metrics_.gauge("bowline_build_info", {{"version", version}, {"compiler", __VERSION__}}).set(1);
  prepare();
  if (parts_.journal != nullptr)
    parts_.journal->time_commits([h = metrics_.histogram("bowline_journal_commit_seconds")](double s) mutable { h.observe(s); });
  if (parts_.generator != nullptr)
    run_.loop().predicted = [h = metrics_.histogram("bowline_close_to_prediction_seconds")](double s) mutable { h.observe(s); };
  at_scrape_ = metrics_.on_scrape([this] { scrape(); });
  publish();
}

RunMetrics::~RunMetrics() {
  run_.loop().predicted = {};
  if (parts_.journal != nullptr) parts_.journal->time_commits({});
}

void RunMetrics::serve(std::string service, const edge::HttpServer& server, const observe::HealthBoard& board) {
  served_.emplace(std::move(service), Served{&server, &board});
}

// What has not happened yet is there as 0: a rate over a series that appears with its first count misses that count.
void RunMetrics::prepare() {
  if (parts_.execution != nullptr) {
    for (const IncidentCode& i : incident_codes()) static_cast<void>(metrics_.counter("bowline_incidents_total", {{"code", i.code}}));
    for (const char* code : {"AT_TARGET", "BELOW_MIN_TRADE", "ORDER_WORKING", "MARK_MISSING", "JOURNAL_UNWRITABLE"})
      static_cast<void>(metrics_.counter("bowline_why_no_order_total", {{"code", code}}));
  }
  if (parts_.instances != nullptr)
    each_instance(*parts_.instances, [this](const std::string& id, bool quarantined, std::uint64_t) {
      metrics_.gauge("bowline_plugin_quarantined", {{"instance", id}}).set(quarantined ? 1 : 0);
      static_cast<void>(metrics_.counter("bowline_plugin_errors_total", {{"instance", id}, {"code", "PLUGIN_CALL_FAILED"}}));
    });
}

template <class Counts>
void RunMetrics::by_code(std::string_view metric, std::string_view label, const Counts& counts) {
  auto& known = codes_[std::string(metric)];
  std::uint64_t other = 0;
  for (const auto& [code, n] : counts) {
    if (known.size() < most_codes) known.insert(code);
    if (known.contains(code)) metrics_.counter(metric, {{label, code}}).publish(n);
    else other += n;
  }
  if (other != 0) metrics_.counter(metric, {{label, "OTHER"}}).publish(other);
}

void RunMetrics::publish() {
  const CoreLoop& loop = *parts_.loop;
  metrics_.counter("bowline_late_bars_total").publish(loop.late_bars());
  metrics_.counter("bowline_steps_total", {{"acted", "true"}}).publish(loop.acted_steps());
  metrics_.counter("bowline_steps_total", {{"acted", "false"}}).publish(loop.steps() - loop.acted_steps());
  for (const FeedReader* f : parts_.feeds) {
    metrics_.counter("bowline_bars_total", {{"feed", f->id()}}).publish(f->bars);
    metrics_.counter("bowline_feed_skipped_total", {{"feed", f->id()}, {"reason", "unusable"}}).publish(f->unusable);
  }
  if (parts_.generator != nullptr) publish_generator();
  if (parts_.bridge != nullptr) by_code("bowline_decisions_total", "result", parts_.bridge->counts());
  if (parts_.execution != nullptr) publish_execution();
  publish_plugin_errors();
  for (const auto& [peer, connected] : run_.links()) metrics_.gauge("bowline_peer_connected", {{"peer", peer}}).set(connected ? 1 : 0);
}

void RunMetrics::publish_generator() {
  const Generator& g = *parts_.generator;
  for (const auto action : {core::Action::buy, core::Action::sell, core::Action::hold})
    metrics_.counter("bowline_signals_total", {{"action", core::to_string(action)}}).publish(g.counts()[static_cast<std::size_t>(action)]);
  const Accuracy& a = g.accuracy();
  metrics_.counter("bowline_signals_resolved_total", {{"result", "hit"}}).publish(a.hits);
  metrics_.counter("bowline_signals_resolved_total", {{"result", "miss"}}).publish(a.misses);
  metrics_.counter("bowline_signals_resolved_total", {{"result", "tie"}}).publish(a.ties);
}

void RunMetrics::publish_execution() {
  const Execution& e = *parts_.execution;
  const ExecutionCounts& c = e.counts();
  for (std::size_t side = 1; side < c.fills_by_side.size(); ++side)
    metrics_.counter("bowline_fills_total", {{"side", side_names[side]}}).publish(c.fills_by_side[side]);
  for (std::size_t purpose = 0; purpose < c.moves.size(); ++purpose)
    for (std::size_t state = 0; state < c.moves[purpose].size(); ++state)
      if (c.moves[purpose][state] != 0)
        metrics_.counter("bowline_orders_total", {{"purpose", core::to_string(static_cast<core::Purpose>(purpose))},
                                                  {"state", core::to_string(static_cast<core::OrderState>(state))}})
            .publish(c.moves[purpose][state]);
  by_code("bowline_why_no_order_total", "code", c.why_not);
  by_code("bowline_incidents_total", "code", c.by_incident);
  const std::uint64_t lost = parts_.recorder != nullptr ? parts_.recorder->lost() : 0;
  metrics_.counter("bowline_market_log_events_total").publish(parts_.recorder != nullptr ? parts_.recorder->taken() : 0);
  metrics_.counter("bowline_market_log_lost_total").publish(lost);
  if (lost != 0) metrics_.counter("bowline_incidents_total", {{"code", "MARKET_LOG_LOST"}}).publish(1);
  for (const VerdictCounts::Row& r : c.verdicts.rows())
    metrics_.counter("bowline_risk_verdicts_total",
                     {{"rule", *r.rule}, {"verdict", r.action == 1 ? "allow" : r.action == 2 ? "shrink" : std::string_view(r.code)}})
        .publish(r.n);
  metrics_.gauge("bowline_open_orders").set(static_cast<double>(e.orders().working().size()));
  metrics_.gauge("bowline_trading_state").set(static_cast<double>(e.state()));
  metrics_.counter("bowline_journal_commits_total").publish(parts_.journal->commits());
  if (parts_.ballast != nullptr) metrics_.gauge("bowline_journal_ballast_bytes").set(static_cast<double>(parts_.ballast->left()));
  metrics_.gauge("bowline_journal_writable").set(parts_.journal->writable() && e.journal_ok() ? 1 : 0);
}

void RunMetrics::publish_plugin_errors() {
  for (const auto& [instance, codes] : parts_.plugin_errors->counts())
    for (const auto& [code, n] : codes)
      metrics_.counter("bowline_plugin_errors_total", {{"instance", instance}, {"code", code}}).publish(n);
}

// ---- at a scrape --------------------------------------------------------------------------------------------------

void RunMetrics::scrape() {
  for (auto& [service, s] : served_) scrape_http(service, s);
  scrape_store();
  scrape_feeds();
  scrape_instances();
  metrics_.counter("bowline_log_dropped_total").publish(observe::log::dropped());
  metrics_.gauge("bowline_process_resident_bytes").set(resident_bytes());
}

void RunMetrics::scrape_http(const std::string& service, Served& s) {
  edge::ServerStats now = s.server->stats();
  metrics_.gauge("bowline_http_connections", {{"service", service}}).set(static_cast<double>(now.open_connections));
  metrics_.counter("bowline_http_connections_total", {{"service", service}}).publish(now.accepted);
  const std::pair<const char*, std::uint64_t> refused[] = {{"over_cap", now.over_cap}, {"malformed", now.malformed},
                                                           {"too_large", now.too_large}, {"timeout", now.timeouts},
                                                           {"unrouted", now.unrouted}, {"unauthenticated", now.unauthenticated},
                                                           {"forbidden", now.forbidden}, {"tls", now.tls_failed}};
  for (const auto& [reason, n] : refused)
    metrics_.counter("bowline_http_refused_total", {{"service", service}, {"reason", reason}}).publish(n);
  metrics_.gauge("bowline_ws_sessions", {{"service", service}}).set(static_cast<double>(now.ws_open));
  metrics_.gauge("bowline_ws_queued_bytes", {{"service", service}}).set(static_cast<double>(now.ws_queued_bytes));
  metrics_.counter("bowline_ws_slow_closed_total", {{"service", service}}).publish(now.ws_slow_closed);
  for (std::size_t i = 0; i < now.routes.size(); ++i) {
    const edge::ServerStats::Route& r = now.routes[i];
    const edge::ServerStats::Route* old = i < s.before.routes.size() ? &s.before.routes[i] : nullptr;
    for (std::size_t c = 0; c < 5; ++c)
      if (r.by_class[c] != 0) {
        const char name[] = {static_cast<char>('1' + c), 'x', 'x', '\0'};
        metrics_.counter("bowline_http_requests_total", {{"service", service}, {"method", r.method}, {"route", r.path}, {"class", name}})
            .publish(r.by_class[c]);
      }
    std::array<double, 12> since{};
    double any = 0;
    for (std::size_t b = 0; b < since.size(); ++b) {
      since[b] = static_cast<double>(r.latency_buckets[b] - (old != nullptr ? old->latency_buckets[b] : 0));
      any += since[b];
    }
    if (any > 0)
      metrics_.histogram("bowline_http_request_seconds", {{"service", service}, {"method", r.method}, {"route", r.path}})
          .observe_many(since, r.latency_sum_s - (old != nullptr ? old->latency_sum_s : 0));
  }
  s.before = std::move(now);
  for (const auto& [component, health] : s.board->components())
    metrics_.gauge("bowline_health", {{"service", service}, {"component", component}}).set(static_cast<double>(health));
  if (parts_.execution != nullptr) metrics_.gauge("bowline_trading_ready").set(s.board->trading_ready() ? 1 : 0);
}

void RunMetrics::scrape_store() {
  const store::SqlStore* s = parts_.store;
  if (s == nullptr) return;
  metrics_.gauge("bowline_store_up").set(s->healthy() ? 1 : 0);
  metrics_.gauge("bowline_store_queue_depth").set(static_cast<double>(s->queued()));
  metrics_.counter("bowline_store_dropped_total").publish(s->dropped());
  metrics_.counter("bowline_store_errors_total").publish(s->failed_writes());
  metrics_.counter("bowline_store_outages_total").publish(s->outages());
  for (std::size_t i = 0; i < store::record_tables.size(); ++i)
    metrics_.counter("bowline_store_records_total", {{"table", store::record_tables[i]}}).publish(s->written(i));
}

void RunMetrics::scrape_feeds() {
  std::size_t waiting = parts_.loop->waiting();
  for (const FeedReader* f : parts_.feeds) {
    waiting += f->waiting();
    const std::int64_t now = parts_.wall_ns(), last = f->delivered_ns();
    metrics_.gauge("bowline_feed_age_seconds", {{"feed", f->id()}}).set(last == 0 ? 0 : static_cast<double>(now - last) * 1e-9);
    metrics_.gauge("bowline_feed_up", {{"feed", f->id()}}).set(condition(*f, now, parts_.stale_after_ns) == FeedCondition::up ? 1 : 0);
    metrics_.counter("bowline_feed_skipped_total", {{"feed", f->id()}, {"reason", "malformed"}}).publish(f->malformed());
    metrics_.counter("bowline_feed_skipped_total", {{"feed", f->id()}, {"reason", "other_type"}}).publish(f->ignored());
  }
  metrics_.gauge("bowline_core_queue_depth").set(static_cast<double>(waiting));
}

void RunMetrics::scrape_instances() {
  if (parts_.instances == nullptr) return;
  each_instance(*parts_.instances, [this](const std::string& id, bool, std::uint64_t calls) {
    metrics_.counter("bowline_plugin_calls_total", {{"instance", id}}).publish(calls);
  });
}

}  // namespace bowline::services
