// bowline.risk.limits: see README.md.
#include <algorithm>

#include "common/assess.hpp"
#include "common/money.hpp"
#include "common/risk_table.hpp"
#include "common/shell.hpp"
#include "codes.hpp"
#include "limits.hpp"
#include "memory.hpp"
#include "params.hpp"

namespace bowline::risk_limits {
namespace {

class Plugin {
  plugin_common::HostSide host_;
  Limits limits_;
  Memory memory_;
  std::uint32_t products_ = 1;  ///< the number behind the last one
  mutable risk::Marks marks_;   ///< scratch of one check
  mutable risk::LastChecks last_;  ///< for assess() alone: no verdict depends on it

 public:
  explicit Plugin(const bl_host& host) : host_(host) {}

  Result<void> configure(const plugin_common::Json& p) {
    auto limits = read_limits(p, [this](const std::string& symbol) { return host_.instrument(symbol); });
    if (!limits) return limits.error();
    limits_ = std::move(*limits);
    return {};
  }
  Result<void> start() {
    memory_.reset(limits_.cooldown);
    // Until the account's tier is read, the dearest one (trading rules 5.8).
    const Decimal dearest = Decimal::from_mantissa(12, -3);
    limits_.taker_fee = Decimal::zero();
    bl_product p;
    std::uint32_t n = 0;
    for (; host_.product(n + 1, p); ++n) {
      const Decimal told = Decimal::from_raw(p.taker_fee);
      limits_.taker_fee = max(limits_.taker_fee, told.is_set() ? told : dearest);
    }
    if (n == 0) limits_.taker_fee = dearest;
    products_ = n + 1;
    marks_.reserve(n);
    last_.reset(codes, n);
    show_limits();
    return {};
  }
  void stop() {}

  /// Only what the limits that are set have to remember.
  void needs(bl_needs& out) const noexcept {
    out.warmup_bars = 0;
    out.event_mask = 0;
    const auto want = [&out](bool needed, int type) {
      if (needed) out.event_mask |= 1ull << type;
    };
    want(limits_.max_day.has_value(), BL_EV_FILL);
    want(limits_.max_orders_per_minute != 0, BL_EV_EXEC);
    want(limits_.cooldown.losses != 0, BL_EV_POSITION);
    want(limits_.max_rolling_loss.has_value(), BL_EV_BAR);
  }

  /// What it remembers, of the limits that are set; what is held and working the host knows itself. checks: what each limit
  /// came to when an order was judged last.
  plugin_common::Json assess() const {
    using plugin_common::Json;
    const std::int64_t now = host_.now_ns();
    Json j = Json::object();
    j["checks"] = last_.json();
    if (limits_.max_day)
      j["max_day"] = {{"bought", money::text(memory_.bought_today(now))},
                      {"limit", money::text(*limits_.max_day)}};
    if (limits_.max_orders_per_minute != 0)
      j["max_orders_per_minute"] = {{"sent", memory_.sent_last_minute(now)},
                                    {"limit", limits_.max_orders_per_minute}};
    if (limits_.max_rolling_loss) {
      const auto opening = memory_.equity_a_day_ago(now);
      j["max_rolling_loss"] = {{"opening", opening ? Json(money::text(*opening)) : Json()},
                               {"limit", money::text(*limits_.max_rolling_loss)}};
    }
    if (limits_.cooldown.losses != 0) {
      Json waiting = Json::array();
      for (std::uint32_t i = 1; i < products_; ++i)
        if (const auto since = memory_.cooling_since(i, now))
          waiting.push_back({{"instrument", i}, {"until_ns", *since + limits_.cooldown.length_ns}});
      j["cooldown"] = waiting;
    }
    Json locked = Json::array();
    for (const Lock& l : limits_.locks)
      if (l.until_ns == 0 || now < l.until_ns)
        locked.push_back({{"instrument", l.instrument}, {"until_ns", l.until_ns}});
    j["locks"] = locked;
    return j;
  }
  static const void* extension(std::string_view id) noexcept {
    return plugin_common::AssessTable<Plugin>::for_id(id);
  }

  risk::Answer check(const bl_intent& intent, const bl_portfolio& portfolio) const {
    return judge(intent, portfolio, limits_, memory_, marks_, &last_);
  }

  void on_event(const bl_event& e, const bl_portfolio& portfolio, const bl_sink&) {
    using plugin_common::event_as;
    if (limits_.max_rolling_loss) memory_.on_equity(portfolio);
    if (const auto* fill = event_as<bl_fill>(e, BL_EV_FILL)) memory_.on_fill(*fill);
    if (const auto* exec = event_as<bl_exec>(e, BL_EV_EXEC)) memory_.on_exec(*exec);
    if (const auto* changed = event_as<bl_position_ev>(e, BL_EV_POSITION)) memory_.on_position(*changed);
  }

