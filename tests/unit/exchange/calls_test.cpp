// What was asked of the venue is written, and done again by another one.
#include <rapidcheck.h>

#include "unit/exchange/random_acts.hpp"

using namespace exchange_test;

TEST_CASE("the same calls on the same state make the same state") {
  const bool held = rc::check("written calls", [] {
    Acts a(*rc::gen::arbitrary<std::uint64_t>());
    const std::string before = a.e.save();
    std::string calls;
    a.e.write_calls(&calls);
    for (int i = 0; i < 150; ++i) a.act();
    a.e.write_calls(nullptr);
    auto b = Engine::load(before, a.e.options());
    RC_ASSERT(b.ok());
    const auto done = b->replay(calls);
    if (!done) RC_LOG() << done.error().message;
    RC_ASSERT(done.ok());
    b->advance(a.e.now());
    RC_ASSERT(b->save() == a.e.save());
  });
  REQUIRE(held);
}

TEST_CASE("a clock that steps back, and time that only a question saw, are done again as they were taken") {
  Options o;
  o.cancel_ns = 5 * second;
  Venue v(o);
  std::string calls;
  const std::string before = v.e.save();
  v.e.write_calls(&calls);
  v.market({{"99"_dec, "5"_dec}}, {{"101"_dec, "5"_dec}}, "100"_dec);
  const OrderNo n = v.limit(v.alice, Side::buy, "1"_dec, "98"_dec);
  v.cancel(v.alice, n);
  v.pass(60 * second);  // the cancel takes effect, and nothing of it is written
  v.now -= 50 * second;
  v.limit(v.bob, Side::buy, "1"_dec, "98"_dec);
  REQUIRE(v.e.set_rates(v.bob, {"0.001"_dec, "0.002"_dec}).ok());
  REQUIRE(v.e.add_user("carol", {"0.001"_dec, "0.002"_dec}, v.now).ok());
  auto other = Engine::load(before, o);
  REQUIRE(other.ok());
  REQUIRE(other->replay(calls).ok());
  REQUIRE(other->save() == v.e.save());
  REQUIRE(other->order(n).state.status == Status::cancelled);
}

TEST_CASE("calls that can't be read end it where they stand, and what is before them is done") {
  Venue v;
  std::string calls;
  const std::string before = v.e.save();
  v.e.write_calls(&calls);
  v.limit(v.alice, Side::buy, "1"_dec, "98"_dec);
  const std::size_t whole = calls.size();
  v.limit(v.alice, Side::buy, "2"_dec, "98"_dec);
  for (const std::string& bad : {calls.substr(0, calls.size() - 3), calls.substr(0, whole) + "99 0 ", calls.substr(0, whole) + "x"}) {
    auto other = Engine::load(before, {});
    REQUIRE(other.ok());
    const auto done = other->replay(bad);
    REQUIRE_FALSE(done.ok());
    REQUIRE(done.error().code == "CALLS_MALFORMED");
    REQUIRE(done.error().message.find(std::to_string(whole)) != std::string::npos);
    REQUIRE(other->order(1).state.size == "1"_dec);
    OrderFilter all;
    REQUIRE(other->orders(all).orders.size() == 1);
  }
}
