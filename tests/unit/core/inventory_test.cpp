// What is at the venue and not from our orders (trading rules 5.6), and balances that change without a trade.
#include <catch2/catch.hpp>

#include <utility>
#include <vector>

#include "core/portfolio.hpp"
#include "unit/core/market.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::mark_at;
using test::Market;

namespace {

constexpr Nanos day = 86'400'000'000'000;

Fill fill(InstrumentId id, Side side, Decimal px, Decimal qty, AssetId fee_asset, Decimal fee = Decimal::zero()) {
  Fill f;
  f.instrument = id;
  f.side = side;
  f.px = px;
  f.qty = qty;
  f.fee = fee;
  f.fee_asset = fee_asset;
  f.time = 5;
  return f;
}
Fill of_others(Fill f) {
  f.external = true;
  return f;
}

}  // namespace

TEST_CASE("rule 5.6: coins that are not from our orders are unmanaged: no position, no equity, and never sold by a fill of ours") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.btc, mark_at("100"_dec));
  REQUIRE(p.set_cash(m.btc_asset, "3"_dec));
  CHECK(p.unmanaged(m.btc) == "3"_dec);
  CHECK(p.position(m.btc).qty.is_zero());
  CHECK(p.equity() == "1000"_dec);
  CHECK(p.apply(fill(m.btc, Side::sell, "100"_dec, "1"_dec, m.usd)).error().code == "FILL_BEYOND_POSITION");
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "1"_dec, m.usd)));
  CHECK(p.position(m.btc).qty == "1"_dec);
  CHECK(p.unmanaged(m.btc) == "3"_dec);
  CHECK(p.ledger().venue(m.btc_asset) == "4"_dec);
  CHECK(p.apply(fill(m.btc, Side::sell, "100"_dec, "1.5"_dec, m.usd)).error().code == "FILL_BEYOND_POSITION");
}

TEST_CASE("rule 5.6: unmanaged inventory counts in equity only where it is asked for, at its mark") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.set_cash(m.btc_asset, "3"_dec));
  p.count_unmanaged(true);
  CHECK(p.equity() == "1000"_dec);  // without a mark it counts 0
  p.set_mark(m.btc, mark_at("100"_dec));
  CHECK(p.unmanaged_value() == "300"_dec);
  CHECK(p.equity() == "1300"_dec);
  CHECK(p.exposure().is_zero());
  p.count_unmanaged(false);
  CHECK(p.equity() == "1000"_dec);
}

TEST_CASE("rule 5.6: adopted coins are a position at the price they were adopted at; released ones are none") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.btc, mark_at("100"_dec));
  REQUIRE(p.set_cash(m.btc_asset, "3"_dec));
  REQUIRE(p.adopt(m.btc, "2"_dec, "100"_dec, 9));
  CHECK(p.position(m.btc).qty == "2"_dec);
  CHECK(p.position(m.btc).opened == 9);
  CHECK(p.average(m.btc) == "100"_dec);
  CHECK(p.unmanaged(m.btc) == "1"_dec);
  CHECK(p.realised().is_zero());
  CHECK(p.equity() == "1200"_dec);
  CHECK(p.net_flows() == "199.9"_dec);  // not earned; at the bid, 5 bp below the mark
  REQUIRE(p.apply(fill(m.btc, Side::sell, "110"_dec, "1"_dec, m.usd)));
  CHECK(p.realised() == "10"_dec);
  REQUIRE(p.release(m.btc, "1"_dec));
  CHECK(p.position(m.btc).qty.is_zero());
  CHECK(p.position(m.btc).opened == 0);
  CHECK(p.unmanaged(m.btc) == "2"_dec);
  CHECK(p.realised() == "10"_dec);
  CHECK(p.net_flows() == "99.95"_dec);
  CHECK(p.ledger().venue(m.btc_asset) == "2"_dec);
  CHECK(p.books_agree());
}

