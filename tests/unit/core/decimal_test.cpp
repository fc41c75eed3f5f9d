#include <bowline/decimal.hpp>
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

#include "unit/core/big.hpp"

using bowline::Decimal;
using bowline::Rounding;
using namespace bowline::literals;
using bowline::test::Big;

namespace {

constexpr Rounding modes[] = {Rounding::down, Rounding::up, Rounding::floor, Rounding::ceil, Rounding::half_even};
constexpr auto largest_text = "170141183460469231731.687303715884105727";

std::string code_of(std::string_view text) {
  const auto d = Decimal::parse(text);
  return d ? "parsed as " + d->to_string() : d.error().code;
}

/// Any set value, of every magnitude alike: 128 random bits, shifted right.
Decimal any_decimal() {
  const auto hi = *rc::gen::arbitrary<std::int64_t>(), shift = *rc::gen::inRange<std::int64_t>(0, 127);
  const auto lo = *rc::gen::arbitrary<std::uint64_t>();
  const int n = static_cast<int>(shift);
  std::uint64_t h = static_cast<std::uint64_t>(hi >> std::min(n, 63)), l = lo;
  if (n >= 64)
    l = static_cast<std::uint64_t>(hi >> (n - 64));
  else if (n > 0)
    l = (lo >> n) | (static_cast<std::uint64_t>(hi) << (64 - n));
  const Decimal d = Decimal::from_raw({l, static_cast<std::int64_t>(h)});
  return d.is_set() ? d : Decimal::zero();
}

}  // namespace

TEST_CASE("an amount prints what was read, without trailing zeros") {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0"},           {"-0", "0"},      {"+1", "1"},          {"007", "7"},        {"0.10", "0.1"},
      {"-12.50", "-12.5"},  {".5", "0.5"},    {"1.5e-7", "0.00000015"}, {"2E3", "2000"}, {"1e18", "1000000000000000000"},
      {"0.000000000000000001", "0.000000000000000001"}, {largest_text, largest_text},
      {"1.0000000000000000000000000000000000000000000000", "1"}, {"0e99999", "0"}, {"100e-20", "0.000000000000000001"},
      {"-170141183460469231731.687303715884105727", "-170141183460469231731.687303715884105727"}};
  for (const auto& [in, out] : cases) {
    INFO(in);
    const auto d = Decimal::parse(in);
    REQUIRE(d);
    CHECK(d->to_string() == out);
  }
}

TEST_CASE("what is not a number, too fine or too large is refused by name, never rounded or cut") {
  for (const char* bad : {"", "-", "+", ".", "1.", "1.e3", "1..2", "1.2.3", "abc", "1a", " 1", "1 ", "1e", "1e+", "--1",
                          "0x10", "NaN", "inf", "1e123456", "1,5"}) {
    INFO(bad);
    CHECK(code_of(bad) == "DECIMAL_MALFORMED");
    CHECK_FALSE(Decimal::try_parse(bad));
  }
  for (const char* fine : {"0.0000000000000000001", "1e-19", "1.5e-18", "1e-99999",
                           "0.10000000000000000000000000000000000000000001"}) {
    INFO(fine);
    CHECK(code_of(fine) == "DECIMAL_TOO_FINE");
  }
  for (const char* large : {"170141183460469231731.687303715884105728", "1e21", "-1e21", "1e99999",
                            "123456789012345678901234567890123456789012345678901234567890"}) {
    INFO(large);
    CHECK(code_of(large) == "DECIMAL_TOO_LARGE");
  }
}

TEST_CASE("reading what was printed gives the same bytes") {
  CHECK(rc::check("parse(to_string(d)) == d", [] {
    const Decimal d = any_decimal();
    const auto back = Decimal::parse(d.to_string());
    RC_ASSERT(back.ok());
    RC_ASSERT(*back == d);
  }));
}

