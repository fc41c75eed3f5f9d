// An amendment as a value: what it makes of an order, and who lets it leave.
#include "core/amendment.hpp"

#include <catch2/catch.hpp>

#include "core/portfolio_view.hpp"
#include "core/risk_chain.hpp"
#include "unit/core/market.hpp"
#include "unit/core/orders.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::go;
using test::limit_buy;
using S = OrderState;
using E = OrderEvent;

namespace {

const Decimal none = Decimal::not_set();

Terms terms(Decimal qty, Decimal px = none, Decimal stop = none, Nanos expire = 0) { return {qty, px, stop, expire, 0}; }

/// A buy of 10 at 100 that works, of which 4 have filled; BTC at 100, and what `held` says of it.
struct Desk {
  test::Market m;
  Portfolio book = m.book("10000"_dec);
  OrderTable table;
  Order* o = nullptr;
  FloorLimits limits;
  FloorFacts facts;
  std::vector<CheckRecord> checks;

  explicit Desk(Intent i = limit_buy("bl-1", "10"_dec), Decimal filled = "4"_dec) {
    book.set_mark(m.btc, test::mark_at("100"_dec, 1000));
    facts.now = 1000;
    o = *table.add(i, 0, 1);
    go(table, *o, {E::handed_over, E::acked});
    o->cum_qty = filled;
    if (filled.is_positive()) go(table, *o, {E::fill_part});
  }
  Amendment made(const Terms& t) {
    const auto a = amendment_of(*o, t, 1000, 2000);
    if (!a) FAIL(a.error().message);
    return *a;
  }
  std::string code(const Terms& t) {
    const auto a = amendment_of(*o, t, 1000, 2000);
    return a ? "" : a.error().code;
  }
  std::string bought(const Amendment& a) {
    RiskChain chain({}, limits, test::text("floor"));
    PortfolioView view;
    view.build(book, table, facts.state, facts.now);
    checks.clear();
    const auto answer = chain.approve(a, book, view.get(), facts, checks);
    if (const auto* refused = std::get_if<RiskRefusal>(&answer)) return refused->code;
    CHECK(std::get<RiskApproved<Amendment>>(answer)->wanted.qty() == a.wanted.qty());
    return "";
  }
  std::string sold(const Amendment& a, Decimal others, bool frozen = false) {
    const ExitFloor floor(test::text("exit_floor"));
    checks.clear();
    const auto answer = floor.approve(a, book, others, frozen, checks);
    const auto* refused = std::get_if<RiskRefusal>(&answer);
    return refused != nullptr ? refused->code : "";
  }
  void hold(Decimal qty) {
    Fill f;
    f.instrument = m.btc;
    f.side = Side::buy;
    f.px = "100"_dec;
    f.qty = qty;
    f.fee = "0"_dec;
    f.fee_asset = m.usd;
    f.time = 1;
    REQUIRE(book.apply(f));
  }
};

Intent stop_sell() {
  Intent i = limit_buy("bl-1", "10"_dec);
  i.abi.side = BL_SELL;
  i.abi.type = BL_STOP_LIMIT;
  i.abi.stop_px = "95"_dec.raw();
  i.abi.limit_px = "94"_dec.raw();
  return i;
}

}  // namespace

TEST_CASE("an amendment is the whole order on its new terms; what is not asked for stays, and what is in force is not asked for") {
  Desk d;
  const Amendment a = d.made(terms("12"_dec, "100"_dec));
  CHECK(a.was.qty() == "10"_dec);
  CHECK(a.wanted.qty() == "12"_dec);
  CHECK(a.wanted.limit_px() == "100"_dec);
  CHECK_FALSE(a.terms.limit_px.is_set());
  CHECK(a.wanted.abi.expire_ns == d.o->intent.abi.expire_ns);
  CHECK(a.wanted.client_id() == "bl-1");
  CHECK(a.wanted.abi.decided_ns == 1000);
  CHECK(a.wanted.abi.not_after_ns == 2000);
  CHECK(a.state == S::partially_filled);
  CHECK(a.rest() == "8"_dec);
  CHECK(a.rest_wanted().qty() == "8"_dec);
  CHECK(a.rest_before().qty() == "6"_dec);
}

