// What an amendment may ask for, and that it is judged as far as it increases anything.
#include "services/trade_execution/latched_broker.hpp"
#include "unit/store/store_folder.hpp"
#include "unit/services/amend_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;

namespace {

using D = AmendDesk<Desk>;
const Decimal none = Decimal::not_set();

struct Rule final : RiskRule {
  SharedText name_ = text("rule");
  std::uint32_t action = 1;
  Decimal most = Decimal::not_set();
  std::vector<bl_intent>* seen = nullptr;
  const SharedText& name() const override { return name_; }
  bool check(const bl_intent& i, const bl_portfolio&, bl_verdict& v) override {
    if (seen != nullptr) seen->push_back(i);
    v.action = action;
    v.max_qty = most.raw();
    if (action != 1) put_text(v.code, "AS_THE_TEST_WANTS");
    return true;
  }
};

/// With one rule in the chain, which stays the test's.
Rule& ruled(D& d) {
  auto rule = std::make_unique<Rule>();
  Rule& kept = *rule;
  std::vector<std::unique_ptr<RiskRule>> rules;
  rules.push_back(std::move(rule));
  d.use(std::move(rules));
  return kept;
}

}  // namespace

// ---- what may be asked for ----------------------------------------------------------------------------------------------

TEST_CASE("a venue's plugin that can't amend: it is said by name, and nothing is recorded") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  d.broker.amends = false;
  const std::uint64_t rows = d.journal->rows();
  CHECK(d.amend_px(i, "91"_dec) == "AMEND_UNSUPPORTED");
  CHECK(d.journal->rows() == rows);
  CHECK_FALSE(d.order(i).amends);
}

TEST_CASE("only an operator's order that rests can be amended; each other has its code") {
  D d;
  services::AmendRequest q;
  q.order = ClientOrderId("bl-none");
  q.terms = D::terms("2"_dec);
  q.key = "k";
  CHECK(d.exec->amend(q, d.now).error().code == "ORDER_NOT_FOUND");

  const Intent entry = d.resting();
  CHECK(d.amend_qty(entry, "1"_dec) == "AMEND_IMPOSSIBLE");
  REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "operator", "r"));
  d.report(entry, BL_X_DONE, BL_S_CANCELLED);
  CHECK(d.amend_qty(entry, "1"_dec) == "ORDER_ENDED");

  auto buy = d.request(Side::buy, "1"_dec, "k2");
  buy.type = OrderType::limit;
  buy.tif = TimeInForce::gtc;
  buy.limit_px = "90"_dec;
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  REQUIRE(d.exec->execute(buy, d.now));
  const Intent i = d.last();
  CHECK(d.amend_px(i, "91"_dec) == "ORDER_UNANSWERED");
  d.says(i, BL_X_ACCEPTED);
  REQUIRE(d.exec->cancel(ClientOrderId(i.client_id()), d.now, "operator", "r"));
  CHECK(d.amend_px(i, "91"_dec) == "ORDER_CANCELLING");
  CHECK(d.broker.amended.empty());
}

TEST_CASE("terms that can't be are refused at the door and change nothing") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  CHECK(d.amend_qty(i, "-1"_dec) == "ORDER_QUANTITY");
  CHECK(d.amend_qty(i, "1.00005"_dec) == "ORDER_QUANTITY_STEP");
  CHECK(d.amend_qty(i, "0.0005"_dec) == "BELOW_MINIMUM");
  CHECK(d.amend_px(i, "90.001"_dec) == "ORDER_PRICE_STEP");
  CHECK(d.amend(i, D::terms("1"_dec, "90"_dec)) == "AMEND_TERMS");  // as it is
  CHECK(d.amend(i, D::terms(none, none, "80"_dec)) == "AMEND_TERMS");  // it has no stop
  CHECK(d.amend(i, D::terms(none, none, none, d.now + bar_ns)) == "AMEND_TERMS");  // nor an end
  CHECK_FALSE(d.order(i).amends);
  CHECK(d.broker.amended.empty());
}

TEST_CASE("never below what has filled") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  d.fill(i, "0.4"_dec, "90"_dec);
  CHECK(d.amend_qty(i, "0.3"_dec) == "AMEND_TERMS");
  CHECK(d.amend_qty(i, "0.4"_dec) == "AMEND_TERMS");
  CHECK(d.amend_qty(i, "0.5"_dec) == "");
  CHECK(d.wanted().qty() == "0.5"_dec);
}

