#include "services/stand_in/in_flight.hpp"

#include <stdlib.h>

#include <map>
#include <string>

#include "core/order_state.hpp"
#include "store/journal_file.hpp"
#include "store/journal_rows.hpp"
#include "store/journal_snapshot.hpp"

namespace bowline::services {
namespace {

namespace fs = std::filesystem;

/// A folder that goes away again.
class Scratch {
 public:
  Scratch() {
    std::error_code ignored;
    folder_ = (fs::temp_directory_path(ignored) / "bowline-panic-XXXXXX").string();
    if (::mkdtemp(folder_.data()) == nullptr) folder_.clear();
  }
  ~Scratch() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& folder() const noexcept { return folder_; }

 private:
  std::string folder_;
};

}  // namespace

Result<HostOrders> orders_in_flight(const fs::path& journal, const core::InstrumentTable& table) {
  const Scratch scratch;
  if (scratch.folder().empty()) return Error{"JOURNAL_OPEN", "journal " + journal.string() + " can't be copied: there is no folder for it"};
  const auto copy = store::copy_journal(journal, scratch.folder());
  if (!copy) return copy.error();
  auto file = store::JournalFile::open(*copy);
  if (!file) return file.error();
  HostOrders all;
  auto stamp = file->stamp();
  if (!stamp) return stamp.error();
  all.stamp = std::move(*stamp);
  std::vector<InFlight> made;
  std::map<core::ClientOrderId, bool> ended;
  for (;;) {
    const auto more = file->next();
    if (!more) return more.error();
    if (!*more) break;
    const store::JournalRow& row = file->row();
    ++all.rows;
    all.last = std::max(all.last, row.time);
    if (row.kind == store::journal_kind::intent) {
      const auto intent = store::read_intent(row.payload, table);
      if (intent) made.push_back({core::ClientOrderId(intent->client_id()), intent->instrument(), intent->side(), intent->qty(), intent->abi.decided_ns});
    } else if (row.kind == store::journal_kind::order) {
      const auto order = store::read_order(row.payload);
      if (!order) return order.error();
      ended[order->order] = core::is_terminal(order->to);
    }
  }
  for (InFlight& o : made) {
    const auto it = ended.find(o.id);
    if (it == ended.end() || !it->second) all.in_flight.push_back(o);
  }
  return all;
}

}  // namespace bowline::services
