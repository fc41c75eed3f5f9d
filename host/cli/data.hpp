// What the verbs of `bowline data` share: options that several of them read, and how ranges are told.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <bowline/result.hpp>

#include "cli/verbs.hpp"
#include "data/range.hpp"

namespace bowline::cli {

void add_data(CLI::App& app, Action& chosen);
/// Each verb of the group.
void add_data_download(CLI::App& group, Action& chosen);
void add_data_list(CLI::App& group, Action& chosen);
void add_data_check(CLI::App& group, Action& chosen);
void add_data_convert(CLI::App& group, Action& chosen);

/// The texts of options; `option` is named in the error. USAGE_INVALID. An empty text gives `otherwise`.
Result<std::int64_t> read_interval(const std::string& option, const std::string& text, std::int64_t otherwise);
Result<std::int64_t> read_instant(const std::string& option, const std::string& text, std::int64_t otherwise);

/// One JSON value on stdout, whatever bytes the names of files have.
void print_json(const nlohmann::ordered_json& value);
/// [{"from","to","candles"}], all of them.
nlohmann::ordered_json ranges_json(const std::vector<data::Range>& ranges, std::int64_t step);
/// Them, for a person: one a line, indented; the rest is counted.
void print_ranges(const std::vector<data::Range>& ranges, std::int64_t step);

}  // namespace bowline::cli
