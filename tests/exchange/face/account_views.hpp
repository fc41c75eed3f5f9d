// Wallets as REST tells them.
#pragma once

#include "exchange/engine/engine.hpp"
#include "exchange/face/json.hpp"

namespace bowline::exchange {

/// An account object of the v3 API.
Json account_view(const Engine& engine, UserId user, const AccountView& account);
/// And of the v2 API, as ccxt reads it.
Json v2_account_view(const AccountView& account);
/// What all wallets of a user are worth in US dollars, those that have no price left out.
struct Worth {
  Decimal cash, crypto;
  Decimal total() const { return cash + crypto; }
};
Worth worth_of(const Engine& engine, UserId user);
/// The same of one wallet; not_set without a price.
Decimal worth_of(const Engine& engine, const AccountView& account);
/// DEFAULT for an owner's first portfolio, CONSUMER for the others.
std::string_view portfolio_type(const Engine& engine, UserId user);
/// {"name","uuid","type","deleted"}
Json portfolio_view(const Engine& engine, UserId user);

}  // namespace bowline::exchange
