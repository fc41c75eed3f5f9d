// A market from a file of candles.
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "exchange/server/prices.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::string_view header = "time_utc_epoch_s,open,high,low,close,volume";
constexpr int longest_line = 4096;

struct Close {
  void operator()(gzFile_s* f) const noexcept { gzclose(f); }
};

/// Six fields; the numbers have to be plain, prices above zero and in their order.
bool parse(std::string_view line, FileCandle& c) {
  const auto comma = line.find(',');
  if (comma == line.npos) return false;
  const auto [end, ec] = std::from_chars(line.data(), line.data() + comma, c.time_s);
  if (ec != std::errc() || end != line.data() + comma || c.time_s <= 0 || c.time_s > 100'000'000'000) return false;
  std::size_t at = comma + 1;
  Decimal* const fields[] = {&c.open, &c.high, &c.low, &c.close, &c.volume};
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    const std::size_t stop = std::min(line.find(',', at), line.size());
    if ((stop == line.size()) != (i + 1 == std::size(fields))) return false;
    auto d = Decimal::try_parse(line.substr(at, stop - at));
    if (!d) return false;
    *fields[i] = *d;
    at = stop + 1;
  }
  return c.low.is_positive() && !c.volume.is_negative() && c.low <= min(c.open, c.close) && c.high >= max(c.open, c.close);
}

}  // namespace

Result<std::vector<FileCandle>> read_candles(const std::string& path) {
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));
  if (!file) return Error{"CANDLES_UNREADABLE", path + ": " + std::strerror(errno)};
  std::vector<FileCandle> out;
  std::vector<char> space(longest_line);
  for (std::size_t number = 1; gzgets(file.get(), space.data(), longest_line) != nullptr; ++number) {
    std::string_view line(space.data());
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    const auto wrong = [&](const char* why) { return Error{"CANDLES_MALFORMED", path + ":" + std::to_string(number) + ": " + why}; };
    if (number == 1) {
      if (line != header) return wrong("the first line has to be time_utc_epoch_s,open,high,low,close,volume");
      continue;
    }
    FileCandle c;
    if (!parse(line, c)) return wrong("it is no candle: a time, four prices of which low and high are the ends, and a volume");
    if (!out.empty() && c.time_s <= out.back().time_s) return wrong("its time is not behind the one before");
    out.push_back(c);
  }
  int code = 0;
  if (const char* why = gzerror(file.get(), &code); code != Z_OK) return Error{"CANDLES_UNREADABLE", path + ": " + why};
  if (out.size() < 2) return Error{"CANDLES_MALFORMED", path + ": fewer than two candles"};
  return out;
}

PlayedPrices::PlayedPrices(std::vector<FileCandle> candles, const ReplayPace& pace)
    : candles_(std::move(candles)), pace_(pace), period_s_(period(candles_)) {}

std::int64_t PlayedPrices::period(const std::vector<FileCandle>& candles) {
  std::int64_t least = candles[1].time_s - candles[0].time_s;
  for (std::size_t i = 2; i < std::min<std::size_t>(candles.size(), 1000); ++i) least = std::min(least, candles[i].time_s - candles[i - 1].time_s);
  return least;
}

std::int64_t PlayedPrices::time_ns(std::size_t point) const {
  const auto quarter = static_cast<std::int64_t>(point % 4);
  const std::int64_t ns = (candles_[point / 4].time_s - pace_.from_s) * second + period_s_ * second / 4 * quarter;
  return pace_.origin_s * second + ns / pace_.speed;
}

MarketTrade PlayedPrices::trade(std::size_t point) const {
  const FileCandle& c = candles_[point / 4];
  const bool rises = c.close >= c.open;
  const Decimal prices[] = {c.open, rises ? c.low : c.high, rises ? c.high : c.low, c.close};
  return {prices[point % 4], div(c.volume, Decimal::from_int(4), Rounding::down)};
}

std::size_t PlayedPrices::first_after(std::int64_t t_ns) const {
  std::size_t low = 0, high = points();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (time_ns(middle) > t_ns) high = middle;
    else low = middle + 1;
  }
  return low;
}

Decimal PlayedPrices::at(std::int64_t t_ns) {
  const std::size_t next = first_after(t_ns);
  return next == 0 ? Decimal::not_set() : trade(next - 1).price;
}

std::vector<MarketTrade> PlayedPrices::trades(std::int64_t after_ns, std::int64_t until_ns, std::size_t most) {
  const std::size_t end = first_after(until_ns);
  std::size_t from = first_after(after_ns);
  if (end > from + most) from = end - most;
  std::vector<MarketTrade> out;
  for (std::size_t i = from; i < end; ++i) out.push_back(trade(i));
  return out;
}

std::optional<Candle> PlayedPrices::candle(std::int64_t from_s, std::int64_t until_s, std::int64_t now_ns) {
  const std::size_t from = first_after(from_s * second - 1), end = first_after(std::min(until_s * second - 1, now_ns));
  if (from >= end) return std::nullopt;
  Candle c;
  c.start_s = from_s;
  for (std::size_t i = from; i < end; ++i) {
    const MarketTrade t = trade(i);
    if (i == from) c.open = c.high = c.low = t.price;
    c.high = max(c.high, t.price);
    c.low = min(c.low, t.price);
    c.close = t.price;
    c.volume += t.size;
  }
  return c;
}

}  // namespace bowline::exchange
