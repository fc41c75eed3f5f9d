// Execution books: every report of a fill goes through core::book_fill, is journaled as it was booked, and is told on. What
// the venue takes back, corrects or tells the fee of later changes what was booked before, never beside it.
#include <algorithm>

#include "core/booking.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::BookedAs;
using core::Nanos;
using core::Order;
using core::OrderState;
using core::Side;

constexpr std::uint32_t flag_correction = 2, flag_reversal = 4;  // of bl_fill

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

}  // namespace

// Here, and here alone, an execution gets into the book: as it is told, and as the journal says it was.
Result<core::FillAnswer> Execution::book(Order& order, const core::FillReport& report) {
  const bool entry = order.intent.side() == Side::buy && !order.external;
  const core::BookedFill* was = entry ? order.fill(report.id) : nullptr;
  const Nanos filled = was != nullptr ? was->fill.time : report.fill.time;
  const auto bought = [](const core::BookedFill* f) { return f == nullptr || f->undone ? Decimal::zero() : f->posted.notional; };
  const Decimal before = bought(was);
  auto booked = core::book_fill(order, portfolio_, report);
  if (!booked || booked->as == BookedAs::known) return booked;
  if (entry) bought_.add(filled, bought(order.fill(report.id)) - before);
  cash_known_ = true;
  position_moved(order);
  return booked;
}

void Execution::on_fill(const bl_fill& fill) { static_cast<void>(take_fill(fill, true)); }

bool Execution::take_fill(const bl_fill& fill, bool last) {
  ++seq_;
  const Nanos now = fill.h.ts_recv;
  Order* order = order_of(field(fill.client_id), field(fill.venue_id));
  if (order == nullptr) {
    on_stranger(fill);
    return true;
  }
  if (order->external && in_opening(fill)) return true;  // of before the book began: its balances hold it
  core::FillReport r;
  r.id = field(fill.fill_id);
  r.correction = (fill.flags & flag_correction) != 0;
  r.reversal = (fill.flags & flag_reversal) != 0 && !r.correction;
  r.told = std::max(fill.h.ts_event, Nanos{0});
  r.fill.instrument = {fill.h.instrument};
  r.fill.side = static_cast<Side>(fill.side);
  r.fill.px = Decimal::from_raw(fill.px);
  r.fill.qty = Decimal::from_raw(fill.qty);
  r.fill.fee = Decimal::from_raw(fill.fee);
  r.fill.fee_asset = {fill.fee_asset};
  r.fill.time = now;
  // The fill is booked all the same: what is held must be seen. Its fee counts as unknown, which is the worst tier.
  const bool fee_of_nothing = fill.fee_asset > table_.asset_count();
  if (fee_of_nothing) {
    r.fill.fee = Decimal::not_set();
    r.fill.fee_asset = {};
  }
  const core::InstrumentId id = order->intent.instrument();
  // A fill may be the first word of an order; with an id that is another's it is booked all the same.
  if (std::string_view(order->venue_id).empty()) static_cast<void>(learn_venue_id(*order, field(fill.venue_id), now));
  const auto booked = book(*order, r);
  if (!booked) {
    const std::string& code = booked.error().code;
    if (!last && (code == "FILL_BEYOND_ORDER" || code == "FILL_BEYOND_POSITION")) return false;
    trail_.told(*order, fill, code, {seq_, now});
    block(id, code, booked.error().message, now, order->intent.client_id());
    return true;
  }
  if (booked->as == BookedAs::known) {
    trail_.told(*order, fill, "known", {seq_, now});
    return true;
  }
  if (fee_of_nothing)
    block(id, "FILL_FEE_ASSET", "a fill's fee is in an asset that this run does not have: the worst tier was booked", now, order->intent.client_id());
  after_booking(*order, *order->fill(r.id), *booked, fill);
  return true;
}

// With the position its protection is over; what is too little for any order is none.
void Execution::position_moved(const Order& order) {
  const std::size_t at = order.intent.abi.instrument - 1;
  const bool bought = order.intent.side() == Side::buy;
  if (bought && !order.external && order.leaves().is_set() && order.leaves().is_zero()) entries_[at] = EntrySeries{};
  const core::InstrumentId id = order.intent.instrument();
  position_over(id);
  if (!bought && portfolio_.position(id).qty < table_[id].rules.base_min) protections_.clear(id);
}

