// The operator amends: what is asked for is durable before it leaves, judged as far as it increases anything, and is what the
// venue says it is, whatever happens while it is on its way.
#include <sys/resource.h>

#include <csignal>

#include "services/trade_execution/latched_broker.hpp"
#include "store/query.hpp"
#include "unit/store/store_folder.hpp"
#include "unit/services/amend_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;
using services::HandOver;

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

// ---- asked and answered -------------------------------------------------------------------------------------------------

TEST_CASE("rule 4.1: an amendment is durable before its first byte leaves") {
  StoreFolder dir;
  D d({}, "10000"_dec, opened(dir / "j"));
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  const std::uint64_t before = d.journal->rows();
  d.broker.on_amend = [&] {
    CHECK(d.journal->rows() > before);
    CHECK_FALSE(d.journal->pending());  // it is in the file, not on its way there
    CHECK(d.journal->latest("order").find("\"event\":\"amend_sent\"") != std::string::npos);
  };
  REQUIRE(d.amend(i, D::terms("1.5"_dec, "91"_dec)) == "");
  CHECK(d.broker.amended.size() == 1);
}

TEST_CASE("rule 4.1: a process killed as it hands an amendment over has it on disk, with its terms") {
  StoreFolder dir;
  const auto file = dir / "j";
  const int ended = in_child([&] {
    D d({}, "10000"_dec, opened(file));
    const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
    d.broker.on_amend = [] { ::raise(SIGKILL); };
    static_cast<void>(d.amend_px(i, "91"_dec));
    return 0;
  });
  CHECK(ended == -SIGKILL);
  auto db = store::Database::open(file, store::Database::Access::read);
  REQUIRE(db.ok());
  store::Query q(*db, "SELECT payload FROM journal WHERE kind='order' AND payload LIKE '%amend_sent%'");
  REQUIRE(q.next());
  CHECK(std::string(q.bytes(0)).find("\"limit_px\":\"91\"") != std::string::npos);
  CHECK_FALSE(q.next());
}

TEST_CASE("an amendment that can't be recorded is not sent, and the order is as it was") {
  StoreFolder dir;
  D d({}, "10000"_dec, opened(dir / "j"));
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.journal->flush());
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const rlimit no_room{1, old.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &no_room) == 0);
  const std::string code = d.amend_px(i, "91"_dec);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
  std::signal(SIGXFSZ, before);
  CHECK(code == "JOURNAL_UNWRITABLE");
  CHECK(d.broker.amended.empty());
  CHECK_FALSE(d.pending(i));
  CHECK(d.order(i).intent.limit_px() == "90"_dec);
  CHECK_FALSE(d.exec->gate_open());
}

TEST_CASE("what the broker gets is the whole order as it shall be, under its own id, with a time of its own") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  d.now += bar_ns;
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  const Intent w = d.wanted();
  CHECK(w.client_id() == i.client_id());
  CHECK(w.qty() == "1"_dec);
  CHECK(w.limit_px() == "91"_dec);
  CHECK(w.abi.side == i.abi.side);
  CHECK(w.abi.type == i.abi.type);
  CHECK(w.abi.decided_ns == d.now);
  CHECK(w.abi.not_after_ns == d.now + bar_ns);
}

TEST_CASE("answered, the terms asked for are in force; before, the order works on as it was") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend(i, D::terms("2"_dec, "91"_dec)) == "");
  CHECK(d.pending(i));
  CHECK(d.order(i).state == OrderState::open);
  CHECK(d.order(i).intent.limit_px() == "90"_dec);
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK_FALSE(d.pending(i));
  CHECK(d.order(i).intent.limit_px() == "91"_dec);
  CHECK(d.order(i).intent.qty() == "2"_dec);
  CHECK(d.exec->counts().incidents == 0);
  const auto records = d.sink.all<OrderRecord>();
  REQUIRE_FALSE(records.empty());
  CHECK(records.back().limit_px == "91"_dec);
  d.fill(d.wanted(), "2"_dec, "91"_dec);
  CHECK(d.order(i).state == OrderState::filled);
}

TEST_CASE("rule 5.5: while an amendment is out the worse of both terms counts, and one is out at a time") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend(i, D::terms("2"_dec, "91"_dec)) == "");
  const bl_portfolio& view = d.exec->fresh_view().get();
  REQUIRE(view.n_working == 1);
  CHECK(Decimal::from_raw(view.working[0]->leaves_qty) == "2"_dec);
  CHECK(Decimal::from_raw(view.working[0]->intent->limit_px) == "91"_dec);
  CHECK(d.amend_px(i, "92"_dec) == "AMEND_PENDING");
  CHECK(d.broker.amended.size() == 1);
}

