#include "bar_series.hpp"

#include <algorithm>

namespace bowline::coinbase {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::int64_t last_second = INT64_MAX / ns_per_s - 86'400 * 366;  // so that sums of times do not overflow

}  // namespace

BarSeries::BarSeries(const Options& options) : options_(options) {
  options_.interval_ns = std::max(options_.interval_ns, ns_per_s);
  options_.grace_ns = std::max<std::int64_t>(options_.grace_ns, 0);
  options_.settle_ns = std::max(options_.settle_ns, options_.grace_ns);
}

void BarSeries::start_at(std::int64_t open_ns) {
  if (!next_ && open_ns >= 0) next_ = open_ns - open_ns % options_.interval_ns;
}

Result<std::int64_t> BarSeries::bucket_of(std::int64_t start_s, std::int64_t now_ns) const {
  if (start_s < 0 || start_s > last_second || start_s * ns_per_s % options_.interval_ns != 0)
    return Error{"BAR_OFF_GRID", "a candle starts at " + std::to_string(start_s) + ", which opens no bucket of " +
                                     std::to_string(options_.interval_ns / ns_per_s) + " s"};
  const std::int64_t open = start_s * ns_per_s;
  if (open > now_ns + options_.interval_ns)
    return Error{"BAR_FROM_FUTURE",
                 "a candle starts at " + std::to_string(start_s) + ", more than one interval ahead of the clock"};
  return open;
}

Result<void> BarSeries::update(const StreamCandle& row, std::int64_t told_ns, std::int64_t now_ns) {
  const auto open = bucket_of(row.start_s, now_ns);
  const auto values = open ? bar_values(row.open, row.high, row.low, row.close, row.volume) : Result<BarValues>(open.error());
  if (!values) {
    ++counts_.refused;
    return values.error();
  }
  if (!next_) {
    // A snapshot may tell of buckets long past: the series starts with the one that runs, unless start_at() said otherwise.
    if (due_ns(*open) <= now_ns) return {};
    next_ = *open;
  }
  heard(told_ns, now_ns);
  if (*open < *next_) {
    ++counts_.late;
    compare(*open, *values, false);
    return {};
  }
  std::optional<Told>& told = open_[*open].stream;
  if (told && (told_ns < told->told_ns || (told_ns == told->told_ns && more_volume(told->values, *values)))) {
    ++counts_.older;
    return {};
  }
  const bool in_time = now_ns < due_ns(*open);
  // What repeats or corrects an update after the grace does not make it late: it was there in time.
  if (told && !in_time && told->in_time && told->lossless) {
    ++counts_.late;
    return {};
  }
  told = Told{*values, told_ns, true, in_time};
  return {};
}

Result<void> BarSeries::backfill(BarRange range, std::span<const BackfillRow> rows, std::int64_t now_ns) {
  Result<void> first{};
  std::vector<std::int64_t> bad;
  std::vector<std::pair<std::int64_t, BarValues>> good;
  for (const BackfillRow& row : rows) {
    const auto open = bucket_of(row.start_s, now_ns);
    if (open && (*open < range.from_ns || *open >= range.to_ns)) continue;
    const auto values = open ? bar_values(row.open, row.high, row.low, row.close, row.volume) : Result<BarValues>(open.error());
    if (!values) {
      ++counts_.refused;
      if (open) bad.push_back(*open);
      if (first) first = values.error();
      continue;
    }
    good.emplace_back(*open, *values);
  }
  std::stable_sort(good.begin(), good.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [open, values] : good) take_rest(open, values, now_ns);
  if (!next_) return first;
  const std::int64_t step = options_.interval_ns;
  std::int64_t open = std::max(range.from_ns, *next_);
  open += (step - open % step) % step;
  for (; open < range.to_ns && open + step + options_.settle_ns <= now_ns; open += step) {
    Bucket& b = open_[open];
    if (!b.rest && std::find(bad.begin(), bad.end(), open) == bad.end()) b.proved_empty = true;
  }
  return first;
}

void BarSeries::take_rest(std::int64_t open_ns, const BarValues& values, std::int64_t now_ns) {
  if (due_ns(open_ns) > now_ns) {
    ++counts_.early;
    return;
  }
  if (!next_) next_ = open_ns;  // the caller fills a series that was not started: from its oldest row on
  if (open_ns < *next_) {
    ++counts_.late;
    compare(open_ns, values, true);
    return;
  }
  open_[open_ns].rest = values;
}

void BarSeries::compare(std::int64_t open_ns, const BarValues& told, bool by_rest) {
  const auto it = final_.find(open_ns);
  if (it == final_.end()) return;  // before the series, or too old
  Final& f = it->second;
  if (told == f.last_told) return;
  // A venue that writes an empty bucket as a row without volume says what was made of it.
  if ((!f.values || f.made) && told.volume == 0) return;
  f.last_told = told;
  ++counts_.revisions;
  revisions_.push_back({open_ns, f.values, told, by_rest});
  if (revisions_.size() > options_.keep) revisions_.erase(revisions_.begin());
}

