#include "store/journal.hpp"

#include <csignal>

#include "store/query.hpp"
#include "store/recent_intents.hpp"
#include "unit/services/desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

const Stamp stamp{"mock", "v", "default"};

std::unique_ptr<Journal> opened(const std::filesystem::path& file, const Stamp& of = stamp) {
  auto j = Journal::open(file, of);
  if (!j) FAIL(j.error().message);
  return std::move(*j);
}
std::string refusal(const std::filesystem::path& file, const Stamp& of = stamp) {
  auto j = Journal::open(file, of);
  return j.ok() ? "" : j.error().code;
}
void change(const std::filesystem::path& file, const std::string& sql) {
  auto db = Database::open(file, Database::Access::write);
  REQUIRE(db.ok());
  REQUIRE(db->exec(sql).ok());
}

}  // namespace

TEST_CASE("rule 4.1: an intent is on disk before it is handed over, whatever kills the process then") {
  StoreFolder dir;
  const auto file = dir / "journal.db";
  const int ended = in_child([&] {
    Desk d({}, "10000"_dec, opened(file));
    d.broker.on_submit = [] { ::raise(SIGKILL); };
    d.want(core::Purpose::entry, 0.05);
    return 0;
  });
  CHECK(ended == -SIGKILL);
  auto db = Database::open(file, Database::Access::read);
  REQUIRE(db.ok());
  Query q(*db, "SELECT payload FROM journal WHERE kind='intent'");
  REQUIRE(q.next());
  CHECK(std::string(q.bytes(0)).find("\"side\":\"BUY\"") != std::string::npos);
  CHECK_FALSE(q.next());
}

TEST_CASE("rule 4.1: of a frame that fails in its middle nothing is kept") {
  StoreFolder dir;
  const auto file = dir / "journal.db";
  static_cast<void>(opened(file));
  // A row that fails by itself ends neither the transaction nor what was written of it before.
  change(file, "CREATE TRIGGER no BEFORE INSERT ON journal WHEN NEW.payload='bad' BEGIN SELECT RAISE(ABORT, 'no'); END");
  {
    auto j = opened(file);
    REQUIRE(j->note("n", 1, "good").ok());
    REQUIRE(j->note("n", 2, "bad").ok());
    CHECK(j->flush().error().code == "JOURNAL_WRITE");
    CHECK_FALSE(j->no_room());
  }
  auto j = opened(file);
  CHECK(j->rows() == 0);
  CHECK(j->head() == std::string(64, '0'));
}

TEST_CASE("journal: the chain goes on where it ended, and depends on every row before") {
  StoreFolder dir;
  std::string head;
  {
    auto j = opened(dir / "a.db");
    CHECK(j->head() == std::string(64, '0'));
    REQUIRE(j->note("state", 1, "one").ok());
    CHECK(j->rows() == 1);
    REQUIRE(j->flush().ok());
    head = j->head();
    CHECK(j->commits() == 1);
  }
  auto a = opened(dir / "a.db"), b = opened(dir / "b.db");
  auto memory = Journal::in_memory();
  CHECK(a->head() == head);
  CHECK(a->rows() == 1);
  for (Journal* j : {b.get(), memory.get()}) REQUIRE(j->note("state", 1, "one").ok());
  REQUIRE(b->flush().ok());
  CHECK(b->head() == head);
  CHECK(memory->head() == head);
  CHECK_FALSE(memory->durable());
  for (Journal* j : {a.get(), b.get()}) {
    REQUIRE(j->note("state", 2, j == a.get() ? "two" : "too").ok());
    REQUIRE(j->flush().ok());
  }
  CHECK(a->head() != b->head());
}

TEST_CASE("journal: a changed or missing row is found when it is opened") {
  StoreFolder dir;
  const auto file = dir / "journal.db";
  {
    auto j = opened(file);
    for (int i = 1; i <= 3; ++i) REQUIRE(j->note("n", i, std::to_string(i)).ok());
    REQUIRE(j->flush().ok());
  }
  CHECK(refusal(file).empty());
  change(file, "UPDATE journal SET payload='x' WHERE row=2");
  CHECK(refusal(file) == "JOURNAL_CHAIN");
  change(file, "UPDATE journal SET payload='2' WHERE row=2");
  CHECK(refusal(file).empty());
  change(file, "DELETE FROM journal WHERE row=1");
  CHECK(refusal(file) == "JOURNAL_CHAIN");
}

TEST_CASE("rule 4.3: a journal belongs to one mode, venue and portfolio, and to this version") {
  StoreFolder dir;
  const auto file = dir / "journal.db";
  opened(file);
  CHECK(refusal(file, {"live", "v", "default"}) == "JOURNAL_STAMP");
  CHECK(refusal(file, {"mock", "w", "default"}) == "JOURNAL_STAMP");
  CHECK(refusal(file, {"mock", "v", "other"}) == "JOURNAL_STAMP");
  change(file, "PRAGMA user_version=99");
  CHECK(refusal(file) == "JOURNAL_NEWER");
  CHECK(refusal(dir / "no/such/folder/journal.db") == "JOURNAL_OPEN");
}

TEST_CASE("rule 4.5: one process has the journal at a time") {
  StoreFolder dir;
  const auto file = dir / "journal.db";
  auto mine = opened(file);
  CHECK(in_child([&] { return refusal(file) == "JOURNAL_LOCKED" ? 7 : 1; }) == 7);
}

