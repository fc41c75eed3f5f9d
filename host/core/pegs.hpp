// Assets that count as cash beside the accounting asset (trading rules 5.7): each is pegged to it, and counts at par while a
// price of its own is within the band, or where the configuration says so. Nothing is ever converted: each stays the wallet of
// the products that are quoted in it.
#pragma once

#include <bowline/decimal.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "core/types.hpp"

namespace bowline::core {

struct Peg {
  AssetId asset;
  Decimal band;       // how far from 1 its price may be, inclusive
  InstrumentId mark;  // whose price it is; none: par, by the configuration
};

enum class PegState : std::uint8_t {
  holds,
  unknown,  // its price is not known, or too old
  broken
};
std::string_view to_string(PegState) noexcept;

class Pegs {
 public:
  /// `stale_after`: how old a price may be, 0 = any age.
  void set(std::vector<Peg> pegs, Nanos stale_after);
  bool any() const noexcept { return !pegs_.empty(); }
  const std::vector<Peg>& all() const noexcept { return pegs_; }
  const Peg* find(AssetId asset) const noexcept;
  /// A new price of an instrument. True when what a unit is worth has changed.
  bool price(InstrumentId id, Decimal last, Nanos time);
  /// What a unit is worth in the accounting asset: 1 within the band and as long as no price is known, else the price.
  Decimal rate(AssetId asset) const noexcept;
  bool at_par() const noexcept { return at_par_; }
  /// Of one that is not pegged: holds.
  PegState state(AssetId asset, Nanos now) const noexcept;
  /// The last price; not set: none yet, or par by the configuration.
  Decimal last(AssetId asset) const noexcept;

 private:
  struct Price {
    Decimal last = Decimal::not_set(), rate = Decimal::from_int(1);
    Nanos time = 0;
  };
  std::vector<Peg> pegs_;
  std::vector<Price> prices_;  // one per peg
  Nanos stale_after_ = 0;
  bool at_par_ = true;

  static bool within(const Peg& peg, Decimal last) { return abs(last - Decimal::from_int(1)) <= peg.band; }
};

}  // namespace bowline::core
