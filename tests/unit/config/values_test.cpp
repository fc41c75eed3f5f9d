#include "config/values.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "config/problem.hpp"

using namespace bowline;
using namespace bowline::config;

TEST_CASE("a fraction may be written as percent, basis points or decimal, and is exact") {
  const Decimal half_percent = *Decimal::try_parse("0.005");
  CHECK(parse_fraction("0.5%") == half_percent);
  CHECK(parse_fraction("0.5 %") == half_percent);
  CHECK(parse_fraction("50bp") == half_percent);
  CHECK(parse_fraction("0.005") == half_percent);
  for (const char* text : {"", "%", "5%%", "05%", ".5", "5.", "1e-2", "+5%", "nan", "5 percent"}) {
    INFO(text);
    CHECK_FALSE(parse_fraction(text));
  }
}

TEST_CASE("a duration has a unit, and one that does not fit is refused") {
  CHECK(parse_duration("250ms") == 250'000'000);
  CHECK(parse_duration("5m") == 300'000'000'000);
  CHECK(parse_duration("7d") == 604'800'000'000'000);
  CHECK(parse_duration("0") == 0);
  for (const char* text : {"", "5", "m", "-5m", "05m", "1.5h", "9999999999d"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a size has a binary unit, and one that does not fit is refused") {
  CHECK(parse_size("64KiB") == 65'536);
  CHECK(parse_size("16MiB") == 16'777'216);
  CHECK(parse_size("1 GiB") == 1'073'741'824);
  CHECK(parse_size("0") == 0);
  for (const char* text : {"", "5", "MiB", "-5MiB", "05MiB", "1.5MiB", "16MB", "16mib", "9999999999999GiB"}) {
    INFO(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("the limits of a 64-bit number are numbers, one beyond is none") {
  CHECK(parse_integer("9223372036854775807") == INT64_MAX);
  CHECK(parse_integer("-9223372036854775808") == INT64_MIN);
  CHECK_FALSE(parse_integer("9223372036854775808"));
  CHECK_FALSE(parse_integer("--1"));
  CHECK_FALSE(parse_integer("-"));
}

TEST_CASE("a word far from every name is near to none") {
  const std::vector<std::string> names{"max_position", "max_exposure"};
  CHECK(nearest("max_postion", names) == "max_position");
  CHECK(nearest("colour", names).empty());
}

TEST_CASE("a duration is written as the shortest text that reads back as itself") {
  for (const char* text : {"0", "1ns", "250ms", "90s", "5m", "1h", "36h", "7d"}) {
    CHECK(duration_text(*parse_duration(text)) == text);
  }
  CHECK(duration_text(3'600'000'000'000) == "1h");
}
