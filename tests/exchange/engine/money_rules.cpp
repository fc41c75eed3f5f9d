#include "money_rules.hpp"

namespace bowline::exchange {

bool usable(const Decimal& x, const Decimal& step) {
  return x.is_positive() && x <= most && round_to(x, step, Rounding::down) == x;
}

bool usable(const FeeRates& r) {
  for (const Decimal& x : {r.maker, r.taker})
    if (!x.is_zero() && (!usable(x, rate_step) || x >= one)) return false;
  return true;
}

}  // namespace bowline::exchange
