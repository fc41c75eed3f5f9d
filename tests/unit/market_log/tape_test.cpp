// What plays a recorded market: the first process's events, by name, and how far it is known.
#include "unit/market_log/heard.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

void segment(const std::filesystem::path& folder, std::uint64_t number, const MarketHeader& h, const std::vector<HeardEvent>& events, const std::string& end = "") {
  std::filesystem::create_directories(folder);
  auto w = SegmentWriter::create(segment_file(folder, number), h);
  REQUIRE(w);
  FrameWriter frame(h.instruments.size());
  std::uint64_t next = 1;
  for (const HeardEvent& e : events) {
    if (!frame.follows(e.number)) REQUIRE(w->write(frame.take()));
    frame.add(e);
    next = e.number + 1;
  }
  if (!end.empty()) frame.add(MarketEnd{end, "", ""}, next);
  if (!frame.empty()) REQUIRE(w->write(frame.take()));
  REQUIRE(w->finish());
}

std::vector<HeardEvent> quotes(std::uint64_t from, std::uint64_t to, std::uint32_t instrument = 1) {
  std::vector<HeardEvent> all;
  for (std::uint64_t n = from; n <= to; ++n) all.push_back(heard_quote(n, instrument, static_cast<core::Nanos>(n) * second, 1));
  return all;
}

std::string played(const std::filesystem::path& folder) {
  const core::InstrumentTable names = table_of({"BTC-USD", "ETH-USD"});
  const auto tape = MarketTape::open(folder, header().stamp, names);
  if (!tape) return tape.error().code;
  core::MarketEvent* e = nullptr;
  while ((*tape)->front(e) == MarketTape::Front::event) (*tape)->pop();
  const auto last = (*tape)->front(e);
  CHECK((*tape)->front(e) == last);  // asked again it says the same
  CHECK((last == MarketTape::Front::ended) == (*tape)->why().empty());
  return std::to_string((*tape)->events()) + " " + (last == MarketTape::Front::ended ? (*tape)->end().how : (*tape)->why());
}

}  // namespace

TEST_CASE("rule 4.4: instruments of a recorded market are told by name, whatever their order is now") {
  const StoreFolder folder;
  std::vector<HeardEvent> events{heard_bar(1, 1, second, 100), heard_bar(2, 2, second, 50), heard_bar(3, 0, second, 1), heard_bar(4, 3, second, 1), heard_bar(5, 4'000'000'000u, second, 1)};
  segment(folder / "m", 1, header(), events, "stopped");
  const core::InstrumentTable names = table_of({"SOL-USD", "ETH-USD", "BTC-USD"});
  const auto tape = MarketTape::open(folder / "m", header().stamp, names);
  REQUIRE(tape);
  std::vector<std::uint32_t> ids;
  for (core::MarketEvent* e = nullptr; (*tape)->front(e) == MarketTape::Front::event; (*tape)->pop()) ids.push_back(e->h.instrument);
  // What was nobody's there is nobody's here, also where the number would be somebody's.
  CHECK(ids == std::vector<std::uint32_t>{3, 2, 0, UINT32_MAX, 4'000'000'000u});
  CHECK((*tape)->last() == second);
  const core::InstrumentTable fewer = table_of({"BTC-USD"});
  const auto refused = MarketTape::open(folder / "m", header().stamp, fewer);
  REQUIRE(!refused);
  CHECK(refused.error().code == "MARKET_LOG_INSTRUMENT");
  CHECK(refused.error().message.find("ETH-USD") != std::string::npos);
}

TEST_CASE("rule 4.4: a recorded market is played as far as it is known, and says why no further") {
  const StoreFolder folder;
  CHECK(played(folder / "none") == "MARKET_LOG_ABSENT");
  segment(folder / "two", 1, header(), quotes(1, 5));
  segment(folder / "two", 2, header(), quotes(6, 9), "end_of_data");
  CHECK(played(folder / "two") == "9 end_of_data");

  segment(folder / "gap", 1, header(), quotes(1, 5));
  segment(folder / "gap", 2, header(), quotes(8, 9), "end_of_data");
  CHECK(played(folder / "gap") == "5 2 events were lost there");
  segment(folder / "lost_last", 1, header(), quotes(1, 5));
  segment(folder / "lost_last", 2, header(), {}, "");
  CHECK(played(folder / "lost_last").find("5 it ends there") == 0);
  segment(folder / "twice", 1, header(), quotes(1, 5));
  segment(folder / "twice", 2, header(), quotes(5, 9), "end_of_data");
  CHECK(played(folder / "twice").find("5 events come twice") == 0);

  segment(folder / "next", 1, header(), quotes(1, 5));
  segment(folder / "next", 2, header("run-2"), quotes(1, 9), "end_of_data");
  CHECK(played(folder / "next").find("5 the process died there") == 0);
  segment(folder / "others", 1, header(), quotes(1, 5));
  segment(folder / "others", 2, header("run-1", {"ETH-USD", "BTC-USD"}), quotes(6, 9), "end_of_data");
  CHECK(played(folder / "others").find("5 other instruments") == 0);

  segment(folder / "cut", 1, header(), quotes(1, 5), "stopped");
  const std::filesystem::path file = segment_file(folder / "cut", 1);
  put_bytes(file, bytes_of(file).substr(0, std::filesystem::file_size(file) / 2));
  CHECK(played(folder / "cut") != "5 stopped");
  segment(folder / "broken", 1, header(), quotes(1, 5));
  segment(folder / "broken", 2, header(), quotes(6, 9), "end_of_data");
  put_bytes(segment_file(folder / "broken", 2), "rubbish");
  CHECK(played(folder / "broken").find("5 recorded market ") == 0);
}

TEST_CASE("rule 4.4: another run's market, and one without its beginning, is not played") {
  const StoreFolder folder;
  segment(folder / "late", 2, header(), quotes(1, 5), "stopped");
  CHECK(played(folder / "late") == "MARKET_LOG_ABSENT");
  MarketHeader h = header();
  h.resumed = true;
  segment(folder / "resumed", 1, h, quotes(1, 5), "stopped");
  CHECK(played(folder / "resumed") == "MARKET_LOG_ABSENT");
  h = header();
  h.stamp.portfolio = "another";
  segment(folder / "stamp", 1, h, quotes(1, 5), "stopped");
  CHECK(played(folder / "stamp") == "MARKET_LOG_STAMP");
}
