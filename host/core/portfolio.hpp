// What is owned, what it cost and what it is worth. Average cost; realised and unrealised profit; fees in any asset;
// dust. Everything is exact Decimal, and every fill, fee and flow moves amounts between accounts of the ledger, so that
// nothing appears or vanishes: cash is the ledger's wallet, and the positions add up to its position account.
//
// Inventory is managed or not (trading rules 5.6). A position is what our orders bought, or what was adopted. All else
// that the venue holds of a base asset stands in its wallet: never sold, stopped or rebalanced, since no position shows it.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <vector>

#include "core/contract.hpp"
#include "core/fill.hpp"
#include "core/instrument.hpp"
#include "core/ledger.hpp"
#include "core/pegs.hpp"
#include "core/types.hpp"

namespace bowline::core {

/// A validated two-sided price of one instrument. Derived quotes: bid/ask = close x (1 -/+ assumed half spread).
struct Mark {
  Decimal last = Decimal::not_set();
  Decimal bid = Decimal::not_set(), ask = Decimal::not_set();  // not set: derive from last and the assumed half spread
  Nanos time = 0;
  Decimal loss_bid = Decimal::not_set();  // what losses are reckoned by where the bid is not believed so far; not set: the bid
};

struct Position {
  Decimal qty = Decimal::zero();       // base, managed, >= 0 on spot
  Decimal cost = Decimal::zero();      // quote paid for what is held, fees outside; average = cost / qty
  Decimal realised = Decimal::zero();  // proceeds minus cost of what was sold, before fees, in quote
  Decimal fees = Decimal::zero();      // fees paid for this instrument, valued in quote at the time
  Decimal best_px = Decimal::not_set();  // most favourable mark since opening
  Decimal average = Decimal::not_set();  // cost / qty, kept by each fill; not set when flat
  Decimal value = Decimal::zero();       // qty x last mark, kept by each fill and mark
  Decimal at_bid = Decimal::zero();      // the same at the bid, or at what losses are reckoned by instead
  Nanos opened = 0;
};

/// Why a balance changed without a trade (trading rules 5.6).
enum class Flow : std::uint8_t { deposit, withdrawal, reward, conversion, correction };
std::string_view to_string(Flow) noexcept;

class Portfolio {
 public:
  /// `half_spread`: used where a run has no quotes (fraction, 0.0005 = 5 bp). Equity is in the quote asset `base_asset`.
  Portfolio(const InstrumentTable& table, AssetId accounting, Decimal half_spread);

  /// What counts as cash beside the accounting asset (trading rules 5.7). Before the first amount; a price older than
  /// `stale_after` is none.
  void set_pegs(std::vector<Peg> pegs, Nanos stale_after);
  const Pegs& pegs() const noexcept { return pegs_; }
  /// The accounting asset, or one that is pegged to it.
  bool is_cash(AssetId asset) const noexcept { return asset == accounting_ || (pegs_.any() && pegs_.find(asset) != nullptr); }
  /// Why nothing is bought of it for its wallet's sake: PEG_PRODUCT (its base is cash), PEG_BROKEN, PEG_UNKNOWN. Empty: it may.
  std::string_view peg_refusal(InstrumentId id, Nanos now) const;

  /// An absolute balance told by the venue: how cash first comes into the book, as its opening. Of a base asset that is not
  /// cash it is unmanaged inventory: not a position, and counted nowhere. False, and nothing changed, when it is beyond the ledger.
  bool set_cash(AssetId asset, Decimal total);

  /// Books one fill. Refuses what can't be true, and then changes nothing: FILL_NOT_POSITIVE, FILL_BEYOND_POSITION (a sale
  /// of more than is held), FILL_OVERFLOW. An external one buys into unmanaged inventory and sells from it first; what it
  /// sells beyond it is a position drop that nobody ordered here (Posted::managed > 0: trading rules 3.7).
  Result<Posted> apply(const Fill& fill);
  /// Takes back a fill that was booked: everything it moved moves back, as postings of their own. What its purchase has
  /// no position left to take from comes out of unmanaged inventory, which may fall below zero: that amount is returned,
  /// and above zero it is an incident. FILL_OVERFLOW changes nothing.
  Result<Decimal> reverse(const Fill& fill, const Posted& posted);
  /// The same fill, told otherwise: `was` is taken back and `now` booked, or neither. `owed` as reverse() returns it.
  /// Errors as apply().
  struct Corrected {
    Posted posted;
    Decimal owed;
  };
  Result<Corrected> correct(const Fill& was, const Posted& posted, const Fill& now);
  /// The fee of a booked fill is told: what was assumed for it is paid back, what it is is paid. FILL_OVERFLOW.
  Result<Posted> tell_fee(const Fill& fill, const Posted& posted, Decimal fee, AssetId asset);