TEST_CASE("no more is adopted than is there unmanaged, nor released than is held") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  REQUIRE(p.set_cash(m.btc_asset, "3"_dec));
  CHECK(p.adopt(m.btc, "3.0001"_dec, "100"_dec, 1).error().code == "ADOPT_BEYOND_UNMANAGED");
  CHECK(p.adopt(m.btc, Decimal::zero(), "100"_dec, 1).error().code == "ADOPT_AMOUNT");
  CHECK(p.adopt(m.btc, "1"_dec, Decimal::not_set(), 1).error().code == "ADOPT_AMOUNT");
  REQUIRE(p.adopt(m.btc, "1"_dec, "100"_dec, 1));
  CHECK(p.release(m.btc, "1.1"_dec).error().code == "RELEASE_BEYOND_POSITION");
  CHECK(p.release(m.btc, "-1"_dec).error().code == "RELEASE_AMOUNT");
  CHECK(p.unmanaged(m.btc) == "2"_dec);
  CHECK(p.books_agree());
}

TEST_CASE("rule 5.6: a balance that changes without a trade is booked by its class, against that class's account") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  const auto booked = [&](AssetId asset, Flow kind, Decimal amount, Account account) {
    const Decimal was = p.ledger().balance(asset, account), cash = p.cash(asset);
    const auto done = p.book_flow(asset, kind, amount);
    REQUIRE(done);
    CHECK(done->is_zero());
    CHECK(p.ledger().balance(asset, account) == was - amount);
    CHECK(p.cash(asset) == cash + amount);
    CHECK(p.ledger().balanced());
  };
  booked(m.usd, Flow::deposit, "50"_dec, Account::deposit);
  booked(m.usd, Flow::withdrawal, "-20"_dec, Account::withdrawal);
  booked(m.btc_asset, Flow::reward, "0.1"_dec, Account::reward);
  booked(m.usd, Flow::conversion, "-5"_dec, Account::conversion);
  booked(m.xyz, Flow::conversion, "5"_dec, Account::conversion);
  booked(m.usd, Flow::correction, "-1"_dec, Account::correction);
  booked(m.usd, Flow::correction, "1"_dec, Account::correction);
  CHECK(p.cash(m.usd) == "1025"_dec);
  CHECK(p.unmanaged(m.btc) == "0.1"_dec);
  const std::vector<std::pair<Flow, Decimal>> wrong{{Flow::deposit, "-1"_dec}, {Flow::reward, "-1"_dec}, {Flow::withdrawal, "1"_dec},
                                                    {Flow::correction, Decimal::zero()}, {Flow::conversion, Decimal::not_set()}};
  for (const auto& [kind, amount] : wrong)
    CHECK(p.book_flow(m.usd, kind, amount).error().code == "FLOW_AMOUNT");
  CHECK(p.book_flow(m.usd, Flow::deposit, "1e19"_dec).error().code == "FLOW_OVERFLOW");
  CHECK(p.book_flow(m.usd, Flow::withdrawal, "-1025.01"_dec).error().code == "FLOW_BEYOND_BALANCE");
  CHECK(p.cash(m.usd) == "1025"_dec);
}

TEST_CASE("rule 5.1: what came or went is neither profit nor loss: equity less flows stands, and so does the drawdown") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.btc, mark_at("100"_dec));
  p.close_step(day);
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "5"_dec, m.usd)));
  Mark mark = mark_at("62"_dec);
  mark.bid = "60"_dec;
  mark.ask = "64"_dec;
  p.set_mark(m.btc, mark);
  p.close_step(day + 1);
  REQUIRE(p.equity_at_bid() == "800"_dec);  // a fifth below the peak
  REQUIRE(p.book_flow(m.usd, Flow::deposit, "800"_dec));
  CHECK(p.equity_at_bid() == "1600"_dec);
  CHECK(p.peak() == "2000"_dec);
  CHECK(p.equity_at_bid() - p.day_start() - p.day_flows() == "-200"_dec);
  REQUIRE(p.book_flow(m.usd, Flow::withdrawal, "-1200"_dec));
  CHECK(p.peak() == "500"_dec);
  CHECK(p.equity_at_bid() - p.day_start() - p.day_flows() == "-200"_dec);
  p.close_step(2 * day);
  CHECK(p.day_flows().is_zero());
  CHECK(p.net_flows() == "-400"_dec);
  CHECK(p.day_start() == "400"_dec);
}

