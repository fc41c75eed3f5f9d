// Execution and the journal's ballast (trading rules 4.1): with the disk full exits go on in the room that is kept for them.
#include <algorithm>

#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/sizing_codes.hpp"

namespace bowline::services {

void Execution::keep(store::Ballast& ballast, std::function<void(bool whole)> told) {
  reserve_.keep(ballast, std::move(told));
  journal_.lean_on(ballast, [this] { ballast_given(); });
}

void Execution::ballast_given() {
  if (reserve_.miss(true))
    incident("BALLAST_RELEASED", "the disk is full: the room that was kept for exits is given to the journal, and nothing is bought until an operator resumes with room for it again", now_);
}

void Execution::fill_reserve(core::Nanos now) {
  const auto done = reserve_.fill();
  if (!reserve_.miss(!done)) {
    if (!done) incident(done.error().code, done.error().message, now);
    return;
  }
  // Of what was as it should be from the start there is no row: a re-run of these events has none either.
  note(store::journal_kind::journal, done ? R"({"state":"ballast whole"})" : R"({"state":"ballast short"})");
  if (!done) incident(done.error().code, done.error().message, now);
}

bool Execution::leave_out_entries() {
  const auto buys = [](const store::Journal::Approved& a) { return a->side() == core::Side::buy; };
  if (!reserve_.kept() || !journal_.no_room() || std::all_of(approved_.begin(), approved_.end(), buys)) return false;
  for (const store::Journal::Approved& a : approved_) {
    if (!buys(a)) continue;
    const auto r = std::find_if(sized_.begin(), sized_.end(), [&a](const core::SizingRecord& s) { return s.order.view() == a->client_id(); });
    if (r == sized_.end()) continue;
    r->order = {};  // no order comes of it, so none is named
    r->code = SizingCodes::get().journal;
    sizing(std::move(*r));
    sized_.erase(r);
  }
  return std::erase_if(approved_, buys) != 0;
}

}  // namespace bowline::services
