// bowline.rebalancer.targets: see README.md.
#include <algorithm>

#include "common/bars.hpp"
#include "common/money.hpp"
#include "common/shell.hpp"
#include "plan.hpp"

namespace bowline::rebalancer_targets {
namespace {

template <class T>
const T& at(const T* first, std::uint32_t stride, std::uint32_t i) noexcept {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(first) + std::size_t{stride} * i);
}

class Plugin {
  PlanOptions options_;
  std::uint32_t window_ = 288;
  std::int64_t valid_for_ns_ = 0;
  std::vector<RollingVolatility> volatility_;  ///< by instrument

 public:
  explicit Plugin(const bl_host&) {}

  Result<void> configure(const plugin_common::Json& p) {
    const auto minimum = money::parse(p.at("min_trade").get<std::string>());
    if (!minimum || *minimum < Decimal::zero())
      return Error{"MIN_TRADE_INVALID", "min_trade: a decimal of 0 or more is needed"};
    const std::string method = p.at("method").get<std::string>(),
                      universe = p.at("universe").get<std::string>();
    AllocationOptions& a = options_.allocation;
    a.method = method == "equal"                 ? Method::equal
               : method == "confidence_weighted" ? Method::confidence_weighted
                                                 : Method::inverse_volatility;
    a.universe = universe == "held" ? Universe::held : universe == "all" ? Universe::all : Universe::signals;
    a.max_weight = p.at("max_weight").get<double>();
    a.cash_reserve = p.at("cash_reserve").get<double>();
    options_.drift_band = p.at("drift_band").get<double>();
    options_.min_trade = *minimum;
    window_ = p.at("volatility_window").get<std::uint32_t>();
    valid_for_ns_ = p.at("valid_for").get<std::int64_t>();
    return {};
  }
  Result<void> start() {
    volatility_.clear();
    return {};
  }
  void stop() {}

  void on_bar(const bl_bar& bar) {
    if (!bar.is_final || bar.close <= 0 || bar.h.instrument > plugin_common::most_instruments) return;
    if (bar.h.instrument >= volatility_.size()) volatility_.resize(bar.h.instrument + 1);
    volatility_[bar.h.instrument].update(plugin_common::to_double(bar.close, bar.px_exp), window_);
  }

  Result<void> plan_targets(const bl_prediction* const* predictions, std::uint64_t n, const bl_portfolio& p,
                            const bl_sink& sink) const {
    const Decimal equity = money::from_abi(p.equity).value_or(Decimal::zero());
    std::vector<Holding> holdings = holdings_of(p, equity);
    for (std::uint64_t i = 0; i < n; ++i) {
      const bl_prediction& said = *predictions[i];
      for (Holding& h : holdings) {
        if (h.candidate.instrument != said.instrument) continue;
        if (said.valid_until_ns != 0 && said.valid_until_ns < p.now_ns) continue;  // what it said is over
        h.candidate.view = said.action == 1 ? View::buy : said.action == 2 ? View::sell : View::hold;
        h.candidate.score = score_of(h.candidate.view, said.p_up, said.confidence);
      }
    }
    for (const Target& t : plan(holdings, equity, options_)) {
      bl_target out{};
      out.size = sizeof out;
      out.instrument = t.instrument;
      out.weight = t.weight;
      out.urgency = 1;
      out.valid_until_ns = p.now_ns + valid_for_ns_;
      sink.target(sink.ctx, &out);
    }
    return {};
  }

 private:
  /// Every instrument with a mark, in the order of the marks; what is held in it at that mark.
  std::vector<Holding> holdings_of(const bl_portfolio& p, const Decimal& equity) const {
    std::vector<Holding> out;
    for (std::uint32_t i = 0; i < p.n_marks; ++i) {
      const bl_mark& m = at(p.marks, p.mark_stride, i);
      const auto px = money::from_abi(m.px);
      if (!px || *px <= Decimal::zero()) continue;
      Holding h;
      h.candidate.instrument = m.instrument;
      if (m.instrument < volatility_.size())
        h.candidate.volatility = volatility_[m.instrument].value(window_);
      for (std::uint32_t k = 0; k < p.n_positions; ++k) {
        const bl_position& x = at(p.positions, p.position_stride, k);
        const auto qty = money::from_abi(x.qty);
        if (x.instrument != m.instrument || !qty || *qty <= Decimal::zero() || (x.flags & 1u) != 0)
          continue;  // bit 0: dust
        h.value = money::times(*qty, *px, money::Round::down);
        h.candidate.held = true;
        if (equity > Decimal::zero())
          h.candidate.current = money::to_double(money::over(h.value, equity, money::Round::down));
      }
      out.push_back(h);
    }
    return out;
  }
};

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"method":{"type":"string","default":"equal","enum":["equal","confidence_weighted","inverse_volatility"],"description":"how the members share what may be invested"},
"universe":{"type":"string","default":"signals","enum":["signals","held","all"],"description":"who takes part"},
"max_weight":{"type":"number","x-bowline-unit":"percent","default":0.05,"exclusiveMinimum":0,"maximum":1,"description":"no target above this share of equity"},
"cash_reserve":{"type":"number","x-bowline-unit":"percent","default":0.2,"minimum":0,"maximum":1,"description":"share of equity that stays cash"},
"drift_band":{"type":"number","x-bowline-unit":"percent","default":0.01,"minimum":0,"maximum":1,"description":"share of equity a weight may be off before it is corrected"},
"min_trade":{"type":"string","format":"decimal","default":"10","description":"smallest correction, quote currency"},
"volatility_window":{"type":"integer","default":288,"minimum":2,"maximum":100000,"description":"bars of the volatility average"},
"valid_for":{"type":"integer","x-bowline-unit":"duration","default":86400000000000,"minimum":1000000000,"description":"how long a target stands if no new plan comes"}}})json";

bl_status on_event(bl_inst* i, const bl_event* e) noexcept {
  if (e->type != BL_EV_BAR) return BL_OK;
  return plugin_common::guarded(nullptr, BL_E_INTERNAL, [&]() -> Result<void> {
    plugin_common::Shell<Plugin>::of(i).on_bar(*reinterpret_cast<const bl_bar*>(e));
    return {};
  });
}
bl_status plan(bl_inst* i, const bl_prediction* const* predictions, std::uint64_t n,
               const bl_portfolio* portfolio, const bl_sink* sink, bl_error* err) noexcept {
  return plugin_common::guarded(err, BL_E_INVALID, [&] {
    return plugin_common::Shell<Plugin>::of(i).plan_targets(predictions, n, *portfolio, *sink);
  });
}
constexpr bl_rebalancer_v1 table{sizeof(bl_rebalancer_v1), 0, on_event, plan};

}  // namespace
}  // namespace bowline::rebalancer_targets

BOWLINE_MODULE(BL_REBALANCER, "rebalancer", "bowline.rebalancer.targets", "1.0.0",
               bowline::rebalancer_targets::schema, bowline::rebalancer_targets::Plugin,
               bowline::rebalancer_targets::table, "")