void Execution::after_booking(Order& order, const core::BookedFill& kept, const core::FillAnswer& booked, const bl_fill& told) {
  const Nanos now = told.h.ts_recv;
  const core::InstrumentId id = order.intent.instrument();
  const std::string_view name = order.intent.client_id();
  const bool back = booked.as == BookedAs::reversal;
  changed_ = view_is_old_ = true;
  if (!back && kept.fill.fee.is_set() && !kept.fill.fee.is_zero() && !portfolio_.priced(kept.fill.fee_asset, id))
    incident("FEE_UNPRICED", "a fee is in an asset without a price here: it counts 0 in profit and fees", now, name);
  if (booked.as == BookedAs::fill) {
    if (order.state == OrderState::rejected || order.state == OrderState::not_placed || order.state == OrderState::denied)
      block(id, "FILL_AFTER_REJECT", "an order that the venue had refused was filled after all; the fill is booked", now, name);
    if (!order.external) {
      ++counts_.fills;
      ++counts_.fills_by_side[static_cast<std::size_t>(order.intent.side())];
    }
  } else if (booked.as != BookedAs::fee) {
    incident("FILL_CHANGED", back ? "the venue took a fill back" : "the venue corrected a fill", now, name);
  }
  if (booked.owed.is_positive())
    block(id, "FILL_CHANGED_OWED", "what the venue took back of a fill is not held any more: it came out of unmanaged inventory", now, name);
  record_fill(order, kept, now, told.liquidity);
  note_fill(order, kept, booked.as, told.liquidity);
  const bool took_ours = order.external && order.intent.side() == Side::sell && !back && kept.posted.managed.is_positive();
  const OrderState was = order.state;
  if (booked.event) move(order, *booked.event, now, "");
  else if (sink_.wanted()) write_order(order);  // its fees may be others
  if (guards_) {
    follow(id);
    if (booked.as == BookedAs::fill && !order.external && core::rests_as_stop(order.intent)) resting_filled(order, kept, now);
  }
  cancel_if_back(order, was, now);
  if (order.external) note_flows();
  if (took_ours) position_dropped(id, now, name);
  if (!tell_rules_) return;
  if (order.external) {  // no trade of ours: only what is held
    if (took_ours || booked.as != BookedAs::fill) tell_position(id, now);
    return;
  }
  if (booked.as == BookedAs::fee) return tell_position(id, now);
  bl_fill heard = told;  // a reversal need not say of what
  if (back) {
    heard.px = kept.fill.px.raw();
    heard.qty = kept.fill.qty.raw();
  }
  if (!back || kept.fill.qty.is_positive()) tell_rules_(heard.h);
  tell_position(id, now);
}

// What is stored of a fill is what is booked of it now: of one that was taken back, nothing.
void Execution::record_fill(const Order& order, const core::BookedFill& f, Nanos now, std::uint32_t liquidity) {
  if (!sink_.wanted() || !f.fill.px.is_positive()) return;
  sink_.put(fill_record_of(order, f, now, liquidity));
}

core::FillRecord Execution::fill_record_of(const Order& order, const core::BookedFill& f, Nanos now, std::uint32_t liquidity) const {
  core::FillRecord r;
  r.fill_id = f.id;
  r.order = order.id();
  r.decision = order.intent.decision;
  r.seq = seq_;
  r.time = now;
  r.instrument = order.intent.instrument();
  r.side = order.intent.side();
  r.liquidity = static_cast<std::uint8_t>(liquidity);
  r.px = f.fill.px;
  r.qty = f.undone ? Decimal::zero() : f.fill.qty;
  r.fee = f.undone ? Decimal::zero() : f.fill.fee;
  r.fee_asset = f.fill.fee_asset;
  return r;
}

void Execution::note_fill(const Order& order, const core::BookedFill& f, BookedAs as, std::uint32_t liquidity) {
  if (!durable_journal_) return;
  const bool back = as == BookedAs::reversal;
  store::FillRow row;
  row.order = order.id();
  row.fill_id = f.id;
  row.symbol = table_[order.intent.instrument()].symbol;
  row.side = order.intent.side();
  row.px = row.qty = row.fee = row.fee_worth = Decimal::not_set();
  row.fee_asset = table_.asset_code(f.fill.fee_asset ? f.fill.fee_asset : table_[order.intent.instrument()].quote);
  row.liquidity = liquidity;
  row.as = as;
  row.corrected = f.corrected;
  if (as != BookedAs::fill || f.corrected) row.told = f.told;
  if (as == BookedAs::fill && f.fill.time != now_) row.at = f.fill.time;
  if (!back) {
    row.px = f.fill.px;
    row.qty = f.fill.qty;
    row.fee = f.fill.fee;
    // Of an order of others the fee is no cost of ours: worth nothing, and what was assumed of it is paid all the same.
    row.fee_worth = f.posted.fee_assumed ? f.posted.fee : f.posted.fee_worth;
  }
  note(store::journal_kind::fill, store::line(row));
}

Result<void> Execution::restore_fill(const store::JournalRow& row, core::RecordSink* project) {
  const auto r = store::read_fill(row.payload);
  if (!r) return r.error();
  const auto bad = [](std::string what) { return Error{"JOURNAL_ROW", std::move(what)}; };
  Order* order = orders_.find(r->order);
  if (order == nullptr) return bad("a fill of order " + std::string(r->order.view()) + ", which has no intent before it");
  core::FillReport told;
  told.id = r->fill_id;
  told.correction = r->corrected || r->as == BookedAs::correction;
  told.reversal = r->as == BookedAs::reversal;
  told.told = r->told;
  told.fill.instrument = table_.find(r->symbol);
  told.fill.fee_asset = table_.find_asset(r->fee_asset);
  if (!told.fill.instrument || !told.fill.fee_asset) return bad("a fill of " + r->symbol + " with a fee in " + r->fee_asset + ": not in this run");
  told.fill.side = r->side;
  told.fill.px = r->px;
  told.fill.qty = r->qty;
  told.fill.fee = r->fee;
  told.fill.fee_worth = r->fee_worth;
  told.fill.time = r->at != 0 ? r->at : row.time;
  if (r->as == BookedAs::fee) told.correction = false;
  const auto booked = book(*order, told);
  if (!booked) return booked.error();
  if (booked->as != r->as)
    return bad("fill " + r->fill_id + " was booked as " + std::string(core::to_string(r->as)) + " and would be as " +
               std::string(core::to_string(booked->as)) + " now");
  const core::BookedFill& kept = *order->fill(r->fill_id);
  if (project != nullptr && kept.fill.px.is_positive()) project->put(fill_record_of(*order, kept, told.fill.time, r->liquidity));
  if (project != nullptr && !booked->event) project->put(record_of(*order));
  return {};
}

}  // namespace bowline::services
