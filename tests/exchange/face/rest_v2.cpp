// The few addresses of the older v2 API that ccxt asks for when it loads: time, currencies, rates, wallets.
#include <set>

#include "exchange/face/account_views.hpp"
#include "exchange/face/call.hpp"
#include "exchange/face/currencies.hpp"
#include "exchange/face/times.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;

/// Every currency of a product, by name.
std::set<std::string> currencies(const Engine& engine) {
  std::set<std::string> out;
  for (const Product& p : engine.products()) {
    out.insert(p.base);
    out.insert(p.quote);
  }
  return out;
}

WebReply data(Json what) { return ok({{"data", std::move(what)}}); }

}  // namespace

WebReply v2_time(Call& call) {
  const std::int64_t s = call.now_ns / second;
  return data({{"iso", rfc3339(s * second)}, {"epoch", s}});
}

WebReply v2_currencies(Call& call) {
  Json list = Json::array();
  for (const std::string& c : currencies(call.engine))
    if (is_fiat(c)) list.push_back({{"id", c}, {"name", std::string(currency_name(c))}, {"min_size", "0.01"}});
  return data(std::move(list));
}

WebReply v2_crypto(Call& call) {
  Json list = Json::array();
  int index = 100;
  for (const std::string& c : currencies(call.engine)) {
    if (is_fiat(c)) continue;
    list.push_back({{"asset_id", Ids(0).text(IdKind::account, static_cast<std::uint64_t>(index))},
                    {"code", c},
                    {"name", std::string(currency_name(c))},
                    {"color", "#000000"},
                    {"sort_index", index++},
                    {"exponent", 8},
                    {"type", "crypto"},
                    {"address_regex", ""}});
  }
  return data(std::move(list));
}

WebReply v2_exchange_rates(Call& call) {
  std::string base = call.query.text("currency");
  if (base.empty()) base = "USD";
  const auto unit = worth_in_usd(call.engine, base);
  if (!unit) {
    const Json fault = {{"id", "invalid_request"}, {"message", "Invalid currency (" + base + ")"}};
    return {400, {}, dump({{"errors", Json::array({fault})}}), {}};
  }
  Json rates = Json::object();
  for (const std::string& c : currencies(call.engine))
    if (const auto worth = worth_in_usd(call.engine, c); worth && worth->is_positive()) rates[c] = amount(div(*unit, *worth, Rounding::half_even));
  return data({{"currency", base}, {"rates", std::move(rates)}});
}

WebReply v2_accounts(Call& call) {
  Json list = Json::array();
  for (const AccountView& a : call.engine.accounts(call.user())) list.push_back(v2_account_view(a));
  Json pagination = {{"ending_before", nullptr}, {"starting_after", nullptr}, {"previous_ending_before", nullptr},
                     {"next_starting_after", nullptr}, {"limit", 250},        {"order", "desc"},
                     {"previous_uri", nullptr},  {"next_uri", nullptr}};
  return ok({{"pagination", std::move(pagination)}, {"data", std::move(list)}});
}

}  // namespace bowline::exchange