TEST_CASE("an amendment that the venue refuses leaves the order as it was, says why, and the next one may be asked for") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  bl_exec e = d.told(i, BL_X_AMEND_REJECTED, BL_S_OPEN, Decimal::zero(), 10);
  put_text(e.text, "POST_ONLY_WOULD_CROSS");
  d.exec->on_broker_event(e.h);
  CHECK_FALSE(d.pending(i));
  CHECK(d.order(i).state == OrderState::open);
  CHECK(d.order(i).intent.limit_px() == "90"_dec);
  CHECK(d.order(i).reason == "POST_ONLY_WOULD_CROSS");
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.amend_px(i, "89"_dec) == "");
}

TEST_CASE("rule 2.2: amended to other terms than were asked for is an incident, and what the venue says counts") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend(i, D::terms("2"_dec, "91"_dec)) == "");
  Intent other = d.wanted();
  other.abi.limit_px = "95"_dec.raw();
  d.says(other, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK(d.incidents("EXEC_MISMATCH") == 1);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK(d.order(i).intent.limit_px() == "95"_dec);
  CHECK(d.order(i).intent.qty() == "2"_dec);
}

TEST_CASE("rule 2.2: an order of ours that somebody else amends is an incident, and counts as the venue has it") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  Intent other = i;
  other.abi.qty = "3"_dec.raw();
  d.says(other, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK(d.incidents("EXEC_MISMATCH") == 1);
  CHECK(d.order(i).leaves() == "3"_dec);
}

TEST_CASE("rule 2.2: amended is told of another product or side: no answer, and nothing of it counts") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  Intent other = d.wanted();
  other.abi.side = BL_SELL;
  d.says(other, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK(d.incidents("EXEC_MISMATCH") == 1);
  CHECK(d.pending(i));
}

TEST_CASE("an answer that is told twice, or late, is not the next amendment's") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  const Intent first = d.wanted();
  d.says(first, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  d.says(first, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  REQUIRE(d.amend_px(i, "92"_dec) == "");
  const Intent second = d.wanted();
  d.says(first, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK(d.pending(i));
  d.says(i, BL_X_AMEND_REJECTED, BL_S_OPEN, Decimal::zero(), 10);  // of before the first
  CHECK(d.pending(i));
  d.says(second, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 20);
  CHECK_FALSE(d.pending(i));
  CHECK(d.order(i).intent.limit_px() == "92"_dec);
  d.says(first, BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK(d.order(i).intent.limit_px() == "92"_dec);
  CHECK(d.incidents("EXEC_MISMATCH") == 0);
}

TEST_CASE("rule 2.2: an answer told twice by a venue that tells no time is not the next amendment's either") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  const Intent first = d.wanted();
  d.says(first, BL_X_AMENDED);
  REQUIRE(d.amend_px(i, "92"_dec) == "");
  const Intent second = d.wanted();
  d.says(first, BL_X_AMENDED);
  CHECK(d.pending(i));
  CHECK(d.order(i).intent.limit_px() == "91"_dec);
  d.says(second, BL_X_AMENDED);
  CHECK_FALSE(d.pending(i));
  CHECK(d.order(i).intent.limit_px() == "92"_dec);
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("two amendments that the venue answers at one moment are both answered") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  REQUIRE(d.amend_px(i, "92"_dec) == "");
  d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
  CHECK_FALSE(d.pending(i));
  CHECK(d.order(i).intent.limit_px() == "92"_dec);
}

TEST_CASE("a venue that says amended and nothing else has it as asked") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  REQUIRE(d.amend_px(i, "91"_dec) == "");
  bl_exec e = d.told(i, BL_X_AMENDED);
  e.qty = e.limit_px = e.stop_px = none.raw();
  e.expire_ns = 0;
  d.exec->on_broker_event(e.h);
  CHECK_FALSE(d.pending(i));
  CHECK(d.order(i).intent.limit_px() == "91"_dec);
}

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

// ---- asked twice, and after a restart -----------------------------------------------------------------------------------

TEST_CASE("the same key and body again is answered again and asks the venue for nothing; another body is refused") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  const auto q = d.amendment(i, D::terms(none, "91"_dec), "k");
  REQUIRE(d.exec->amend(q, d.now));
  const auto again = d.exec->amend(q, d.now + bar_ns);
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK(d.broker.amended.size() == 1);
  CHECK(d.exec->amend(d.amendment(i, D::terms(none, "92"_dec), "k"), d.now).error().code == "IDEMPOTENCY_KEY_REUSED");
  CHECK(d.exec->execute(d.request(Side::buy, "1"_dec, "k"), d.now).error().code == "IDEMPOTENCY_KEY_REUSED");
  services::CloseRequest close{d.m.btc, "k", "test", "operator", "r"};
  CHECK(d.exec->close_position(close, d.now).error().code == "IDEMPOTENCY_KEY_REUSED");
}