void BarSeries::lost() {
  lossless_since_ns_.reset();
  heard_ns_ = 0;
  for (auto& [open, b] : open_)
    if (b.stream) b.stream->lossless = false;
}

void BarSeries::heard(std::int64_t told_ns, std::int64_t now_ns) {
  const std::int64_t at = told_ns == 0 ? now_ns : std::min(told_ns, now_ns);
  if (!lossless_since_ns_) lossless_since_ns_ = now_ns;
  heard_ns_ = std::max(heard_ns_, at);
}

/// The stream told all of the bucket.
bool BarSeries::by_stream(std::int64_t open_ns, const Bucket& b) const {
  return b.stream && b.stream->lossless && lossless_since_ns_ && heard_ns_ >= open_ns + options_.interval_ns;
}

bool BarSeries::known(std::int64_t open_ns, const Bucket& b) const {
  if (by_stream(open_ns, b) || b.rest || b.proved_empty) return true;
  return options_.silence_is_empty && !b.stream && lossless_since_ns_ && *lossless_since_ns_ <= open_ns &&
         heard_ns_ >= open_ns + options_.interval_ns;
}

void BarSeries::advance(std::int64_t now_ns, std::vector<SeriesBar>& out) {
  while (next_ && due_ns(*next_) <= now_ns) {
    const auto it = open_.find(*next_);
    const Bucket bucket = it == open_.end() ? Bucket{} : it->second;
    if (!known(*next_, bucket)) return;
    if (it != open_.end()) open_.erase(it);
    const std::int64_t open = *next_;
    *next_ += options_.interval_ns;
    close(open, bucket, out);
  }
}

void BarSeries::close(std::int64_t open_ns, const Bucket& b, std::vector<SeriesBar>& out) {
  SeriesBar bar{open_ns, open_ns + options_.interval_ns, {}, false, false};
  if (by_stream(open_ns, b)) {
    bar.values = b.stream->values;
    bar.backfilled = !b.stream->in_time;
  } else if (b.rest) {
    bar.values = *b.rest;
    bar.backfilled = true;
  } else if (b.stream && b.stream->values.volume > 0) {
    // REST knows of no trade where the stream told some: what was told is what there is.
    bar.values = b.stream->values;
    bar.backfilled = true;
  } else {
    if (options_.empty == EmptyBuckets::skip || !last_) {
      ++counts_.skipped;
      remember(open_ns, {});
      return;
    }
    bar.values = flat_after(*last_);
    bar.flat = true;
    bar.backfilled = b.proved_empty;
    ++counts_.flat;
  }
  if (!bar.flat) ++(bar.backfilled ? counts_.backfilled : counts_.live);
  last_ = bar.values;
  remember(open_ns, {bar.values, bar.values, bar.flat});
  out.push_back(bar);
  // Both told of it, and not the same: the venue's REST row is the later word.
  if (b.rest && !bar.flat) compare(open_ns, *b.rest, true);
}

void BarSeries::remember(std::int64_t open_ns, Final f) {
  final_.emplace(open_ns, f);
  while (final_.size() > options_.keep) final_.erase(final_.begin());
}

std::vector<BarRevision> BarSeries::take_revisions() {
  std::vector<BarRevision> out;
  out.swap(revisions_);
  return out;
}

std::optional<BarRange> BarSeries::wanted(std::int64_t now_ns, std::int64_t max_buckets) const {
  if (!next_ || max_buckets < 1) return std::nullopt;
  std::optional<BarRange> range;
  // From the first bucket that is over and unknown; known ones in between are asked for along with it.
  for (std::int64_t open = *next_, n = 0; due_ns(open) <= now_ns; open += options_.interval_ns) {
    if (range && ++n >= max_buckets) break;
    const auto it = open_.find(open);
    if (known(open, it == open_.end() ? Bucket{} : it->second)) continue;
    if (!range) range = BarRange{open, open};
    range->to_ns = open + options_.interval_ns;
  }
  return range;
}

std::optional<SeriesBar> BarSeries::current() const {
  for (auto it = open_.rbegin(); it != open_.rend(); ++it)
    if (it->second.stream)
      return SeriesBar{it->first, it->first + options_.interval_ns, it->second.stream->values, false, false};
  return std::nullopt;
}

std::optional<std::int64_t> BarSeries::next_due_ns() const noexcept {
  return next_ ? std::optional(due_ns(*next_)) : std::nullopt;
}

}  // namespace bowline::coinbase
