// The pace of what many could share: some at once, then by the clock, and a part of it for what is urgent alone.
#include "broker_coinbase/pace.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <vector>

using bowline::broker_coinbase::Pace;

namespace {
constexpr std::int64_t second = 1'000'000'000;
}

TEST_CASE("a few at once, then one each period; what is urgent has as many more") {
  Pace p(2 * second, 3);
  for (int i = 0; i < 3; ++i) CHECK(p.take(100 * second, false) == 0);
  CHECK(p.take(100 * second, false) == 2 * second);
  for (int i = 0; i < 3; ++i) CHECK(p.take(100 * second, true) == 0);
  CHECK(p.take(100 * second, true) == 2 * second);
  CHECK(p.take(100 * second, false) == 8 * second);  // behind what the urgent ones took
  CHECK(p.take(102 * second - 1, true) == 1);
  CHECK(p.take(102 * second, true) == 0);
  for (int i = 0; i < 6; ++i) CHECK(p.take(1000 * second, true) == 0);  // it is full again, and not fuller
  CHECK(p.take(1000 * second, true) != 0);
}

TEST_CASE("one at once is the least") {
  Pace p(second, 0);
  CHECK(p.take(5 * second, false) == 0);
  CHECK(p.take(5 * second, false) == second);
}

TEST_CASE("in no stretch of time go more than what goes at once and one for each period of it; who waits as long as told goes") {
  CHECK(rc::check("any askers", [](const std::vector<std::uint8_t>& gaps) {
    constexpr std::int64_t every = 100;
    constexpr std::uint32_t burst = 2;
    Pace p(every, burst);
    std::int64_t now = 10'000;
    std::vector<std::int64_t> gone;
    for (const std::uint8_t g : gaps) {
      now += g;
      const std::int64_t wait = p.take(now, (g & 1) != 0);
      if (wait == 0) {
        gone.push_back(now);
      } else {
        RC_ASSERT(wait > 0);
        Pace later = p;
        RC_ASSERT(later.take(now + wait - 1, (g & 1) != 0) > 0);
        RC_ASSERT(later.take(now + wait, (g & 1) != 0) == 0);
      }
    }
    for (std::size_t i = 0; i < gone.size(); ++i)
      for (std::size_t k = i; k < gone.size(); ++k)
        RC_ASSERT(static_cast<std::int64_t>(k - i + 1) <= 2 * burst + (gone[k] - gone[i]) / every);
  }));
}
