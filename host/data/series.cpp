#include "data/series.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "data/codes.hpp"
#include "data/interval.hpp"

namespace bowline::data {
namespace {

std::int64_t floor_to(std::int64_t t, std::int64_t step) { return t - ((t % step) + step) % step; }

}  // namespace

RangeSet covered(const Candles& candles, std::int64_t step) {
  RangeSet all;
  for (const Candle& c : candles) all.add({c.open_s, c.open_s + step});
  return all;
}

std::vector<Range> gaps(const Candles& candles, std::int64_t step, Range range) {
  if (range.empty()) {
    if (candles.empty()) return {};
    range = {candles.front().open_s, candles.back().open_s + step};
  }
  return covered(candles, step).missing(range);
}

std::uint64_t missing_candles(const std::vector<Range>& gaps, std::int64_t step) noexcept {
  std::uint64_t n = 0;
  for (const Range& g : gaps) n += static_cast<std::uint64_t>((g.to_s - g.from_s) / step);
  return n;
}

Result<Candles> merged(Candles a, const Candles& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Candles out;
  out.reserve(a.size() + b.size());
  auto i = a.begin();
  auto j = b.begin();
  while (i != a.end() || j != b.end()) {
    if (j == b.end() || (i != a.end() && i->open_s < j->open_s)) {
      out.push_back(*i++);
    } else if (i == a.end() || j->open_s < i->open_s) {
      out.push_back(*j++);
    } else {
      if (!(*i == *j))
        return Error{std::string(code::row_conflict), "two candles of " + instant(i->open_s) + " say different things: only one can be true"};
      out.push_back(*i++);
      ++j;
    }
  }
  return out;
}

Candles within(const Candles& candles, Range range) {
  const auto before = [](const Candle& c, std::int64_t at) { return c.open_s < at; };
  const auto first = std::lower_bound(candles.begin(), candles.end(), range.from_s, before);
  return Candles(first, std::lower_bound(first, candles.end(), range.to_s, before));
}

std::optional<std::int64_t> usual_step(const std::vector<std::int64_t>& opens) {
  std::map<std::int64_t, std::size_t> seen;
  for (std::size_t i = 1; i < opens.size(); ++i) {
    const std::int64_t d = opens[i] - opens[i - 1];
    if (d > 0 && d <= 86'400 && 86'400 % d == 0) ++seen[d];
  }
  const auto most =
      std::max_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.second < b.second; });  // the first of equals
  return most == seen.end() ? std::nullopt : std::optional(most->first);
}

Result<Resampled> resample(const Candles& candles, std::int64_t step, std::int64_t to) {
  if (step <= 0 || to <= step || to % step != 0)
    return Error{"DATA_INTERVAL_INVALID",
                 interval_name(to) + " candles can't be made of those of " + interval_name(step) + ": a multiple is needed, and a longer one"};
  Resampled out;
  if (candles.empty()) return out;
  const auto needed = static_cast<std::size_t>(to / step);
  for (std::size_t i = 0; i < candles.size();) {
    Candle made = candles[i];
    made.open_s = floor_to(candles[i].open_s, to);
    std::size_t n = 0;
    for (; i < candles.size() && candles[i].open_s < made.open_s + to; ++i, ++n) {
      const Candle& c = candles[i];
      made.close = c.close;
      made.high = max(made.high, c.high);
      made.low = min(made.low, c.low);
      if (n > 0) made.volume += c.volume;
      if (!made.volume.is_set()) break;
    }
    if (made.volume.is_set() && n < needed) continue;
    if (!made.volume.is_set() || !mantissas(made))
      return Error{std::string(code::row_out_of_range), "the candle of " + instant(made.open_s) + " would have numbers of too many digits for a feed"};
    out.candles.push_back(made);
  }
  out.partial = covered(out.candles, to).missing({floor_to(candles.front().open_s, to), floor_to(candles.back().open_s, to) + to});
  return out;
}

}  // namespace bowline::data
