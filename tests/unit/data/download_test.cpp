// A download against a venue of the test: what is asked, what is kept over an interruption at every place, and what is there at the end.
#include <catch2/catch.hpp>

#include <charconv>
#include <set>

#include "data/candle_file.hpp"
#include "data/download.hpp"
#include "data/plan.hpp"
#include "data/price_store.hpp"
#include "data/venue.hpp"
#include "scratch.hpp"

using namespace data_test;
using namespace bowline::data;

namespace {

/// A venue that has a candle of every bucket but some, and that may go away after so many answers.
struct FakeVenue {
  std::set<std::int64_t> none{};
  int answers_left = -1;
  std::vector<Range> asked{};
  static std::int64_t number(const std::string& target, const std::string& name) {
    const auto at = target.find(name + "=") + name.size() + 1;
    std::int64_t v = 0;
    std::from_chars(target.data() + at, target.data() + target.size(), v);
    return v;
  }
  WebAnswer get(const std::string& target) {
    if (answers_left == 0) return {0, {}, {}, {"EDGE_CONNECT", "it is away"}};
    --answers_left;
    const std::int64_t start = number(target, "start"), end = number(target, "end");
    asked.push_back({start, end + 300});
    std::string list;
    for (std::int64_t t = end; t >= start; t -= 300) {
      if (none.contains(t)) continue;
      const Candle c = candle(t);
      list += (list.empty() ? "" : ",") + std::string("{\"start\":\"") + std::to_string(t) + "\",\"open\":\"" + c.open.to_string() +
              "\",\"high\":\"" + c.high.to_string() + "\",\"low\":\"" + c.low.to_string() + "\",\"close\":\"" + c.close.to_string() +
              "\",\"volume\":\"" + c.volume.to_string() + "\"}";
    }
    return {200, "{\"candles\":[" + list + "]}", {}, {}};
  }
  Venue venue() {
    VenueOptions o;
    o.attempts = 1;
    return Venue({[this](const std::string& t) { return get(t); },
                  [] { return std::int64_t{0}; },
                  [](std::int64_t) { return true; },
                  [] { return false; },
                  {}},
                 o);
  }
};

Result<DownloadDone> run(const DownloadAsk& ask, FakeVenue& fake) {
  Venue v = fake.venue();
  return download(ask, v, [](std::size_t, std::size_t) {});
}

DownloadAsk ask_in(const Scratch& dir, std::int64_t buckets) {
  DownloadAsk a;
  a.product = "BTC-USD";
  a.step = 300;
  a.range = {t0, t0 + buckets * 300};
  a.file = dir / "BTC-USD_5m.csv.gz";
  a.part = dir / "BTC-USD_5m.csv.gz.part";
  a.source = "https://a";
  return a;
}
std::size_t files_in(const Scratch& dir) { return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir.dir), fs::directory_iterator())); }
}  // namespace

TEST_CASE("everything once, and nothing twice") {
  Scratch dir;
  FakeVenue fake;
  fake.none = {t0 + 300 * 5, t0 + 300 * 6, t0 + 300 * 400};
  const auto done = run(ask_in(dir, 1000), fake);
  REQUIRE(done);
  CHECK(done->questions == 3);
  CHECK(done->candles == 997);
  CHECK(done->fresh == 997);
  CHECK(done->gaps == std::vector<Range>{{t0 + 300 * 5, t0 + 300 * 7}, {t0 + 300 * 400, t0 + 300 * 401}});
  CHECK(files_in(dir) == 1);
  const std::string bytes = bytes_of(dir / "BTC-USD_5m.csv.gz");
  const auto again = run(ask_in(dir, 1000), fake);
  REQUIRE(again);
  CHECK(again->questions == 0);  // the gaps were asked for, too
  CHECK(again->fresh == 0);
  CHECK(again->candles == 997);
  CHECK(again->gaps == done->gaps);
  CHECK(bytes_of(dir / "BTC-USD_5m.csv.gz") == bytes);
  // Further on in both directions: the new parts alone.
  fake.asked.clear();
  DownloadAsk wider = ask_in(dir, 1100);
  wider.range.from_s -= 300 * 10;
  const auto more = run(wider, fake);
  REQUIRE(more);
  CHECK(fake.asked == std::vector<Range>{{t0 - 3000, t0}, {t0 + 300'000, t0 + 330'000}});
  CHECK(more->fresh == 110);
  Candles want = candles(t0 - 3000, t0 + 330'000, 300);
  std::erase_if(want, [&](const Candle& c) { return fake.none.contains(c.open_s); });
  CHECK(read_candles(dir / "BTC-USD_5m.csv.gz")->candles == want);
}

TEST_CASE("interrupted after any answer it goes on there, and the end is the same") {
  Scratch reference;
  FakeVenue steady;
  steady.none = {t0 + 300 * 360};
  REQUIRE(run(ask_in(reference, 2000), steady));
  for (int answers = 0; answers < 6; ++answers) {
    Scratch dir;
    FakeVenue fake;
    fake.none = steady.none;
    fake.answers_left = answers;
    const auto broken = run(ask_in(dir, 2000), fake);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == "DATA_VENUE_UNREACHABLE");
    CHECK_FALSE(fs::exists(dir / "BTC-USD_5m.csv.gz"));
    fake.answers_left = -1;
    const auto done = run(ask_in(dir, 2000), fake);
    REQUIRE(done);
    CHECK(done->questions == static_cast<std::uint64_t>(6 - answers));
    CHECK(done->fresh == 1999);
    CHECK(fake.asked == steady.asked);
    CHECK(bytes_of(dir / "BTC-USD_5m.csv.gz") == bytes_of(reference / "BTC-USD_5m.csv.gz"));
    CHECK(files_in(dir) == 1);
  }
}

