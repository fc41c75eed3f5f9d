// The sizes of a canary: the smallest that the product takes, within the cap, whatever the product's rules are.
#include <rapidcheck.h>

#include "services/canary/canary_plan.hpp"
#include "unit/core/decimal_text.hpp"

using namespace bowline;
using namespace bowline::literals;
using services::plan_canary;
using services::ToldProduct;

namespace {

ToldProduct product() {
  ToldProduct p;
  p.flags = 1;
  p.base_step = "0.0001"_dec;
  p.px_step = "0.01"_dec;
  p.base_min = "0.001"_dec;
  p.quote_min = "1"_dec;
  p.maker_fee = "0.006"_dec;
  p.taker_fee = "0.012"_dec;
  p.last_px = "100"_dec;
  p.quote_step = Decimal::not_set();
  return p;
}

bool on_step(Decimal v, Decimal step) { return floor_to(v, step) == v; }

}  // namespace

TEST_CASE("the smallest orders of a product, and what they cost at most") {
  const auto plan = plan_canary(product(), "10"_dec);
  REQUIRE(plan);
  CHECK(plan->far_px == "80"_dec);
  CHECK(plan->far_px_edited == "79"_dec);
  CHECK(plan->far_qty == "0.0127"_dec);
  CHECK(plan->qty == "0.0125"_dec);
  CHECK(plan->most == "1.2903"_dec);  // 0.0125 x 100 x 1.02, and 1.2 % of it
  CHECK(plan_canary(product(), plan->most));
  CHECK(plan_canary(product(), plan->most - "0.0001"_dec).error().code == "CANARY_CAP");
  const auto stop = services::stop_of_canary(product(), "100"_dec);
  CHECK(stop.stop_px == "90"_dec);
  CHECK(stop.limit_px == "87"_dec);
}

TEST_CASE("a rule that was not told, or that leaves no order, is refused") {
  const auto code = [](auto&& change) {
    ToldProduct p = product();
    change(p);
    const auto plan = plan_canary(p, "1000"_dec);
    return plan ? std::string() : plan.error().code;
  };
  CHECK(code([](ToldProduct& p) { p.last_px = Decimal::not_set(); }) == "CANARY_RULES");
  CHECK(code([](ToldProduct& p) { p.last_px = "0"_dec; }) == "CANARY_RULES");
  CHECK(code([](ToldProduct& p) { p.base_step = Decimal::not_set(); }) == "CANARY_RULES");
  CHECK(code([](ToldProduct& p) { p.px_step = Decimal::not_set(); }) == "CANARY_RULES");
  CHECK(code([](ToldProduct& p) { p.px_step = "100"_dec; }) == "CANARY_RULES");
  CHECK(code([](ToldProduct& p) { p.taker_fee = Decimal::not_set(); }) == "CANARY_RULES");
  CHECK(code([](ToldProduct& p) { p.taker_fee = "-1"_dec; }) == "CANARY_RULES");
  CHECK(code([](ToldProduct& p) { p.maker_fee = Decimal::not_set(); }) == "CANARY_RULES");
  CHECK(code([](ToldProduct& p) { p.base_min = "100000000000000000000"_dec; }) != "");
  CHECK(code([](ToldProduct& p) { p.quote_min = "100000000000000000000"_dec; }) != "");
  CHECK(code([](ToldProduct& p) { p.base_min = Decimal::not_set(); }) == "");
  CHECK(code([](ToldProduct& p) { p.quote_min = Decimal::not_set(); }) == "");
}

TEST_CASE("property: whatever the rules are, a plan is on the product's steps, above its minima, and within its cap") {
  CHECK(rc::check("", [] {
    ToldProduct p = product();
    const auto power = [](int from, int to) { return Decimal::from_mantissa(*rc::gen::inRange(1, 10), *rc::gen::inRange(from, to)); };
    p.base_step = power(-12, 3);
    p.px_step = power(-10, 2);
    p.base_min = *rc::gen::arbitrary<bool>() ? power(-12, 4) : Decimal::not_set();
    p.quote_min = *rc::gen::arbitrary<bool>() ? power(-3, 4) : Decimal::not_set();
    p.last_px = floor_to(Decimal::from_mantissa(*rc::gen::inRange(1, 100'000'000), *rc::gen::inRange(-10, 1)), p.px_step);
    const Decimal cap = power(-2, 6);
    const auto plan = plan_canary(p, cap);
    if (!plan) return;
    RC_ASSERT(plan->most <= cap);
    for (const Decimal q : {plan->qty, plan->far_qty}) {
      RC_ASSERT(q.is_positive());
      RC_ASSERT(on_step(q, p.base_step));
      RC_ASSERT((!p.base_min.is_set() || q >= p.base_min));
    }
    RC_ASSERT(plan->far_px_edited < plan->far_px);
    RC_ASSERT(plan->far_px < p.last_px);
    RC_ASSERT(plan->far_px_edited.is_positive());
    RC_ASSERT((on_step(plan->far_px, p.px_step) && on_step(plan->far_px_edited, p.px_step)));
    if (p.quote_min.is_set()) {
      RC_ASSERT(mul(plan->far_qty, plan->far_px_edited, Rounding::up) >= p.quote_min);
      // A stop of what is bought is not too small either.
      const auto stop = services::stop_of_canary(p, p.last_px);
      if (stop.limit_px.is_set() && stop.limit_px >= mul(p.last_px, "0.8"_dec, Rounding::down)) RC_ASSERT(mul(plan->qty, stop.limit_px, Rounding::up) >= p.quote_min);
    }
  }));
}
