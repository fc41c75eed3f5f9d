// One candle: its text, its mantissas, its faults; lengths and times as people write them.
#include <catch2/catch.hpp>

#include "data/candle.hpp"
#include "data/codes.hpp"
#include "data/interval.hpp"
#include "scratch.hpp"

using namespace data_test;
using namespace bowline::data;

TEST_CASE("a length of candles divides a day") {
  CHECK(parse_interval("5m") == 300);
  CHECK(parse_interval("90s") == 90);
  CHECK(parse_interval("4h") == 14'400);
  CHECK(parse_interval("1d") == 86'400);
  for (const char* no : {"", "m", "5", "0m", "05m", "7m", "2d", "-5m", "5 m", "99999999h", "5M", "1440001m"}) CHECK_FALSE(parse_interval(no));
  for (const std::int64_t s : {1, 60, 90, 300, 3600, 14'400, 86'400}) CHECK(parse_interval(interval_name(s)) == s);
  CHECK(granularity(300) == "FIVE_MINUTE");
  CHECK_FALSE(granularity(14'400));
}

TEST_CASE("a time is a date, a date with a clock, or seconds") {
  CHECK(parse_instant("2024-01-01") == t0);
  CHECK(parse_instant("2024-01-01T01:02:03Z") == t0 + 3723);
  CHECK(parse_instant("2024-01-01 01:02") == t0 + 3720);
  CHECK(parse_instant("1704067200") == t0);
  CHECK(parse_instant("2024-02-29") == t0 + 59 * 86'400);
  for (const char* no : {"", "2023-02-29", "2024-13-01", "2024-01-01T24:00", "2024-01-01T01", "2024-01-01T01:02:03+01:00", "99999999999",
                         "9999999999", "-1", "2024-1-1", "now"})
    CHECK_FALSE(parse_instant(no));
  CHECK(instant(t0 + 300) == "2024-01-01T00:05:00Z");
}

TEST_CASE("a row is read and written exactly") {
  const RowRead r = parse_row("1704067200,42000.01,42100,41999.000000000000000001,5e4,0.00000001");
  CHECK(r.code == code::row_inconsistent);  // 50000 is above the high
  const RowRead good = parse_row("1704067200,0.000012345678901234,0.00002,1e-5,0.000015,123456789.5\r");
  REQUIRE(good.code.empty());
  CHECK_FALSE(good.rounded);
  std::string out;
  append_row(out, good.candle);
  CHECK(out == "1704067200,0.000012345678901234,0.00002,0.00001,0.000015,123456789.5\n");
  CHECK(parse_row(out.substr(0, out.size() - 1)).candle == good.candle);
}

TEST_CASE("what is no row is told by its code") {
  const auto code = [](const char* line) { return std::string(parse_row(line).code); };
  CHECK(code("") == code::row_malformed);
  CHECK(code("1704067200,1,2,1,1") == code::row_malformed);
  CHECK(code("1704067200,1,2,1,1,1,1") == code::row_malformed);
  CHECK(code("1704067200,1,2,1,1.2.3,1") == code::row_malformed);
  CHECK(code("1704067200,1,2,1,0x10,1") == code::row_malformed);
  CHECK(code("1704067200,1,2,1,,1") == code::row_not_a_number);
  CHECK(code("1704067200,1,NaN,1,1,1") == code::row_not_a_number);
  CHECK(code("1704067200,-inf,2,1,1,1") == code::row_not_a_number);
  CHECK(code("1704067200,0,2,1,1,1") == code::row_negative);
  CHECK(code("1704067200,1,2,1,1,-1") == code::row_negative);
  CHECK(code("1704067200,1,2,1.5,1.7,1") == code::row_inconsistent);
  CHECK(code("1704067200,1,0.5,1,1,1") == code::row_inconsistent);
  CHECK(code("1704067200,3,2,1,1,1") == code::row_inconsistent);
  CHECK(code("1704067200000,1,2,1,1,1") == code::row_out_of_range);
  CHECK(code("1704067200.5,1,2,1,1,1") == code::row_out_of_range);
  CHECK(code("0,1,2,1,1,1") == code::row_out_of_range);
  CHECK(code("1704067200,1e300,1e300,1e300,1e300,1") == code::row_out_of_range);
  CHECK(code("1704067200,1,2,1,1,1e99999999999999999999") == code::row_malformed);
  CHECK(code("1704067200,1,2,1,1,208.908116409952064099595") == code::row_out_of_range);  // the feed can't read it, so it is none
  CHECK(code("1704067200,12345678901.123456789012,12345678901.123456789012,1,1,1") == code::row_out_of_range);
}

TEST_CASE("a number of more than 18 decimals is rounded half to even, and told") {
  bool rounded = false;
  CHECK(parse_number("0.0071911399999999995", rounded)->to_string() == "0.00719114");  // 19 decimals: what a double leaves behind
  CHECK(rounded);
  const auto one = [](const char* text) {
    bool r = false;
    const auto d = parse_number(text, r);
    return d ? d->to_string() + (r ? " r" : "") : std::string("none");
  };
  CHECK(one("0.0000000000000000005") == "0 r");
  CHECK(one("0.0000000000000000015") == "0.000000000000000002 r");
  CHECK(one("0.0000000000000000025") == "0.000000000000000002 r");
  CHECK(one("0.00000000000000000250001") == "0.000000000000000003 r");
  CHECK(one("-0.0000000000000000015") == "-0.000000000000000002 r");
  CHECK(one("0.00000000000000000049") == "0 r");
  CHECK(one("0.00000000000000000009") == "0 r");
  CHECK(one("1.0000000000000000000000") == "1");
  CHECK(one("15e-19") == "0.000000000000000002 r");
  CHECK(one("5e-200") == "0 r");
  CHECK(one("1e30") == "none");
  CHECK(one("1.") == "none");
  CHECK(one("--1") == "none");
  CHECK(one("1e") == "none");
  CHECK(one("8e+-55") == "none");
  CHECK(one("8e+55") == "none");
  CHECK(one("8e+1") == "80");
  CHECK(one("8e--1") == "none");
}

TEST_CASE("mantissas are exact, of exponent -8 where it serves") {
  Candle c = candle(t0);
  const auto m = mantissas(c);
  REQUIRE(m);
  CHECK(m->px_exp == -8);
  CHECK(m->qty_exp == -8);
  CHECK(candle_of(t0, *m) == c);
  c.low = Decimal::parse("0.0000000000000012").value();
  CHECK_FALSE(mantissas(c));  // 43000 and 1.2e-15 under one exponent need more than 64 bits
  const Decimal tiny = Decimal::parse("0.0000000000012").value();
  c.open = c.high = c.low = c.close = tiny;
  c.volume = Decimal::parse("100000000000000000000").value();
  const auto small = mantissas(c);
  REQUIRE(small);
  CHECK(small->px_exp == -13);
  CHECK(small->qty_exp == 18);
  CHECK(candle_of(t0, *small) == c);
}

TEST_CASE("a volume of too many digits is rounded until it fits, others stay") {
  CHECK(fitting_volume(Decimal::parse("355.82896243").value()).to_string() == "355.82896243");
  CHECK(fitting_volume(Decimal::parse("12345678901.123456789512").value()).to_string() == "12345678901.12345679");
  CHECK(fitting_volume(Decimal::parse("9.223372036854775808").value()).to_string() == "9.22337203685477581");
  CHECK(fitting_volume(Decimal::zero()) == Decimal::zero());
}
