// Cancels and edits, and what refuses them.
#include "unit/exchange/venue.hpp"

using namespace exchange_test;

TEST_CASE("a cancel is answered for each id, with Coinbase's reasons") {
  Venue v;
  const OrderNo open = v.limit(v.alice, Side::buy, "1"_dec, "90"_dec), filled = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  const OrderNo others = v.limit(v.bob, Side::sell, "2"_dec, "100"_dec);
  const OrderNo ioc = v.limit(v.alice, Side::buy, "1"_dec, "1"_dec, Config::limit_ioc);
  const std::vector<std::string> ids{v.e.order_id(open), v.e.order_id(filled), v.e.order_id(others), "", "no-such-id", v.e.order_id(open),
                                     v.e.order_id(ioc), v.e.order_id(99)};
  const auto answers = v.e.cancel(v.alice, ids, v.now);
  std::vector<std::string_view> reasons;
  for (const CancelAnswer& a : answers) reasons.push_back(name(a.reason));
  CHECK(reasons == std::vector<std::string_view>{"UNKNOWN_CANCEL_FAILURE_REASON", "ORDER_IS_FULLY_FILLED", "UNKNOWN_CANCEL_ORDER",
                                                 "UNKNOWN_CANCEL_ORDER", "UNKNOWN_CANCEL_ORDER", "DUPLICATE_CANCEL_REQUEST",
                                                 "UNKNOWN_CANCEL_ORDER", "UNKNOWN_CANCEL_ORDER"});
  CHECK(answers[3].order_id.empty());
  CHECK(v.status(open) == Status::cancelled);
  CHECK(v.state(open).note == EndNote::by_user);
  CHECK(v.status(others) == Status::open);
  v.audit();
}

TEST_CASE("an edit to a smaller size keeps the order's place, a larger one or another price loses it") {
  const auto first_filled = [](const Decimal& size, const Decimal& price) {
    Venue v;
    const OrderNo a = v.limit(v.alice, Side::buy, "2"_dec, "100"_dec), b = v.limit(v.bob, Side::buy, "2"_dec, "100"_dec);
    if (price != "100"_dec) REQUIRE(v.edit(v.alice, a, size, price).ok());
    REQUIRE(v.edit(v.alice, a, size, "100"_dec).ok() == (price != "100"_dec || size != "2"_dec));
    v.traded("99"_dec, "0.1"_dec);
    return v.state(a).fills > 0 ? a : b;
  };
  CHECK(first_filled("1"_dec, "100"_dec) == 1);
  CHECK(first_filled("3"_dec, "100"_dec) == 2);
  CHECK(first_filled("2"_dec, "101"_dec) == 2);
}

TEST_CASE("an edit changes what is set aside, and is kept: the last five") {
  Venue v;
  const OrderNo n = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  REQUIRE(v.edit(v.alice, n, "2"_dec, "100"_dec).ok());
  CHECK(str(v.hold(v.alice, "USD")) == "201.2");
  REQUIRE(v.edit(v.alice, n, "2"_dec, "50"_dec).ok());
  CHECK(str(v.hold(v.alice, "USD")) == "100.6");
  for (int i = 1; i <= 5; ++i) {
    v.now += second;
    REQUIRE(v.edit(v.alice, n, "2"_dec, Decimal::from_int(50 + i)).ok());
  }
  const std::vector<Edit>& edits = v.e.order(n).edits;
  REQUIRE(edits.size() == 5);
  CHECK(edits.front().price == "51"_dec);
  CHECK(edits.back() == Edit{"55"_dec, "2"_dec, v.now});
  CHECK(v.e.book("BTC-USD", 9)->bids == std::vector<LevelView>{{"55"_dec, "2"_dec}});
}

TEST_CASE("an edited price that crosses takes") {
  Venue v;
  const OrderNo n = v.limit(v.alice, Side::buy, "3"_dec, "90"_dec);
  v.limit(v.bob, Side::sell, "1"_dec, "100"_dec);
  REQUIRE(v.edit(v.alice, n, "2"_dec, "101"_dec).ok());
  CHECK(str(v.state(n).filled_size) == "1");
  CHECK(str(v.state(n).fees) == "0.6");
  CHECK(v.e.book("BTC-USD", 9)->bids == std::vector<LevelView>{{"101"_dec, "1"_dec}});
}

TEST_CASE("the size of an edit is the new total; what leaves nothing to trade is refused") {
  Venue v;
  const OrderNo n = v.limit(v.alice, Side::buy, "3"_dec, "100"_dec);
  v.traded("99"_dec, "1"_dec);
  CHECK(v.edit(v.alice, n, "0.5"_dec, "100"_dec).reason == EditReason::below_filled);
  CHECK(v.edit(v.alice, n, "1"_dec, "100"_dec).reason == EditReason::below_filled);
  REQUIRE(v.edit(v.alice, n, "1.5"_dec, "100"_dec).ok());
  CHECK(str(v.e.order(n).leaves()) == "0.5");
  v.traded("99"_dec, "1"_dec);
  CHECK(v.status(n) == Status::filled);
}

