// Any bytes as the venue's answer: what is taken of it are candles, in order, of what was asked, which any feed and store can hold.
#include <cstdint>
#include <string_view>

#include "data/candle_page.hpp"
#include "fuzz/must.hpp"

using bowline::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace bowline::data;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const Range asked{1'712'000'000 / 3600 * 3600, 1'713'000'000 / 3600 * 3600};
  for (const OnBad on_bad : {OnBad::refuse, OnBad::skip}) {
    const auto page = parse_candle_page(input, asked, 3600, on_bad);
    if (!page) {
      must(page.error().code.starts_with("DATA_REPLY_"), "an error has its code", input);
      continue;
    }
    must(on_bad == OnBad::skip || page->left_out.empty(), "nothing is left out unasked", input);
    std::int64_t before = asked.from_s - 1;
    for (const Candle& c : page->candles) {
      must(c.open_s > before && c.open_s < asked.to_s && c.open_s % 3600 == 0, "in order, on the grid, within", input);
      must(fault_of(c).empty(), "a candle is one", input);
      before = c.open_s;
    }
  }
  static_cast<void>(parse_venue_time(input));
  must(venue_message(input).find_first_of("\r\n\x1b") == std::string::npos, "a message is printable", input);
  return 0;
}