TEST_CASE("a dry run of an amendment is judged, sends nothing, records nothing and changes nothing") {
  D d;
  const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
  auto q = d.amendment(i, D::terms("2"_dec), "k");
  q.dry_run = true;
  const std::uint64_t rows = d.journal->rows();
  const std::size_t records = d.sink.records.size();
  const auto tried = d.exec->amend(q, d.now);
  REQUIRE(tried);
  CHECK_FALSE(tried->checks.empty());
  CHECK(d.broker.amended.empty());
  CHECK(d.journal->rows() == rows);
  CHECK(d.sink.records.size() == records);
  CHECK_FALSE(d.order(i).amends);
  q.dry_run = false;
  CHECK(d.exec->amend(q, d.now).ok());
}

TEST_CASE("restart in the middle of an amendment: either terms may be in force until the venue says which") {
  for (const int venue : {0, 1, 2}) {  // has the old terms, the new ones, or has filled on the new ones
    StoreFolder dir;
    Intent i, wanted;
    services::AmendRequest q;
    {
      D d({}, "10000"_dec, opened(dir / "j"));
      i = d.placed(Side::buy, "1"_dec, "90"_dec);
      d.exec->settle(d.now);
      q = d.amendment(i, D::terms("2"_dec, "91"_dec), "k");
      REQUIRE(d.exec->amend(q, d.now));
      wanted = d.wanted();
    }
    AmendDesk<Again> a(dir / "j");
    const Order* o = a.exec->orders().find(ClientOrderId(i.client_id()));
    REQUIRE(o != nullptr);
    CHECK(o->state == OrderState::open);
    CHECK(a.pending(i));
    CHECK(o->leaves() == "2"_dec);
    CHECK(a.broker.amended.empty());  // it is not sent again
    const auto again = a.exec->amend(q, a.now);
    REQUIRE(again);
    CHECK(again->replayed);
    CHECK(a.broker.amended.empty());

    a.price(a.m.btc, 10000);
    REQUIRE(a.exec->ask_venue());
    const std::uint64_t asked = a.broker.queries.back().request;
    if (venue == 2) {
      bl_fill f = a.fill_of(wanted, "2"_dec, "91"_dec, "f1");
      a.say(f.h);
    } else {
      bl_exec e = a.told(venue == 0 ? i : wanted, BL_X_SNAPSHOT, BL_S_OPEN, Decimal::zero(), start_ns);
      a.say(e.h);
    }
    a.done(asked);
    if (venue == 2) a.answers(wanted, BL_S_FILLED, "2"_dec, start_ns);
    if (venue == 0) {
      CHECK(a.pending(i));
      for (int look = 0; look < 3; ++look) {
        a.next_step();
        a.answers(i, BL_S_OPEN, Decimal::zero(), start_ns);
      }
      a.next_step();
    }
    CHECK_FALSE(a.pending(i));
    CHECK(o->intent.qty() == (venue == 0 ? "1"_dec : "2"_dec));
    CHECK(o->intent.limit_px() == (venue == 0 ? "90"_dec : "91"_dec));
    CHECK(o->state == (venue == 2 ? OrderState::filled : OrderState::open));
    CHECK(a.incidents("EXEC_MISMATCH") == 0);
    CHECK(a.incidents("FILL_BEYOND_ORDER") == 0);
  }
}

TEST_CASE("restart: a refusal that was told twice, and was not the next amendment's, is not its answer in the next process either") {
  StoreFolder dir;
  Intent i;
  {
    D d({}, "10000"_dec, opened(dir / "j"));
    i = d.placed(Side::buy, "1"_dec, "90"_dec);
    REQUIRE(d.amend_px(i, "91"_dec) == "");
    d.says(i, BL_X_AMEND_REJECTED, BL_S_OPEN, Decimal::zero(), 10);
    REQUIRE(d.amend_px(i, "92"_dec) == "");
    d.says(i, BL_X_AMEND_REJECTED, BL_S_OPEN, Decimal::zero(), 10);
    CHECK(d.pending(i));
    d.exec->settle(d.now);
  }
  AmendDesk<Again> a(dir / "j");
  CHECK(a.pending(i));
  CHECK(a.order(i).amends->answered == 10);
}

TEST_CASE("restart: an amendment that was answered is in force, and the day's entries are what they were") {
  StoreFolder dir;
  Intent i;
  std::string before;
  Decimal day;
  {
    D d({}, "10000"_dec, opened(dir / "j"));
    i = d.placed(Side::buy, "1"_dec, "90"_dec);
    REQUIRE(d.amend(i, D::terms("2"_dec, "91"_dec)) == "");
    d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, Decimal::zero(), 10);
    d.fill(d.wanted(), "0.5"_dec, "91"_dec);
    d.exec->settle(d.now);
    before = facts(*d.exec, d.m);
    day = d.exec->risk_use(d.now).day_notional;
  }
  AmendDesk<Again> a(dir / "j");
  CHECK(facts(*a.exec, a.m) == before);
  CHECK_FALSE(a.pending(i));
  CHECK(a.order(i).leaves() == "1.5"_dec);
  CHECK(a.order(i).intent.limit_px() == "91"_dec);
  CHECK(a.exec->risk_use(a.now).day_notional == day);
}