TEST_CASE("what an edit is refused for") {
  Venue v;
  v.market({{"98"_dec, "1"_dec}}, {{"110"_dec, "1"_dec}}, "100"_dec);
  const OrderNo n = v.limit(v.alice, Side::buy, "3"_dec, "100"_dec), others = v.limit(v.bob, Side::buy, "1"_dec, "90"_dec);
  const auto why = [&](OrderNo o, const Decimal& size, const Decimal& price) { return name(v.edit(v.alice, o, size, price).reason); };
  CHECK(why(n, "3"_dec, "100"_dec) == "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST");
  CHECK(why(n, "3"_dec, "100.001"_dec) == "INVALID_EDITED_PRICE");
  CHECK(why(n, "3"_dec, "-1"_dec) == "INVALID_EDITED_PRICE");
  CHECK(why(n, "3"_dec, Decimal::not_set()) == "INVALID_EDITED_PRICE");
  CHECK(why(n, "1.000000001"_dec, "100"_dec) == "INVALID_EDITED_SIZE");
  CHECK(why(n, Decimal::not_set(), "100"_dec) == "INVALID_EDITED_SIZE");
  CHECK(why(n, "3401"_dec, "100"_dec) == "INVALID_EDITED_SIZE");
  CHECK(why(n, "0.001"_dec, "100"_dec) == "INVALID_EDITED_SIZE");  // worth less than quote_min_size
  CHECK(why(n, "1e20"_dec, "1e14"_dec) == "INVALID_EDITED_SIZE");
  CHECK(why(others, "2"_dec, "100"_dec) == "CALLER_ID_MISMATCH");
  CHECK(why(77, "2"_dec, "100"_dec) == "ORDER_NOT_FOUND");
  OrderRequest gtd = v.request(Side::buy, Config::limit_gtd, "1"_dec, "90"_dec);
  gtd.end_ns = v.now + second;
  CHECK(why(v.put(v.alice, gtd), "2"_dec, "90"_dec) == "ONLY_LIMIT_ORDER_EDITS_SUPPORTED");
  CHECK(why(v.put(v.alice, v.stop(Side::sell, "1"_dec, "90"_dec, "95"_dec, StopDirection::down)), "2"_dec, "90"_dec) ==
        "ONLY_LIMIT_ORDER_EDITS_SUPPORTED");
  CHECK(v.edit(v.alice, n, "3000"_dec, "100"_dec).refusal == Refusal::insufficient_fund);
  OrderRequest post = v.request(Side::buy, Config::limit_gtc, "1"_dec, "90"_dec);
  post.post_only = true;
  CHECK(v.edit(v.alice, v.put(v.alice, post), "1"_dec, "111"_dec).refusal == Refusal::post_only_takes);
  ProductFlags f;
  f.cancel_only = true;
  REQUIRE(v.e.set_flags("BTC-USD", f, v.now).ok());
  CHECK(why(n, "2"_dec, "100"_dec) == "COMMANDER_REJECTED_EDIT_ORDER");
  REQUIRE(v.e.set_flags("BTC-USD", {}, v.now).ok());
  REQUIRE(v.cancel(v.alice, n) == CancelReason::none);
  CHECK(why(n, "2"_dec, "100"_dec) == "ONLY_OPEN_ORDERS_CAN_BE_EDITED");
  CHECK(v.e.order(n).edits.empty());
}

TEST_CASE("stops and brackets can be edited where the option says so") {
  Options o;
  o.edit_stops = true;
  Venue v(o);
  v.market({{"99"_dec, "9"_dec}}, {{"101"_dec, "9"_dec}}, "100"_dec);
  const OrderNo s = v.put(v.alice, v.stop(Side::sell, "1"_dec, "90"_dec, "95"_dec, StopDirection::down));
  REQUIRE(v.edit(v.alice, s, "2"_dec, "80"_dec, "85"_dec).ok());
  CHECK(str(v.hold(v.alice, "BTC")) == "2");
  CHECK(v.edit(v.alice, s, "2"_dec, "80"_dec, "101"_dec).refusal == Refusal::stop_above_last);
  const OrderNo b = v.put(v.bob, v.bracket(Side::sell, "1"_dec, "120"_dec, "90"_dec));
  REQUIRE(v.edit(v.bob, b, "1"_dec, "130"_dec, "88"_dec).ok());
  CHECK(v.e.book("BTC-USD", 9)->asks.back() == LevelView{"130"_dec, "1"_dec});
  v.market({{"89"_dec, "9"_dec}}, {}, "89"_dec);
  CHECK_FALSE(v.state(s).triggered);
  CHECK_FALSE(v.state(b).triggered);
  v.market({{"83"_dec, "1"_dec}}, {}, "85"_dec);
  CHECK(v.state(s).triggered);
  CHECK(v.state(b).triggered);
  CHECK(v.edit(v.alice, s, "2"_dec, "81"_dec, "70"_dec).reason == EditReason::price);  // its stop is behind it
  CHECK(v.edit(v.alice, s, "2"_dec, "83.7"_dec).ok());
  CHECK(v.edit(v.bob, b, "1"_dec, "140"_dec).reason == EditReason::rejected);
}

TEST_CASE("a preview of an edit says what it would come to and changes nothing") {
  Venue v;
  v.market({{"98"_dec, "1"_dec}}, {{"102"_dec, "1"_dec}});
  const OrderNo n = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  const std::string before = v.e.save();
  auto [answer, p] = v.e.preview_edit(v.alice, {v.e.order_id(n), "102"_dec, "2"_dec}, v.now);
  CHECK(answer.ok());
  CHECK(str(p.base_size) == "2");
  CHECK(str(p.commission_total) == "1.02");  // one as taker, one as maker, at 102
  CHECK(str(p.order_total) == "205.02");
  CHECK(p.best_ask == "102"_dec);
  CHECK(v.e.preview_edit(v.alice, {"nothing"}, v.now).first.reason == EditReason::not_found);
  CHECK(v.e.save() == before);
}
