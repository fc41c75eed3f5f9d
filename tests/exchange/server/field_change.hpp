// Changes to a JSON text that make it what no client was told to expect: fields gone, null, moved, added, with another value or type.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <bowline/result.hpp>

namespace bowline::exchange {

enum class FieldOp : std::uint8_t {
  remove,
  null,
  move,         ///< to the place `to`
  set,          ///< to `value`: what is there is replaced, and what is not there is added
  as_text,      ///< numbers and booleans become texts
  as_number,    ///< texts that are numbers become numbers; others stay
};

struct FieldChange {
  FieldOp op = FieldOp::remove;
  /// A JSON pointer; `*` as a step stands for each element or field: /orders/*/status. Where it leads nowhere nothing is changed; of
  /// `set` and `move` the last step need not be there.
  std::vector<std::string> at{}, to{};  ///< `to` without `*`, or with as many leading steps equal to those of `at` as it has stars
  nlohmann::ordered_json value{};
};

/// {"op": "remove|null|move|set|as_text|as_number", "at": "/a/b", "to": "/a/c", "value": ...}. RULE_INVALID, with what is wrong.
Result<FieldChange> read_change(const nlohmann::ordered_json& from);
nlohmann::ordered_json to_json(const FieldChange& change);

/// The text with the changes made, in their order and without blanks. A text that is no JSON comes back as it is.
std::string changed(const std::string& text, const std::vector<FieldChange>& changes);

}  // namespace bowline::exchange
