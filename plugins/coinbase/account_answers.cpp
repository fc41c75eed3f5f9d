#include "coinbase/account_answers.hpp"

#include "coinbase/fields.hpp"
#include "coinbase/page.hpp"

namespace bowline::coinbase {
namespace {

Decimal balance(Fields& f, const char* key) {
  const Json* v = f.find(key);
  if (v == nullptr) {
    f.missing(key);
    return Decimal::not_set();
  }
  Fields in(*v, f.path(key));
  const Decimal d = in.amount("value", Sign::any);
  if (in.fault()) f.keep(*in.fault());
  return d;
}

Account read_account(Fields& f) {
  Account a;
  a.uuid = f.text("uuid");
  a.currency = f.text("currency");
  a.name = f.text_or_empty("name");
  a.available = balance(f, "available_balance");
  a.hold = balance(f, "hold");
  a.active = f.flag_or("active", true);
  a.ready = f.flag_or("ready", true);
  a.type = f.text_or_empty("type");
  a.retail_portfolio_id = f.text_or_empty("retail_portfolio_id");
  return a;
}

Portfolio read_portfolio(Fields& f) {
  return {f.text("uuid"), f.text_or_empty("name"), f.text_or_empty("type"), f.flag_or("deleted", false)};
}

std::optional<Money> money_if(Fields& f, const char* key) {
  const Json* v = f.find(key);
  if (v == nullptr) return std::nullopt;
  Fields in(*v, f.path(key));
  Money m{in.computed("value", Sign::any), in.text_or_empty("currency")};
  if (in.fault()) f.keep(*in.fault());
  return m;
}

}  // namespace

Result<AccountPage> parse_accounts(std::string_view body) {
  const auto answer = read_answer(body, "a list of accounts");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  AccountPage page;
  const auto& list = f.list("accounts");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("accounts", i));
    page.accounts.push_back(read_account(in));
    if (in.fault()) return *in.fault();
  }
  page.next_cursor = next_cursor(f);
  if (f.fault()) return *f.fault();
  return page;
}

Result<Account> parse_account(std::string_view body) {
  const auto answer = read_answer(body, "an account");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  const Json* inner = f.find("account");
  if (inner == nullptr) {
    f.missing("account");
    return *f.fault();
  }
  Fields in(*inner, "account");
  Account a = read_account(in);
  if (in.fault()) return *in.fault();
  return a;
}

Result<std::vector<Portfolio>> parse_portfolios(std::string_view body) {
  const auto answer = read_answer(body, "a list of portfolios");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  std::vector<Portfolio> out;
  const auto& list = f.list("portfolios");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("portfolios", i));
    out.push_back(read_portfolio(in));
    if (in.fault()) return *in.fault();
  }
  if (f.fault()) return *f.fault();
  return out;
}

Result<PortfolioBreakdown> parse_portfolio(std::string_view body) {
  const auto answer = read_answer(body, "a portfolio");
  if (!answer) return answer.error();
  static const Json nothing = Json::object();
  Fields whole(*answer, "");
  const Json* breakdown = whole.find("breakdown");
  if (breakdown == nullptr) whole.missing("breakdown");
  Fields f(breakdown ? *breakdown : nothing, "breakdown");
  const Json* portfolio = f.find("portfolio");
  if (portfolio == nullptr) f.missing("portfolio");
  if (whole.fault()) return *whole.fault();
  if (f.fault()) return *f.fault();
  PortfolioBreakdown out;
  Fields of_it(*portfolio, "breakdown.portfolio");
  out.portfolio = read_portfolio(of_it);
  if (of_it.fault()) return *of_it.fault();
  const Json* balances = f.find("portfolio_balances");
  Fields sums(balances ? *balances : nothing, "breakdown.portfolio_balances");
  out.total = money_if(sums, "total_balance");
  out.cash = money_if(sums, "total_cash_equivalent_balance");
  out.crypto = money_if(sums, "total_crypto_balance");
  if (sums.fault()) return *sums.fault();
  const auto& list = f.list_or_empty("spot_positions");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("breakdown.spot_positions", i));
    out.spot.push_back(
        {in.text("asset"), in.text_or_empty("account_uuid"), in.computed("total_balance_crypto", Sign::any), in.flag_or("is_cash", false)});
    if (in.fault()) return *in.fault();
  }
  if (f.fault()) return *f.fault();
  return out;
}

Result<FeeTier> parse_transaction_summary(std::string_view body) {
  const auto answer = read_answer(body, "the transaction summary");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  FeeTier t;
  t.volume = f.computed_if("total_volume");
  t.fees = f.computed_if("total_fees");
  const Json* tier = f.find("fee_tier");
  if (tier == nullptr) f.missing("fee_tier");
  if (f.fault()) return *f.fault();
  Fields in(*tier, "fee_tier");
  t.name = in.text_or_empty("pricing_tier");
  t.taker = in.computed_if("taker_fee_rate", Sign::any);  // a maker may be paid
  t.maker = in.computed_if("maker_fee_rate", Sign::any);
  if (in.fault()) return *in.fault();
  return t;
}

Result<KeyPermissions> parse_key_permissions(std::string_view body) {
  const auto answer = read_answer(body, "the key's permissions");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  KeyPermissions p;
  p.view = f.flag_or("can_view", false);
  p.trade = f.flag_or("can_trade", false);
  p.transfer = f.flag_or("can_transfer", false);
  p.portfolio_uuid = f.text_or_empty("portfolio_uuid");
  p.portfolio_type = f.text_or_empty("portfolio_type");
  if (f.fault()) return *f.fault();
  return p;
}

Result<std::int64_t> parse_server_time(std::string_view body) {
  const auto answer = read_answer(body, "the time");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  constexpr std::int64_t ns_per_ms = 1'000'000, ns_per_s = 1'000'000'000;
  const auto of = [&](const char* key, std::int64_t unit) -> std::optional<std::int64_t> {
    const auto v = f.whole_if(key);
    if (v && (*v <= 0 || *v > INT64_MAX / unit)) f.unreadable(key, "a time after 1970");
    return v && f.ok() ? std::optional(*v * unit) : std::nullopt;
  };
  auto t = of("epochMillis", ns_per_ms);
  if (!t) t = f.time_if("iso");
  if (!t) t = of("epochSeconds", ns_per_s);
  if (!t) f.missing("epochMillis");
  if (f.fault()) return *f.fault();
  return *t;
}

}  // namespace bowline::coinbase
