// Wallets, portfolios, fees and what a key may do.
#include <algorithm>

#include "exchange/face/account_views.hpp"
#include "exchange/face/call.hpp"
#include "exchange/face/currencies.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t default_accounts = 49, most_accounts = 250, month_ns = 30 * 86'400 * std::int64_t{1'000'000'000};
const Decimal cent = Decimal::from_mantissa(1, -2);

/// The portfolios of whoever owns this one.
std::vector<UserId> portfolios(const Engine& engine, UserId user) {
  std::vector<UserId> out;
  for (UserId u{first_user}; u.n < engine.users(); ++u.n)
    if (engine.user(u)->owner == engine.user(user)->owner) out.push_back(u);
  return out;
}

Json position_view(const Engine& engine, const AccountView& a, const Decimal& all) {
  const Decimal worth = worth_of(engine, a), rate = worth_in_usd(engine, a.currency).value_or(Decimal::not_set());
  const Decimal share = worth.is_set() && all.is_positive() ? div(worth, all, Rounding::half_even) : Decimal::zero();
  return {{"asset", a.currency},
          {"account_uuid", a.id},
          {"total_balance_fiat", json_number(worth)},
          {"total_balance_crypto", json_number(a.account.total())},
          {"available_to_trade_fiat", json_number(mul(a.account.available, rate, Rounding::half_even))},
          {"allocation", json_number(share)},
          {"one_day_change", 0.0},
          {"cost_basis", money(Decimal::zero(), "USD")},
          {"asset_img_url", ""},
          {"is_cash", is_fiat(a.currency)},
          {"average_entry_price", money(Decimal::zero(), "USD")},
          {"asset_uuid", a.id},
          {"available_to_trade_crypto", json_number(a.account.available)},
          {"unrealized_pnl", 0.0},
          {"available_to_transfer_fiat", json_number(mul(a.account.available, rate, Rounding::half_even))},
          {"available_to_transfer_crypto", json_number(a.account.available)},
          {"asset_color", ""},
          {"account_type", is_fiat(a.currency) ? "ACCOUNT_TYPE_FIAT" : "ACCOUNT_TYPE_CRYPTO"}};
}

}  // namespace

WebReply list_accounts(Call& call) {
  Query& q = call.query;
  const std::int64_t asked = q.whole("limit").value_or(0);
  const auto limit = static_cast<std::size_t>(std::min(asked == 0 ? default_accounts : asked, most_accounts));
  const std::string cursor = q.text("cursor"), portfolio = q.text("retail_portfolio_id");
  std::vector<AccountView> all = call.engine.accounts(call.user());
  if (!portfolio.empty() && portfolio != call.engine.id(call.user())) all.clear();
  auto from = all.begin();
  if (!cursor.empty()) {
    from = std::find_if(all.begin(), all.end(), [&](const AccountView& a) { return a.id == cursor; });
    if (from == all.end()) q.refuse("cursor");
    else ++from;
  }
  if (q.fault()) return bad_request(*q.fault());
  Json list = Json::array();
  for (; from != all.end() && list.size() < limit; ++from) list.push_back(account_view(call.engine, call.user(), *from));
  const bool more = from != all.end();
  const std::size_t size = list.size();
  return ok({{"accounts", std::move(list)}, {"has_next", more}, {"cursor", more ? std::prev(from)->id : ""}, {"size", size}});
}

WebReply get_account(Call& call) {
  for (const AccountView& a : call.engine.accounts(call.user()))
    if (a.id == call.ids[0]) return ok({{"account", account_view(call.engine, call.user(), a)}});
  return not_found("account with this accountUUID was not found");
}

