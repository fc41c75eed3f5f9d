#include "core/portfolio.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace bowline::core {
namespace {
constexpr Nanos day_ns = 86'400'000'000'000;

/// What of `cost` belongs to `part` of `whole` > 0. The product may pass 128 bits for cheap, plentiful assets: then the
/// ratio is taken first, which loses at most 10^-18 of the cost.
Decimal share(Decimal cost, Decimal part, Decimal whole) {
  if (part == whole) return cost;
  const Decimal product = mul(cost, part, Rounding::half_even);
  return product.is_set() ? div(product, whole, Rounding::half_even)
                          : mul(cost, div(part, whole, Rounding::half_even), Rounding::half_even);
}
}  // namespace

Portfolio::Portfolio(const InstrumentTable& table, AssetId accounting, Decimal half_spread)
    : table_(table),
      accounting_(accounting),
      half_spread_(half_spread),
      half_spread_is_small_(half_spread < Decimal::from_mantissa(4, -1)),
      cash_(table.asset_count(), Decimal::zero()),
      positions_(table.size()),
      marks_(table.size()) {
  held_.reserve(table.size());
}

Decimal& Portfolio::cash_slot(AssetId asset) {
  BOWLINE_EXPECTS(asset.value >= 1);
  if (asset.value > cash_.size()) cash_.resize(asset.value, Decimal::zero());
  return cash_[asset.value - 1];
}

void Portfolio::set_cash(AssetId asset, Decimal total) {
  BOWLINE_EXPECTS(total.is_set());
  cash_slot(asset) = total;
  ++changes_;
}


void Portfolio::held_changed(std::uint32_t index) {
  const auto it = std::lower_bound(held_.begin(), held_.end(), index);
  const bool listed = it != held_.end() && *it == index;
  const bool held = !positions_[index].qty.is_zero();
  if (held && !listed) held_.insert(it, index);
  if (!held && listed) held_.erase(it);
}

// Asked for several times a step, changed once: kept. The sum is taken anew, so that a value that left the range of
// Decimal does not stay in it for good.
void Portfolio::revalue(std::uint32_t index) {
  Position& p = positions_[index];
  const Mark& m = marks_[index];
  p.value = p.qty.is_zero() || !m.last.is_set() ? Decimal::zero() : mul(p.qty, m.last, Rounding::half_even);
  exposure_ = Decimal::zero();
  for (const std::uint32_t i : held_) exposure_ = exposure_ + positions_[i].value;
}

// The fee's worth in the instrument's quote asset: known for quote and base, by mark for an asset that some
// instrument prices, else 0 here while the amount itself stays exact in its own account.
Decimal Portfolio::in_quote(AssetId asset, Decimal amount, const Fill& fill) const {
  const Instrument& ins = table_[fill.instrument];
  if (asset == ins.quote) return amount;
  if (asset == ins.base) return mul(amount, fill.px, Rounding::half_even);
  for (const Instrument& other : table_.all())
    if (other.base == asset && other.quote == ins.quote && mark(other.id).last.is_set())
      return mul(amount, mark(other.id).last, Rounding::half_even);
  return Decimal::zero();
}

bool Portfolio::priced(AssetId asset, InstrumentId instrument) const {
  const Instrument& ins = table_[instrument];
  if (asset == ins.quote || asset == ins.base) return true;
  for (const Instrument& other : table_.all())
    if (other.base == asset && other.quote == ins.quote && mark(other.id).last.is_set()) return true;
  return false;
}

void Portfolio::pay_fee(const Fill& fill, Position& p) {
  const Instrument& ins = table_[fill.instrument];
  Decimal fee = fill.fee;
  AssetId asset = fill.fee_asset;
  if (!fee.is_set()) {  // unknown is never 0: the worst tier until it is told (rules 2.4)
    asset = ins.quote;
    fee = fill.fee_worth.is_set() ? fill.fee_worth
                                  : mul(mul(fill.px, fill.qty, Rounding::half_even), ins.rules.taker_fee, Rounding::up);
  }
  if (fee.is_zero()) return;
  if (asset == ins.base) {
    // A fee in the asset bought or sold is a sale of that part at the fill's price whose proceeds are the fee: it leaves
    // at its average cost, and what it is worth stands under fees alone, so profit = realised + unrealised - fees.
    const Decimal taken = min(fee, p.qty);
    if (taken.is_positive()) {
      const Decimal part = share(p.cost, taken, p.qty);
      const Decimal gain = mul(taken, fill.px, Rounding::half_even) - part;
      p.cost = p.cost - part;
      p.realised = p.realised + gain;
      realised_ = realised_ + gain;
    }
    p.qty = p.qty - taken;
    if (taken < fee) cash_slot(asset) = cash_slot(asset) - (fee - taken);
  } else {
    cash_slot(asset) = cash_slot(asset) - fee;
  }
  const Decimal worth = fill.fee_worth.is_set() ? fill.fee_worth : in_quote(asset, fee, fill);
  p.fees = p.fees + worth;
  fees_ = fees_ + worth;
}

