// The journal's rows of an amendment: durable as a whole before it is handed over, and proved with the rest of the order's life.
#include "store/journal_rows.hpp"
#include "store/journal_verify.hpp"
#include "store/query.hpp"
#include "unit/services/amend_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;

namespace {
using D = AmendDesk<Desk>;

std::vector<std::string> rows_of(const std::filesystem::path& file, const std::string& where) {
  auto db = store::Database::open(file, store::Database::Access::read);
  REQUIRE(db.ok());
  store::Query q(*db, ("SELECT kind || ' ' || payload FROM journal WHERE " + where + " ORDER BY row").c_str());
  std::vector<std::string> all;
  while (q.next()) all.emplace_back(q.bytes(0));
  return all;
}
}  // namespace

TEST_CASE("journal: the command, the day's entries and what is asked for are one commit, in front of the hand-over") {
  StoreFolder dir;
  std::uint64_t commits = 0, at_hand_over = 0;
  {
    D d({}, "10000"_dec, opened(dir / "j"));
    const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
    REQUIRE(d.journal->flush());
    commits = d.journal->commits();
    d.broker.on_amend = [&] { at_hand_over = d.journal->commits(); };
    REQUIRE(d.amend(i, D::terms("2"_dec, "91"_dec)) == "");
  }
  CHECK(at_hand_over == commits + 1);
  const auto all = rows_of(dir / "j", "row > (SELECT max(row) - 3 FROM journal)");
  REQUIRE(all.size() == 3);
  CHECK(all[0].starts_with("command "));
  CHECK(all[1].starts_with("step "));
  CHECK(all[1].find("\"day_notional\":\"182\"") != std::string::npos);
  CHECK(all[2].starts_with("order "));
  const auto row = store::read_order(std::string_view(all[2]).substr(6));
  REQUIRE(row);
  CHECK(row->event == OrderEvent::amend_sent);
  CHECK(row->to == OrderState::open);
  CHECK(row->terms.qty == "2"_dec);
  CHECK(row->terms.limit_px == "91"_dec);
  CHECK_FALSE(row->terms.stop_px.is_set());
}

TEST_CASE("journal verify: lives with amendments are proved, whatever became of these") {
  StoreFolder dir;
  {
    D d({}, "10000"_dec, opened(dir / "j"));
    const Intent i = d.placed(Side::buy, "1"_dec, "90"_dec);
    REQUIRE(d.amend(i, D::terms("2"_dec, "91"_dec)) == "");
    d.fill(i, "1"_dec, "90"_dec);
    d.says(d.wanted(), BL_X_AMENDED, BL_S_OPEN, "1"_dec, 10);
    REQUIRE(d.amend_qty(i, "1.5"_dec) == "");
    d.says(i, BL_X_AMEND_REJECTED, BL_S_OPEN, "1"_dec, 20);
    d.broker.amend_answer = services::HandOver::denied;
    REQUIRE(d.amend_qty(i, "1.6"_dec) == "");
    d.broker.amend_answer = services::HandOver::unknown;
    REQUIRE(d.amend_qty(i, "1.2"_dec) == "");
    d.fill(i, "0.2"_dec, "90"_dec);
    d.says(d.wanted(), BL_X_DONE, BL_S_FILLED, "1.2"_dec, 30);
    CHECK(d.order(i).state == OrderState::filled);
    const Intent second = d.placed(Side::buy, "1"_dec, "90"_dec);
    REQUIRE(d.amend_qty(second, "3"_dec) == "");
    d.exec->settle(d.now);
  }
  const auto r = store::verify_journal(dir / "j");
  REQUIRE(r);
  CHECK(r->bad.code.empty());
  CHECK(r->intents == 2);
  CHECK(r->unresolved.size() == 1);
}

TEST_CASE("journal verify: an amendment of an order without an intent is found") {
  StoreFolder dir;
  {
    auto j = opened(dir / "j");
    REQUIRE(j->note("order", 1, store::line(store::OrderRow{ClientOrderId("bl-x"), OrderEvent::amend_sent, OrderState::open, "", "", {"2"_dec, Decimal::not_set(), Decimal::not_set(), 0, 0}})));
    REQUIRE(j->flush());
  }
  const auto r = store::verify_journal(dir / "j");
  REQUIRE(r);
  CHECK(r->bad.code == "ORDER_WITHOUT_INTENT");
}
