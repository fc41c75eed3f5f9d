// What a benchmark says at its end: one line with the figures, the bar and whether it was met.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

inline double us_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::micro>(to - from).count();
}

inline double quantile(std::vector<double> v, double q) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

/// What a figure is told with: "what: n of them, p50 …, p99 …, max …".
inline void figure(const char* what, const std::vector<double>& us) {
  std::printf("%s: %zu times, p50 %.0f us, p99 %.0f us, max %.0f us\n", what, us.size(), quantile(us, 0.5), quantile(us, 0.99), quantile(us, 1));
}

/// "what: n of them, p50 …, p99 …, max … (bar …): met". Whether it was.
inline bool say(const char* what, const std::vector<double>& us, double got, double bar, const char* bar_text) {
  const bool met = !us.empty() && got <= bar;
  std::printf("%s: %zu times, p50 %.0f us, p99 %.0f us, max %.0f us (bar: %s): %s\n", what, us.size(), quantile(us, 0.5), quantile(us, 0.99),
              quantile(us, 1), bar_text, met ? "met" : "MISSED");
  return met;
}

}  // namespace bench
