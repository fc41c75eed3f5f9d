#include "services/canary/canary_plan.hpp"

namespace bowline::services {
namespace {

const Decimal far_share = Decimal::from_mantissa(80, -2), edited_share = Decimal::from_mantissa(79, -2);
const Decimal stop_share = Decimal::from_mantissa(90, -2), stop_limit_share = Decimal::from_mantissa(87, -2);
/// The price may have fallen by so much when the stop and the sale are sent, and they still are above the venue's minimum.
const Decimal worst_share = Decimal::from_mantissa(80, -2);
/// What a market purchase may cost above the last price.
const Decimal slip = Decimal::from_mantissa(102, -2);

Decimal share_of(Decimal px, Decimal share, Decimal step) { return floor_to(mul(px, share, Rounding::down), step); }

/// The smallest quantity that the product takes at that price; not set where there is none.
Decimal smallest(const ToldProduct& p, Decimal px) {
  const Decimal by_size = ceil_to(p.base_min.is_set() ? p.base_min : p.base_step, p.base_step);
  if (!p.quote_min.is_set()) return by_size;
  const Decimal by_worth = ceil_to(div(p.quote_min, px, Rounding::up), p.base_step);
  return !by_size.is_set() || !by_worth.is_set() ? Decimal::not_set() : max(by_size, by_worth);
}

Decimal with_fee(Decimal amount, Decimal rate) { return amount + mul(amount, rate, Rounding::up); }

}  // namespace

Result<CanaryPlan> plan_canary(const ToldProduct& p, Decimal max_spend) {
  const auto no = [](std::string why) { return Error{"CANARY_RULES", std::move(why)}; };
  if (!p.base_step.is_positive() || !p.px_step.is_positive()) return no("the venue did not tell the product's steps");
  if (!p.last_px.is_positive()) return no("the venue's plugin tells no price of the product: it has to speak plugin ABI 1.3");
  if (!p.taker_fee.is_set() || p.taker_fee.is_negative() || !p.maker_fee.is_set() || p.maker_fee.is_negative())
    return no("the venue did not tell its fees: what a purchase costs is not known");
  CanaryPlan plan;
  plan.far_px = share_of(p.last_px, far_share, p.px_step);
  plan.far_px_edited = share_of(p.last_px, edited_share, p.px_step);
  if (plan.far_px_edited >= plan.far_px) plan.far_px_edited = plan.far_px - p.px_step;
  if (!plan.far_px_edited.is_positive()) return no("the product's price is so close to its step that no order rests far below it");
  plan.far_qty = smallest(p, plan.far_px_edited);
  const Decimal worst = share_of(p.last_px, worst_share, p.px_step);
  plan.qty = smallest(p, worst);
  if (!plan.far_qty.is_positive() || !plan.qty.is_positive()) return no("the product's rules leave no smallest order");
  const Decimal far_cost = with_fee(mul(plan.far_qty, plan.far_px, Rounding::up), max(p.maker_fee, p.taker_fee));
  const Decimal cost = with_fee(mul(mul(plan.qty, p.last_px, Rounding::up), slip, Rounding::up), p.taker_fee);
  if (!far_cost.is_set() || !cost.is_set()) return no("the product's smallest order is beyond all bounds");
  plan.most = max(far_cost, cost);
  if (!max_spend.is_set() || plan.most > max_spend)
    return Error{"CANARY_CAP", "the smallest order that the product takes may cost " + ceil_to(plan.most, Decimal::from_mantissa(1, -2)).to_string() + ", more than the cap of " +
                                   (max_spend.is_set() ? max_spend.to_string() : std::string("nothing")) + ": raise --max-spend, or name another product"};
  return plan;
}

CanaryStop stop_of_canary(const ToldProduct& p, Decimal px) {
  CanaryStop s{share_of(px, stop_share, p.px_step), share_of(px, stop_limit_share, p.px_step)};
  if (s.limit_px >= s.stop_px) s.limit_px = s.stop_px - p.px_step;
  if (!s.limit_px.is_positive()) s = {Decimal::not_set(), Decimal::not_set()};
  return s;
}

}  // namespace bowline::services
