// `bowline db dump`: a table as text, the same for the same run: sorted by ids, without the core's sequence numbers.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::store {

enum class DumpFormat { csv, jsonl };
/// What can be dumped: candles, signals, outcomes, decisions, sizings, orders, order_events, fills, portfolio, ...
std::vector<std::string> dump_names();
/// Gives the text line by line, each with its newline. Errors: STORE_DUMP (unknown name), and those of opening.
Result<void> dump(const std::filesystem::path& prices, const std::filesystem::path& transactions, std::string_view what,
                  DumpFormat format, const std::function<void(std::string_view)>& line);

}  // namespace bowline::store