TEST_CASE("rule 5.1: a reward is earned: in cash it is profit and no flow, in what does not count in equity it is nothing") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.btc, mark_at("100"_dec));
  REQUIRE(p.set_cash(m.btc_asset, "3"_dec));
  p.close_step(day);
  REQUIRE(p.book_flow(m.usd, Flow::reward, "10"_dec));
  CHECK(p.equity() == "1010"_dec);
  CHECK(p.net_flows().is_zero());
  CHECK(p.equity() - p.day_start() - p.day_flows() == "10"_dec);
  CHECK(p.peak() == "1000"_dec);  // until the step ends
  p.close_step(day + 1);
  CHECK(p.peak() == "1010"_dec);
  REQUIRE(p.book_flow(m.btc_asset, Flow::reward, "0.1"_dec));
  CHECK(p.equity() == "1010"_dec);
  CHECK(p.net_flows().is_zero());
  p.count_unmanaged(true);
  p.close_step(2 * day);
  REQUIRE(p.book_flow(m.btc_asset, Flow::reward, "0.1"_dec));
  CHECK(p.equity_at_bid() - p.day_start() - p.day_flows() == "9.995"_dec);
}

TEST_CASE("rule 5.6: what was booked as a deposit may be named a reward, as far as it was booked; the day's flows have so much of it as is theirs") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.btc, mark_at("100"_dec));
  p.close_step(day);
  REQUIRE(p.book_flow(m.usd, Flow::deposit, "100"_dec));
  const auto result = [&p] { return p.equity_at_bid() - p.day_start() - p.day_flows(); };
  const std::uint64_t changes = p.changes();
  REQUIRE(p.reclassify(m.usd, Flow::deposit, Flow::reward, "80"_dec, "60"_dec));
  CHECK(p.changes() == changes + 1);
  CHECK(p.ledger().balance(m.usd, Account::deposit) == "-20"_dec);
  CHECK(p.ledger().balance(m.usd, Account::reward) == "-80"_dec);
  CHECK(p.cash(m.usd) == "1100"_dec);
  CHECK(result() == "60"_dec);
  CHECK(p.day_flows() == "40"_dec);
  CHECK(p.day_base() == "1040"_dec);
  CHECK(p.net_flows() == "100"_dec);
  CHECK(p.peak() == "1100"_dec);
  REQUIRE(p.reclassify(m.usd, Flow::reward, Flow::deposit, "80"_dec, "100"_dec));  // no more of the day than it is
  CHECK(result() == "-20"_dec);
  const auto code = [&](Flow from, Flow to, Decimal amount) { return p.reclassify(m.usd, from, to, amount, Decimal::zero()).error().code; };
  CHECK(code(Flow::deposit, Flow::reward, "100.01"_dec) == "RECLASSIFY_BEYOND_BOOKED");
  CHECK(code(Flow::reward, Flow::deposit, "0.01"_dec) == "RECLASSIFY_BEYOND_BOOKED");
  CHECK(code(Flow::deposit, Flow::reward, "-1"_dec) == "RECLASSIFY_AMOUNT");
  CHECK(code(Flow::deposit, Flow::reward, Decimal::zero()) == "RECLASSIFY_AMOUNT");
  CHECK(code(Flow::deposit, Flow::reward, Decimal::not_set()) == "RECLASSIFY_AMOUNT");
  CHECK(code(Flow::deposit, Flow::conversion, "1"_dec) == "RECLASSIFY_AMOUNT");
  CHECK(code(Flow::correction, Flow::reward, "1"_dec) == "RECLASSIFY_AMOUNT");
  CHECK(code(Flow::reward, Flow::reward, "1"_dec) == "RECLASSIFY_AMOUNT");
  CHECK(p.ledger().balance(m.usd, Account::deposit) == "-100"_dec);
  CHECK(p.books_agree());
  // Of unmanaged inventory only where it counts.
  REQUIRE(p.book_flow(m.btc_asset, Flow::deposit, "2"_dec));
  REQUIRE(p.reclassify(m.btc_asset, Flow::deposit, Flow::reward, "1"_dec, "1"_dec));
  CHECK(result() == "-20"_dec);
  p.count_unmanaged(true);
  const Decimal before = result();
  REQUIRE(p.reclassify(m.btc_asset, Flow::deposit, Flow::reward, "1"_dec, "1"_dec));
  CHECK(result() == before + "99.95"_dec);  // at the bid
}

TEST_CASE("all of it withdrawn leaves no peak behind, and what comes then is the new one") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.close_step(1);
  REQUIRE(p.book_flow(m.usd, Flow::withdrawal, "-1000"_dec));
  CHECK(p.peak().is_zero());
  REQUIRE(p.book_flow(m.usd, Flow::deposit, "300"_dec));
  p.close_step(2);
  CHECK(p.peak() == "300"_dec);
}

