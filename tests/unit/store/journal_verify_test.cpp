#include "store/journal_verify.hpp"

#include "store/journal_rows.hpp"
#include "store/query.hpp"
#include "unit/services/desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

struct File {
  StoreFolder dir;
  std::filesystem::path path = dir / "journal.db";
  Market m;

  std::unique_ptr<Journal> open() const {
    auto j = Journal::open(path, {"mock", "v", "default"});
    if (!j) FAIL(j.error().message);
    return std::move(*j);
  }
  /// A journal of these notes, made durable.
  JournalReport of(const std::vector<std::pair<std::string_view, std::string>>& notes) const {
    {
      auto j = open();
      core::Nanos t = 0;
      for (const auto& [kind, payload] : notes) REQUIRE(j->note(kind, ++t, payload).ok());
      REQUIRE(j->flush().ok());
    }
    auto r = verify_journal(path);
    if (!r) FAIL(r.error().message);
    return *r;
  }
};

std::string intent(std::string_view id, Decimal qty = "1"_dec) {
  const Market m;
  core::Intent i = core::blank_intent();
  put_text(i.abi.client_id, id);
  i.abi.side = BL_BUY;
  i.abi.type = BL_LIMIT;
  i.abi.tif = BL_GTC;
  i.abi.qty = qty.raw();
  return line(i, "BTC-USD");
}
std::string event(std::string_view id, core::OrderEvent e, core::OrderState to) {
  return line(OrderRow{core::ClientOrderId(id), e, to, "", ""});
}
std::string fill(std::string_view id, std::string fill_id, Decimal qty, std::string symbol = "BTC-USD", core::Side side = core::Side::buy) {
  return line(FillRow{core::ClientOrderId(id), std::move(fill_id), std::move(symbol), side, "100"_dec, qty, "0"_dec, "0"_dec, "USD", 2});
}
using E = core::OrderEvent;
using S = core::OrderState;

}  // namespace

TEST_CASE("journal verify: an order's whole life is proved, and the unresolved ones are listed") {
  const File f;
  const JournalReport r = f.of({{"begin", "{\"seed\":1}"},
                                {"intent", intent("a")},
                                {"intent", intent("b")},
                                {"order", event("a", E::handed_over, S::submitted)},
                                {"order", event("b", E::handed_over, S::submitted)},
                                {"order", event("a", E::acked, S::open)},
                                {"fill", fill("a", "1", "0.5"_dec)},
                                {"order", event("a", E::fill_part, S::partially_filled)},
                                {"order", event("b", E::timed_out, S::unknown)},
                                {"fill", fill("a", "2", "0.5"_dec)},
                                {"order", event("a", E::fill_all, S::filled)}});
  CHECK(r.bad.code.empty());
  CHECK(r.rows == 11);
  CHECK(r.intents == 2);
  CHECK(r.fills == 2);
  CHECK(r.orders == std::map<std::string, std::uint64_t>{{"filled", 1}, {"unknown", 1}});
  REQUIRE(r.unresolved.size() == 1);
  CHECK(r.unresolved[0].order == "b");
  CHECK(r.unresolved[0].symbol == "BTC-USD");
  CHECK(r.unresolved[0].state == "unknown");
  CHECK(r.unresolved[0].since == 9);
  CHECK(f.open()->head() == r.head);
}

TEST_CASE("journal verify: what a run writes is what it proves") {
  StoreFolder dir;
  {
    auto j = Journal::open(dir / "journal.db", {"mock", "v", "default"});
    REQUIRE(j.ok());
    Desk d({}, "10000"_dec, std::move(*j));
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    d.want(core::Purpose::entry, 0.1);
    const core::Intent entry = d.last();
    d.report(entry, BL_X_ACCEPTED);
    REQUIRE(d.exec->cancel(core::ClientOrderId(entry.client_id()), d.now, "operator", "r").ok());
    d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(core::Purpose::exit, 0);
  }
  const auto r = verify_journal(dir / "journal.db");
  REQUIRE(r.ok());
  INFO(r->bad.what);
  CHECK(r->bad.code.empty());
  CHECK(r->fills == 1);
  CHECK(r->orders == std::map<std::string, std::uint64_t>{{"cancelled", 1}, {"filled", 1}, {"submitted", 1}});
  CHECK(r->unresolved.size() == 1);
}

