#include "store/migrations.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "store/query.hpp"

namespace bowline::store {
namespace {

std::string checksum(const std::string& text) {
  std::array<unsigned char, 32> d{};
  EVP_Digest(text.data(), text.size(), d.data(), nullptr, EVP_sha256(), nullptr);
  std::string s;
  for (const unsigned char c : d) {
    s += "0123456789abcdef"[c >> 4];
    s += "0123456789abcdef"[c & 15];
  }
  return s;
}

bool has_table(const Database& db, std::string_view name) {
  return Query(db, "SELECT 1 FROM sqlite_master WHERE type='table' AND name=?").bind(name).next();
}

Result<MigrationStatus> compare(const Database& db, const std::filesystem::path& file, const std::vector<Migration>& known) {
  MigrationStatus st;
  if (has_table(db, "schema_migrations")) {
    Query q(db, "SELECT version, name, checksum FROM schema_migrations ORDER BY version");
    while (q.next()) {
      const int version = static_cast<int>(q.integer(0));
      const auto it = std::find_if(known.begin(), known.end(), [&](const Migration& m) { return m.version == version; });
      if (it == known.end())
        return Error{"STORE_NEWER", "store " + file.string() + ": has migration " + std::to_string(version) +
                                        ", which this version of bowline does not know: update bowline"};
      if (q.bytes(2) != checksum(it->sql))
        return Error{"STORE_MIGRATION_CHANGED", "store " + file.string() + ": migration " + it->name +
                                                    " was applied with another text: add a new migration instead"};
      st.at = version;
    }
    if (q.failed()) return db.fault();
  }
  for (const Migration& m : known)
    if (m.version > st.at) st.open.push_back(m.name);
  return st;
}

/// Held while a file is set up: roles that share it start at the same moment, and one of them makes the tables. A file of
/// its own: to close another descriptor of the database would drop SQLite's locks on it. Where it can't be made, SQLite
/// says what is wrong with the folder.
class SetUpLock {
  int fd_;
  bool refused_ = false;

 public:
  explicit SetUpLock(const std::filesystem::path& file)
      : fd_(::open((file.string() + ".setup.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0) return;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EINTR && errno != EWOULDBLOCK) return;  // a file system without such locks
      if ((refused_ = std::chrono::steady_clock::now() >= give_up)) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  /// Somebody else held it for too long.
  bool refused() const noexcept { return refused_; }
  ~SetUpLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  SetUpLock(const SetUpLock&) = delete;
  SetUpLock& operator=(const SetUpLock&) = delete;
};

}  // namespace

Result<std::vector<Migration>> read_migrations(const std::filesystem::path& folder) {
  std::vector<Migration> all;
  std::error_code ec;
  for (const auto& e : std::filesystem::directory_iterator(folder, ec)) {
    if (e.path().extension() != ".sql") continue;
    Migration m;
    m.name = e.path().stem().string();
    if (std::from_chars(m.name.data(), m.name.data() + m.name.size(), m.version).ec != std::errc{} || m.version < 1)
      return Error{"STORE_MIGRATIONS", e.path().string() + ": a migration is named NNNN_what.sql"};
    std::ifstream in(e.path(), std::ios::binary);
    m.sql.assign(std::istreambuf_iterator<char>(in), {});
    all.push_back(std::move(m));
  }
  if (ec) return Error{"STORE_MIGRATIONS", folder.string() + ": " + ec.message()};
  std::sort(all.begin(), all.end(), [](const Migration& a, const Migration& b) { return a.version < b.version; });
  return all;
}

Result<MigrationStatus> migration_status(const std::filesystem::path& file, const std::vector<Migration>& known) {
  auto db = Database::open(file, Database::Access::read);
  if (!db) return db.error();
  return compare(*db, file, known);
}

Result<MigrationStatus> migrate(const std::filesystem::path& file, const std::vector<Migration>& known) {
  const SetUpLock lock(file);
  if (lock.refused())
    return Error{"STORE_LOCKED", "store " + file.string() + ": another bowline has been setting it up for half a minute: look at that one"};
  auto db = Database::open(file, Database::Access::write);
  if (!db) return db.error();
  auto st = compare(*db, file, known);
  if (!st || st->open.empty()) return st;
  if (st->at > 0) {
    // An older copy of the same version would make VACUUM INTO fail; the newest is the one to go back to.
    const std::string copy = file.string() + ".backup-" + std::to_string(st->at);
    std::error_code ec;
    std::filesystem::remove(copy, ec);
    Query q(*db, "VACUUM INTO ?");
    q.bind(copy);
    static_cast<void>(q.next());
    if (q.failed()) return db->fault();
  }
  // Takes effect on a new file only: three frames of all features fit one page of this size, one spills over two of 4 KiB.
  if (auto r = db->exec("PRAGMA page_size=16384"); !r) return r.error();
  if (auto r = db->exec("PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS schema_migrations("
                        "version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)"); !r)
    return r.error();
  for (const Migration& m : known) {
    if (m.version <= st->at) continue;
    if (auto r = db->exec(m.sql); !r) return r.error();  // closing the file rolls back
    Query q(*db, "INSERT INTO schema_migrations VALUES(?,?,?)");
    q.bind(std::int64_t{m.version}).bind(m.name).bind(checksum(m.sql));
    static_cast<void>(q.next());
    if (q.failed()) return db->fault();
  }
  if (auto r = db->exec("COMMIT"); !r) return r.error();
  return compare(*db, file, known);
}

}  // namespace bowline::store
