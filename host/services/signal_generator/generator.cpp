#include "services/signal_generator/generator.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bowline::services {
namespace {

using core::Action;
using core::nan_value;

Action action_of(std::uint32_t a) noexcept {
  // An unknown action is treated as the documented default: no change.
  return a == 1 ? Action::buy : a == 2 ? Action::sell : Action::hold;
}

}  // namespace

Generator::Generator(GeneratorOptions options, const core::InstrumentTable& table,
                     std::vector<std::unique_ptr<SignalPort>> signals, core::RecordSink& sink)
    : options_(std::move(options)),
      table_(table),
      signals_(std::move(signals)),
      sink_(sink),
      outcomes_(table.size(), sink),
      causes_(options_.explain, options_.explain_top, signals_, sink,
              [this](std::uint32_t signal, const Error& why) { wrong(signal, why.code, why.message); }),
      close_(table.size(), Decimal::not_set()),
      closed_(table.size(), INT64_MIN),
      latest_(table.size()),
      identities_(table.size()),
      combined_name_(std::make_shared<const std::string>("combined")) {
  for (const auto& s : signals_) wishes_.push_back({s->frames(), s->wants(BL_EV_BAR), s->wants(BL_EV_FRAME)});
  if (options_.weights.size() != signals_.size()) options_.weights.assign(signals_.size(), 1.0);
}

void Generator::wrong(std::uint32_t signal, std::string_view code, std::string_view words) {
  ++errors_;
  if (options_.plugin_errors != nullptr)
    options_.plugin_errors->add("signal-generator", *signals_[signal]->name(), code, words);
}

[[gnu::hot]] void Generator::ask(std::uint32_t signal, const bl_event& event) {
  std::size_t kept = said_.size();
  if (const auto done = signals_[signal]->on_event(event, said_); !done)
    return wrong(signal, done.error().code, done.error().message);
  for (std::size_t i = kept; i < said_.size(); ++i) {
    Said& s = said_[i];
    if (s.p.instrument == 0 || s.p.instrument > table_.size()) {
      wrong(signal, "PREDICTION_UNKNOWN_PRODUCT", "it predicted for a product that this run does not have");
      continue;
    }
    if (s.p.action == 0 || s.p.action > static_cast<std::uint32_t>(Action::hold))
      wrong(signal, "PREDICTION_UNKNOWN_ACTION", "it predicted an action that does not exist: taken for HOLD");
    s.signal = signal;
    if (kept != i) said_[kept] = s;
    ++kept;
  }
  if (kept != said_.size()) said_.erase(said_.begin() + static_cast<std::ptrdiff_t>(kept), said_.end());
}

[[gnu::hot]] void Generator::on_bar(const bl_bar& bar, bool act) {
  ++bars_;
  ++seq_;
  const core::InstrumentId id{bar.h.instrument};
  const Decimal close = Decimal::from_mantissa(bar.close, bar.px_exp);
  // A bar that comes late is history: it is no price to refer to.
  if (bar.h.ts_event >= closed_[id.value - 1]) {
    close_[id.value - 1] = close;
    closed_[id.value - 1] = bar.h.ts_event;
  }
  if (sink_.wanted()) {
    core::CandleRecord r;
    r.seq = seq_;
    r.instrument = id;
    r.open_ns = bar.open_ns;
    r.close_ns = bar.close_ns;
    r.px_exp = bar.px_exp;
    r.qty_exp = bar.qty_exp;
    r.open = bar.open;
    r.high = bar.high;
    r.low = bar.low;
    r.close = bar.close;
    r.volume = bar.volume;
    r.acted_on = act;
    sink_.put(r);
  }
  outcomes_.on_close(id, close, bar.h.ts_event);
  const std::size_t said = said_.size();
  for (std::uint32_t i = 0; i < signals_.size(); ++i) {
    if (wishes_[i].frames != nullptr) wishes_[i].frames->update(bar);
    if (wishes_[i].bars) ask(i, bar.h);
  }
  // What is said to a late bar is not acted on, also when a bar in time follows in the same step.
  if (!act) said_.erase(said_.begin() + static_cast<std::ptrdiff_t>(said), said_.end());
  if (act && std::find(fresh_.begin(), fresh_.end(), id.value) == fresh_.end()) fresh_.push_back(id.value);
}

void Generator::on_event(const bl_event& event) {
  ++seq_;
  for (std::uint32_t i = 0; i < signals_.size(); ++i)
    if (signals_[i]->wants(event.type)) ask(i, event);
}

