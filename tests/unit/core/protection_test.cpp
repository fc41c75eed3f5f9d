#include "core/protection.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "unit/core/market.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;

namespace {

const SharedText a = test::text("a"), b = test::text("b");

ProtectionWish wish(Decimal stop, Decimal take = Decimal::not_set(), std::uint32_t share = 0) {
  ProtectionWish w;
  w.instrument = {1};
  w.stop_px = stop;
  w.take_px = take;
  w.share = share;
  return w;
}

}  // namespace

TEST_CASE("rule 3.3: the highest stop that anybody asked for counts, and it never moves down") {
  ProtectionBook book(2);
  CHECK_FALSE(book.any());
  CHECK(book.want(wish("95"_dec), a));
  CHECK_FALSE(book.want(wish("94"_dec), a));
  CHECK_FALSE(book.want(wish("95"_dec), b));
  CHECK(book.stop_px({1}) == "95"_dec);
  CHECK(book.want(wish("96"_dec), b));
  CHECK(book.stop_px({1}) == "96"_dec);
  CHECK(*book.due({1}, "96"_dec)->source == "b");
  CHECK_FALSE(book.stop_px({2}).is_set());
  book.clear({1});
  CHECK_FALSE(book.any());
  CHECK(book.want(wish("50"_dec), a));  // another position
  CHECK(book.stop_px({1}) == "50"_dec);
}

TEST_CASE("rule 3.3: whatever is wanted in whatever order, the stop is the highest of it") {
  const bool held = rc::check("the stop is the highest wish", [] {
    ProtectionBook book(1);
    Decimal highest = Decimal::zero();
    for (const int cents : *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 100'000))) {
      const Decimal px = Decimal::from_mantissa(cents, -2);
      const Decimal before = book.stop_px({1});
      book.want(wish(px, *rc::gen::arbitrary<bool>() ? px + "1"_dec : Decimal::not_set()), *rc::gen::arbitrary<bool>() ? a : b);
      highest = max(highest, px);
      RC_ASSERT(book.stop_px({1}) == highest);
      if (before.is_set()) RC_ASSERT(book.stop_px({1}) >= before);
      RC_ASSERT(book.due({1}, highest)->stop);
    }
  });
  CHECK(held);
}

TEST_CASE("a stop is due at its price and below, a take-profit at its price and above, the lowest first, none without a bid") {
  ProtectionBook book(1);
  CHECK_FALSE(book.due({1}, "100"_dec));
  book.want(wish("95"_dec, "110"_dec, 5000), a);
  book.want(wish("90"_dec, "105"_dec, 2500), b);
  CHECK_FALSE(book.due({1}, Decimal::not_set()));
  CHECK_FALSE(book.due({1}, "100"_dec));
  CHECK(book.due({1}, "95"_dec)->stop);
  CHECK(book.due({1}, "1"_dec)->stop);
  const auto take = book.due({1}, "120"_dec);
  REQUIRE(take);
  CHECK_FALSE(take->stop);
  CHECK(*take->source == "b");
  CHECK(take->share == 2500);
  const ProtectionWish left = book.take({1}, b);
  CHECK_FALSE(left.take_px.is_set());
  CHECK(left.stop_px == "95"_dec);
  CHECK(*book.due({1}, "120"_dec)->source == "a");
  CHECK(book.want(wish("90"_dec), a));  // its take-profit is withdrawn; the stop stays
  CHECK_FALSE(book.due({1}, "120"_dec));
  CHECK(book.stop_px({1}) == "95"_dec);
}

TEST_CASE("rule 3.3: a take-profit is carried out once a position, though a rule that forgot it asks again") {
  ProtectionBook book(1), again(1);
  book.want(wish("95"_dec, "110"_dec, 5000), a);
  const ProtectionWish left = book.take({1}, a);
  CHECK(left.taken_px == "110"_dec);
  again.want(wish("95"_dec, "110"_dec, 5000), a);  // another process, put together from what was written
  again.want(left, a);
  for (ProtectionBook* each : {&book, &again}) {
    CHECK_FALSE(each->want(wish("95"_dec, "110"_dec, 5000), a));
    CHECK_FALSE(each->want(wish("95"_dec, "109"_dec, 5000), a));
    CHECK_FALSE(each->due({1}, "200"_dec));
    CHECK(each->want(wish("95"_dec, "110"_dec, 5000), b));  // somebody else's is another
    CHECK(each->want(wish("95"_dec, "120"_dec, 5000), a));  // and so is the next step
    CHECK(*each->due({1}, "115"_dec)->source == "b");
    each->clear({1});
    each->want(wish("50"_dec, "60"_dec, 5000), a);  // another position
    CHECK(each->due({1}, "60"_dec));
  }
}
