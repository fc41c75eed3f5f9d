// What the venue answers to a question for candles.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <bowline/result.hpp>

#include "data/series.hpp"

namespace bowline::data {

enum class OnBad : std::uint8_t { refuse, skip };

struct CandlePage {
  Candles candles;                    ///< of what was asked, in order; the venue leaves out what did not trade
  std::uint64_t rounded = 0;          ///< volumes of more digits than a feed can tell, rounded
  std::vector<std::int64_t> left_out; ///< under OnBad::skip: candles that break a rule
};

/// Reads {"candles":[{start,low,high,open,close,volume}]}: any order, numbers as texts or as numbers, exactly as they are written; other
/// fields, candles outside of `asked` and repeated ones are passed over. Prices stay as they are; a price that can't be held exactly is not
/// rounded but refused. Errors: DATA_REPLY_UNREADABLE, DATA_REPLY_CONFLICT, and under OnBad::refuse DATA_REPLY_CANDLE. No message repeats what
/// the venue wrote.
Result<CandlePage> parse_candle_page(std::string_view body, Range asked, std::int64_t step, OnBad on_bad);

/// {"epochSeconds":"..."} -> seconds. DATA_REPLY_UNREADABLE.
Result<std::int64_t> parse_venue_time(std::string_view body);
/// The word for a person in an error's body, printable and at most 160 characters; empty where there is none.
std::string venue_message(std::string_view body);

}  // namespace bowline::data
