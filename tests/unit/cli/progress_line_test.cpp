// The bar of long work.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdio>

#include "cli/progress_line.hpp"

using namespace bowline::cli;

TEST_CASE("a bar is as full as what is done") {
  CHECK(progress_bar(0, 4, 8) == "[--------]   0 %");
  CHECK(progress_bar(1, 4, 8) == "[##------]  25 %");
  CHECK(progress_bar(4, 4, 8) == "[########] 100 %");
  CHECK(progress_bar(0, 0, 4) == "[####] 100 %");
  CHECK(progress_bar(9, 4, 4) == "[####] 100 %");
  CHECK(progress_bar(999, 1000, 10) == "[#########-]  99 %");
}

TEST_CASE("without a terminal a tenth is told once, and nothing to nobody") {
  if (::isatty(STDERR_FILENO) != 0) return;  // there is one: the bar itself would be drawn
  std::FILE* lines = std::tmpfile();
  REQUIRE(lines != nullptr);
  {
    ProgressLine p("BTC-USD 5m", lines), mute("x", nullptr);
    for (std::size_t i = 0; i <= 100; ++i) p.at(i, 100), mute.at(i, 100);
    p.at(0, 0);
  }
  std::rewind(lines);
  int newlines = 0;
  for (int c = 0; (c = std::fgetc(lines)) != EOF;) newlines += c == '\n';
  std::fclose(lines);
  CHECK(newlines == 11);
}
