// What was booked as deposit and as reward since the day's opening, asset by asset: so much of them is in the day's flows, or is
// not (trading rules 5.1, 5.6), and changes them when it is named otherwise. What was booked before the opening is in it.
#pragma once

#include <algorithm>
#include <bowline/decimal.hpp>
#include <vector>

#include "core/portfolio.hpp"
#include "core/types.hpp"

namespace bowline::services {

class FlowsOfDay {
 public:
  /// `day`: that of Portfolio::day() when it was booked. Of other classes it is nothing.
  void booked(core::Nanos day, core::AssetId asset, core::Flow kind, Decimal amount) {
    if (kind != core::Flow::deposit && kind != core::Flow::reward) return;
    if (day != day_) all_.clear();
    day_ = day;
    Decimal& sum = of_class(line(asset), kind);
    sum = sum + amount;
  }
  /// How much of `amount`, the newest bookings first, was booked in that class in that day.
  Decimal part(core::Nanos day, core::AssetId asset, core::Flow kind, Decimal amount) const {
    if (day != day_) return Decimal::zero();
    const auto at = std::find_if(all_.begin(), all_.end(), [asset](const Line& l) { return l.asset == asset; });
    return at == all_.end() ? Decimal::zero() : min(amount, kind == core::Flow::reward ? at->reward : at->deposit);
  }
  /// That part of it is of the other class now.
  void named(core::Nanos day, core::AssetId asset, core::Flow to, Decimal part) {
    if (part.is_zero()) return;
    booked(day, asset, to, part);
    Decimal& sum = of_class(line(asset), to == core::Flow::reward ? core::Flow::deposit : core::Flow::reward);
    sum = sum - part;
  }

 private:
  struct Line {
    core::AssetId asset;
    Decimal deposit = Decimal::zero(), reward = Decimal::zero();
  };
  core::Nanos day_ = -1;
  std::vector<Line> all_;

  static Decimal& of_class(Line& line, core::Flow kind) noexcept { return kind == core::Flow::reward ? line.reward : line.deposit; }
  Line& line(core::AssetId asset) {
    const auto at = std::find_if(all_.begin(), all_.end(), [asset](const Line& l) { return l.asset == asset; });
    return at != all_.end() ? *at : all_.emplace_back(Line{asset});
  }
};

}  // namespace bowline::services
