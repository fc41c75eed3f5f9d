// bowline data: candles, from the venue's public data to files and stores, and what becomes of them there.
#include "cli/data.hpp"

#include <cstdio>

#include "data/interval.hpp"
#include "data/series.hpp"

namespace bowline::cli {

Result<std::int64_t> read_interval(const std::string& option, const std::string& text, std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  if (const auto step = data::parse_interval(text)) return *step;
  return Error{"USAGE_INVALID", option + ": " + text + " is no length of candles: write 1m, 5m, 1h, 1d, or another one that divides a day"};
}

Result<std::int64_t> read_instant(const std::string& option, const std::string& text, std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  if (const auto at = data::parse_instant(text)) return *at;
  return Error{"USAGE_INVALID", option + ": " + text + " is no time: write 2024-01-01, 2024-01-01T12:00:00Z, or epoch seconds"};
}

void print_json(const nlohmann::ordered_json& value) {
  std::printf("%s\n", value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

nlohmann::ordered_json ranges_json(const std::vector<data::Range>& ranges, std::int64_t step) {
  auto all = nlohmann::ordered_json::array();
  for (const data::Range& r : ranges)
    all.push_back({{"from", data::instant(r.from_s)}, {"to", data::instant(r.to_s)}, {"candles", (r.to_s - r.from_s) / step}});
  return all;
}

void print_ranges(const std::vector<data::Range>& ranges, std::int64_t step) {
  constexpr std::size_t shown = 20;
  for (std::size_t i = 0; i < ranges.size() && i < shown; ++i)
    std::printf("    %s to %s  %lld\n", data::instant(ranges[i].from_s).c_str(), data::instant(ranges[i].to_s).c_str(),
                static_cast<long long>((ranges[i].to_s - ranges[i].from_s) / step));
  if (ranges.size() > shown) std::printf("    and %zu more: --json has them all\n", ranges.size() - shown);
}

void add_data(CLI::App& app, Action& chosen) {
  CLI::App* group = app.add_subcommand("data", "candles: download, list, check and convert them");
  group->require_subcommand(1);
  add_data_download(*group, chosen);
  add_data_list(*group, chosen);
  add_data_check(*group, chosen);
  add_data_convert(*group, chosen);
}

}  // namespace bowline::cli
