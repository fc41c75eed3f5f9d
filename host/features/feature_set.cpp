#include "features/feature_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/contract.hpp"
#include "features/definitions.hpp"

namespace bowline::features {
namespace {

// A division by an exact power is rounded once, a product with 10^-k twice.
double number(std::int64_t mantissa, std::int8_t exponent) noexcept {
  static constexpr std::array powers{1.,   1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const auto m = static_cast<double>(mantissa);
  const auto size = static_cast<std::size_t>(std::abs(int{exponent}));
  if (size >= powers.size()) return m * std::pow(10.0, exponent);
  return exponent < 0 ? m / powers[size] : m * powers[size];
}

bool usable(const bl_bar& b) noexcept {
  return b.is_final && b.low > 0 && b.volume >= 0 && b.low <= std::min(b.open, b.close) &&
         b.high >= std::max(b.open, b.close);
}

void read_clock(std::int64_t ns, double& day_part, double& weekday) noexcept {
  constexpr std::int64_t day = 86'400'000'000'000;
  const std::int64_t in_day = ((ns % day) + day) % day, days = (ns - in_day) / day;
  day_part = static_cast<double>(in_day) / static_cast<double>(day);
  weekday = static_cast<double>(((days + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday; Monday is 0
}

}  // namespace

Result<FeatureSet> FeatureSet::select(std::span<const std::string_view> names) {
  const Definitions& all = definitions();
  const auto nodes = all.graph.nodes();
  FeatureSet set;
  std::vector<Ref> roots;
  std::vector<bool> needed(nodes.size());
  for (const std::string_view name : names) {
    const FeatureDef* def = find(name);
    if (!def)
      return Error{"FEATURE_UNKNOWN",
                   "features: unknown feature " + std::string(name) + "; did you mean " +
                       std::string(nearest(name)) + "?",
                   {{"feature", std::string(name)}, {"nearest", std::string(nearest(name))}}};
    if (std::ranges::find(set.names_, name) != set.names_.end())
      return Error{"FEATURE_DUPLICATE",
                   "features: " + std::string(name) + " is listed twice: remove one",
                   {{"feature", std::string(name)}}};
    set.names_.emplace_back(name);
    set.warmup_ = std::max(set.warmup_, def->warmup);
    roots.push_back(all.roots[static_cast<std::size_t>(def - all.features.data())]);
    needed[roots.back().node] = true;
  }
  for (std::size_t i = nodes.size(); i-- > 0;)  // inputs stand before their readers
    if (needed[i])
      for (std::size_t j = 0; j < arity(nodes[i].op); ++j) needed[nodes[i].in[j].node] = true;

  std::vector<std::uint32_t> slot(nodes.size());
  set.initial_.resize(bar_values);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!needed[i]) continue;
    const Node& n = nodes[i];
    if (n.op < Op::constant) {
      slot[i] = static_cast<std::uint32_t>(n.op);
      set.calendar_ |= n.op == Op::day_part || n.op == Op::weekday;
      continue;
    }
    slot[i] = static_cast<std::uint32_t>(set.initial_.size());
    set.initial_.resize(set.initial_.size() + outputs(n.op), n.op == Op::constant ? n.k : 0.0);
    if (n.op == Op::constant) continue;
    Step s;
    s.run = kernel(n.op);
    s.x = slot[n.in[0].node] + n.in[0].out;
    s.y = arity(n.op) == 2 ? slot[n.in[1].node] + n.in[1].out : s.x;
    s.out = slot[i];
    s.state = static_cast<std::uint32_t>(set.windows_);
    s.place = static_cast<std::uint32_t>(set.steps_.size());
    s.window = n.window;
    s.from_bar = n.inputs_warm;
    s.k = n.k;
    set.windows_ += state_size(n.op, n.window);
    set.steps_.push_back(s);
  }
  for (const Ref r : roots) set.columns_.push_back({slot[r.node] + r.out, nodes[r.node].warm});
  set.hash_ = feature_hash(names);
  return set;
}

FeatureSet::State FeatureSet::fresh() const {
  State s;
  s.values = initial_;
  s.windows.resize(windows_);
  s.places.resize(steps_.size());
  return s;
}

bool FeatureSet::update(const bl_bar& bar) {
  if (!usable(bar)) return false;
  auto it = states_.find(bar.h.instrument);
  if (it == states_.end()) it = states_.emplace(bar.h.instrument, fresh()).first;
  State& s = it->second;
  if (s.bars > 0 && bar.close_ns <= s.last_close_ns) return false;
  s.last_close_ns = bar.close_ns;
  if (s.bars < std::numeric_limits<std::uint32_t>::max()) ++s.bars;
  double* const v = s.values.data();
  v[static_cast<std::size_t>(Op::open)] = number(bar.open, bar.px_exp);
  v[static_cast<std::size_t>(Op::high)] = number(bar.high, bar.px_exp);
  v[static_cast<std::size_t>(Op::low)] = number(bar.low, bar.px_exp);
  v[static_cast<std::size_t>(Op::close)] = number(bar.close, bar.px_exp);
  v[static_cast<std::size_t>(Op::volume)] = number(bar.volume, bar.qty_exp);
  if (calendar_)
    read_clock(bar.close_ns, v[static_cast<std::size_t>(Op::day_part)],
               v[static_cast<std::size_t>(Op::weekday)]);
  const Cell cell{v, s.windows.data(), s.places.data(), static_cast<double>(s.bars)};
  for (const Step& step : steps_)
    if (s.bars >= step.from_bar) step.run(step, cell);
  return true;
}

std::uint32_t FeatureSet::row(std::uint32_t instrument, std::span<double> out) const {
  BOWLINE_EXPECTS(out.size() == cols());
  const auto it = states_.find(instrument);
  const std::uint32_t bars = it == states_.end() ? 0 : it->second.bars;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    out[i] = bars > 0 && bars >= columns_[i].warm ? it->second.values[columns_[i].value]
                                                  : std::numeric_limits<double>::quiet_NaN();
  return bars > 0 && bars >= warmup_ ? quality_warm : 0;
}

}  // namespace bowline::features
