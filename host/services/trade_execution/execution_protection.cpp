// Execution watches: the stop and the take-profit of each position, held against each price; what is due, and is not the
// venue's to sell (execution_resting.cpp), becomes a target of rank `stop`, which sells whatever else is wanted (trading rules 1.2, 1.3, 3.3). All of it is in the journal, so that
// a restart in the middle keeps the stop, the lock, and a sale that is not over.
#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::InstrumentId;
using core::Nanos;
using core::Purpose;

constexpr Nanos moment = 1'000'000'000;

}  // namespace

bl_status Execution::want_stop(const bl_stop& wish, const core::SharedText& source) {
  const InstrumentId id{wish.instrument};
  if (!id || id.value > table_.size()) return BL_E_NOT_FOUND;
  core::ProtectionWish w;
  w.instrument = id;
  w.stop_px = Decimal::from_raw(wish.stop_px);
  w.take_px = Decimal::from_raw(wish.limit_px);
  w.share = wish.flags & 0xffffu;
  w.rule = wish.rule;
  if (!w.stop_px.is_set() || !w.stop_px.is_positive() || w.share > core::whole_share) return BL_E_INVALID;
  if (w.take_px.is_set() && !w.take_px.is_positive()) return BL_E_INVALID;
  if (wish.expire_ns != 0) return BL_E_UNSUPPORTED;
  if (recalling_ || !portfolio_.position(id).qty.is_positive()) return BL_E_STATE;
  if (protections_.want(w, source)) {
    note_protection(w, source);
    if (guards_) follow(id);
  }
  told_unprotected_[id.value - 1] = false;
  return BL_OK;
}

void Execution::note_protection(const core::ProtectionWish& w, const core::SharedText& source) {
  if (!durable_journal_) return;
  note(store::journal_kind::protection, store::line(store::ProtectionRow{table_[w.instrument].symbol, source ? *source : std::string(),
                                                                         w.stop_px, w.take_px, w.taken_px, w.share, w.rule}));
}

void Execution::watch_all(Nanos now) {
  for (const core::Instrument& ins : table_.all()) watch(ins.id, now);
}

void Execution::watch(InstrumentId id, Nanos now) {
  if (liquidation_ && liquidation_->sells()) return;  // sells all of it, whatever its price
  if (guards_ && venue_acts(id, now)) return;
  const auto due = protections_.due(id, portfolio_.bid(id));
  if (!due) return;
  const Decimal held = portfolio_.position(id).qty;
  if (portfolio_.dust(id)) return;  // no order can be made of it
  // What the venue says is sold already is not sold again, though its fills are missing.
  if (!ended_.empty() && held - owed(id, core::Side::sell) < table_[id].rules.base_min) return;
  // What is being sold already is not set off again; but a stop takes over from a take-profit that leaves something.
  const core::Target* standing = book_.insists(id, Purpose::stop) ? book_.at(id, Purpose::stop) : nullptr;
  if (standing != nullptr && (!due->stop || !standing->keep.is_set())) return;
  if (due->stop || due->share == 0 || due->share >= core::whole_share) return set_off(id, *due, Decimal::not_set(), now);
  const core::ProductRules& rules = table_[id].rules;
  const Decimal bid = portfolio_.bid(id);
  const auto too_little = [&](Decimal qty) {
    const Decimal worth = mul(qty, bid, Rounding::down);
    return qty < rules.base_min || (worth.is_set() && worth < rules.quote_min);
  };
  const Decimal part = floor_to(mul(held, Decimal::from_mantissa(due->share, -4), Rounding::down), rules.base_step);
  if (!part.is_positive() || too_little(part)) return;
  // A rest that could never be sold goes with it.
  set_off(id, *due, too_little(held - part) ? Decimal::not_set() : held - part, now);
}

void Execution::set_off(InstrumentId id, const core::ProtectionDue& due, Decimal keep, Nanos now) {
  const std::string& symbol = table_[id].symbol;
  const std::string_view what = due.stop ? "stop" : "take_profit";
  ++seq_;
  core::Target t;
  t.instrument = id;
  t.purpose = Purpose::stop;
  t.decision = core::decision_id(options_.seed, symbol, now, due.source ? *due.source : std::string(),
                                 std::string(what) + "/" + std::to_string(due.rule));
  t.time = now;
  t.valid_until = now + options_.interval;
  t.ref_px = portfolio_.bid(id);
  t.keep = keep;
  book_.put(t);
  now_ = std::max(now_, now);
  insist(id, Purpose::stop);  // until it is sold, whatever the price does next
  if (!due.stop) note_protection(protections_.take(id, due.source), due.source);
  lock_reentry(id, now);
  if (sink_.wanted()) {
    core::EventRecord r;
    r.seq = seq_;
    r.time = now;
    r.type = what;
    r.payload = "{\"symbol\":\"" + symbol + "\",\"source\":\"" + (due.source ? *due.source : "") + "\",\"rule\":" + std::to_string(due.rule) +
                ",\"px\":\"" + due.px.to_string() + "\",\"bid\":\"" + t.ref_px.to_string() + "\",\"decision\":\"" + t.decision.hex() + "\"}";
    sink_.put(std::move(r));
  }
  // Before anything gives way to it: a stop that was seen is not forgotten, whatever the price does after a restart.
  if (durable_journal_) make_durable();
  const out::Scope scope({.service = "trade-execution"});
  out::Event line(out::Level::Warning, "protection");
  line.field("symbol", symbol).field("what", what).field("source", due.source ? std::string_view(*due.source) : "");
  line.msg("the {} of {} is due: it is sold", due.stop ? "stop" : "take-profit", symbol);
}

