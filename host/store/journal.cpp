#include "store/journal.hpp"

#include <openssl/evp.h>
#include <sqlite3.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <map>

#include "core/contract.hpp"

namespace bowline::store {
namespace {

constexpr int schema_version = 1;
using Digest = std::array<unsigned char, 32>;

std::string hex(const Digest& d) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string s;
  for (const unsigned char c : d) {
    s += digits[c >> 4];
    s += digits[c & 15];
  }
  return s;
}

/// One row of the chain: what happened, in one canonical line of text, and the hash of everything up to it.
struct Row {
  std::string kind, payload;
  core::Nanos time = 0;
};

/// SHA-256(previous || kind || time || payload), each with its length in front.
class Chain {
  EVP_MD_CTX* ctx_ = EVP_MD_CTX_new();
  EVP_MD* md_ = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Digest head_{};

 public:
  Chain() { BOWLINE_INVARIANT(ctx_ != nullptr && md_ != nullptr); }
  ~Chain() {
    EVP_MD_free(md_);
    EVP_MD_CTX_free(ctx_);
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  const Digest& head() const noexcept { return head_; }
  void reset(const Digest& d) noexcept { head_ = d; }
  Digest next(const Row& row) const {
    Digest out{};
    const auto number = [this](std::uint64_t v) {
      unsigned char b[8];
      for (int i = 0; i < 8; ++i) b[i] = static_cast<unsigned char>(v >> (8 * i));
      EVP_DigestUpdate(ctx_, b, sizeof b);
    };
    const auto text = [&](std::string_view s) {
      number(s.size());
      EVP_DigestUpdate(ctx_, s.data(), s.size());
    };
    BOWLINE_INVARIANT(EVP_DigestInit_ex(ctx_, md_, nullptr) == 1);
    EVP_DigestUpdate(ctx_, head_.data(), head_.size());
    text(row.kind);
    number(static_cast<std::uint64_t>(row.time));
    text(row.payload);
    unsigned n = 0;
    BOWLINE_INVARIANT(EVP_DigestFinal_ex(ctx_, out.data(), &n) == 1 && n == out.size());
    return out;
  }
};

/// The whole intent as one line, every field named: a reader needs no other document.
std::string intent_line(const core::Intent& i) {
  std::string s;
  s.reserve(512);  // grown once, not five times
  const auto number = [&s](auto n) {
    char text[24];
    s.append(text, std::to_chars(text, text + sizeof text, n).ptr);
  };
  s.append("{\"client_id\":\"").append(i.client_id()).append("\",\"decision\":\"").append(i.decision.hex());
  s.append("\",\"instrument\":");
  number(i.abi.instrument);
  s.append(",\"purpose\":\"").append(core::to_string(i.purpose));
  s.append("\",\"side\":\"").append(core::to_string(i.side())).append("\",\"type\":\"").append(core::to_string(i.type()));
  s.append("\",\"tif\":\"").append(core::to_string(i.tif())).append("\",\"flags\":");
  number(i.abi.flags);
  const auto amount = [&s](std::string_view key, Decimal d) {
    if (!d.is_set()) return;
    s.append(",\"").append(key).append("\":\"");
    d.append_to(s);
    s += '"';
  };
  amount("qty", i.qty());
  amount("quote_qty", i.quote_qty());
  amount("limit_px", i.limit_px());
  amount("stop_px", i.stop_px());
  s.append(",\"expire_ns\":");
  number(i.abi.expire_ns);
  s.append(",\"decided_ns\":");
  number(i.abi.decided_ns);
  s.append("}");
  return s;
}

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
  Chain chain;
  std::uint64_t rows = 0, commits = 0, epoch = 0;
  std::vector<Row> pending;  // noted, not yet durable
  std::map<std::string, std::string, std::less<>> newest;
  Statement insert, begin, commit, rollback;
  bool writable = true;
  std::function<void(double)> told;

