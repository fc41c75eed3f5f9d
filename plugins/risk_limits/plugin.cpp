// bowline.risk.limits: see README.md.
#include <algorithm>
#include <cstring>

#include "common/money.hpp"
#include "common/shell.hpp"
#include "limits.hpp"

namespace bowline::risk_limits {
namespace {

/// Entry `i` of an array whose elements may have grown since this was compiled.
template <class T>
const T& at(const T* first, std::uint32_t stride, std::uint32_t i) noexcept {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(first) + std::size_t{stride} * i);
}

template <std::size_t N>
void copy(char (&to)[N], std::string_view from) noexcept {
  const std::size_t n = std::min(from.size(), N - 1);
  std::copy_n(from.data(), n, to);  // memcpy may not be given the null of an empty view
  to[n] = '\0';
}

class Plugin {
  Limits limits_;

 public:
  explicit Plugin(const bl_host&) {}

  Result<void> configure(const plugin_common::Json& p) {
    const auto position = money::from_ratio(p.at("max_position").get<double>());
    const auto exposure = money::from_ratio(p.at("max_exposure").get<double>());
    const auto minimum = money::parse(p.at("min_notional").get<std::string>());
    if (!minimum || *minimum < Decimal::zero())
      return Error{"MIN_NOTIONAL_INVALID", "min_notional: a decimal of 0 or more is needed"};
    limits_ = {position, exposure, *minimum};
    return {};
  }
  Result<void> start() { return {}; }
  void stop() {}

  void check(const bl_intent& intent, const bl_portfolio& portfolio, bl_verdict& out) const {
    Ask ask;
    ask.instrument = intent.instrument;
    ask.buy = intent.side == BL_BUY;
    ask.qty = money::from_abi(intent.qty);
    ask.by_cost = money::from_abi(intent.quote_qty);
    if (intent.type != BL_MARKET) ask.limit_px = money::from_abi(intent.limit_px);
    write(intent.side == BL_BUY || intent.side == BL_SELL ? judge(ask, book_of(intent, portfolio), limits_)
                                                          : Answer{},
          out);
  }

 private:
  static Book book_of(const bl_intent& intent, const bl_portfolio& p) {
    Book b;
    b.equity = money::from_abi(p.equity).value_or(Decimal::zero());
    for (std::uint32_t i = 0; i < p.n_positions; ++i) {
      const bl_position& x = at(p.positions, p.position_stride, i);
      b.holdings.push_back({x.instrument, money::from_abi(x.qty).value_or(Decimal::zero()),
                            money::from_abi(x.avg_px).value_or(Decimal::zero())});
    }
    for (std::uint32_t i = 0; i < p.n_marks; ++i) {
      const bl_mark& m = at(p.marks, p.mark_stride, i);
      const auto px = money::from_abi(m.px);
      if (!px || *px <= Decimal::zero() || m.instrument > plugin_common::most_instruments) continue;
      if (m.instrument >= b.marks.size()) b.marks.resize(m.instrument + 1);
      b.marks[m.instrument] = px;
    }
    for (std::uint32_t i = 0; i < p.n_working; ++i) {
      const bl_working& w = *p.working[i];
      if (std::strncmp(w.intent->client_id, intent.client_id, sizeof intent.client_id) == 0 &&
          intent.client_id[0] != '\0')
        continue;  // the order being judged does not count against itself
      Working v;
      v.instrument = w.intent->instrument;
      v.buy = w.intent->side == BL_BUY;
      const auto leaves = money::from_abi(w.leaves_qty), qty = money::from_abi(w.intent->qty);
      v.leaves = leaves ? *leaves : qty.value_or(Decimal::zero());
      if (!qty) v.by_cost = money::from_abi(w.intent->quote_qty);
      if (w.intent->type != BL_MARKET) v.limit_px = money::from_abi(w.intent->limit_px);
      b.working.push_back(v);
    }
    return b;
  }

  static void write(const Answer& a, bl_verdict& out) noexcept {
    out.action = static_cast<std::uint32_t>(a.action);
    out.rule = a.rule;
    out.unit = static_cast<std::uint32_t>(a.unit);
    out.max_qty = a.action == Action::shrink ? money::to_abi(a.max_qty) : money::not_set();
    out.value = a.unit == Unit::none ? money::not_set() : money::to_abi(a.value);
    out.limit = a.unit == Unit::none ? money::not_set() : money::to_abi(a.limit);
    copy(out.code, a.action == Action::reject && a.code.empty() ? "SIDE_UNKNOWN" : a.code);
    copy(out.reason, a.reason);
  }
};

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"max_position":{"type":"number","x-bowline-unit":"percent","default":0.05,"exclusiveMinimum":0,"maximum":1,"description":"share of equity in one instrument"},
"max_exposure":{"type":"number","x-bowline-unit":"percent","default":0.8,"exclusiveMinimum":0,"maximum":1,"description":"share of equity in all instruments"},
"min_notional":{"type":"string","format":"decimal","default":"1","description":"smallest entry, quote currency"}}})json";

bl_status needs(bl_inst*, bl_needs* out) noexcept {
  out->warmup_bars = 0;
  out->event_mask = 0;
  return BL_OK;
}
bl_status check(bl_inst* i, const bl_intent* intent, const bl_portfolio* portfolio,
                bl_verdict* out) noexcept {
  return plugin_common::guarded(nullptr, BL_E_INTERNAL, [&]() -> Result<void> {
    plugin_common::Shell<Plugin>::of(i).check(*intent, *portfolio, *out);
    return {};
  });
}
bl_status on_event(bl_inst*, const bl_event*, const bl_portfolio*, const bl_sink*) noexcept { return BL_OK; }
constexpr bl_risk_v1 table{sizeof(bl_risk_v1), 0, needs, check, on_event};

}  // namespace
}  // namespace bowline::risk_limits

BOWLINE_MODULE(BL_RISK, "risk", "bowline.risk.limits", "1.0.0", bowline::risk_limits::schema,
               bowline::risk_limits::Plugin, bowline::risk_limits::table, "")
