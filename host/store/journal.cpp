#include "store/journal.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>

#include "core/contract.hpp"
#include "store/ballast.hpp"
#include "store/journal_chain.hpp"
#include "store/journal_rows.hpp"
#include "store/recent_intents.hpp"
#include "store/restored_row.hpp"

namespace bowline::store {
namespace {

constexpr std::size_t most_unchained = 128;
// In KiB. Rows are only ever put at the end: no page behind it is needed again, and the default would keep 2 MiB of them.
constexpr const char* small_cache = "PRAGMA cache_size=-256";
using Row = JournalLine;

class Statement {
  sqlite3_stmt* s_ = nullptr;

 public:
  Statement() = default;
  ~Statement() { sqlite3_finalize(s_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  bool prepare(sqlite3* db, const char* sql) { return sqlite3_prepare_v2(db, sql, -1, &s_, nullptr) == SQLITE_OK; }
  sqlite3_stmt* get() const noexcept { return s_; }
};

}  // namespace

struct Journal::Impl {
  sqlite3* db = nullptr;
  std::filesystem::path file;
  const core::InstrumentTable* table = nullptr;
  Chain chain;
  std::uint64_t rows = 0, commits = 0, epoch = 0;
  core::Nanos newest_time = 0;  // of the rows that the file had when it was opened
  std::vector<Row> pending;  // noted, not yet durable
  std::map<std::string, std::string, std::less<>> newest;
  Statement insert, begin, commit, rollback;
  /// No file: what was recorded and is not in the chain yet. Nothing waits for it there, and a batch of rows is hashed in
  /// half the time of as many single ones, each of which finds the caches cold.
  struct Unchained {
    core::Intent intent;
    core::Nanos time;
  };
  std::vector<Unchained> unchained;
  RecentIntents found;  // in the file
  bool writable = true, no_room = false;
  std::function<void(double)> told;
  Ballast* ballast = nullptr;
  std::function<void()> given;