TEST_CASE("journal: the epoch is set once, before the first row, and stays") {
  StoreFolder dir;
  const auto file = dir / "journal.db";
  {
    auto j = opened(file);
    REQUIRE(j->set_epoch(41).ok());
    REQUIRE(j->set_epoch(42).ok());
    REQUIRE(j->note("n", 1, "x").ok());
    REQUIRE(j->flush().ok());
    CHECK(j->set_epoch(43).error().code == "JOURNAL_EPOCH");
  }
  CHECK(opened(file)->epoch() == 42);
}

TEST_CASE("journal: the newest note of a kind, also of those not flushed and after a restart") {
  StoreFolder dir;
  const auto file = dir / "journal.db";
  {
    auto j = opened(file);
    CHECK(j->latest("state").empty());
    REQUIRE(j->note("state", 1, "active").ok());
    REQUIRE(j->note("other", 2, "x").ok());
    REQUIRE(j->note("state", 3, "reducing").ok());
    CHECK(j->latest("state") == "reducing");
    REQUIRE(j->flush().ok());
    REQUIRE(j->note("state", 4, "never written").ok());
  }
  CHECK(opened(file)->latest("state") == "reducing");
}

TEST_CASE("journal: commits to a file are timed for whom wants it, those in memory are not") {
  StoreFolder dir;
  std::vector<double> seconds;
  auto file = opened(dir / "journal.db");
  auto memory = Journal::in_memory();
  for (Journal* j : {file.get(), memory.get()}) {
    j->time_commits([&](double s) { seconds.push_back(s); });
    REQUIRE(j->note("state", 1, "{}").ok());
    REQUIRE(j->flush().ok());
    CHECK(j->writable());
  }
  REQUIRE(seconds.size() == 1);
  CHECK(seconds[0] > 0);
  CHECK(seconds[0] < 60);
}

TEST_CASE("rule 2.3: only what the journal holds byte for byte may be sent again, also by the next process") {
  StoreFolder dir;
  Market m;
  core::Portfolio book = m.book("1000"_dec);
  book.set_mark(m.btc, mark_at("100"_dec));
  core::OrderTable orders;
  core::PortfolioView view;
  view.build(book, orders, core::TradingState::active, 0);
  core::RiskChain chain({}, {}, text("floor"));
  const auto approved = [&](Decimal qty) {
    core::Intent i = core::blank_intent();
    put_text(i.abi.client_id, "bl-1");
    i.abi.instrument = m.btc.value;
    i.abi.side = BL_BUY;
    i.abi.type = BL_LIMIT;
    i.abi.qty = qty.raw();
    i.abi.limit_px = "100"_dec.raw();
    core::FloorFacts f;
    f.gate_open = f.store_up = true;
    std::vector<core::CheckRecord> checks;
    auto answer = chain.approve(i, book, view.get(), f, checks);
    REQUIRE(std::holds_alternative<core::RiskApproved<core::Intent>>(answer));
    return std::get<core::RiskApproved<core::Intent>>(std::move(answer));
  };
  const auto sent = approved("1"_dec), other = approved("2"_dec);
  const auto refused = [](const Journal& j, const auto& intent) { const auto r = j.again(intent); return r.ok() ? "" : r.error().code; };
  {
    auto j = opened(dir / "a.db");
    j->name(m.table);
    CHECK(refused(*j, sent) == "JOURNAL_NO_INTENT");
    std::vector<Journal::Durable> out;
    REQUIRE(j->record({&sent, 1}, 1, out).ok());
    CHECK(refused(*j, sent).empty());
    CHECK(refused(*j, other) == "JOURNAL_NO_INTENT");
  }
  auto j = opened(dir / "a.db");
  j->name(m.table);
  CHECK(refused(*j, sent).empty());
  CHECK(refused(*j, other) == "JOURNAL_NO_INTENT");
}

TEST_CASE("rule 2.3: of intents the newest are known, and whatever their number no more than a bound of them") {
  RecentIntents known;
  const auto name = [](std::size_t n) { return "intent " + std::to_string(n); };
  for (std::size_t n = 0; n < RecentIntents::most; ++n) known.add(name(n));
  CHECK(known.has(name(0)));
  known.add(name(0));  // told twice it takes nobody's place
  CHECK(known.has(name(1)));
  known.add(name(RecentIntents::most));
  CHECK_FALSE(known.has(name(0)));
  CHECK(known.has(name(1)));
  CHECK(known.has(name(RecentIntents::most)));
  CHECK(known.size() == RecentIntents::most);
  known.add(name(0));
  CHECK(known.has(name(0)));
  CHECK_FALSE(known.has(name(1)));
}

TEST_CASE("journal: however long it gets, it does not stay in memory") {
  StoreFolder dir;
  auto j = opened(dir / "a.db");
  auto grow = [&j, n = 0]() mutable {
    for (const int last = n + 4'000; n < last; ++n) {
      REQUIRE(j->note("state", n, std::string(250, 'x')).ok());
      if (n % 20 == 0) REQUIRE(j->flush().ok());
    }
    REQUIRE(j->flush().ok());
    return sqlite3_memory_used();
  };
  const sqlite3_int64 before = sqlite3_memory_used(), after_one = grow();
  CHECK(after_one > before);  // it is counted
  static_cast<void>(grow());
  const sqlite3_int64 after_three = grow();
  CHECK(after_three - after_one < 100'000);  // of 2 MB more in the file
  CHECK(after_three - before < 1'000'000);
}
