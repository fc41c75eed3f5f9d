#include "edge/json_body.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

namespace bowline::edge {
namespace {

constexpr int max_depth = 32;

}  // namespace

Result<nlohmann::json> json_object(const Request& request) {
  // The library takes the last of two equal keys in silence; a command about money must not be read that way.
  std::vector<std::set<std::string>> keys;
  bool duplicate = false;
  bool deep = false;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (depth > max_depth) deep = true;
    if (deep) return false;  // discards the value: a deep one is not built, and needs no key check
    switch (event) {
      case nlohmann::json::parse_event_t::object_start:
        keys.emplace_back();
        break;
      case nlohmann::json::parse_event_t::object_end:
        keys.pop_back();
        break;
      case nlohmann::json::parse_event_t::key:
        if (!keys.back().insert(parsed.get<std::string>()).second) duplicate = true;
        break;
      default:
        break;
    }
    return true;
  };
  nlohmann::json doc;
  try {
    doc = nlohmann::json::parse(request.body, watch);
  } catch (const nlohmann::json::parse_error& e) {
    return Error{"JSON_MALFORMED",
                 "the request body is not JSON: it breaks at byte " + std::to_string(e.byte),
                 {{"byte", std::to_string(e.byte)}}};
  } catch (const nlohmann::json::exception&) {  // e.g. a number out of range
    return Error{"JSON_MALFORMED", "the request body is not JSON that can be read: a number is out of range"};
  }
  if (deep) return Error{"JSON_TOO_DEEP", "the request body nests deeper than 32 levels"};
  if (duplicate) return Error{"JSON_DUPLICATE_KEY", "the request body has the same key twice in one object"};
  if (!doc.is_object()) return Error{"JSON_NOT_OBJECT", "the request body must be a JSON object"};
  return doc;
}

Result<std::optional<std::int64_t>> query_int(const Request& request, std::string_view key, std::int64_t min,
                                              std::int64_t max) {
  const auto text = request.query_value(key);
  if (!text) return std::optional<std::int64_t>{};
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (ec != std::errc{} || end != text->data() + text->size() || value < min || value > max)
    return Error{"PARAM_INVALID",
                 "query parameter " + std::string(key) + " must be a whole number from " +
                     std::to_string(min) + " to " + std::to_string(max),
                 {{"parameter", std::string(key)}}};
  return std::optional<std::int64_t>{value};
}

}  // namespace bowline::edge
