#include "core/resting_stop.hpp"

#include <catch2/catch.hpp>

#include "unit/core/market.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;

namespace {

const test::Market market;
const ProductRules rules = market.table[market.btc].rules;
constexpr VenueStops both{true, true}, stops_only{true, false}, none{};

Protection stop(Decimal px, Decimal take = Decimal::not_set()) { return {px, take, nullptr, 0}; }
auto terms(const Protection& p, Decimal qty = "5"_dec, Decimal bid = "100"_dec, VenueStops venue = both) {
  return resting_terms(p, qty, bid, "0.01"_dec, rules, venue);
}

}  // namespace

TEST_CASE("rule 3.3: a stop rests as a stop-limit sell, its limit the first step of the exit ladder below it") {
  const auto t = terms(stop("95"_dec));
  REQUIRE(t);
  CHECK(t->type == OrderType::stop_limit);
  CHECK(t->qty == "5"_dec);
  CHECK(t->stop_px == "95"_dec);
  CHECK(t->limit_px == "94.05"_dec);
}

TEST_CASE("rule 3.3: with a take-profit of the whole position it rests as a bracket where the venue has one, else the host watches the target") {
  const auto t = terms(stop("95"_dec, "110"_dec));
  REQUIRE(t);
  CHECK(t->type == OrderType::bracket);
  CHECK(t->limit_px == "110"_dec);
  const auto plain = terms(stop("95"_dec, "110"_dec), "5"_dec, "100"_dec, stops_only);
  REQUIRE(plain);
  CHECK(plain->type == OrderType::stop_limit);
  CHECK(terms(stop("95"_dec, "110"_dec), "5"_dec, "100"_dec, VenueStops{false, true})->type == OrderType::bracket);
  CHECK_FALSE(terms(stop("95"_dec), "5"_dec, "100"_dec, VenueStops{false, true}));  // nothing there for a stop alone
  CHECK_FALSE(terms(stop("95"_dec), "5"_dec, "100"_dec, none));
}

TEST_CASE("rule 3.3: what has been reached does not rest: it is sold now") {
  CHECK_FALSE(terms(stop("100"_dec)));
  CHECK_FALSE(terms(stop("101"_dec)));
  CHECK_FALSE(terms(stop("99.999"_dec)));  // 100 on the grid
  CHECK(terms(stop("99.99"_dec)));
  CHECK_FALSE(terms(stop("95"_dec, "100"_dec)));
  CHECK_FALSE(terms(stop("95"_dec), "5"_dec, Decimal::not_set()));
}

TEST_CASE("rule 3.3: between two steps of the price the stop is the higher one, its quantity the lower, and too little is none") {
  const auto t = terms(stop("94.991"_dec), "1.23456"_dec);
  REQUIRE(t);
  CHECK(t->stop_px == "95"_dec);
  CHECK(t->qty == "1.2345"_dec);
  CHECK_FALSE(terms(stop("95"_dec), "0.0009"_dec));  // below base_min
  CHECK_FALSE(terms(stop("95"_dec), "0.0106"_dec));  // 0.9969 at its limit: below quote_min
  CHECK(terms(stop("95"_dec), "0.0107"_dec));
  CHECK_FALSE(terms(stop("95"_dec), "0"_dec));
}

TEST_CASE("what rests as a stop is known by its order: by purpose and type, not by a note beside it") {
  Intent i = blank_intent();
  i.purpose = Purpose::stop;
  i.abi.type = BL_STOP_LIMIT;
  CHECK(rests_as_stop(i));
  i.abi.type = BL_BRACKET;
  CHECK(rests_as_stop(i));
  i.abi.type = BL_MARKET;  // the ladder's last step
  CHECK_FALSE(rests_as_stop(i));
  i.abi.type = BL_STOP_LIMIT;
  i.purpose = Purpose::operator_order;  // a stop of the operator's own
  CHECK_FALSE(rests_as_stop(i));
}

TEST_CASE("terms go into an intent and come back: a sale that only reduces, without an end") {
  const RestingTerms t{OrderType::stop_limit, "5"_dec, "95"_dec, "94.05"_dec};
  Intent i = blank_intent();
  i.abi.side = BL_SELL;
  put_terms(i.abi, t);
  CHECK(terms_of(i, i.qty()) == t);
  CHECK(i.tif() == TimeInForce::gtc);
  CHECK(i.abi.flags == (BL_REDUCE_ONLY | BL_TRIGGER_DOWN));
  CHECK(i.abi.expire_ns == 0);
}

TEST_CASE("a share that is taken is no bracket: the book's take-profit counts only where the lowest one sells all") {
  ProtectionBook book(1);
  CHECK_FALSE(book.of({1}));
  ProtectionWish w;
  w.instrument = {1};
  w.stop_px = "95"_dec;
  w.take_px = "110"_dec;
  w.share = 5000;
  book.want(w, test::text("a"));
  CHECK_FALSE(book.of({1})->take_px.is_set());
  w.share = 0;
  w.take_px = "120"_dec;
  book.want(w, test::text("b"));
  CHECK_FALSE(book.of({1})->take_px.is_set());  // the share comes first
  w.take_px = "105"_dec;
  book.want(w, test::text("b"));
  CHECK(book.of({1})->take_px == "105"_dec);
  CHECK(book.of({1})->stop_px == "95"_dec);
}
