// The JSON of answers: keys in the order in which they are put, no blanks (a client looks for literal bytes), amounts as texts.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include <bowline/decimal.hpp>

namespace bowline::exchange {

using Json = nlohmann::ordered_json;

/// What is no UTF-8 in a text becomes U+FFFD: a client's bytes may be repeated in an answer.
std::string dump(const Json& value);

/// Plain notation; "" of what is not set.
inline std::string amount(const Decimal& d) { return d.is_set() ? d.to_string() : std::string(); }
inline std::string amount(const std::optional<Decimal>& d) { return d ? amount(*d) : std::string(); }
/// For the few fields that Coinbase tells as JSON numbers; nobody reckons with them.
inline double json_number(const Decimal& d) { return d.is_set() ? d.to_double() : 0.0; }

/// {"value":"1.5","currency":"USD"}
Json money(const Decimal& value, std::string_view currency);

}  // namespace bowline::exchange
