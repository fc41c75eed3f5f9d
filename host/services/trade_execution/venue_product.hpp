// What the venue tells of a product and execution keeps: where it goes against the configuration, and its largest order.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <string>

#include "core/types.hpp"

namespace bowline::services {

/// Where the venue's word of a product goes against the configuration, so that nothing may be bought of it: `code` is the
/// block's, and `refusal` that of a new run, which does not begin then.
struct AgainstConfig {
  core::InstrumentId id;
  std::string code, why;
  Error refusal;
};

struct LargestOrder {
  Decimal qty = Decimal::not_set(), notional = Decimal::not_set();  ///< not set = not bounded
};

}  // namespace bowline::services
