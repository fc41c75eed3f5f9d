// bowline.risk.stops: see README.md.
#include <algorithm>
#include <optional>
#include <vector>

#include <bowline/views.hpp>

#include "codes.hpp"
#include "common/assess.hpp"
#include "common/bars.hpp"
#include "common/money.hpp"
#include "common/risk_table.hpp"
#include "common/shell.hpp"
#include "protection.hpp"
#include "volatility.hpp"

namespace bowline::risk_stops {
namespace {

constexpr std::uint32_t dust = 1;      // bit of bl_position.flags
constexpr std::uint32_t replayed = 1;  // bit of bl_event.flags

Held held_of(const bl_position& p) noexcept {
  const Decimal qty = Decimal::from_raw(p.qty);
  return {qty.is_set() ? qty : Decimal::zero(), Decimal::from_raw(p.avg_px), Decimal::from_raw(p.best_px),
          p.opened_ns};
}

Result<std::vector<ProfitStep>> profit_steps(const plugin_common::Json& list) {
  std::vector<ProfitStep> steps;
  Decimal sum = Decimal::zero();
  for (const auto& one : list) {
    const ProfitStep s{money::from_ratio(one.at("gain").get<double>()),
                       money::from_ratio(one.at("share").get<double>())};
    sum = money::plus(sum, s.share);
    if (!steps.empty() && s.gain <= steps.back().gain)
      return Error{"PROFIT_LADDER_INVALID", "take_profit_ladder: gains need to rise"};
    steps.push_back(s);
  }
  if (sum > Decimal::from_int(1))
    return Error{"PROFIT_LADDER_INVALID", "take_profit_ladder: the shares add up to more than 100%"};
  return steps;
}

class Plugin {
  /// One product: its movement, its last bar, and the protection of what is held of it.
  struct State {
    Volatility volatility;
    Market market;
    Protection protection;
    std::optional<bl_position> told;  ///< by the last BL_EV_POSITION
    std::int64_t told_ns = 0;
    std::optional<Wanted> wanted;  ///< what the host took last
  };

  plugin_common::HostSide host_;
  Rules rules_;
  Measure measure_ = Measure::atr;
  std::uint32_t bars_ = 288;
  bool require_history_ = false;
  std::vector<State> states_;  ///< by instrument
  mutable risk::LastChecks last_;  ///< for assess() alone: no verdict depends on it

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const plugin_common::Json& p) {
    const auto ratio = [&p](const char* key) { return money::from_ratio(p.at(key).get<double>()); };
    Rules r;
    r.factor = p.at("factor").get<double>();
    r.min_distance = ratio("min_distance");
    r.max_distance = ratio("max_distance");
    if (r.min_distance > r.max_distance)
      return Error{"STOP_DISTANCE_ORDER", "min_distance must not be above max_distance"};
    r.trailing = ratio("trailing");
    r.trailing_from = ratio("trailing_from");
    r.break_even = ratio("break_even");
    r.time_bars = p.at("time_stop_bars").get<std::uint32_t>();
    r.time_gain = ratio("time_stop_gain");
    auto steps = profit_steps(p.at("take_profit_ladder"));
    if (!steps) return steps.error();
    r.profit = std::move(*steps);
    if (const Decimal fixed = ratio("take_profit"); fixed.is_positive()) {
      if (!r.profit.empty())
        return Error{"TAKE_PROFIT_TWICE", "take_profit and take_profit_ladder: give one of the two"};
      r.profit.push_back({fixed, Decimal::from_int(1)});
    }
    rules_ = std::move(r);
    measure_ = p.at("volatility").get<std::string>() == "realised" ? Measure::realised : Measure::atr;
    bars_ = p.at("bars").get<std::uint32_t>();
    require_history_ = p.at("require_history").get<bool>();
    return {};
  }
  Result<void> start() {
    states_.clear();
    std::uint32_t products = 0;
    for (bl_product p; host_.product(products + 1, p); ++products) {}
    last_.reset(codes, products);
    if (require_history_) last_.stands(1, Decimal::from_int(bars_));
    return {};
  }
  void stop() {}

  void needs(bl_needs& out) const noexcept {
    out.warmup_bars = bars_ + 1;
    out.event_mask = 1ull << BL_EV_BAR | 1ull << BL_EV_POSITION;
  }

