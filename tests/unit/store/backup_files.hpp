// A run's folder with a journal that has orders in it, and backups of it: what the tests of backup and restore begin with.
#pragma once

#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "store/journal_backup.hpp"
#include "store/journal_restore.hpp"
#include "store/journal_verify.hpp"
#include "store/query.hpp"
#include "unit/services/again.hpp"

namespace bowline::test {

inline const store::Stamp run_stamp{"mock", "v", "default"};

inline std::string code_of(const Error& e) { return e.code; }
template <class T>
std::string code_of(const Result<T>& r) {
  return r.ok() ? std::string() : r.error().code;
}

struct RunFolder {
  StoreFolder dir;
  std::filesystem::path journal = dir / "journal.db", backup = dir / "backup.db";

  /// A life that buys and sells, and ends; the next one goes on from its journal, and makes the same decisions.
  void live(int pairs = 1) const {
    std::unique_ptr<Desk> made;
    if (std::filesystem::exists(journal)) {
      made = std::make_unique<Again>(journal);
      made->exec->resume_orders();
    } else {
      auto empty = opened(journal);
      REQUIRE(empty->note("begin", 0, "{\"seed\":7}").ok());
      made = std::make_unique<Desk>(core::FloorLimits{}, "10000"_dec, std::move(empty));
    }
    Desk& d = *made;
    d.now += static_cast<core::Nanos>(d.journal->rows()) * 2 * bar_ns;
    d.fills = 1000 * d.journal->rows();
    for (int i = 0; i < pairs; ++i) {
      d.price(d.m.btc, 10000);
      d.hold(0.05);
      d.price(d.m.btc, 10000);
      d.want(core::Purpose::exit, 0);
      const core::Intent sale = d.last();
      d.fill(sale, sale.qty(), "100"_dec);
      d.now += 2 * bar_ns;
    }
    REQUIRE(d.journal->flush().ok());
  }
  store::RestoreWish wish(bool replace = true) const {
    store::RestoreWish w;
    w.backup = backup;
    w.journal = journal;
    w.stamp = run_stamp;
    w.replace = replace;
    w.at = 5;
    w.who = "tester";
    w.why = "the disk failed";
    return w;
  }
  static store::JournalReport proved(const std::filesystem::path& file) {
    const auto r = store::verify_journal(file);
    if (!r) FAIL(r.error().message);
    INFO(r->bad.what);
    CHECK(r->bad.code == "");
    return *r;
  }
  static std::vector<std::string> ids(const std::filesystem::path& file, std::uint64_t behind = 0) {
    const auto db = store::Database::open(file, store::Database::Access::read);
    REQUIRE(db.ok());
    store::Query q(*db, "SELECT json_extract(payload,'$.client_id') FROM journal WHERE kind='intent' AND row>? ORDER BY row");
    q.bind(static_cast<std::int64_t>(behind));
    std::vector<std::string> all;
    while (q.next()) all.emplace_back(q.bytes(0));
    return all;
  }
  static void change(const std::filesystem::path& file, const std::string& sql) {
    auto db = store::Database::open(file, store::Database::Access::write);
    REQUIRE(db.ok());
    REQUIRE(db->exec(sql).ok());
  }
  static std::string bytes(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  }
  /// Every name in the folder.
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& e : std::filesystem::directory_iterator(dir.path())) all.insert(e.path().filename().string());
    return all;
  }
  void back_up() const {
    const auto made = store::backup_journal(journal, backup);
    if (!made) FAIL(made.error().message);
  }
};

}  // namespace bowline::test
