// A price that jumps is not bought by at first (trading rules 5.2).
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;

namespace {

constexpr Nanos second = 1'000'000'000;

struct Jumpy : Desk {
  Jumpy() {
    options.jump = {"0.2"_dec, 60 * second};
    use({});
  }
  /// Whether a BUY of it makes an order now.
  bool bought() {
    const std::size_t before = broker.sent.size();
    want(Purpose::entry, 0.05);
    if (broker.sent.size() == before) return false;
    report(last(), BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
    return true;
  }
};

}  // namespace

TEST_CASE("rule 5.2: what has jumped beyond the bound is bought by nobody for a while, the bound itself passes") {
  for (const std::int64_t cents : {12001, 7999}) {
    Jumpy d;
    ++d.now;
    d.price(d.m.btc, cents);
    CHECK_FALSE(d.bought());
    CHECK(d.why("PRICE_JUMPED") == 1);
    CHECK(d.exec->execute(d.request(Side::buy, "1"_dec), d.now).error().code == "PRICE_JUMPED");
    d.now += 60 * second - 1;
    CHECK_FALSE(d.bought());
    ++d.now;
    CHECK(d.bought());
  }
  for (const std::int64_t cents : {12000, 8000}) {
    Jumpy d;
    ++d.now;
    d.price(d.m.btc, cents);
    CHECK(d.bought());
  }
}

TEST_CASE("rule 5.2: by a price that has jumped what is held is valued, and its stop and its exit sell it") {
  Jumpy d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  ++d.now;
  d.price(d.m.btc, 7000);
  CHECK(d.exec->portfolio().mark(d.m.btc).last == "70"_dec);
  d.step();
  CHECK(d.last().purpose == Purpose::stop);
}

TEST_CASE("rule 5.2: a wrong quote is a jump, and so is the way back") {
  Jumpy d;
  d.now += second;
  d.quote(d.m.btc, 10000, 10010);
  CHECK(d.bought());
  d.now += second;
  d.quote(d.m.btc, 100000, 100100);
  d.now += second;
  d.quote(d.m.btc, 10000, 10010);
  CHECK_FALSE(d.bought());
  d.now += 59 * second;
  d.quote(d.m.btc, 10000, 10010);
  CHECK_FALSE(d.bought());
  d.now += second;
  CHECK(d.bought());
}

TEST_CASE("rule 5.2: the first price of a product is no jump, nor is anything where none is one") {
  Jumpy d;
  d.price(d.m.bnb, 50000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.broker.sent.size() == 1);
  Desk off;
  ++off.now;
  off.price(off.m.btc, 50000);
  off.want(Purpose::entry, 0.05);
  CHECK(off.broker.sent.size() == 1);
}
