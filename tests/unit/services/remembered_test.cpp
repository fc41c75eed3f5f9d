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
