// Quotes out of the book and out of tickers: at most ten a second, none of a book that may be wrong.
#include <array>

#include "rig.hpp"

using namespace feed_test;

namespace {
constexpr std::uint32_t with_quotes = (1u << BL_EV_BAR) | (1u << BL_EV_QUOTE);
std::string book(Rig& r, const char* type, const std::vector<std::array<std::string, 3>>& levels, const char* product = "BTC-USD") {
  json updates = json::array();
  for (const auto& l : levels)
    updates.push_back({{"side", l[0]}, {"event_time", stamp(r.host.now)}, {"price_level", l[1]}, {"new_quantity", l[2]}});
  return envelope("l2_data", r.host.now, r.number++, json::array({{{"type", type}, {"product_id", product}, {"updates", updates}}}));
}
std::vector<bl_quote> quotes(const Rig& r) { return r.all<bl_quote>(BL_EV_QUOTE); }
std::size_t asked(const Rig& r) {
  std::size_t n = 0;
  for (const std::string& s : r.host.sockets.back().sent) n += json::parse(s).at("channel") == "level2" && json::parse(s).at("type") == "subscribe" ? 1 : 0;
  return n;
}
}  // namespace

TEST_CASE("the book stays inside; its best levels are given at most ten times a second, the newest") {
  Rig r(json{{"history", 0}}, with_quotes);
  r.connect();
  r.says(book(r, "snapshot", {{"bid", "100.00", "1"}, {"bid", "99.99", "2"}, {"offer", "100.02", "3"}}));
  REQUIRE(quotes(r).size() == 1);
  CHECK(Decimal::from_mantissa(quotes(r)[0].bid, quotes(r)[0].px_exp) == Decimal::from_int(100));
  CHECK(Decimal::from_mantissa(quotes(r)[0].ask_qty, quotes(r)[0].qty_exp) == Decimal::from_int(3));
  for (int i = 0; i < 1000; ++i) {  // one a millisecond
    r.run(r.host.now + second / 1000);
    r.says(book(r, "update", {{"bid", "100.00", std::to_string(i + 2)}}));
  }
  r.run(r.host.now + second);
  const auto all = quotes(r);
  CHECK(all.size() >= 10);
  CHECK(all.size() <= 12);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].h.ts_recv - all[i - 1].h.ts_recv >= second / 10);
  CHECK(Decimal::from_mantissa(all.back().bid_qty, all.back().qty_exp) == Decimal::from_int(1001));
  for (std::size_t i = 0; i < r.host.events.size(); ++i) {
    const auto type = r.host.event<bl_event>(i).type;
    CHECK((type == BL_EV_QUOTE || type == BL_EV_LINK));
  }
}

TEST_CASE("after a gap no quote is given until the book has been asked for anew and is whole again") {
  Rig r(json{{"history", 0}}, with_quotes);
  r.connect();
  r.says(book(r, "snapshot", {{"bid", "100.00", "1"}, {"offer", "100.02", "3"}}));
  CHECK(asked(r) == 1);
  const std::size_t before = quotes(r).size();
  r.run(r.host.now + second);
  r.number += 1;
  r.says(book(r, "update", {{"bid", "100.01", "1"}}));
  CHECK(asked(r) == 2);
  r.run(r.host.now + second);
  r.says(book(r, "update", {{"bid", "100.01", "1"}}));
  CHECK(quotes(r).size() == before);
  r.says(book(r, "snapshot", {{"bid", "100.01", "1"}, {"offer", "100.02", "3"}}));
  CHECK(quotes(r).size() == before + 1);
}

TEST_CASE("many gaps ask for books once a second, not once a gap") {
  Rig r(json{{"history", 0}}, with_quotes);
  r.connect();
  for (int i = 0; i < 100; ++i) {
    r.number += 1;
    r.says(book(r, "update", {{"bid", "100.01", "1"}}));
    r.run(r.host.now + second / 50);
  }
  CHECK(asked(r) >= 2);
  CHECK(asked(r) <= 4);
}

TEST_CASE("a crossed book gives no quote, and is asked for anew when it stays so") {
  Rig r(json{{"history", 0}}, with_quotes);
  r.connect();
  r.says(book(r, "snapshot", {{"bid", "100.00", "1"}, {"offer", "100.02", "3"}}));
  const std::size_t before = quotes(r).size();
  r.run(r.host.now + second);
  r.says(book(r, "update", {{"bid", "100.05", "1"}}));
  CHECK(quotes(r).size() == before);
  r.run(r.host.now + 3 * second);
  CHECK(quotes(r).size() == before);
  CHECK(asked(r) == 2);
}

TEST_CASE("tickers give quotes where they are chosen, and one without a name of a price gives none") {
  Rig r(json{{"history", 0}, {"quotes", "ticker"}}, with_quotes);
  r.connect();
  const auto ticker = [&](json fields) {
    fields["product_id"] = "BTC-USD";
    fields["type"] = "ticker";
    r.says(envelope("ticker", r.host.now, r.number++, json::array({{{"type", "update"}, {"tickers", json::array({fields})}}})));
  };
  ticker({{"price", "100"}, {"best_bid", "99.5"}, {"best_bid_quantity", "0.25"}, {"best_ask", "100.125"}, {"best_ask_quantity", "7"}});
  REQUIRE(quotes(r).size() == 1);
  const bl_quote q = quotes(r)[0];
  CHECK(Decimal::from_mantissa(q.bid, q.px_exp).to_string() == "99.5");
  CHECK(Decimal::from_mantissa(q.ask, q.px_exp).to_string() == "100.125");
  CHECK(Decimal::from_mantissa(q.bid_qty, q.qty_exp).to_string() == "0.25");
  r.run(r.host.now + second);
  ticker({{"price", ""}, {"best_bid", ""}, {"best_ask", ""}});
  ticker({{"price", "100"}});
  CHECK(quotes(r).size() == 1);
}

TEST_CASE("public trades are given where they are wanted, oldest first, but none of before the subscription") {
  Rig r(json{{"history", 0}}, (1u << BL_EV_BAR) | (1u << BL_EV_TRADE));
  r.connect();
  const auto trades = [&](const char* type, std::int64_t first) {
    json list = json::array();
    for (std::int64_t i = first + 1; i >= first; --i)
      list.push_back({{"product_id", "BTC-USD"}, {"trade_id", std::to_string(i)}, {"price", "100.5"}, {"size", std::to_string(i)}, {"time", stamp(r.host.now)}, {"side", "BUY"}});
    r.says(envelope("market_trades", r.host.now, r.number++, json::array({{{"type", type}, {"trades", list}}})));
  };
  trades("snapshot", 1);
  trades("update", 3);
  const auto all = r.all<bl_trade>(BL_EV_TRADE);
  REQUIRE(all.size() == 2);
  CHECK(Decimal::from_mantissa(all[0].qty, all[0].qty_exp) == Decimal::from_int(3));
  CHECK(Decimal::from_mantissa(all[1].qty, all[1].qty_exp) == Decimal::from_int(4));
  CHECK(all[0].aggressor == BL_SELL);  // told is who rested
}
