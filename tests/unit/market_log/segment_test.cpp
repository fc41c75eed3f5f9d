// Files of a recorded market: what was given away can be read, and a file that ends anywhere, or was changed, tells nothing wrong.
#include "unit/market_log/heard.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

struct Read {
  std::vector<HeardEvent> events;
  std::string code;
  bool ended = false;
};

Read read_all(Result<SegmentReader> reader) {
  Read all;
  if (!reader) {
    all.code = reader.error().code;
    return all;
  }
  for (MarketFrame frame;;) {
    const auto more = reader->next(frame);
    if (!more) all.code = more.error().code;
    if (!more || !*more) return all;
    all.events.insert(all.events.end(), frame.events.begin(), frame.events.end());
    all.ended = all.ended || frame.end.has_value();
  }
}

HeardEvent nth(std::uint64_t n) { return heard_quote(n, 1 + n % 2, static_cast<core::Nanos>(n) * second, static_cast<std::int64_t>(10'000 + n * 7919 % 97), n); }

/// A file of so many frames of ten events.
void write(const std::filesystem::path& file, std::uint64_t frames, bool whole) {
  auto w = SegmentWriter::create(file, header());
  REQUIRE(w);
  FrameWriter frame(2);
  for (std::uint64_t n = 1; n <= frames * 10; ++n) {
    frame.add(nth(n));
    if (n % 10 == 0) REQUIRE(w->write(frame.take()));
  }
  if (whole) REQUIRE(w->finish());
  CHECK(w->bytes() == std::filesystem::file_size(file));
}

bool begins_right(const Read& r) {
  for (std::size_t i = 0; i < r.events.size(); ++i)
    if (!same(r.events[i], nth(i + 1))) return false;
  return true;
}

}  // namespace

TEST_CASE("recorded market: what is written can be read at once, while the writer goes on and after it died") {
  const StoreFolder folder;
  auto w = SegmentWriter::create(folder / "s", header());
  REQUIRE(w);
  CHECK(SegmentReader::open(folder / "s")->header().feeds == std::vector<std::string>{"market", "other"});
  FrameWriter frame(2);
  for (std::uint64_t n = 1; n <= 5; ++n) {
    frame.add(nth(n));
    REQUIRE(w->write(frame.take()));
    const Read r = read_all(SegmentReader::open(folder / "s"));
    CHECK(r.code.empty());
    CHECK(r.events.size() == n);
    CHECK(begins_right(r));
  }
}

TEST_CASE("recorded market: a long frame comes back through many pieces of its file") {
  const StoreFolder folder;
  write(folder / "s", 3000, true);
  const Read r = read_all(SegmentReader::open(folder / "s"));
  CHECK(r.code.empty());
  CHECK(r.events.size() == 30'000);
  CHECK(begins_right(r));
  // Half a MiB of equal bytes is a few hundred in the file: more comes out of a piece than is asked for at once.
  auto w = SegmentWriter::create(folder / "same", header());
  REQUIRE(w);
  FrameWriter frame(2);
  for (std::uint64_t n = 1; n <= 20'000; ++n) {
    HeardEvent h = nth(1);
    h.number = n;
    frame.add(h);
  }
  REQUIRE(frame.size() > 256 * 1024);
  REQUIRE(w->write(frame.take()));
  REQUIRE(w->finish());
  CHECK(w->bytes() < 16 * 1024);
  CHECK(read_all(SegmentReader::open(folder / "same")).events.size() == 20'000);
}

TEST_CASE("recorded market: a file that is cut off anywhere begins as it was written") {
  const StoreFolder folder;
  write(folder / "s", 8, true);
  const std::string bytes = bytes_of(folder / "s");
  std::size_t most = 0;
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const Read r = read_all(SegmentReader::of(bytes.substr(0, n)));
    CHECK((r.code.empty() || (r.code == "MARKET_LOG_FORMAT" && r.events.empty())));  // the header at most is missed
    CHECK(begins_right(r));
    CHECK(r.events.size() >= most);
    most = std::max(most, r.events.size());
  }
  CHECK(most == 80);
}

TEST_CASE("recorded market: a file with one byte changed begins as it was written, and tells no other event") {
  const StoreFolder folder;
  write(folder / "s", 8, true);
  const std::string bytes = bytes_of(folder / "s");
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const int bit : {0, 3, 7}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      const Read r = read_all(SegmentReader::of(changed));
      CHECK(begins_right(r));
    }
}

TEST_CASE("recorded market: files that are none are refused, and one that is there is not written over") {
  const StoreFolder folder;
  CHECK(SegmentReader::open(folder / "none").error().code == "MARKET_LOG_OPEN");
  CHECK(SegmentReader::open(folder.path()).error().code != "");
  CHECK(SegmentReader::of("").error().code == "MARKET_LOG_FORMAT");
  CHECK(SegmentReader::of("BLMARKET, and not packed").error().code == "MARKET_LOG_FORMAT");
  write(folder / "s", 1, true);
  const std::string before = bytes_of(folder / "s");
  CHECK(SegmentWriter::create(folder / "s", header()).error().code == "MARKET_LOG_WRITE");
  CHECK(bytes_of(folder / "s") == before);
  CHECK(SegmentWriter::create(folder.path() / "no" / "folder", header()).error().code == "MARKET_LOG_WRITE");
}

TEST_CASE("recorded market: the segments of a folder are those that are named so, in the order of their numbers") {
  const StoreFolder folder;
  CHECK(segments_in(folder / "none").empty());
  for (const char* name : {"market-00000010.bin.gz", "market-00000009.bin.gz", "market-123456789.bin.gz", "market-.bin.gz", "market-0.bin.gz", "market-1x.bin.gz", "market--1.bin.gz",
                           "market-99999999999999999999.bin.gz", "other", "market-00000003.bin"})
    put_bytes(folder / name, "");
  std::vector<std::uint64_t> numbers;
  for (const SegmentName& s : segments_in(folder.path())) numbers.push_back(s.number);
  CHECK(numbers == std::vector<std::uint64_t>{9, 10, 123'456'789});
  CHECK(segment_file("m", 9) == "m/market-00000009.bin.gz");
}