  risk::Answer check(const bl_intent& intent, const bl_portfolio& portfolio) const noexcept {
    if (!require_history_ || intent.side != BL_BUY) return risk::allow();
    const Volatility* v =
        intent.instrument < states_.size() ? &states_[intent.instrument].volatility : nullptr;
    const Decimal seen = Decimal::from_int(v != nullptr ? static_cast<std::int64_t>(v->seen()) : 0), bars = Decimal::from_int(bars_);
    last_.saw(1, intent.instrument, portfolio.now_ns, seen, bars);
    if (v != nullptr && v->known()) return risk::allow();
    return risk::refuse(1, "STOP_HISTORY_MISSING", "its stop cannot be computed yet: too few bars were seen",
                        risk::Unit::count, seen, bars);
  }

  /// Every protection that the host took and that stands; checks: what its limit came to when an order was judged last.
  plugin_common::Json assess() const {
    using plugin_common::Json;
    Json stops = Json::array();
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (!states_[i].wanted) continue;
      const Wanted& w = *states_[i].wanted;
      stops.push_back({{"instrument", i},
                       {"stop_px", money::text(w.stop_px)},
                       {"limit_px", w.limit_px.is_set() ? Json(money::text(w.limit_px)) : Json()},
                       {"share", w.share},
                       {"rule", static_cast<std::uint32_t>(w.rule)}});
    }
    return {{"stops", stops}, {"checks", last_.json()}};
  }
  static const void* extension(std::string_view id) noexcept {
    return plugin_common::AssessTable<Plugin>::for_id(id);
  }

  void on_event(const bl_event& e, const bl_portfolio& portfolio, const bl_sink& sink) {
    using plugin_common::event_as;
    if (const auto* bar = event_as<bl_bar>(e, BL_EV_BAR)) on_bar(*bar, portfolio, sink);
    if (const auto* changed = event_as<bl_position_ev>(e, BL_EV_POSITION)) on_position(*changed, sink);
  }

 private:
  State* state_of(std::uint32_t instrument) {
    if (instrument >= plugin_common::most_instruments) return nullptr;
    if (instrument >= states_.size()) states_.resize(std::size_t{instrument} + 1);
    State& s = states_[instrument];
    if (!s.volatility.made()) s.volatility = Volatility(measure_, bars_);
    return &s;
  }

  void on_bar(const bl_bar& bar, const bl_portfolio& portfolio, const bl_sink& sink) {
    if (!bar.is_final || bar.close <= 0 || bar.low <= 0 || bar.high < bar.low) return;
    const Decimal close = Decimal::from_mantissa(bar.close, bar.px_exp);
    State* s = close.is_set() ? state_of(bar.h.instrument) : nullptr;
    if (s == nullptr || bar.close_ns <= s->market.close_ns) return;  // late: what came after it is known
    const auto px = [&bar](std::int64_t m) { return plugin_common::to_double(m, bar.px_exp); };
    s->volatility.update(px(bar.high), px(bar.low), px(bar.close));
    s->market = {close, bar.close_ns, bar.close_ns - bar.open_ns, s->volatility.value()};
    if ((bar.h.flags & replayed) != 0) return recall(bar.h.instrument, *s, close);
    protect(bar.h.instrument, *s, held_now(bar.h.instrument, *s, portfolio), sink);
  }

  // The fill's own word: the protection follows each part of an entry at once.
  void on_position(const bl_position_ev& changed, const bl_sink& sink) {
    State* s = state_of(changed.position.instrument);
    if (s == nullptr) return;
    s->told = changed.position;
    s->told_ns = std::max(changed.h.ts_recv, changed.h.ts_event);
    if ((changed.h.flags & replayed) != 0) return recall(changed.position.instrument, *s, Decimal::zero());
    protect(changed.position.instrument, *s, &*s->told, sink);
  }

  // Of before a restart: the host has the stops of then. What is remembered of the position is what was then, and the price
  // is what the host made of its best one.
  void recall(std::uint32_t instrument, State& s, const Decimal& close) {
    if (!s.told || !watched(s, &*s.told)) return;
    if (s.market.close_ns > s.told->opened_ns && close > Decimal::from_raw(s.told->best_px))
      s.told->best_px = money::to_abi(close);
    s.protection.follow(held_of(*s.told), s.market, rules_, product_of(instrument));
  }

  /// A position that has a stop; what is remembered of another one ends.
  static bool watched(State& s, const bl_position* position) {
    // Of dust no order can be made. What is bought beside it later is another position, whatever the stop of this one was.
    if (position != nullptr && held_of(*position).qty.is_positive() && (position->flags & dust) == 0) return true;
    s.protection.clear();
    s.wanted.reset();
    return false;
  }

