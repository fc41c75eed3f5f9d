// What happens while an amendment is on its way: no answer to it, a fill, a cancel, the order's end.
#include "unit/services/amend_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;
using services::HandOver;

namespace {

using D = AmendDesk<Desk>;
const Decimal none = Decimal::not_set();

}  // namespace

// ---- whose outcome is not known -----------------------------------------------------------------------------------------

TEST_CASE("rule 2.3: no byte of it left: the order is as it was at once") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  d.broker.amend_answer = HandOver::denied;
  const auto done = d.asks(i, D::terms("2"_dec));
  REQUIRE(done);
  CHECK_FALSE(d.pending(i));
  CHECK(d.order(i).leaves() == "1"_dec);
  CHECK(d.order(i).state == OrderState::open);
  CHECK(services::outcome_of(d.order(i), D::terms("2"_dec)) == services::AmendOutcome::refused);
  CHECK(d.order(i).reason == "as the test wants");
}

TEST_CASE("rule 2.3: an amendment without an answer is neither done nor refused: the venue is asked, and what it has decides") {
  for (const bool in_force : {true, false})
    for (const bool reply_lost : {true, false}) {
      D d;
      const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
      if (!reply_lost) d.broker.amend_answer = HandOver::unknown;
      REQUIRE(d.amend(i, D::terms("2"_dec, "91"_dec)) == "");
      if (reply_lost) d.says(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
      CHECK(d.pending(i));
      CHECK(d.order(i).leaves() == "2"_dec);
      REQUIRE(d.broker.asked.size() == 1);
      CHECK(d.broker.asked.back() == i.client_id());
      if (in_force) {
        d.answers(d.wanted(), BL_S_OPEN, Decimal::zero(), 10);
        CHECK_FALSE(d.pending(i));
        CHECK(d.order(i).intent.qty() == "2"_dec);
        CHECK(d.exec->counts().incidents == 0);
        continue;
      }
      for (int look = 1; look <= 3; ++look) {
        d.answers(i, BL_S_OPEN, Decimal::zero(), 5);
        CHECK(d.pending(i));  // it may still be on its way
        d.next_step();
      }
      CHECK_FALSE(d.pending(i));
      CHECK(d.order(i).intent.qty() == "1"_dec);
      CHECK(d.incidents("AMEND_LOST") == 1);
      // And if it shows up after all, somebody has to look.
      d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 20);
      CHECK(d.incidents("EXEC_MISMATCH") == 1);
      CHECK(d.order(i).intent.qty() == "2"_dec);
    }
}

TEST_CASE("rule 2.3: three answers within a moment prove nothing") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  d.broker.amend_answer = HandOver::unknown;
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  for (int look = 1; look <= 5; ++look) {
    d.answers(i, BL_S_OPEN, Decimal::zero(), 5);
    d.now += 1'000'000'000;
    d.step();
  }
  CHECK(d.pending(i));
}

TEST_CASE("a venue that is silent about an amendment is asked when its time has come, not before") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  d.next_step();
  d.next_step();
  CHECK(d.broker.asked.empty());  // where time moves by data it may answer a bar later, or two
  d.next_step();
  REQUIRE(d.broker.asked.size() == 1);
  d.answers(d.wanted(), BL_S_OPEN, Decimal::zero(), 10);
  CHECK_FALSE(d.pending(i));
  d.next_step();
  CHECK(d.broker.asked.size() == 1);
}

TEST_CASE("a listing that shows the terms asked for answers the amendment, and is no mismatch") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  REQUIRE(d.exec->ask_venue());
  d.answers(d.wanted(), BL_S_OPEN, Decimal::zero(), 10);
  CHECK_FALSE(d.pending(i));
  CHECK(d.exec->counts().incidents == 0);
  CHECK_FALSE(d.exec->blocked(d.m.btc));
}

TEST_CASE("a listing asked before an amendment and answered with the old terms is no mismatch, and answers nothing") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.exec->ask_venue());
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  d.answers(i, BL_S_OPEN, Decimal::zero(), 5);
  CHECK(d.pending(i));
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("an end that moves alone is answered by a listing, too, though venues tell ends in whole seconds") {
  D d;
  auto q = d.request(Side::buy, "1"_dec);
  q.type = OrderType::limit;
  q.tif = TimeInForce::gtd;
  q.limit_px = "90"_dec;
  q.expire_ns = d.now + bar_ns + 123;
  REQUIRE(d.exec->execute(q, d.now));
  const Intent i = d.last();
  d.says(i, BL_X_ACCEPTED);
  d.broker.amend_answer = HandOver::unknown;
  REQUIRE(d.amend(i, D::terms(none, none, none, d.now + 2 * bar_ns + 456)) == "");
  Intent told = d.wanted();
  told.abi.expire_ns = told.abi.expire_ns / 1'000'000'000 * 1'000'000'000;
  d.answers(told, BL_S_OPEN, Decimal::zero(), 10);
  CHECK_FALSE(d.pending(i));
  CHECK(d.exec->counts().incidents == 0);
}

// ---- races --------------------------------------------------------------------------------------------------------------

