// Whether a journal is older than the store beside it: it was put back by hand.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "store/journal.hpp"
#include "store/query.hpp"

namespace bowline::store {

/// The newest order of ours that the store has and the journal has not; empty when there is none, or the store can't be read. An intent
/// is on the disk in the journal before anything of it is stored, so that a journal that lacks it is not the one that the store was
/// made of. A store of another stamp says nothing of it: who opens it refuses it. One pass over the journal. Errors: those of find_told(),
/// STORE_READ (a question was not answered to its end). [core thread]
Result<std::string> order_beyond(const Journal& journal, const std::filesystem::path& transactions, const Stamp& stamp);

/// Mode, venue and portfolio of a store of transactions; none: it has no stamp yet, or can't be read.
std::optional<Stamp> stamp_of_store(const Database& db);

}  // namespace bowline::store
