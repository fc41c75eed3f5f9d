// A kept state for other programs to read.
#pragma once

#include <cstdio>
#include <string>

#include <bowline/result.hpp>

namespace bowline::exchange {

/// One JSON object a line: a portfolio's accounts, then orders, then fills, each in the order of its number; amounts are texts. An order's
/// base_size, asked_limit_price and asked_stop_price are as it was asked for; size, limit_price and stop_price as they are now; edits the
/// last five that were accepted, oldest first. The state may be in use. Errors: those of read_state() and restore(), STATE_ABSENT.
Result<void> dump_state(const std::string& path, std::FILE* to);

}  // namespace bowline::exchange
