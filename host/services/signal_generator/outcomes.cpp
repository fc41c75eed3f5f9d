#include "services/signal_generator/outcomes.hpp"

#include <algorithm>

namespace bowline::services {

double Accuracy::accuracy() const noexcept {
  return resolved() == 0 ? core::nan_value : static_cast<double>(hits) / static_cast<double>(resolved());
}
double Accuracy::base_rate() const noexcept {
  return ups + downs == 0 ? core::nan_value : static_cast<double>(std::max(ups, downs)) / static_cast<double>(ups + downs);
}

[[gnu::hot]] void Outcomes::watch(const core::Prediction& p, core::Nanos resolve_at) {
  if ((p.action != core::Action::buy && p.action != core::Action::sell) || !p.ref_px.is_set()) return;
  pending_[p.instrument.value - 1].push_back({p.id, p.action, p.ref_px, resolve_at});
}

[[gnu::hot]] void Outcomes::on_close(core::InstrumentId instrument, Decimal close, core::Nanos time) {
  auto& queue = pending_[instrument.value - 1];
  while (!queue.empty() && queue.front().due <= time) {
    const Pending p = queue.front();
    queue.pop_front();
    core::OutcomeRecord r;
    r.signal = p.id;
    r.resolved_at = time;
    r.move = div(close - p.ref, p.ref, Rounding::half_even).to_double();
    if (close == p.ref) {
      ++accuracy_.ties;
      r.outcome = core::Outcome::tie;
    } else {
      const bool up = close > p.ref;
      ++(up ? accuracy_.ups : accuracy_.downs);
      const bool hit = up == (p.action == core::Action::buy);
      ++(hit ? accuracy_.hits : accuracy_.misses);
      r.outcome = hit ? core::Outcome::hit : core::Outcome::miss;
    }
    if (sink_.wanted()) sink_.put(r);
  }
}

std::size_t Outcomes::pending() const noexcept {
  std::size_t n = 0;
  for (const auto& q : pending_) n += q.size();
  return n;
}

}  // namespace bowline::services
