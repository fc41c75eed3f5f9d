#include "core/portfolio_view.hpp"

namespace bowline::core {
namespace {

std::uint32_t abi_state(OrderState s) noexcept {
  switch (s) {
    case OrderState::recorded:
    case OrderState::submitted: return BL_S_PENDING;
    case OrderState::open:
    case OrderState::partially_filled:
    case OrderState::cancel_pending: return BL_S_OPEN;
    case OrderState::unknown: return BL_S_UNKNOWN;
    case OrderState::filled: return BL_S_FILLED;
    case OrderState::cancelled: return BL_S_CANCELLED;
    case OrderState::expired: return BL_S_EXPIRED;
    case OrderState::rejected:
    case OrderState::denied:
    case OrderState::not_placed: return BL_S_REJECTED;
  }
  return BL_S_UNKNOWN;
}

}  // namespace

void PortfolioView::link() {
  bl_portfolio& h = parts_.head;
  h.size = sizeof h;
  h.position_stride = sizeof(bl_position);
  h.balance_stride = sizeof(bl_balance);
  h.mark_stride = sizeof(bl_mark);
  h.n_positions = static_cast<std::uint32_t>(parts_.positions.size());
  h.n_balances = static_cast<std::uint32_t>(parts_.balances.size());
  h.n_marks = static_cast<std::uint32_t>(parts_.marks.size());
  h.n_working = static_cast<std::uint32_t>(parts_.working.size());
  h.positions = parts_.positions.data();
  h.balances = parts_.balances.data();
  h.marks = parts_.marks.data();
  pointers_.clear();
  for (std::size_t i = 0; i < parts_.working.size(); ++i) {
    parts_.working[i].size = sizeof(bl_working);
    parts_.working[i].intent = &parts_.intents[i];
    pointers_.push_back(&parts_.working[i]);
  }
  h.working = pointers_.data();
}

[[gnu::hot]] void PortfolioView::scalars(const Portfolio& book, TradingState state, Nanos now) {
  bl_portfolio& h = parts_.head;
  h.base_asset = book.accounting().value;
  h.state = static_cast<std::uint32_t>(state);
  const Decimal equity = book.equity(), at_bid = book.equity_at_bid();
  // What came or went since is no gain and no loss of the day, and both are reckoned at the bid (trading rules 5.1): peak and
  // opening are told by as much above what they were as equity is above its worth at the bid, so that equity less either is right.
  const Decimal spread = equity - at_bid;
  h.equity = equity.raw();
  h.peak_equity = (book.peak() + spread).raw();
  h.day_start_equity = (book.day_base() + spread).raw();
  h.equity_at_bid = at_bid.raw();
  h.now_ns = now;
  h.version = book.version();
}

// Between fills, which is nearly always, a step changes prices alone. False when an instrument has its first price.
[[gnu::hot]] bool PortfolioView::reprice(const Portfolio& book) {
  std::size_t at = 0;
  for (const Instrument& ins : book.instruments().all()) {
    const Mark& m = book.mark(ins.id);
    if (!m.last.is_set()) continue;
    if (at == parts_.marks.size() || parts_.marks[at].instrument != ins.id.value) return false;
    parts_.marks[at].px = m.last.raw();
    parts_.marks[at].ts = m.time;
    ++at;
  }
  for (bl_position& p : parts_.positions) {
    p.flags = book.dust({p.instrument}) ? 1u : 0u;
    p.best_px = book.position({p.instrument}).best_px.raw();
  }
  return true;
}

// Rows are written where they stay: a copy of what was just written waits for it.
[[gnu::hot]] void PortfolioView::build(const Portfolio& book, const OrderTable& orders, TradingState state, Nanos now) {
  const bool same = book_ == &book && orders_ == &orders && book_changes_ == book.changes() && order_changes_ == orders.changes();
  if (same && reprice(book)) return scalars(book, state, now);
  book_ = &book;
  orders_ = &orders;
  book_changes_ = book.changes();
  order_changes_ = orders.changes();
  parts_.positions.clear();
  parts_.balances.clear();
  parts_.marks.clear();
  parts_.intents.clear();
  parts_.working.clear();
  for (const Instrument& ins : book.instruments().all()) {
    const Position& p = book.position(ins.id);
    if (!p.qty.is_zero()) {
      bl_position& out = parts_.positions.emplace_back();
      out.instrument = ins.id.value;
      out.flags = book.dust(ins.id) ? 1u : 0u;
      out.qty = p.qty.raw();
      out.avg_px = book.average(ins.id).raw();
      out.realised = p.realised.raw();
      out.fees = p.fees.raw();
      out.best_px = p.best_px.raw();
      out.opened_ns = p.opened;
    }
    const Mark& m = book.mark(ins.id);
    if (m.last.is_set()) {
      bl_mark& out = parts_.marks.emplace_back();
      out.instrument = ins.id.value;
      out.px = m.last.raw();
      out.ts = m.time;
    }
  }
  const std::vector<Decimal>& cash = book.cash_by_asset();
  for (std::size_t i = 0; i < cash.size(); ++i) {
    if (cash[i].is_zero()) continue;
    bl_balance& out = parts_.balances.emplace_back();
    out.asset = static_cast<std::uint32_t>(i + 1);
    out.total = cash[i].raw();
    out.hold = Decimal::zero().raw();
  }
  for (const Order* o : orders.working()) {
    parts_.intents.push_back(o->amends ? o->worst_case() : o->intent.abi);
    bl_working& w = parts_.working.emplace_back();
    w.state = abi_state(o->state);
    w.cum_qty = o->cum_qty.raw();
    w.leaves_qty = o->leaves().raw();
  }
  scalars(book, state, now);
  link();
}

void PortfolioView::add_working(const bl_intent& intent) {
  book_ = nullptr;
  parts_.intents.push_back(intent);
  bl_working& w = parts_.working.emplace_back();
  w.state = BL_S_PENDING;
  w.cum_qty = Decimal::zero().raw();
  w.leaves_qty = intent.qty;
  link();
}

void PortfolioView::assign(Parts parts) {
  book_ = nullptr;
  parts_ = std::move(parts);
  link();
}

}  // namespace bowline::core