TEST_CASE("a bracket's target stays above its stop") {
  D d;
  d.hold(0.05);
  const Intent i = d.placed(Side::sell, "1"_dec, "110"_dec, OrderType::bracket, "95"_dec);
  CHECK(d.amend(i, D::terms(none, "95"_dec)) == "AMEND_TERMS");
  CHECK(d.amend(i, D::terms(none, none, "110"_dec)) == "AMEND_TERMS");
  CHECK(d.amend(i, D::terms(none, "120"_dec, "115"_dec)) == "");
}

TEST_CASE("post-only stays post-only: a limit that would take is refused here") {
  D d;
  auto q = d.request(Side::buy, "1"_dec);
  q.type = OrderType::limit;
  q.tif = TimeInForce::gtc;
  q.post_only = true;
  q.limit_px = "90"_dec;
  REQUIRE(d.exec->execute(q, d.now));
  const Intent i = d.last();
  d.says(i, BL_X_ACCEPTED);
  CHECK(d.amend_px(i, "100.05"_dec) == "POST_ONLY_WOULD_CROSS");
  CHECK(d.amend_px(i, "100.04"_dec) == "");
  CHECK((d.wanted().abi.flags & BL_POST_ONLY) != 0);
}

// ---- risk ---------------------------------------------------------------------------------------------------------------

TEST_CASE("what an amendment increases goes through the chain, as the rest it leaves; what it lessens is not judged") {
  D d;
  Rule& rule = ruled(d);
  std::vector<bl_intent> seen;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  d.fill(i, "0.4"_dec, "90"_dec);
  rule.seen = &seen;
  REQUIRE(d.amend_qty(i, "2"_dec) == "");
  REQUIRE(seen.size() == 1);
  CHECK(Decimal::from_raw(seen[0].qty) == "1.6"_dec);
  CHECK(std::string_view(seen[0].client_id) == i.client_id());  // so that a rule knows it for the order that works
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, "0.4"_dec, 10);
  rule.action = 0;
  CHECK(d.amend_qty(i, "3"_dec) == "AS_THE_TEST_WANTS");
  CHECK(d.amend_px(i, "91"_dec) == "AS_THE_TEST_WANTS");
  CHECK_FALSE(d.pending(i));
  CHECK(d.amend(i, D::terms("1.5"_dec, "89"_dec)) == "");
  CHECK(d.broker.amended.size() == 2);
}

TEST_CASE("an amendment is taken whole or not at all: a rule that would shrink it refuses it") {
  D d;
  Rule& rule = ruled(d);
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  rule.action = 2;
  rule.most = "1.5"_dec;
  CHECK(d.amend_qty(i, "2"_dec) == "AS_THE_TEST_WANTS");
  CHECK(d.broker.amended.empty());
  rule.most = "2"_dec;
  CHECK(d.amend_qty(i, "2"_dec) == "");
}

TEST_CASE("rule 3.4: while reducing nothing is increased, and less may be asked for; behind a closed gate neither") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  d.exec->set_state(TradingState::reducing, d.now, "operator", "test", "r1");
  CHECK(d.amend_qty(i, "2"_dec) == "STATE_REDUCING");
  CHECK(d.amend_qty(i, "0.5"_dec) == "");
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  d.broker.takes_cancels = false;  // so that it still works behind the gate
  static_cast<void>(d.exec->emergency_stop(d.now, "operator", "test", "r2"));
  CHECK(d.amend_qty(i, "0.4"_dec) == "GATE_CLOSED");
  CHECK(d.broker.amended.size() == 1);
}

TEST_CASE("the day's cap counts what an amendment adds, once") {
  FloorLimits limits;
  limits.max_day = "250"_dec;
  D d(limits);
  const Intent i = d.placed(Side::buy, "2"_dec, "100"_dec);  // 200
  CHECK(d.amend_qty(i, "2.6"_dec) == "DAY_NOTIONAL_LIMIT");
  REQUIRE(d.amend_qty(i, "2.5"_dec) == "");  // 250: exactly the cap
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK(d.amend_px(i, "100.01"_dec) == "DAY_NOTIONAL_LIMIT");
  CHECK(d.exec->risk_use(d.now).day_notional == "250"_dec);
}

