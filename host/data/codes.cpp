#include "data/codes.hpp"

#include <array>

namespace bowline::data {

std::span<const std::pair<std::string_view, std::string_view>> codes() noexcept {
  static constexpr auto all = std::to_array<std::pair<std::string_view, std::string_view>>({
      {code::row_malformed, "a line is not six fields of numbers"},
      {code::row_not_a_number, "a field is empty, or NaN, inf, or another word"},
      {code::row_negative, "a price is not above 0, or a volume is below 0"},
      {code::row_inconsistent, "low <= open, close <= high does not hold"},
      {code::row_out_of_range, "a number does not fit what feeds and store can hold, or a time is not one in seconds"},
      {code::row_off_grid, "a time is not a multiple of the interval"},
      {code::row_out_of_order, "a time is before that of the row above"},
      {code::row_duplicate, "the same row once more"},
      {code::row_conflict, "two rows of one time say different things"},
      {code::row_rounded, "a number has more than 18 decimals; it is read rounded to 18, half to even. Told, and no fault"},
      {code::gap, "candles are missing between two others. Up to `--allow-gaps` of them in one place are told, and no fault"},
      {code::jump, "open, high, low or close is further from the close before than `--max-jump`"},
      {code::line_too_long, "a line is longer than 4096 bytes"},
      {code::no_final_newline, "the last line of a plain file has no newline: it may be cut. Told, and no fault"},
      {"DATA_FILE_UNREADABLE", "a file or folder can't be opened or read"},
      {"DATA_FILE_UNWRITABLE", "a file can't be written, or not be put in its place; what was there is as it was"},
      {"DATA_FILE_EMPTY", "a file holds no candle"},
      {"DATA_FILE_TRUNCATED", "gzip data end in the middle"},
      {"DATA_FILE_CORRUPT", "gzip data are damaged, or something else follows them"},
      {"DATA_FILE_EXISTS", "the target is there; `--force` replaces it"},
      {"DATA_FILE_BUSY", "another bowline writes the same file, or downloads the same series to it"},
      {"DATA_HEADER_WRONG", "the first line is not the header of a candle file"},
      {"DATA_INTERVAL_UNKNOWN", "the length of the candles can't be told from name and rows; say it with `--interval`"},
      {"DATA_INTERVAL_INVALID", "a length of candles is none, or candles can't be made of the other ones"},
      {"DATA_RANGE_INVALID", "`--from` is not before `--to`, or nothing between them is final yet"},
      {"DATA_STORE_ABSENT", "there is no such store, or no such series in it"},
      {"DATA_STORE_CONFLICT", "the store has a candle of the same time that says something else; `--force` replaces it"},
      {"DATA_SOURCE_DIFFERS", "the file was downloaded from another venue; give another folder"},
      {"DATA_VENUE_UNREACHABLE", "the venue was not reached, or did not answer in time, in all attempts"},
      {"DATA_VENUE_BUSY", "the venue said in all attempts that it is asked too often"},
      {"DATA_VENUE_FAILED", "the venue answered with an error of its own in all attempts"},
      {"DATA_VENUE_REFUSED", "the venue refuses the request"},
      {"DATA_PRODUCT_UNKNOWN", "the venue has no such product"},
      {"DATA_REPLY_UNREADABLE", "the venue's answer is not what is documented: no JSON, a field that is missing or no number, a time off the grid"},
      {"DATA_REPLY_CONFLICT", "one answer of the venue has two candles of one time that say different things"},
      {"DATA_REPLY_CANDLE", "a candle of the venue breaks a rule of candles; `--on-bad skip` leaves it out and says so"},
      {"DATA_INTERRUPTED", "it was told to stop; what is there is kept, and the same command goes on from there"},
      {"DATA_CHECK_FAILED", "`data check` found faults"},
  });
  return all;
}

}  // namespace bowline::data
