#include "services/trade_execution/start_state.hpp"

#include "store/row_words.hpp"

namespace bowline::services {

std::string_view why_it_starts_reducing(const StartFacts& f) noexcept {
  if (!f.resumed) return "a first start: an operator lets it trade";
  if (f.put_back) return store::the_journal_was_put_back;
  if (!f.ended) return "the process before did not come to its end: an operator lets it trade";
  if (f.ended->end != "stopped") return "the process before was not stopped, it ended by itself: an operator lets it trade";
  if (!f.ended->rollout) return "the process before was stopped, and not for a planned roll-out: an operator lets it trade";
  if (f.wall > f.ended->rollout->until) return "the time that the planned roll-out had is over: an operator lets it trade";
  if (!f.agrees) return "after the planned roll-out the book and the venue do not agree: an operator lets it trade";
  return {};
}

}  // namespace bowline::services