TEST_CASE("sums are exact: 0.1 added ten times is 1") {
  Decimal sum;
  for (int i = 0; i < 10; ++i) sum += "0.1"_dec;
  CHECK(sum == "1"_dec);
  CHECK("0.3"_dec - "0.1"_dec == "0.2"_dec);
  CHECK(rc::check("a + b - b == a, and the magnitudes add", [] {
    const Decimal a = any_decimal(), b = any_decimal(), c = a + b;
    if (!c.is_set()) {
      RC_ASSERT(a.is_negative() == b.is_negative());
      RC_ASSERT(bowline::test::units(a) + bowline::test::units(b) > bowline::test::largest());
      return;
    }
    RC_ASSERT(c - b == a);
    RC_ASSERT(c == b + a);
    if (a.is_negative() == b.is_negative())
      RC_ASSERT(bowline::test::units(a) + bowline::test::units(b) == bowline::test::units(c));
  }));
}

TEST_CASE("a product is the exact one, rounded as named, in every mode") {
  CHECK(rc::check("mul against schoolbook digits", [] {
    const Decimal a = any_decimal(), b = any_decimal();
    const Big n = bowline::test::units(a) * bowline::test::units(b);
    for (const Rounding r : modes)
      RC_ASSERT(bowline::test::rounded_right(n, bowline::test::units_of_one(), a.is_negative() != b.is_negative(), r,
                                             mul(a, b, r)));
  }));
}

TEST_CASE("a quotient is the exact one, rounded as named, in every mode") {
  CHECK(rc::check("div against schoolbook digits", [] {
    const Decimal a = any_decimal(), b = any_decimal();
    if (b.is_zero()) {
      RC_ASSERT(!div(a, b, Rounding::down).is_set());
      return;
    }
    const Big n = bowline::test::units(a) * bowline::test::units_of_one();
    for (const Rounding r : modes)
      RC_ASSERT(bowline::test::rounded_right(n, bowline::test::units(b), a.is_negative() != b.is_negative(), r,
                                             div(a, b, r)));
  }));
}

TEST_CASE("the oracle itself can tell a wrong rounding from a right one") {
  using bowline::test::rounded_right;
  const Big seven(7), two(2);  // 3.5
  const Decimal three = Decimal::from_raw({3, 0}), four = Decimal::from_raw({4, 0});
  CHECK(rounded_right(seven, two, false, Rounding::down, three));
  CHECK_FALSE(rounded_right(seven, two, false, Rounding::down, four));
  CHECK(rounded_right(seven, two, false, Rounding::half_even, four));
  CHECK_FALSE(rounded_right(seven, two, false, Rounding::half_even, three));
  CHECK_FALSE(rounded_right(seven, two, false, Rounding::down, Decimal::not_set()));
}

TEST_CASE("each rounding mode goes where its name says, on both sides of zero") {
  const Decimal half = "0.5"_dec, tick = Decimal::epsilon();
  const auto of = [&](int n, Rounding r) { return mul(mul_int(tick, n), half, r); };  // n half units
  CHECK(of(3, Rounding::down) == tick);
  CHECK(of(3, Rounding::up) == mul_int(tick, 2));
  CHECK(of(-3, Rounding::floor) == mul_int(tick, -2));
  CHECK(of(-3, Rounding::ceil) == -tick);
  CHECK(of(1, Rounding::half_even) == Decimal::zero());
  CHECK(of(3, Rounding::half_even) == mul_int(tick, 2));
  CHECK(of(5, Rounding::half_even) == mul_int(tick, 2));
  CHECK(of(-3, Rounding::half_even) == mul_int(tick, -2));
}

