// The market that is driven from outside.
#include "unit/exchange/venue.hpp"

using namespace exchange_test;

TEST_CASE("a taker takes from the market behind the orders of its price") {
  Venue v;
  const OrderNo ask = v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  v.market({{"98"_dec, "5"_dec}}, {{"100"_dec, "2"_dec}, {"101"_dec, "1"_dec}});
  const OrderNo buy = v.limit(v.alice, Side::buy, "2"_dec, "100"_dec);
  CHECK(v.status(ask) == Status::filled);
  CHECK(v.status(buy) == Status::filled);
  CHECK(v.e.book("BTC-USD", 9)->asks == std::vector<LevelView>{{"100"_dec, "1"_dec}, {"101"_dec, "1"_dec}});
  CHECK(str(v.e.ledger().of(market_row, v.e.ledger().find_currency("BTC")).available) == "-1");
  CHECK(str(v.e.ledger().of(market_row, v.e.ledger().find_currency("USD")).available) == "100");
}

TEST_CASE("a market that moves through resting orders fills them at their own price, as makers") {
  Venue v;
  const OrderNo high = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec), low = v.limit(v.alice, Side::buy, "1"_dec, "99"_dec),
                below = v.limit(v.alice, Side::buy, "1"_dec, "95"_dec);
  v.market({{"96"_dec, "9"_dec}}, {{"97"_dec, "1.5"_dec}, {"98"_dec, "0.25"_dec}});
  CHECK(v.status(high) == Status::filled);
  CHECK(str(average_price(v.state(high))) == "100");
  CHECK(str(v.state(high).fees) == "0.4");
  CHECK(str(v.state(low).filled_size) == "0.75");
  CHECK(v.status(below) == Status::open);
  // What the market had left of its offers is used up; its bids stand.
  const auto book = v.e.book("BTC-USD", 9);
  CHECK(book->asks.empty());
  CHECK(book->bids == std::vector<LevelView>{{"99"_dec, "0.25"_dec}, {"96"_dec, "9"_dec}, {"95"_dec, "1"_dec}});
}

TEST_CASE("a market that is set again replaces the former one and tells what differs") {
  Venue v;
  v.market({{"98"_dec, "5"_dec}}, {{"100"_dec, "2"_dec}});
  v.events();
  v.market({{"98"_dec, "5"_dec}}, {{"101"_dec, "2"_dec}}, "99"_dec);
  const auto events = v.events();
  REQUIRE(events.size() == 2);
  CHECK(std::get<LevelChanged>(events[0].what).level == LevelView{"100"_dec, "0"_dec});
  CHECK(std::get<LevelChanged>(events[1].what).level == LevelView{"101"_dec, "2"_dec});
  CHECK(events[1].sequence == events[0].sequence + 1);
  CHECK(v.e.book("BTC-USD", 1)->last == "99"_dec);
}

TEST_CASE("a trade beyond a resting order fills it, by priority, as far as its size goes") {
  Venue v;
  const OrderNo a = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec), b = v.limit(v.bob, Side::buy, "1"_dec, "100"_dec),
                c = v.limit(v.bob, Side::buy, "1"_dec, "99"_dec);
  v.events();
  v.traded("99.5"_dec, "1.5"_dec);
  CHECK(v.status(a) == Status::filled);
  CHECK(str(v.state(b).filled_size) == "0.5");
  CHECK(v.state(c).fills == 0);
  CHECK(v.prints().size() == 2);  // the trade is wholly theirs
  v.traded("99.5"_dec, "3"_dec);
  CHECK(v.status(b) == Status::filled);
  const auto prints = v.prints();
  REQUIRE(prints.size() == 2);
  CHECK(prints[1].size == "2.5"_dec);  // what others traded
  CHECK(prints[1].price == "99.5"_dec);
  v.traded("99"_dec, "7"_dec);  // at the price itself: somebody else may have been first
  CHECK(v.state(c).fills == 0);
  v.traded("98.99"_dec);
  CHECK(v.status(c) == Status::filled);
  CHECK(v.prints().size() == 2);
  CHECK(v.e.book("BTC-USD", 1)->last == "98.99"_dec);
}

TEST_CASE("fills on touch are a setting") {
  Options o;
  o.fills_on_touch = true;
  Venue v(o);
  const OrderNo ask = v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  v.traded("100"_dec, "0.4"_dec);
  CHECK(str(v.state(ask).filled_size) == "0.4");
}