TEST_CASE("the cash must cover the rest on the new terms, and the order's own hold is not counted beside it") {
  D d({}, "1000"_dec);
  const Intent i = d.placed(Side::buy, "6"_dec, "90"_dec);  // 540 and the fee
  CHECK(d.amend_qty(i, "12"_dec) == "QUOTE_BALANCE_SHORT");
  CHECK(d.amend_qty(i, "10"_dec) == "");  // 900 and 10.80
}

TEST_CASE("rule 3.1: a sell is amended within the position: its own rest is no other sale, and what others sell is") {
  D d;
  d.hold(0.05);
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  const Intent i = d.placed(Side::sell, "1"_dec, "110"_dec);
  CHECK(d.amend_qty(i, held + "0.0001"_dec) == "EXIT_BEYOND_POSITION");
  REQUIRE(d.amend_qty(i, held) == "");
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK(d.amend_px(i, "120"_dec) == "");
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("rule 3.1: what has filled of a sell is out of the position already") {
  D d;
  d.hold(0.05);
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  const Intent i = d.placed(Side::sell, "2"_dec, "110"_dec);
  d.fill(i, "1"_dec, "110"_dec);
  CHECK(d.amend_qty(i, held + "0.0001"_dec) == "EXIT_BEYOND_POSITION");
  CHECK(d.amend_qty(i, held) == "");
}

TEST_CASE("rule 3.1: an amendment that is out when its sell ends holds nothing of the position back") {
  D d;
  d.hold(0.05);
  const Decimal held = d.exec->portfolio().position(d.m.btc).qty;
  const Intent i = d.placed(Side::sell, "1"_dec, "110"_dec);
  REQUIRE(d.amend_qty(i, held) == "");
  REQUIRE(d.exec->cancel(ClientOrderId(i.client_id()), d.now, "operator", "r"));
  d.says(i, BL_X_DONE, BL_S_CANCELLED);
  CHECK(d.order(i).state == OrderState::cancelled);
  const Intent next = d.placed(Side::sell, held, "110"_dec);
  CHECK(next.qty() == held);
}

TEST_CASE("in freeze no sell is amended; while halted it is") {
  D d;
  d.hold(0.05);
  const Intent i = d.placed(Side::sell, "1"_dec, "110"_dec);
  services::StateRequest q;
  q.state = TradingState::halted;
  q.reason = "test";
  REQUIRE(d.exec->set_trading_state(q, d.now));
  REQUIRE(d.amend_px(i, "109"_dec) == "");
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  q.freeze = true;
  REQUIRE(d.exec->set_trading_state(q, d.now));
  CHECK(d.amend_px(i, "108"_dec) == "EXIT_FROZEN");
}

TEST_CASE("what holds a purchase back holds back more of it: a lock behind a stop, a block, a close") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  Intent other = i;
  other.abi.qty = "3"_dec.raw();
  d.says(other, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);  // not explained: its product is blocked
  REQUIRE(d.exec->blocked(d.m.btc));
  CHECK(d.amend_px(i, "91"_dec) == "PRODUCT_BLOCKED");
  CHECK(d.amend(i, D::terms("1"_dec)) == "");  // less of it is not held back
}

TEST_CASE("rule 3.7: under the latch no amendment of a purchase leaves, also where nobody has looked at it yet; an operator's sell does") {
  for (const Side side : {Side::buy, Side::sell}) {
    StoreFolder dir;
    D d;
    const store::HaltLatch latch(dir.path());
    services::LatchedBroker behind(d.broker, latch);
    d.exec = std::make_unique<services::Execution>(d.options, d.m.table, d.m.usd, "0.0005"_dec, std::vector<std::unique_ptr<RiskRule>>{}, FloorLimits{},
                                                   behind, *d.journal, d.sink);
    bl_balance_ev b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BALANCE;
    b.asset = d.m.usd.value;
    b.total = "10000"_dec.raw();
    d.exec->on_broker_event(b.h);
    d.price(d.m.btc, 10000);
    if (side == Side::sell) d.hold(0.05);
    const Intent i = d.placed(side, "1"_dec, side == Side::buy ? "90"_dec : "110"_dec);
    REQUIRE(latch.engage({store::HaltOrder::stop, "", "panic", "fire"}));
    REQUIRE(d.amend_qty(i, "2"_dec) == "");
    CHECK(d.broker.amended.empty() == (side == Side::buy));
    CHECK(d.pending(i) == (side == Side::sell));
    if (side == Side::buy) CHECK(d.order(i).reason.find("HALT") != std::string::npos);
  }
}
