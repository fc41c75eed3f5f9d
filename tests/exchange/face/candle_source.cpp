#include "exchange/face/candle_source.hpp"

#include <array>

namespace bowline::exchange {
namespace {

struct Row {
  std::string_view name;
  std::int64_t seconds;
};
/// In the order of Granularity.
constexpr auto rows = std::to_array<Row>({{"ONE_MINUTE", 60},
                                          {"FIVE_MINUTE", 300},
                                          {"FIFTEEN_MINUTE", 900},
                                          {"THIRTY_MINUTE", 1800},
                                          {"ONE_HOUR", 3600},
                                          {"TWO_HOUR", 7200},
                                          {"SIX_HOUR", 21'600},
                                          {"ONE_DAY", 86'400}});
static_assert(rows.size() == static_cast<std::size_t>(Granularity::d1) + 1);

}  // namespace

std::string_view name(Granularity g) noexcept { return rows[static_cast<std::size_t>(g)].name; }
std::int64_t seconds(Granularity g) noexcept { return rows[static_cast<std::size_t>(g)].seconds; }
std::optional<Granularity> granularity(std::string_view name) noexcept {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name == name) return static_cast<Granularity>(i);
  return std::nullopt;
}

}  // namespace bowline::exchange