TEST_CASE("a market that can't be is refused and changes nothing") {
  Venue v;
  v.market({{"98"_dec, "5"_dec}}, {{"100"_dec, "2"_dec}});
  const auto code = [&](const std::vector<LevelView>& bids, const std::vector<LevelView>& asks, const Decimal& last = Decimal::not_set()) {
    return v.e.set_market("BTC-USD", bids, asks, last, v.now).error().code;
  };
  CHECK(code({{"100"_dec, "1"_dec}}, {{"100"_dec, "1"_dec}}) == "MARKET_INVALID");
  CHECK(code({{"98"_dec, "1"_dec}, {"98"_dec, "2"_dec}}, {}) == "MARKET_INVALID");
  CHECK(code({{"-1"_dec, "1"_dec}}, {}) == "MARKET_INVALID");
  CHECK(code({{"1"_dec, "0"_dec}}, {}) == "MARKET_INVALID");
  CHECK(code({{Decimal::not_set(), "1"_dec}}, {}) == "MARKET_INVALID");
  CHECK(code({{"1e14"_dec, "1e14"_dec}}, {}) == "MARKET_INVALID");
  CHECK(code({}, {}, "0"_dec) == "MARKET_INVALID");
  CHECK(v.e.set_market("NO-SUCH", {}, {}, Decimal::not_set(), v.now).error().code == "PRODUCT_UNKNOWN");
  CHECK(v.e.trade_through("NO-SUCH", "1"_dec, "1"_dec, v.now).error().code == "PRODUCT_UNKNOWN");
  CHECK(v.e.trade_through("BTC-USD", "0"_dec, "1"_dec, v.now).error().code == "MARKET_INVALID");
  CHECK(v.e.trade_through("BTC-USD", "1"_dec, "-1"_dec, v.now).error().code == "MARKET_INVALID");
  CHECK(v.e.book("BTC-USD", 9)->bids.size() == 1);
  v.audit();
}

TEST_CASE("in an auction orders gather and cross; when it ends they meet, the older one's price") {
  Venue v;
  ProductFlags f;
  f.auction_mode = true;
  REQUIRE(v.e.set_flags("BTC-USD", f, v.now).ok());
  const OrderNo sell = v.limit(v.bob, Side::sell, "1"_dec, "95"_dec), buy = v.limit(v.alice, Side::buy, "3"_dec, "100"_dec);
  OrderRequest maker = v.request(Side::sell, Config::limit_gtc, "1"_dec, "97"_dec);
  maker.post_only = true;
  const OrderNo post = v.put(v.bob, maker);
  v.market({{"90"_dec, "1"_dec}}, {{"98"_dec, "0.5"_dec}}, "96"_dec);
  CHECK(v.place(v.alice, v.request(Side::buy, Config::limit_ioc, "1"_dec, "100"_dec)).refusal == Refusal::market_state);
  CHECK(v.place(v.alice, v.request(Side::buy, Config::market_ioc, "1"_dec)).refusal == Refusal::market_state);
  CHECK(v.state(buy).fills == 0);
  f.auction_mode = false;
  REQUIRE(v.e.set_flags("BTC-USD", f, v.now).ok());
  v.audit();
  CHECK(v.status(sell) == Status::filled);
  CHECK(str(average_price(v.state(sell))) == "95");
  CHECK(v.status(post) == Status::cancelled);
  CHECK(str(v.state(buy).filled_size) == "1.5");
  CHECK(str(v.state(buy).filled_value) == "145");  // 95 of the older sale, and half at 100 of the market, which came later
}

TEST_CASE("a product that does not trade fills nothing, and cancels all the same") {
  Venue v;
  const OrderNo buy = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  ProductFlags f;
  f.trading_disabled = true;
  REQUIRE(v.e.set_flags("BTC-USD", f, v.now).ok());
  v.traded("50"_dec, "10"_dec);
  v.market({}, {{"60"_dec, "1"_dec}});
  CHECK(v.state(buy).fills == 0);
  CHECK(v.cancel(v.alice, buy) == CancelReason::none);
  const auto events = v.events();
  CHECK(std::any_of(events.begin(), events.end(), [](const Event& e) { return std::holds_alternative<ProductChanged>(e.what); }));
  CHECK(v.e.set_flags("NO-SUCH", f, v.now).error().code == "PRODUCT_UNKNOWN");
}
