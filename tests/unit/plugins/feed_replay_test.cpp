// The candle reader: exact numbers, the policy per bad-data case, streaming, merging.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#include "common/iso_time.hpp"
#include "common/pace.hpp"
#include "feed_replay/bar_file.hpp"
#include "feed_replay/merge.hpp"
#include "temp_files.hpp"

using namespace bowline::feed_replay;
using plugin_tests::candle_header;
using plugin_tests::TempDir;

namespace {

std::string candles(std::string_view rows) { return std::string(candle_header) + std::string(rows); }

struct Read {
  std::vector<Row> rows;
  bool failed = false;
  std::string code, message;
  Counts counts;
};

Read read_all(const FileOptions& options) {
  Read r;
  auto file = BarFile::open(options);
  if (!file) {
    r.failed = true;
    r.code = file.error().code;
    r.message = file.error().message;
    return r;
  }
  for (;;) {
    const auto n = (*file)->next();
    if (n == BarFile::Next::bar) {
      r.rows.push_back((*file)->row());
      continue;
    }
    if (n == BarFile::Next::failed) {
      r.failed = true;
      r.code = (*file)->error().code;
      r.message = (*file)->error().message;
      CHECK((*file)->next() == BarFile::Next::failed);
    }
    break;
  }
  r.counts = (*file)->counts();
  return r;
}

FileOptions options_for(const std::string& path, OnBad on_bad = OnBad::refuse) {
  FileOptions o;
  o.path = path;
  o.on_bad = on_bad;
  return o;
}

const std::string good = "300,10.5,12,10,11.25,3.5\n600,11.25,11.5,11,11,0\n";

}  // namespace

TEST_CASE("a usual row is read exactly, under exponent -8") {
  Row r;
  REQUIRE(parse_line("1640995200,46216.93,46391.49,46208.37,46321.34,185.67558", r) == Fault::none);
  CHECK(r.time_s == 1640995200);
  CHECK(r.px_exp == -8);
  CHECK(r.open == 4621693000000);
  CHECK(r.close == 4632134000000);
  CHECK(r.volume == 18567558000);
  const char* p = "1640995200,46216.93,46391.49,46208.37,46321.34,185.67558\n";
  Row fast;
  REQUIRE(parse_usual(p, fast));
  CHECK(fast == r);
}

TEST_CASE("numbers of every legal spelling are exact, whatever exponent they need") {
  struct Case {
    const char* volume;
    std::int64_t mantissa;
    int exp;
  };
  for (const Case& c :
       {Case{"5e-05", 5000, -8}, Case{"1.5E+3", 150000000000, -8}, Case{"+2", 200000000, -8},
        Case{"0", 0, -8}, Case{"0.0", 0, -8}, Case{"19531.902000000002", 19531902000000002, -12},
        Case{"9223372036854775807", 9223372036854775807, 0},
        Case{"92233720368.54775807", 9223372036854775807, -8}, Case{"1000000000000", 1, 12},
        Case{"1.10", 110000000, -8}, Case{"0.000000000000000001", 1, -18},
        Case{"0.0071911399999999995", 719114, -8},
        Case{"0.1000000000000000055511151231257827", 100000000000000006, -18},
        Case{"0.0000000000000000015", 2, -18}, Case{"0.0000000000000000025", 2, -18},
        Case{"0.00000000000000000250000000000000000001", 3, -18}, Case{"1e-30", 0, -8},
        Case{"8e-55", 0, -8}, Case{"8e-20", 0, -8}, Case{"8e-19", 1, -18},
        Case{"0.1234567890123456789012", 123456789012345679, -18},
        Case{"123456789012345678900000", 1234567890123456789, 5}}) {
    Row r;
    INFO(c.volume);
    REQUIRE(parse_line(std::string("300,1,1,1,1,") + c.volume, r) == Fault::none);
    CHECK(r.volume == c.mantissa);
    CHECK(int{r.qty_exp} == c.exp);
  }
}

