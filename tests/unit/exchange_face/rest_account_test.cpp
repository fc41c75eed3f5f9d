// Wallets, portfolios, fees, permissions, and what of v2 ccxt asks for.
#include "readers.hpp"

using namespace face_test;

TEST_CASE("accounts: every wallet to the last decimal, on pages of any size") {
  Rig r;
  REQUIRE(r.e.deposit(r.alice, "ETH", "0.1234567890123456"_dec, r.now).ok());
  r.limit(r.alice, Side::buy, "0.12345678"_dec, "99.99"_dec);
  const auto is = r.e.accounts(r.alice);
  REQUIRE(is.size() == 5);
  for (const std::uint32_t limit : {1u, 2u, 4u, 5u, 250u}) {
    std::vector<cb::Account> told;
    std::string cursor;
    while (true) {
      const auto page = must(cb::parse_accounts(r.send(r.alices, cb::accounts(limit, cursor)).body));
      CHECK(page.accounts.size() <= limit);
      told.insert(told.end(), page.accounts.begin(), page.accounts.end());
      if (!page.next_cursor) break;
      cursor = *page.next_cursor;
    }
    REQUIRE(told.size() == is.size());
    for (std::size_t i = 0; i < is.size(); ++i) {
      CHECK(told[i].uuid == is[i].id);
      CHECK(told[i].currency == is[i].currency);
      CHECK(told[i].available == is[i].account.available);
      CHECK(told[i].hold == is[i].account.hold);
      CHECK(told[i].type == (told[i].currency == "USD" ? "ACCOUNT_TYPE_FIAT" : "ACCOUNT_TYPE_CRYPTO"));
      CHECK(told[i].retail_portfolio_id == r.e.id(r.alice));
      const auto one = must(cb::parse_account(r.send(r.alices, cb::account(is[i].id)).body));
      CHECK(one.available == is[i].account.available);
    }
  }
  check_refused(r.send(r.bobs, cb::account(is[0].id)), 404, "NOT_FOUND");
  const auto at = [&](const std::string& q) { return r.signed_get(r.alices, std::string(root) + "/accounts?" + q); };
  check_refused(at("cursor=nowhere"), 400, "INVALID_ARGUMENT");
  check_refused(at("limit=-1"), 400, "INVALID_ARGUMENT");
  CHECK(json_of(at("limit=100000"))["size"] == 5);  // no more than 250, and there are five
  CHECK(json_of(at("retail_portfolio_id=" + r.e.id(r.bob)))["accounts"].empty());
}

TEST_CASE("accounts: 49 a page unless asked otherwise, and 250 at most") {
  Rig r;
  for (int i = 0; i < 300; ++i) REQUIRE(r.e.deposit(r.alice, "C" + std::to_string(i), "1"_dec, r.now).ok());
  const auto size = [&](const std::string& q) { return json_of(r.signed_get(r.alices, std::string(root) + "/accounts" + q))["accounts"].size(); };
  CHECK(size("") == 49);
  CHECK(size("?limit=0") == 49);
  CHECK(size("?limit=250") == 250);
  CHECK(size("?limit=1000") == 250);
}

TEST_CASE("portfolios: those of the key's owner, and what one of them holds") {
  Rig r;
  r.market({{"99"_dec, "1"_dec}}, {{"101"_dec, "1"_dec}}, "100"_dec);
  const UserId second_one = *r.e.add_user("alice", {"0.001"_dec, "0.002"_dec}, r.now);
  const auto list = must(cb::parse_portfolios(r.send(r.alices, cb::portfolios()).body));
  REQUIRE(list.size() == 2);
  CHECK(list[0].uuid == r.e.id(r.alice));
  CHECK(list[0].type == "DEFAULT");
  CHECK(list[1].uuid == r.e.id(second_one));
  CHECK(list[1].type == "CONSUMER");
  CHECK(json_of(r.signed_get(r.alices, std::string(root) + "/portfolios?portfolio_type=CONSUMER"))["portfolios"].size() == 1);
  check_refused(r.signed_get(r.alices, std::string(root) + "/portfolios?portfolio_type=MINE"), 400, "INVALID_ARGUMENT");

  const auto breakdown = must(cb::parse_portfolio(r.send(r.alices, cb::portfolio(list[0].uuid)).body));
  CHECK(breakdown.portfolio.uuid == list[0].uuid);
  CHECK(breakdown.total->value == "201000"_dec);  // 100,000 of each dollar and ten coins; what has no price is left out
  CHECK(breakdown.cash->value == "100000"_dec);
  CHECK(breakdown.crypto->value == "101000"_dec);
  REQUIRE(breakdown.spot.size() == 4);
  for (const auto& s : breakdown.spot) {
    CHECK(s.cash == (s.asset == "USD"));
    if (s.asset == "BTC") CHECK(s.total == "10"_dec);
  }
  CHECK(must(cb::parse_portfolio(r.send(r.alices, cb::portfolio(list[1].uuid)).body)).spot.empty());
  check_refused(r.send(r.alices, cb::portfolio(r.e.id(r.bob))), 404, "NOT_FOUND");
  check_refused(r.send(r.alices, cb::portfolio("nowhere")), 404, "NOT_FOUND");
}

