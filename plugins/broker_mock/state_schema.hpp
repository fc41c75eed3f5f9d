// The state file's schema as SQL: what a new file gets, and what brings one of version 1 up to date. In
// words: README.md, "State file". All of it runs in the caller's transaction.
#pragma once

namespace bowline::broker_mock {

inline constexpr int application_id = 0x424C4D56;  ///< "BLMV": tells our file from any other SQLite file

/// What has been the same since version 1: balances, meta.
extern const char* const tables_of_1;
/// What is new or other since version 2: orders, fills, amends, external_acts.
extern const char* const tables_of_2;
/// From 1 to 2: this, then tables_of_2, then bring_over_1. SQLite cannot loosen a CHECK in place: the tables
/// are made anew and filled from the old ones.
extern const char* const set_aside_1;
extern const char* const bring_over_1;

}  // namespace bowline::broker_mock
