// What the venue tells of fees, steps, books and assets, held against what is configured.
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Desk;

TEST_CASE("rule 5.8: fees above the configured ones are noticed, lower ones are not held against the venue") {
  Desk d;
  bl_product p{};
  p.h.size = sizeof p;
  p.h.type = BL_EV_PRODUCT;
  p.h.instrument = d.m.btc.value;
  const auto tell = [&](Decimal maker, Decimal taker) {
    p.maker_fee = maker.raw();
    p.taker_fee = taker.raw();
    d.exec->on_broker_event(p.h);
  };
  tell("0.006"_dec, "0.012"_dec);
  tell("0"_dec, "0"_dec);
  tell(Decimal::not_set(), Decimal::not_set());
  CHECK(d.exec->against_config().empty());
  SECTION("before the first step it is for the start to refuse") {
    tell("0.006"_dec, "0.0121"_dec);
    tell("0.0061"_dec, "0.012"_dec);
    CHECK(d.exec->against_config().size() == 1);
    CHECK(d.exec->counts().incidents == 0);
  }
  SECTION("later it is an incident, and buys of that product are blocked") {
    d.exec->begin();
    tell("0.006"_dec, "0.0121"_dec);
    tell("0.0061"_dec, "0.012"_dec);
    CHECK(d.exec->counts().by_incident.at("FEES_ABOVE_CONFIG") == 1);
    CHECK(d.exec->blocked(d.m.btc));
  }
}

TEST_CASE("rule 3.2: a product that the venue trades in coarser steps than configured is not bought: a rest of it could not be sold") {
  Desk d({}, "1000"_dec);
  const Decimal ours = d.m.table[d.m.btc].rules.base_step;
  const auto tell = [&](Decimal step) {
    bl_product p{};
    p.h.size = sizeof p;
    p.h.type = BL_EV_PRODUCT;
    p.h.instrument = d.m.btc.value;
    p.taker_fee = p.maker_fee = Decimal::not_set().raw();
    p.base_step = step.raw();
    d.exec->on_broker_event(p.h);
  };
  tell(ours);
  tell(Decimal::not_set());
  tell(Decimal::from_mantissa(1, -9));  // a finer one is no harm
  CHECK(d.exec->against_config().empty());
  SECTION("before the first step it is for the start to refuse") {
    tell(ours + ours);
    tell("1"_dec);
    REQUIRE(d.exec->against_config().size() == 1);
    CHECK(d.exec->against_config()[0].refusal.code == "RUN_STEP_BELOW_VENUE");
    CHECK(d.exec->counts().incidents == 0);
  }
  SECTION("later it is an incident, and buys of that product are blocked") {
    d.exec->begin();
    tell("1"_dec);
    tell("1"_dec);
    CHECK(d.exec->counts().by_incident.at("STEP_BELOW_VENUE") == 1);
    CHECK(d.exec->blocked(d.m.btc));
  }
}

TEST_CASE("rule 5.7: a product whose data are told under one of another book is not bought") {
  Desk d({}, "1000"_dec);
  const auto tell = [&](std::uint64_t flags) {
    bl_product p{};
    p.h.size = sizeof p;
    p.h.type = BL_EV_PRODUCT;
    p.h.instrument = d.m.btc.value;
    p.taker_fee = p.maker_fee = p.base_step = Decimal::not_set().raw();
    p.flags = flags;
    d.exec->on_broker_event(p.h);
  };
  tell(1);
  tell(1 | 64 | 256);
  CHECK(d.exec->against_config().empty());
  SECTION("before the first step it is for the start to refuse") {
    tell(1 | 128);
    tell(1 | 128);
    REQUIRE(d.exec->against_config().size() == 1);
    CHECK(d.exec->against_config()[0].refusal.code == "RUN_DATA_OTHER_BOOK");
    CHECK(d.exec->counts().incidents == 0);
  }
  SECTION("later it is an incident, and buys of that product are blocked") {
    d.exec->begin();
    tell(1 | 128);
    tell(1 | 128);
    CHECK(d.exec->counts().by_incident.at("DATA_OTHER_BOOK") == 1);
    CHECK(d.exec->blocked(d.m.btc));
  }
}

TEST_CASE("rule 5.8: until the venue tells a fee the worst tier is reckoned with: room is left for it, and it is booked") {
  Desk d({}, "1000"_dec);
  bl_product p{};  // the account's tier is a lower one: it holds nothing back, and lets nothing through
  p.h.size = sizeof p;
  p.h.type = BL_EV_PRODUCT;
  p.h.instrument = d.m.btc.value;
  p.maker_fee = "0.001"_dec.raw();
  p.taker_fee = "0.002"_dec.raw();
  d.exec->on_broker_event(p.h);
  d.want(Purpose::entry, 1.0);
  const Intent entry = d.last();
  CHECK(entry.qty() == "9.8863"_dec);  // 1,000 / 1.012 at 99.95
  bl_fill f = d.fill_of(entry, entry.qty(), entry.limit_px(), "f1");
  f.fee = Decimal::not_set().raw();
  d.exec->on_broker_event(f.h);
  CHECK(d.exec->portfolio().fees() == mul(mul(entry.qty(), "99.95"_dec, Rounding::up), "0.012"_dec, Rounding::up));
  CHECK_FALSE(d.exec->portfolio().cash(d.m.usd).is_negative());
  f.fee = "1.9762"_dec.raw();  // read at last
  d.exec->on_broker_event(f.h);
  CHECK(d.exec->portfolio().fees() == "1.9762"_dec);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("a venue's asset that this run does not have is an incident; the fill is booked at the worst tier") {
  Desk d;
  bl_balance_ev b{};
  b.h.size = sizeof b;
  b.h.type = BL_EV_BALANCE;
  b.asset = 4'000'000'000u;
  b.total = "5"_dec.raw();
  d.exec->on_broker_event(b.h);
  CHECK(d.exec->counts().by_incident.at("BALANCE_UNKNOWN_ASSET") == 1);
  d.want(Purpose::entry, 0.05);
  bl_fill f = d.fill_of(d.last(), "1"_dec, "100"_dec, "f1");
  f.fee = "0.01"_dec.raw();
  f.fee_asset = 4'000'000'000u;
  d.exec->on_broker_event(f.h);
  CHECK(d.exec->counts().by_incident.at("FILL_FEE_ASSET") == 1);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "1"_dec);
  CHECK(d.exec->portfolio().fees() == "1.2"_dec);
  CHECK(d.exec->portfolio().cash_by_asset().size() == d.m.table.asset_count());
  CHECK(d.sink.all<FillRecord>().back().fee_asset == d.m.usd);
}

TEST_CASE("fees in several assets add up to one amount, in the quote asset") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent i = d.last();
  bl_fill f = d.fill_of(i, "1"_dec, "100"_dec, "a");
  f.fee = "0.5"_dec.raw();
  f.fee_asset = d.m.usd.value;
  d.exec->on_broker_event(f.h);
  f = d.fill_of(i, "1"_dec, "100"_dec, "b");
  f.fee = "0.01"_dec.raw();
  f.fee_asset = d.m.table[d.m.btc].base.value;
  d.exec->on_broker_event(f.h);
  const Order* o = d.exec->orders().find(ClientOrderId(i.client_id()));
  REQUIRE(o != nullptr);
  CHECK(o->cum_fee == "1.5"_dec);
}
