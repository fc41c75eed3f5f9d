#include "exchange/face/account_views.hpp"

#include "exchange/face/currencies.hpp"
#include "exchange/face/times.hpp"

namespace bowline::exchange {

Json account_view(const Engine& engine, UserId user, const AccountView& a) {
  return {{"uuid", a.id},
          {"name", a.currency + " Wallet"},
          {"currency", a.currency},
          {"available_balance", money(a.account.available, a.currency)},
          {"default", true},
          {"active", true},
          {"created_at", rfc3339(a.account.created_ns)},
          {"updated_at", rfc3339(a.account.updated_ns)},
          {"deleted_at", nullptr},
          {"type", is_fiat(a.currency) ? "ACCOUNT_TYPE_FIAT" : "ACCOUNT_TYPE_CRYPTO"},
          {"ready", true},
          {"hold", money(a.account.hold, a.currency)},
          {"retail_portfolio_id", engine.id(user)},
          {"platform", "ACCOUNT_PLATFORM_CONSUMER"}};
}

Json v2_account_view(const AccountView& a) {
  const bool fiat = is_fiat(a.currency);
  Json currency = {{"code", a.currency}, {"name", std::string(currency_name(a.currency))}, {"color", "#000000"},
                   {"sort_index", 0},    {"exponent", fiat ? 2 : 8},                       {"type", fiat ? "fiat" : "crypto"}};
  return {{"id", a.id},
          {"name", a.currency + " Wallet"},
          {"primary", false},
          {"type", fiat ? "fiat" : "wallet"},
          {"currency", std::move(currency)},
          {"balance", {{"amount", amount(a.account.total())}, {"currency", a.currency}}},
          {"created_at", rfc3339(a.account.created_ns)},
          {"updated_at", rfc3339(a.account.updated_ns)},
          {"resource", "account"},
          {"resource_path", "/v2/accounts/" + a.id},
          {"allow_deposits", true},
          {"allow_withdrawals", true}};
}

Decimal worth_of(const Engine& engine, const AccountView& a) {
  const auto rate = worth_in_usd(engine, a.currency);
  return rate ? mul(a.account.total(), *rate, Rounding::half_even) : Decimal::not_set();
}

Worth worth_of(const Engine& engine, UserId user) {
  Worth out;
  for (const AccountView& a : engine.accounts(user)) {
    const Decimal worth = worth_of(engine, a);
    if (worth.is_set()) (is_fiat(a.currency) ? out.cash : out.crypto) += worth;
  }
  return out;
}

std::string_view portfolio_type(const Engine& engine, UserId user) {
  for (UserId u{first_user}; u < user; ++u.n)
    if (engine.user(u)->owner == engine.user(user)->owner) return "CONSUMER";
  return "DEFAULT";
}

Json portfolio_view(const Engine& engine, UserId user) {
  const std::string_view type = portfolio_type(engine, user);
  const std::string id = engine.id(user);
  return {{"name", type == "DEFAULT" ? std::string("Default") : "Portfolio " + id.substr(0, 8)},
          {"uuid", id},
          {"type", std::string(type)},
          {"deleted", false}};
}

}  // namespace bowline::exchange