  /// A balance changed without a trade: `amount` came (> 0) or went (< 0). It goes into and out of the wallet; what that
  /// does not hold leaves the asset's positions at their cost, in the order of the instruments, and is returned: above
  /// zero it is a position drop that nobody ordered here. FLOW_AMOUNT (not set, zero, or against its class),
  /// FLOW_BEYOND_BALANCE (more than the book holds), FLOW_OVERFLOW: nothing changes.
  Result<Decimal> book_flow(AssetId asset, Flow kind, Decimal amount);
  /// What was booked as a deposit was a reward, or the other way round: `amount` of it. Nothing comes or goes. `of_day`: how much
  /// of it was booked since the day's opening; the day's flows have it as what it is now, at its worth now. Opening, peak and
  /// net_flows() stay: a loss of 24 hours has it as it was booked, so that of the two the stricter one counts.
  /// RECLASSIFY_AMOUNT (not above zero, or not of those two classes), RECLASSIFY_BEYOND_BOOKED (more than stands booked as
  /// `from`), FLOW_OVERFLOW: nothing changes.
  Result<void> reclassify(AssetId asset, Flow from, Flow to, Decimal amount, Decimal of_day);
  /// What stands booked of the asset in a class, above zero for what came.
  Decimal booked(AssetId asset, Flow kind) const;

  /// Unmanaged inventory of the product's base asset; below zero it is owed. Cash is none.
  Decimal unmanaged(InstrumentId id) const { return is_cash(table_[id].base) ? Decimal::zero() : cash(table_[id].base); }
  /// Makes unmanaged inventory a position that cost `px` a unit: from then on it may be sold and stopped. ADOPT_AMOUNT,
  /// ADOPT_BEYOND_UNMANAGED, FLOW_OVERFLOW.
  Result<void> adopt(InstrumentId id, Decimal qty, Decimal px, Nanos now);
  /// The other way: the coins stay at the venue and are not ours to trade; their cost leaves with them, nothing is
  /// realised. RELEASE_AMOUNT, RELEASE_BEYOND_POSITION, FLOW_OVERFLOW.
  Result<void> release(InstrumentId id, Decimal qty);
  /// Whether unmanaged inventory counts in equity, at its marks. Off by default.
  void count_unmanaged(bool counts) noexcept {
    count_unmanaged_ = counts;
    plain_ = !counts && !pegs_.any();
  }

  /// `counts`: false for a price of before the position was opened, which is no best price of it.
  void set_mark(InstrumentId id, const Mark& mark, bool counts = true);

  /// One wallet: what an order of a product quoted in it can be paid with.
  Decimal cash(AssetId asset) const { return ledger_.balance(asset, Account::wallet); }
  /// All wallets that are cash, in the accounting asset: a pegged one at par, or at its price when its peg is broken.
  Decimal cash() const { return pegs_.any() ? pegged_cash() : cash(accounting_); }
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
  /// Whether an amount of `asset` has a worth in the instrument's quote asset: it is its quote or base, or another
  /// instrument's base with a mark.
  bool priced(AssetId asset, InstrumentId instrument) const;
  /// Average price paid for what is held; not set when flat.
  Decimal average(InstrumentId id) const;
  /// qty x last; zero when flat; a held position without a mark counts its cost... never: it counts 0 (rules 5.2).
  Decimal value(InstrumentId id) const;
  /// The last price in the accounting asset, and what is held at it: those above, but where a peg is broken.
  Decimal last_in_cash(InstrumentId id) const { return at_rate(table_[id].quote, mark(id).last); }
  Decimal worth(InstrumentId id) const { return at_rate(table_[id].quote, position(id).value); }
  /// At the bid, minus cost.
  Decimal unrealised(InstrumentId id) const;
  /// Held, but too little to sell (below base_min or quote_min).
  bool dust(InstrumentId id) const;
  /// Whether what the venue has of it is worth an amount that the ledger could hold at this price: one at which it is not is none.
  bool values(InstrumentId id, Decimal px) const;