TEST_CASE("the quick path and the careful path agree on every row that the quick one takes") {
  std::uint64_t x = 88172645463325252ULL;
  const auto next = [&x] { return x ^= x << 13, x ^= x >> 7, x ^= x << 17; };
  const char alphabet[] = "0123456789.,,-e\n";
  unsigned taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string line = std::to_string(next() % 2'000'000'000);
    for (int f = 0; f < 5; ++f) {
      line += ',' + std::to_string(next() % (next() % 64 ? 100'000 : 10'000'000'000'000));
      if (next() % 3) line += '.' + std::to_string(next() % (next() % 64 ? 100'000'000 : 10'000'000'000));
    }
    if (next() % 4 == 0) line[next() % line.size()] = alphabet[next() % (sizeof alphabet - 1)];
    const std::string ended = line.substr(0, line.find('\n')) + '\n' + std::string(8, '\0');
    const char* p = ended.data();
    Row quick, careful;
    if (!parse_usual(p, quick)) continue;
    ++taken;
    INFO(line);
    const Fault judged = judge_values(quick);
    REQUIRE(parse_line(std::string_view(ended.data(), static_cast<std::size_t>(p - ended.data() - 1)),
                       careful) == judged);
    REQUIRE(quick == careful);
  }
  CHECK(taken > 1'000);
}

TEST_CASE("a good file gives its bars in order; zero volume and gaps are kept and counted") {
  TempDir dir;
  const Read r = read_all(options_for(dir.write("a.csv", candles(good + "1500,11,11,11,11,1\n"))));
  REQUIRE_FALSE(r.failed);
  REQUIRE(r.rows.size() == 3);
  CHECK(r.rows[2].time_s == 1500);
  CHECK(r.counts.bars == 3);
  CHECK(r.counts.zero_volume == 1);
  CHECK(r.counts.gaps == 1);
  CHECK(r.counts.missing_bars == 2);
  CHECK(r.counts.skipped == 0);
}

TEST_CASE("bad data: each case is refused with file, line and code, or skipped and counted, never silent") {
  struct Case {
    const char* name;
    const char* row;  // stands on line 4, behind two good rows
    const char* code;
    bool skippable;
  };
  const Case cases[] = {
      {"too few fields", "900,1,1,1,1\n", "FEED_ROW_MALFORMED", true},
      {"too many fields", "900,1,1,1,1,1,1\n", "FEED_ROW_MALFORMED", true},
      {"words", "900,one,1,1,1,1\n", "FEED_ROW_NOT_A_NUMBER", true},
      {"two points", "900,1.1.1,2,1,1,1\n", "FEED_ROW_MALFORMED", true},
      {"blank line", "\n", "FEED_ROW_MALFORMED", true},
      {"time in quotes", "\"900\",1,1,1,1,1\n", "FEED_ROW_MALFORMED", true},
      {"NaN", "900,NaN,1,1,1,1\n", "FEED_ROW_NOT_A_NUMBER", true},
      {"inf", "900,1,inf,1,1,1\n", "FEED_ROW_NOT_A_NUMBER", true},
      {"empty field", "900,1,1,1,,1\n", "FEED_ROW_NOT_A_NUMBER", true},
      {"negative price", "900,-1,1,-1,1,1\n", "FEED_ROW_NEGATIVE", true},
      {"zero price", "900,1,1,0,1,1\n", "FEED_ROW_NEGATIVE", true},
      {"negative volume", "900,1,1,1,1,-1\n", "FEED_ROW_NEGATIVE", true},
      {"high below low", "900,1,1,2,1,1\n", "FEED_ROW_HIGH_BELOW_LOW", true},
      {"open above high", "900,3,2,1,1,1\n", "FEED_ROW_HIGH_BELOW_LOW", true},
      {"close below low", "900,2,2,2,1,1\n", "FEED_ROW_HIGH_BELOW_LOW", true},
      {"out of order", "300,1,1,1,1,1\n", "FEED_ROW_OUT_OF_ORDER", true},
      {"off the grid", "901,1,1,1,1,1\n", "FEED_ROW_OFF_GRID", true},
      {"milliseconds", "1640995200000,1,1,1,1,1\n", "FEED_ROW_OUT_OF_RANGE", true},
      {"does not fit, though it ends with zeros", "900,9002345890269135800,26451578024681985000,7800,26451578024681985000,0\n", "FEED_ROW_OUT_OF_RANGE", true},
      {"does not fit", "900,1,1,1,1,99999999999999999999.5\n", "FEED_ROW_OUT_OF_RANGE", true},
      {"same time, other values", "600,11.25,11.5,11,11,1\n", "FEED_ROW_CONFLICT", false},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    TempDir dir;
    const std::string path = dir.write("bad.csv", candles(good + c.row + "1200,1,1,1,1,1\n"));
    const Read refused = read_all(options_for(path));
    CHECK(refused.failed);
    CHECK(refused.code == c.code);
    CHECK(refused.message.find("bad.csv:4: ") != std::string::npos);
    CHECK(refused.rows.size() == 2);  // what was read before stays
    const Read skipped = read_all(options_for(path, OnBad::skip));
    if (c.skippable) {
      CHECK_FALSE(skipped.failed);
      CHECK(skipped.rows.size() == 3);
      CHECK(skipped.counts.skipped == 1);
    } else {
      CHECK(skipped.failed);
      CHECK(skipped.code == c.code);
    }
  }
}

TEST_CASE("an identical row is skipped and counted under either policy") {
  TempDir dir;
  const std::string path = dir.write("a.csv", candles(good + "600,11.250,11.5,11,11,0\n900,1,1,1,1,1\n"));
  for (const OnBad p : {OnBad::refuse, OnBad::skip}) {
    const Read r = read_all(options_for(path, p));
    CHECK_FALSE(r.failed);
    CHECK(r.rows.size() == 3);
    CHECK(r.counts.duplicates == 1);
    CHECK(r.counts.skipped == 0);
  }
}

TEST_CASE("files that are no candle file are refused when opened") {
  TempDir dir;
  struct Case {
    std::string path;
    const char* code;
  };
  for (const Case& c :
       {Case{dir.at("missing.csv"), "FEED_FILE_UNREADABLE"}, Case{dir.at("."), "FEED_FILE_UNREADABLE"},
        Case{dir.write("empty.csv", ""), "FEED_FILE_EMPTY"},
        Case{dir.write_gz("empty.csv.gz", ""), "FEED_FILE_EMPTY"},
        Case{dir.write("header.csv", candles("")), "FEED_FILE_EMPTY"},
        Case{dir.write_gz("header.csv.gz", candles("")), "FEED_FILE_EMPTY"},
        Case{dir.write("bare.csv", good), "FEED_HEADER_WRONG"},
        Case{dir.write("other.csv", "date,value\n2020-01-01,1\n"), "FEED_HEADER_WRONG"},
        Case{dir.write("zeros.csv", std::string(10'000, '\0')), "FEED_HEADER_WRONG"}}) {
    INFO(c.path);
    const Read r = read_all(options_for(c.path, OnBad::skip));
    CHECK(r.failed);
    CHECK(r.code == c.code);
    CHECK(r.rows.empty());
  }
}

namespace {
std::string many_rows(int n) {
  std::string text{candle_header};
  for (int i = 1; i <= n; ++i)
    text += std::to_string(i * 300) + ",100." + std::to_string(i % 97) + "1,200,1.5,100,7." +
            std::to_string(i % 89) + "1\n";
  return text;
}
}  // namespace

TEST_CASE("a large file streams through the window, plain or gzip, also gzip of several members") {
  TempDir dir;
  const std::string text = many_rows(50'000);  // ten windows
  REQUIRE(text.size() > 4 * ByteSource::window);
  const Read plain = read_all(options_for(dir.write("a.csv", text)));
  REQUIRE_FALSE(plain.failed);
  REQUIRE(plain.rows.size() == 50'000);
  const Read packed = read_all(options_for(dir.write_gz("a.csv.gz", text)));
  REQUIRE_FALSE(packed.failed);
  CHECK(packed.rows == plain.rows);

  dir.write_gz("1.gz", std::string_view(text).substr(0, 777'777));
  dir.write_gz("2.gz", std::string_view(text).substr(777'777));
  std::string joined;
  for (const char* n : {"1.gz", "2.gz"}) {
    std::ifstream in(dir.at(n), std::ios::binary);
    joined.append(std::istreambuf_iterator<char>(in), {});
  }
  const Read two = read_all(options_for(dir.write("joined.csv.gz", joined)));
  REQUIRE_FALSE(two.failed);
  CHECK(two.rows == plain.rows);
}

TEST_CASE("a truncated or damaged gzip gives the bars before the fault, then an error, at every cut") {
  TempDir dir;
  const std::string text = many_rows(3'000);
  dir.write_gz("whole.csv.gz", text);
  const auto whole = std::filesystem::file_size(dir.at("whole.csv.gz"));
  const Read all = read_all(options_for(dir.at("whole.csv.gz")));
  REQUIRE(all.rows.size() == 3'000);
  std::size_t most = 0;
  for (std::uintmax_t keep = 2; keep<whole; keep += keep + 1'000> whole ? 1 : 997) {
    std::filesystem::copy_file(dir.at("whole.csv.gz"), dir.at("cut.csv.gz"),
                               std::filesystem::copy_options::overwrite_existing);
    dir.cut("cut.csv.gz", keep);
    for (const OnBad p : {OnBad::refuse, OnBad::skip}) {  // a cut file is refused under both
      const Read r = read_all(options_for(dir.at("cut.csv.gz"), p));
      INFO(keep);
      REQUIRE(r.failed);
      REQUIRE(r.code == "FEED_FILE_TRUNCATED");
      REQUIRE(std::equal(r.rows.begin(), r.rows.end(), all.rows.begin()));
      most = std::max(most, r.rows.size());
    }
  }
  CHECK(most == 3'000);  // cut inside the checksum: all rows came, and still it is an error

  std::ifstream in(dir.at("whole.csv.gz"), std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);
  const Read damaged = read_all(options_for(dir.write("damaged.csv.gz", bytes)));
  CHECK(damaged.failed);
  CHECK(damaged.code == "FEED_FILE_CORRUPT");
}

TEST_CASE("a plain file whose last line has no newline is read, and the doubt is reported") {
  TempDir dir;
  auto file = BarFile::open(options_for(dir.write("a.csv", candles(good + "900,1,1,1,1,1"))));
  REQUIRE(file.ok());
  int n = 0;
  while ((*file)->next() == BarFile::Next::bar) ++n;
  CHECK(n == 3);
  CHECK((*file)->may_be_cut());
}

TEST_CASE("carriage returns are accepted; a line beyond 4096 bytes is not") {
  TempDir dir;
  const Read crlf = read_all(options_for(dir.write(
      "a.csv", "time_utc_epoch_s,open,high,low,close,volume\r\n300,1,1,1,1,1\r\n600,1,1,1,1,1\r\n")));
  CHECK_FALSE(crlf.failed);
  CHECK(crlf.rows.size() == 2);
  const std::string big = candles(good + "900,1,1,1,1," + std::string(400'000, '1') + "\n");
  // Also where the whole of it lies in the window, and but for its length could be read.
  const std::string zeros = candles(good + "900,1,1,1,1," + std::string(5'000, '0') + "1\n1200,1,1,1,1,1\n");
  const std::string text = candles(good + std::string(5'000, 'x') + "\n1200,1,1,1,1,1\n");
  for (const std::string& content : {big, zeros, text})
    for (const OnBad p : {OnBad::refuse, OnBad::skip}) {
      const Read r = read_all(options_for(dir.write("b.csv", content), p));
      CHECK(r.failed);
      CHECK(r.code == "FEED_ROW_MALFORMED");
      CHECK(r.rows.size() == 2);
    }
  const std::string longest = candles(good + "900,1,1,1,1," + std::string(4096 - 14, '0') + "1\n");
  CHECK(read_all(options_for(dir.write("c.csv", longest))).rows.size() == 3);
}

TEST_CASE("from and to choose whole bars: from <= open, close <= to") {
  TempDir dir;
  FileOptions o = options_for(dir.write("a.csv", many_rows(100)));
  o.from_s = 3'000;
  o.to_s = 6'000;
  const Read r = read_all(o);
  REQUIRE(r.rows.size() == 10);
  CHECK(r.rows.front().time_s == 3'000);
  CHECK(r.rows.back().time_s == 5'700);
}

namespace {
std::unique_ptr<BarFile> must_open(const std::string& path) {
  auto f = BarFile::open(options_for(path));
  REQUIRE(f.ok());
  return std::move(*f);
}
}  // namespace

TEST_CASE("files merge by time, ties in instrument order, gaps on either side") {
  TempDir dir;
  Merge m;
  m.add(1, must_open(dir.write("a.csv", candles("300,1,1,1,1,1\n600,1,1,1,1,1\n1200,1,1,1,1,1\n"))));
  m.add(2, must_open(dir.write("b.csv",
                               candles("600,1,1,1,1,1\n900,1,1,1,1,1\n1200,1,1,1,1,1\n1500,1,1,1,1,1\n"))));
  std::vector<std::pair<std::int64_t, std::uint32_t>> seen;
  while (m.peek() == BarFile::Next::bar) {
    CHECK(m.peek() == BarFile::Next::bar);  // asking twice changes nothing
    seen.emplace_back(m.row().time_s, m.instrument());
    m.pop();
  }
  CHECK(m.peek() == BarFile::Next::end);
  CHECK(seen == std::vector<std::pair<std::int64_t, std::uint32_t>>{
                    {300, 1}, {600, 1}, {600, 2}, {900, 2}, {1200, 1}, {1200, 2}, {1500, 2}});
}

TEST_CASE("a fault in one file of several stops the merge when the bars of its time are complete") {
  TempDir dir;
  Merge m;
  m.add(1, must_open(dir.write("a.csv", candles("300,1,1,1,1,1\n600,1,1,1,1,1\n900,bad,1,1,1,1\n"))));
  m.add(2, must_open(dir.write("b.csv", candles("300,1,1,1,1,1\n600,1,1,1,1,1\n900,1,1,1,1,1\n"))));
  std::vector<std::pair<std::int64_t, std::uint32_t>> seen;
  while (m.peek() == BarFile::Next::bar) {
    seen.emplace_back(m.row().time_s, m.instrument());
    m.pop();
  }
  CHECK(m.peek() == BarFile::Next::failed);
  CHECK(m.error().code == "FEED_ROW_NOT_A_NUMBER");
  CHECK(seen == std::vector<std::pair<std::int64_t, std::uint32_t>>{{300, 1}, {300, 2}, {600, 1}, {600, 2}});
}

TEST_CASE("times are read as UTC, and what is no time is refused") {
  using bowline::plugin_common::parse_time;
  constexpr std::int64_t s = 1'000'000'000;
  CHECK(parse_time("2022-01-01") == 1640995200 * s);
  CHECK(parse_time("2022-01-01T00:05:00Z") == 1640995500 * s);
  CHECK(parse_time("2022-01-01 00:05") == 1640995500 * s);
  CHECK(parse_time("1640995200") == 1640995200 * s);
  CHECK(parse_time("2024-02-29") == 1709164800 * s);
  for (const char* bad : {"", "2022", "x", "2022-13-01", "2022-02-30", "2023-02-29", "2022-01-01T24:00",
                          "2022-01-01T00:00:00+01:00", "2022-01-01TZ", "16409952000000", "-5", "2022-1-1"}) {
    INFO(bad);
    if (std::string_view(bad) != "2022") CHECK_FALSE(parse_time(bad).has_value());
  }
}

TEST_CASE("speeds are read, and pacing follows bar time from the first bar") {
  using bowline::plugin_common::Pace;
  using bowline::plugin_common::parse_speed;
  CHECK(parse_speed("max") == 0.0);
  CHECK(parse_speed("real") == 1.0);
  CHECK(parse_speed("300x") == 300.0);
  CHECK(parse_speed("300×") == 300.0);
  CHECK(parse_speed("0.5x") == 0.5);
  for (const char* bad : {"", "x", "0x", "-1x", "300", "fast", "1e3x", "nanx", "infx"}) {
    INFO(bad);
    CHECK_FALSE(parse_speed(bad).has_value());
  }
  Pace p(300);
  CHECK(p.due_ns(1'000'000'000'000, 77) == 77);
  CHECK(p.due_ns(1'300'000'000'000, 999) == 77 + 1'000'000'000);
  CHECK(p.due_ns(1'900'000'000'000, 999) == 77 + 3'000'000'000);
}

TEST_CASE("a clock that steps back does not silence a paced feed") {
  constexpr std::int64_t hour = 3'600'000'000'000, second = 1'000'000'000;
  bowline::plugin_common::Pace p(300);
  CHECK(p.due_ns(300 * second, 2 * hour) == 2 * hour);
  CHECK(p.due_ns(600 * second, 2 * hour + second / 2) == 2 * hour + second);
  CHECK(p.due_ns(600 * second, hour + second / 2) == hour + second);          // it stepped back by an hour
  CHECK(p.due_ns(600 * second, hour + second * 3 / 4) == hour + second);      // and goes on from there
  CHECK(p.due_ns(900 * second, hour + second) == hour + 2 * second);
}

TEST_CASE(
    "every real candle file is read to its end without a fault, and the main run's files have their rows") {
  const char* data = std::getenv("BOWLINE_DATA");
  const std::filesystem::path folder =
      data ? std::filesystem::path(data) / "data" / "candles" : std::filesystem::path();
  if (!data || !std::filesystem::is_directory(folder)) {
    if (const char* must = std::getenv("BOWLINE_REQUIRE_DATA"); must && std::string_view(must) == "1")
      FAIL("BOWLINE_REQUIRE_DATA is set, and BOWLINE_DATA names no folder with data/candles");
    WARN("skipped: real candle files: BOWLINE_DATA (folder of data/candles) is not set");
    return;
  }
  std::size_t files = 0, main_rows = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    FileOptions o;
    o.path = entry.path().string();
    o.interval_s = name.find("_5m_") != std::string::npos   ? 300
                   : name.find("_1m_") != std::string::npos ? 60
                                                            : 3'600;
    INFO(name);
    auto file = BarFile::open(o);
    REQUIRE(file.ok());
    BarFile::Next n;
    while ((n = (*file)->next()) == BarFile::Next::bar) {
    }
    INFO((*file)->error().message);
    REQUIRE(n == BarFile::Next::end);
    ++files;
    for (const char* coin : {"BTC", "ETH", "ADA", "XRP", "LTC", "LINK"})
      if (name == std::string("binance_spot_") + coin + "USDT_5m_2022.csv.gz") {
        CHECK((*file)->counts().bars == 61'998);
        main_rows += (*file)->counts().bars;
      }
  }
  CHECK(files > 20);
  CHECK(main_rows == 371'988);
}
