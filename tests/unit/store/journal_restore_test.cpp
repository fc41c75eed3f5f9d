#include "store/journal_restore.hpp"

#include <fcntl.h>
#include <rapidcheck.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "store/journal_audit.hpp"
#include "store/journal_behind.hpp"
#include "store/journal_compare.hpp"
#include "store/journal_file.hpp"
#include "store/sql_store.hpp"
#include "unit/store/backup_files.hpp"

using namespace bowline;
using namespace bowline::store;
using namespace bowline::test;

namespace {

JournalRestore restored(const RestoreWish& w) {
  auto made = restore_journal(w);
  if (!made) FAIL(made.error().code + ": " + made.error().message);
  return std::move(*made);
}

std::uint64_t epoch_of(const std::filesystem::path& file) {
  const auto j = JournalFile::open(file);
  REQUIRE(j.ok());
  return *j->epoch();
}

/// Nothing is another than it was, and nothing is left behind.
void refused(const RunFolder& f, const RestoreWish& w, const std::string& code) {
  const auto names = f.names();
  const bool there = std::filesystem::exists(f.journal);
  const std::string before = there ? RunFolder::bytes(f.journal) : "";
  const auto made = restore_journal(w);
  INFO((made.ok() ? std::string("restored") : made.error().message));
  CHECK(code_of(made) == code);
  auto now = f.names();
  for (const char* of_readers : {"journal.db-wal", "journal.db-shm", "backup.db-wal", "backup.db-shm"})
    if (!names.contains(of_readers)) now.erase(of_readers);
  CHECK(now == names);
  if (there) CHECK(RunFolder::bytes(f.journal) == before);
}

}  // namespace

TEST_CASE("rule 2.1: a restore renews the epoch by a row of its own, and what stood there is kept") {
  const RunFolder f;
  f.live();
  f.back_up();
  f.live(2);
  const JournalReport before = RunFolder::proved(f.journal), backup = RunFolder::proved(f.backup);
  const std::uint64_t old_epoch = epoch_of(f.journal);
  const JournalRestore made = restored(f.wish());
  const auto names = f.names();
  const JournalReport now = RunFolder::proved(f.journal);
  CHECK(now.rows == backup.rows + 1);
  CHECK(now.restores == 1);
  CHECK(made.rows == now.rows);
  CHECK(epoch_of(f.journal) != old_epoch);
  CHECK(epoch_of(f.journal) == made.row.epoch);
  // The row says who, when, why, and between what.
  const auto j = opened(f.journal);
  CHECK(j->epoch() == made.row.epoch);
  const auto row = read_restored(j->latest("restored"));
  REQUIRE(row.ok());
  CHECK(row->who == "tester");
  CHECK(row->why == "the disk failed");
  CHECK(row->at == 5);
  CHECK(row->from == std::filesystem::absolute(f.backup).string());
  CHECK(row->head == backup.head);
  CHECK(row->replaced == before.head);
  CHECK(row->before == old_epoch);
  CHECK(row->epoch == made.row.epoch);
  // The old one, whole; the backup, untouched; and nothing else.
  CHECK(made.kept == f.journal.string() + ".replaced-1");
  CHECK(names == std::set<std::string>{"backup.db", "journal.db", "journal.db.replaced-1"});
  CHECK(RunFolder::proved(made.kept).head == before.head);
  CHECK(RunFolder::proved(f.backup).head == backup.head);
  CHECK(epoch_of(f.backup) == old_epoch);
}

TEST_CASE("rule 2.1: the row of a restore is told by the time of the rows before it, and is a line of the audit trail") {
  const RunFolder f;
  f.live();
  f.back_up();
  restored(f.wish());
  auto file = JournalFile::open(f.journal);
  REQUIRE(file.ok());
  core::Nanos newest = 0;
  JournalAudit audit;
  std::optional<core::AuditRecord> told;
  while (*file->next()) {
    const JournalRow& row = file->row();
    if (row.kind == journal_kind::restored) CHECK(row.time == newest);
    newest = std::max(newest, row.time);
    auto line = audit.take(row);
    REQUIRE(line.ok());
    if (*line) told = **line;
  }
  REQUIRE(told);
  CHECK(told->action == "journal_restore");
  CHECK(told->principal == "tester");
  CHECK(told->reason == "the disk failed");
  CHECK(told->subject == RunFolder::proved(f.backup).head);
}

