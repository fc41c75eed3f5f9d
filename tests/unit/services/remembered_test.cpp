#include "services/trade_execution/remembered.hpp"

#include <catch2/catch.hpp>

using bowline::services::Remembered;

TEST_CASE("rule 2.1: what a key stands for is known until as many newer ones have come, told again it is the newest") {
  Remembered<int> r(2);
  CHECK(r.newest() == nullptr);
  r.put("a", 1);
  r.put("b", 2);
  r.put("a", 3);
  REQUIRE(r.find("a") != nullptr);
  CHECK(*r.find("a") == 3);
  CHECK(*r.newest() == 3);
  r.put("c", 4);
  CHECK(!r.has("b"));
  CHECK(r.has("a"));
  CHECK(r.has("c"));
  CHECK(r.find("b") == nullptr);
}

TEST_CASE("rule 2.1: of a key that is forgotten it is known that it was there") {
  Remembered<int> r(2);
  for (const char* key : {"a", "b", "c"}) r.put(key, 1);
  CHECK(r.forgot("a"));
  CHECK_FALSE(r.forgot("b"));
  CHECK_FALSE(r.forgot("never"));
  r.put("a", 2);  // known again
  CHECK_FALSE(r.forgot("a"));
  CHECK(r.forgot("b"));
}
