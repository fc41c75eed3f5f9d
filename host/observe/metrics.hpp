// Counters, gauges and histograms over prometheus-cpp. Handles are resolved once; using one is a few
// nanoseconds.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "observe/metric_catalogue.hpp"

namespace prometheus {
class Gauge;
class Histogram;
}  // namespace prometheus

namespace bowline::observe {

/// Counts up. A default-made handle counts into nothing. Valid while its Metrics lives.
class Counter {
 public:
  Counter() noexcept;
  /// [any thread]
  void inc(std::uint64_t n = 1) noexcept { cell_->fetch_add(n, std::memory_order_relaxed); }
  /// For a counter that only one thread ever counts: no locked instruction, about a nanosecond.
  void inc_single_writer(std::uint64_t n = 1) noexcept {
    cell_->store(cell_->load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  /// Sets the total counted elsewhere (publish on scrape); must not go down.
  void publish(std::uint64_t total) noexcept { cell_->store(total, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return cell_->load(std::memory_order_relaxed); }

 private:
  friend class Metrics;
  explicit Counter(std::atomic<std::uint64_t>* cell) noexcept : cell_(cell) {}
  std::atomic<std::uint64_t>* cell_;
};

/// [any thread]
class Gauge {
 public:
  Gauge() = default;
  void set(double value) noexcept;
  void add(double value) noexcept;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge* g) noexcept : gauge_(g) {}
  prometheus::Gauge* gauge_ = nullptr;
};

/// [any thread]; a short lock.
class Histogram {
 public:
  Histogram() = default;
  void observe(double value) noexcept;
  /// Adds observations counted elsewhere (publish on scrape): how many fell in each bucket since the last call, one
  /// number per bound of the catalogue's row and one for above, and the sum of their values.
  void observe_many(std::span<const double> by_bucket, double sum);

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram* h) noexcept : histogram_(h) {}
  prometheus::Histogram* histogram_ = nullptr;
};

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The process's metrics. A name that is not in the catalogue, another type or other label names than its row
/// says are programming errors and stop the process with a message. Label values come from configuration, not
/// from callers, so their number is bounded; more than 1,000 label sets of one metric stop the process too.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// [any thread] The same name and labels give the same cell.
  Counter counter(std::string_view name, Labels labels = {});
  Gauge gauge(std::string_view name, Labels labels = {});
  Histogram histogram(std::string_view name, Labels labels = {});
  /// [control] Called at the start of each expose(), on its thread: copies plain numbers into handles.
  /// Dropped when the returned token dies.
  [[nodiscard]] std::shared_ptr<void> on_scrape(std::function<void()> publish);
  /// [any thread] Prometheus text format 0.0.4, families sorted by name.
  std::string expose();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::observe
