// The marks of the book: what bars and quotes say a product is worth (trading rules 5.2). A price that is late, ahead of time or
// nowhere near what was traded is no mark, or one with bounds.
#include <algorithm>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;

constexpr Nanos moment = 1'000'000'000, hour = 3600 * moment;

}  // namespace

[[gnu::hot, gnu::flatten]] void Execution::on_bar(const bl_bar& bar) {
  ++heard_;
  now_ = std::max(now_, bar.h.ts_recv);
  heard_ns_ = now_;
  if (const auto done = broker_.on_event(bar.h); !done) broker_failed(done.error());
  mark_by_bar(bar);
}

// A price of a time that has not come yet would be newer than all that follow: they would be passed over until then, and a stop
// with them. It is of when it came (trading rules 5.2).
[[gnu::hot]] Nanos Execution::not_ahead(const bl_event& e) {
  if (e.ts_event <= now_) [[likely]] return e.ts_event;
  Nanos& told = told_ahead_[e.instrument - 1];
  if (e.ts_event - now_ > moment && (told == 0 || now_ - told >= hour)) {
    told = now_;
    incident("MARK_AHEAD", "a price of " + table_[InstrumentId{e.instrument}].symbol + " bears a time that has not come yet: it counts as of when it came", now_);
  }
  return now_;
}

[[gnu::hot]] void Execution::mark_by_bar(const bl_bar& bar) {
  const core::Mark& known = portfolio_.mark({bar.h.instrument});
  const Decimal close = Decimal::from_mantissa(bar.close, bar.px_exp);
  const Nanos at = not_ahead(bar.h);
  if (!close.is_set() || !close.is_positive() || !portfolio_.values({bar.h.instrument}, close)) return;
  mark_guard_.traded({bar.h.instrument}, close, at);
  // A bar that comes late is history, and where quotes come in the quote is the mark (trading rules 5.2): neither may
  // put the book back to an older price. A quote that no other followed for a whole bar is history, too.
  if (at < known.time || (known.bid.is_set() && at - known.time < options_.interval)) return;
  core::Mark mark;
  mark.last = close;
  mark.time = at;
  // It values and sells what is held. Nothing is bought by it where quotes are to be had (trading rules 5.2).
  if (known.bid.is_set()) {
    quote_lost_[bar.h.instrument - 1] = true;
    bid_qty_[bar.h.instrument - 1] = Decimal::not_set();
  }
  set_mark({bar.h.instrument}, mark);
}

// Not later than the position it is no price of it: its best one counts from its first fill on, in whatever process the two
// are heard, and in whatever order.
[[gnu::hot]] void Execution::set_mark(InstrumentId id, const core::Mark& mark) {
  const core::Position& p = portfolio_.position(id);
  mark_guard_.moves(id, portfolio_.mark(id).last, mark.last, std::max(now_, mark.time));
  portfolio_.set_mark(id, mark, p.qty.is_zero() || mark.time > p.opened);
}

void Execution::on_quote(const bl_quote& quote) {
  ++heard_;
  now_ = std::max(now_, quote.h.ts_recv);
  heard_ns_ = now_;
  if (const auto done = broker_.on_event(quote.h); !done) broker_failed(done.error());
  mark_by_quote(quote);
  if (resuming_ && !missing_.empty()) resend_in_time(now_);
  act_on_price({quote.h.instrument}, now_);
  if (!unpriced_) tripped(trips_.look_between(portfolio_, now_), now_);
  if (guards_) {
    rest({quote.h.instrument}, now_);
    if (!approved_.empty()) flush_frame(now_);
  }
}

void Execution::mark_by_quote(const bl_quote& quote) {
  if (quote.bid <= 0 || quote.ask < quote.bid) return;  // one-sided or crossed: not a validated mark
  core::Mark mark;
  mark.bid = Decimal::from_mantissa(quote.bid, quote.px_exp);
  mark.ask = Decimal::from_mantissa(quote.ask, quote.px_exp);
  const Decimal mid = mul(mark.bid + mark.ask, Decimal::from_mantissa(5, -1), Rounding::half_even);
  // Finer or larger than any amount, or what is held would be: no price, whoever tells it, and nothing may be reckoned by it.
  if (!mark.bid.is_set() || !mid.is_set() || !portfolio_.values({quote.h.instrument}, mark.ask)) return;
  mark.time = not_ahead(quote.h);
  mark.last = mark_guard_.bounded({quote.h.instrument}, mid, mark.time);
  // A bid that is nowhere near what was traded is sold at, and makes no loss of a day by itself (trading rules 5.1, 5.2).
  if (const Decimal believed = mark_guard_.bounded({quote.h.instrument}, mark.bid, mark.time); believed != mark.bid) mark.loss_bid = believed;
  if (mark.time < portfolio_.mark({quote.h.instrument}).time) return;
  quote_lost_[quote.h.instrument - 1] = false;
  bid_qty_[quote.h.instrument - 1] = quote.bid_qty > 0 ? Decimal::from_mantissa(quote.bid_qty, quote.qty_exp) : Decimal::not_set();
  set_mark({quote.h.instrument}, mark);
}

}  // namespace bowline::services
