#include "data/candle_file.hpp"

#include <charconv>

#include "data/codes.hpp"
#include "data/interval.hpp"
#include "data/line_reader.hpp"

namespace bowline::data {
namespace {

constexpr std::string_view comment_mark = "bowline data 1 source=", asked_mark = " asked=";
constexpr std::size_t rows_looked_at = 1000;

Error header_wrong(const std::string& path) { return {"DATA_HEADER_WRONG", path + ":1: the first line must be " + std::string(csv_header)}; }

Result<std::unique_ptr<LineReader>> open_behind_header(const std::string& path) {
  auto lines = LineReader::open(path);
  if (!lines) return lines;
  auto first = (*lines)->next();
  if (!first) return first.error();
  if (!*first) return Error{"DATA_FILE_EMPTY", path + ": the file holds no line; a candle file was expected"};
  std::string_view text = **first;
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text != csv_header) return header_wrong(path);
  return lines;
}

bool parse_whole(std::string_view text, std::int64_t& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc{} && end == text.data() + text.size() && !text.empty();
}

std::string_view meaning(std::string_view wanted) {
  for (const auto& [c, text] : codes())
    if (c == wanted) return text;
  return {};
}

}  // namespace

std::string to_comment(const Provenance& p) {
  std::string out(comment_mark);
  out.append(p.source).append(asked_mark);
  bool first = true;
  for (const Range& r : p.asked.all()) {
    out.append(first ? "" : ",").append(std::to_string(r.from_s)).append("-").append(std::to_string(r.to_s));
    first = false;
  }
  return out;
}

std::optional<Provenance> parse_comment(std::string_view comment) {
  if (!comment.starts_with(comment_mark)) return std::nullopt;
  comment.remove_prefix(comment_mark.size());
  const auto at = comment.find(asked_mark);
  if (at == comment.npos) return std::nullopt;
  Provenance p{std::string(comment.substr(0, at)), {}};
  comment.remove_prefix(at + asked_mark.size());
  while (!comment.empty()) {
    const auto comma = comment.find(',');
    const std::string_view one = comment.substr(0, comma);
    const auto dash = one.find('-');
    Range r;
    if (dash == one.npos || !parse_whole(one.substr(0, dash), r.from_s) || !parse_whole(one.substr(dash + 1), r.to_s) || r.from_s < 0 || r.empty())
      return std::nullopt;
    p.asked.add(r);
    comment.remove_prefix(comma == comment.npos ? comment.size() : comma + 1);
  }
  return p;
}

Result<CandleFile> read_candles(const std::filesystem::path& path, std::int64_t step) {
  const std::string name = path.string();
  if (step == 0) {
    const auto found = step_of(path);
    if (!found) return found.error();
    step = *found;
  }
  auto lines = open_behind_header(name);
  if (!lines) return lines.error();
  LineReader& in = **lines;
  CandleFile out;
  out.step = step;
  out.provenance = parse_comment(in.comment());
  const auto wrong = [&](std::string_view why) {
    return Error{std::string(why), name + ":" + std::to_string(in.line()) + ": " + std::string(meaning(why))};
  };
  for (;;) {
    const auto line = in.next();
    if (!line) return line.error();
    if (!*line) break;
    const RowRead row = parse_row(**line);
    if (!row.code.empty()) return wrong(row.code);
    if (row.candle.open_s % step != 0) return wrong(code::row_off_grid);
    if (!out.candles.empty() && row.candle.open_s <= out.candles.back().open_s) {
      if (row.candle.open_s < out.candles.back().open_s) return wrong(code::row_out_of_order);
      if (!(row.candle == out.candles.back())) return wrong(code::row_conflict);
      ++out.duplicates;
      continue;
    }
    out.rounded += row.rounded;
    out.candles.push_back(row.candle);
  }
  if (out.candles.empty()) return Error{"DATA_FILE_EMPTY", name + ": there is no row below the header"};
  out.may_be_cut = in.no_final_newline() && !in.is_gzip();
  return out;
}

Result<void> write_candles(const std::filesystem::path& path, const Candles& candles, Replace replace, const std::optional<Provenance>& provenance) {
  auto file = WholeFile::open(path, replace, provenance ? to_comment(*provenance) : std::string());
  if (!file) return file.error();
  std::string text(csv_header);
  text += '\n';
  for (const Candle& c : candles) {
    append_row(text, c);
    if (text.size() < 1 << 18) continue;
    if (auto done = (*file)->write(text); !done) return done;
    text.clear();
  }
  if (auto done = (*file)->write(text); !done) return done;
  return (*file)->commit();
}

bool is_candle_path(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return !name.starts_with('.') && (name.ends_with(".csv") || name.ends_with(".csv.gz"));
}

SeriesName name_of(const std::filesystem::path& path) {
  std::string stem = path.filename().string();
  for (const std::string_view end : {".gz", ".csv"})
    if (stem.ends_with(end)) stem.resize(stem.size() - end.size());
  const auto bar = stem.rfind('_');
  if (bar == stem.npos || bar == 0) return {stem, 0};
  const auto step = parse_interval(std::string_view(stem).substr(bar + 1));
  return step ? SeriesName{stem.substr(0, bar), *step} : SeriesName{stem, 0};
}

std::string file_name(std::string_view product, std::int64_t step) { return std::string(product) + "_" + interval_name(step) + ".csv.gz"; }

Result<std::int64_t> step_of(const std::filesystem::path& path) {
  if (const SeriesName n = name_of(path); n.step != 0) return n.step;
  auto lines = open_behind_header(path.string());
  if (!lines) return lines.error();
  std::vector<std::int64_t> opens;
  while (opens.size() < rows_looked_at) {
    const auto line = (*lines)->next();
    if (!line || !*line) break;  // a fault is told where the rows are read
    const RowRead row = parse_row(**line);
    if (row.code.empty()) opens.push_back(row.candle.open_s);
  }
  const auto step = usual_step(opens);
  if (!step)
    return Error{"DATA_INTERVAL_UNKNOWN", path.string() + ": neither its name nor its rows tell the length of its candles: say it with --interval"};
  return *step;
}

}  // namespace bowline::data
