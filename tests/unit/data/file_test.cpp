// Candle files: what is written reads back, what is damaged is told, and nothing is there in part.
#include <catch2/catch.hpp>

#include <sys/file.h>
#include <fcntl.h>
#include <unistd.h>

#include "data/candle_file.hpp"
#include "data/codes.hpp"
#include "data/inventory.hpp"
#include "data/line_reader.hpp"
#include "scratch.hpp"

using namespace data_test;
using namespace bowline::data;

namespace {
const std::string head = std::string(csv_header) + "\n";
std::string code_of(const Result<CandleFile>& r) { return r ? "" : r.error().code; }
}  // namespace

TEST_CASE("what is written reads back, plain and gzip, and the same candles are the same bytes") {
  Scratch dir;
  const Candles all = candles(t0, t0 + 300 * 5000, 300);
  Provenance p{"https://localhost:1", {}};
  p.asked.add({t0, t0 + 300 * 5000});
  p.asked.add({t0 + 300 * 6000, t0 + 300 * 7000});
  REQUIRE(write_candles(dir / "BTC-USD_5m.csv", all, Replace::no));
  REQUIRE(write_candles(dir / "BTC-USD_5m.csv.gz", all, Replace::no, p));
  REQUIRE(write_candles(dir / "again_5m.csv.gz", all, Replace::no, p));
  CHECK(bytes_of(dir / "BTC-USD_5m.csv.gz") == bytes_of(dir / "again_5m.csv.gz"));
  CHECK(fs::file_size(dir / "BTC-USD_5m.csv.gz") < fs::file_size(dir / "BTC-USD_5m.csv"));
  const auto plain = read_candles(dir / "BTC-USD_5m.csv"), packed = read_candles(dir / "BTC-USD_5m.csv.gz");
  REQUIRE(plain);
  REQUIRE(packed);
  CHECK(plain->candles == all);
  CHECK(packed->candles == all);
  CHECK(packed->step == 300);
  CHECK_FALSE(plain->provenance);
  REQUIRE(packed->provenance);
  CHECK(packed->provenance->source == "https://localhost:1");
  CHECK(packed->provenance->asked.all() == p.asked.all());
}

TEST_CASE("a comment that is not ours says nothing") {
  for (const char* no : {"", "x", "bowline data 1 source=", "bowline data 1 source=a asked=1", "bowline data 1 source=a asked=2-1",
                         "bowline data 1 source=a asked=1-2x"})
    CHECK_FALSE(parse_comment(no));
  CHECK(parse_comment("bowline data 1 source=a asked="));
}

TEST_CASE("a file that is there is replaced only on demand, and never in part") {
  Scratch dir;
  const fs::path p = dir / "a_5m.csv.gz";
  put(p, "kept");
  CHECK(write_candles(p, candles(t0, t0 + 600, 300), Replace::no).error().code == "DATA_FILE_EXISTS");
  CHECK(bytes_of(p) == "kept");
  {
    auto half = WholeFile::open(p, Replace::yes);
    REQUIRE(half);
    REQUIRE((*half)->write(std::string(3'000'000, 'x')));
    CHECK(bytes_of(p) == "kept");
    CHECK(WholeFile::open(p, Replace::yes).error().code == "DATA_FILE_BUSY");
  }
  CHECK(bytes_of(p) == "kept");
  CHECK(std::distance(fs::directory_iterator(dir.dir), fs::directory_iterator()) == 1);  // nothing is left beside it
  put(dir / ".a_5m.csv.gz.new", "of one that was killed");
  REQUIRE(write_candles(p, candles(t0, t0 + 600, 300), Replace::yes));
  CHECK(read_candles(p)->candles.size() == 2);
  {
    auto late = WholeFile::open(dir / "b.csv", Replace::no);
    REQUIRE(late);
    put(dir / "b.csv", "came meanwhile");
    CHECK((*late)->commit().error().code == "DATA_FILE_EXISTS");
  }
  CHECK(bytes_of(dir / "b.csv") == "came meanwhile");
  put(dir / "file", "");
  CHECK(write_candles(dir / "file/c.csv", candles(t0, t0 + 600, 300), Replace::no).error().code == "DATA_FILE_UNWRITABLE");
}

