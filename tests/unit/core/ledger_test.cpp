// Double entry: nothing appears, nothing vanishes.
#include "core/ledger.hpp"

#include <catch2/catch.hpp>

#include <set>

#include "core/portfolio.hpp"
#include "unit/core/market.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::mark_at;
using test::Market;

TEST_CASE("an amount moves from one account to another, and each asset's accounts add up to zero") {
  Ledger ledger(2);
  CHECK(ledger.balanced());
  REQUIRE(ledger.move({1}, Account::opening, Account::wallet, "100"_dec));
  REQUIRE(ledger.move({1}, Account::wallet, Account::traded, "30"_dec));
  REQUIRE(ledger.move({2}, Account::traded, Account::position, "0.3"_dec));
  CHECK(ledger.balance({1}, Account::wallet) == "70"_dec);
  CHECK(ledger.balance({1}, Account::opening) == "-100"_dec);
  CHECK(ledger.venue({2}) == "0.3"_dec);
  CHECK(ledger.balanced());
  CHECK(ledger.postings() == 3);
}

TEST_CASE("a negative amount moves the other way, and zero is no posting") {
  Ledger ledger(1);
  REQUIRE(ledger.move({1}, Account::wallet, Account::fees, "-2"_dec));
  CHECK(ledger.balance({1}, Account::wallet) == "2"_dec);
  CHECK(ledger.balance({1}, Account::fees) == "-2"_dec);
  REQUIRE(ledger.move({1}, Account::wallet, Account::fees, Decimal::zero()));
  CHECK(ledger.postings() == 1);
}

TEST_CASE("an amount that no account can hold is refused and moves nothing; what it holds always adds up") {
  Ledger ledger(1);
  REQUIRE(ledger.move({1}, Account::opening, Account::wallet, Ledger::largest));
  CHECK_FALSE(ledger.move({1}, Account::opening, Account::wallet, Decimal::epsilon()));
  CHECK_FALSE(ledger.move({1}, Account::deposit, Account::wallet, Decimal::epsilon()));  // room on one side alone
  CHECK_FALSE(ledger.move({1}, Account::opening, Account::reward, Decimal::epsilon()));
  CHECK_FALSE(ledger.move({1}, Account::wallet, Account::fees, Decimal::not_set()));
  CHECK_FALSE(ledger.move({1}, Account::wallet, Account::fees, "-1e20"_dec));
  CHECK(ledger.balance({1}, Account::wallet) == Ledger::largest);
  for (const Account a : {Account::fees, Account::deposit, Account::reward, Account::position})
    REQUIRE(ledger.move({1}, a, a == Account::position ? Account::traded : Account::correction, "1e18"_dec));
  CHECK(ledger.balanced());
}

TEST_CASE("an asset that the ledger was not made for gets its accounts with its first posting") {
  Ledger ledger(1);
  CHECK(ledger.balance({7}, Account::wallet).is_zero());
  REQUIRE(ledger.move({7}, Account::opening, Account::wallet, "1"_dec));
  CHECK(ledger.assets() == 7);
  CHECK(ledger.venue({7}) == "1"_dec);
  CHECK(ledger.balanced());
}

TEST_CASE("every account has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < account_count; ++i) names.insert(to_string(static_cast<Account>(i)));
  CHECK(names.size() == account_count);
}

TEST_CASE("a fill is two postings, its fee a third; cash and position are the ledger's accounts at the venue") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  const std::uint64_t before = p.ledger().postings();
  Fill f;
  f.instrument = m.btc;
  f.px = "100"_dec;
  f.qty = "2"_dec;
  f.fee = "1"_dec;
  f.fee_asset = m.usd;
  REQUIRE(p.apply(f));
  CHECK(p.ledger().postings() == before + 3);
  CHECK(p.ledger().balance(m.usd, Account::opening) == "-1000"_dec);
  CHECK(p.ledger().balance(m.usd, Account::traded) == "200"_dec);
  CHECK(p.ledger().balance(m.usd, Account::fees) == "1"_dec);
  CHECK(p.ledger().venue(m.usd) == p.cash(m.usd));
  CHECK(p.ledger().balance(m.btc_asset, Account::position) == p.position(m.btc).qty);
  CHECK(p.ledger().balance(m.btc_asset, Account::traded) == "-2"_dec);
  CHECK(p.books_agree());
  f.side = Side::sell;
  f.fee_asset = m.btc_asset;
  f.qty = "0.5"_dec;
  f.fee = "0.1"_dec;
  REQUIRE(p.apply(f));
  CHECK(p.ledger().balance(m.btc_asset, Account::fees) == "0.1"_dec);
  CHECK(p.ledger().venue(m.btc_asset) == "1.4"_dec);
  CHECK(p.books_agree());
}

TEST_CASE("a refused fill posts nothing: not the half of it that could be posted") {
  const Market m;
  Portfolio p = m.book(Decimal::zero());
  Fill f;
  f.instrument = m.btc;
  f.px = "100"_dec;
  f.qty = "1"_dec;
  f.fee = "9e19"_dec;
  f.fee_asset = m.usd;
  CHECK(p.apply(f).error().code == "FILL_OVERFLOW");
  f.fee = "1e19"_dec;  // fits by itself; with the price paid before it the wallet is too far down
  CHECK(p.apply(f).error().code == "FILL_OVERFLOW");
  CHECK(p.cash(m.usd).is_zero());
  CHECK(p.position(m.btc).qty.is_zero());
  CHECK(p.fees().is_zero());
  CHECK(p.books_agree());
}