  /// Of the view and the last position event the newer one.
  static const bl_position* held_now(std::uint32_t instrument, const State& s,
                                     const bl_portfolio& portfolio) {
    if (s.told && portfolio.now_ns < s.told_ns) return &*s.told;
    return Portfolio(portfolio).position(instrument);
  }

  void protect(std::uint32_t instrument, State& s, const bl_position* position, const bl_sink& sink) {
    if (!watched(s, position)) return;
    const auto wanted = s.protection.follow(held_of(*position), s.market, rules_, product_of(instrument));
    if (!wanted || wanted == s.wanted) return;
    bl_stop out{};
    out.size = sizeof out;
    out.instrument = instrument;
    out.stop_px = wanted->stop_px.raw();
    out.limit_px = wanted->limit_px.raw();
    out.rule = static_cast<std::uint32_t>(wanted->rule);
    out.flags = wanted->share;
    if (sink.stop(sink.ctx, &out) >= 0)
      s.wanted = wanted;  // what was not taken is said again at the next bar
  }

  Product product_of(std::uint32_t instrument) const noexcept {
    Product p{Decimal::zero(), Decimal::zero(), Decimal::from_mantissa(12, -3)};  // trading rules 5.8
    bl_product told;
    if (!host_.product(instrument, told)) return p;
    const auto take = [](Decimal& to, const bl_dec& from) {
      if (const Decimal d = Decimal::from_raw(from); d.is_set() && !d.is_negative()) to = d;
    };
    take(p.px_step, told.px_step);
    take(p.base_step, told.base_step);
    take(p.taker_fee, told.taker_fee);
    return p;
  }
};

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"volatility":{"type":"string","default":"atr","enum":["atr","realised"],"description":"mean true range, or root of the mean squared return, of one bar"},
"bars":{"type":"integer","default":288,"minimum":2,"maximum":100000,"description":"over which the volatility is taken"},
"factor":{"type":"number","default":10,"exclusiveMinimum":0,"maximum":10000,"description":"volatility times this is the stop's distance below the average price"},
"min_distance":{"type":"number","x-bowline-unit":"percent","default":0.02,"exclusiveMinimum":0,"exclusiveMaximum":1,"description":"the distance is never smaller"},
"max_distance":{"type":"number","x-bowline-unit":"percent","default":0.05,"exclusiveMinimum":0,"exclusiveMaximum":1,"description":"the distance is never larger; it is this while the volatility is not known"},
"trailing":{"type":"number","x-bowline-unit":"percent","default":0.05,"minimum":0,"exclusiveMaximum":1,"description":"the stop follows the best price since opening at this distance; 0% = not"},
"trailing_from":{"type":"number","x-bowline-unit":"percent","default":0,"minimum":0,"maximum":100,"description":"gain from which on it does"},
"break_even":{"type":"number","x-bowline-unit":"percent","default":0.04,"minimum":0,"maximum":100,"description":"gain from which on the stop is at the entry with both fees; 0% = not"},
"time_stop_bars":{"type":"integer","default":0,"minimum":0,"maximum":10000000,"description":"bars after which a position that never gained time_stop_gain is sold; 0 = never"},
"time_stop_gain":{"type":"number","x-bowline-unit":"percent","default":0.01,"minimum":0,"maximum":100,"description":"gain that the time stop asks for"},
"take_profit":{"type":"number","x-bowline-unit":"percent","default":0,"minimum":0,"maximum":100,"description":"gain at which all of it is sold; 0% = not"},
"take_profit_ladder":{"type":"array","default":[],"maxItems":32,"items":{"type":"object","additionalProperties":false,"required":["gain","share"],"properties":{
"gain":{"type":"number","x-bowline-unit":"percent","exclusiveMinimum":0,"maximum":100,"description":"above the average price"},
"share":{"type":"number","x-bowline-unit":"percent","exclusiveMinimum":0,"maximum":1,"description":"of the largest quantity the position had"}}},"description":"steps {gain, share}: at this gain, this share of the position is sold"},
"require_history":{"type":"boolean","default":false,"description":"refuse an entry while the volatility of its product is not known"}}})json";

}  // namespace
}  // namespace bowline::risk_stops

// A host of ABI 1.0 places no stops: with it a position would only look protected.
BOWLINE_MODULE_SINCE("1", BL_RISK, "risk", "bowline.risk.stops", "1.0.0", bowline::risk_stops::schema,
               bowline::risk_stops::Plugin,
               bowline::plugin_common::RiskTable<bowline::risk_stops::Plugin>::value, "")
