// The end of an emergency liquidation (trading rules 3.6). As far as is known here nothing is left that can be sold; before that
// is said the venue is asked once more what it has of each product. What came back goes on being sold; what differs and is not
// explained stands in the receipt as that. Nothing here waits, and a venue that says nothing does not hold the end up: then the
// receipt says that nobody looked.
#include <algorithm>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::Nanos;
using Phase = Liquidation::Phase;
using Product = Liquidation::Product;

/// Looks without an answer after which the question counts as failed: ten seconds of a loop that waits.
constexpr std::uint32_t patience = 50;
constexpr std::uint32_t most_failed = 3;
/// Looks for which a difference is waited for to be explained, by fills or by its class, until the venue is asked again; and how
/// often that is, since a venue may tell a fill before it is in its balances.
constexpr std::uint32_t most_looks = 10, most_reads = 3;

}  // namespace

void Execution::begin_final_read() {
  Liquidation& l = *liquidation_;
  l.phase = Phase::checking;
  l.last_read = {};
  for (Product& p : l.products) {
    p.held_at_end = portfolio_.position(p.id).qty;
    p.total_at_end = p.free_at_end = Decimal::not_set();
  }
}

void Execution::read_once_more(Nanos now) {
  Liquidation& l = *liquidation_;
  FinalRead& f = l.last_read;
  if (something_came_back()) {
    l.phase = Phase::selling;
    f = {};  // and is read anew when that is sold
    return;
  }
  if (f.whole) {
    // What was asked before it must be answered, too; what is asked by the clock, again and again, is no matter of its. An order
    // that the answer did not name is asked about, and works until that is answered: it came back.
    const bool open = std::any_of(asked_.begin(), asked_.end(), [&f](const OpenQuestion& a) { return a.request <= f.request; }) || !held_back_.empty() || std::any_of(l.products.begin(), l.products.end(), [this](const Product& p) { return differs(p); });
    if (open && ++f.looks < most_looks) return;
    if (!open || ++f.reads >= most_reads) return end_read(now);
    f.whole = false;
    f.looks = 0;
    f.request = 0;
  }
  if (f.request != 0) {
    if (++f.waits < patience) return;
    f.request = 0;
    ++f.failed;
  }
  if (f.failed >= most_failed) {
    incident("RECONCILE_INCOMPLETE", "the venue did not answer the last read of a liquidation: what it has then is not known", now);
    return end_read(now);
  }
  f.waits = 0;
  f.request = requests_ + 1;  // it may be answered at once
  const auto sent = ask_venue();
  if (sent) return;
  f.request = 0;
  if (says_again(sent.error())) busy_ = true;  // not yet: it is asked again
  else ++f.failed;
}

// An order of ours that works, fills that are missing, more held than was left, or coins that the venue lets go of at last.
bool Execution::something_came_back() {
  bool any = false;
  for (Product& p : liquidation_->products) {
    const Decimal held = portfolio_.position(p.id).qty, bid = portfolio_.bid(p.id);
    const core::ProductRules& rules = table_[p.id].rules;
    const bool works = in_the_way(p.id) != nullptr || (guards_ && resting_of(p.id) != nullptr) ||
                       ((held.is_zero() || portfolio_.dust(p.id)) && working_of(p.id) != nullptr);
    const Decimal worth = mul(p.free_at_end, bid, Rounding::down);
    const bool sells = p.free_at_end.is_set() && p.free_at_end >= rules.base_min && p.free_at_end.is_positive() &&
                       (!worth.is_set() || worth >= rules.quote_min);
    const bool freed = p.shorts > 0 && held.is_positive() && !portfolio_.dust(p.id) && sells;
    if (freed) p.shorts = 0;
    if (freed || held > p.held_at_end) p.was_read = p.stalled = false;  // as if it had never been looked at
    any = any || works || freed || unsettled(p.id) || held > p.held_at_end;
  }
  return any;
}

bool Execution::differs(const Product& p) const {
  if (!p.total_at_end.is_set()) return false;
  const core::AssetId base = table_[p.id].base;
  const Decimal d = difference(base, p.total_at_end);
  return d.is_set() && !d.is_zero() && !explained_by_fees(base, d);
}

// Of what is held and short the status is said already; of all else the venue's word and the book's can't both stand.
void Execution::end_read(Nanos now) {
  for (Product& p : liquidation_->products) {
    p.unexplained = differs(p);
    if (!p.unexplained || p.shorts > 0) continue;
    block(p.id, "BALANCE_UNEXPLAINED", "after its liquidation the venue has another balance of " + table_[p.id].symbol + " than the ledger", now);
  }
  end_liquidation(Phase::done, now);
}

void Execution::told_of_final_read(const bl_balance_ev& b) {
  const FinalRead& f = liquidation_->last_read;
  if (f.request == 0 && !f.told) return;  // its answer, and what is told beside it until the end
  const Decimal total = Decimal::from_raw(b.total), hold = Decimal::from_raw(b.hold);
  if (!total.is_set()) return;
  for (Product& p : liquidation_->products) {
    if (table_[p.id].base.value != b.asset) continue;
    p.total_at_end = total;
    const Decimal free = total - (hold.is_set() ? hold : Decimal::zero());
    p.free_at_end = free.is_negative() ? Decimal::zero() : free;
  }
}

void Execution::told_of_final_read(const bl_done& done) {
  FinalRead& f = liquidation_->last_read;
  if (f.request == 0 || done.request != f.request) return;
  f.whole = done.status >= 0 && done.complete != 0;
  f.told = f.told || f.whole;
  if (f.whole) return;  // its number stays while its answer is looked at
  f.request = 0;
  ++f.failed;
}

}  // namespace bowline::services
