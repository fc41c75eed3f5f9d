// Equity a day ago, whenever it is asked (trading rules 5.1).
#include "services/trade_execution/rolling_day.hpp"

#include <catch2/catch.hpp>

using namespace bowline;
using namespace bowline::literals;
using services::RollingDay;

namespace {
constexpr core::Nanos slot = RollingDay::slot_ns, day = 288 * slot, begin = 19'000 * day;
Decimal amount(std::int64_t n) { return Decimal::from_int(n); }
}  // namespace

TEST_CASE("rule 5.1: the rolling day begins with the first mark, and then 24 hours before the five minutes of now") {
  RollingDay r;
  CHECK(!r.opening().equity.is_set());
  for (std::int64_t n = 0; n < 1000; ++n) {
    const core::Nanos now = begin + n * slot + 7;
    CHECK(!r.has(now));
    r.mark(now, amount(n), amount(-n));
    CHECK(r.has(now));
    CHECK(r.has(begin + (n + 1) * slot - 1));
    CHECK(r.opening().equity == amount(std::max<std::int64_t>(0, n - 288)));
    CHECK(r.opening().flows == -r.opening().equity);
  }
}

TEST_CASE("rule 5.1: of five minutes the first mark counts, and time does not go back") {
  RollingDay r;
  r.mark(begin + 1, amount(5), amount(0));
  r.mark(begin + 2, amount(6), amount(0));
  CHECK(r.opening().equity == amount(5));
  r.mark(begin - slot, amount(7), amount(0));
  CHECK(r.opening().equity == amount(5));
  r.mark(begin + slot, Decimal::not_set(), amount(0));
  CHECK(!r.has(begin + slot));
}

TEST_CASE("rule 5.1: where nothing was settled the opening is younger than a day, never older") {
  RollingDay r;
  r.mark(begin, amount(1), amount(0));
  r.mark(begin + 280 * slot, amount(2), amount(0));
  r.mark(begin + 288 * slot, amount(3), amount(0));
  CHECK(r.opening().equity == amount(1));  // 24 hours ago to the minute
  r.mark(begin + 289 * slot, amount(4), amount(0));
  CHECK(r.opening().equity == amount(2));
  r.mark(begin + 3 * day, amount(5), amount(0));
  CHECK(r.opening().equity == amount(5));
}

TEST_CASE("rule 5.1: the marks come back after a restart as they were, in pieces as they were written") {
  RollingDay r, again;
  std::string all;
  for (std::int64_t n = 0; n < 700; ++n) {
    if (n % 97 == 3) continue;
    // Flat for a while, then not.
    r.mark(begin + n * slot, n % 100 < 60 ? "10000"_dec : amount(n) + "0.000000000000000001"_dec, n < 300 ? amount(0) : "-2000.5"_dec);
    if (n % 31 == 0) {
      const std::string text = r.unwritten();
      all += text + "\n";
      REQUIRE(again.restore(text));
    }
  }
  REQUIRE(again.restore(r.unwritten()));
  CHECK(r.unwritten().empty());
  CHECK(again.waiting() == 0);
  CHECK(all.find('+') != std::string::npos);
  CHECK(all.size() < 12'000);
  for (std::int64_t n = 700; n < 1100; ++n) {
    r.mark(begin + n * slot, amount(n), amount(0));
    again.mark(begin + n * slot, amount(n), amount(0));
    REQUIRE(again.opening().slot == r.opening().slot);
    REQUIRE(again.opening().equity == r.opening().equity);
    REQUIRE(again.opening().flows == r.opening().flows);
  }
}

TEST_CASE("rule 5.1: marks that were not written after all are written with the next") {
  RollingDay r;
  r.mark(begin, amount(1), amount(0));
  r.mark(begin + slot, amount(2), amount(0));
  const std::size_t waiting = r.waiting();
  const std::string text = r.unwritten();
  CHECK(r.unwritten().empty());
  r.wait_again(waiting);
  CHECK(r.unwritten() == text);
}

TEST_CASE("rule 5.1: marks that can't be read are refused") {
  for (const char* bad : {"x", "5", "5:", "5:1", "5:1:x", "5+:1:0", "5+999:1:0", "-5:1:0", "5:1:0 5:1:0", "5 1:0", "5:1:0  "}) {
    INFO(bad);
    RollingDay r;
    const auto done = r.restore(bad);
    REQUIRE(!done);
    CHECK(done.error().code == "JOURNAL_ROW");
  }
  RollingDay r;
  CHECK(r.restore(""));
  CHECK(!r.opening().equity.is_set());
}
