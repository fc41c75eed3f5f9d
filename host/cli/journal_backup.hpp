// bowline journal backup and bowline journal restore, verbs below `journal`.
#pragma once

#include "cli/verbs.hpp"

namespace bowline::cli {

void add_journal_backup(CLI::App& journal, Action& chosen);
void add_journal_restore(CLI::App& journal, Action& chosen);

}  // namespace bowline::cli
