// An operator's sale grows while a stop of the host rests at the venue (trading rules 3.1, 3.3): what it would sell more is the
// stop's, so the stop goes first, as it does for a new sale of his.
#include "unit/services/amend_desk.hpp"
#include "unit/services/resting_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

namespace {

/// More than 5 BTC, a stop that rests for 5, and a sale of the operator's for all the others.
struct BesideStop : HoldsStops<AmendDesk<Desk>> {
  Intent stop, sale;
  Decimal beside = Decimal::zero();
  BesideStop() {
    hold(0.05);
    price(m.btc, 10000);
    REQUIRE(protect("95"_dec) == BL_OK);
    step();
    stop = stop_sent("5"_dec, "95"_dec);
    accept(stop);
    now += 1;  // it is not replaced in the moment that it was placed in
    want(Purpose::entry, 0.1);
    const Intent entry = last();
    REQUIRE(entry.side() == Side::buy);
    fill(entry, entry.qty(), entry.limit_px());
    REQUIRE_FALSE(cancelled(stop));
    beside = held() - "5"_dec;
    REQUIRE(beside > "2"_dec);
    sale = placed(Side::sell, beside, "110"_dec);
    REQUIRE_FALSE(cancelled(stop));
    never_beyond();
  }
};

}  // namespace

TEST_CASE("rules 3.1, 3.3: an operator's sale that grows is not held up by the stop: it gives way, and the same amendment goes out when it has") {
  BesideStop d;
  const Decimal more = d.beside + "2"_dec;
  auto dry = d.amendment(d.sale, d.terms(more));
  dry.dry_run = true;
  CHECK(d.exec->amend(dry, d.now));  // it would pass
  CHECK_FALSE(d.cancelled(d.stop));

  const auto asked = d.amendment(d.sale, d.terms(more), "grow");
  const auto refused = d.exec->amend(asked, d.now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "STOP_GIVES_WAY");
  CHECK(d.cancelled(d.stop));
  CHECK(d.broker.amended.empty());
  CHECK(d.exec->stop_px({1}) == "95"_dec);  // the host watches meanwhile
  CHECK(d.exec->amend(asked, d.now).error().code == "STOP_GIVES_WAY");  // its end is not known yet
  CHECK(d.broker.amended.empty());

  d.gone(d.stop);
  CHECK(d.broker.amended.empty());
  REQUIRE(d.exec->amend(asked, d.now));
  CHECK(d.wanted().qty() == more);
  d.never_beyond();
}

TEST_CASE("rules 3.1, 3.3: what filled of the stop before its cancel came is not sold a second time by the sale that grows") {
  BesideStop d;
  const Decimal more = d.beside + "2"_dec;
  CHECK(d.amend_qty(d.sale, more) == "STOP_GIVES_WAY");
  d.fill(d.stop, "4"_dec, "94.9"_dec);
  d.gone(d.stop, "4"_dec);
  CHECK(d.amend_qty(d.sale, more) == "EXIT_BEYOND_POSITION");
  CHECK(d.broker.amended.empty());
  d.never_beyond();
}

TEST_CASE("rule 3.1: what would sell more than is held even without the stop is refused, and the stop stays") {
  BesideStop d;
  CHECK(d.amend_qty(d.sale, d.held() + "1"_dec) == "EXIT_BEYOND_POSITION");
  CHECK_FALSE(d.cancelled(d.stop));
  CHECK(d.broker.amended.empty());
}

TEST_CASE("rule 3.3: a sale that is amended without selling more leaves the stop where it is") {
  BesideStop d;
  CHECK(d.amend_px(d.sale, "105"_dec) == "");
  CHECK_FALSE(d.cancelled(d.stop));
  d.never_beyond();
}
