#include "plan.hpp"

#include <algorithm>
#include <cmath>

#include "common/money.hpp"

namespace bowline::rebalancer_targets {
namespace {

/// A weight is whole millionths, so it is an exact decimal.
Decimal exact(double weight) {
  return money::from_mantissa(static_cast<std::int64_t>(std::llround(weight * weights_per_one)), -6);
}

bool worth_it(double weight, const Holding& h, const Decimal& equity, const PlanOptions& o) {
  if (std::fabs(weight - h.candidate.current) <= o.drift_band) return false;
  const Decimal wanted = money::times(equity, exact(weight), money::Round::down);
  const Decimal change = wanted > h.value ? money::minus(wanted, h.value) : money::minus(h.value, wanted);
  return change >= o.min_trade;
}

}  // namespace

std::vector<Target> plan(const std::vector<Holding>& holdings, const Decimal& equity,
                         const PlanOptions& options) {
  std::vector<Target> targets;
  if (equity <= Decimal::zero()) return targets;
  std::vector<Candidate> candidates;
  for (const Holding& h : holdings) candidates.push_back(h.candidate);
  const auto wanted = split(candidates, options.allocation);

  enum class Doing : std::uint8_t { keep, lower, raise };
  std::vector<Doing> doing(holdings.size(), Doing::keep);
  double committed = 0, increases = 0;  // what stands whatever the increases get; what they want on top
  for (std::size_t i = 0; i < holdings.size(); ++i) {
    const Candidate& c = holdings[i].candidate;
    const double now = std::max(0.0, c.current), to = wanted[i].weight;
    const bool exit = c.view == View::sell && c.held;
    if (wanted[i].member && (exit || worth_it(to, holdings[i], equity, options)))
      doing[i] = to > now ? Doing::raise : Doing::lower;
    committed += doing[i] == Doing::lower ? to : now;
    if (doing[i] == Doing::raise) increases += to - now;
  }
  const double room = std::max(0.0, 1.0 - options.allocation.cash_reserve - committed);
  const double part = increases > room ? room / increases : 1.0;
  for (std::size_t i = 0; i < holdings.size(); ++i) {
    const Candidate& c = holdings[i].candidate;
    if (doing[i] == Doing::lower) targets.push_back({c.instrument, wanted[i].weight});
    if (doing[i] != Doing::raise) continue;
    const double now = std::max(0.0, c.current);
    const double to = part < 1.0 ? round_down(now + (wanted[i].weight - now) * part) : wanted[i].weight;
    if (part == 1.0 || (to > now && worth_it(to, holdings[i], equity, options)))
      targets.push_back({c.instrument, to});
  }
  return targets;
}

}  // namespace bowline::rebalancer_targets
