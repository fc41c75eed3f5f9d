// What the files that read and write the journal's JSON rows share. Private to them.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace bowline::store::row_json {

using Line = nlohmann::ordered_json;
using nlohmann::json;

/// What is wrong with a row; thrown only within what guarded() calls.
struct Bad {
  std::string what;
};

inline std::string text_of(const Line& l) { return l.dump(-1, ' ', false, Line::error_handler_t::replace); }

/// Errors: Bad.
inline core::TradingState state_of(const std::string& word) {
  for (const auto s : {core::TradingState::active, core::TradingState::reducing, core::TradingState::halted})
    if (core::to_string(s) == word) return s;
  throw Bad{"state is " + word + ", which this version does not know"};
}

/// Not set where the key is missing. Errors: Bad.
inline Decimal amount_of(const json& row, const char* key) {
  if (!row.contains(key)) return Decimal::not_set();
  const auto d = Decimal::try_parse(row.at(key).get<std::string>());
  if (!d) throw Bad{std::string(key) + " is not an amount"};
  return *d;
}

/// What `read` makes of the row. Errors: JOURNAL_ROW, with what is missing or wrong in it.
template <class Read>
auto guarded(std::string_view kind, std::string_view payload, Read&& read) -> Result<decltype(read(json{}))> {
  const auto bad = [kind](const std::string& what) {
    return Error{"JOURNAL_ROW", "a row of kind " + std::string(kind) + " can't be read: " + what};
  };
  try {
    return read(json::parse(payload));
  } catch (const Bad& b) {
    return bad(b.what);
  } catch (const json::exception& e) {
    return bad(e.what());
  }
}

}  // namespace bowline::store::row_json
