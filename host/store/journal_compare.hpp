// Two journals of one run, held against each other row by row, byte for byte: the recorded one, and the one that the same
// run wrote when it was run again. Where they part, it is told apart whether the re-run decided otherwise, whether a
// re-run can't have what the recorded one met, or whether only the recorded run's own end stands there.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "store/input_rows.hpp"
#include "store/journal.hpp"
#include "store/journal_chain.hpp"

namespace bowline::store {

/// How far the first process of a recorded run came; a later one went on from a journal, which a re-run does not.
struct JournalExtent {
  Stamp stamp;
  std::uint64_t rows = 0;    ///< of the whole file
  std::uint64_t first = 0;   ///< of the first process: the rows of later ones stand behind them
  core::Nanos settled = 0;   ///< time of its last settled step; 0: none
  bool whole = false;        ///< it came to the end of its data
  std::vector<RecordedInput> inputs{};  ///< what the first process was asked, and its ticks, in order: a re-run is asked the same
};

/// Follows the whole chain. Errors: those of JournalFile, JOURNAL_ROW.
Result<JournalExtent> measure_journal(const std::filesystem::path& file);

/// How far the re-run's journal counts.
struct Rerun {
  std::filesystem::path file;
  std::uint64_t settled_rows = 0;  ///< rows it had when the last step that counts was settled: up to there all must agree
  enum class Behind {
    all,      ///< every row counts: the recorded run came to the end of its data
    own_end,  ///< the recorded run was ended: what differs is its end, or a step it did not settle
    nothing   ///< the re-run was cut off there
  } behind = Behind::all;
};

enum class Agreement : std::uint8_t {
  same,
  differ,  ///< the re-run decided otherwise, or met another venue
  part     ///< the same up to a row that a re-run can't have
};

struct JournalComparison {
  Agreement result = Agreement::same;
  std::uint64_t rows = 0, decisions = 0;  ///< compared and the same; decisions are the intents among them
  std::string head;                       ///< hex, behind them
  std::uint64_t own_end = 0;              ///< recorded rows behind the last settled step that were not compared
  std::uint64_t row = 0;                  ///< where they part; 0: nowhere
  std::string why;                        ///< differ: what may explain it; part: what the row is
  std::optional<JournalLine> recorded, again;  ///< that row of each; empty: the journal has none
};

/// Why a re-run can't have such a row: a restart, a disk that was full, somebody else in the account. Empty when it should
/// have it. `asked`: a command was found in the journal as it was asked. Where there is none its version recorded none,
/// and what an operator commanded can't come again either.
std::string_view beyond_rerun(const JournalRow& row, bool asked);

/// Errors: those of JournalFile, of either file.
Result<JournalComparison> compare_journals(const std::filesystem::path& recorded, const JournalExtent& extent, const Rerun& again);

}  // namespace bowline::store
