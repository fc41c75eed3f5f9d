#include "data/check.hpp"

#include "data/candle_file.hpp"
#include "data/codes.hpp"
#include "data/interval.hpp"
#include "data/line_reader.hpp"

namespace bowline::data {
namespace {

std::string meaning(std::string_view wanted) {
  for (const auto& [c, text] : codes())
    if (c == wanted) return std::string(text);
  return {};
}

}  // namespace

void Checker::note(std::string_view what, bool fault, std::uint64_t line, std::int64_t time_s, std::string text) {
  ++report_.counts[std::string(what)];
  report_.faults += fault;
  if (report_.findings.size() < options_.listed) report_.findings.push_back({std::string(what), fault, line, time_s, std::move(text)});
}

void Checker::row(const RowRead& row, std::uint64_t line) {
  const Candle& c = row.candle;
  if (!row.code.empty()) return note(row.code, true, line, c.open_s, meaning(row.code));
  if (row.rounded) note(code::row_rounded, false, line, c.open_s, meaning(code::row_rounded));
  if (c.open_s % report_.step != 0)
    return note(code::row_off_grid, true, line, c.open_s, "the time is not a multiple of " + interval_name(report_.step));
  if (last_ && c.open_s == last_->open_s) {
    const bool same = c == *last_;
    const std::string_view what = same ? code::row_duplicate : code::row_conflict;
    return note(what, true, line, c.open_s, meaning(what));
  }
  if (last_ && c.open_s < last_->open_s) return note(code::row_out_of_order, true, line, c.open_s, "behind " + instant(last_->open_s));
  if (last_ && c.open_s > last_->open_s + report_.step) {
    const auto n = static_cast<std::uint64_t>((c.open_s - last_->open_s) / report_.step - 1);
    ++report_.gaps;
    report_.missing += n;
    note(code::gap, n > options_.allow_gaps, line, last_->open_s + report_.step,
         std::to_string(n) + (n == 1 ? " candle is" : " candles are") + " missing from " + instant(last_->open_s + report_.step) + " to " +
             instant(c.open_s));
  }
  if (last_) jump(c, line);
  if (report_.candles == 0) report_.first_s = c.open_s;
  report_.last_s = c.open_s;
  ++report_.candles;
  last_ = c;
}

void Checker::jump(const Candle& c, std::uint64_t line) {
  if (!options_.max_jump.is_set()) return;
  const Decimal most = mul(last_->close, options_.max_jump, Rounding::up);
  if (!most.is_set()) return;
  for (const auto& [name, price] : {std::pair{"open", c.open}, {"high", c.high}, {"low", c.low}, {"close", c.close}}) {
    if (abs(price - last_->close) <= most) continue;
    return note(code::jump, true, line, c.open_s,
                std::string(name) + " " + price.to_string() + " against the close before, " + last_->close.to_string());
  }
}

Result<CheckReport> check_file(const std::filesystem::path& path, CheckOptions options) {
  if (options.step == 0) {
    const auto step = step_of(path);
    if (!step) return step.error();
    options.step = *step;
  }
  auto lines = LineReader::open(path.string());
  if (!lines) return lines.error();
  LineReader& in = **lines;
  Checker checker(options);
  for (bool first = true;; first = false) {
    const auto line = in.next();
    if (!line) {
      if (first) return line.error();
      checker.note(line.error().code, true, in.line() + 1, 0, line.error().message);
      return checker.take();
    }
    if (!*line) break;
    if (!first) {
      checker.row(parse_row(**line), in.line());
    } else if (**line != csv_header && **line != std::string(csv_header) + "\r") {
      return Error{"DATA_HEADER_WRONG", path.string() + ":1: the first line must be " + std::string(csv_header)};
    }
  }
  if (in.no_final_newline() && !in.is_gzip()) checker.note(code::no_final_newline, false, in.line(), 0, meaning(code::no_final_newline));
  CheckReport report = checker.take();
  if (report.candles == 0 && report.faults == 0) return Error{"DATA_FILE_EMPTY", path.string() + ": there is no row below the header"};
  return report;
}

CheckReport check_series(const Candles& candles, const CheckOptions& options) {
  Checker checker(options);
  for (const Candle& c : candles) checker.row({c, fault_of(c), false}, 0);
  return checker.take();
}

}  // namespace bowline::data
