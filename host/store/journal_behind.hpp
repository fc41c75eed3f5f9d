// Whether a journal is older than the store beside it: it was put back by hand.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <string>

#include "store/journal.hpp"

namespace bowline::store {

/// The newest order of ours that the store has and the journal has not; empty when there is none, or the store can't be read. An intent
/// is on the disk in the journal before anything of it is stored, so that a journal that lacks it is not the one that the store was
/// made of. One pass over the journal. Errors: those of find_told(). [core thread]
Result<std::string> order_beyond(const Journal& journal, const std::filesystem::path& transactions);

}  // namespace bowline::store