TEST_CASE("damage is told by its code") {
  Scratch dir;
  REQUIRE(write_candles(dir / "good_5m.csv.gz", candles(t0, t0 + 300 * 2000, 300), Replace::no));
  const std::string good = bytes_of(dir / "good_5m.csv.gz");
  const auto with = [&](const std::string& bytes) {
    put(dir / "bad_5m.csv.gz", bytes);
    return code_of(read_candles(dir / "bad_5m.csv.gz"));
  };
  CHECK(with(good) == "");
  CHECK(with(good.substr(0, good.size() / 2)) == "DATA_FILE_TRUNCATED");
  CHECK(with(good.substr(0, good.size() - 1)) == "DATA_FILE_TRUNCATED");
  CHECK(with(good.substr(0, 3)) == "DATA_FILE_TRUNCATED");
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 0x55);
  CHECK_FALSE(with(flipped) == "");
  std::string sum = good;
  sum[good.size() - 6] = static_cast<char>(sum[good.size() - 6] ^ 1);
  CHECK(with(sum) == "DATA_FILE_CORRUPT");
  CHECK(with(good + "garbage") == "DATA_FILE_CORRUPT");
  CHECK(with("") == "DATA_FILE_EMPTY");
  CHECK(with("\n") == "DATA_HEADER_WRONG");
  CHECK(with("time,open,high,low,close,volume\n1,1,1,1,1,1\n") == "DATA_HEADER_WRONG");
  CHECK(with(head) == "DATA_FILE_EMPTY");
  CHECK(with(head + std::string(100'000, '1') + "\n") == "DATA_LINE_TOO_LONG");
  CHECK(with(head + std::string(100'000'00, '1')) == "DATA_LINE_TOO_LONG");
  CHECK(with(std::string(5000, 'x')) == "DATA_LINE_TOO_LONG");
  CHECK(with(head + "1704067200,1,2,1,1,1\n1704067500,1,2,1\n") == code::row_malformed);
  CHECK(with(head + "1704067200,1,2,1,1,1\n1704067201,1,2,1,1,1\n") == code::row_off_grid);
  CHECK(with(head + "1704067500,1,2,1,1,1\n1704067200,1,2,1,1,1\n") == code::row_out_of_order);
  CHECK(with(head + "1704067200,1,2,1,1,1\n1704067200,1,2,1,2,1\n") == code::row_conflict);
  CHECK(with(head + "1704067200,1,2,1,1,1\n1704067200,1,2,1,1,1\n") == "");
  CHECK(code_of(read_candles(dir / "absent.csv")) == "DATA_FILE_UNREADABLE");
  CHECK(code_of(read_candles(dir.dir)) == "DATA_FILE_UNREADABLE");
  put(dir / "line.csv", head + "1704067200,1,2,1,1,1\n1704067500,1,x\n");
  CHECK(read_candles(dir / "line.csv", 300).error().message.find("line.csv:3:") != std::string::npos);
}

TEST_CASE("files of several gzip members read as one, and a plain one that may be cut says so") {
  Scratch dir;
  put(dir / "a_5m.csv", head + "1704067200,1,2,1,1,1\n1704067500,1,2,1,1,1");
  const auto cut = read_candles(dir / "a_5m.csv");
  REQUIRE(cut);
  CHECK(cut->may_be_cut);
  CHECK(cut->candles.size() == 2);
  {
    auto one = WholeFile::open(dir / "one.gz", Replace::no), two = WholeFile::open(dir / "two.gz", Replace::no);
    REQUIRE((*one)->write(head + "1704067200,1,2,1,1"));
    REQUIRE((*two)->write(",1\n1704067500,1,2,1,1,1\n"));
    REQUIRE((*one)->commit());
    REQUIRE((*two)->commit());
  }
  put(dir / "b_5m.csv.gz", bytes_of(dir / "one.gz") + bytes_of(dir / "two.gz"));
  CHECK(read_candles(dir / "b_5m.csv.gz")->candles.size() == 2);
}

TEST_CASE("product and length are found by name, else by rows") {
  CHECK(name_of("x/BTC-USD_5m.csv.gz").product == "BTC-USD");
  CHECK(name_of("x/BTC-USD_5m.csv.gz").step == 300);
  CHECK(name_of("BTC_USD.csv").product == "BTC_USD");
  CHECK(name_of("BTC_USD.csv").step == 0);
  CHECK(file_name("ETH-USD", 3600) == "ETH-USD_1h.csv.gz");
  Scratch dir;
  Candles holes = candles(t0, t0 + 300 * 20, 300);
  holes.erase(holes.begin() + 3, holes.begin() + 6);
  REQUIRE(write_candles(dir / "prices.csv", holes, Replace::no));
  CHECK(step_of(dir / "prices.csv").value() == 300);
  put(dir / "one.csv", head + "1704067200,1,2,1,1,1\n");
  CHECK(step_of(dir / "one.csv").error().code == "DATA_INTERVAL_UNKNOWN");
  CHECK(read_candles(dir / "one.csv", 300)->candles.size() == 1);
}

TEST_CASE("a folder's files are listed with what they hold, and those that can't be read with why") {
  Scratch dir;
  fs::create_directory(dir / "deep");
  Candles holes = candles(t0, t0 + 300 * 20, 300);
  holes.erase(holes.begin() + 3, holes.begin() + 6);
  REQUIRE(write_candles(dir / "deep/BTC-USD_5m.csv.gz", holes, Replace::no));
  put(dir / "other.csv", "a,b\n1,2\n");
  put(dir / "readme.txt", "no candles");
  put(dir / ".hidden_5m.csv.gz.new", "left by a kill");
  const auto all = holdings(dir.dir);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  const Holding& h = all->front();
  CHECK(h.product == "BTC-USD");
  CHECK(h.step == 300);
  CHECK(h.candles == 17);
  CHECK(h.gaps == 1);
  CHECK(h.missing == 3);
  CHECK(h.first_s == t0);
  CHECK(h.last_s == t0 + 300 * 19);
  CHECK(h.bytes == fs::file_size(dir / "deep/BTC-USD_5m.csv.gz"));
  CHECK(h.faults == 0);
  CHECK(all->back().error->code == "DATA_HEADER_WRONG");
  CHECK(holdings(dir / "absent").error().code == "DATA_FILE_UNREADABLE");
}