void Generator::run_frame(std::uint32_t signal, core::Nanos now) {
  FrameSource& source = *signals_[signal]->frames();
  const std::size_t cols = source.cols();
  instruments_.assign(fresh_.begin(), fresh_.end());
  std::sort(instruments_.begin(), instruments_.end());
  values_.resize(instruments_.size() * cols);
  quality_.resize(instruments_.size());
  for (std::size_t i = 0; i < instruments_.size(); ++i)
    quality_[i] = source.row({instruments_[i]}, std::span<double>(values_.data() + i * cols, cols));
  bl_frame frame{};
  frame.h.size = sizeof frame;
  frame.h.type = BL_EV_FRAME;
  frame.h.id = ++seq_;
  frame.h.ts_event = frame.h.ts_recv = now;
  frame.rows = static_cast<std::uint32_t>(instruments_.size());
  frame.cols = static_cast<std::uint32_t>(cols);
  frame.instruments = instruments_.data();
  frame.values = values_.data();
  frame.quality = quality_.data();
  const std::size_t before = said_.size();
  ask(signal, frame.h);
  if (causes_.wanted()) causes_.frame(signal, frame, std::span<const Said>(said_).subspan(before));
  if (sink_.wanted()) {
    core::FeatureRecord r;
    r.time = now;
    r.instance = signals_[signal]->name();
    r.names_hash = source.names_hash();
    for (const std::uint32_t i : instruments_) r.instruments.push_back({i});
    r.quality = quality_;
    r.values = values_;
    sink_.put(std::move(r));
  }
}

// Writes every field of `out` but the id: it may be a slot of an earlier step.
[[gnu::hot]] void Generator::translate(const Said& said, core::Nanos now, core::Prediction& out) const {
  const bl_prediction& p = said.p;
  out.instrument = {p.instrument};
  out.action = action_of(p.action);
  out.time = now;
  out.p_up = p.p_up;
  out.p_flat = p.p_flat;
  out.p_down = p.p_down;
  out.confidence = std::isnan(p.confidence) ? 0 : std::clamp(p.confidence, 0.0, 1.0);
  out.weight = p.weight;
  out.threshold = p.threshold;
  out.expected_move = p.expected_move;
  const Decimal ref = Decimal::from_raw(p.ref_px);
  if (ref.is_set() && ref.is_positive()) out.ref_px = ref;
  else out.ref_px = close_[p.instrument - 1];
  out.horizon_ns = p.horizon_ns > 0 ? p.horizon_ns : static_cast<core::Nanos>(options_.resolve_bars) * options_.interval;
  out.valid_until =
      p.valid_until_ns > 0 ? p.valid_until_ns : now + static_cast<core::Nanos>(options_.valid_bars) * options_.interval;
  out.source = signals_[said.signal]->name();
  out.model = *said.model;
}

// All that was said about one instrument in this step becomes one prediction. mean: probabilities weighted by instance;
// vote: the action with the larger summed weight, a draw is HOLD; first: configuration order.
[[gnu::hot]] bool Generator::combine(core::InstrumentId id, core::Nanos now, core::Prediction& out) {
  const Said* first = nullptr;
  std::size_t n = 0;
  for (const Said& s : said_) {
    if (s.p.instrument != id.value) continue;
    if (first == nullptr || s.signal < first->signal) first = &s;
    ++n;
  }
  if (first == nullptr) return false;
  translate(*first, now, out);
  if (n == 1 || options_.combine == Combine::first) return true;
  double votes[4] = {}, total = 0, up = 0, flat = 0, down = 0, move = 0, threshold = 0, confidence = 0;
  bool classifiers = true;
  core::Nanos valid = out.valid_until;
  for (const Said& s : said_) {
    if (s.p.instrument != id.value) continue;
    const double w = options_.weights[s.signal];
    core::Prediction p;
    translate(s, now, p);
    votes[static_cast<std::size_t>(p.action)] += w;
    total += w;
    up += w * p.p_up;
    flat += w * p.p_flat;
    down += w * p.p_down;
    move += w * p.expected_move;
    threshold += w * p.threshold;
    confidence += w * p.confidence;
    classifiers = classifiers && !std::isnan(p.p_up) && !std::isnan(p.threshold);
    valid = std::min(valid, p.valid_until);
  }
  if (!(total > 0)) return false;
  out.valid_until = valid;
  out.source = combined_name_;
  out.expected_move = move / total;
  out.confidence = confidence / total;
  out.weight = nan_value;
  if (options_.combine == Combine::mean && classifiers) {
    out.p_up = up / total;
    out.p_flat = flat / total;
    out.p_down = down / total;
    out.threshold = threshold / total;
    out.action = out.p_up >= out.threshold && out.p_up > out.p_down     ? Action::buy
                 : out.p_down >= out.threshold && out.p_down > out.p_up ? Action::sell
                                                                        : Action::hold;
    return true;
  }
  const double b = votes[static_cast<std::size_t>(Action::buy)], s = votes[static_cast<std::size_t>(Action::sell)],
               h = votes[static_cast<std::size_t>(Action::hold)];
  out.action = b > s && b > h ? Action::buy : s > b && s > h ? Action::sell : Action::hold;
  if (out.action == Action::hold) return true;
  // The numbers are those of the winning side: a BUY is not sized by what an instance that was outvoted said.
  total = up = flat = down = move = threshold = confidence = 0;
  for (const Said& said : said_) {
    if (said.p.instrument != id.value) continue;
    core::Prediction p;
    translate(said, now, p);
    if (p.action != out.action) continue;
    const double w = options_.weights[said.signal];
    total += w;
    up += w * p.p_up;
    flat += w * p.p_flat;
    down += w * p.p_down;
    move += w * p.expected_move;
    threshold += w * p.threshold;
    confidence += w * p.confidence;
  }
  out.p_up = up / total;
  out.p_flat = flat / total;
  out.p_down = down / total;
  out.expected_move = move / total;
  out.threshold = threshold / total;
  out.confidence = confidence / total;
  return true;
}