TEST_CASE("rule 2.1: the same restore gives the same epoch, a second one of the same backup another, and a live one is drawn") {
  const RunFolder a, b;
  for (const RunFolder* f : {&a, &b}) {
    f->live();
    f->back_up();
    f->live();
  }
  const JournalRestore one = restored(a.wish()), same = restored(b.wish());
  CHECK(one.row.epoch == same.row.epoch);
  a.live();
  const JournalRestore two = restored(a.wish());
  CHECK(two.row.before == one.row.before);
  CHECK(two.row.epoch != one.row.epoch);
  CHECK(two.row.epoch != one.row.before);
  CHECK(two.kept == a.journal.string() + ".replaced-2");
  RestoreWish live = b.wish();
  live.drawn = 4711;
  CHECK(restored(live).row.epoch == 4711);
  CHECK(opened(b.journal)->epoch() == 4711);
}

TEST_CASE("rule 2.1: what was put back by hand twice has two epochs: the order that the journal lacked is part of each") {
  const RunFolder f;
  f.live();
  const auto by_hand = [&](const std::string& order) {
    std::filesystem::copy_file(f.journal, f.dir / order.c_str());
    RestoredRow row;
    row.who = "host";
    row.why = "the store has order " + order;
    const auto renewed = opened(f.dir / order.c_str())->renew_epoch(row, std::nullopt);
    REQUIRE(renewed.ok());
    return renewed->epoch;
  };
  CHECK(by_hand("bl-1") != by_hand("bl-2"));
}

