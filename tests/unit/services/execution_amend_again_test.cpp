// An amendment that is asked for twice, and one in the middle of which the process ends.
#include "unit/store/store_folder.hpp"
#include "unit/services/amend_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;

namespace {

using D = AmendDesk<Desk>;
const Decimal none = Decimal::not_set();

}  // namespace

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