[[gnu::hot]] core::Id128 Generator::identify(const core::Prediction& p, core::Nanos now) {
  auto& known = identities_[p.instrument.value - 1];
  if (!known || known->source != p.source || known->model != p.model) {
    static const std::string no_model;
    known.emplace(Identity{p.source, p.model,
                           core::DecisionFacts(options_.seed, table_[p.instrument].symbol, *p.source, p.model ? *p.model : no_model)});
  }
  return known->facts.at(now);
}

[[gnu::hot]] std::span<const core::Prediction> Generator::predict(core::Nanos now) {
  out_.swap(before_);
  const std::size_t made_before = std::exchange(made_, 0);
  if (!fresh_.empty()) {
    if (out_.size() < fresh_.size()) out_.resize(fresh_.size());
    for (std::uint32_t i = 0; i < signals_.size(); ++i)
      if (wishes_[i].frames != nullptr && wishes_[i].rows) run_frame(i, now);
    if (fresh_.size() > 1) std::sort(fresh_.begin(), fresh_.end());
    for (const std::uint32_t i : fresh_) {  // two bars of one instrument in one step: one prediction
      core::Prediction& p = out_[made_];
      if (!combine({i}, now, p)) continue;
      ++made_;
      p.id = identify(p, now);
      ++counts_[static_cast<std::size_t>(p.action)];
      outcomes_.watch(p, now + static_cast<core::Nanos>(options_.resolve_bars) * options_.interval);
      if (sink_.wanted()) {
        core::SignalRecord r;
        r.id = p.id;
        r.seq = ++seq_;
        r.time = now;
        r.instrument = p.instrument;
        r.action = p.action;
        r.source = p.source;
        r.model = p.model;
        r.p_up = p.p_up;
        r.p_flat = p.p_flat;
        r.p_down = p.p_down;
        r.confidence = p.confidence;
        r.weight = p.weight;
        r.threshold = p.threshold;
        r.expected_move = p.expected_move;
        r.ref_px = p.ref_px;
        r.horizon_ns = p.horizon_ns;
        r.valid_until = p.valid_until;
        sink_.put(std::move(r));
        if (causes_.wanted()) causes_.predicted(p, said_, options_.weights, seq_);
      }
    }
  }
  // Of the step before only what has no successor needs another place.
  for (std::size_t i = 0; i < made_before; ++i)
    if (i >= made_ || out_[i].instrument != before_[i].instrument) latest_[before_[i].instrument.value - 1] = before_[i];
  fresh_.clear();
  said_.clear();
  return {out_.data(), made_};
}

void Generator::explain(std::span<const core::Id128> ordered) {
  for (const core::Prediction& p : std::span(out_.data(), made_))
    if (causes_.explains(p.action) || std::find(ordered.begin(), ordered.end(), p.id) != ordered.end()) causes_.explain(p);
}

const core::Prediction& Generator::latest(core::InstrumentId id) const noexcept {
  for (const core::Prediction& p : std::span(out_.data(), made_))
    if (p.instrument == id) return p;
  return latest_[id.value - 1];
}

}  // namespace bowline::services
