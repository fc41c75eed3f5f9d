// The operator amends: what is asked for is durable before it leaves, and is what the venue says it is.
#include <sys/resource.h>

#include <csignal>

#include "store/query.hpp"
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
