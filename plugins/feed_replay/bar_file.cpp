#include "bar_file.hpp"

#include <cstring>

namespace bowline::feed_replay {
namespace {
constexpr std::string_view header = "time_utc_epoch_s,open,high,low,close,volume";

/// The line at `p` without its newline; empty optional-like nullptr data when there is none before `end`.
std::string_view line_at(const char* p, const char* end) noexcept {
  const auto* nl = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
  return nl ? std::string_view(p, static_cast<std::size_t>(nl - p)) : std::string_view();
}
bool has_line(const char* p, const char* end) noexcept {
  return p != end && std::memchr(p, '\n', static_cast<std::size_t>(end - p)) != nullptr;
}
}  // namespace

Result<std::unique_ptr<BarFile>> BarFile::open(const FileOptions& options) {
  auto source = ByteSource::open(options.path);
  if (!source) return source.error();
  std::unique_ptr<BarFile> file(new BarFile(options, std::move(*source)));
  ByteSource& s = *file->source_;
  if (!s.ensure_line()) return s.error();
  const std::string name = short_path(options.path);
  if (s.p == s.end)
    return Error{"FEED_FILE_EMPTY", name + ": the file holds no line; a candle file was expected"};
  std::string_view first = line_at(s.p, s.end);
  const std::size_t length = first.size() + 1;
  if (!first.empty() && first.back() == '\r') first.remove_suffix(1);
  if (first != header)
    return Error{"FEED_HEADER_WRONG", name + ":1: the first line must be " + std::string(header)};
  s.p += length;
  return file;
}

BarFile::Next BarFile::fail(std::string_view code, std::string_view why) {
  failed_ = true;
  error_ = Error{std::string(code),
                 short_path(options_.path) + ":" + std::to_string(line_) + ": " + std::string(why)};
  return Next::failed;
}

BarFile::Next BarFile::at_end() {
  ended_ = true;
  if (any_row_) return Next::end;
  return fail("FEED_FILE_EMPTY", "there is no row below the header");
}

BarFile::Next BarFile::next() {
  if (failed_) return Next::failed;
  if (ended_) return Next::end;
  ByteSource& s = *source_;
  for (;;) {
    if (!s.ensure_line()) {
      failed_ = true;
      error_ = s.error();
      return Next::failed;
    }
    if (s.finished()) return at_end();
    ++line_;
    bool again = false;
    const char* p = s.p;
    if (parse_usual(p, row_) && judge_values(row_) == Fault::none && static_cast<std::size_t>(p - s.p) <= ByteSource::max_line) {
      s.p = p;
    } else if (const Next n = slow_row(again); again) {
      continue;
    } else if (n == Next::failed) {
      return n;
    }
    if (last_s_ == INT64_MIN || row_.time_s - last_s_ != options_.interval_s)
      if (const Next n = odd_time(again); again || n == Next::failed) {
        if (again) continue;
        return n;
      }
    last_s_ = row_.time_s;
    last_ = row_;
    any_row_ = true;
    if (row_.time_s < options_.from_s || row_.time_s > options_.to_s - options_.interval_s) {
      if (row_.time_s < options_.from_s) continue;
      ended_ = true;  // times only rise: nothing behind this row can be wanted
      return Next::end;
    }
    ++counts_.bars;
    counts_.zero_volume += row_.volume == 0;
    counts_.rounded += row_.rounded;
    return Next::bar;
  }
}

/// The row at the window's front in any other form than the usual one. `again`: it was skipped, take the
/// next.
BarFile::Next BarFile::slow_row(bool& again) {
  ByteSource& s = *source_;
  const std::string_view line = line_at(s.p, s.end);
  if (!has_line(s.p, s.end) || line.size() >= ByteSource::max_line)
    return fail("FEED_ROW_MALFORMED", "the line is longer than 4096 bytes");
  const Fault f = parse_line(line, row_);
  s.p += line.size() + 1;
  if (f == Fault::none) return Next::bar;
  if (options_.on_bad == OnBad::refuse) return fail(code_of(f), text_of(f));
  ++counts_.skipped;
  again = true;
  return Next::bar;
}

/// The row does not follow the last one by exactly one interval: first row, gap, duplicate, step back, off
/// the grid.
BarFile::Next BarFile::odd_time(bool& again) {
  const auto skip_or = [&](std::string_view code, std::string_view why) {
    if (options_.on_bad == OnBad::refuse) return fail(code, why);
    ++counts_.skipped;
    again = true;
    return Next::bar;
  };
  if (row_.time_s % options_.interval_s != 0)
    return skip_or("FEED_ROW_OFF_GRID", "the time is not a multiple of the interval; is `interval` right?");
  if (last_s_ == INT64_MIN) return Next::bar;
  if (row_.time_s == last_s_) {
    if (row_ == last_) {
      ++counts_.duplicates;
      again = true;
      return Next::bar;
    }
    return fail("FEED_ROW_CONFLICT", "a second row for the same time has other values; only one can be true");
  }
  if (row_.time_s < last_s_) return skip_or("FEED_ROW_OUT_OF_ORDER", "the time is before the row above");
  ++counts_.gaps;
  counts_.missing_bars += static_cast<std::uint64_t>((row_.time_s - last_s_) / options_.interval_s - 1);
  return Next::bar;
}

}  // namespace bowline::feed_replay
