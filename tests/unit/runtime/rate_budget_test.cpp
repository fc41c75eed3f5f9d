#include "services/runtime/rate_budget.hpp"

#include <catch2/catch.hpp>

#include "bowline/plugin.h"

using namespace bowline;
using namespace bowline::services;

namespace {
constexpr core::Nanos second = 1'000'000'000;
loader::VenueRates venue(std::uint32_t per_second, std::uint32_t per_hour, std::uint32_t cost = 1) {
  loader::VenueRates r;
  r.classes.push_back({"orders", 1, 1, 1});  // charged by no question
  r.classes.push_back({"reads", per_second, per_second, per_hour});
  r.costs.push_back({BL_CALL_SUBMIT, 0, 1});
  r.costs.push_back({BL_CALL_QUERY, 1, cost});
  return r;
}
}  // namespace

TEST_CASE("lesson 17: the periods of reconciliation keep within half of what the venue lets through in a second") {
  CHECK(fits_rate_budget(venue(2, 0), 2 * second, 2 * second));
  CHECK(fits_rate_budget(venue(2, 0), second, 0));
  const auto too_much = fits_rate_budget(venue(2, 0), second, 60 * second);
  REQUIRE(!too_much);
  CHECK(too_much.error().code == "RUN_RATE_BUDGET");
  CHECK(too_much.error().message.find("3660 times an hour") != std::string::npos);
  CHECK(too_much.error().message.find("\"reads\"") != std::string::npos);
}

TEST_CASE("lesson 17: the periods keep within half of what it lets through in an hour, at what each question costs") {
  CHECK(fits_rate_budget(venue(100, 240), 60 * second, 60 * second));
  CHECK(!fits_rate_budget(venue(100, 239), 60 * second, 60 * second));
  CHECK(!fits_rate_budget(venue(100, 240, 2), 60 * second, 60 * second));
  CHECK(fits_rate_budget(venue(100, 240, 2), 60 * second, 0));
}

TEST_CASE("lesson 17: the in-flight check keeps within the same share, and its quota is what the other periods leave") {
  CHECK(fits_rate_budget(venue(4, 0), 2 * second, 2 * second, second));
  const auto too_much = fits_rate_budget(venue(2, 0), 2 * second, 2 * second, 2 * second);
  REQUIRE(!too_much);
  CHECK(too_much.error().message.find("5400 times an hour") != std::string::npos);
  CHECK(too_much.error().message.find("in_flight_every") != std::string::npos);
  // Half of 30 a second is 900 a minute, at 8 each 112 questions; one for the orders and one for the balances, the rest in 30 looks.
  const auto quota = fits_rate_budget(venue(30, 10'000, 8), 60 * second, 300 * second, 2 * second);
  REQUIRE(quota);
  CHECK(quota->per_period == 3);
  CHECK(quota->per_hour == 625 - 72);
  CHECK(fits_rate_budget(venue(1000, 0), 60 * second, 300 * second, 2 * second)->per_period == 10);
  CHECK(fits_rate_budget(venue(1000, 0), 60 * second, 300 * second, 2 * second)->per_hour == 0);
  // An hour without room has one question all the same.
  CHECK(fits_rate_budget(venue(1000, 240), 60 * second, 60 * second, 2 * second)->per_hour == 1);
  CHECK(*fits_rate_budget({}, second, second, second) == InFlightQuota{});
}

TEST_CASE("lesson 17: without rates, or without periods, everything fits") {
  CHECK(fits_rate_budget({}, second, second));
  CHECK(fits_rate_budget(venue(1, 1), 0, 0));
}
