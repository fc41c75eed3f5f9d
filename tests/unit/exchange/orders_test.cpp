// Orders of users against each other: priority, kinds of order, money.
#include "unit/exchange/venue.hpp"

using namespace exchange_test;

TEST_CASE("a limit buy sets aside its notional and the worse of both fees, a sale its base") {
  Venue v;
  v.limit(v.alice, Side::buy, "2"_dec, "100"_dec);
  CHECK(str(v.hold(v.alice, "USD")) == "201.2");
  CHECK(str(v.available(v.alice, "USD")) == "99798.8");
  const OrderNo s = v.limit(v.bob, Side::sell, "3"_dec, "110"_dec);
  CHECK(str(v.hold(v.bob, "BTC")) == "3");
  CHECK(v.cancel(v.bob, s) == CancelReason::none);
  CHECK(str(v.hold(v.bob, "BTC")) == "0");
}

TEST_CASE("better prices first, then older orders, each at the price of the one that rested") {
  Venue v;
  const OrderNo far = v.limit(v.bob, Side::sell, "1"_dec, "102"_dec), first = v.limit(v.bob, Side::sell, "1"_dec, "101"_dec),
                second = v.limit(v.bob, Side::sell, "1"_dec, "101"_dec);
  v.events();
  const OrderNo buy = v.limit(v.alice, Side::buy, "2.5"_dec, "103"_dec);
  CHECK(v.status(first) == Status::filled);
  CHECK(v.status(second) == Status::filled);
  CHECK(str(v.state(far).filled_size) == "0.5");
  CHECK(v.status(far) == Status::open);
  CHECK(v.status(buy) == Status::filled);
  CHECK(str(v.state(buy).filled_value) == "253");
  CHECK(str(v.state(buy).fees) == "1.518");  // 0.6 % as taker
  CHECK(str(v.state(first).fees) == "0.404");  // 0.4 % as maker
  CHECK(str(average_price(v.state(buy))) == "101.2");
  CHECK(v.hold(v.alice, "USD").is_zero());
  CHECK(str(v.available(v.alice, "USD")) == str("100000"_dec - "253"_dec - "1.518"_dec));
  const auto prints = v.prints();
  REQUIRE(prints.size() == 3);
  CHECK(prints[0].price == "101"_dec);
  CHECK(prints[2].price == "102"_dec);
  CHECK(prints[2].maker == Side::sell);
  CHECK(v.e.ledger().of(fee_row, v.e.ledger().find_currency("USD")).available ==
        v.state(buy).fees + v.state(first).fees + v.state(second).fees + v.state(far).fees);
}

TEST_CASE("what a limit order does not find rests, and its hold is for that alone") {
  Venue v;
  v.limit(v.bob, Side::sell, "1"_dec, "99"_dec);
  const OrderNo buy = v.limit(v.alice, Side::buy, "3"_dec, "100"_dec);
  CHECK(v.status(buy) == Status::open);
  CHECK(str(v.state(buy).hold) == "201.2");
  CHECK(str(completion_percentage(v.e.order(buy))) == "33.33");
  const auto book = v.e.book("BTC-USD", 5);
  CHECK(book->bids == std::vector<LevelView>{{"100"_dec, "2"_dec}});
  CHECK(book->asks.empty());
  CHECK(book->last == "99"_dec);
}

TEST_CASE("immediate or cancel takes what there is and ends cancelled with its fills") {
  Venue v;
  v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  const OrderNo ioc = v.limit(v.alice, Side::buy, "3"_dec, "100"_dec, Config::limit_ioc);
  CHECK(v.status(ioc) == Status::cancelled);
  CHECK(v.state(ioc).note == EndNote::ioc_rest);
  CHECK(str(v.state(ioc).filled_size) == "1");
  CHECK(v.hold(v.alice, "USD").is_zero());
  CHECK(v.status(v.limit(v.alice, Side::buy, "1"_dec, "100"_dec, Config::limit_ioc)) == Status::cancelled);
}

TEST_CASE("fill or kill fills whole or not at all") {
  Venue v;
  v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  v.limit(v.bob, Side::sell, "1"_dec, "101"_dec);
  const OrderNo kill = v.limit(v.alice, Side::buy, "2.1"_dec, "101"_dec, Config::limit_fok);
  CHECK(v.status(kill) == Status::cancelled);
  CHECK(v.state(kill).fills == 0);
  CHECK(v.status(v.limit(v.alice, Side::buy, "1.1"_dec, "100"_dec, Config::limit_fok)) == Status::cancelled);
  CHECK(v.status(v.limit(v.alice, Side::buy, "2"_dec, "101"_dec, Config::limit_fok)) == Status::filled);
}

