// What the book is worth (trading rules 5.1, 5.2, 5.7): marks and pegs, what is held at them, and what each step keeps of it.
#include <algorithm>

#include "core/contract.hpp"
#include "core/portfolio.hpp"
#include "core/portfolio_draft.hpp"

namespace bowline::core {
namespace {
constexpr Nanos day_ns = 86'400'000'000'000;
}  // namespace

void Portfolio::set_pegs(std::vector<Peg> pegs, Nanos stale_after) {
  for (const Peg& p : pegs) BOWLINE_EXPECTS(p.asset != accounting_);
  pegs_.set(std::move(pegs), stale_after);
  plain_ = !count_unmanaged_ && !pegs_.any();
}

std::string_view Portfolio::peg_refusal(InstrumentId id, Nanos now) const {
  if (!pegs_.any()) return {};
  if (is_cash(table_[id].base)) return "PEG_PRODUCT";
  switch (pegs_.state(table_[id].quote, now)) {
    case PegState::holds: return {};
    case PegState::unknown: return "PEG_UNKNOWN";
    case PegState::broken: break;
  }
  return "PEG_BROKEN";
}

Decimal Portfolio::pegged_cash() const {
  Decimal sum = cash(accounting_);
  for (const Peg& p : pegs_.all()) sum = sum + at_rate(p.asset, cash(p.asset));
  return sum;
}

Decimal Portfolio::sizing_equity(Nanos now) const {
  if (!pegs_.any()) return equity();
  Decimal less = Decimal::zero();
  for (const Peg& p : pegs_.all()) {
    if (pegs_.state(p.asset, now) == PegState::holds) continue;
    if (const Decimal wallet = at_rate(p.asset, cash(p.asset)); !wallet.is_negative()) less = less + wallet;
    for (const std::uint32_t i : held_)
      if (table_.all()[i].quote == p.asset) less = less + at_rate(p.asset, positions_[i].value);
  }
  return equity() - less;
}

// Asked for several times a step, changed once: kept. The sum is taken anew, so that a value that left the range of
// Decimal does not stay in it for good.
[[gnu::hot]] void Portfolio::revalue(std::uint32_t index) {
  Position& p = positions_[index];
  const Mark& m = marks_[index];
  if (p.qty.is_zero() || !m.last.is_set()) {
    p.value = p.at_bid = Decimal::zero();
  } else {
    p.value = mul(p.qty, m.last, Rounding::half_even);
    p.at_bid = m.bid.is_set() ? mul(p.qty, m.loss_bid.is_set() ? m.loss_bid : m.bid, Rounding::half_even)
                              : p.value - mul(p.value, half_spread_, Rounding::half_even);
  }
  sum_exposure();
}

[[gnu::hot]] void Portfolio::sum_exposure() {
  exposure_ = exposure_at_bid_ = Decimal::zero();
  if (pegs_.at_par()) {
    for (const std::uint32_t i : held_) {
      exposure_ = exposure_ + positions_[i].value;
      exposure_at_bid_ = exposure_at_bid_ + positions_[i].at_bid;
    }
  } else {
    for (const std::uint32_t i : held_) {
      exposure_ = exposure_ + at_rate(table_.all()[i].quote, positions_[i].value);
      exposure_at_bid_ = exposure_at_bid_ + at_rate(table_.all()[i].quote, positions_[i].at_bid);
    }
  }
}

[[gnu::hot]] void Portfolio::set_mark(InstrumentId id, const Mark& mark, bool counts) {
  BOWLINE_EXPECTS(id.value >= 1 && id.value <= marks_.size());
  marks_[id.value - 1] = mark;
  Position& p = positions_[id.value - 1];
  if (pegs_.any() && pegs_.price(id, mark.last, mark.time)) [[unlikely]] sum_exposure();
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
[[gnu::hot]] bool Portfolio::dust(InstrumentId id) const {
  const Position& p = position(id);
  if (p.qty.is_zero()) return false;
  const ProductRules& r = table_[id].rules;
  if (p.qty < r.base_min || p.qty < r.base_step) return true;
  // Asked at every step: where the bid is derived and can't be less than half the last price, a value of more than twice
  // the smallest order answers it.
  if (half_spread_is_small_ && !mark(id).bid.is_set() && p.value.is_set() && p.value > r.quote_min + r.quote_min) return false;
  const Decimal b = bid(id), worth = b.is_set() ? mul(p.qty, b, Rounding::half_even) : b;
  return worth.is_set() && worth < r.quote_min;  // more than any amount is not too little
}
bool Portfolio::values(InstrumentId id, Decimal px) const {
  if (beyond(px)) return false;
  const Decimal qty = position(id).qty + (is_cash(table_[id].base) ? Decimal::zero() : abs(cash(table_[id].base)));
  return qty.is_zero() || !beyond(mul(qty, px, Rounding::up));
}
Decimal Portfolio::invested() const {
  Decimal sum = Decimal::zero();
  for (const std::uint32_t i : held_)
    sum = sum + at_rate(table_.all()[i].quote, marks_[i].last.is_set() ? positions_[i].value : positions_[i].cost);
  return sum;
}

Decimal Portfolio::realised() const { return realised_; }
Decimal Portfolio::fees() const { return fees_; }
Decimal Portfolio::unrealised() const {
  Decimal sum = Decimal::zero();
  for (const std::uint32_t i : held_) sum = sum + unrealised({i + 1});
  return sum;
}

void Portfolio::restore_step(std::uint64_t version, Decimal peak, Decimal day_start, Nanos day, Decimal net_flows, Decimal day_flows) {
  BOWLINE_EXPECTS(peak.is_set() && net_flows.is_set() && day_flows.is_set());
  net_flows_ = net_flows;
  day_start_flows_ = net_flows - day_flows;
  version_ = version;
  peak_ = peak;
  day_start_ = day_start;
  day_base_ = day_start_ + day_flows;
  day_ = day;
}

void Portfolio::restore_best(InstrumentId id, Decimal px) {
  BOWLINE_EXPECTS(id.value >= 1 && id.value <= positions_.size() && px.is_set());
  Position& p = positions_[id.value - 1];
  if (p.best_px.is_set() && px > p.best_px) p.best_px = px;
}

Decimal Portfolio::loss_px(InstrumentId id) const { return mark(id).loss_bid.is_set() ? mark(id).loss_bid : bid(id); }

Decimal Portfolio::unmanaged_value() const { return unmanaged_at(false); }

Decimal Portfolio::unmanaged_at(bool bid) const {
  Decimal sum = Decimal::zero();
  const auto& all = table_.all();
  for (auto it = all.begin(); it != all.end(); ++it) {
    if (!is_cash(it->quote) || is_cash(it->base) || !mark(it->id).last.is_set()) continue;
    // One wallet, however many products trade it.
    if (std::any_of(all.begin(), it, [&](const Instrument& o) { return o.base == it->base && is_cash(o.quote) && mark(o.id).last.is_set(); }))
      continue;
    const Decimal qty = cash(it->base);
    if (qty.is_positive()) sum = sum + at_rate(it->quote, mul(qty, bid ? loss_px(it->id) : mark(it->id).last, Rounding::half_even));
  }
  return sum;
}

bool Portfolio::books_agree() const {
  if (!ledger_.balanced()) return false;
  for (std::uint32_t asset = 1; asset <= ledger_.assets(); ++asset) {
    Decimal sum = Decimal::zero();
    for (const Instrument& ins : table_.all())
      if (ins.base.value == asset) sum = sum + positions_[ins.id.value - 1].qty;
    if (sum != ledger_.balance({asset}, Account::position)) return false;
  }
  return true;
}

[[gnu::hot]] void Portfolio::close_step(Nanos now) {
#ifndef __OPTIMIZE__
  BOWLINE_INVARIANT(books_agree());
#endif
  ++version_;
  const Decimal e = equity_at_bid();
  if (!e.is_set()) return;
  if (e > peak_) peak_ = e;
  const Nanos day = now / day_ns;
  if (day != day_) {
    day_ = day;
    day_start_ = day_base_ = e;
    day_start_flows_ = net_flows_;
  }
}

}  // namespace bowline::core
