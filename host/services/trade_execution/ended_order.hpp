// An order of ours that has ended at the venue with another filled quantity than that of its fills: they may still come.
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>

#include "core/order.hpp"

namespace bowline::services {

struct EndedOrder {
  core::ClientOrderId order;
  Decimal told;           ///< filled in all, as the venue says
  std::uint64_t step;     ///< in which it was told
  bool judged = false;    ///< the fills had time to come and did not: told, and kept until they come or an operator resumes
  core::Nanos since = 0;  ///< when it was told in this process,
  bool asked = false;     ///< and whether the clock has asked for the fills,
  /// which had their time then.
  bool waited(core::Nanos now) const noexcept { return asked && now - since >= 5'000'000'000; }
};

}  // namespace bowline::services
