#include "core/pegs.hpp"

#include <algorithm>
#include <utility>

#include "core/contract.hpp"

namespace bowline::core {

std::string_view to_string(PegState s) noexcept {
  switch (s) {
    case PegState::holds: return "holds";
    case PegState::unknown: return "unknown";
    case PegState::broken: break;
  }
  return "broken";
}

void Pegs::set(std::vector<Peg> pegs, Nanos stale_after) {
  for (const Peg& p : pegs) BOWLINE_EXPECTS(p.asset && p.band.is_set() && !p.band.is_negative());
  pegs_ = std::move(pegs);
  prices_.assign(pegs_.size(), {});
  stale_after_ = stale_after;
  at_par_ = true;
}

const Peg* Pegs::find(AssetId asset) const noexcept {
  const auto p = std::find_if(pegs_.begin(), pegs_.end(), [asset](const Peg& one) { return one.asset == asset; });
  return p == pegs_.end() ? nullptr : &*p;
}

bool Pegs::price(InstrumentId id, Decimal last, Nanos time) {
  bool changed = false;
  at_par_ = true;
  for (std::size_t i = 0; i < pegs_.size(); ++i) {
    Price& p = prices_[i];
    if (pegs_[i].mark && pegs_[i].mark == id && last.is_set()) {
      const Decimal rate = within(pegs_[i], last) ? Decimal::from_int(1) : last;
      changed = changed || rate != p.rate;
      p = {last, rate, time};
    }
    at_par_ = at_par_ && p.rate == Decimal::from_int(1);
  }
  return changed;
}

Decimal Pegs::rate(AssetId asset) const noexcept {
  for (std::size_t i = 0; i < pegs_.size(); ++i)
    if (pegs_[i].asset == asset) return prices_[i].rate;
  return Decimal::from_int(1);
}

Decimal Pegs::last(AssetId asset) const noexcept {
  for (std::size_t i = 0; i < pegs_.size(); ++i)
    if (pegs_[i].asset == asset) return prices_[i].last;
  return Decimal::not_set();
}

PegState Pegs::state(AssetId asset, Nanos now) const noexcept {
  for (std::size_t i = 0; i < pegs_.size(); ++i) {
    if (pegs_[i].asset != asset) continue;
    if (!pegs_[i].mark) return PegState::holds;
    const Price& p = prices_[i];
    if (!p.last.is_set()) return PegState::unknown;
    if (!within(pegs_[i], p.last)) return PegState::broken;
    return stale_after_ > 0 && now - p.time > stale_after_ ? PegState::unknown : PegState::holds;
  }
  return PegState::holds;
}

}  // namespace bowline::core
