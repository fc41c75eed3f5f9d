#include "services/signal_generator/causes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace bowline::services {
namespace {

using core::Action;
using core::nan_value;

/// The class that an action stands for, as the ABI numbers them.
std::uint32_t class_of(Action a) noexcept { return a == Action::buy ? 2 : a == Action::sell ? 0 : 1; }

}  // namespace

Causes::Causes(Explain what, std::size_t top, const std::vector<std::unique_ptr<SignalPort>>& ports, core::RecordSink& sink,
               std::function<void(std::uint32_t, const Error&)> failed)
    : what_(what), top_(top), ports_(ports), sink_(sink), failed_(std::move(failed)), seen_(ports.size()) {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    seen_[i].explains = what_ != Explain::off && ports_[i]->explains() && ports_[i]->frames() != nullptr;
    seen_[i].calibrates = ports_[i]->calibrates();
    explained_ = explained_ || seen_[i].explains;
    offered_ = offered_ || seen_[i].explains || seen_[i].calibrates;
  }
}

void Causes::frame(std::uint32_t signal, const bl_frame& frame, std::span<const Said> said) {
  Seen& s = seen_[signal];
  if (!s.explains) return;
  s.time = frame.h.ts_event;
  s.id = frame.h.id;
  s.cols = frame.cols;
  s.instruments.assign(frame.instruments, frame.instruments + frame.rows);
  s.quality.assign(frame.quality, frame.quality + frame.rows);
  s.values.assign(frame.values, frame.values + std::size_t{frame.rows} * frame.cols);
  s.spoke.assign(frame.rows, false);
  for (std::size_t row = 0; row < s.instruments.size(); ++row)
    s.spoke[row] = std::any_of(said.begin(), said.end(), [&](const Said& w) { return w.p.instrument == s.instruments[row]; });
}

void Causes::predicted(const core::Prediction& made, std::span<const Said> said, std::span<const double> weights, std::uint64_t seq) {
  if (made.action == Action::hold && what_ != Explain::all) return;
  std::uint32_t n = 0;
  for (const Said& s : said) {
    if (s.p.instrument != made.instrument.value) continue;
    core::CauseRecord r;
    r.signal = made.id;
    r.seq = seq;
    r.time = made.time;
    r.n = n++;
    r.instance = ports_[s.signal]->name();
    r.model = *s.model;
    r.action = s.p.action == 1 ? Action::buy : s.p.action == 2 ? Action::sell : Action::hold;
    r.weight = weights[s.signal];
    r.p_up = s.p.p_up;
    r.p_flat = s.p.p_flat;
    r.p_down = s.p.p_down;
    r.expected_move = s.p.expected_move;
    r.return_up = r.return_flat = r.return_down = nan_value;
    if (seen_[s.signal].calibrates) {
      if (const auto told = ports_[s.signal]->class_returns()) {
        r.return_up = told->up;
        r.return_flat = told->flat;
        r.return_down = told->down;
      } else {
        failed_(s.signal, told.error());
      }
    }
    sink_.put(std::move(r));
  }
}

void Causes::explain(const core::Prediction& made) {
  for (std::uint32_t i = 0; i < seen_.size(); ++i)
    if (seen_[i].explains && seen_[i].time == made.time) explain(i, made);
}

void Causes::explain(std::uint32_t signal, const core::Prediction& made) {
  Seen& s = seen_[signal];
  const auto at = std::find(s.instruments.begin(), s.instruments.end(), made.instrument.value);
  if (at == s.instruments.end()) return;
  const auto row = static_cast<std::uint32_t>(at - s.instruments.begin());
  if (!s.spoke[row]) return;
  bl_frame frame{};
  frame.h.size = sizeof frame;
  frame.h.type = BL_EV_FRAME;
  frame.h.id = s.id;
  frame.h.ts_event = frame.h.ts_recv = s.time;
  frame.rows = static_cast<std::uint32_t>(s.instruments.size());
  frame.cols = s.cols;
  frame.instruments = s.instruments.data();
  frame.values = s.values.data();
  frame.quality = s.quality.data();
  parts_.assign(std::size_t{s.cols} + 1, nan_value);
  const auto done = ports_[signal]->contributions(frame, row, class_of(made.action), parts_);
  if (!done) return failed_(signal, done.error());
  if (std::any_of(parts_.begin(), parts_.end(), [](double v) { return !std::isfinite(v); }))
    return failed_(signal, Error{"EXPLAIN_NOT_FINITE", "a contribution is not a number"});
  std::vector<std::int32_t> order(s.cols);
  std::iota(order.begin(), order.end(), 0);
  const std::size_t listed = std::min<std::size_t>(top_, s.cols);
  const auto size = [this](std::int32_t col) { return std::abs(parts_[static_cast<std::size_t>(col)]); };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(listed), order.end(),
                    [&](std::int32_t a, std::int32_t b) { return size(a) != size(b) ? size(a) > size(b) : a < b; });
  core::ContributionRecord r;
  r.signal = made.id;
  r.time = made.time;
  r.instance = ports_[signal]->name();
  r.output = made.action;
  double rest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double v = parts_[static_cast<std::size_t>(order[i])];
    if (i < listed) r.parts.emplace_back(order[i], v);
    else rest += v;
  }
  if (listed < order.size()) r.parts.emplace_back(core::ContributionRecord::rest, rest);
  r.parts.emplace_back(core::ContributionRecord::bias, parts_.back());
  sink_.put(std::move(r));
}

}  // namespace bowline::services
