// Whether a journal proves what it should: no order without an intent, none unresolved without being listed, the chain
// unbroken. Reads the file of a run that has ended.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace bowline::store {

/// An order whose end is not in the journal.
struct UnresolvedOrder {
  std::string order, symbol, state;
  core::Nanos since = 0;  ///< of its last row
};

/// The first row that is not as it should be, and why.
struct BadRow {
  std::uint64_t row = 0;
  std::string code, what;
};

struct JournalReport {
  std::uint64_t rows = 0, intents = 0, fills = 0, restores = 0;
  std::map<std::string, std::uint64_t> orders;  ///< by their last state
  std::vector<UnresolvedOrder> unresolved;      ///< in order of their intents
  std::string head;                             ///< hex, of the last good row
  BadRow bad;                                   ///< code empty: there is none
};

/// Reads every row. Codes of a bad row: JOURNAL_CHAIN (changed, missing or inserted), JOURNAL_ROW (can't be read),
/// INTENT_TWICE, ORDER_WITHOUT_INTENT, ORDER_EVENT_UNEXPECTED (not in the state table, or led elsewhere), FILL_TWICE,
/// FILL_BEYOND_ORDER, FILL_OF_OTHER (another product or side than its order),
/// INPUT_OUT_OF_PLACE (a command or a tick before the one before it), JOURNAL_EPOCH (a restore of another chain or epoch, or the file's
/// epoch is not that of the last one), ORDER_OF_OTHER_EPOCH (behind a restore, with an id that is not of its epoch). Stops at the first one. Errors: JOURNAL_OPEN,
/// JOURNAL_LOCKED (a host runs on it), JOURNAL_NEWER, JOURNAL_OLDER.
Result<JournalReport> verify_journal(const std::filesystem::path& file);

}  // namespace bowline::store