  ~Impl() {
    for (Statement* s : {&insert, &begin, &commit, &rollback}) s->~Statement(), new (s) Statement();
    if (db != nullptr) sqlite3_close(db);
  }
  std::string_view symbol_of(const core::Intent& i) const {
    BOWLINE_EXPECTS(table != nullptr);
    return (*table)[i.instrument()].symbol;
  }
  void catch_up() {
    for (const Unchained& u : unchained) chain.reset(chain.next(journal_kind::intent, u.time, line(u.intent, symbol_of(u.intent))));
    unchained.clear();
  }
  bool step(const Statement& s) const {
    const int rc = sqlite3_step(s.get());
    sqlite3_reset(s.get());
    return rc == SQLITE_DONE;
  }
  Error fault(std::string_view code, std::string_view what) const {
    return Error{std::string(code), "journal " + file.string() + ": " + std::string(what) + ": " +
                                        (db != nullptr ? sqlite3_errmsg(db) : "out of memory") +
                                        "; entries stay denied until it can be written"};
  }
  bool exec(const char* sql) const { return sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK; }
  bool set_epoch(std::uint64_t value) {
    Statement s;
    if (!s.prepare(db, "UPDATE epoch SET value=?")) return false;
    sqlite3_bind_int64(s.get(), 1, static_cast<sqlite3_int64>(value));
    return sqlite3_step(s.get()) == SQLITE_DONE && sqlite3_changes(db) == 1;
  }
  /// A restore has renewed it: what it was before, and that what it is now is that of the last one.
  Result<void> epoch_is_sound(std::optional<std::uint64_t>& so_far, std::string_view payload) const {
    const auto r = read_restored(payload);
    if (!r || (so_far && *so_far != r->before))
      return Error{"JOURNAL_EPOCH", "journal " + file.string() + ": row " + std::to_string(rows) + ": " +
                                        (r ? "it renewed another epoch than the one that was in force" : r.error().message)};
    so_far = r->epoch;
    return {};
  }
  /// Follows the chain from its first row; the head is where it ends.
  Result<void> verify() {
    Statement s;
    if (!s.prepare(db, "SELECT row, kind, time_ns, payload, hash FROM journal ORDER BY row")) return fault("JOURNAL_OPEN", "can't be read");
    int rc = 0;
    std::optional<std::uint64_t> renewed;
    while ((rc = sqlite3_step(s.get())) == SQLITE_ROW) {
      const auto bytes = [&s](int i) {
        const auto* p = static_cast<const char*>(sqlite3_column_blob(s.get(), i));
        return std::string(p == nullptr ? "" : p, static_cast<std::size_t>(sqlite3_column_bytes(s.get(), i)));
      };
      const Digest d = chain.next(bytes(1), sqlite3_column_int64(s.get(), 2), bytes(3));
      const std::string has = bytes(4);
      ++rows;
      if (sqlite3_column_int64(s.get(), 0) != static_cast<sqlite3_int64>(rows) || has.size() != d.size() ||
          std::memcmp(has.data(), d.data(), d.size()) != 0)
        return Error{"JOURNAL_CHAIN", "journal " + file.string() + ": row " + std::to_string(rows) +
                                          " is not what was written: it was changed or rows are missing. Keep the file for an "
                                          "investigation and give another --var folder"};
      if (bytes(1) == journal_kind::intent) found.add(bytes(3));
      if (bytes(1) == journal_kind::restored)
        if (auto sound = epoch_is_sound(renewed, bytes(3)); !sound) return sound;
      newest_time = std::max(newest_time, core::Nanos{sqlite3_column_int64(s.get(), 2)});
      chain.reset(d);
    }
    if (rc != SQLITE_DONE) return fault("JOURNAL_OPEN", "can't be read");
    if (renewed && *renewed != epoch)
      return Error{"JOURNAL_EPOCH", "journal " + file.string() + ": its epoch is not the one that its last restore gave it: order ids would repeat. "
                                        "Keep the file for an investigation, and put a backup back with `bowline journal restore`"};
    return {};
  }
  bool append(const Row& row) {
    const Digest d = chain.next(row);
    sqlite3_stmt* s = insert.get();
    sqlite3_bind_int64(s, 1, static_cast<sqlite3_int64>(rows + 1));
    sqlite3_bind_text(s, 2, row.kind.data(), static_cast<int>(row.kind.size()), SQLITE_STATIC);
    sqlite3_bind_int64(s, 3, row.time);
    sqlite3_bind_text(s, 4, row.payload.data(), static_cast<int>(row.payload.size()), SQLITE_STATIC);
    sqlite3_bind_blob(s, 5, d.data(), static_cast<int>(d.size()), SQLITE_STATIC);
    if (!step(insert)) return false;
    ++rows;
    chain.reset(d);
    return true;
  }
  /// All writes go through here: what is known of the disk is what the last one met. `for_exits`: nothing of it is a purchase,
  /// and it may have the room that is kept.
  Result<void> write(std::span<const Row> more, bool for_exits = true) {
    const bool timed = told && db != nullptr;
    const auto began = timed ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
    auto done = commit_all(more);
    bool gave = false;
    while (!done && no_room && for_exits && give(more)) {
      gave = true;
      done = commit_all(more);
    }
    writable = done.ok();
    if (timed && writable) told(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    if (gave && given) given();
    return done;
  }
  bool give(std::span<const Row> more) {
    const bool first = ballast != nullptr && ballast->whole();
    if (ballast == nullptr || !ballast->give()) return false;
    // From here on entries are denied, which a re-run of these events would not: its row stands before what came of it.
    if (first) {
      pending.push_back({std::string(journal_kind::journal), R"({"state":"ballast released"})", more.empty() ? pending.back().time : more.front().time});
      newest.insert_or_assign(pending.back().kind, pending.back().payload);
    }
    return true;
  }
  /// Everything pending and `more` in one transaction; on failure nothing of it counts.
  Result<void> commit_all(std::span<const Row> more) {
    const Digest head = chain.head();
    const std::uint64_t had = rows;
    if (db == nullptr) {
      catch_up();
      for (const Row& r : pending) chain.reset(chain.next(r)), ++rows;
      for (const Row& r : more) chain.reset(chain.next(r)), ++rows;
      pending.clear();
      ++commits;
      return {};
    }
    bool ok = step(begin);
    for (std::size_t i = 0; ok && i < pending.size(); ++i) ok = append(pending[i]);
    for (std::size_t i = 0; ok && i < more.size(); ++i) ok = append(more[i]);
    ok = ok && step(commit);
    if (!ok) {
      const int rc = sqlite3_extended_errcode(db) & 0xff, why = sqlite3_system_errno(db);
      no_room = rc == SQLITE_FULL || (rc == SQLITE_IOERR && (why == ENOSPC || why == EDQUOT));
      const Error e = fault("JOURNAL_WRITE", "can't be written");
      if (sqlite3_get_autocommit(db) == 0) static_cast<void>(step(rollback));
      chain.reset(head);
      rows = had;
      return e;
    }
    pending.clear();
    ++commits;
    return {};
  }
};

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::~Journal() = default;

std::unique_ptr<Journal> Journal::in_memory() { return std::unique_ptr<Journal>(new Journal(std::make_unique<Impl>())); }

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& file, const Stamp& stamp) {
  auto impl = std::make_unique<Impl>();
  impl->file = file;
  if (sqlite3_open_v2(file.c_str(), &impl->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr) !=
      SQLITE_OK)
    return impl->fault("JOURNAL_OPEN", "can't be opened");
  sqlite3_busy_timeout(impl->db, 2000);
  // An exclusive lock for the life of the process: a second host on the same journal is refused at its start.
  if (!impl->exec("PRAGMA locking_mode=EXCLUSIVE") || !impl->exec("PRAGMA journal_mode=WAL") ||
      !impl->exec("PRAGMA synchronous=FULL") || !impl->exec(small_cache) || !impl->exec("BEGIN IMMEDIATE; COMMIT"))
    return impl->fault(sqlite3_errcode(impl->db) == SQLITE_BUSY ? "JOURNAL_LOCKED" : "JOURNAL_OPEN", "can't be taken");
  // Who waited for the lock while a restore had it has the file that was put aside: nobody would find what is written there.
  if (int moved = 0; sqlite3_file_control(impl->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0)
    return Error{"JOURNAL_LOCKED", "journal " + file.string() + ": another file was put in its place while it was opened: start again"};
  const std::string set_format = "PRAGMA user_version=" + std::to_string(journal_format);
  int version = 0;
  {
    Statement s;
    if (!s.prepare(impl->db, "PRAGMA user_version") || sqlite3_step(s.get()) != SQLITE_ROW)
      return impl->fault("JOURNAL_OPEN", "can't be read");
    version = sqlite3_column_int(s.get(), 0);
  }
  if (version > journal_format)
    return Error{"JOURNAL_NEWER", "journal " + file.string() + ": written by a newer version of bowline (format " +
                                      std::to_string(version) + ", this one knows " + std::to_string(journal_format) +
                                      "): update bowline, or give another --var folder"};
  if (version == 1) {
    // Format 1 held no fills: nothing can be gone on from. One without rows holds nothing at all.
    Statement s;
    if (!s.prepare(impl->db, "SELECT count(*) FROM journal") || sqlite3_step(s.get()) != SQLITE_ROW)
      return impl->fault("JOURNAL_OPEN", "can't be read");
    if (sqlite3_column_int64(s.get(), 0) != 0)
      return Error{"JOURNAL_OLDER", "journal " + file.string() + ": written by an earlier version of bowline, which recorded no fills: a run can't "
                                    "go on from it. See that its orders have ended, and give another --var folder"};
    if (!impl->exec(set_format.c_str())) return impl->fault("JOURNAL_OPEN", "can't be set up");
  }
  if (version == 0) {
    if (!impl->exec("BEGIN;"
                    "CREATE TABLE stamp(mode TEXT NOT NULL, venue TEXT NOT NULL, portfolio TEXT NOT NULL);"
                    "CREATE TABLE epoch(value INTEGER NOT NULL);"
                    "CREATE TABLE journal(row INTEGER PRIMARY KEY, kind TEXT NOT NULL, time_ns INTEGER NOT NULL,"
                    " payload TEXT NOT NULL, hash BLOB NOT NULL);"
                    "INSERT INTO epoch VALUES(0);"))
      return impl->fault("JOURNAL_OPEN", "can't be set up");
    Statement s;
    if (!s.prepare(impl->db, "INSERT INTO stamp VALUES(?,?,?)")) return impl->fault("JOURNAL_OPEN", "can't be stamped");
    int at = 0;
    for (const std::string* text : {&stamp.mode, &stamp.venue, &stamp.portfolio})
      sqlite3_bind_text(s.get(), ++at, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
    // All in one: a process that dies in the middle must not leave a journal that belongs to nobody.
    if (sqlite3_step(s.get()) != SQLITE_DONE || sqlite3_reset(s.get()) != SQLITE_OK || !impl->exec((set_format + "; COMMIT").c_str()))
      return impl->fault("JOURNAL_OPEN", "can't be stamped");
  } else {
    Statement s;
    if (!s.prepare(impl->db, "SELECT mode, venue, portfolio FROM stamp") || sqlite3_step(s.get()) != SQLITE_ROW)
      return impl->fault("JOURNAL_STAMP", "has no stamp");
    const auto column = [&s](int i) { return std::string(reinterpret_cast<const char*>(sqlite3_column_text(s.get(), i))); };
    const Stamp has{column(0), column(1), column(2)};
    if (has.mode != stamp.mode || has.venue != stamp.venue || has.portfolio != stamp.portfolio)
      return Error{"JOURNAL_STAMP", "journal " + file.string() + ": belongs to mode " + has.mode + ", venue " + has.venue +
                                        ", portfolio " + has.portfolio + "; this run is mode " + stamp.mode + ", venue " +
                                        stamp.venue + ", portfolio " + stamp.portfolio + ": give another --var folder"};
  }
  {
    Statement s;
    if (!s.prepare(impl->db, "SELECT value FROM epoch") || sqlite3_step(s.get()) != SQLITE_ROW)
      return impl->fault("JOURNAL_OPEN", "can't be read");
    impl->epoch = static_cast<std::uint64_t>(sqlite3_column_int64(s.get(), 0));
  }
  if (auto whole = impl->verify(); !whole) return whole.error();
  // From here on it may get rows that an earlier format has not: a version that would pass over them is kept from it.
  if (version >= 2 && version < journal_format)
    if (!impl->exec(set_format.c_str())) return impl->fault("JOURNAL_OPEN", "can't be taken to format " + std::to_string(journal_format));
  if (!impl->insert.prepare(impl->db, "INSERT INTO journal VALUES(?,?,?,?,?)") || !impl->begin.prepare(impl->db, "BEGIN") ||
      !impl->commit.prepare(impl->db, "COMMIT") || !impl->rollback.prepare(impl->db, "ROLLBACK"))
    return impl->fault("JOURNAL_OPEN", "can't be prepared");
  return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

bool Journal::writable() const noexcept { return impl_->writable; }
bool Journal::no_room() const noexcept { return !impl_->writable && impl_->no_room; }
void Journal::lean_on(Ballast& ballast, std::function<void()> given) {
  impl_->ballast = &ballast;
  impl_->given = std::move(given);
}
void Journal::name(const core::InstrumentTable& table) noexcept { impl_->table = &table; }
void Journal::time_commits(std::function<void(double seconds)> told) { impl_->told = std::move(told); }

Result<void> Journal::record(std::span<const Approved> intents, core::Nanos now, std::vector<Durable>& out,
                             std::span<const JournalNote> beside) {
  if (impl_->db == nullptr && impl_->pending.empty() && beside.empty()) {  // no file: the chain alone
    for (const Approved& a : intents) {
      impl_->unchained.push_back({*a, now});
      out.push_back(Durable(a));
    }
    if (impl_->unchained.size() >= most_unchained) impl_->catch_up();
    impl_->rows += intents.size();
    ++impl_->commits;
    return {};
  }
  std::vector<Row> rows;
  rows.reserve(intents.size() + beside.size());
  for (const JournalNote& n : beside) {
    rows.push_back({std::string(n.kind), n.payload, now});
    impl_->newest.insert_or_assign(std::string(n.kind), n.payload);
  }
  for (const Approved& a : intents) rows.push_back({std::string(journal_kind::intent), line(*a, impl_->symbol_of(*a)), now});
  const bool buys = std::any_of(intents.begin(), intents.end(), [](const Approved& a) { return a->side() == core::Side::buy; });
  if (auto done = impl_->write(rows, !buys); !done) return done;
  for (const Approved& a : intents) out.push_back(Durable(a));
  if (impl_->db != nullptr)
    for (std::size_t i = beside.size(); i < rows.size(); ++i) impl_->found.add(rows[i].payload);
  return {};
}

Result<Journal::DurableAmendment> Journal::record(const ApprovedAmendment& a, core::Nanos now, std::string_view venue_id,
                                                  std::span<const JournalNote> beside) {
  std::vector<Row> rows;
  rows.reserve(beside.size() + 1);
  for (const JournalNote& n : beside) rows.push_back({std::string(n.kind), n.payload, now});
  const OrderRow asked{core::ClientOrderId(a->wanted.client_id()), core::OrderEvent::amend_sent, a->state, std::string(venue_id), "", a->terms};
  rows.push_back({std::string(journal_kind::order), line(asked), now});
  if (auto done = impl_->write(rows, a->wanted.side() != core::Side::buy); !done) return done.error();
  for (const Row& r : rows) impl_->newest.insert_or_assign(r.kind, r.payload);
  return DurableAmendment(a);
}

Result<Journal::Durable> Journal::again(const Approved& intent) const {
  if (!impl_->found.has(line(*intent, impl_->symbol_of(*intent))))
    return Error{"JOURNAL_NO_INTENT", "order " + std::string(intent->client_id()) + " is not in the journal as it is to be sent: it is not sent"};
  return Durable(intent);
}

Result<void> Journal::note(std::string_view kind, core::Nanos now, std::string_view payload) {
  impl_->newest.insert_or_assign(std::string(kind), std::string(payload));
  if (impl_->db == nullptr) {  // no file: the chain alone
    impl_->catch_up();
    impl_->chain.reset(impl_->chain.next({std::string(kind), std::string(payload), now}));
    ++impl_->rows;
    return {};
  }
  impl_->pending.push_back({std::string(kind), std::string(payload), now});
  // A long quiet run must not gather notes without end.
  return impl_->pending.size() >= 4096 ? impl_->write({}) : Result<void>{};
}

Result<void> Journal::flush() { return impl_->pending.empty() ? Result<void>{} : impl_->write({}); }
std::uint64_t Journal::commits() const noexcept { return impl_->commits; }
std::uint64_t Journal::rows() const noexcept { return impl_->rows + impl_->pending.size(); }
bool Journal::pending() const noexcept { return !impl_->pending.empty(); }
bool Journal::durable() const noexcept { return impl_->db != nullptr; }
std::string Journal::head() const {
  impl_->catch_up();
  const Digest written = impl_->chain.head();
  for (const Row& r : impl_->pending) impl_->chain.reset(impl_->chain.next(r));
  const Digest head = impl_->chain.head();
  impl_->chain.reset(written);
  return hex(head);
}
std::uint64_t Journal::epoch() const noexcept { return impl_->epoch; }

Result<void> Journal::each(const RowReader& read) const {
  if (impl_->db == nullptr) return {};
  Statement s;
  if (!s.prepare(impl_->db, "SELECT row, kind, time_ns, payload FROM journal ORDER BY row")) return impl_->fault("JOURNAL_OPEN", "can't be read");
  const auto text = [&s](int i) {
    const void* p = sqlite3_column_blob(s.get(), i);
    return p == nullptr ? std::string_view()
                        : std::string_view(static_cast<const char*>(p), static_cast<std::size_t>(sqlite3_column_bytes(s.get(), i)));
  };
  int rc = 0;
  while ((rc = sqlite3_step(s.get())) == SQLITE_ROW) {
    const auto row = static_cast<std::uint64_t>(sqlite3_column_int64(s.get(), 0));
    if (auto done = read({row, text(1), sqlite3_column_int64(s.get(), 2), text(3)}); !done) {
      Error e = done.error();
      e.message = "journal " + impl_->file.string() + ", row " + std::to_string(row) + ": " + e.message;
      return e;
    }
  }
  return rc == SQLITE_DONE ? Result<void>{} : Result<void>(impl_->fault("JOURNAL_OPEN", "can't be read"));
}

Result<void> Journal::set_epoch(std::uint64_t epoch) {
  if (impl_->rows != 0) return Error{"JOURNAL_EPOCH", "the epoch of a journal with rows can't change: its order ids are made from it"};
  impl_->epoch = epoch & 0x7fff'ffff'ffff'ffffu;
  if (impl_->db == nullptr) return {};
  return impl_->set_epoch(impl_->epoch) ? Result<void>{} : Result<void>(impl_->fault("JOURNAL_WRITE", "can't be written"));
}

Result<RestoredRow> Journal::renew_epoch(RestoredRow row, std::optional<std::uint64_t> drawn) {
  Impl& m = *impl_;
  BOWLINE_EXPECTS(m.db != nullptr && m.rows != 0 && m.pending.empty());
  row.head = head();
  row.before = m.epoch;
  row.epoch = renewed_epoch(row.before, row.head, row.from.empty() ? std::string_view(row.why) : std::string_view(row.replaced), drawn);
  const Digest was = m.chain.head();
  // Row and epoch in one: neither without the other.
  if (m.step(m.begin) && m.append({std::string(journal_kind::restored), line(row), m.newest_time}) && m.set_epoch(row.epoch) && m.step(m.commit)) {
    ++m.commits;
    m.epoch = row.epoch;
    return row;
  }
  const Error why = m.fault("JOURNAL_WRITE", "can't be written");
  if (sqlite3_get_autocommit(m.db) == 0) static_cast<void>(m.step(m.rollback));
  if (m.chain.head() != was) --m.rows, m.chain.reset(was);
  return why;
}

std::string Journal::latest(std::string_view kind) const {
  if (const auto it = impl_->newest.find(kind); it != impl_->newest.end()) return it->second;
  if (impl_->db == nullptr) return {};
  Statement s;
  if (!s.prepare(impl_->db, "SELECT payload FROM journal WHERE kind=? ORDER BY row DESC LIMIT 1")) return {};
  sqlite3_bind_text(s.get(), 1, kind.data(), static_cast<int>(kind.size()), SQLITE_STATIC);
  if (sqlite3_step(s.get()) != SQLITE_ROW) return {};
  return reinterpret_cast<const char*>(sqlite3_column_text(s.get(), 0));
}

}  // namespace bowline::store
