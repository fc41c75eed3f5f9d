// The audit trail as the journal can give it back. The store may lack what a process wrote last before it died; what was asked
// and which state it led to stands in the journal, durable before it was answered.
#pragma once

#include <optional>

#include "bowline/result.hpp"
#include "core/records.hpp"
#include "store/journal.hpp"
#include "store/journal_rows.hpp"
#include "store/input_rows.hpp"

namespace bowline::store {

class JournalAudit {
 public:
  /// The line of the trail that belongs to this row, if one does; its `seq` is 0. Rows come in their order: an order's line
  /// stands at the row that names it, behind the one that asked for it. Not given back: lines of what a resume or an adoption
  /// lifted, and of an adoption that is over. Errors: JOURNAL_ROW.
  Result<std::optional<core::AuditRecord>> take(const JournalRow& row);

 private:
  std::optional<AskedRow> trade_;  ///< asked for, and its order not named yet
};

/// The same line of the trail, told twice: all but `seq`, which a restart numbers anew.
bool same_line(const core::AuditRecord& a, const core::AuditRecord& b);

}  // namespace bowline::store
