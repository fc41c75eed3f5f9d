#include "observe/metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <sstream>
#include <vector>

namespace bowline::observe {
namespace {

constexpr std::size_t max_label_sets = 1000;

std::atomic<std::uint64_t> nowhere{0};

[[noreturn]] void wrong_metric(std::string_view name, const char* what) {
  std::fprintf(stderr, "bowline: metric %.*s: %s\n", static_cast<int>(name.size()), name.data(), what);
  std::abort();
}

/// Checks name, type and label names against the catalogue; returns the labels in the library's form.
prometheus::Labels check(const MetricDef* def, std::string_view name, MetricType type, Labels labels) {
  if (!def) wrong_metric(name, "not in the catalogue");
  if (def->type != type) wrong_metric(name, "the catalogue says another type");
  std::string given;
  prometheus::Labels out;
  for (const auto& [key, value] : labels) {
    if (!given.empty()) given += ',';
    given += key;
    out.emplace(std::string(key), std::string(value));
  }
  if (given != def->labels) wrong_metric(name, "the catalogue says other labels");
  return out;
}

struct CounterFamily {
  const MetricDef* def;
  // deque: a cell never moves, handles point into it
  std::deque<std::pair<prometheus::Labels, std::atomic<std::uint64_t>>> cells;
  std::map<prometheus::Labels, std::atomic<std::uint64_t>*> by_labels;
};

}  // namespace

Counter::Counter() noexcept : cell_(&nowhere) {}
void Gauge::set(double value) noexcept {
  if (gauge_) gauge_->Set(value);
}
void Gauge::add(double value) noexcept {
  if (gauge_) gauge_->Increment(value);
}
void Histogram::observe(double value) noexcept {
  if (histogram_) histogram_->Observe(value);
}
void Histogram::observe_many(std::span<const double> by_bucket, double sum) {
  if (histogram_) histogram_->ObserveMultiple({by_bucket.begin(), by_bucket.end()}, sum);
}

struct Metrics::Impl {
  std::mutex lock;  // guards the maps; cells are atomic
  prometheus::Registry registry;
  std::map<std::string_view, CounterFamily> counters;
  std::map<std::string_view, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string_view, prometheus::Family<prometheus::Histogram>*> histograms;
  std::map<std::string_view, std::map<prometheus::Labels, const void*>> seen;
  std::mutex scrape_lock;  // one scrape at a time; held while publishers run
  std::vector<std::weak_ptr<std::function<void()>>> publishers;

  void bound(std::string_view name, const prometheus::Labels& labels, const void* metric) {
    auto& known = seen[name];
    known.emplace(labels, metric);
    if (known.size() > max_label_sets) wrong_metric(name, "more than 1,000 label sets");
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, Labels labels) {
  const MetricDef* def = find_metric(name);
  const auto l = check(def, name, MetricType::Counter, labels);
  const std::scoped_lock hold(impl_->lock);
  auto& family = impl_->counters[def->name];
  family.def = def;
  auto& slot = family.by_labels[l];
  if (!slot) {
    auto& cell = family.cells.emplace_back(std::piecewise_construct, std::forward_as_tuple(l),
                                           std::forward_as_tuple(0));
    slot = &cell.second;
    if (family.cells.size() > max_label_sets) wrong_metric(name, "more than 1,000 label sets");
  }
  return Counter(slot);
}

Gauge Metrics::gauge(std::string_view name, Labels labels) {
  const MetricDef* def = find_metric(name);
  const auto l = check(def, name, MetricType::Gauge, labels);
  const std::scoped_lock hold(impl_->lock);
  auto& family = impl_->gauges[def->name];
  if (!family)
    family = &prometheus::BuildGauge()
                  .Name(std::string(def->name))
                  .Help(std::string(def->help))
                  .Register(impl_->registry);
  auto& g = family->Add(l);
  impl_->bound(def->name, l, &g);
  return Gauge(&g);
}

Histogram Metrics::histogram(std::string_view name, Labels labels) {
  const MetricDef* def = find_metric(name);
  const auto l = check(def, name, MetricType::Histogram, labels);
  const std::scoped_lock hold(impl_->lock);
  auto& family = impl_->histograms[def->name];
  if (!family)
    family = &prometheus::BuildHistogram()
                  .Name(std::string(def->name))
                  .Help(std::string(def->help))
                  .Register(impl_->registry);
  auto& h = family->Add(l, prometheus::Histogram::BucketBoundaries(def->buckets.begin(), def->buckets.end()));
  impl_->bound(def->name, l, &h);
  return Histogram(&h);
}

std::shared_ptr<void> Metrics::on_scrape(std::function<void()> publish) {
  auto token = std::make_shared<std::function<void()>>(std::move(publish));
  const std::scoped_lock hold(impl_->scrape_lock);
  impl_->publishers.push_back(token);
  return token;
}

std::string Metrics::expose() {
  std::vector<prometheus::MetricFamily> families;
  {
    const std::scoped_lock hold(impl_->scrape_lock);
    std::erase_if(impl_->publishers, [](const auto& p) { return p.expired(); });
    for (const auto& weak : impl_->publishers)
      if (const auto publish = weak.lock()) (*publish)();
  }
  families = impl_->registry.Collect();
  {
    const std::scoped_lock hold(impl_->lock);
    for (const auto& [name, family] : impl_->counters) {
      prometheus::MetricFamily out{
          std::string(name), std::string(family.def->help), prometheus::MetricType::Counter, {}};
      for (const auto& [labels, cell] : family.cells) {
        prometheus::ClientMetric metric;
        for (const auto& [key, value] : labels) metric.label.push_back({key, value});
        metric.counter.value = static_cast<double>(cell.load(std::memory_order_relaxed));
        out.metric.push_back(std::move(metric));
      }
      families.push_back(std::move(out));
    }
  }
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace bowline::observe
