// The stable codes of the verbs of data, and what each means. docs/codes.md is written from the table.
#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace bowline::data {

namespace code {
// ---- of a row or a series: what `data check` finds, and what other verbs refuse
inline constexpr std::string_view row_malformed = "DATA_ROW_MALFORMED";
inline constexpr std::string_view row_not_a_number = "DATA_ROW_NOT_A_NUMBER";
inline constexpr std::string_view row_negative = "DATA_ROW_NEGATIVE";
inline constexpr std::string_view row_inconsistent = "DATA_ROW_INCONSISTENT";
inline constexpr std::string_view row_out_of_range = "DATA_ROW_OUT_OF_RANGE";
inline constexpr std::string_view row_off_grid = "DATA_ROW_OFF_GRID";
inline constexpr std::string_view row_out_of_order = "DATA_ROW_OUT_OF_ORDER";
inline constexpr std::string_view row_duplicate = "DATA_ROW_DUPLICATE";
inline constexpr std::string_view row_conflict = "DATA_ROW_CONFLICT";
inline constexpr std::string_view row_rounded = "DATA_ROW_ROUNDED";
inline constexpr std::string_view gap = "DATA_GAP";
inline constexpr std::string_view jump = "DATA_JUMP";
inline constexpr std::string_view line_too_long = "DATA_LINE_TOO_LONG";
inline constexpr std::string_view no_final_newline = "DATA_FILE_NO_FINAL_NEWLINE";
}  // namespace code

/// Every code of these verbs, in the order of the page.
std::span<const std::pair<std::string_view, std::string_view>> codes() noexcept;

}  // namespace bowline::data
