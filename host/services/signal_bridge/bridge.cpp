#include "services/signal_bridge/bridge.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/identity.hpp"

namespace bowline::services {
namespace {

using core::Action;
using core::nan_value;
using core::Prediction;

core::SharedText shared(std::string_view s) { return std::make_shared<const std::string>(s); }

struct Codes {
  core::SharedText target = shared("TARGET"), hold = shared("HOLD"), flat = shared("SELL_NOTHING_HELD"),
                   cost = shared("EDGE_BELOW_COST"), unknown = shared("MOVE_UNKNOWN"), zero = shared("WEIGHT_ZERO"),
                   expired = shared("PREDICTION_EXPIRED"), mark = shared("MARK_MISSING"),
                   malformed = shared("PREDICTION_MALFORMED"), negative = shared("TARGET_NEGATIVE");
};
const Codes& codes() {
  static const Codes c;
  return c;
}

constexpr auto table = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"TARGET", "a target weight was proposed to trade-execution"},
    {"HOLD", "the prediction wants no change"},
    {"SELL_NOTHING_HELD", "a SELL of something that is neither held nor being bought: spot is never short"},
    {"EDGE_BELOW_COST", "the calibrated expected move is below round-trip fee + half spread + margin"},
    {"MOVE_UNKNOWN", "the cost gate is on and the prediction brings no expected move"},
    {"WEIGHT_ZERO", "the wanted weight is zero"},
    {"TARGET_NEGATIVE", "the prediction wants a weight below 0: it counts as 0, since spot is never short"},
    {"PREDICTION_EXPIRED", "valid_until has passed"},
    {"MARK_MISSING", "the product has no price yet"},
    {"PREDICTION_MALFORMED", "an unknown action, or numbers outside their range"},
    {"(a rule's code)", "an advisory risk rule refused it: see the rejection codes"},
});

/// Numbers a BUY may be sized by. A SELL needs none of them, and is never held up by them.
bool in_range(const Prediction& p) noexcept {
  const auto fraction = [](double x) { return std::isnan(x) || (x >= 0 && x <= 1); };
  return fraction(p.p_up) && fraction(p.threshold) && fraction(p.confidence) &&
         !std::isinf(p.expected_move) && !std::isinf(p.weight);
}

/// Whether it is the prediction's own weight that sizes it, see Bridge::weight_of.
bool sizes_itself(const Prediction& p) noexcept { return (std::isnan(p.p_up) || std::isnan(p.threshold)) && !std::isnan(p.weight); }
bool sized_below_zero(const Prediction& p) noexcept { return sizes_itself(p) && p.weight < 0; }

}  // namespace

std::span<const std::pair<std::string_view, std::string_view>> decision_codes() noexcept { return table; }

Bridge::Bridge(BridgeOptions options, const core::InstrumentTable& instruments,
               std::vector<std::unique_ptr<core::RiskRule>> advisers, core::RecordSink& sink)
    : options_(options),
      table_(instruments),
      advisers_(std::move(advisers), {}, shared("advice")),
      sink_(sink),
      last_(instruments.size(), Action::none) {}

// Most decisions of a run are the same few: the one before is looked at first.
[[gnu::hot]] void Bridge::count(const core::SharedText& code) {
  if (last_code_ != code) {
    last_code_ = code;
    last_count_ = &counts_[*code];
  }
  ++*last_count_;
}

double Bridge::weight_of(const Prediction& p, double max_position) noexcept {
  if (!std::isnan(p.p_up) && !std::isnan(p.threshold))
    return p.threshold >= 1 ? 0 : max_position * std::clamp((p.p_up - p.threshold) / (1 - p.threshold), 0.0, 1.0);
  if (sizes_itself(p)) return std::clamp(p.weight, 0.0, max_position);
  return max_position * std::clamp(p.confidence, 0.0, 1.0);
}

void Bridge::recall(std::span<const core::Prediction> predictions) {
  for (const core::Prediction& p : predictions) last_[p.instrument.value - 1] = p.action;
}

