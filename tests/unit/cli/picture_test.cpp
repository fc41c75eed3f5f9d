#include <catch2/catch.hpp>

#include "cli/picture.hpp"

using bowline::cli::on_terminal;

TEST_CASE("a picture that fits is drawn as it is, each line cleared to its end") {
  CHECK(on_terminal("head\n\ntail\n", {24, 80}) == "\x1b[Hhead\x1b[K\n\x1b[K\ntail\x1b[K\n\x1b[J");
  CHECK(on_terminal("head\n\ntail\n", {4, 80}) == on_terminal("head\n\ntail\n", {24, 80}));
}

TEST_CASE("a picture too high for the terminal loses its empty lines, then its end, never its head") {
  CHECK(on_terminal("head\n\ntail\n", {3, 80}) == "\x1b[Hhead\x1b[K\ntail\x1b[K\n\x1b[J");
  CHECK(on_terminal("head\n\ntail\n", {2, 80}) == "\x1b[Hhead\x1b[K\n\x1b[J");
  CHECK(on_terminal("head\n\ntail\n", {1, 80}) == "\x1b[Hhead\x1b[K\n\x1b[J");
}

TEST_CASE("a line wider than the terminal counts as the rows that it takes") {
  CHECK(on_terminal("head\n\n123456\n", {4, 4}) == "\x1b[Hhead\n123456\x1b[K\n\x1b[J");
  CHECK(on_terminal("head\n\n123456\n", {3, 4}) == "\x1b[Hhead\n\x1b[J");
}

TEST_CASE("a terminal that does not tell its size gets the whole picture") {
  CHECK(on_terminal("head\n\ntail\n", {}) == "\x1b[Hhead\x1b[K\n\x1b[K\ntail\x1b[K\n\x1b[J");
}
