// Numbers and times of the wire.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

#include "coinbase_stream/number.hpp"
#include "coinbase_stream/stream_time.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;

TEST_CASE("a number is what its text says, to the last digit") {
  const auto is = [](std::string_view text, Decimal value) {
    const auto n = read_number(text);
    INFO(text);
    REQUIRE(n);
    CHECK(n->decimal() == value);
    CHECK(n->sign() == value.sign());
  };
  is("0", Decimal::zero());
  is("0.00000000", Decimal::zero());
  is("-0", Decimal::zero());
  is("68900.00", "68900"_dec);
  is("68900.01", "68900.01"_dec);
  is("-4.15775596190603", "-4.15775596190603"_dec);
  is("0.5770494951509377", "0.5770494951509377"_dec);
  is("26.7187147229469674", "26.7187147229469674"_dec);
  is("0.010000000000000000", "0.01"_dec);
  is("0.000000000000000001", Decimal::epsilon());
  is("999999999999999999", "999999999999999999"_dec);
  is("9223372036854775808", "9223372036854775808"_dec);
  is("123456789012345.123456789012345678", "123456789012345.123456789012345678"_dec);
  is("1e-7", "0.0000001"_dec);
  is("1.5E3", "1500"_dec);
}

TEST_CASE("what is no number, or can't be held, is none") {
  for (const char* text : {"",
                           " ",
                           "-",
                           ".",
                           "1.",
                           "1..2",
                           "1.2.3",
                           "abc",
                           "0x10",
                           "1,5",
                           " 1",
                           "1 ",
                           "nan",
                           "inf",
                           "1e",
                           "1e99999",
                           "0.0000000000000000001",
                           "170141183460469231732",
                           "--1",
                           "1-"}) {
    INFO(text);
    CHECK_FALSE(read_number(text));
  }
}

TEST_CASE("a mantissa is used where one fits, a Decimal where none does") {
  CHECK_FALSE(read_number("68900.01")->wide());
  CHECK_FALSE(read_number("0.010000000000000000000000")->wide());  // the zeros say nothing
  CHECK(read_number("123456789012345.123456789012345678")->wide());
  CHECK(read_number("68900.01")->at(-2) == 6'890'001);
  CHECK(read_number("68900.01")->at(-8) == 6'890'001'000'000);
  CHECK_FALSE(read_number("68900.01")->at(-1));   // it would be rounded
  CHECK_FALSE(read_number("68900.01")->at(-18));  // it does not fit
  CHECK(read_number("68900.00")->at(0) == 68'900);
  CHECK(read_number("0.00")->at(0) == 0);
  CHECK(read_number("0")->at(-18) == 0);
  CHECK(read_number("123456789012345.100000000000000001")->at(-18) == std::nullopt);
  const StreamNumber t = read_number("68900.100")->trimmed();
  CHECK((t.mantissa() == 689'001 && t.exp() == -1));
}

TEST_CASE("property: any mantissa and exponent comes back from its text, and at() never rounds") {
  CHECK(rc::check([](std::int64_t m, std::uint8_t e) {
    const int exp = -static_cast<int>(e % 19);
    const Decimal d = Decimal::from_mantissa(m, exp);
    const auto n = read_number(d.to_string());
    RC_ASSERT(n.has_value());
    RC_ASSERT(n->decimal() == d);
    RC_ASSERT(StreamNumber::from(d).decimal() == d);
    RC_ASSERT(n->trimmed().decimal() == d);
    for (int at = -18; at <= 0; ++at)
      if (const auto x = n->at(at)) RC_ASSERT(Decimal::from_mantissa(*x, at) == d);
    RC_ASSERT(n->at(exp) == m);
  }));
}

TEST_CASE("an average of more than 18 decimals is rounded to the nearest, ties to even") {
  CHECK(read_rounded("8.5959999999999997") == "8.5959999999999997"_dec);
  CHECK(read_rounded("0.0000000000000000014") == Decimal::epsilon());
  CHECK(read_rounded("0.0000000000000000015") == "0.000000000000000002"_dec);
  CHECK(read_rounded("0.0000000000000000025") == "0.000000000000000002"_dec);
  CHECK(read_rounded("0.00000000000000000250001") == "0.000000000000000003"_dec);
  CHECK(read_rounded("-0.0000000000000000016") == "-0.000000000000000002"_dec);
  CHECK(read_rounded("2.9999999999999999996") == "3"_dec);
  for (const char* text : {"", "x", "0.0000000000000000001x", "1e-25x", "170141183460469231732.00000000000000000000001"}) {
    INFO(text);
    CHECK_FALSE(read_rounded(text));
  }
}

TEST_CASE("times have any number of decimals and any offset; the venue's ways of saying none are 0") {
  constexpr std::int64_t at = 1'775'572'200'000'000'000;
  CHECK(read_stream_time("2026-04-07T14:30:00Z") == at);
  CHECK(read_stream_time("2026-04-07T14:30:00.1Z") == at + 100'000'000);
  CHECK(read_stream_time("2026-04-07T14:30:00.123456Z") == at + 123'456'000);
  CHECK(read_stream_time("2026-04-07T14:30:00.123456789Z") == at + 123'456'789);
  CHECK(read_stream_time("2026-04-07T14:30:00.1234567899Z") == at + 123'456'789);
  CHECK(read_stream_time("2026-04-07T16:30:00+02:00") == at);
  CHECK(read_stream_time("2026-04-07T09:00:00-05:30") == at);
  CHECK(read_stream_time("2026-04-07 14:30:00Z") == at);
  CHECK(read_stream_time("2024-02-29T00:00:00Z") == 1'709'164'800'000'000'000);
  for (const char* none : {"", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z"}) {
    INFO(none);
    CHECK(read_stream_time(none) == 0);
  }
  for (const char* bad : {"x", "2026-04-07", "2026-04-07T14:30", "2026-04-07T14:30:00", "2026-13-07T14:30:00Z",
                          "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-04-07T24:00:00Z", "2026-04-07T14:60:00Z",
                          "2026-04-07T14:30:00.Z", "2026-04-07T14:30:00ZZ", "2026-04-07T14:30:00+2", "2262-01-01T00:00:00Z",
                          "9999-12-31T00:00:00Z", "2023-06-23 20:31:56.121961769 +0000 UTC m=+91717.525857105"}) {
    INFO(bad);
    CHECK_FALSE(read_stream_time(bad));
  }
  TimeReader again;
  CHECK(again.read("2026-04-07T14:30:00Z") == at);
  CHECK(again.read("2026-04-07T14:30:00Z") == at);
  CHECK_FALSE(again.read("soon"));
  CHECK(again.read("2026-04-07T14:30:01Z") == at + 1'000'000'000);
}