TEST_CASE("what increases an order: more, dearer, another stop, a later end; what does not: less of each") {
  Desk d;
  const Nanos end = d.o->intent.abi.expire_ns;
  CHECK(d.made(terms("11"_dec)).increases());
  CHECK(d.made(terms(none, "100.01"_dec)).increases());
  CHECK(d.made(terms("9"_dec, "101"_dec)).increases());
  CHECK(d.made(terms(none, none, none, end + 1)).increases());
  CHECK_FALSE(d.made(terms("9"_dec)).increases());
  CHECK_FALSE(d.made(terms("9"_dec, "99"_dec, none, end - 1)).increases());
  Desk s(stop_sell());
  CHECK(s.made(terms(none, none, "94.5"_dec)).increases());
}

TEST_CASE("terms that don't go together make no amendment") {
  Desk d;
  CHECK(d.code(terms(none, none, none, 1000)) == "AMEND_TERMS");  // it has passed
  CHECK(d.code(terms("10"_dec, "100"_dec)) == "AMEND_TERMS");
  CHECK(d.code(terms("4"_dec)) == "AMEND_TERMS");
  Intent i = stop_sell();
  i.abi.type = BL_BRACKET;
  i.abi.limit_px = "110"_dec.raw();
  Desk b(i, Decimal::zero());
  CHECK(b.code(terms(none, "95"_dec)) == "AMEND_TERMS");
  CHECK(b.code(terms(none, none, "110"_dec)) == "AMEND_TERMS");
  CHECK(b.code(terms(none, "95"_dec, "90"_dec)) == "");
}

TEST_CASE("the floor judges the rest that an amendment leaves, without the order's own rest beside it") {
  Desk d;
  d.limits.max_total = "1000"_dec;
  CHECK(d.bought(d.made(terms("14"_dec))) == "");  // 10 are left to be bought: 1000
  CHECK(d.bought(d.made(terms("14.01"_dec))) == "TOTAL_NOTIONAL_LIMIT");
  d.limits = {};
  d.limits.max_order = "800"_dec;
  CHECK(d.bought(d.made(terms("12"_dec))) == "");
  CHECK(d.bought(d.made(terms("12.01"_dec))) == "ORDER_NOTIONAL_LIMIT");
  d.limits = {};
  d.limits.price_collar = "0.01"_dec;
  CHECK(d.bought(d.made(terms(none, "101.01"_dec))) == "PRICE_OUTSIDE_COLLAR");
}

TEST_CASE("what is lessened passes any cap, and no closed gate") {
  Desk d;
  d.limits.max_order = d.limits.max_day = d.limits.max_total = "1"_dec;
  d.facts.state = TradingState::reducing;
  CHECK(d.bought(d.made(terms("9"_dec, "99"_dec))) == "");
  d.facts.gate_open = false;
  CHECK(d.bought(d.made(terms("9"_dec, "99"_dec))) == "GATE_CLOSED");
  CHECK(d.bought(d.made(terms("11"_dec))) == "GATE_CLOSED");
}

TEST_CASE("rule 3.1: the rest of an amended sell and all other sells are within the position") {
  Desk d(stop_sell());
  d.hold("8"_dec);
  CHECK(d.sold(d.made(terms("12"_dec)), Decimal::zero()) == "");
  CHECK(d.sold(d.made(terms("12.001"_dec)), Decimal::zero()) == "EXIT_BEYOND_POSITION");
  CHECK(d.sold(d.made(terms("12"_dec)), "0.001"_dec) == "EXIT_BEYOND_POSITION");
  CHECK(d.sold(d.made(terms("9"_dec)), Decimal::zero(), true) == "EXIT_FROZEN");
}

TEST_CASE("a report shows what an amendment asked for only where it tells all of it, and nothing else") {
  Desk d;
  const Terms asked = terms("12"_dec, "101"_dec);
  REQUIRE(d.table.apply(*d.o, E::amend_sent, 1, &asked));
  CHECK(d.o->shows_wanted(terms("12"_dec, "101"_dec)));
  CHECK_FALSE(d.o->shows_wanted(terms("12"_dec)));
  CHECK_FALSE(d.o->shows_wanted(terms("12"_dec, "100"_dec)));
  CHECK_FALSE(d.o->shows_wanted({}));
  CHECK_FALSE(d.o->contradicts_wanted({}));
  CHECK_FALSE(d.o->contradicts_wanted(terms("12"_dec)));
  CHECK(d.o->contradicts_wanted(terms("10"_dec, "100"_dec)));
  CHECK(d.o->contradicts_wanted(terms("12"_dec, "100"_dec)));
  REQUIRE(d.table.apply(*d.o, E::amended, 2));
  CHECK_FALSE(d.o->shows_wanted(terms("12"_dec, "101"_dec)));  // nothing is asked for any more
}
