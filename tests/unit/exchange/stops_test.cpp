// Stop-limit orders and brackets.
#include "unit/exchange/venue.hpp"

using namespace exchange_test;

namespace {

constexpr auto up = StopDirection::up, down = StopDirection::down;
Venue at(const Decimal& last, const Options& o = {}) {
  Venue v(o);
  v.market({{last - "1"_dec, "50"_dec}}, {{last + "1"_dec, "50"_dec}}, last);
  return v;
}

}  // namespace

TEST_CASE("a stop-limit waits off the book and enters it when the last trade reaches its stop") {
  Venue v = at("100"_dec);
  const OrderNo sell = v.put(v.alice, v.stop(Side::sell, "2"_dec, "90"_dec, "95"_dec, down));
  CHECK(v.status(sell) == Status::open);
  CHECK_FALSE(v.state(sell).triggered);
  CHECK(str(v.hold(v.alice, "BTC")) == "2");
  CHECK(v.e.book("BTC-USD", 9)->asks.size() == 1);
  v.market({{"94"_dec, "1"_dec}}, {{"97"_dec, "1"_dec}}, "95.01"_dec);
  CHECK_FALSE(v.state(sell).triggered);
  v.traded("95"_dec, "0.1"_dec);
  CHECK(v.state(sell).triggered);
  CHECK(str(v.state(sell).filled_size) == "1");  // at 94; the rest rests at its limit
  CHECK(str(average_price(v.state(sell))) == "94");
  CHECK(v.e.book("BTC-USD", 9)->asks.at(0) == LevelView{"90"_dec, "1"_dec});
  CHECK(str(v.hold(v.alice, "BTC")) == "1");
}

TEST_CASE("a buy stop sets aside what its limit needs and triggers on the way up") {
  Venue v = at("100"_dec);
  const OrderNo buy = v.put(v.alice, v.stop(Side::buy, "1"_dec, "110"_dec, "105"_dec, up));
  CHECK(str(v.hold(v.alice, "USD")) == "110.66");
  v.market({{"105"_dec, "1"_dec}}, {{"106"_dec, "5"_dec}}, "105"_dec);
  CHECK(v.status(buy) == Status::filled);
  CHECK(str(average_price(v.state(buy))) == "106");
  CHECK(v.hold(v.alice, "USD").is_zero());
}

TEST_CASE("each direction is checked against the last trade, with Coinbase's reasons") {
  Venue v = at("100"_dec);
  const auto why = [&](Side side, const Decimal& limit, const Decimal& stop, StopDirection d) {
    return names(v.place(v.alice, v.stop(side, "1"_dec, limit, stop, d)).refusal).preview;
  };
  CHECK(why(Side::sell, "90"_dec, "105"_dec, down) == "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE");
  CHECK(why(Side::sell, "90"_dec, "100"_dec, down) == "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE");
  CHECK(why(Side::buy, "110"_dec, "95"_dec, up) == "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE");
  CHECK(why(Side::buy, "110"_dec, "100"_dec, up) == "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE");
  CHECK(why(Side::buy, "104"_dec, "105"_dec, up) == "PREVIEW_STOP_PRICE_ABOVE_LIMIT_PRICE");
  CHECK(why(Side::sell, "96"_dec, "95"_dec, down) == "PREVIEW_STOP_PRICE_BELOW_LIMIT_PRICE");
  CHECK(why(Side::sell, "90"_dec, "95"_dec, StopDirection::none) == "PREVIEW_INVALID_STOP_PRICE");
  CHECK(why(Side::sell, "90"_dec, "95.001"_dec, down) == "PREVIEW_INVALID_STOP_PRICE_PRECISION");
  CHECK(why(Side::sell, "90"_dec, "0"_dec, down) == "PREVIEW_INVALID_STOP_PRICE");
  CHECK(why(Side::sell, "120"_dec, "110"_dec, up) == "UNKNOWN_PREVIEW_FAILURE_REASON");  // a sale on the way up is taken
  Venue fresh;
  CHECK(fresh.place(fresh.alice, fresh.stop(Side::sell, "1"_dec, "90"_dec, "95"_dec, down)).refusal == Refusal::no_trade_yet);
  // As recorded: the names that a live answer carried.
  CHECK(names(Refusal::stop_above_last).new_order == "UNKNOWN_FAILURE_REASON");
}

TEST_CASE("one stop can set off the next, and a sweep sets off all it passed") {
  Venue v = at("100"_dec);
  v.market({{"95"_dec, "1"_dec}, {"90"_dec, "1"_dec}, {"80"_dec, "5"_dec}}, {}, "100"_dec);
  const OrderNo first = v.put(v.alice, v.stop(Side::sell, "1"_dec, "70"_dec, "96"_dec, down));
  const OrderNo next = v.put(v.bob, v.stop(Side::sell, "1"_dec, "70"_dec, "95"_dec, down));
  const OrderNo far = v.put(v.bob, v.stop(Side::sell, "1"_dec, "70"_dec, "79"_dec, down));
  v.traded("96"_dec, "0.1"_dec);
  CHECK(str(average_price(v.state(first))) == "95");
  CHECK(str(average_price(v.state(next))) == "90");
  CHECK_FALSE(v.state(far).triggered);
}

