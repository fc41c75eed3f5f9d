// Any bytes as a line of a candle file, read by the verbs of data and by the feed that plays such files: what the verbs call a candle the
// feed takes, as the same one, and it comes back as it was written.
#include <cstdint>
#include <string>

#include "data/candle.hpp"
#include "feed_replay/row_parser.hpp"
#include "fuzz/must.hpp"

using bowline::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace bowline;
  std::string input(reinterpret_cast<const char*>(bytes), size);
  input.resize(input.find('\n') == std::string::npos ? input.size() : input.find('\n'));
  const data::RowRead read = data::parse_row(input);
  feed_replay::Row row;
  feed_replay::Fault fault = feed_replay::parse_line(input, row);
  if (fault == feed_replay::Fault::none) fault = feed_replay::judge_values(row);
  if (!read.code.empty()) return 0;
  must(fault == feed_replay::Fault::none, "the feed takes what is called a candle", input);
  const auto same = data::candle_of(row.time_s, {row.px_exp, row.qty_exp, row.open, row.high, row.low, row.close, row.volume});
  must(same && *same == read.candle, "as the same one", input);
  must(row.rounded == read.rounded, "and rounds where it is rounded", input);
  const auto m = data::mantissas(read.candle);
  must(m && data::candle_of(read.candle.open_s, *m) == read.candle, "the store holds it", input);
  std::string line;
  data::append_row(line, read.candle);
  const data::RowRead back = data::parse_row(std::string_view(line).substr(0, line.size() - 1));
  must(back.code.empty() && !back.rounded && back.candle == read.candle, "it is written and read back", input);
  return 0;
}