TEST_CASE("an overflow becomes not set, sticks, and never wraps") {
  const Decimal top = *Decimal::parse(largest_text), none = Decimal::not_set();
  CHECK_FALSE((top + Decimal::epsilon()).is_set());
  CHECK_FALSE((-top - Decimal::epsilon()).is_set());
  CHECK_FALSE((-top - Decimal::epsilon() - Decimal::epsilon()).is_set());
  CHECK_FALSE(mul(top, "2"_dec, Rounding::down).is_set());
  CHECK_FALSE(div(top, "0.5"_dec, Rounding::down).is_set());
  CHECK_FALSE(div("1"_dec, Decimal::zero(), Rounding::down).is_set());
  CHECK_FALSE(mul_int(top, 2).is_set());
  CHECK_FALSE(mul_int(top, -2).is_set());
  CHECK(mul_int(top, -1) == -top);
  for (const Rounding r : modes) {
    CHECK_FALSE(mul(none, Decimal::zero(), r).is_set());
    CHECK_FALSE(div(Decimal::zero(), none, r).is_set());
  }
  CHECK_FALSE((none + top).is_set());
  CHECK_FALSE((none - none).is_set());
  CHECK_FALSE((-none).is_set());
  CHECK_FALSE(floor_to(none, "1"_dec).is_set());
  CHECK_FALSE(floor_to(-top, "1"_dec).is_set());  // the next multiple below does not fit
  CHECK(none.to_string() == "not set");
  CHECK(none == Decimal::not_set());
  CHECK(none.sign() == 0);
  CHECK_FALSE(none.is_negative());
  CHECK(std::isnan(none.to_double()));
}

TEST_CASE("floor_to and ceil_to give the neighbouring multiples of a step") {
  CHECK(floor_to("1.239"_dec, "0.01"_dec) == "1.23"_dec);
  CHECK(floor_to("-1.231"_dec, "0.01"_dec) == "-1.24"_dec);
  CHECK(ceil_to("1.231"_dec, "0.01"_dec) == "1.24"_dec);
  CHECK(floor_to("1.23"_dec, "0.01"_dec) == "1.23"_dec);
  CHECK(floor_to("7"_dec, "2.5"_dec) == "5"_dec);
  CHECK_FALSE(floor_to("1"_dec, Decimal::zero()).is_set());
  CHECK_FALSE(floor_to("1"_dec, "-1"_dec).is_set());
  CHECK(rc::check("floor <= x < floor + step, and flooring again changes nothing", [] {
    const Decimal x = any_decimal(), step = abs(any_decimal());
    RC_PRE(!step.is_zero());
    const Decimal f = floor_to(x, step);
    RC_PRE(f.is_set());
    RC_ASSERT(f <= x);
    RC_ASSERT(x - f < step);
    RC_ASSERT(floor_to(f, step) == f);
  }));
}

TEST_CASE("mantissas and doubles come in exactly or not at all") {
  CHECK(Decimal::from_mantissa(12345, -2) == "123.45"_dec);
  CHECK(Decimal::from_mantissa(-5, 3) == "-5000"_dec);
  CHECK(Decimal::from_mantissa(10, -19) == Decimal::epsilon());
  CHECK_FALSE(Decimal::from_mantissa(1, -19).is_set());
  CHECK_FALSE(Decimal::from_mantissa(1, 21).is_set());
  CHECK(Decimal::from_mantissa(15, -19, Rounding::half_even) == mul_int(Decimal::epsilon(), 2));
  CHECK(Decimal::from_mantissa(1, -60, Rounding::up) == Decimal::epsilon());
  CHECK(Decimal::from_mantissa(INT64_MIN, 0).to_string() == "-9223372036854775808");
  CHECK(Decimal::from_double(0.25, Rounding::down) == "0.25"_dec);
  CHECK(Decimal::from_double(-3e5, Rounding::down) == "-300000"_dec);
  CHECK(Decimal::from_double(0.1, Rounding::down) == "0.100000000000000005"_dec);  // the double is 0.1000000000000000055
  CHECK(Decimal::from_double(1e-300, Rounding::up) == Decimal::epsilon());
  CHECK(Decimal::from_double(1e-300, Rounding::down).is_zero());
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), -1e30, 1.75e20})
    CHECK_FALSE(Decimal::from_double(bad, Rounding::down).is_set());
  CHECK(("1.239"_dec).to_mantissa(-2, Rounding::down) == 123);
  CHECK(("1.239"_dec).to_mantissa(-2, Rounding::up) == 124);
  CHECK_FALSE(("100"_dec).to_mantissa(-18, Rounding::down));
  CHECK_FALSE(Decimal::not_set().to_mantissa(-2, Rounding::down));
}
