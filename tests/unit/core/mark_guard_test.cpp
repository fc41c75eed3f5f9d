#include "core/mark_guard.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;

namespace {
constexpr InstrumentId btc{1};
constexpr Nanos second = 1'000'000'000, minute = 60 * second;

struct Guarded {
  MarkGuard guard{1, "0.1"_dec, minute, 10 * minute};
  Decimal last = Decimal::not_set();
  /// Until when it is denied after this price.
  Nanos at(Decimal px, Nanos now) {
    guard.moves(btc, last, px, now);
    last = px;
    return guard.denied_until(btc);
  }
};
}  // namespace

TEST_CASE("rule 5.2: a price that moves at once by more than the share has jumped, up or down, the edge is none") {
  Guarded g;
  CHECK(g.at("100"_dec, 0) == 0);
  CHECK(g.at("110"_dec, second) == 0);
  CHECK(g.at("99"_dec, 2 * second) == 0);
  CHECK(g.at("109"_dec, 3 * second) == minute + 3 * second);
  CHECK(g.at("98.1"_dec, 4 * second) == minute + 3 * second);
  CHECK(g.at("88.28"_dec, 5 * second) == minute + 5 * second);
}

TEST_CASE("rule 5.2: many small moves are no jump, however far they lead") {
  Guarded g;
  Decimal px = "100"_dec;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(g.at(px, i * second) == 0);
    px = mul(px, i < 50 ? "1.0999"_dec : "0.9001"_dec, Rounding::half_even);
  }
}

TEST_CASE("rule 5.2: each jump is found, and nothing else, as if every pair were reckoned") {
  std::mt19937_64 random(20261129);
  std::uniform_int_distribution<std::int64_t> move(-1200, 1200);
  Guarded g;
  Decimal px = "100"_dec;
  g.at(px, 0);
  int jumps = 0;
  for (Nanos now = second; now < 20'000 * second; now += second) {
    const std::int64_t by = move(random);
    const Decimal next = px + mul(px, Decimal::from_mantissa(by, -4), Rounding::half_even);
    const bool jumped = abs(next - px) > mul(px, "0.1"_dec, Rounding::up);
    const Nanos before = g.guard.denied_until(btc), after = g.at(next, now);
    REQUIRE((after != before) == jumped);
    jumps += jumped;
    px = std::clamp(next, "1"_dec, "100000"_dec);
    if (px != next) {
      g = {};
      g.at(px, now);
    }
  }
  CHECK(jumps > 1000);
}

TEST_CASE("rule 5.2: the middle of a quote is bounded by the last trade while that is fresh") {
  MarkGuard guard(1, "0.1"_dec, minute, 10 * minute);
  CHECK(guard.bounded(btc, "1000"_dec, 0) == "1000"_dec);  // nothing was traded yet
  guard.traded(btc, "100"_dec, minute);
  CHECK(guard.bounded(btc, "1000"_dec, 2 * minute) == "110"_dec);
  CHECK(guard.bounded(btc, "1"_dec, 2 * minute) == "90"_dec);
  CHECK(guard.bounded(btc, "105"_dec, 2 * minute) == "105"_dec);
  CHECK(guard.bounded(btc, "1000"_dec, 11 * minute) == "110"_dec);
  CHECK(guard.bounded(btc, "1000"_dec, 11 * minute + 1) == "1000"_dec);
  guard.traded(btc, "50"_dec, 0);  // told late
  CHECK(guard.bounded(btc, "1000"_dec, 2 * minute) == "110"_dec);
}

TEST_CASE("rule 5.2: switched off it believes every price") {
  MarkGuard guard(1, Decimal::not_set(), minute, minute);
  guard.traded(btc, "100"_dec, 0);
  guard.moves(btc, "100"_dec, "1"_dec, 0);
  CHECK(guard.denied_until(btc) == 0);
  CHECK(guard.bounded(btc, "1000"_dec, 0) == "1000"_dec);
}

TEST_CASE("rule 5.2: a price that is no number is bounded to none, and moves nothing") {
  Guarded g;
  g.guard.traded(btc, "100"_dec, 0);
  CHECK(g.at("100"_dec, 0) == 0);
  CHECK_FALSE(g.guard.bounded(btc, Decimal::not_set(), second).is_set());
  CHECK(g.at(Decimal::not_set(), second) == 0);
  g.last = "100"_dec;
  CHECK(g.at("111"_dec, 2 * second) == minute + 2 * second);
}