  /// Cash + positions at their marks (+ unmanaged inventory where it counts), in the accounting asset.
  [[gnu::hot]] Decimal equity() const {
    if (!plain_) [[unlikely]] return cash() + exposure_ + (count_unmanaged_ ? unmanaged_value() : Decimal::zero());
    return cash(accounting_) + exposure_;
  }
  /// The same with what is held at the bid instead of at its mark: what losses and gains are reckoned by (trading rules 5.1).
  /// Nothing can be sold at the middle.
  [[gnu::hot]] Decimal equity_at_bid() const {
    if (!plain_) [[unlikely]] return cash() + exposure_at_bid_ + (count_unmanaged_ ? unmanaged_at_bid() : Decimal::zero());
    return cash(accounting_) + exposure_at_bid_;
  }
  /// What entries are sized by: equity without the wallets whose peg does not hold now, and what is held of their products
  /// (trading rules 5.2, 5.7).
  Decimal sizing_equity(Nanos now) const;
  Decimal exposure() const { return exposure_; }                    // positions at their marks, in the accounting asset
  /// What is invested, as caps count it: as exposure(), but a position without a mark counts what it cost. 0 for it, as in equity,
  /// would make room for as much again (trading rules 5.3).
  Decimal invested() const;
  /// These three at par, whatever a peg does: they are sums over time.
  Decimal realised() const;
  Decimal unrealised() const;
  Decimal fees() const;
  /// Unmanaged inventory at its marks, in the accounting asset; without a mark it counts 0.
  Decimal unmanaged_value() const;
  /// The high-water mark of equity at the bid. A flow scales it as it scales equity: neither makes a drawdown nor ends one.
  Decimal peak() const noexcept { return peak_; }
  /// The day's opening equity, at the bid.
  Decimal day_start() const noexcept { return day_start_; }
  /// What an earlier process knew at the end of a step: its version, the high-water mark, the day's opening equity, and
  /// the flows in all and since that opening.
  void restore_step(std::uint64_t version, Decimal peak, Decimal day_start, Nanos day, Decimal net_flows = Decimal::zero(),
                    Decimal day_flows = Decimal::zero());
  /// What an earlier process knew to be the best price of what is held; a lower one than is known changes nothing.
  void restore_best(InstrumentId id, Decimal px);
  /// The day of day_start(), counted from the epoch; -1 before the first step.
  Nanos day() const noexcept { return day_; }
  /// What flows have added to equity at the bid, at the prices of their time; negative for what they took. Beside the classes of
  /// book_flow() it is what external orders, adoptions and releases move between managed and unmanaged. A correction
  /// downwards is no flow but a loss: nobody can say where it went. A reward is none either: it is earned, and profit.
  Decimal net_flows() const noexcept { return net_flows_; }
  /// The same since the day's opening: result = equity_at_bid - day_start - day_flows (trading rules 5.1).
  Decimal day_flows() const noexcept { return net_flows_ - day_start_flows_; }
  /// The opening with the day's flows: what equity at the bid is held against. Not set before the first step.
  Decimal day_base() const noexcept { return day_base_; }
  /// Call once per step after marks and fills: moves the high-water mark and the day's opening equity, raises version.
  void close_step(Nanos now);
  std::uint64_t version() const noexcept { return version_; }
  /// Rises with every change but that of a price: fills, cash.
  std::uint64_t changes() const noexcept { return changes_; }
  AssetId accounting() const noexcept { return accounting_; }
  const InstrumentTable& instruments() const noexcept { return table_; }
  /// Fees of an asset for which no price was known, by asset (kept exact, outside equity, reported).
  const std::vector<Decimal>& cash_by_asset() const noexcept { return ledger_.row(Account::wallet); }
  const Ledger& ledger() const noexcept { return ledger_; }
  /// Whether the ledger is balanced and the positions add up to its position accounts. Asked at each step of a build
  /// without optimisation.
  bool books_agree() const;

 private:
  const InstrumentTable& table_;
  AssetId accounting_;
  Decimal half_spread_;
  bool half_spread_is_small_;        // below 0.4
  bool count_unmanaged_ = false;
  bool plain_ = true;                // neither that nor pegs
  Pegs pegs_;
  Ledger ledger_;                    // its wallets are the cash
  std::vector<Position> positions_;  // by instrument id - 1
  std::vector<Mark> marks_;
  std::vector<std::uint32_t> held_;  // indices of non-zero positions, ascending
  Decimal exposure_ = Decimal::zero();  // sum of their values
  Decimal exposure_at_bid_ = Decimal::zero();
  Decimal peak_ = Decimal::zero(), day_start_ = Decimal::not_set(), realised_ = Decimal::zero(), fees_ = Decimal::zero();
  Decimal net_flows_ = Decimal::zero(), day_start_flows_ = Decimal::zero(), day_base_ = Decimal::not_set();
  Nanos day_ = -1;
  std::uint64_t version_ = 0, changes_ = 0;

  struct Draft;
  Draft draft(InstrumentId id) const;
  Decimal in_quote(AssetId asset, Decimal amount, const Fill& fill) const;
  void pay_fee(const Fill& fill, Draft& d, Posted& done) const;
  static void take_fee_back(const Fill& fill, const Posted& posted, const Instrument& ins, Draft& d);
  bool commit(InstrumentId id, Draft& d);
  Decimal counted(AssetId asset, Decimal amount) const;
  void flowed(Decimal equity_before);
  void note_flow(Decimal amount);
  void held_changed(std::uint32_t index);
  void revalue(std::uint32_t index);
  void sum_exposure();
  Decimal pegged_cash() const;
  Decimal unmanaged_at(bool bid) const;
  Decimal unmanaged_at_bid() const { return unmanaged_at(true); }
  /// What a unit counts when losses are reckoned; not set without a mark.
  Decimal loss_px(InstrumentId id) const;
  /// An amount of a cash asset, or of what is quoted in one, in the accounting asset.
  Decimal at_rate(AssetId quote, Decimal amount) const {
    return pegs_.at_par() ? amount : mul(amount, pegs_.rate(quote), Rounding::half_even);
  }
};

}  // namespace bowline::core
