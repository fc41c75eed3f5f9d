// The frame: what a step has approved becomes durable in one commit of the journal, and only then is handed to the broker
// (trading rules 4.1). Where the journal can't be written nothing is sent, and entries are denied until it can be.
#include <algorithm>

#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/sizing_codes.hpp"

namespace bowline::services {
namespace {

using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::Purpose;
using core::Side;

}  // namespace

// In the same commit: how each came about, and the day's entries with these.
Result<void> Execution::record_frame(Nanos now) {
  const std::size_t marks = trips_.rolling().waiting(), others = beside_.size();
  if (durable_journal_) {
    for (const core::SizingRecord& r : sized_)
      beside_.push_back({store::journal_kind::sizing, store::line(store::SizingRow{table_[r.instrument].symbol, r})});
    beside_.push_back({store::journal_kind::step, store::line(step_row())});
  }
  durable_.clear();
  auto recorded = journal_.record(approved_, now, durable_, beside_);
  if (!recorded) trips_.rolling().wait_again(marks);
  beside_.resize(others);
  return recorded;
}

// Everything approved in this frame becomes durable in one commit; only then is any of it handed over.
void Execution::flush_frame(Nanos now) {
  if (approved_.empty()) return;
  tell_tick();
  view_is_old_ = true;
  auto recorded = record_frame(now);
  if (!recorded && leave_out_entries()) recorded = record_frame(now);
  beside_.clear();
  if (const auto& done = recorded; !done) {
    incident("JOURNAL_WRITE", done.error().message, now);
    approved_.clear();
    for (core::SizingRecord& r : sized_) {  // no order came of it, so none is named
      r.order = {};
      r.code = SizingCodes::get().journal;
      sizing(std::move(r));
    }
    sized_.clear();
    journal_ok_ = false;  // entries denied until the journal can be written again
    return;
  }
  journal_ok_ = true;
  approved_.clear();
  const bool asks = sink_.wanted() && !chain_.rules().empty();
  for (core::SizingRecord& r : sized_)
    if (!asks || !asked_beside(r)) sizing(std::move(r));
  if (asks) std::erase_if(sized_, [](const core::SizingRecord& r) { return !asked_beside(r); });
  else sized_.clear();
  fresh_.clear();
  for (const auto& durable : durable_) {
    auto added = orders_.add(**durable, now, seq_);
    if (!added) {
      incident(added.error().code, added.error().message, now);
      fresh_.push_back(nullptr);
      continue;
    }
    fresh_.push_back(*added);
    ordered_.push_back((*added)->intent.decision);
    ++attempts_[{(*added)->intent.decision.hi, (*added)->intent.decision.lo}];
    count_rung((*added)->intent);
    count_entry_order((*added)->intent);
    if ((*added)->intent.side() == Side::buy) ramp_.count(now);
    ++counts_.orders;
    recent_orders_.push_back(now);
    changed_ = true;
  }
  for (std::size_t i = 0; i < durable_.size(); ++i) {
    if (fresh_[i] == nullptr) continue;
    Error why;
    const HandOver done = broker_.submit(durable_[i], why);
    trail_.submitted(*fresh_[i], done, why, {seq_, now});
    switch (done) {
      case HandOver::taken: move(*fresh_[i], OrderEvent::handed_over, now, ""); break;
      case HandOver::denied:
        busy_ = busy_ || says_again(why);
        fresh_[i]->reason = why.message;
        move(*fresh_[i], OrderEvent::deny, now, why.message);
        ++counts_.rejected;
        break;
      case HandOver::unknown:
        move(*fresh_[i], OrderEvent::handed_over, now, "");
        move(*fresh_[i], OrderEvent::timed_out, now, why.message);
        break;
    }
  }
  if (!sized_.empty()) record_opinions();
}

// Of what may be an exit: what is bought was judged before it left. A liquidation hangs on no rule's answer.
bool Execution::asked_beside(const core::SizingRecord& r) noexcept {
  return r.purpose != Purpose::entry && r.purpose != Purpose::emergency;
}

void Execution::record_opinions() {
  std::vector<core::SizingRecord> exits;
  exits.swap(sized_);
  const bl_portfolio& view = fresh_view().get();
  for (core::SizingRecord& r : exits) {
    if (const Order* o = orders_.find(r.order); o != nullptr && o->intent.side() == Side::sell) chain_.opinions(o->intent, view, r.checks);
    sizing(std::move(r));
  }
}

// Tried at each step while entries are denied: an exit's own record tries as well.
void Execution::journal_again(Nanos now) {
  if (!journal_noted_) static_cast<void>(journal_.note("journal", now, "{\"state\":\"writable again\"}"));
  journal_noted_ = true;
  if (!journal_.flush()) return;
  journal_noted_ = false;
  journal_ok_ = true;
}

}  // namespace bowline::services