  ~Impl() {
    for (Statement* s : {&insert, &begin, &commit, &rollback}) s->~Statement(), new (s) Statement();
    if (db != nullptr) sqlite3_close(db);
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
  /// Follows the chain from its first row; the head is where it ends.
  Result<void> verify() {
    Statement s;
    if (!s.prepare(db, "SELECT row, kind, time_ns, payload, hash FROM journal ORDER BY row")) return fault("JOURNAL_OPEN", "can't be read");
    int rc = 0;
    while ((rc = sqlite3_step(s.get())) == SQLITE_ROW) {
      const auto bytes = [&s](int i) {
        const auto* p = static_cast<const char*>(sqlite3_column_blob(s.get(), i));
        return std::string(p == nullptr ? "" : p, static_cast<std::size_t>(sqlite3_column_bytes(s.get(), i)));
      };
      const Digest d = chain.next({bytes(1), bytes(3), sqlite3_column_int64(s.get(), 2)});
      const std::string has = bytes(4);
      ++rows;
      if (sqlite3_column_int64(s.get(), 0) != static_cast<sqlite3_int64>(rows) || has.size() != d.size() ||
          std::memcmp(has.data(), d.data(), d.size()) != 0)
        return Error{"JOURNAL_CHAIN", "journal " + file.string() + ": row " + std::to_string(rows) +
                                          " is not what was written: it was changed or rows are missing. Keep the file for an "
                                          "investigation and give another --var folder"};
      chain.reset(d);
    }
    return rc == SQLITE_DONE ? Result<void>{} : Result<void>(fault("JOURNAL_OPEN", "can't be read"));
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
  /// All writes go through here: what is known of the disk is what the last one met.
  Result<void> write(std::span<const Row> more) {
    const bool timed = told && db != nullptr;
    const auto began = timed ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
    auto done = commit_all(more);
    writable = done.ok();
    if (timed && writable) told(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    return done;
  }
  /// Everything pending and `more` in one transaction; on failure nothing of it counts.
  Result<void> commit_all(std::span<const Row> more) {
    const Digest head = chain.head();
    const std::uint64_t had = rows;
    if (db == nullptr) {
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
      !impl->exec("PRAGMA synchronous=FULL") || !impl->exec("BEGIN IMMEDIATE; COMMIT"))
    return impl->fault(sqlite3_errcode(impl->db) == SQLITE_BUSY ? "JOURNAL_LOCKED" : "JOURNAL_OPEN", "can't be taken");
  int version = 0;
  {
    Statement s;
    if (!s.prepare(impl->db, "PRAGMA user_version") || sqlite3_step(s.get()) != SQLITE_ROW)
      return impl->fault("JOURNAL_OPEN", "can't be read");
    version = sqlite3_column_int(s.get(), 0);
  }
  if (version > schema_version)
    return Error{"JOURNAL_NEWER", "journal " + file.string() + ": written by a newer version of bowline (format " +
                                      std::to_string(version) + ", this one knows " + std::to_string(schema_version) +
                                      "): update bowline, or give another --var folder"};
  if (version == 0) {
    if (!impl->exec("BEGIN;"
                    "CREATE TABLE stamp(mode TEXT NOT NULL, venue TEXT NOT NULL, portfolio TEXT NOT NULL);"
                    "CREATE TABLE epoch(value INTEGER NOT NULL);"
                    "CREATE TABLE journal(row INTEGER PRIMARY KEY, kind TEXT NOT NULL, time_ns INTEGER NOT NULL,"
                    " payload TEXT NOT NULL, hash BLOB NOT NULL);"
                    "INSERT INTO epoch VALUES(0);"
                    "PRAGMA user_version=1;"
                    "COMMIT"))
      return impl->fault("JOURNAL_OPEN", "can't be set up");
    Statement s;
    if (!s.prepare(impl->db, "INSERT INTO stamp VALUES(?,?,?)")) return impl->fault("JOURNAL_OPEN", "can't be stamped");
    int at = 0;
    for (const std::string* text : {&stamp.mode, &stamp.venue, &stamp.portfolio})
      sqlite3_bind_text(s.get(), ++at, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
    if (sqlite3_step(s.get()) != SQLITE_DONE) return impl->fault("JOURNAL_OPEN", "can't be stamped");
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
  if (!impl->insert.prepare(impl->db, "INSERT INTO journal VALUES(?,?,?,?,?)") || !impl->begin.prepare(impl->db, "BEGIN") ||
      !impl->commit.prepare(impl->db, "COMMIT") || !impl->rollback.prepare(impl->db, "ROLLBACK"))
    return impl->fault("JOURNAL_OPEN", "can't be prepared");
  return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

bool Journal::writable() const noexcept { return impl_->writable; }
void Journal::time_commits(std::function<void(double seconds)> told) { impl_->told = std::move(told); }

Result<void> Journal::record(std::span<const Approved> intents, core::Nanos now, std::vector<Durable>& out) {
  std::vector<Row> rows;
  rows.reserve(intents.size());
  for (const Approved& a : intents) rows.push_back({"intent", intent_line(*a), now});
  if (auto done = impl_->write(rows); !done) return done;
  for (const Approved& a : intents) out.push_back(Durable(a));
  return {};
}

Result<void> Journal::note(std::string_view kind, core::Nanos now, std::string_view payload) {
  impl_->newest.insert_or_assign(std::string(kind), std::string(payload));
  if (impl_->db == nullptr) {  // no file: the chain alone
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
bool Journal::durable() const noexcept { return impl_->db != nullptr; }
std::string Journal::head() const { return hex(impl_->chain.head()); }
std::uint64_t Journal::epoch() const noexcept { return impl_->epoch; }

Result<void> Journal::set_epoch(std::uint64_t epoch) {
  if (impl_->rows != 0) return Error{"JOURNAL_EPOCH", "the epoch of a journal with rows can't change: its order ids are made from it"};
  impl_->epoch = epoch & 0x7fff'ffff'ffff'ffffu;
  if (impl_->db == nullptr) return {};
  Statement s;
  if (!s.prepare(impl_->db, "UPDATE epoch SET value=?")) return impl_->fault("JOURNAL_WRITE", "can't be written");
  sqlite3_bind_int64(s.get(), 1, static_cast<sqlite3_int64>(impl_->epoch));
  return sqlite3_step(s.get()) == SQLITE_DONE ? Result<void>{} : Result<void>(impl_->fault("JOURNAL_WRITE", "can't be written"));
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