TEST_CASE("a market order by base size sweeps the book; what it does not find is cancelled") {
  Venue v;
  v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  v.limit(v.bob, Side::sell, "1"_dec, "200"_dec);
  const OrderNo buy = v.put(v.alice, v.request(Side::buy, Config::market_ioc, "1.5"_dec));
  CHECK(v.status(buy) == Status::filled);
  CHECK(str(v.state(buy).filled_value) == "200");
  const OrderNo more = v.put(v.alice, v.request(Side::buy, Config::market_ioc, "9"_dec));
  CHECK(v.status(more) == Status::cancelled);
  CHECK(str(v.state(more).filled_size) == "0.5");
  CHECK(v.hold(v.alice, "USD").is_zero());
  v.limit(v.alice, Side::buy, "1"_dec, "90"_dec);
  const OrderNo sell = v.put(v.bob, v.request(Side::sell, Config::market_ioc, "0.25"_dec));
  CHECK(str(v.state(sell).filled_value) == "22.5");
  CHECK(str(v.state(sell).fees) == "0.135");
  CHECK(str(value_after_fees(Side::sell, v.state(sell))) == "22.365");
}

TEST_CASE("a market buy by amount that runs out of offers gives the rest back and has paid no fee for it") {
  Venue v;
  v.market({}, {{"100"_dec, "1"_dec}});
  const OrderNo buy = v.put(v.alice, v.spend("500"_dec));
  CHECK(v.status(buy) == Status::cancelled);
  CHECK(str(v.state(buy).filled_value) == "100");
  CHECK(str(v.state(buy).fees) == "0.6");
  CHECK(str(v.available(v.alice, "USD")) == "99899.4");
}

TEST_CASE("a market buy by amount across levels spends exactly its amount") {
  Venue v;
  v.market({}, {{"100"_dec, "0.3"_dec}, {"100.01"_dec, "0.7"_dec}, {"107.77"_dec, "50"_dec}});
  const OrderNo buy = v.put(v.alice, v.spend("777.77"_dec));
  CHECK(v.status(buy) == Status::filled);
  CHECK(v.state(buy).fills == 3);
  CHECK(str(value_after_fees(Side::buy, v.state(buy))) == "777.77");
}

TEST_CASE("post only rests, or is refused; it never takes") {
  Venue v;
  v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  OrderRequest r = v.request(Side::buy, Config::limit_gtc, "1"_dec, "100"_dec);
  r.post_only = true;
  CHECK(v.place(v.alice, r).refusal == Refusal::post_only_takes);
  r.limit_price = "99.99"_dec;
  CHECK(v.status(v.put(v.alice, r)) == Status::open);
}

TEST_CASE("a limit order by quote size is of the base units it buys at its limit") {
  Venue v;
  OrderRequest r = v.request(Side::buy, Config::limit_gtc, Decimal::not_set(), "30"_dec);
  r.quote_size = "100"_dec;
  const OrderNo n = v.put(v.alice, r);
  CHECK(str(v.state(n).size) == "3.33333333");
  CHECK(v.e.order(n).by_quote());
  CHECK_FALSE(v.e.order(n).spends_quote());
  CHECK(v.edit(v.alice, n, "1"_dec, "30"_dec).reason == EditReason::in_quote);
}

TEST_CASE("orders of one trader do not trade with each other, as the option says") {
  const auto outcome = [](SelfTrade what, bool by_id) {
    Options o;
    o.self_trade = what;
    Venue v(o);
    OrderRequest sell = v.request(Side::sell, Config::limit_gtc, "1"_dec, "100"_dec);
    OrderRequest buy = v.request(Side::buy, Config::limit_gtc, "2"_dec, "100"_dec);
    if (by_id) sell.self_trade_prevention_id = buy.self_trade_prevention_id = "desk 1";
    const OrderNo s = v.put(by_id ? v.bob : v.alice, sell), b = v.put(v.alice, buy);
    return std::pair(v.status(s), v.status(b));
  };
  for (const bool by_id : {false, true}) {
    CHECK(outcome(SelfTrade::allow, by_id) == std::pair(Status::filled, Status::open));
    CHECK(outcome(SelfTrade::cancel_taker, by_id) == std::pair(Status::open, Status::cancelled));
    CHECK(outcome(SelfTrade::cancel_maker, by_id) == std::pair(Status::cancelled, Status::open));
    CHECK(outcome(SelfTrade::cancel_both, by_id) == std::pair(Status::cancelled, Status::cancelled));
  }
}