[[gnu::hot]] void Bridge::decide(core::Nanos now, std::span<const Prediction> predictions, const core::PortfolioView& view,
                                  std::vector<core::Target>& targets, std::vector<core::InstrumentId>& changed) {
  const bl_portfolio& book = view.get();
  const Decimal equity = Decimal::from_raw(book.equity);
  const bool recording = sink_.wanted();
  for (const Prediction& p : predictions) {
    ++seq_;
    if (last_[p.instrument.value - 1] != p.action) {
      if (last_[p.instrument.value - 1] != Action::none) changed.push_back(p.instrument);
      last_[p.instrument.value - 1] = p.action;
    }
    if (!recording && p.action == Action::hold && p.valid_until > now) {  // the most frequent one, and nobody writes it down
      count(codes().hold);
      continue;
    }
    const core::Instrument& ins = table_[p.instrument];
    double target_weight = nan_value, cost = 0;
    std::optional<core::DecisionRecord::Costs> costs;
    std::vector<core::CheckRecord> checks;
    const bl_mark* mark = view.mark(p.instrument);
    const Decimal held = view.held(p.instrument);
    const auto close = [&](const core::SharedText& code) {
      count(code);
      if (!recording) return;
      core::DecisionRecord r;
      r.id = p.id;
      r.seq = seq_;
      r.time = now;
      r.instrument = p.instrument;
      r.action = p.action;
      r.code = code;
      r.target_weight = target_weight;
      r.expected_move = p.expected_move;
      r.cost = cost;
      r.costs = costs;
      r.p_up = p.p_up;
      r.threshold = p.threshold;
      r.max_position = options_.max_position;
      r.portfolio_version = book.version;
      r.checks = std::move(checks);
      if (!held.is_zero() && mark != nullptr && equity.is_set() && equity.is_positive()) {
        const Decimal worth = mul(held, Decimal::from_raw(mark->px), Rounding::half_even);
        r.held_weight = div(worth, equity, Rounding::half_even).to_double();
      }
      sink_.put(std::move(r));
    };
    const auto propose = [&](core::Purpose purpose, double weight) {
      core::Target t;
      t.instrument = p.instrument;
      t.purpose = purpose;
      t.weight = weight;
      t.decision = p.id;
      t.time = now;
      t.valid_until = p.valid_until;
      t.ref_px = p.ref_px;
      targets.push_back(t);
      target_weight = weight;
      close(codes().target);
    };
    if (p.valid_until <= now) {
      close(codes().expired);
      continue;
    }
    if (p.action == Action::hold) {
      close(codes().hold);
      continue;
    }
    if (mark == nullptr) {
      close(codes().mark);
      continue;
    }
    if (p.action == Action::sell) {
      // What is being bought is not wanted either: the exit cancels the entry before it fills.
      if (held.is_zero() && !view.buying(p.instrument))
        close(codes().flat);
      else
        propose(core::Purpose::exit, 0);
      continue;
    }
    if (p.action != Action::buy || !in_range(p)) {
      close(codes().malformed);
      continue;
    }
    // The cost of going in and out: what the move has to beat (trading rules 1.2).
    costs = {2 * ins.rules.taker_fee.to_double(), options_.assumed_half_spread, options_.cost_margin, options_.cost_gate};
    cost = costs->fee_rate + costs->half_spread_rate + costs->margin_rate;
    if (options_.cost_gate) {
      if (std::isnan(p.expected_move)) {
        close(codes().unknown);
        continue;
      }
      if (p.expected_move < cost) {
        close(codes().cost);
        continue;
      }
    }
    const double weight = weight_of(p, options_.max_position);
    if (!(weight > 0) || !equity.is_set() || !equity.is_positive()) {
      close(sized_below_zero(p) ? codes().negative : codes().zero);
      continue;
    }
    // Advice: would the rules let such an order through now? Only an increase is asked about.
    const Decimal px = Decimal::from_raw(mark->px);
    const Decimal wanted = floor_to(
        div(mul(equity, Decimal::from_double(weight, Rounding::down), Rounding::down), px, Rounding::down), ins.rules.base_step);
    if (!wanted.is_set()) {  // by such a price it is more than any amount
      close(codes().mark);
      continue;
    }
    if (wanted > held) {
      core::Intent probe = core::blank_intent();
      probe.abi.instrument = p.instrument.value;
      probe.abi.side = BL_BUY;
      probe.abi.type = BL_LIMIT;
      probe.abi.tif = BL_GTD;
      probe.abi.qty = (wanted - held).raw();
      probe.abi.limit_px = px.raw();
      probe.abi.decided_ns = now;
      Decimal allowed;
      if (!advisers_.advise(probe, table_, book, checks, allowed)) {
        close(shared(std::string(checks.back().code)));
        continue;
      }
    }
    propose(core::Purpose::entry, weight);
  }
}

}  // namespace bowline::services