// Between two steps: a stop does not wait for the bar to close, nor what is being sold for it, nor what stands in its way.
void Execution::act_on_price(InstrumentId id, Nanos now) {
  if (protections_.any()) watch(id, now);
  if (chases()) chase(id, now);
  push_stop(id, now);
  push_slices(id, now);
}

void Execution::push_stop(InstrumentId id, Nanos now) {
  if ((liquidation_ && liquidation_->sells()) || !book_.insists(id, Purpose::stop) || unsettled(id)) return;
  if (core::Order* working = in_the_way(id)) {
    const bool gives_way = working->intent.purpose < Purpose::stop &&
                            (working->intent.side() == core::Side::buy || working->intent.type() != core::OrderType::market);
    const bool asked = working->cancel_asked && now - working->updated < moment;
    if ((gives_way || overdue(*working, now)) && !asked) static_cast<void>(request_cancel(*working, now));
    if (guards_ && gives_way && !states_.frozen(id)) static_cast<void>(clears_the_way(id, now));
    if (working->state == core::OrderState::unknown && now - looked_for_missing_ >= 2 * moment) {
      looked_for_missing_ = now;
      look_for_missing(now);
    }
    return;
  }
  if (core::Order* resting = guards_ ? resting_of(id) : nullptr) {
    if (states_.frozen(id)) return;
    static_cast<void>(clears_the_way(id, now));
    if (resting->state == core::OrderState::unknown && now - looked_for_missing_ >= 2 * moment) {
      looked_for_missing_ = now;
      look_for_missing(now);
    }
    return;
  }
  if (exit_too_soon(id, now)) return;
  consider(id, now);
  if (!approved_.empty()) flush_frame(now);
}

// With the position its protection is over, and its ladder.
void Execution::position_over(InstrumentId id) {
  if (!portfolio_.position(id).qty.is_zero()) return;
  protections_.clear(id);
  rungs_[id.value - 1] = 0;
}

void Execution::lock_reentry(InstrumentId id, Nanos now) {
  if (options_.stop_lock_bars == 0) return;
  const Nanos until = now + static_cast<Nanos>(options_.stop_lock_bars) * options_.interval;
  if (until <= locked_until_[id.value - 1]) return;
  locked_until_[id.value - 1] = until;
  if (durable_journal_) note(store::journal_kind::reentry, store::line(store::ReentryRow{table_[id].symbol, until}));
}

void Execution::tell_unprotected(Nanos now) {
  for (const core::Instrument& ins : table_.all()) {
    const core::Position& p = portfolio_.position(ins.id);
    const std::size_t at = ins.id.value - 1;
    if (p.qty.is_zero() || protections_.stop_px(ins.id).is_set() || portfolio_.dust(ins.id)) {
      told_unprotected_[at] = false;
    } else if (!told_unprotected_[at] && now - p.opened >= options_.unprotected_after) {
      told_unprotected_[at] = true;
      incident("POSITION_UNPROTECTED", "the position in " + ins.symbol + " has no stop", now);
    }
  }
}

Result<void> Execution::restore_protection(const store::JournalRow& row) {
  const auto r = store::read_protection(row.payload);
  if (!r) return r.error();
  core::ProtectionWish w;
  w.instrument = table_.find(r->symbol);
  if (!w.instrument) return Error{"JOURNAL_ROW", "a stop of " + r->symbol + ", which is not among the instruments of this run"};
  w.stop_px = r->stop_px;
  w.take_px = r->take_px;
  w.taken_px = r->taken_px;
  w.share = r->share;
  w.rule = r->rule;
  protections_.want(w, std::make_shared<const std::string>(r->source));
  return {};
}

Result<void> Execution::restore_reentry(const store::JournalRow& row) {
  const auto r = store::read_reentry(row.payload);
  if (!r) return r.error();
  const InstrumentId id = table_.find(r->symbol);
  if (!id) return Error{"JOURNAL_ROW", "a lock of " + r->symbol + ", which is not among the instruments of this run"};
  locked_until_[id.value - 1] = std::max(locked_until_[id.value - 1], r->until);
  return {};
}

}  // namespace bowline::services
