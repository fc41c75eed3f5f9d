// What lies between two states of one order.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "coinbase_stream/order_steps.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;

TEST_CASE("the price of a fill is what the average changed by, exactly") {
  CHECK(price_between(Decimal::zero(), Decimal::zero(), "68900"_dec, "0.001"_dec) == "68900"_dec);
  CHECK(price_between(Decimal::not_set(), Decimal::zero(), "68900"_dec, "0.001"_dec) == "68900"_dec);
  CHECK(price_between("100"_dec, "1"_dec, "101"_dec, "2"_dec) == "102"_dec);
  CHECK(price_between("100.1"_dec, "0.3"_dec, "100.4"_dec, "0.9"_dec) == "100.55"_dec);
  CHECK(price_between("1"_dec, "1"_dec, "1"_dec, "4"_dec) == "1"_dec);
  // 2.999999999999999999 / 2: rounded once, at the 18th decimal, a tie to the even.
  CHECK(price_between("1"_dec, "1"_dec, "1.333333333333333333"_dec, "3"_dec) == "1.5"_dec);
}

TEST_CASE("no price where nothing was filled, something is not known, or the states contradict each other") {
  CHECK_FALSE(price_between("1"_dec, "1"_dec, "1"_dec, "1"_dec).is_set());
  CHECK_FALSE(price_between("1"_dec, "2"_dec, "1"_dec, "1"_dec).is_set());
  CHECK_FALSE(price_between("1"_dec, "1"_dec, Decimal::not_set(), "2"_dec).is_set());
  CHECK_FALSE(price_between(Decimal::not_set(), "1"_dec, "1"_dec, "2"_dec).is_set());
  CHECK_FALSE(price_between("1"_dec, "1"_dec, "1"_dec, Decimal::not_set()).is_set());
  CHECK_FALSE(price_between("100"_dec, "1"_dec, "10"_dec, "2"_dec).is_set());  // it would be below 0
  CHECK_FALSE(price_between("2"_dec, "1"_dec, "1"_dec, "2"_dec).is_set());     // it would be 0
  CHECK_FALSE(price_between("-1"_dec, "1"_dec, "1"_dec, "2"_dec).is_set());
  CHECK_FALSE(
      price_between("1"_dec, "1"_dec, "170000000000000000000"_dec, "1.000000000000000001"_dec).is_set());  // it does not fit
}

TEST_CASE("property: two fills and their average give the second fill's price back, to what the average was rounded by") {
  CHECK(rc::check([](std::uint32_t p1, std::uint32_t p2, std::uint32_t q1, std::uint32_t q2) {
    const Decimal price1 = Decimal::from_mantissa(std::int64_t{p1} + 1, -2),
                  price2 = Decimal::from_mantissa(std::int64_t{p2} + 1, -2);
    const Decimal a = Decimal::from_mantissa(std::int64_t{q1} + 1, -8), b = Decimal::from_mantissa(std::int64_t{q2} + 1, -8);
    const Decimal value = mul(price1, a, Rounding::half_even) + mul(price2, b, Rounding::half_even);
    const Decimal average = div(value, a + b, Rounding::half_even);
    const Decimal found = price_between(price1, a, average, a + b);
    RC_ASSERT(found.is_set());
    // The average is off by at most half of 10^-18; that counts (a + b) / b times.
    const Decimal slack = mul(Decimal::epsilon(), div(a + b, b, Rounding::up), Rounding::up) + Decimal::epsilon();
    RC_ASSERT(abs(found - price2) <= slack);
  }));
}

TEST_CASE("the same facts give the same id, others another, and it fits where ids go") {
  const std::string id = synthetic_fill_id("a1b2c3d4-e5f6-7890-abcd-ef1234567890", "0.5"_dec, "1"_dec);
  CHECK(id == synthetic_fill_id("a1b2c3d4-e5f6-7890-abcd-ef1234567890", "0.500"_dec, "1.0"_dec));
  CHECK(id.size() == 35);
  CHECK(id.substr(0, 3) == "cs-");
  CHECK(id != synthetic_fill_id("a1b2c3d4-e5f6-7890-abcd-ef1234567891", "0.5"_dec, "1"_dec));
  CHECK(id != synthetic_fill_id("a1b2c3d4-e5f6-7890-abcd-ef1234567890", "0.4"_dec, "1"_dec));
  CHECK(id != synthetic_fill_id("a1b2c3d4-e5f6-7890-abcd-ef1234567890", "0.5"_dec, "1.1"_dec));
  // Written down: it has to be the same after an update of anything.
  CHECK(id == "cs-a0728951617a25cb8ad3aca14b962523");
}