TEST_CASE("a correction downwards is a loss, since nobody can say where it went; one upwards is no profit") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.close_step(day);
  REQUIRE(p.book_flow(m.usd, Flow::correction, "-100"_dec));
  CHECK(p.day_flows().is_zero());
  CHECK(p.peak() == "1000"_dec);
  REQUIRE(p.book_flow(m.usd, Flow::correction, "100"_dec));
  CHECK(p.day_flows() == "100"_dec);
  CHECK(p.equity() - p.day_start() - p.day_flows() == "-100"_dec);
}

TEST_CASE("rule 3.7: what goes beyond unmanaged inventory comes out of the position, and how much is told") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.btc, mark_at("100"_dec));
  REQUIRE(p.set_cash(m.btc_asset, "1"_dec));
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "2"_dec, m.usd)));
  const auto gone = p.book_flow(m.btc_asset, Flow::withdrawal, "-1.5"_dec);
  REQUIRE(gone);
  CHECK(*gone == "0.5"_dec);
  CHECK(p.unmanaged(m.btc).is_zero());
  CHECK(p.position(m.btc).qty == "1.5"_dec);
  CHECK(p.position(m.btc).cost == "150"_dec);
  CHECK(p.realised().is_zero());
  CHECK(p.net_flows() == "-49.975"_dec);  // at the bid
  CHECK(p.book_flow(m.btc_asset, Flow::withdrawal, "-1.6"_dec).error().code == "FLOW_BEYOND_BALANCE");
  CHECK(p.position(m.btc).qty == "1.5"_dec);
  CHECK(p.books_agree());
}

TEST_CASE("rule 5.6: an order of others buys into unmanaged inventory; its cash is no loss of ours") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.btc, mark_at("100"_dec));
  p.close_step(day);
  const auto bought = p.apply(of_others(fill(m.btc, Side::buy, "100"_dec, "2"_dec, m.usd, "1"_dec)));
  REQUIRE(bought);
  CHECK(bought->managed.is_zero());
  CHECK(p.position(m.btc).qty.is_zero());
  CHECK(p.unmanaged(m.btc) == "2"_dec);
  CHECK(p.cash(m.usd) == "799"_dec);
  CHECK(p.fees().is_zero());
  CHECK(p.ledger().balance(m.usd, Account::fees) == "1"_dec);
  CHECK(p.day_flows() == "-201"_dec);
  CHECK(p.equity() - p.day_start() - p.day_flows() == Decimal::zero());
  REQUIRE(p.apply(of_others(fill(m.btc, Side::sell, "150"_dec, "1"_dec, m.usd))));
  CHECK(p.realised().is_zero());
  CHECK(p.day_flows() == "-51"_dec);
  CHECK(p.unmanaged(m.btc) == "1"_dec);
  CHECK(p.books_agree());
}

TEST_CASE("rule 3.7: an order of others that sells beyond unmanaged inventory sells from our position, which is seen and realised") {
  const Market m;
  Portfolio p = m.book("1000"_dec);
  p.set_mark(m.btc, mark_at("100"_dec));
  REQUIRE(p.set_cash(m.btc_asset, "1"_dec));
  REQUIRE(p.apply(fill(m.btc, Side::buy, "100"_dec, "2"_dec, m.usd)));
  p.close_step(day);
  const auto sold = p.apply(of_others(fill(m.btc, Side::sell, "90"_dec, "2"_dec, m.usd)));
  REQUIRE(sold);
  CHECK(sold->managed == "1"_dec);
  CHECK(p.unmanaged(m.btc).is_zero());
  CHECK(p.position(m.btc).qty == "1"_dec);
  CHECK(p.realised() == "-10"_dec);
  CHECK(p.day_flows() == "90"_dec);                                            // what their coin brought
  CHECK(p.equity_at_bid() - p.day_start() - p.day_flows() == "-9.95"_dec);     // what ours lost: it counted at the bid of 99.95
  CHECK(p.apply(of_others(fill(m.btc, Side::sell, "90"_dec, "1.1"_dec, m.usd))).error().code == "FILL_BEYOND_POSITION");
  CHECK(p.books_agree());
}
