#include "exchange/face/candle_list.hpp"

#include <algorithm>

namespace bowline::exchange {
namespace {

/// What the source says, without what was not asked for.
std::vector<Candle> ask(CandleSource& source, std::string_view book, Granularity g, std::int64_t start_s, std::int64_t end_s) {
  std::vector<Candle> out = source.candles(book, g, start_s, end_s);
  std::erase_if(out, [&](const Candle& c) { return c.start_s < start_s || c.start_s > end_s; });
  return out;
}

}  // namespace

std::vector<Candle> candle_list(const FaceOptions& options, std::string_view book, Granularity g, std::int64_t start_s, std::int64_t end_s,
                                std::int64_t now_s) {
  if (options.candles == nullptr) return {};
  end_s = std::min(end_s, now_s);
  if (end_s < start_s) return {};
  std::vector<Candle> told = ask(*options.candles, book, g, start_s, end_s);
  if (options.empty_buckets == EmptyBuckets::skip) return told;

  const std::int64_t step = seconds(g), first = (start_s + step - 1) / step * step;
  std::optional<Decimal> close;
  if (told.empty() || told.front().start_s > first) {
    const std::int64_t back = step * static_cast<std::int64_t>(most_candles);
    const auto before = first > back ? ask(*options.candles, book, g, first - back, first - step) : std::vector<Candle>();
    if (!before.empty()) close = before.back().close;
  }
  std::vector<Candle> out;
  auto next = told.begin();
  for (std::int64_t at = first; at <= end_s; at += step) {
    if (next != told.end() && next->start_s == at) {
      close = next->close;
      out.push_back(*next++);
    } else if (close) {
      out.push_back({at, *close, *close, *close, *close, Decimal::zero()});
    }
  }
  return out;
}

}  // namespace bowline::exchange