TEST_CASE("rule 2.1: a renewed epoch is never the one of before, and fits the file") {
  CHECK(rc::check("whatever was drawn", [](std::uint64_t before, bool drawn, std::uint64_t number) {
    before &= 0x7fff'ffff'ffff'ffffu;
    const std::string head(64, 'a');
    const std::uint64_t now = renewed_epoch(before, head, "", drawn ? std::optional(number) : std::nullopt);
    RC_ASSERT(now != before);
    RC_ASSERT(now <= 0x7fff'ffff'ffff'ffffu);
    RC_ASSERT(renewed_epoch(before, head, "", before) != before);
    RC_ASSERT(renewed_epoch(before, head, head, std::nullopt) != renewed_epoch(before, head, "", std::nullopt));
  }));
}

TEST_CASE("rule 2.1: what goes on behind a restore makes no id of before, also of the same decisions, and verify proves it") {
  const RunFolder f;
  f.live();
  f.back_up();
  f.live(2);
  const auto first = RunFolder::ids(f.journal);
  const JournalRestore made = restored(f.wish());
  f.live(3);  // the same decisions, as the same prices would bring them
  const auto second = RunFolder::ids(f.journal, made.rows);
  CHECK(second.size() == 6);
  for (const std::string& id : second) CHECK(std::find(first.begin(), first.end(), id) == first.end());
  RunFolder::proved(f.journal);
}

TEST_CASE("rule 2.1: an order behind a restore with an id of the epoch before it, or of nobody, is named") {
  const RunFolder f;
  f.live();
  f.back_up();
  f.live();
  const std::uint64_t old_epoch = epoch_of(f.journal);
  restored(f.wish());
  const auto with = [&](std::uint64_t epoch, std::uint32_t attempt, std::string_view account = "default") {
    core::Intent i = core::blank_intent();
    i.decision = {9, 9};
    i.purpose = core::Purpose::entry;
    put_text(i.abi.client_id, core::client_order_id(epoch, account, i.decision, i.purpose, 0, attempt).view());
    i.abi.side = BL_BUY;
    i.abi.type = BL_LIMIT;
    i.abi.tif = BL_GTC;
    i.abi.qty = "1"_dec.raw();
    {
      auto j = opened(f.journal);
      REQUIRE(j->note("intent", 9, line(i, "BTC-USD")).ok());
      REQUIRE(j->flush().ok());
    }
    return verify_journal(f.journal)->bad.code;
  };
  const std::uint64_t epoch = epoch_of(f.journal);
  SECTION("its own") {
    CHECK(with(epoch, 0) == "");
    CHECK(with(epoch, 1) == "");
  }
  SECTION("an attempt that is not its turn") { CHECK(with(epoch, 1) == "ORDER_OF_OTHER_EPOCH"); }
  SECTION("of before") { CHECK(with(old_epoch, 0) == "ORDER_OF_OTHER_EPOCH"); }
  SECTION("of another account") { CHECK(with(epoch, 0, "other") == "ORDER_OF_OTHER_EPOCH"); }
}

TEST_CASE("rule 2.1: an epoch that is not the one of the last restore is found by who opens the journal and by who proves it") {
  const RunFolder f;
  f.live();
  f.back_up();
  const JournalRestore made = restored(f.wish());
  RunFolder::change(f.journal, "UPDATE epoch SET value=" + std::to_string(made.row.before));
  CHECK(code_of(Journal::open(f.journal, run_stamp)) == "JOURNAL_EPOCH");
  CHECK(verify_journal(f.journal)->bad.code == "JOURNAL_EPOCH");
  RunFolder::change(f.journal, "UPDATE epoch SET value=" + std::to_string(made.row.epoch));
  CHECK(code_of(Journal::open(f.journal, run_stamp)) == "");
  RestoredRow row = made.row;
  const auto add = [&f](const RestoredRow& r) {
    auto j = opened(f.journal);
    REQUIRE(j->note("restored", 1, line(r)).ok());
    REQUIRE(j->flush().ok());
  };
  SECTION("of another epoch") {
    row.head = RunFolder::proved(f.journal).head;
    row.before = 3;
    row.epoch = made.row.epoch;
    add(row);
    CHECK(code_of(Journal::open(f.journal, run_stamp)) == "JOURNAL_EPOCH");
    CHECK(verify_journal(f.journal)->bad.code == "JOURNAL_EPOCH");
  }
  SECTION("of another chain") {
    row.before = made.row.epoch;
    row.epoch = 4711;
    add(row);
    RunFolder::change(f.journal, "UPDATE epoch SET value=4711");
    CHECK(code_of(Journal::open(f.journal, run_stamp)) == "");
    CHECK(verify_journal(f.journal)->bad.code == "JOURNAL_EPOCH");
  }
}

TEST_CASE("rule 2.1: a row of a restore that can't be read is refused") {
  RestoredRow r;
  r.who = r.why = "x";
  r.head = std::string(64, '0');
  r.before = 1;
  r.epoch = 2;
  REQUIRE(read_restored(line(r)).ok());
  CHECK(read_restored(line(r))->replaced == "");
  const auto code = [](const std::string& payload) { return code_of(read_restored(payload)); };
  const std::string head = "\"head\":\"" + r.head + "\"", rest = ",\"at\":0,\"who\":\"\",\"why\":\"\"";
  CHECK(code("{" + head + rest + ",\"before\":1,\"epoch\":2}") == "");
  for (const std::string& bad : {std::string(), std::string("[]"), std::string("{"), "{" + head + rest + ",\"before\":1,\"epoch\":1}",
                                 "{" + head + rest + ",\"before\":1,\"epoch\":-2}", "{" + head + rest + ",\"before\":1,\"epoch\":\"2\"}",
                                 "{" + head + rest + ",\"before\":1,\"epoch\":9223372036854775808}", "{" + head + rest + ",\"before\":1}",
                                 "{\"head\":\"0\"" + rest + ",\"before\":1,\"epoch\":2}", "{\"head\":\"" + std::string(64, 'G') + "\"" + rest + ",\"before\":1,\"epoch\":2}",
                                 "{" + head + rest + ",\"replaced\":\"x\",\"before\":1,\"epoch\":2}", "{" + head + ",\"before\":1,\"epoch\":2}"}) {
    CAPTURE(bad);
    CHECK(code(bad) == "JOURNAL_ROW");
  }
}

TEST_CASE("rule 2.1: a restore refuses what it must not put back, or not here, and changes nothing") {
  const RunFolder f;
  f.live();
  f.back_up();
  RestoreWish w = f.wish();
  SECTION("a journal stands there") {
    w.replace = false;
    refused(f, w, "JOURNAL_EXISTS");
  }
  SECTION("the journal itself") {
    w.backup = f.journal;
    refused(f, w, "JOURNAL_EXISTS");
  }
  SECTION("no backup") {
    w.backup = f.dir / "none.db";
    refused(f, w, "JOURNAL_OPEN");
  }
  SECTION("a backup that is none") {
    std::ofstream(f.backup) << std::string(5000, 'x');
    refused(f, w, "JOURNAL_OPEN");
  }
  SECTION("a backup that was cut off") {
    std::filesystem::resize_file(f.backup, std::filesystem::file_size(f.backup) / 2);
    const auto made = restore_journal(w);
    CHECK_FALSE(made.ok());
    CHECK(RunFolder::proved(f.journal).restores == 0);
  }
  SECTION("a changed row") {
    RunFolder::change(f.backup, "UPDATE journal SET payload=replace(payload,'BUY','SELL') WHERE row=(SELECT min(row) FROM journal WHERE kind='intent')");
    refused(f, w, "JOURNAL_CHAIN");
  }
  SECTION("an order without an intent, in a chain that is whole") {
    {
      auto j = opened(f.backup);
      REQUIRE(j->note("order", 9, line(OrderRow{core::ClientOrderId("nobody"), core::OrderEvent::acked, core::OrderState::open, "", ""})).ok());
      REQUIRE(j->flush().ok());
    }
    refused(f, w, "ORDER_WITHOUT_INTENT");
  }
  SECTION("no rows") {
    std::filesystem::remove(f.backup);
    static_cast<void>(opened(f.backup));
    refused(f, w, "JOURNAL_EMPTY");
  }
  SECTION("of another mode, venue or portfolio") {
    for (const char* column : {"mode", "venue", "portfolio"}) {
      std::filesystem::remove(f.backup);
      f.back_up();
      RunFolder::change(f.backup, std::string("UPDATE stamp SET ") + column + "='other'");
      refused(f, w, "JOURNAL_STAMP");
    }
  }
  SECTION("what stands there is of another portfolio") {
    RunFolder::change(f.journal, "UPDATE stamp SET portfolio='other'");
    refused(f, w, "JOURNAL_STAMP");
  }
  SECTION("of a newer version") {
    RunFolder::change(f.backup, "PRAGMA user_version=99");
    refused(f, w, "JOURNAL_NEWER");
  }
  SECTION("no folder") {
    w.journal = f.dir / "no/such/journal.db";
    CHECK(code_of(restore_journal(w)) == "JOURNAL_OPEN");
  }
}

namespace {

/// A process that has the file until it is let go.
class Holder {
  int told_[2] = {-1, -1}, let_[2] = {-1, -1};
  pid_t child_ = -1;

 public:
  /// `take` holds something for as long as what it gives lives.
  template <class Take, class Then>
  Holder(Take take, Then then) {
    REQUIRE((::pipe(told_) == 0 && ::pipe(let_) == 0));
    child_ = ::fork();
    if (child_ == 0) {
      char c = 0;
      const auto held = take();
      static_cast<void>(!::write(told_[1], "x", 1));
      static_cast<void>(!::read(let_[0], &c, 1));
      then();
      ::_exit(held ? 0 : 1);
    }
    char c = 0;
    REQUIRE(::read(told_[0], &c, 1) == 1);
  }
  void let_go() const { REQUIRE(::write(let_[1], "x", 1) == 1); }
  ~Holder() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    for (const int fd : {told_[0], told_[1], let_[0], let_[1]}) ::close(fd);
  }
};

}  // namespace

