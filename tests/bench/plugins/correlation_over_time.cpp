// What the correlation limits allow over time, read from candle files and printed as a Markdown table: how
// alike the products are, which count as one, how many at the usual 5 % each fit into a cluster, and which
// pairs are refused.
//   correlation_over_time [--every DAYS] [--set NAME=VALUE]... SYMBOL=FILE...
// NAME is a param of bowline.risk.correlation that is a number: window, min_history, shrinkage,
// cluster_correlation, max_cluster, max_correlation; or interval and bar in seconds. What is not set has the
// plugin's default.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/bars.hpp"
#include "feed_replay/bar_file.hpp"
#include "risk_correlation/correlations.hpp"
#include "risk_correlation/relations.hpp"
#include "risk_correlation/sampler.hpp"

namespace {

using namespace bowline::risk_correlation;
namespace replay = bowline::feed_replay;
constexpr std::int64_t second = 1'000'000'000, day_s = 86'400;

struct Product {
  std::string symbol;
  std::unique_ptr<replay::BarFile> file;
  bool more = false;
  void advance() { more = file->next() == replay::BarFile::Next::bar; }
};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "correlation_over_time: %s\n", why.c_str());
  std::exit(1);
}

std::string date(std::int64_t epoch_s) {
  const std::time_t t = epoch_s;
  std::tm tm{};
  gmtime_r(&t, &tm);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &tm);
  return text;
}
std::string rounded(double x, const char* how = "%.2f") {
  char text[32];
  std::snprintf(text, sizeof text, how, x);
  return text;
}

void print_line(std::int64_t at_s, const std::vector<Product>& products, const Correlations& c,
                const Relations& r, double max_cluster) {
  const auto n = static_cast<std::uint32_t>(products.size());
  const auto name = [&](std::uint32_t i) {
    const std::string& s = products[i - 1].symbol;
    return s.substr(0, s.find('-'));
  };
  std::size_t pairs = 0, known = 0;
  double least = 1, most = -1;
  std::string alike;
  for (std::uint32_t a = 1; a <= n; ++a)
    for (std::uint32_t b = a + 1; b <= n; ++b) {
      ++pairs;
      if (c.known(a - 1, b - 1)) {
        ++known;
        least = std::min(least, c.rho(a - 1, b - 1));
        most = std::max(most, c.rho(a - 1, b - 1));
      }
      if (r.are_alike(a, b)) alike += (alike.empty() ? "" : ", ") + name(a) + "/" + name(b);
    }
  if (known == 0) {
    std::printf("| %s | unknown | all | %s | all pairs |\n", date(at_s).c_str(),
                rounded(100 * max_cluster, "%.0f %%").c_str());
    return;
  }
  // All products wanted at 5 % each: what the clusters leave of it.
  std::map<std::uint32_t, std::vector<std::uint32_t>> clusters;
  for (std::uint32_t i = 1; i <= n; ++i) clusters[r.cluster_of(i)].push_back(i);
  std::string shown;
  double fits = 0;
  for (const auto& [first, members] : clusters) {
    fits += std::min(max_cluster, 0.05 * static_cast<double>(members.size()));
    if (members.size() < 2) continue;
    shown += shown.empty() ? "" : "; ";
    for (const std::uint32_t i : members) shown += (i == members.front() ? "" : " ") + name(i);
  }
  std::printf("| %s | %s (%s to %s)%s | %s | %s | %s |\n", date(at_s).c_str(), rounded(c.mean()).c_str(),
              rounded(least).c_str(), rounded(most).c_str(), known < pairs ? ", some unknown" : "",
              shown.empty() ? "none" : shown.c_str(), rounded(100 * fits, "%.0f %%").c_str(),
              alike.empty() ? "none" : alike.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, double> set{{"window", 720},
                                    {"min_history", 168},
                                    {"shrinkage", 0.1},
                                    {"max_cluster", 0.25},
                                    {"cluster_correlation", 0.8},
                                    {"max_correlation", 0.95},
                                    {"interval", 3'600},
                                    {"bar", 300}};
  std::int64_t every_days = 14;
  std::vector<Product> products;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--every" && i + 1 < argc) {
      every_days = std::max(1, std::atoi(argv[++i]));
      continue;
    }
    const bool setting = word == "--set" && i + 1 < argc;
    if (setting) word = argv[++i];
    const auto equals = word.find('=');
    if (equals == std::string::npos) die("not NAME=VALUE or SYMBOL=FILE: " + word);
    const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
    if (setting) {
      if (!set.contains(key)) die("no such param: " + key);
      set[key] = std::atof(value.c_str());
      continue;
    }
    replay::FileOptions o;
    o.path = value;
    o.interval_s = static_cast<std::int64_t>(set["bar"]);
    auto file = replay::BarFile::open(o);
    if (!file) die(file.error().code + ": " + file.error().message);
    products.push_back({key, std::move(*file)});
    products.back().advance();
  }
  if (products.size() < 2) die("two products at least");

  const Estimate estimate{static_cast<std::uint32_t>(set["window"]),
                          static_cast<std::uint32_t>(set["min_history"]), set["shrinkage"]};
  Sampler sampler(products.size(), static_cast<std::int64_t>(set["interval"]) * second);
  Correlations correlations(products.size(), estimate);
  Relations relations(products.size(), set["cluster_correlation"], set["max_correlation"]);
  std::printf(
      "| day | correlation: mean (least to most) | clusters | 5 %% each: fits | too alike "
      "|\n|---|---|---|---|---|\n");
  const auto bar_s = static_cast<std::int64_t>(set["bar"]);
  std::int64_t next_line = 0;
  for (;;) {
    Product* first = nullptr;
    for (Product& p : products)
      if (p.more && (first == nullptr || p.file->row().time_s < first->file->row().time_s)) first = &p;
    if (first == nullptr) break;
    const replay::Row& row = first->file->row();
    if (next_line == 0) next_line = row.time_s / day_s * day_s + day_s;
    if (row.time_s >= next_line) {
      print_line(next_line, products, correlations, relations, set["max_cluster"]);
      next_line += every_days * day_s;
    }
    sampler.take(static_cast<std::size_t>(first - products.data()), (row.time_s + bar_s) * second,
                 bowline::plugin_common::to_double(row.close, row.px_exp), [&](const auto& returns) {
                   correlations.add(returns);
                   relations.update(correlations);
                 });
    first->advance();
  }
  for (const Product& p : products)
    if (!p.file->error().code.empty()) die(p.file->error().code + ": " + p.file->error().message);
  return 0;
}
