#include "services/trade_execution/risk_state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/runtime/json_values.hpp"

namespace bowline::services {
namespace {

/// A limit that is not set is not reached: headroom null.
std::string limit_row(std::string_view name, Decimal limit, Decimal used) {
  return JsonObject()
      .text("limit", name)
      .amount("value", limit)
      .amount("used", used)
      .amount("headroom", limit.is_set() && used.is_set() ? limit - used : Decimal::not_set())
      .done();
}

Decimal share(Decimal part, Decimal whole) {
  return part.is_set() && whole.is_set() && whole.is_positive() ? div(part, whole, Rounding::half_even) : Decimal::not_set();
}

/// What the host trips at, as fractions: `used` of it, and where it trips next.
std::string trip_row(std::string_view name, Decimal limit, Decimal used, std::uint32_t tripped) {
  const Decimal next = limit.is_set() ? mul(limit, Decimal::from_int(tripped + 1), Rounding::half_even) : limit;
  return JsonObject()
      .text("trip", name)
      .amount("value", next)
      .amount("used", used)
      .amount("headroom", next.is_set() && used.is_set() ? next - used : Decimal::not_set())
      .number("tripped", std::uint64_t{tripped})
      .done();
}

/// What one limit of a rule came to when it was looked at last. `least`: it is not to fall below its limit.
std::string check_row(std::string_view code, std::string_view unit, bool least, Decimal value, Decimal limit, std::string_view symbol, core::Nanos at) {
  JsonObject row;
  row.text("code", code);
  if (unit.empty()) row.json("unit", "null");
  else row.text("unit", unit);
  row.text("bound", least ? "least" : "most")
      .amount("value", value)
      .amount("limit", limit)
      .amount("headroom", !value.is_set() || !limit.is_set() ? Decimal::not_set() : least ? value - limit : limit - value);
  if (symbol.empty()) row.json("instrument", "null");
  else row.text("instrument", symbol);
  return row.time("time", at).done();
}

/// The numbers of a plugin's row, which may be anything; not set: it has none.
Decimal amount_of(const nlohmann::json& row, const char* key) {
  const auto at = row.find(key);
  if (at == row.end() || !at->is_string()) return Decimal::not_set();
  const auto& text = at->get_ref<const std::string&>();
  return Decimal::try_parse(text).value_or(Decimal::not_set());
}

std::string_view text_in(const nlohmann::json& row, const char* key, std::size_t longest) {
  const auto at = row.find(key);
  if (at == row.end() || !at->is_string()) return {};
  const auto& text = at->get_ref<const std::string&>();
  return text.size() <= longest ? std::string_view(text) : std::string_view();
}

/// "checks" of the rule's own assessment. `codes`: of which it speaks. What is no row is passed over: it is a plugin's word.
void take_assessed(const std::string& assessment, const core::InstrumentTable& table, std::vector<std::string>& checks, std::vector<std::string>& codes) {
  constexpr std::size_t most = 5000;
  const nlohmann::json told = assessment.empty() ? nlohmann::json() : nlohmann::json::parse(assessment, nullptr, false);
  const auto rows = told.is_object() ? told.find("checks") : told.end();
  if (!told.is_object() || rows == told.end() || !rows->is_array()) return;
  for (const nlohmann::json& row : *rows) {
    if (checks.size() >= most) return;
    if (!row.is_object()) continue;
    const std::string_view code = text_in(row, "code", 47);
    if (code.empty()) continue;
    const auto number = [&row](const char* key) {
      const auto at = row.find(key);
      return at != row.end() && at->is_number_integer() ? std::max<std::int64_t>(0, at->get<std::int64_t>()) : 0;
    };
    const std::int64_t of = number("instrument");
    const auto* ins = of >= 1 && static_cast<std::uint64_t>(of) <= table.size() ? &table[core::InstrumentId{static_cast<std::uint32_t>(of)}] : nullptr;
    checks.push_back(check_row(code, text_in(row, "unit", 32), text_in(row, "bound", 8) == "least", amount_of(row, "value"), amount_of(row, "limit"),
                               ins != nullptr ? std::string_view(ins->symbol) : std::string_view(), number("at_ns")));
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.emplace_back(code);
  }
}

/// Every code of the rule with its numbers: what it says of itself, and, of codes of which it says nothing, what its verdicts said.
std::string checks_of(std::string_view name, const Execution& e) {
  std::vector<std::string> checks, codes;
  for (const auto& rule : e.rules())
    if (*rule->name() == name) take_assessed(rule->assessment(), e.portfolio().instruments(), checks, codes);
  for (const VerdictCounts::Told& t : e.counts().verdicts.told()) {
    if (*t.rule != name || std::find(codes.begin(), codes.end(), t.code) != codes.end()) continue;
    checks.push_back(check_row(t.code, {}, false, t.value, t.limit, e.portfolio().instruments()[t.instrument].symbol, t.time));
  }
  return json_array(checks);
}

/// One rule after the other, in the order in which they were heard first; then those that were not heard yet.
std::string rules_json(const Execution& e) {
  const VerdictCounts& verdicts = e.counts().verdicts;
  std::vector<std::string> out;
  std::vector<std::string_view> told, names;
  for (const VerdictCounts::Row& r : verdicts.rows()) names.push_back(r.rule ? std::string_view(*r.rule) : std::string_view());
  for (const auto& rule : e.rules()) names.push_back(*rule->name());
  for (const std::string_view name : names) {
    if (std::find(told.begin(), told.end(), name) != told.end()) continue;
    told.push_back(name);
    std::uint64_t counts[3] = {0, 0, 0};
    std::vector<std::string> trips;
    for (const VerdictCounts::Row& r : verdicts.rows()) {
      if (r.action > 2 || (r.rule ? std::string_view(*r.rule) : std::string_view()) != name) continue;
      counts[r.action] += r.n;
      if (r.action != 0) continue;
      trips.push_back(JsonObject()
                          .text("code", r.code)
                          .number("count", r.n)
                          .amount("value", r.value)
                          .amount("limit", r.limit)
                          .amount("headroom", r.value.is_set() && r.limit.is_set() ? r.limit - r.value : Decimal::not_set())
                          .done());
    }
    out.push_back(JsonObject()
                      .text("rule", name)
                      .number("rejected", counts[0])
                      .number("allowed", counts[1])
                      .number("shrunk", counts[2])
                      .json("trips", json_array(trips))
                      .json("checks", checks_of(name, e))
                      .done());
  }
  return json_array(out);
}

}  // namespace

RiskUse Execution::risk_use(core::Nanos now) const {
  constexpr core::Nanos minute = 60'000'000'000;
  RiskUse u;
  u.limits = chain_.limits();
  u.day_notional = day_notional(now);
  u.orders_last_minute = static_cast<std::uint32_t>(
      std::count_if(recent_orders_.begin(), recent_orders_.end(), [now](core::Nanos t) { return t > now - minute; }));
  u.ramp = ramp_.limits();
  u.day_orders = entries_today(now);
  // In-flight, unknown and resting entries count in every limit (trading rules 5.5), as the floor counts them.
  u.trip_loss = options_.trip_loss;
  u.trip_drawdown = options_.trip_drawdown;
  u.loss_trips = trips_.of_day(now);
  u.drawdown_trips = trips_.of_drawdown();
  u.rolling_trips = trips_.of_rolling();
  u.day_ago = trips_.rolling().opening().equity;
  if (u.day_ago.is_set()) u.day_ago_flows = portfolio_.net_flows() - trips_.rolling().opening().flows;
  u.working = Decimal::zero();
  for (const core::Order* o : orders_.working()) {
    if (o->intent.side() != core::Side::buy) continue;
    const Decimal px = o->intent.limit_px().is_set() ? o->intent.limit_px() : portfolio_.ask(o->intent.instrument());
    if (o->leaves().is_set() && px.is_set()) u.working = u.working + mul(o->leaves(), px, Rounding::up);
    else if (o->intent.quote_qty().is_set()) u.working = u.working + o->intent.quote_qty();
  }
  return u;
}

std::string risk_json(const Execution& e, core::Nanos now) {
  const core::Portfolio& book = e.portfolio();
  const RiskUse u = e.risk_use(now);
  const Decimal equity = book.equity(), at_bid = book.equity_at_bid(), none = Decimal::not_set();
  std::vector<std::string> limits, products;
  // Of a single order there is nothing that is used up.
  limits.push_back(JsonObject().text("limit", "max_order").amount("value", u.limits.max_order).amount("used", none).amount("headroom", u.limits.max_order).done());
  limits.push_back(limit_row("max_day", u.limits.max_day, u.day_notional));
  limits.push_back(limit_row("max_total", u.limits.max_total, book.invested() + u.working));
  const auto per_minute = u.limits.max_orders_per_minute;
  limits.push_back(limit_row("max_orders_per_minute", per_minute == 0 ? none : Decimal::from_int(per_minute), Decimal::from_int(u.orders_last_minute)));
  if (u.ramp.any()) {
    limits.push_back(limit_row("ramp_usd_per_day", u.ramp.usd_per_day, u.day_notional));
    limits.push_back(limit_row("ramp_orders_per_day", u.ramp.orders_per_day == 0 ? none : Decimal::from_int(u.ramp.orders_per_day), Decimal::from_int(u.day_orders)));
  }
  for (const core::Instrument& ins : book.instruments().all()) {
    if (book.position(ins.id).qty.is_zero()) continue;
    products.push_back(JsonObject()
                           .text("instrument", ins.symbol)
                           .amount("value", book.value(ins.id))
                           .amount("share", share(book.worth(ins.id), equity))
                           .boolean("blocked", e.blocked(ins.id))
                           .done());
  }
  const Decimal below = at_bid.is_set() && book.peak() > at_bid ? book.peak() - at_bid : Decimal::zero();
  const Decimal lost = book.day_start().is_set() && at_bid.is_set() ? book.day_start() + book.day_flows() - at_bid : none;
  const Decimal lost_in_a_day = u.day_ago.is_set() && at_bid.is_set() ? u.day_ago + u.day_ago_flows - at_bid : none;
  const std::vector<std::string> trips{
      trip_row("daily_loss", u.trip_loss, lost.is_set() ? share(max(lost, Decimal::zero()), book.day_start()) : none, u.loss_trips),
      trip_row("rolling_loss", u.trip_loss, lost_in_a_day.is_set() ? share(max(lost_in_a_day, Decimal::zero()), u.day_ago) : none, u.rolling_trips),
      trip_row("drawdown", u.trip_drawdown, share(below, book.peak()), u.drawdown_trips)};
  return JsonObject()
      .time("time", now)
      .text("state", core::to_string(e.state()))
      .boolean("gate_open", e.gate_open())
      .amount("equity", equity)
      .amount("equity_at_bid", at_bid)
      .amount("peak", book.peak())
      .amount("drawdown", share(below, book.peak()))
      .amount("max_drawdown", e.max_drawdown())
      .amount("day_start", book.day_start())
      .amount("day_result", book.day_start().is_set() && at_bid.is_set() ? at_bid - book.day_start() - book.day_flows() : none)
      .amount("exposure", book.exposure())
      .amount("exposure_share", share(book.exposure(), equity))
      .amount("working_entries", u.working)
      .json("limits", json_array(limits))
      .json("trips", json_array(trips))
      .json("products", json_array(products))
      .json("rules", rules_json(e))
      .done();
}

}  // namespace bowline::services
