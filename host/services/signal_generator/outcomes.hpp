// What became of the signals: each BUY and SELL is resolved when its horizon has passed. An unchanged price is a tie:
// counted apart, neither hit nor miss. The base rate is the share of the more frequent direction over the same signals.
#pragma once

#include <deque>
#include <vector>

#include "core/prediction.hpp"
#include "core/records.hpp"

namespace bowline::services {

struct Accuracy {
  std::uint64_t hits = 0, misses = 0, ties = 0, ups = 0, downs = 0;
  std::uint64_t resolved() const noexcept { return hits + misses; }
  /// NaN when nothing is resolved.
  double accuracy() const noexcept;
  /// Share of the majority direction among the resolved signals that were not ties.
  double base_rate() const noexcept;
};

class Outcomes {
 public:
  Outcomes(std::size_t instruments, core::RecordSink& sink) : pending_(instruments), sink_(sink) {}

  /// Takes a BUY or SELL to watch; HOLD is not scored. `resolve_at`: the first close at or after it decides.
  void watch(const core::Prediction& p, core::Nanos resolve_at);
  /// A new close of one instrument resolves what is due.
  void on_close(core::InstrumentId instrument, Decimal close, core::Nanos time);
  const Accuracy& accuracy() const noexcept { return accuracy_; }
  std::size_t pending() const noexcept;

 private:
  struct Pending {
    core::Id128 id;
    core::Action action = core::Action::hold;
    Decimal ref = Decimal::not_set();
    core::Nanos due = 0;
  };
  std::vector<std::deque<Pending>> pending_;  // by instrument, in order of due time
  core::RecordSink& sink_;
  Accuracy accuracy_;
};

}  // namespace bowline::services