TEST_CASE("fees: the user's rates, and volume of the last thirty days") {
  Rig r;
  r.market({{"99"_dec, "1"_dec}}, {{"100"_dec, "50"_dec}}, "100"_dec);
  r.limit(r.alice, Side::buy, "2"_dec, "100"_dec, Config::limit_ioc);
  r.pass(31 * 86'400 * second);
  r.limit(r.alice, Side::buy, "1.5"_dec, "100"_dec, Config::limit_ioc);
  const auto t = must(cb::parse_transaction_summary(r.send(r.alices, cb::transaction_summary("")).body));
  CHECK(*t.taker == "0.006"_dec);
  CHECK(*t.maker == "0.004"_dec);
  CHECK(*t.volume == "150"_dec);
  CHECK(*t.fees == "0.9"_dec);
  const Parsed v = json_of(r.send(r.alices, cb::transaction_summary("SPOT")));
  CHECK(v["total_volume"].is_number());
  CHECK(v["total_balance"].is_string());
  CHECK(*must(cb::parse_transaction_summary(r.send(r.alices, cb::transaction_summary("FUTURE")).body)).volume == "0"_dec);
}

TEST_CASE("permissions: what each key may do, and of which portfolio it is") {
  Rig r;
  const auto of = [&](Client& c) { return must(cb::parse_key_permissions(r.send(c, cb::key_permissions()).body)); };
  CHECK((of(r.alices).view && of(r.alices).trade && !of(r.alices).transfer));
  CHECK((of(r.bobs).view && of(r.bobs).transfer));
  CHECK((of(r.readers).view && !of(r.readers).trade));
  CHECK((!of(r.traders).view && of(r.traders).trade));
  CHECK(of(r.bobs).portfolio_uuid == r.e.id(r.bob));
  CHECK(of(r.bobs).portfolio_type == "DEFAULT");
}

TEST_CASE("v2: the shapes that ccxt reads when it loads") {
  Rig r;
  r.market({{"99"_dec, "1"_dec}}, {{"101"_dec, "1"_dec}}, "100"_dec);
  const Parsed time = json_of(r.get("/v2/time"));
  CHECK(time["data"]["epoch"] == 1'700'000'000);
  CHECK(time["data"]["iso"] == "2023-11-14T22:13:20Z");
  const Parsed fiat = json_of(r.get("/v2/currencies"))["data"];
  REQUIRE(fiat.size() == 1);
  CHECK(fiat[0] == Parsed::parse(R"({"id":"USD","name":"US Dollar","min_size":"0.01"})"));
  const Parsed crypto = json_of(r.get("/v2/currencies/crypto"))["data"];
  REQUIRE(crypto.size() == 3);
  CHECK(crypto[0]["code"] == "BTC");
  CHECK(crypto[0]["name"] == "Bitcoin");
  CHECK(crypto[0]["asset_id"].is_string());
  const Parsed rates = json_of(r.get("/v2/exchange-rates"))["data"];
  CHECK(rates["currency"] == "USD");
  CHECK(rates["rates"]["BTC"] == "0.01");
  CHECK(rates["rates"]["USDC"] == "1");
  CHECK_FALSE(rates["rates"].contains("SHIB"));
  CHECK(json_of(r.get("/v2/exchange-rates?currency=BTC"))["data"]["rates"]["USD"] == "100");
  const WebReply no = r.get("/v2/exchange-rates?currency=%00%ff");
  CHECK(no.status == 400);
  CHECK(Parsed::parse(no.body)["errors"][0]["id"] == "invalid_request");
  CHECK(r.get("/v2/accounts").status == 401);
  const Parsed accounts = json_of(r.signed_get(r.alices, "/v2/accounts?limit=250"));
  REQUIRE(accounts["data"].size() == 4);
  CHECK(accounts["data"][0]["balance"]["amount"].is_string());
  CHECK(accounts["data"][0]["currency"]["code"].is_string());
  CHECK(accounts["pagination"]["next_starting_after"].is_null());
}
