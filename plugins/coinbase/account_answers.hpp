// What the venue says of the account: wallets, portfolios, fees, what the key may do, and its clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

namespace bowline::coinbase {

/// A wallet. What it holds is available + hold.
struct Account {
  std::string uuid, name, currency;
  Decimal available, hold;  ///< in `currency`; may be below zero for a wallet that owes
  bool active = true, ready = true;
  std::string type;                 ///< "ACCOUNT_TYPE_CRYPTO", "FIAT", ... as told
  std::string retail_portfolio_id;  ///< "" = not told
};
struct AccountPage {
  std::vector<Account> accounts;
  std::optional<std::string> next_cursor;  ///< of the next page; none: this is the last
};
/// A wallet without a currency, a balance or a hold makes the page an error: the sum would be wrong. Errors here and below:
/// COINBASE_ANSWER_UNREADABLE, COINBASE_FIELD_MISSING, COINBASE_FIELD_UNREADABLE; detail `field` names it.
Result<AccountPage> parse_accounts(std::string_view body);
Result<Account> parse_account(std::string_view body);

struct Portfolio {
  std::string uuid, name, type;
  bool deleted = false;
};
Result<std::vector<Portfolio>> parse_portfolios(std::string_view body);

struct Money {
  Decimal value;
  std::string currency;
};
struct SpotPosition {
  std::string asset, account_uuid;
  Decimal total;      ///< in the asset
  bool cash = false;
};
struct PortfolioBreakdown {
  Portfolio portfolio;
  std::optional<Money> total, cash, crypto;  ///< none: not told
  std::vector<SpotPosition> spot;
};
Result<PortfolioBreakdown> parse_portfolio(std::string_view body);

struct FeeTier {
  std::string name;                      ///< "pricing_tier"
  std::optional<Decimal> taker, maker;   ///< shares (0.006 = 0.6 %); none: not told, which is not free of charge
  std::optional<Decimal> volume, fees;   ///< of the last 30 days, in USD
};
Result<FeeTier> parse_transaction_summary(std::string_view body);

struct KeyPermissions {
  bool view = false, trade = false, transfer = false;
  std::string portfolio_uuid;  ///< a key is bound to one; "" = not told
  std::string portfolio_type;
};
/// What is not told is not allowed.
Result<KeyPermissions> parse_key_permissions(std::string_view body);

/// The venue's clock, ns since 1970, as fine as it was told.
Result<std::int64_t> parse_server_time(std::string_view body);

}  // namespace bowline::coinbase