TEST_CASE("rule 2.1: a journal that a host has is not replaced, nor a store") {
  const RunFolder f;
  f.live();
  f.back_up();
  {
    const Holder host([&f] { return Journal::open(f.journal, run_stamp); }, [] {});
    const auto made = restore_journal(f.wish());
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == "JOURNAL_LOCKED");
    CHECK(made.error().message.find("stop it") != std::string::npos);
  }
  CHECK(RunFolder::proved(f.journal).restores == 0);
  RestoreWish w = f.wish();
  w.store = f.dir / "t.db";
  const Market m;
  {
    const Holder host([&] { return SqlStore::open({f.dir / "p.db", w.store, run_stamp, {}, &m.table}); }, [] {});
    CHECK(code_of(restore_journal(w)) == "STORE_LOCKED");
  }
  CHECK(RunFolder::proved(f.journal).restores == 0);
  CHECK_FALSE(f.names().contains("journal.db.restoring"));
  restored(w);
}

TEST_CASE("rule 2.1: two restores at a time are one") {
  const RunFolder f;
  f.live();
  f.back_up();
  const Holder other(
      [&f] {
        const int folder = ::open(f.dir.path().c_str(), O_RDONLY | O_DIRECTORY);  // held until it is killed
        return folder >= 0 && ::flock(folder, LOCK_EX) == 0;
      },
      [] {});
  refused(f, f.wish(), "JOURNAL_LOCKED");
}

