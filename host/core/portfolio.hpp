// What is owned, what it cost and what it is worth. Average cost; realised and unrealised profit; fees in any asset;
// dust. Everything is exact Decimal, and every fill moves amounts between accounts so that nothing appears or vanishes.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <vector>

#include "core/contract.hpp"
#include "core/instrument.hpp"
#include "core/types.hpp"

namespace bowline::core {

/// A validated two-sided price of one instrument. Derived quotes: bid/ask = close x (1 -/+ assumed half spread).
struct Mark {
  Decimal last = Decimal::not_set();
  Decimal bid = Decimal::not_set(), ask = Decimal::not_set();  // not set: derive from last and the assumed half spread
  Nanos time = 0;
};

struct Position {
  Decimal qty = Decimal::zero();       // base, >= 0 on spot
  Decimal cost = Decimal::zero();      // quote paid for what is held, fees outside; average = cost / qty
  Decimal realised = Decimal::zero();  // proceeds minus cost of what was sold, before fees, in quote
  Decimal fees = Decimal::zero();      // fees paid for this instrument, valued in quote at the time
  Decimal best_px = Decimal::not_set();  // most favourable mark since opening
  Decimal average = Decimal::not_set();  // cost / qty, kept by each fill; not set when flat
  Decimal value = Decimal::zero();       // qty x last mark, kept by each fill and mark
  Nanos opened = 0;
};

/// One execution as booked.
struct Fill {
  InstrumentId instrument;
  Side side = Side::buy;
  Decimal px, qty;                     // quote per base; base
  Decimal fee = Decimal::not_set();    // in fee_asset; not set = not told yet (worst tier until known)
  AssetId fee_asset;
  Nanos time = 0;
  /// What the fee was worth in the quote asset when it was booked first; not set: by today's marks. A book that is put
  /// together again has no marks of then.
  Decimal fee_worth = Decimal::not_set();
};

class Portfolio {
 public:
  /// `half_spread`: used where a run has no quotes (fraction, 0.0005 = 5 bp). Equity is in the quote asset `base_asset`.
  Portfolio(const InstrumentTable& table, AssetId accounting, Decimal half_spread);

  /// An absolute balance told by the venue: how cash first comes into the book. The base assets' balances that are
  /// not ours to trade are not positions (unmanaged inventory) and count nothing here.
  void set_cash(AssetId asset, Decimal total);
  /// Books one fill. Refuses what can't be true: not positive price or quantity, a sale of more than is held.
  Result<void> apply(const Fill& fill);
  /// `counts`: false for a price of before the position was opened, which is no best price of it.
  void set_mark(InstrumentId id, const Mark& mark, bool counts = true);

  Decimal cash(AssetId asset) const {
    return asset.value >= 1 && asset.value <= cash_.size() ? cash_[asset.value - 1] : Decimal::zero();
  }
  const Position& position(InstrumentId id) const {
    BOWLINE_EXPECTS(id.value >= 1 && id.value <= positions_.size());
    return positions_[id.value - 1];
  }
  const Mark& mark(InstrumentId id) const {
    BOWLINE_EXPECTS(id.value >= 1 && id.value <= marks_.size());
    return marks_[id.value - 1];
  }
  Decimal bid(InstrumentId id) const;  // not set without a mark
  Decimal ask(InstrumentId id) const;
  /// Average price paid for what is held; not set when flat.
  /// Whether an amount of `asset` has a worth in the instrument's quote asset: it is its quote or base, or another
  /// instrument's base with a mark.
  bool priced(AssetId asset, InstrumentId instrument) const;
  Decimal average(InstrumentId id) const;
  /// qty x last; zero when flat; a held position without a mark counts its cost... never: it counts 0 (rules 5.2).
  Decimal value(InstrumentId id) const;
  /// At the bid, minus cost.
  Decimal unrealised(InstrumentId id) const;
  /// Held, but too little to sell (below base_min or quote_min).
  bool dust(InstrumentId id) const;

  Decimal equity() const { return cash(accounting_) + exposure_; }  // cash in the accounting asset + positions at their marks
  Decimal exposure() const { return exposure_; }                    // positions at their marks
  Decimal realised() const;
  Decimal unrealised() const;
  Decimal fees() const;
  Decimal peak() const noexcept { return peak_; }
  Decimal day_start() const noexcept { return day_start_; }
  /// What an earlier process knew at the end of a step: its version, the high-water mark and the day's opening equity.
  void restore_step(std::uint64_t version, Decimal peak, Decimal day_start, Nanos day);
  /// The day of day_start(), counted from the epoch; -1 before the first step.
  Nanos day() const noexcept { return day_; }
  /// Call once per step after marks and fills: moves the high-water mark and the day's opening equity, raises version.
  void close_step(Nanos now);
  std::uint64_t version() const noexcept { return version_; }
  /// Rises with every change but that of a price: fills, cash.
  std::uint64_t changes() const noexcept { return changes_; }
  AssetId accounting() const noexcept { return accounting_; }
  const InstrumentTable& instruments() const noexcept { return table_; }
  /// Fees of an asset for which no price was known, by asset (kept exact, outside equity, reported).
  const std::vector<Decimal>& cash_by_asset() const noexcept { return cash_; }

 private:
  const InstrumentTable& table_;
  AssetId accounting_;
  Decimal half_spread_;
  bool half_spread_is_small_;        // below 0.4
  std::vector<Decimal> cash_;        // by asset id - 1
  std::vector<Position> positions_;  // by instrument id - 1
  std::vector<Mark> marks_;
  std::vector<std::uint32_t> held_;  // indices of non-zero positions, ascending
  Decimal exposure_ = Decimal::zero();  // sum of their values
  Decimal peak_ = Decimal::zero(), day_start_ = Decimal::not_set(), realised_ = Decimal::zero(), fees_ = Decimal::zero();
  Nanos day_ = -1;
  std::uint64_t version_ = 0, changes_ = 0;

  Decimal& cash_slot(AssetId asset);
  Decimal in_quote(AssetId asset, Decimal amount, const Fill& fill) const;
  void pay_fee(const Fill& fill, Position& p);
  void held_changed(std::uint32_t index);
  void revalue(std::uint32_t index);
};

}  // namespace bowline::core