Result<void> Portfolio::apply(const Fill& fill) {
  const Instrument& ins = table_[fill.instrument];
  if (!fill.px.is_set() || !fill.qty.is_set() || !fill.px.is_positive() || !fill.qty.is_positive())
    return Error{"FILL_NOT_POSITIVE", "a fill of " + ins.symbol + " without a positive price and quantity can't be true"};
  ++changes_;
  Position& p = positions_[fill.instrument.value - 1];
  const Decimal notional = mul(fill.px, fill.qty, Rounding::half_even);
  if (!notional.is_set()) return Error{"FILL_OVERFLOW", "a fill of " + ins.symbol + " is too large for the ledger"};
  if (fill.side == Side::buy) {
    if (p.qty.is_zero()) {
      p.opened = fill.time;
      p.best_px = fill.px;
    }
    p.qty = p.qty + fill.qty;
    p.cost = p.cost + notional;
    cash_slot(ins.quote) = cash_slot(ins.quote) - notional;
  } else {
    if (fill.qty > p.qty)
      return Error{"FILL_BEYOND_POSITION", "a sale of " + ins.symbol + " beyond what is held: reconcile before trading it"};
    const Decimal part = share(p.cost, fill.qty, p.qty);
    p.qty = p.qty - fill.qty;
    p.cost = p.cost - part;
    p.realised = p.realised + (notional - part);
    realised_ = realised_ + (notional - part);
    cash_slot(ins.quote) = cash_slot(ins.quote) + notional;
  }
  pay_fee(fill, p);
  if (p.qty.is_zero()) {
    p.cost = Decimal::zero();
    p.best_px = Decimal::not_set();
    p.opened = 0;
  }
  p.average = p.qty.is_zero() ? Decimal::not_set() : div(p.cost, p.qty, Rounding::half_even);
  BOWLINE_ENSURES(p.qty.is_set() && !p.qty.is_negative() && p.cost.is_set() && cash_slot(ins.quote).is_set());
  held_changed(fill.instrument.value - 1);
  revalue(fill.instrument.value - 1);
  return {};
}

void Portfolio::set_mark(InstrumentId id, const Mark& mark, bool counts) {
  BOWLINE_EXPECTS(id.value >= 1 && id.value <= marks_.size());
  marks_[id.value - 1] = mark;
  Position& p = positions_[id.value - 1];
  if (counts && p.best_px.is_set() && mark.last.is_set() && mark.last > p.best_px) p.best_px = mark.last;
  if (!p.qty.is_zero()) revalue(id.value - 1);
}

Decimal Portfolio::bid(InstrumentId id) const {
  const Mark& m = mark(id);
  if (m.bid.is_set()) return m.bid;
  return m.last.is_set() ? m.last - mul(m.last, half_spread_, Rounding::half_even) : Decimal::not_set();
}
Decimal Portfolio::ask(InstrumentId id) const {
  const Mark& m = mark(id);
  if (m.ask.is_set()) return m.ask;
  return m.last.is_set() ? m.last + mul(m.last, half_spread_, Rounding::half_even) : Decimal::not_set();
}
Decimal Portfolio::average(InstrumentId id) const {
  return position(id).average;
}
Decimal Portfolio::value(InstrumentId id) const {
  return position(id).value;
}
Decimal Portfolio::unrealised(InstrumentId id) const {
  const Position& p = position(id);
  if (p.qty.is_zero()) return Decimal::zero();
  const Decimal b = bid(id);
  return b.is_set() ? mul(p.qty, b, Rounding::half_even) - p.cost : Decimal::zero();
}
bool Portfolio::dust(InstrumentId id) const {
  const Position& p = position(id);
  if (p.qty.is_zero()) return false;
  const ProductRules& r = table_[id].rules;
  if (p.qty < r.base_min || p.qty < r.base_step) return true;
  // Asked at every step: where the bid is derived and can't be less than half the last price, a value of more than twice
  // the smallest order answers it.
  if (half_spread_is_small_ && !mark(id).bid.is_set() && p.value > r.quote_min + r.quote_min) return false;
  const Decimal b = bid(id);
  return b.is_set() && mul(p.qty, b, Rounding::half_even) < r.quote_min;
}

Decimal Portfolio::realised() const { return realised_; }
Decimal Portfolio::fees() const { return fees_; }
Decimal Portfolio::unrealised() const {
  Decimal sum = Decimal::zero();
  for (const std::uint32_t i : held_) sum = sum + unrealised({i + 1});
  return sum;
}

void Portfolio::restore_step(std::uint64_t version, Decimal peak, Decimal day_start, Nanos day) {
  BOWLINE_EXPECTS(peak.is_set());
  version_ = version;
  peak_ = peak;
  day_start_ = day_start;
  day_ = day;
}

void Portfolio::close_step(Nanos now) {
  ++version_;
  const Decimal e = equity();
  if (!e.is_set()) return;
  if (e > peak_) peak_ = e;
  const Nanos day = now / day_ns;
  if (day != day_) {
    day_ = day;
    day_start_ = e;
  }
}

}  // namespace bowline::core
