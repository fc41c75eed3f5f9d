// The operator adopts and releases inventory (trading rules 5.6).
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Again;
using test::facts;
using test::opened;
using test::StoreFolder;
using test::VenueOrder;

namespace {

/// A run in whose account somebody else has bought three of BTC.
struct Desk : test::Begun {
  explicit Desk(std::unique_ptr<store::Journal> j = nullptr) : test::Begun({}, std::move(j)) {
    VenueOrder o;
    o.qty = "3"_dec;
    told(o);
    told_fill(o, "3"_dec, "x1-1");
    price(m.btc, 12000);
    step();
  }
  services::InventoryRequest move(bool adopt, Decimal qty, std::string key = "k1") const {
    services::InventoryRequest q;
    q.instrument = m.btc;
    q.adopt = adopt;
    q.qty = qty;
    q.key = std::move(key);
    q.reason = "test";
    q.principal = "operator";
    return q;
  }
  std::string code(const services::InventoryRequest& q) {
    const auto done = exec->move_inventory(q, now);
    return done ? "" : done.error().code;
  }
};

}  // namespace

TEST_CASE("rule 5.6: what the operator adopts is a position at its price, may be sold, and is no profit; it is audited") {
  Desk d;
  const Decimal profit = d.exec->portfolio().equity_at_bid() - d.exec->portfolio().net_flows();
  services::InventoryRequest q = d.move(true, "2"_dec);
  SECTION("at the price of now") { REQUIRE(d.exec->move_inventory(q, d.now)); }
  SECTION("at the price it cost") {
    q.px = "100"_dec;
    REQUIRE(d.exec->move_inventory(q, d.now));
  }
  CHECK(d.exec->portfolio().average(d.m.btc) == (q.px.is_set() ? "100"_dec : "120"_dec));
  CHECK(d.held() == "2"_dec);
  CHECK(d.free() == "1"_dec);
  CHECK(d.exec->portfolio().equity_at_bid() - d.exec->portfolio().net_flows() == profit);
  const auto audits = d.sink.all<AuditRecord>();
  REQUIRE(audits.size() == 1);
  CHECK(audits[0].action == "inventory_adopt");
  CHECK(audits[0].subject == "BTC-USD");
  CHECK(audits[0].principal == "operator");
  d.want(Purpose::exit, 0);
  CHECK(d.last().qty() == "2"_dec);
}

TEST_CASE("rule 5.6: what is released is not sold any more, and what our orders sell can't be released") {
  Desk d;
  d.hold(0.05);
  const Decimal all = d.held();
  CHECK(d.code(d.move(false, all + "1"_dec)) == "RELEASE_BEYOND_POSITION");
  REQUIRE(d.exec->move_inventory(d.move(false, "1"_dec), d.now));
  CHECK(d.held() == all - "1"_dec);
  CHECK(d.free() == "4"_dec);
  d.want(Purpose::exit, 0);
  CHECK(d.last().qty() == all - "1"_dec);
  CHECK(d.code(d.move(false, "0.5"_dec, "k2")) == "RELEASE_BEYOND_POSITION");
  CHECK(d.code(d.move(true, "5"_dec, "k3")) == "ADOPT_BEYOND_UNMANAGED");
  CHECK(d.code(d.move(true, Decimal::not_set(), "k4")) == "ADOPT_AMOUNT");
  CHECK(d.code(d.move(false, "-1"_dec, "k5")) == "RELEASE_AMOUNT");
}

TEST_CASE("a move of inventory that is repeated moves nothing more, also in the next process; its key is for no other") {
  StoreFolder dir;
  std::string before;
  Decimal flows;
  {
    Desk d(opened(dir / "j"));
    REQUIRE(d.exec->move_inventory(d.move(true, "2"_dec), d.now));
    const auto again = d.exec->move_inventory(d.move(true, "2"_dec), d.now);
    REQUIRE(again);
    CHECK(*again);
    CHECK(d.held() == "2"_dec);
    CHECK(d.code(d.move(true, "1"_dec)) == "IDEMPOTENCY_KEY_REUSED");
    REQUIRE(d.exec->move_inventory(d.move(false, "0.5"_dec, "k2"), d.now));
    before = all_facts(*d.exec, d.m);
    flows = d.exec->portfolio().net_flows();
  }
  Again a(dir / "j");
  CHECK(all_facts(*a.exec, a.m) == before);
  CHECK(a.exec->portfolio().net_flows() == flows);
  services::InventoryRequest q;
  q.instrument = a.m.btc;
  q.qty = "2"_dec;
  q.key = "k1";
  const auto again = a.exec->move_inventory(q, a.now);
  REQUIRE(again);
  CHECK(*again);
  CHECK(a.exec->portfolio().position(a.m.btc).qty == "1.5"_dec);
}