TEST_CASE("a bracket rests at its profit price and holds its base once") {
  Venue v = at("100"_dec);
  const OrderNo n = v.put(v.alice, v.bracket(Side::sell, "2"_dec, "120"_dec, "90"_dec));
  CHECK(str(v.hold(v.alice, "BTC")) == "2");
  CHECK(v.e.book("BTC-USD", 9)->asks.back() == LevelView{"120"_dec, "2"_dec});
  v.traded("121"_dec, "0.5"_dec);
  CHECK(str(v.state(n).filled_size) == "0.5");
  CHECK(str(v.state(n).fees) == "0.24");  // as maker
  v.traded("90"_dec, "0.1"_dec);
  CHECK(v.state(n).triggered);
  CHECK(str(average_price(v.state(n))) == str(round16(div("60"_dec + "148.5"_dec, "2"_dec, Rounding::half_even))));  // the rest at 99
  CHECK(v.status(n) == Status::filled);
  CHECK(v.e.book("BTC-USD", 9)->asks.size() == 1);
}

TEST_CASE("a bracket's stop places a limit 5 % through its trigger") {
  Venue v = at("100"_dec);
  const OrderNo n = v.put(v.alice, v.bracket(Side::sell, "2"_dec, "120"_dec, "90"_dec));
  v.market({{"85"_dec, "1"_dec}}, {}, "90"_dec);
  CHECK(v.state(n).triggered);
  CHECK(v.status(n) == Status::open);
  CHECK(v.state(n).fills == 0);  // 85 is below 85.5
  CHECK(v.e.book("BTC-USD", 9)->asks == std::vector<LevelView>{{"85.5"_dec, "2"_dec}});
  CHECK(str(v.state(n).limit_price) == "120");
  v.market({{"85.5"_dec, "1.5"_dec}}, {});
  CHECK(str(v.state(n).filled_size) == "1.5");
}

TEST_CASE("a bracket's stop is rounded further through, to the step of the price") {
  Venue v = at("100"_dec);
  const OrderNo sell = v.put(v.alice, v.bracket(Side::sell, "1"_dec, "120"_dec, "90.01"_dec));
  v.market({}, {}, "90.01"_dec);
  CHECK(v.state(sell).triggered);
  CHECK(v.e.book("BTC-USD", 9)->asks == std::vector<LevelView>{{"85.5"_dec, "1"_dec}});  // of 85.5095
  const OrderNo buy = v.put(v.bob, v.bracket(Side::buy, "1"_dec, "80"_dec, "110.01"_dec));
  CHECK(str(v.state(buy).hold) == str(need_of("1"_dec, "115.52"_dec, "0.006"_dec)));  // of 115.5105
}

TEST_CASE("a bracket that buys holds what its stop may cost") {
  Venue v = at("100"_dec);
  const OrderNo n = v.put(v.alice, v.bracket(Side::buy, "1"_dec, "80"_dec, "110"_dec));
  CHECK(str(v.hold(v.alice, "USD")) == str(need_of("1"_dec, "115.5"_dec, "0.006"_dec)));
  v.market({}, {{"112"_dec, "4"_dec}}, "111"_dec);
  CHECK(v.status(n) == Status::filled);
  CHECK(str(average_price(v.state(n))) == "112");
}

TEST_CASE("a bracket's prices are checked, with Coinbase's reasons") {
  Venue v = at("100"_dec);
  const auto why = [&](Side side, const Decimal& profit, const Decimal& stop) {
    return v.place(v.alice, v.bracket(side, "1"_dec, profit, stop)).refusal;
  };
  CHECK(why(Side::sell, "90"_dec, "95"_dec) == Refusal::bracket_prices);
  CHECK(why(Side::sell, "99"_dec, "95"_dec) == Refusal::bracket_limit);
  CHECK(why(Side::sell, "120"_dec, "100"_dec) == Refusal::bracket_stop);
  CHECK(why(Side::buy, "110"_dec, "105"_dec) == Refusal::bracket_prices);
  CHECK(why(Side::buy, "101"_dec, "105"_dec) == Refusal::bracket_limit);
  CHECK(why(Side::buy, "90"_dec, "99"_dec) == Refusal::bracket_stop);
  CHECK(why(Side::sell, "120"_dec, "90.005"_dec) == Refusal::trigger_precision);
  OrderRequest r = v.bracket(Side::sell, Decimal::not_set(), "120"_dec, "90"_dec);
  r.quote_size = "100"_dec;
  CHECK(v.place(v.alice, r).refusal == Refusal::quote_size_for_bracket);
}

TEST_CASE("stops wait while the product does not trade, and end when they are cancelled or expire") {
  Venue v = at("100"_dec);
  const OrderNo n = v.put(v.alice, v.stop(Side::sell, "1"_dec, "90"_dec, "95"_dec, down));
  OrderRequest r = v.stop(Side::sell, "1"_dec, "80"_dec, "85"_dec, down);
  r.config = Config::stop_limit_gtd;
  r.end_ns = v.now + 10 * second;
  const OrderNo ends = v.put(v.alice, r);
  ProductFlags f;
  f.cancel_only = true;
  REQUIRE(v.e.set_flags("BTC-USD", f, v.now).ok());
  v.market({{"93"_dec, "9"_dec}}, {}, "94"_dec);
  CHECK_FALSE(v.state(n).triggered);
  REQUIRE(v.e.set_flags("BTC-USD", {}, v.now).ok());
  CHECK(v.status(n) == Status::filled);
  CHECK(v.e.next_due() == r.end_ns);
  v.pass(10 * second);
  CHECK(v.status(ends) == Status::expired);
  CHECK(v.hold(v.alice, "BTC").is_zero());
  v.traded("50"_dec, "1"_dec);
  CHECK_FALSE(v.state(ends).triggered);
  CHECK(v.e.next_due() == forever);
}
