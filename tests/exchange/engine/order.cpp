#include "order.hpp"

namespace bowline::exchange {
namespace {

constexpr std::string_view gtc = "GOOD_UNTIL_CANCELLED", gtd = "GOOD_UNTIL_DATE_TIME", ioc = "IMMEDIATE_OR_CANCEL", fok = "FILL_OR_KILL";
constexpr auto configs = std::to_array<ConfigRow>({
    {Config::market_ioc, "market_market_ioc", OrderType::market, Tif::ioc, "MARKET", ioc},
    {Config::market_fok, "market_market_fok", OrderType::market, Tif::fok, "MARKET", fok},
    {Config::limit_gtc, "limit_limit_gtc", OrderType::limit, Tif::gtc, "LIMIT", gtc},
    {Config::limit_gtd, "limit_limit_gtd", OrderType::limit, Tif::gtd, "LIMIT", gtd},
    {Config::limit_fok, "limit_limit_fok", OrderType::limit, Tif::fok, "LIMIT", fok},
    {Config::limit_ioc, "sor_limit_ioc", OrderType::limit, Tif::ioc, "LIMIT", ioc},
    {Config::stop_limit_gtc, "stop_limit_stop_limit_gtc", OrderType::stop_limit, Tif::gtc, "STOP_LIMIT", gtc},
    {Config::stop_limit_gtd, "stop_limit_stop_limit_gtd", OrderType::stop_limit, Tif::gtd, "STOP_LIMIT", gtd},
    {Config::bracket_gtc, "trigger_bracket_gtc", OrderType::bracket, Tif::gtc, "BRACKET", gtc},
    {Config::bracket_gtd, "trigger_bracket_gtd", OrderType::bracket, Tif::gtd, "BRACKET", gtd},
});
constexpr auto statuses = std::to_array<std::string_view>(
    {"PENDING", "OPEN", "CANCEL_QUEUED", "EDIT_QUEUED", "FILLED", "CANCELLED", "EXPIRED", "FAILED"});
constexpr auto notes = std::to_array<std::string_view>(
    {"", "User requested cancel", "The rest of an immediate or cancel order", "A fill or kill order could not be filled whole",
     "It would have traded with an order of the same trader", "The balance did not suffice for the rest",
     "A post only order would have matched at once", "The product does not trade", "Too many open orders"});

}  // namespace

const ConfigRow& row(Config c) noexcept { return configs[static_cast<std::size_t>(c)]; }
std::string_view name(Side s) noexcept { return s == Side::buy ? "BUY" : "SELL"; }
std::string_view name(Status s) noexcept { return statuses[static_cast<std::size_t>(s)]; }
std::string_view text(EndNote n) noexcept { return notes[static_cast<std::size_t>(n)]; }

Decimal average_price(const OrderState& s) {
  return s.filled_size.is_zero() ? Decimal::zero() : round16(div(s.filled_value, s.filled_size, Rounding::half_even));
}

Decimal value_after_fees(Side side, const OrderState& s) {
  return side == Side::buy ? s.filled_value + s.fees : s.filled_value - s.fees;
}

Decimal completion_percentage(const Order& o) {
  const Decimal whole = o.spends_quote() ? value_within(o.request.quote_size, o.rates.taker) : o.state.size;
  const Decimal done = o.spends_quote() ? o.state.filled_value : o.state.filled_size;
  if (o.state.status == Status::filled) return Decimal::from_int(100);
  if (!whole.is_positive()) return Decimal::zero();
  return min(Decimal::from_int(100), floor_to(mul_int(div(done, whole, Rounding::down), 100), Decimal::from_mantissa(1, -2)));
}

}  // namespace bowline::exchange