TEST_CASE("fill or kill counts no offer of its own trader") {
  for (const SelfTrade what : {SelfTrade::allow, SelfTrade::cancel_taker, SelfTrade::cancel_maker, SelfTrade::cancel_both}) {
    Options o;
    o.self_trade = what;
    Venue v(o);
    v.limit(v.alice, Side::sell, "1"_dec, "100"_dec);
    v.limit(v.bob, Side::sell, "1"_dec, "101"_dec);
    const OrderNo one_ = v.limit(v.alice, Side::buy, "1"_dec, "101"_dec, Config::limit_fok);
    CHECK(v.status(one_) == (what == SelfTrade::allow || what == SelfTrade::cancel_maker ? Status::filled : Status::cancelled));
    CHECK((v.state(one_).fills == 0) == (v.status(one_) == Status::cancelled));
    if (what == SelfTrade::cancel_maker) CHECK(str(average_price(v.state(one_))) == "101");
  }
  for (const SelfTrade what : {SelfTrade::cancel_taker, SelfTrade::cancel_maker, SelfTrade::cancel_both}) {
    Options o;
    o.self_trade = what;
    Venue v(o);
    v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
    v.limit(v.alice, Side::sell, "1"_dec, "101"_dec);
    const OrderNo two = v.limit(v.alice, Side::buy, "2"_dec, "101"_dec, Config::limit_fok);
    CHECK(v.status(two) == Status::cancelled);
    CHECK(v.state(two).note == EndNote::fok_unfilled);
    CHECK(v.state(two).fills == 0);
  }
}

TEST_CASE("an order keeps the rates it was accepted with") {
  Venue v;
  const OrderNo buy = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  REQUIRE(v.e.set_rates(v.alice, {"0.5"_dec, "0.5"_dec}).ok());
  v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  CHECK(str(v.state(buy).fees) == "0.4");
  CHECK_FALSE(v.e.set_rates(v.alice, {"1"_dec, "0"_dec}).ok());
  CHECK_FALSE(v.e.set_rates(fee_row, {"0"_dec, "0"_dec}).ok());
}

TEST_CASE("a client_order_id stands for the order it made, whatever the repeat asks for") {
  Venue v;
  OrderRequest r = v.request(Side::buy, Config::limit_gtc, "1"_dec, "100"_dec);
  const Placed first = v.place(v.alice, r);
  r.side = Side::sell;
  r.base_size = "-5"_dec;
  r.product_id = "NO-SUCH";
  const Placed again = v.place(v.alice, r);
  CHECK(again.ok());
  CHECK(again.repeated);
  CHECK(again.order == first.order);
  CHECK_FALSE(first.repeated);
  CHECK(v.e.orders({}).orders.size() == 1);
  // Of another user it is another order; a refused one made nothing.
  CHECK(v.place(v.bob, r).refusal == Refusal::invalid_product);
  r.product_id = "BTC-USD";
  r.base_size = "1"_dec;
  CHECK(v.put(v.bob, r) != first.order);
  CHECK(v.e.order_by_client_id(v.alice, r.client_order_id)->number == first.order);
}

TEST_CASE("how long, and for whom, a client_order_id stands is a setting") {
  Options o;
  o.client_id_retention_ns = 60 * second;
  o.client_id_scope = ClientIdScope::owner;
  Venue v(o);
  const UserId second_portfolio = *v.e.add_user("alice", {"0"_dec, "0"_dec}, v.now);
  REQUIRE(v.e.deposit(second_portfolio, "USD", "1000"_dec, v.now).ok());
  const OrderRequest r = v.request(Side::buy, Config::limit_gtc, "1"_dec, "100"_dec);
  const OrderNo first = v.put(v.alice, r);
  CHECK(v.put(second_portfolio, r) == first);
  CHECK(v.put(v.bob, r) != first);
  CHECK(v.e.order_by_client_id(second_portfolio, r.client_order_id) == nullptr);  // found, but not its own
  v.pass(60 * second - 1);
  CHECK(v.put(v.alice, r) == first);
  v.pass(1);
  const OrderNo anew = v.put(v.alice, r);
  CHECK(anew != first);
  CHECK(v.put(v.alice, r) == anew);
}
