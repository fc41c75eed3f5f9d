// Looks: while few requests are under way each order is asked for by itself, else many together; and what the list of them does not show
// is asked for alone.
#include <algorithm>

#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

/// Forty orders, all acknowledged, and none of them read so far.
struct Many : Desk {
  explicit Many(std::size_t n = 40) {
    for (std::size_t i = 0; i < n; ++i) {
      submit(intent("bl-" + std::to_string(i), "0.5", "100"));
      pump();
    }
    asked_before = count("GET", "/orders/historical");
  }
  std::size_t asked() const { return count("GET", "/orders/historical") - asked_before; }
  std::size_t asked_before = 0;
};

}  // namespace

TEST_CASE("one order alone is asked for by its name") {
  Many d(1);
  d.run(2 * second);
  CHECK(d.asked() == 1);
  CHECK(d.count("GET", "/orders/historical/venue-1") == 1);
}

TEST_CASE("many orders are read in a few requests, with their fills, and each is told its own end") {
  Many d;
  for (std::size_t i = 0; i < 40; i += 2) d.venue.fill(d.venue.orders[i], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.hold_answers = true;  // nothing comes back while the looks fall due
  d.run(second / 2);
  d.hold_answers = false;
  d.run(2 * second);
  CHECK(d.asked() <= 8);  // two orders by name, the rest in one list, and fills as well
  for (std::size_t i = 0; i < 40; ++i) {
    INFO(i);
    Folded& f = d.orders["bl-" + std::to_string(i)];
    CHECK(f.over == (i % 2 == 0));
    CHECK(f.filled() == (i % 2 == 0 ? Decimal::from_mantissa(5, -1) : Decimal::zero()));
    CHECK(std::count(f.kinds.begin(), f.kinds.end(), std::uint32_t{BL_X_DONE}) == (i % 2 == 0 ? 1 : 0));
  }
}

TEST_CASE("one that the list does not show is asked for by itself, and a list that fails proves nothing") {
  Many d;
  d.venue.orders[30].source = "RETAIL_SIMPLE";  // listed elsewhere
  d.venue.fill(d.venue.orders[30], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.venue.fill(d.venue.orders[31], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  std::size_t lists = 0;
  d.venue.fate = [&](const auto& q) {
    return q.url.find("/batch?order_ids") != std::string::npos && ++lists <= 5 ? Fate{Fate::Kind::lost_before} : Fate{};
  };
  d.hold_answers = true;
  d.run(second / 2);
  d.hold_answers = false;
  d.run(60 * second);
  CHECK(lists > 5);
  CHECK(d.orders["bl-30"].state == BL_S_FILLED);
  CHECK(d.orders["bl-31"].state == BL_S_FILLED);
  CHECK(d.count("GET", "/orders/historical/venue-31") >= 1);  // the thirty-first of them, bl-30
  for (const auto& [id, f] : d.orders) CHECK(f.absent == 0);
}

TEST_CASE("a request without an answer holds the looks of others up for no longer than a second") {
  Many d(3);
  d.venue.fill(d.venue.orders[2], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  // The first two never come back; the host has not given them up yet.
  const auto silent = [](const testing::SentRequest& q) { return q.url.ends_with("/venue-1") || q.url.ends_with("/venue-2"); };
  for (std::int64_t passed = 0; passed < 3 * second; passed += second / 10) {
    d.hold_answers = true;
    d.run(second / 10);
    for (; d.served < d.host.requests.size(); ++d.served)
      if (!silent(d.host.requests[d.served])) d.answer(d.served);
    d.hold_answers = false;
  }
  CHECK(d.orders["bl-2"].state == BL_S_FILLED);
  CHECK_FALSE(d.orders["bl-0"].over);
}