TEST_CASE("an interruption leaves the file of before as it was") {
  Scratch dir;
  FakeVenue fake;
  REQUIRE(run(ask_in(dir, 100), fake));
  const std::string before = bytes_of(dir / "BTC-USD_5m.csv.gz");
  fake.answers_left = 1;
  CHECK_FALSE(run(ask_in(dir, 1000), fake));
  CHECK(bytes_of(dir / "BTC-USD_5m.csv.gz") == before);
}

TEST_CASE("a file of somebody else's is completed: its candles stand, its gaps are asked for") {
  Scratch dir;
  Candles own = candles(t0, t0 + 300 * 50, 300);
  own.erase(own.begin() + 10, own.begin() + 20);
  own[25].volume = Decimal::from_int(7);  // of what the one question reaches over
  REQUIRE(write_candles(dir / "BTC-USD_5m.csv.gz", own, Replace::no));
  FakeVenue fake;
  const auto done = run(ask_in(dir, 60), fake);
  REQUIRE(done);
  CHECK(fake.asked == std::vector<Range>{{t0 + 3000, t0 + 300 * 60}});
  const auto file = read_candles(dir / "BTC-USD_5m.csv.gz");
  CHECK(file->candles.size() == 60);
  CHECK(file->candles[35].volume == Decimal::from_int(7));
  CHECK(done->fresh == 20);
}

TEST_CASE("two venues are not mixed, and damage is not built upon") {
  Scratch dir;
  FakeVenue fake;
  REQUIRE(run(ask_in(dir, 100), fake));
  DownloadAsk other = ask_in(dir, 200);
  other.source = "https://b";
  CHECK(run(other, fake).error().code == "DATA_SOURCE_DIFFERS");
  const std::string all = bytes_of(dir / "BTC-USD_5m.csv.gz");
  put(dir / "BTC-USD_5m.csv.gz", all.substr(0, all.size() - 4));
  CHECK(run(ask_in(dir, 200), fake).error().code == "DATA_FILE_TRUNCATED");
  CHECK(bytes_of(dir / "BTC-USD_5m.csv.gz") == all.substr(0, all.size() - 4));
}

TEST_CASE("what the venue may only be late with is asked for again") {
  Scratch dir;
  FakeVenue fake;
  for (const std::int64_t i : {40, 97, 98, 99}) fake.none.insert(t0 + 300 * i);
  DownloadAsk ask = ask_in(dir, 100);
  ask.young_s = t0 + 300 * 90;
  CHECK(run(ask, fake)->candles == 96);
  fake.asked.clear();
  fake.none = {t0 + 300 * 40};
  const auto done = run(ask, fake);
  CHECK(fake.asked == std::vector<Range>{{t0 + 300 * 97, t0 + 300 * 100}});
  CHECK(done->candles == 99);
}

TEST_CASE("nothing at all is told as a gap, and makes no file") {
  Scratch dir;
  FakeVenue fake;
  for (std::int64_t i = 0; i < 10; ++i) fake.none.insert(t0 + 300 * i);
  const auto done = run(ask_in(dir, 10), fake);
  REQUIRE(done);
  CHECK(done->candles == 0);
  CHECK(done->gaps == std::vector<Range>{{t0, t0 + 3000}});
  CHECK(files_in(dir) == 0);
}

TEST_CASE("file and store get the same, and each gives what the other lacks") {
  Scratch dir;
  FakeVenue fake;
  auto store = PriceStore::open(dir / "state", PriceStore::Access::write);
  REQUIRE(store);
  DownloadAsk ask = ask_in(dir, 100);
  ask.store = store->get();
  REQUIRE(run(ask, fake));
  CHECK(fake.asked.size() == 1);
  CHECK((*store)->read("BTC-USD", 300, ask.range).value() == candles(t0, t0 + 30'000, 300));
  CHECK(read_candles(ask.file)->candles == candles(t0, t0 + 30'000, 300));
  fs::remove(ask.file);
  REQUIRE(run(ask, fake));
  CHECK(fake.asked.size() == 1);
  CHECK(read_candles(ask.file)->candles == candles(t0, t0 + 30'000, 300));
  const auto series = (*store)->series();
  REQUIRE(series->size() == 1);
  CHECK(series->front().candles == 100);
  CHECK(PriceStore::open(dir / "state", PriceStore::Access::write).error().code == "STORE_LOCKED");
}
