// Execution without a host around it (trading rules 3.7): no feed, no step, no strategy. What the journal and the venue tell is all
// there is. The clock's tick without what it would let go on: whoever only stops must not sell.
#include <algorithm>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {
constexpr core::Nanos moment = 1'000'000'000;
/// What a step is elsewhere: for so long an answer may be on its way to its end, and fills behind the end of their order.
constexpr core::Nanos patience = 10 * moment;
}  // namespace

void Execution::look_as_stand_in(core::Nanos now) {
  without_history_ = true;
  tick_begins(now, false);
  if (!journal_ok_) journal_again(now);
  if (!answer_.empty() && !asked_.empty() && now - asked_.front().since >= patience) {
    tell_tick();
    take_answer();
  }
  for (EndedOrder& e : ended_)
    if (e.since == 0) e.since = now;  // of an earlier process
  const auto owes = [&](const EndedOrder& e) { return !e.judged && now - e.since >= patience; };
  if (std::any_of(ended_.begin(), ended_.end(), owes)) {
    tell_tick();
    compare_ended(now, true);
  }
  if (!orders_.working().empty()) {
    const bool unanswered =
        std::any_of(orders_.working().begin(), orders_.working().end(), [](const core::Order* o) { return o->state == core::OrderState::unknown; });
    if ((unanswered || !missing_.empty()) && now - looked_for_missing_ >= 2 * moment) {
      tell_tick();
      looked_for_missing_ = now;
      look_for_missing(now);
    }
    keep_entries_off(now, 5 * moment);
  }
  reconcile_in_time();
  tick_ends();
}

}  // namespace bowline::services
