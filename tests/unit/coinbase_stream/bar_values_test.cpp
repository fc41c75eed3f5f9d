// The numbers of one bar.
#include <catch2/catch.hpp>

#include "coinbase_stream/bar_values.hpp"

using namespace bowline;
using namespace bowline::coinbase;

namespace {
Result<BarValues> values(std::string_view o, std::string_view h, std::string_view l, std::string_view c, std::string_view v) {
  return bar_values(read_number(o).value(), read_number(h).value(), read_number(l).value(), read_number(c).value(),
                    read_number(v).value());
}
}  // namespace

TEST_CASE("a bar has one exponent for its prices and one for its volume, and equal bars are equal however they are written") {
  const auto a = values("68900.00", "68950.00", "68850.00", "68920.50", "42.15000000");
  REQUIRE(a);
  CHECK((a->px_exp == -1 && a->qty_exp == -2));
  CHECK((a->open == 689'000 && a->high == 689'500 && a->low == 688'500 && a->close == 689'205 && a->volume == 4'215));
  CHECK_FALSE(a->volume_rounded);
  CHECK(*a == *values("68900", "68950", "68850.0", "68920.5000", "42.150000000000000000"));
  CHECK_FALSE(*a == *values("68900", "68950", "68850", "68920.5", "42.16"));
  CHECK(values("1", "1", "1", "1", "0")->px_exp == 0);
}

TEST_CASE("an impossible candle is refused by name, its amounts are not repeated") {
  for (const auto& bad :
       {values("0", "1", "0", "1", "1"), values("1", "0.5", "0.5", "0.5", "1"), values("2", "3", "2.5", "3", "1"),
        values("2", "3", "1", "4", "1"), values("1", "1", "1", "1", "-1"), values("-1", "1", "-1", "1", "1")}) {
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == "BAR_IMPOSSIBLE");
    CHECK(bad.error().message.find_first_of("123456789") == std::string::npos);
  }
  CHECK(values("1", "123456789012.123456789012", "1", "1", "1").error().code == "BAR_TOO_FINE");
  CHECK(values("0.000000000000000001", "100", "0.000000000000000001", "1", "1").error().code == "BAR_TOO_FINE");
}

TEST_CASE("a volume of more digits than 64 bits hold is rounded and marked, a price never is") {
  const auto a = values("1", "1", "1", "1", "123456789012.12345678");
  REQUIRE(a);
  CHECK(a->volume_rounded);
  CHECK(a->qty_exp == -7);
  CHECK(a->volume == 1'234'567'890'121'234'568);
  const auto b = values("1", "1", "1", "1", "9300000000000000001");
  CHECK(b.error().code == "BAR_TOO_FINE");
}

TEST_CASE("a flat bar is the close before, without volume") {
  const BarValues f = flat_after(*values("1.5", "2", "1", "1.5", "3"));
  CHECK(f == *values("1.5", "1.5", "1.5", "1.5", "0"));
  CHECK(flat_after(*values("1.5", "2", "1", "2", "3")) == *values("2", "2", "2", "2", "0"));
}

TEST_CASE("volumes are compared as amounts") {
  const BarValues small = *values("1", "1", "1", "1", "9.99"), large = *values("1", "1", "1", "1", "10");
  CHECK(more_volume(large, small));
  CHECK_FALSE(more_volume(small, large));
  CHECK_FALSE(more_volume(large, large));
}
