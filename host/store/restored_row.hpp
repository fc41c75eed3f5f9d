// The journal's row of a restore: it was put back from a backup here, and its epoch renewed (trading rules 2.1). What stands
// behind it bears ids of the new epoch: a venue that knows orders of a time that the backup has not takes none for another.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace bowline::store {

namespace journal_kind {
inline constexpr std::string_view restored = "restored";
}  // namespace journal_kind

struct RestoredRow {
  core::Nanos at = 0;               ///< of the clock; the row's own time is that of the newest row before it
  std::string who, why, from{};     ///< from: the backup's file; empty: it was found to be put back by hand
  std::string head;                 ///< hex, of the chain as it was put back: of the row before this one
  std::string replaced{};           ///< hex, of the journal that stood there; empty: there was none, or it can't be read
  std::uint64_t before = 0, epoch = 0;  ///< the epoch until here, and from here on
};

std::string line(const RestoredRow&);
/// The inverse of line(). Errors: JOURNAL_ROW, with what is missing or wrong in it.
Result<RestoredRow> read_restored(std::string_view payload);

/// The epoch from a restore on: as it was drawn, where it was; else derived from the epoch before and from both heads, so that the
/// same restore gives the same and a second one of the same backup over what came of the first another. Never that of before.
std::uint64_t renewed_epoch(std::uint64_t before, std::string_view head, std::string_view replaced, std::optional<std::uint64_t> drawn) noexcept;

}  // namespace bowline::store