WebReply list_portfolios(Call& call) {
  const std::string type = call.query.text("portfolio_type");
  if (!type.empty() && type != "UNDEFINED" && type != "DEFAULT" && type != "CONSUMER" && type != "INTX") call.query.refuse("portfolio_type");
  if (call.query.fault()) return bad_request(*call.query.fault());
  Json list = Json::array();
  for (const UserId u : portfolios(call.engine, call.user()))
    if (type.empty() || type == "UNDEFINED" || type == portfolio_type(call.engine, u)) list.push_back(portfolio_view(call.engine, u));
  return ok({{"portfolios", std::move(list)}});
}

WebReply get_portfolio(Call& call) {
  for (const UserId u : portfolios(call.engine, call.user())) {
    if (call.engine.id(u) != call.ids[0]) continue;
    const Worth worth = worth_of(call.engine, u);
    const auto usd = [](const Decimal& d) { return money(round_to(d, cent, Rounding::half_even), "USD"); };
    Json positions = Json::array();
    for (const AccountView& a : call.engine.accounts(u)) positions.push_back(position_view(call.engine, a, worth.total()));
    Json balances = {{"total_balance", usd(worth.total())},         {"total_futures_balance", usd(Decimal::zero())},
                     {"total_cash_equivalent_balance", usd(worth.cash)}, {"total_crypto_balance", usd(worth.crypto)},
                     {"futures_unrealized_pnl", usd(Decimal::zero())},   {"perp_unrealized_pnl", usd(Decimal::zero())}};
    Json breakdown = {{"portfolio", portfolio_view(call.engine, u)},
                      {"portfolio_balances", std::move(balances)},
                      {"spot_positions", std::move(positions)},
                      {"perp_positions", Json::array()},
                      {"futures_positions", Json::array()}};
    return ok({{"breakdown", std::move(breakdown)}});
  }
  return not_found("portfolio with this portfolioUUID was not found");
}

WebReply get_transaction_summary(Call& call) {
  const Engine& e = call.engine;
  const std::string type = call.query.text("product_type");
  Decimal volume, fees;
  FillFilter f;
  f.user = call.user();
  f.limit = SIZE_MAX;
  f.from_ns = std::max<std::int64_t>(call.now_ns - month_ns, 0);
  const bool spot = type.empty() || type == "SPOT" || type == "UNKNOWN_PRODUCT_TYPE";
  for (const Fill* fill : spot ? e.fills(f).fills : std::vector<const Fill*>()) {
    const auto rate = worth_in_usd(e, e.products()[fill->product].quote);
    if (!rate) continue;
    volume += mul(fill->value, *rate, Rounding::half_even);
    fees += mul(fill->commission, *rate, Rounding::half_even);
  }
  const FeeRates& rates = e.user(call.user())->rates;
  Json tier = {{"pricing_tier", "Advanced 1"},       {"usd_from", "0"}, {"usd_to", "10000"}, {"taker_fee_rate", amount(rates.taker)},
               {"maker_fee_rate", amount(rates.maker)}, {"aop_from", ""},  {"aop_to", ""},      {"perps_vol_from", ""},
               {"perps_vol_to", ""}};
  return ok({{"total_volume", json_number(volume)},
             {"total_fees", json_number(fees)},
             {"fee_tier", std::move(tier)},
             {"margin_rate", nullptr},
             {"goods_and_services_tax", nullptr},
             {"advanced_trade_only_volume", json_number(volume)},
             {"advanced_trade_only_fees", json_number(fees)},
             {"coinbase_pro_volume", 0.0},
             {"coinbase_pro_fees", 0.0},
             {"total_balance", amount(round_to(worth_of(e, call.user()).total(), cent, Rounding::half_even))},
             {"has_promo_fee", false},
             {"volume_breakdown", Json::array()},
             {"has_cost_plus_commission", false}});
}

WebReply get_key_permissions(Call& call) {
  return ok({{"can_view", call.holder->can_view},
             {"can_trade", call.holder->can_trade},
             {"can_transfer", call.holder->can_transfer},
             {"portfolio_uuid", call.engine.id(call.user())},
             {"portfolio_type", std::string(portfolio_type(call.engine, call.user()))}});
}

}  // namespace bowline::exchange