 private:
  void show_limits() {
    const auto amount = [this](std::uint32_t rule, const std::optional<Decimal>& most) {
      if (most) last_.stands(rule, *most);
    };
    const auto count = [this](std::uint32_t rule, std::uint32_t most) {
      if (most != 0) last_.stands(rule, Decimal::from_int(most));
    };
    last_.stands(5, limits_.min_notional);
    last_.stands(6, limits_.max_position);
    last_.stands(7, limits_.max_exposure);
    amount(12, limits_.max_daily_loss);
    amount(13, limits_.max_rolling_loss);
    count(14, limits_.max_open_orders);
    count(15, limits_.max_product_orders);
    count(16, limits_.max_orders_per_minute);
    amount(17, limits_.price_band);
    if (!limits_.cash_reserve.is_zero()) last_.stands(18, limits_.cash_reserve);
    amount(19, limits_.max_order);
    amount(20, limits_.max_day);
    amount(21, limits_.max_total);
    if (!limits_.ladder.empty()) last_.stands(23, limits_.ladder.front().drawdown);
  }
};

constexpr std::string_view schema = R"json({"type":"object","additionalProperties":false,"properties":{
"max_position":{"type":"number","x-bowline-unit":"percent","default":0.05,"exclusiveMinimum":0,"maximum":1,"description":"share of equity in one instrument"},
"max_exposure":{"type":"number","x-bowline-unit":"percent","default":0.8,"exclusiveMinimum":0,"maximum":1,"description":"share of equity in all instruments"},
"min_notional":{"type":"string","format":"decimal","default":"1","description":"smallest entry, quote currency"},
"cash_reserve":{"type":"number","x-bowline-unit":"percent","default":0,"minimum":0,"exclusiveMaximum":1,"description":"share of equity that stays in cash, fees counted"},
"max_order":{"type":"string","pattern":"^(none|[0-9]+(\\.[0-9]+)?)$","default":"none","description":"largest entry in quote currency, such as 500; none = no limit"},
"max_day":{"type":"string","pattern":"^(none|[0-9]+(\\.[0-9]+)?)$","default":"none","description":"entries of one UTC day in quote currency, filled and working; none = no limit"},
"max_total":{"type":"string","pattern":"^(none|[0-9]+(\\.[0-9]+)?)$","default":"none","description":"all positions and working entries in quote currency; none = no limit"},
"max_open_orders":{"type":"integer","default":0,"minimum":0,"maximum":100000,"description":"working orders in all; 0 = no limit"},
"max_product_orders":{"type":"integer","default":0,"minimum":0,"maximum":100000,"description":"working orders of one product; 0 = no limit"},
"max_orders_per_minute":{"type":"integer","default":0,"minimum":0,"maximum":100000,"description":"orders sent in a minute, exits counted; 0 = no limit"},
"price_band":{"type":"number","x-bowline-unit":"percent","default":1,"exclusiveMinimum":0,"maximum":1,"description":"how far from the mark a limit price may be; 100% = no limit"},
"max_daily_loss":{"type":"number","x-bowline-unit":"percent","default":1,"exclusiveMinimum":0,"maximum":1,"description":"loss of the UTC day, as share of its opening equity, from which on nothing is bought; 100% = no limit"},
"max_rolling_loss":{"type":"number","x-bowline-unit":"percent","default":1,"exclusiveMinimum":0,"maximum":1,"description":"the same over the last 24 hours; 100% = no limit"},
"drawdown_ladder":{"type":"array","default":[],"maxItems":32,"items":{"type":"object","additionalProperties":false,"required":["drawdown","size"],"properties":{
"drawdown":{"type":"number","x-bowline-unit":"percent","exclusiveMinimum":0,"exclusiveMaximum":1,"description":"fall from the peak of the equity"},
"size":{"type":"number","x-bowline-unit":"percent","minimum":0,"exclusiveMaximum":1,"description":"what is left of an entry from there on; 0% = none"}}},"description":"steps {drawdown, size}: from this fall of the peak on, entries are cut to this share"},
"cooldown_losses":{"type":"integer","default":0,"minimum":0,"maximum":1000,"description":"losing closes within the window that stop entries for a while; 0 = never"},
"cooldown_window":{"type":"integer","x-bowline-unit":"duration","default":86400000000000,"minimum":1000000000,"description":"in which the losing closes are counted"},
"cooldown":{"type":"integer","x-bowline-unit":"duration","default":14400000000000,"minimum":1000000000,"description":"how long nothing is bought then"},
"cooldown_scope":{"type":"string","default":"global","enum":["global","product"],"description":"whose closes are counted, and what waits: all together, or each product for itself"},
"locks":{"type":"array","default":[],"maxItems":10000,"items":{"type":"object","additionalProperties":false,"required":["symbol"],"properties":{
"symbol":{"type":"string","minLength":1,"description":"the product"},
"until":{"type":"string","default":"","description":"2026-01-01T12:00:00Z; left out: for good"}}},"description":"products that are never bought, or not before a time: {symbol, until}"}}})json";

}  // namespace
}  // namespace bowline::risk_limits

BOWLINE_MODULE(BL_RISK, "risk", "bowline.risk.limits", "1.1.0", bowline::risk_limits::schema,
               bowline::risk_limits::Plugin,
               bowline::plugin_common::RiskTable<bowline::risk_limits::Plugin>::value, "")
