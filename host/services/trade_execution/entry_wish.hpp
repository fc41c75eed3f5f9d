// One entry of a step, sized and not yet an order: it is judged together with the others (execution_project.cpp).
#pragma once

#include <optional>
#include <vector>

#include "core/risk_chain.hpp"

namespace bowline::services {

struct EntryWish {
  core::Intent intent;                    ///< as the rules are asked: what would fit if it were alone
  core::SizingRecord record;
  Decimal wanted;                         ///< base; its share of what is not enough for all is a part of this
  std::vector<core::CheckRecord> cuts{};  ///< what made `intent` smaller before a rule was asked
  std::optional<core::Cut> share{};
  std::optional<core::RiskAnswer> answer{};
};

}  // namespace bowline::services
