// The metrics of a run. What the core counts it counts in plain numbers; at a beat, not at each bar, they are copied into
// cells that a scrape may read. What other threads count is asked at the scrape.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "edge/http_server.hpp"
#include "observe/health.hpp"
#include "observe/metrics.hpp"
#include "services/runtime/run.hpp"

namespace bowline::services {

class RunMetrics {
 public:
  /// `run` is borrowed. Hooks itself into the journal's and the loop's timing.
  RunMetrics(Run& run, std::string_view version);
  ~RunMetrics();
  RunMetrics(const RunMetrics&) = delete;
  RunMetrics& operator=(const RunMetrics&) = delete;

  /// One served port; both borrowed. [control, before any port is open]
  void serve(std::string service, const edge::HttpServer& server, const observe::HealthBoard& board);
  /// Copies what the core counted. [core thread]
  void publish();
  /// The page. [any thread]
  std::string expose() { return metrics_.expose(); }

 private:
  struct Served {
    const edge::HttpServer* server;
    const observe::HealthBoard* board;
    edge::ServerStats before{};  // of the scrape before: histograms take what came since
  };
  observe::Metrics metrics_;
  Run& run_;
  RunParts parts_;
  std::map<std::string, Served> served_;
  std::map<std::string, std::set<std::string>> codes_;  // by metric: what has a cell of its own
  std::shared_ptr<void> at_scrape_;

  /// Families whose label is a code. Plugins make up codes: what comes after many is counted as OTHER.
  template <class Counts>
  void by_code(std::string_view metric, std::string_view label, const Counts& counts);
  void prepare();
  void publish_generator();
  void publish_execution();
  void publish_plugin_errors();
  // ---- [I/O thread, in a scrape]
  void scrape();
  void scrape_http(const std::string& service, Served& s);
  void scrape_store();
  void scrape_feeds();
  void scrape_instances();
};

}  // namespace bowline::services
