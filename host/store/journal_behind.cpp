#include "store/journal_behind.hpp"

#include <vector>

#include "store/journal_find.hpp"

namespace bowline::store {

std::optional<Stamp> stamp_of_store(const Database& db) {
  Query q(db, "SELECT mode, venue, portfolio FROM stamp");
  if (!q.next()) return std::nullopt;
  return Stamp{std::string(q.bytes(0)), std::string(q.bytes(1)), std::string(q.bytes(2))};
}

Result<std::string> order_beyond(const Journal& journal, const std::filesystem::path& transactions, const Stamp& stamp) {
  std::error_code ec;
  if (!std::filesystem::exists(transactions, ec)) return std::string();
  std::vector<ToldOrder> newest;
  {
    auto db = Database::open(transactions, Database::Access::read);
    if (!db) return std::string();  // who opens it to write says why
    const auto has = stamp_of_store(*db);
    if (!has || has->mode != stamp.mode || has->venue != stamp.venue || has->portfolio != stamp.portfolio) return std::string();
    // What the journal lacks is newer than all that it has. One that was found at the venue may be named as ours are, and was decided by
    // nobody here: behind a restore those are the orders of the time that the backup has not.
    Query q(*db, "SELECT id FROM orders WHERE id LIKE 'bl-%' AND trim(decision_id, '0') <> '' ORDER BY decided_ns DESC, seq DESC LIMIT 20");
    while (q.next()) newest.push_back({core::ClientOrderId(q.bytes(0))});
    if (q.failed()) return Error{"STORE_READ", "store " + transactions.string() + ": whether the journal is older can't be seen: " + db->fault().message};
  }
  if (newest.empty()) return std::string();
  if (auto found = find_told(journal, {}, newest); !found) return found.error();
  for (const ToldOrder& o : newest)
    if (!o.known) return std::string(o.id.view());
  return std::string();
}

}  // namespace bowline::store
