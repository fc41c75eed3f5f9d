// Wallets, portfolios, fees, permissions and the clock.
#include "coinbase/account_answers.hpp"

#include <catch2/catch.hpp>

#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::literals;
using bowline::coinbase_test::vector_json;
using bowline::coinbase_test::vector_text;
using NJson = nlohmann::json;

namespace {

NJson wallet() {
  return NJson::parse(R"({"uuid":"u","name":"BTC Wallet","currency":"BTC","available_balance":{"value":"1.5","currency":"BTC"},"default":true,"active":true,
    "ready":true,"type":"ACCOUNT_TYPE_CRYPTO","hold":{"value":"0.25","currency":"BTC"},"deleted_at":null,"platform":"ACCOUNT_PLATFORM_CONSUMER"})");
}
std::string page_of(const NJson& w, const NJson& more = NJson::object()) {
  NJson j = {{"accounts", {w}}, {"has_next", false}, {"cursor", ""}, {"size", 1}};
  j.update(more);
  return j.dump();
}
std::string field_of(const Error& e) { return e.details.empty() ? "" : e.details[0].second; }

}  // namespace

TEST_CASE("a wallet has what is available and what is held") {
  const auto p = parse_accounts(page_of(wallet()));
  REQUIRE(p.ok());
  REQUIRE(p->accounts.size() == 1);
  const Account& a = p->accounts[0];
  CHECK(a.uuid == "u");
  CHECK(a.currency == "BTC");
  CHECK(a.available == "1.5"_dec);
  CHECK(a.hold == "0.25"_dec);
  CHECK(a.active);
  CHECK(a.type == "ACCOUNT_TYPE_CRYPTO");
  CHECK_FALSE(p->next_cursor.has_value());
  CHECK(parse_account(NJson{{"account", wallet()}}.dump())->available == "1.5"_dec);
  CHECK(field_of(parse_account(wallet().dump()).error()) == "account");
}

TEST_CASE("a wallet without a balance, a hold or a currency is an error that names it, and never an empty wallet") {
  for (const char* key : {"uuid", "currency", "available_balance", "hold"})
    for (const NJson& gone : {NJson("gone"), NJson(nullptr), NJson("")}) {
      NJson w = wallet();
      if (gone == "gone")
        w.erase(key);
      else
        w[key] = gone;
      const auto p = parse_accounts(page_of(w));
      REQUIRE_FALSE(p.ok());
      CHECK(p.error().code == "COINBASE_FIELD_MISSING");
      CHECK(field_of(p.error()) == std::string("accounts[0].") + key);
    }
  NJson w = wallet();
  w["hold"]["value"] = "1,5";
  CHECK(field_of(parse_accounts(page_of(w)).error()) == "accounts[0].hold.value");
  w = wallet();
  w["available_balance"] = "5";
  CHECK(parse_accounts(page_of(w)).error().code == "COINBASE_FIELD_UNREADABLE");
  w = wallet();
  w["available_balance"]["value"] = 1.5;  // a number where a text was promised
  CHECK(parse_accounts(page_of(w))->accounts[0].available == "1.5"_dec);
  w["available_balance"]["value"] = "-2.5";
  CHECK(parse_accounts(page_of(w))->accounts[0].available == "-2.5"_dec);
  CHECK(field_of(parse_accounts("{}").error()) == "accounts");
  CHECK(parse_accounts(R"({"accounts":[]})")->accounts.empty());
  for (const char* bad : {"", "Unauthorized", "[]", "null", "\"x\""}) CHECK(parse_accounts(bad).error().code == "COINBASE_ANSWER_UNREADABLE");
}

TEST_CASE("a list says where it goes on, and one that only says that it does is an error") {
  CHECK(parse_accounts(page_of(wallet(), {{"has_next", true}, {"cursor", "c"}}))->next_cursor == "c");
  CHECK_FALSE(parse_accounts(page_of(wallet(), {{"has_next", false}, {"cursor", "c"}}))->next_cursor.has_value());
  CHECK(field_of(parse_accounts(page_of(wallet(), {{"has_next", true}})).error()) == "cursor");
  NJson j = NJson::parse(page_of(wallet(), {{"cursor", "c"}}));
  j.erase("has_next");
  CHECK(parse_accounts(j.dump())->next_cursor == "c");
}

TEST_CASE("a fee that is not told is unknown, not zero") {
  const auto t = [](const char* tier) { return parse_transaction_summary(std::string(R"({"total_volume":1000.5,"total_fees":25,"fee_tier":)") + tier + "}"); };
  const auto full = t(R"({"pricing_tier":"Advanced 1","usd_from":"10,000","taker_fee_rate":"0.006","maker_fee_rate":"0.004"})");
  REQUIRE(full.ok());
  CHECK(full->taker == "0.006"_dec);
  CHECK(full->maker == "0.004"_dec);
  CHECK(full->volume == "1000.5"_dec);
  CHECK(full->fees == "25"_dec);
  const auto empty = t(R"({"pricing_tier":"","taker_fee_rate":"","maker_fee_rate":null})");
  REQUIRE(empty.ok());
  CHECK_FALSE(empty->taker.has_value());
  CHECK_FALSE(empty->maker.has_value());
  CHECK(field_of(t(R"({"taker_fee_rate":"cheap"})").error()) == "fee_tier.taker_fee_rate");
  CHECK(t("null").error().code == "COINBASE_FIELD_MISSING");
  CHECK(t("[]").error().code == "COINBASE_FIELD_UNREADABLE");
}

