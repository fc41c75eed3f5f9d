// Any bytes as a recorded market: as frames, as a frame's payload with a right check, and as a file. What is read was possible, and
// written again it is the same.
#include <cstdint>
#include <cstring>
#include <string>

#include <zlib.h>

#include "fuzz/must.hpp"
#include "store/market_segment.hpp"

using namespace bowline::store;
using bowline::fuzz::must;

namespace {

constexpr std::size_t instruments = 3, feeds = 2;

void judge(const MarketFrame& frame, std::string_view input) {
  FrameWriter writer(instruments);
  std::uint64_t number = frame.next - frame.events.size();
  for (const HeardEvent& h : frame.events) {
    must(h.number == number++, "numbers follow each other", input);
    must(h.feed < feeds, "a feed is one of the header's", input);
    must(h.event.h.type == BL_EV_BAR || h.event.h.type == BL_EV_QUOTE || h.event.h.type == BL_EV_OBSERVATION, "a kind that is recorded", input);
    must(h.event.h.size <= sizeof h.event, "an event fits its place", input);
    writer.add(h);
  }
  if (frame.end && frame.end->how.size() + frame.end->code.size() + frame.end->why.size() <= 4096) writer.add(*frame.end, number);
  if (writer.empty() || writer.size() > most_frame_bytes) return;
  MarketFrame again;
  const auto read = FrameReader(instruments, feeds).read(writer.take(), again);
  must(read.ok() && read->has_value(), "what is written is read", input);
  must(again.events.size() == frame.events.size(), "as many events", input);
  for (std::size_t i = 0; i < again.events.size(); ++i)
    must(std::memcmp(&again.events[i].event, &frame.events[i].event, sizeof(bowline::core::MarketEvent)) == 0 && again.events[i].rows == frame.events[i].rows, "the same event", input);
}

std::string word(std::size_t v) {
  std::string s;
  for (int i = 0; i < 4; ++i) s += static_cast<char>(v >> (8 * i));
  return s;
}

void frames(std::string_view bytes, std::string_view input) {
  FrameReader reader(instruments, feeds);
  MarketFrame frame;
  for (;;) {
    const auto read = reader.read(bytes, frame);
    must(read.ok() || read.error().code == "MARKET_LOG_FORMAT", "a refusal has its code", input);
    if (!read.ok() || !*read) return;
    must(**read > 0 && **read <= bytes.size(), "a frame stays inside its bytes", input);
    bytes.remove_prefix(**read);
    judge(frame, input);
  }
}

void file(SegmentReader reader, std::string_view input) {
  MarketFrame frame;
  for (;;) {
    const auto more = reader.next(frame);
    must(more.ok() || more.error().code == "MARKET_LOG_FORMAT", "a refusal has its code", input);
    if (!more.ok() || !*more) return;
    for (const HeardEvent& h : frame.events) must(h.feed < reader.header().feeds.size(), "a feed is one of the header's", input);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  frames(input, input);
  const std::string checked = word(size) + word(::crc32(0, data, static_cast<uInt>(size))) + input;
  if (size != 0) frames(checked, input);
  if (auto reader = SegmentReader::of(input); reader.ok()) file(std::move(*reader), input);
  // The same bytes behind a right header, packed: beyond the checks that chance does not meet.
  MarketHeader header;
  header.run = "r";
  header.instruments = {"A-B", "C-B"};
  header.feeds = {"f"};
  std::string plain = text_of(header) + checked + input, packed(compressBound(static_cast<uLong>(plain.size())) + 64, '\0');
  z_stream z{};
  must(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "it can be packed", input);
  z.next_in = reinterpret_cast<Bytef*>(plain.data());
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  must(deflate(&z, Z_FINISH) == Z_STREAM_END, "it is packed", input);
  packed.resize(packed.size() - z.avail_out);
  deflateEnd(&z);
  auto reader = SegmentReader::of(packed);
  must(reader.ok(), "a right header is read", input);
  file(std::move(*reader), input);
  return 0;
}