TEST_CASE("a fill in an amendment's flight is the order's, on whichever terms it was made") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_qty(i, "2"_dec) == "");
  d.fill(i, "1"_dec, "90"_dec);  // all of the old quantity
  CHECK(d.order(i).state == OrderState::partially_filled);
  CHECK(d.order(i).leaves() == "1"_dec);
  SECTION("it was in time: the order works on") {
    d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, "1"_dec, 10);
    CHECK(d.order(i).state == OrderState::partially_filled);
    d.fill(i, "1"_dec, "90"_dec);
    CHECK(d.order(i).state == OrderState::filled);
  }
  SECTION("it was not: filled, and the venue says so") {
    d.says(i, BL_X_DONE, BL_S_FILLED, "1"_dec, 9);
    d.says(i, BL_X_AMEND_REJECTED, BL_S_FILLED, "1"_dec, 10);
    CHECK(d.order(i).state == OrderState::filled);
  }
  SECTION("it was not, and that it ended as filled is all that is told") {
    d.says(i, BL_X_DONE, BL_S_FILLED, "1"_dec, 9);
    d.next_step();
    d.next_step();
    CHECK(is_terminal(d.order(i).state));
  }
  CHECK(d.exec->counts().by_incident.count("FILL_BEYOND_ORDER") == 0);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == d.order(i).cum_qty);
}

TEST_CASE("a fill of the larger quantity before the amendment's answer is no fill beyond the order") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_qty(i, "2"_dec) == "");
  d.fill(d.wanted(), "1.7"_dec, "90"_dec);
  CHECK(d.exec->counts().incidents == 0);
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, "1.7"_dec, 10);
  CHECK(d.order(i).leaves() == "0.3"_dec);
}

TEST_CASE("amended down to what fills meanwhile it ends as filled, though the answer is lost, and nobody is alarmed") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_qty(i, "0.5"_dec) == "");
  d.fill(i, "0.5"_dec, "90"_dec);
  CHECK(d.order(i).state == OrderState::partially_filled);
  SECTION("the end tells the quantity") { d.says(d.wanted(), BL_X_DONE, BL_S_FILLED, "0.5"_dec, 10); }
  SECTION("it does not") {
    bl_exec e = d.told(i, BL_X_DONE, BL_S_FILLED, "0.5"_dec, 10);
    e.qty = none.raw();
    d.exec->on_broker_event(e.h);
  }
  SECTION("the answer comes, and then the end") {
    d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, "0.5"_dec, 10);
    CHECK(d.order(i).state == OrderState::filled);
    d.says(d.wanted(), BL_X_DONE, BL_S_FILLED, "0.5"_dec, 10);
  }
  SECTION("a question is answered with it") {
    d.says(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
    d.answers(d.wanted(), BL_S_FILLED, "0.5"_dec, 10);
  }
  CHECK(d.order(i).state == OrderState::filled);
  CHECK(d.order(i).intent.qty() == "0.5"_dec);
  CHECK(d.exec->counts().incidents == 0);
  CHECK_FALSE(d.exec->blocked(d.m.btc));
}

TEST_CASE("a cancel in an amendment's flight: whichever the venue does first, the order ends once") {
  for (const bool amended : {true, false}) {
    D d;
    const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
    REQUIRE(d.amend_px(i, "91"_dec) == "");
    REQUIRE(d.exec->cancel(ClientOrderId(i.client_id()), d.now, "operator", "r"));
    CHECK(d.order(i).state == OrderState::cancel_pending);
    if (amended) {
      d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
      CHECK(d.order(i).state == OrderState::cancel_pending);
      d.says(d.wanted(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero(), 11);
    } else {
      d.says(i, BL_X_DONE, BL_S_CANCELLED, Decimal::zero(), 10);
      bl_exec e = d.told(i, BL_X_AMEND_REJECTED, BL_S_CANCELLED, Decimal::zero(), 11);
      d.exec->on_broker_event(e.h);
    }
    CHECK(d.order(i).state == OrderState::cancelled);
    CHECK(d.exec->orders().working().empty());
    CHECK(d.exec->counts().cancelled == 1);
    CHECK(d.exec->counts().incidents == 0);
  }
}

TEST_CASE("a venue that refuses because the order is over is asked what became of it") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  d.says(i, BL_X_AMEND_REJECTED, BL_S_CANCELLED, Decimal::zero(), 10);
  CHECK(d.order(i).state == OrderState::open);
  REQUIRE(d.broker.asked.size() == 1);
  d.answers(i, BL_S_CANCELLED, Decimal::zero(), 9);
  CHECK(is_terminal(d.order(i).state));
}

TEST_CASE("an amendment that is out when its order ends is over with it") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  d.broker.amend_answer = HandOver::unknown;
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  REQUIRE(d.exec->cancel(ClientOrderId(i.client_id()), d.now, "operator", "r"));
  d.says(i, BL_X_DONE, BL_S_CANCELLED, Decimal::zero(), 10);
  const std::size_t asked = d.broker.asked.size();
  for (int k = 0; k < 6; ++k) d.next_step();
  CHECK(d.broker.asked.size() == asked);
  CHECK(services::outcome_of(d.order(i), D::terms(none, "91"_dec)) == services::AmendOutcome::refused);
}