TEST_CASE("rule 2.1: who waited for the journal while it was replaced does not get the one that was put aside") {
  const RunFolder f;
  f.live();
  f.back_up();
  const pid_t parent = ::getpid();
  const auto has_opened = [&f, parent] {
    std::error_code ec;
    for (const auto& fd : std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/fd", ec))
      if (std::filesystem::read_symlink(fd.path(), ec) == f.journal) return true;
    return false;
  };
  const Holder host([&f] { return Journal::open(f.journal, run_stamp); },
                    [&] {
                      for (int i = 0; i < 10'000 && !has_opened(); ++i) ::usleep(1000);
                      std::filesystem::rename(f.journal, f.dir / "aside.db");
                      std::filesystem::rename(f.backup, f.journal);
                    });
  host.let_go();
  const auto late = Journal::open(f.journal, run_stamp);
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().code == "JOURNAL_LOCKED");
  CHECK(code_of(Journal::open(f.journal, run_stamp)) == "");
}

TEST_CASE("rule 2.1: a restore where no journal is, also when its log was left") {
  const RunFolder f;
  f.live();
  f.back_up();
  REQUIRE(in_child([&f] {  // it dies with rows in its log
            auto j = Journal::open(f.journal, run_stamp);
            if (!j || !(*j)->note("state", 1, "late").ok() || !(*j)->flush().ok()) return 1;
            ::raise(SIGKILL);
            return 0;
          }) == -SIGKILL);
  REQUIRE(std::filesystem::file_size(f.journal.string() + "-wal") > 0);
  std::filesystem::remove(f.journal);
  const JournalRestore made = restored(f.wish(false));
  CHECK(made.row.replaced == "");
  CHECK(made.kept.empty());
  CHECK(RunFolder::proved(f.journal).rows == RunFolder::proved(f.backup).rows + 1);
  CHECK(std::filesystem::file_size(f.journal.string() + ".replaced-1-wal") > 0);
}

TEST_CASE("rule 2.1: what lies in the log of the journal that is replaced is kept with it") {
  const RunFolder f;
  f.live();
  f.back_up();
  REQUIRE(in_child([&f] {
            auto j = Journal::open(f.journal, run_stamp);
            if (!j || !(*j)->note("state", 1, "late").ok() || !(*j)->flush().ok()) return 1;
            ::raise(SIGKILL);
            return 0;
          }) == -SIGKILL);
  const JournalRestore made = restored(f.wish());
  CHECK(RunFolder::proved(f.journal).restores == 1);
  CHECK(RunFolder::proved(made.kept).rows == RunFolder::proved(f.backup).rows + 1);
  CHECK(opened(made.kept)->latest("state") == "late");
}

TEST_CASE("rule 2.1: a journal that can't be read is kept as it is") {
  const RunFolder f;
  f.live();
  f.back_up();
  const bool log = GENERATE(false, true);
  std::ofstream(f.journal) << std::string(5000, 'x');
  if (log) std::ofstream(f.journal.string() + "-wal") << "a log";
  const JournalRestore made = restored(f.wish());
  CHECK(made.row.replaced == "");
  CHECK(RunFolder::bytes(made.kept) == std::string(5000, 'x'));
  if (log) CHECK(RunFolder::bytes(made.kept.string() + "-wal") == "a log");
  CHECK(RunFolder::proved(f.journal).restores == 1);
}

TEST_CASE("rule 2.1: the store is a projection of what was replaced: it is kept under another name, whole") {
  const RunFolder f;
  f.live();
  f.back_up();
  RestoreWish w = f.wish();
  w.store = f.dir / "t.db";
  const Market m;
  const StoreOptions o{f.dir / "p.db", w.store, run_stamp, {}, &m.table};
  core::OrderRecord order;
  order.id = core::ClientOrderId("bl-1");
  order.decision = {1, 2};
  order.instrument = m.btc;
  order.state = "OPEN";
  order.qty = "1"_dec;
  {
    auto s = SqlStore::open(o);
    REQUIRE(s.ok());
    (*s)->put(order);
    REQUIRE((*s)->close().ok());
  }
  // Such an order is in no journal here: it is newer than the backup.
  {
    const auto j = opened(f.journal);
    CHECK(*order_beyond(*j, w.store, run_stamp) == "bl-1");
    // Another run's says nothing of this one's, and is not taken from it.
    Stamp other = run_stamp;
    other.portfolio = "another";
    CHECK(*order_beyond(*j, w.store, other) == "");
    CHECK(set_store_aside(w.store, other, true).error().code == "STORE_STAMP");
    CHECK(std::filesystem::exists(w.store));
  }
  const JournalRestore made = restored(w);
  CHECK(made.store_kept == w.store.string() + ".replaced-1");
  CHECK_FALSE(std::filesystem::exists(w.store));
  const auto kept = Database::open(made.store_kept, Database::Access::read);
  REQUIRE(kept.ok());
  Query q(*kept, "SELECT id FROM orders");
  REQUIRE(q.next());
  CHECK(q.bytes(0) == "bl-1");
  const auto j = opened(f.journal);
  CHECK(*order_beyond(*j, w.store, run_stamp) == "");
}

TEST_CASE("rule 2.1: a store is ahead of its journal by an order of ours alone that is not in it") {
  const RunFolder f;
  f.live();
  const Market m;
  const StoreOptions o{f.dir / "p.db", f.dir / "t.db", run_stamp, {}, &m.table};
  const auto store = [&](const std::string& id, core::Nanos decided, core::Id128 decision = {1, 2}) {
    auto s = SqlStore::open(o);
    REQUIRE(s.ok());
    core::OrderRecord order;
    order.id = core::ClientOrderId(id);
    order.instrument = m.btc;
    order.state = "OPEN";
    order.qty = "1"_dec;
    order.decided_ns = decided;
    order.decision = decision;
    (*s)->put(order);
    REQUIRE((*s)->close().ok());
  };
  const auto beyond = [&] {
    const auto j = opened(f.journal);
    const auto id = order_beyond(*j, o.transactions, run_stamp);
    REQUIRE(id.ok());
    return *id;
  };
  CHECK(beyond() == "");  // no store
  for (const std::string& id : RunFolder::ids(f.journal)) store(id, 1);
  CHECK(beyond() == "");
  store("ex-1", 9);  // somebody else's
  CHECK(beyond() == "");
  store("bl-1", 9, {});  // nor one that is named as ours are and was found at the venue
  CHECK(beyond() == "");
  store("bl-2", 8);
  CHECK(beyond() == "bl-2");
  std::ofstream(o.transactions) << std::string(5000, 'x');
  CHECK(beyond() == "");
}

TEST_CASE("rule 2.1: a re-run compares up to the restore, and says what stands there") {
  const RunFolder f;
  f.live();
  f.back_up();
  restored(f.wish());
  {
    auto j = opened(f.journal);
    REQUIRE(j->note("begin", 0, "{\"seed\":7}").ok());
    REQUIRE(j->flush().ok());
  }
  const auto extent = measure_journal(f.journal);
  REQUIRE(extent.ok());
  CHECK(extent->first == extent->rows - 2);
  const auto c = compare_journals(f.journal, *extent, {f.backup, 0, Rerun::Behind::own_end});
  REQUIRE(c.ok());
  CHECK(c->result == Agreement::part);
  CHECK(c->row == extent->first + 1);
  CHECK(c->why.find("put back from a backup") != std::string::npos);
  CHECK(c->rows == extent->first);
}

TEST_CASE("rule 2.1: what a restore puts there belongs to whom the old one belonged") {
  const RunFolder f;
  f.live();
  f.back_up();
  std::filesystem::permissions(f.journal, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  if (::geteuid() == 0) REQUIRE(::chown(f.journal.c_str(), 65534, 65534) == 0);
  struct stat was {}, is {};
  REQUIRE(::stat(f.journal.c_str(), &was) == 0);
  restored(f.wish());
  REQUIRE(::stat(f.journal.c_str(), &is) == 0);
  CHECK(is.st_uid == was.st_uid);
  CHECK(is.st_gid == was.st_gid);
  CHECK((is.st_mode & 07777) == 0600);
}