TEST_CASE("what a key may do is what it is told that it may") {
  const auto p = parse_key_permissions(R"({"can_view":true,"can_trade":false,"can_withdraw":false,"portfolio_uuid":"portfolio1"})");
  REQUIRE(p.ok());
  CHECK(p->view);
  CHECK_FALSE(p->trade);
  CHECK_FALSE(p->transfer);
  CHECK(p->portfolio_uuid == "portfolio1");
  CHECK_FALSE(parse_key_permissions("{}")->trade);
  CHECK(field_of(parse_key_permissions(R"({"can_trade":"perhaps"})").error()) == "can_trade");
}

TEST_CASE("the clock is read from whichever field there is") {
  constexpr std::int64_t s = 1'640'995'200, ns = s * 1'000'000'000;
  CHECK(*parse_server_time(R"({"iso":"2022-01-01T00:00:00Z","epochSeconds":"1640995200","epochMillis":"1640995200123"})") == ns + 123'000'000);
  CHECK(*parse_server_time(R"({"iso":"2022-01-01T00:00:00Z","epochSeconds":1640995200,"epochMillis":1640995200123})") == ns + 123'000'000);
  CHECK(*parse_server_time(R"({"iso":"2022-01-01T00:00:00Z","epoch":1640995200})") == ns);
  CHECK(*parse_server_time(R"({"epochSeconds":"1640995200"})") == ns);
  CHECK_FALSE(parse_server_time("{}").ok());
  for (const char* bad : {R"({"epochMillis":"x"})", R"({"epochMillis":0})", R"({"epochMillis":-5})", R"({"epochMillis":"9223372036854775807"})", R"({"iso":"now"})"})
    CHECK(parse_server_time(bad).error().code == "COINBASE_FIELD_UNREADABLE");
}

TEST_CASE("the published answers about the account are read") {
  const auto accounts = vector_text("rest/nautilus_http_accounts.json");
  if (!accounts) return;
  const auto p = parse_accounts(*accounts);
  REQUIRE(p.ok());
  REQUIRE(p->accounts.size() == 2);
  CHECK(p->accounts[0].available == "1.23456789"_dec);
  CHECK(p->accounts[0].hold == "0.005"_dec);
  CHECK(p->accounts[1].currency == "USD");
  CHECK(p->accounts[1].hold == "450"_dec);
  CHECK(p->accounts[1].retail_portfolio_id == "portfolio-001");

  const auto answer = [](const char* file) { return vector_json(file)->at("response").dump(); };
  const auto fees = parse_transaction_summary(answer("rest/jkorf_GetFeeInfo.json"));
  REQUIRE(fees.ok());
  CHECK(fees->name == "<$10k");
  CHECK(fees->taker == "0.001"_dec);
  CHECK(fees->maker == "0.002"_dec);
  CHECK(fees->volume == "1000"_dec);
  const auto key = parse_key_permissions(answer("rest/jkorf_GetApiKeyInfo.json"));
  REQUIRE(key.ok());
  CHECK((key->view && key->trade && key->transfer));
  CHECK(key->portfolio_type == "DEFAULT");
  const auto portfolios = parse_portfolios(answer("rest/jkorf_GetPortfolios.json"));
  REQUIRE(portfolios.ok());
  REQUIRE(portfolios->size() == 1);
  CHECK((*portfolios)[0].deleted);
  CHECK((*portfolios)[0].type == "UNDEFINED");
  const auto portfolio = parse_portfolio(answer("rest/jkorf_GetPortfolio.json"));
  REQUIRE(portfolio.ok());
  CHECK(portfolio->portfolio.uuid == "string");
  CHECK(portfolio->total->value == "123"_dec);
  CHECK(portfolio->crypto->currency == "string");
  REQUIRE(portfolio->spot.size() == 1);
  CHECK(portfolio->spot[0].total == "123"_dec);
  CHECK(portfolio->spot[0].cash);
}

TEST_CASE("the answers that other clients' tests make up are errors here, and name what they lack") {
  const auto v = vector_json("requests/python_sdk_requests.json");
  if (!v) return;
  for (const auto& one : v->at("vectors")) {
    const std::string name = one.at("name"), body = one.at("canned_response").dump();
    INFO(name);
    if (name == "test_get_accounts") CHECK(field_of(parse_accounts(body).error()) == "accounts[0].currency");
    if (name == "test_get_account") CHECK(field_of(parse_account(body).error()) == "account");
    if (name == "test_get_portfolios") CHECK(field_of(parse_portfolios(body).error()) == "portfolios");
    if (name == "test_get_portfolio_breakdown") CHECK(field_of(parse_portfolio(body).error()) == "breakdown");
    if (name == "test_get_transaction_summary") CHECK(field_of(parse_transaction_summary(body).error()) == "fee_tier");
    if (name == "test_get_time") CHECK(*parse_server_time(body) == 1'640'995'200'000'000'000);
    if (name == "test_get_api_key_permissions") CHECK(parse_key_permissions(body)->view);
  }
}
