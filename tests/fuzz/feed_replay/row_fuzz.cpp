// Any bytes as a line of a candle file. The quick way and the thorough one must say the same, and a row that passes is a
// possible bar.
#include <cstdint>
#include <string>

#include "feed_replay/row_parser.hpp"
#include "fuzz/must.hpp"

using namespace bowline::feed_replay;
using bowline::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size);
  input.resize(input.find('\n') == std::string::npos ? input.size() : input.find('\n'));
  Row slow;
  const Fault fault = parse_line(input, slow);
  must(fault == Fault::none || (!code_of(fault).empty() && !text_of(fault).empty()), "a fault has a code and a text", input);
  if (fault == Fault::none) {
    must(judge_values(slow) == Fault::none || judge_values(slow) == Fault::high_below_low || judge_values(slow) == Fault::negative ||
             judge_values(slow) == Fault::out_of_range,
         "a parsed row is judged", input);
    must(slow.px_exp <= 0 && slow.px_exp >= -18 && slow.qty_exp >= -18, "exponents are in range", input);
  }
  const std::string line = input + '\n';
  const char* p = line.c_str();
  Row quick;
  if (parse_usual(p, quick)) {
    must(p > line.c_str() && p <= line.c_str() + line.size(), "the quick way stays inside the line", input);
    if (judge_values(quick) == Fault::none) {
      must(fault == Fault::none, "what the quick way takes the thorough one takes", input);
      must(quick == slow, "both ways read the same row", input);
    }
  }
  return 0;
}
