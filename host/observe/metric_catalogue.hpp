// Every metric the project exposes, in one table; the reference page is generated from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bowline::observe {

enum class MetricType : std::uint8_t { Counter, Gauge, Histogram };

struct MetricDef {
  std::string_view name;  ///< bowline_…; counters end in _total, times in _seconds, sizes in _bytes
  MetricType type;
  std::string_view labels;  ///< comma list, in this order: "route,code"; empty: none
  std::string_view help;    ///< one sentence; never an amount or a price
  std::span<const double> buckets{};
};

/// The whole table, sorted by name.
std::span<const MetricDef> metric_catalogue() noexcept;
/// The row of that name, or null.
const MetricDef* find_metric(std::string_view name) noexcept;
/// The table as a Markdown page.
std::string metrics_markdown();

}  // namespace bowline::observe
