#include "params.hpp"

#include "common/iso_time.hpp"
#include "common/money.hpp"

namespace bowline::risk_limits {
namespace {

using plugin_common::Json;

/// An amount, or "none".
Result<std::optional<Decimal>> amount(const Json& p, const char* key) {
  const auto text = p.at(key).get<std::string>();
  if (text == "none") return std::optional<Decimal>();
  const auto d = money::parse(text);
  if (!d || d->is_negative())
    return Error{"AMOUNT_INVALID", std::string(key) + ": a decimal of 0 or more is needed, or none"};
  return d;
}

/// A share where 100 % is no limit.
std::optional<Decimal> share(const Json& p, const char* key) {
  const Decimal d = money::from_ratio(p.at(key).get<double>());
  return d < Decimal::from_int(1) ? std::optional(d) : std::nullopt;
}

Result<std::vector<Rung>> ladder(const Json& list) {
  std::vector<Rung> rungs;
  for (const Json& one : list) {
    const Rung r{money::from_ratio(one.at("drawdown").get<double>()),
                 money::from_ratio(one.at("size").get<double>())};
    if (!rungs.empty() && (r.drawdown <= rungs.back().drawdown || r.size >= rungs.back().size))
      return Error{"LADDER_INVALID", "drawdown_ladder: drawdowns need to rise and sizes to fall"};
    rungs.push_back(r);
  }
  return rungs;
}

Result<std::vector<Lock>> locks(const Json& list,
                                const std::function<std::uint32_t(const std::string&)>& instrument_of) {
  std::vector<Lock> out;
  for (const Json& one : list) {
    const auto symbol = one.at("symbol").get<std::string>(), until = one.value("until", std::string());
    const std::uint32_t instrument = instrument_of(symbol);
    if (instrument == 0)
      return Error{"LOCK_PRODUCT_UNKNOWN", "locks: " + symbol + " is no instrument of this run"};
    const auto at = until.empty() ? std::optional<std::int64_t>(0) : plugin_common::parse_time(until);
    if (!at || (!until.empty() && *at <= 0))
      return Error{"LOCK_TIME_INVALID",
                   "locks: until of " + symbol + ": a time such as 2026-01-01T12:00:00Z is needed"};
    out.push_back({instrument, *at});
  }
  return out;
}

}  // namespace

Result<Limits> read_limits(const Json& p,
                           const std::function<std::uint32_t(const std::string&)>& instrument_of) {
  Limits l;
  const auto ratio = [&p](const char* key) { return money::from_ratio(p.at(key).get<double>()); };
  const auto number = [&p](const char* key) { return p.at(key).get<std::uint32_t>(); };
  l.max_position = ratio("max_position");
  l.max_exposure = ratio("max_exposure");
  const auto minimum = money::parse(p.at("min_notional").get<std::string>());
  if (!minimum || minimum->is_negative())
    return Error{"MIN_NOTIONAL_INVALID", "min_notional: a decimal of 0 or more is needed"};
  l.min_notional = *minimum;
  l.cash_reserve = ratio("cash_reserve");
  for (const auto& [key, to] :
       {std::pair{"max_order", &l.max_order}, {"max_day", &l.max_day}, {"max_total", &l.max_total}}) {
    auto read = amount(p, key);
    if (!read) return read.error();
    *to = *read;
  }
  l.max_open_orders = number("max_open_orders");
  l.max_product_orders = number("max_product_orders");
  l.max_orders_per_minute = number("max_orders_per_minute");
  l.price_band = share(p, "price_band");
  l.max_daily_loss = share(p, "max_daily_loss");
  l.max_rolling_loss = share(p, "max_rolling_loss");
  auto rungs = ladder(p.at("drawdown_ladder"));
  if (!rungs) return rungs.error();
  l.ladder = std::move(*rungs);
  l.cooldown = {number("cooldown_losses"), p.at("cooldown_window").get<std::int64_t>(),
                p.at("cooldown").get<std::int64_t>(), p.at("cooldown_scope").get<std::string>() == "product"};
  auto locked = locks(p.at("locks"), instrument_of);
  if (!locked) return locked.error();
  l.locks = std::move(*locked);
  return l;
}

}  // namespace bowline::risk_limits
