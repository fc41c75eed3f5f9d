#include "store/journal_behind.hpp"

#include <vector>

#include "store/journal_find.hpp"
#include "store/query.hpp"

namespace bowline::store {

Result<std::string> order_beyond(const Journal& journal, const std::filesystem::path& transactions) {
  std::error_code ec;
  if (!std::filesystem::exists(transactions, ec)) return std::string();
  std::vector<ToldOrder> newest;
  {
    auto db = Database::open(transactions, Database::Access::read);
    if (!db) return std::string();  // who opens it to write says why
    // What the journal lacks is newer than all that it has. One that was found at the venue may be named as ours are, and was decided by
    // nobody here: behind a restore those are the orders of the time that the backup has not.
    Query q(*db, "SELECT id FROM orders WHERE id LIKE 'bl-%' AND trim(decision_id, '0') <> '' ORDER BY decided_ns DESC, seq DESC LIMIT 20");
    while (q.next()) newest.push_back({core::ClientOrderId(q.bytes(0))});
  }
  if (newest.empty()) return std::string();
  if (auto found = find_told(journal, {}, newest); !found) return found.error();
  for (const ToldOrder& o : newest)
    if (!o.known) return std::string(o.id.view());
  return std::string();
}

}  // namespace bowline::store
