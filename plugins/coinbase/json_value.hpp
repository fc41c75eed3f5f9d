// JSON of the venue, with numbers kept as the digits they were written with: 0.1 must not become a double on its way to a Decimal.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace bowline::coinbase {

/// null, booleans, texts, arrays and objects. A number is the text of its digits.
using Json = nlohmann::json;

/// nullopt: no JSON, text behind it, an object that names a field twice, a number beyond any double, or more than 64 levels.
std::optional<Json> read_json(std::string_view text);

}  // namespace bowline::coinbase
