// How the lists of the API go on: by has_next and a cursor, or (fills) by the cursor alone.
#pragma once

#include <optional>
#include <string>

#include "coinbase/fields.hpp"

namespace bowline::coinbase {

/// The cursor of the next page; none: this is the last. A list that says there is more, and not where, is a fault: read as the last
/// page it would hide what is left.
inline std::optional<std::string> next_cursor(Fields& f) {
  std::string cursor = f.text_or_empty("cursor");
  if (!f.flag_or("has_next", !cursor.empty())) return std::nullopt;
  if (cursor.empty()) f.missing("cursor");
  return cursor;
}

}  // namespace bowline::coinbase