TEST_CASE("journal verify: the first bad row is named") {
  const auto bad = [](const std::vector<std::pair<std::string_view, std::string>>& notes) {
    const BadRow b = File().of(notes).bad;
    return std::to_string(b.row) + " " + b.code;
  };
  CHECK(bad({{"order", event("a", E::handed_over, S::submitted)}}) == "1 ORDER_WITHOUT_INTENT");
  CHECK(bad({{"intent", intent("b")}, {"fill", fill("a", "1", "1"_dec)}}) == "2 ORDER_WITHOUT_INTENT");
  CHECK(bad({{"intent", intent("a")}, {"intent", intent("a")}}) == "2 INTENT_TWICE");
  CHECK(bad({{"intent", intent("a")}, {"order", event("a", E::acked, S::open)}, {"order", event("a", E::handed_over, S::submitted)}}) ==
        "3 ORDER_EVENT_UNEXPECTED");
  CHECK(bad({{"intent", intent("a")}, {"order", event("a", E::handed_over, S::open)}}) == "2 ORDER_EVENT_UNEXPECTED");
  CHECK(bad({{"intent", intent("a")}, {"fill", fill("a", "1", "1"_dec)}, {"fill", fill("a", "1", "1"_dec)}}) == "3 FILL_TWICE");
  CHECK(bad({{"intent", intent("a")}, {"fill", fill("a", "1", "0.6"_dec)}, {"fill", fill("a", "2", "0.6"_dec)}}) == "3 FILL_BEYOND_ORDER");
  CHECK(bad({{"intent", intent("a")}, {"fill", fill("a", "1", "1"_dec, "ETH-USD")}}) == "2 FILL_OF_OTHER");
  CHECK(bad({{"intent", intent("a")}, {"fill", fill("a", "1", "1"_dec, "BTC-USD", core::Side::sell)}}) == "2 FILL_OF_OTHER");
  CHECK(bad({{"intent", "{}"}}) == "1 JOURNAL_ROW");
  CHECK(bad({{"fill", "x"}}) == "1 JOURNAL_ROW");
}

TEST_CASE("journal verify: a changed, removed or inserted row breaks the chain where it is") {
  const auto after = [](const std::string& sql) {
    const File f;
    f.of({{"n", "1"}, {"n", "2"}, {"n", "3"}});
    {
      auto db = Database::open(f.path, Database::Access::write);
      REQUIRE(db.ok());
      REQUIRE(db->exec(sql).ok());
    }
    const auto r = verify_journal(f.path);
    REQUIRE(r.ok());
    return r->bad.code == "JOURNAL_CHAIN" ? r->bad.row : 0;
  };
  CHECK(after("UPDATE journal SET payload='x' WHERE row=2") == 2);
  CHECK(after("UPDATE journal SET time_ns=9 WHERE row=3") == 3);
  CHECK(after("UPDATE journal SET kind='m' WHERE row=1") == 1);
  CHECK(after("DELETE FROM journal WHERE row=2") == 2);
  CHECK(after("INSERT INTO journal VALUES(4,'n',4,'4',x'00')") == 4);
  CHECK(after("SELECT 1") == 0);
}

TEST_CASE("journal verify: what is not there, is in use or is of another version is said") {
  const StoreFolder dir;
  CHECK(verify_journal(dir / "no.db").error().code == "JOURNAL_OPEN");
  const File f;
  f.of({{"n", "1"}});
  {
    const auto held = f.open();
    CHECK(in_child([&] { return verify_journal(f.path).error().code == "JOURNAL_LOCKED" ? 7 : 1; }) == 7);
  }
  const auto change = [&f](const std::string& sql) {
    auto db = Database::open(f.path, Database::Access::write);
    REQUIRE(db.ok());
    REQUIRE(db->exec(sql).ok());
  };
  change("PRAGMA user_version=99");
  CHECK(verify_journal(f.path).error().code == "JOURNAL_NEWER");
  change("PRAGMA user_version=1");
  CHECK(verify_journal(f.path).error().code == "JOURNAL_OLDER");
}
