// bowline journal replay, a verb below `journal`.
#pragma once

#include "cli/verbs.hpp"

namespace bowline::cli {

void add_journal_replay(CLI::App& journal, Action& chosen);

}  // namespace bowline::cli
