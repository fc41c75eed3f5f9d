// Takes a file of a recorded market apart for a script: how many events of it can be read, or the same with one price changed, or
// with what stands behind an event left out.
//   market_edit count FILE
//   market_edit raise FILE SECOND CENTS    the prices of the first product's bar that was known then
//   market_edit end FILE N            behind N events
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "store/market_segment.hpp"

using namespace bowline::store;

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what.empty() || (what == "raise" && argc != 5) || (what == "end" && argc != 4)) return 2;
  const std::filesystem::path file = argv[2];
  auto reader = SegmentReader::open(file);
  if (!reader) {
    std::fprintf(stderr, "%s\n", reader.error().message.c_str());
    return 1;
  }
  std::vector<MarketFrame> frames;
  std::size_t events = 0;
  for (MarketFrame frame;;) {
    const auto more = reader->next(frame);
    if (!more || !*more) break;
    events += frame.events.size();
    frames.push_back(frame);
  }
  if (what == "count") return std::printf("%zu\n", events) > 0 ? 0 : 1;
  const auto nth = static_cast<std::size_t>(std::strtoull(argv[3], nullptr, 10));
  const MarketHeader header = reader->header();
  std::filesystem::remove(file);
  auto writer = SegmentWriter::create(file, header);
  if (!writer) return 1;
  FrameWriter out(header.instruments.size());
  events = 0;
  for (MarketFrame& frame : frames) {
    for (HeardEvent& h : frame.events) {
      if (what == "end" && events == nth) break;
      if (what == "raise" && h.event.h.type == BL_EV_BAR && h.event.h.instrument == 1 && h.event.h.ts_recv / 1'000'000'000 == static_cast<std::int64_t>(nth)) {
        const long cents = std::strtol(argv[4], nullptr, 10);
        h.event.bar.open += cents, h.event.bar.high += cents, h.event.bar.low += cents, h.event.bar.close += cents;
      }
      out.add(h);
      ++events;
    }
    if (frame.end && what == "raise") out.add(*frame.end, frame.next);
    if (!out.empty() && !writer->write(out.take())) return 1;
  }
  return writer->finish() ? 0 : 1;
}
