// What a download has so far: nothing that was kept is lost, and nothing that is not whole is believed.
#include <catch2/catch.hpp>

#include "data/part_file.hpp"
#include "scratch.hpp"

using namespace data_test;
using namespace bowline::data;

namespace {
CandlePage page_of(std::int64_t from, std::int64_t to) {
  CandlePage p;
  p.candles = candles(from, to, 300);
  return p;
}
}  // namespace

TEST_CASE("answers are there again after the process has ended") {
  Scratch dir;
  const fs::path p = dir / "deep/x.part";
  {
    auto f = PartFile::open(p, "BTC-USD 5m a", 300);
    REQUIRE(f);
    CHECK((*f)->asked().empty());
    REQUIRE((*f)->add({t0 + 3000, t0 + 6000}, page_of(t0 + 3000, t0 + 5000)));
    CandlePage bad = page_of(t0, t0 + 600);
    bad.left_out = {t0 + 600, t0 + 900};
    bad.rounded = 2;
    REQUIRE((*f)->add({t0, t0 + 3000}, bad));
    CHECK(PartFile::open(p, "BTC-USD 5m a", 300).error().code == "DATA_FILE_BUSY");
  }
  auto f = PartFile::open(p, "BTC-USD 5m a", 300);
  REQUIRE(f);
  CHECK((*f)->asked().all() == std::vector<Range>{{t0, t0 + 6000}});
  CHECK((*f)->candles().size() == 9);
  CHECK((*f)->candles().front() == candle(t0));
  CHECK((*f)->candles().back() == candle(t0 + 4800));
  CHECK((*f)->left_out() == std::vector<std::int64_t>{t0 + 600, t0 + 900});
  CHECK((*f)->rounded() == 2);
  (*f)->remove();
  CHECK_FALSE(fs::exists(p));
}

TEST_CASE("the first word about a candle stands") {
  Scratch dir;
  auto f = PartFile::open(dir / "x.part", "id", 300);
  REQUIRE((*f)->add({t0, t0 + 600}, page_of(t0, t0 + 300)));
  CandlePage other = page_of(t0, t0 + 900);
  other.candles[0].close = other.candles[0].high;
  REQUIRE((*f)->add({t0, t0 + 900}, other));
  REQUIRE((*f)->candles().size() == 2);
  CHECK((*f)->candles()[0] == candle(t0));
  CHECK((*f)->candles()[1] == candle(t0 + 600));  // of t0 + 300 it was said that there is none
}

TEST_CASE("cut anywhere it goes on from its last whole answer") {
  Scratch dir;
  const fs::path p = dir / "x.part";
  std::vector<std::size_t> ends;
  {
    auto f = PartFile::open(p, "id", 300);
    ends.push_back(fs::file_size(p));
    for (std::int64_t i = 0; i < 3; ++i) {
      REQUIRE((*f)->add({t0 + 900 * i, t0 + 900 * (i + 1)}, page_of(t0 + 900 * i, t0 + 900 * (i + 1))));
      ends.push_back(fs::file_size(p));
    }
  }
  const std::string all = bytes_of(p);
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    put(p, all.substr(0, cut));
    auto f = PartFile::open(p, "id", 300);
    REQUIRE(f);
    const std::size_t whole = cut < ends[0] ? 0 : static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), cut) - ends.begin()) - 1;
    REQUIRE((*f)->candles().size() == 3 * whole);
    REQUIRE((*f)->candles() == candles(t0, t0 + 900 * static_cast<std::int64_t>(whole), 300));
    REQUIRE(fs::file_size(p) == ends[whole]);  // the rest is gone, and what comes next stands behind what is whole
  }
}

TEST_CASE("a byte that changed is not believed") {
  Scratch dir;
  const fs::path p = dir / "x.part";
  std::size_t head = 0;
  {
    auto f = PartFile::open(p, "id", 300);
    head = fs::file_size(p);
    REQUIRE((*f)->add({t0, t0 + 900}, page_of(t0, t0 + 900)));
  }
  const std::string all = bytes_of(p);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string changed = all;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    put(p, changed);
    auto f = PartFile::open(p, "id", 300);
    REQUIRE(f);
    REQUIRE((*f)->candles().empty());
    REQUIRE((*f)->asked().empty());
    REQUIRE(fs::file_size(p) == head);
  }
}

TEST_CASE("another series' answers begin anew") {
  Scratch dir;
  {
    auto f = PartFile::open(dir / "x.part", "BTC-USD 5m https://a", 300);
    REQUIRE((*f)->add({t0, t0 + 900}, page_of(t0, t0 + 900)));
  }
  auto f = PartFile::open(dir / "x.part", "BTC-USD 5m https://b", 300);
  REQUIRE(f);
  CHECK((*f)->candles().empty());
}
