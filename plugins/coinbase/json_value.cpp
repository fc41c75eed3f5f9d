#include "coinbase/json_value.hpp"

#include <simdjson.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace bowline::coinbase {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t deepest = 64;

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// A number as JSON has them: the parser hands over what stands there, unread.
bool is_number(std::string_view s) noexcept {
  std::size_t at = s.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < s.size() && is_digit(s[at])) ++at;
    return at - from;
  };
  const bool zero = at < s.size() && s[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < s.size() && s[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < s.size() && (s[at] == 'e' || s[at] == 'E')) {
    ++at;
    if (at < s.size() && (s[at] == '+' || s[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == s.size();
}

/// Builds the whole value: the parser checks what it is asked for, and nothing that is passed over. A false ends the walk.
class Builder {
  std::size_t open_ = 0;

  static std::string_view token(od::value& v) {
    std::string_view raw = v.raw_json_token();
    while (!raw.empty() && is_space(raw.back())) raw.remove_suffix(1);
    return raw;
  }
  static bool number(std::string_view digits, Json& out) {
    if (!is_number(digits)) return false;
    // Beyond what any double holds it is no number to anybody.
    const bool may_be_huge = digits.size() > 300 || digits.find_first_of("eE") != std::string_view::npos;
    if (may_be_huge && !std::isfinite(std::strtod(std::string(digits).c_str(), nullptr))) return false;
    out = digits == "-0" ? "0" : digits;
    return true;
  }
  static bool is_text(std::string_view unescaped) noexcept {
    // Half of a pair, written as an escape: UTF-8 has no such character.
    for (std::size_t at = unescaped.find('\xed'); at != std::string_view::npos; at = unescaped.find('\xed', at + 1))
      if (at + 1 < unescaped.size() && static_cast<unsigned char>(unescaped[at + 1]) >= 0xa0) return false;
    return true;
  }

 public:
  bool value(od::value v, Json& out) {
    od::json_type type{};
    if (v.type().get(type)) return false;
    switch (type) {
      case od::json_type::array: {
        od::array list;
        return v.get_array().get(list) == simdjson::SUCCESS && elements(list, out);
      }
      case od::json_type::object: {
        od::object object;
        return v.get_object().get(object) == simdjson::SUCCESS && fields(object, out);
      }
      case od::json_type::string: {
        std::string_view s;
        if (v.get_string().get(s) || !is_text(s)) return false;
        out = s;
        return true;
      }
      case od::json_type::number: return number(token(v), out);
      case od::json_type::boolean: {
        bool b = false;
        if (v.get_bool().get(b)) return false;
        out = b;
        return true;
      }
      case od::json_type::null: out = nullptr; return token(v) == "null";
    }
    return false;
  }
  bool elements(od::array list, Json& out) {
    if (open_ == deepest) return false;
    ++open_;
    out = Json::array();
    auto& to = out.get_ref<Json::array_t&>();
    for (auto each : list) {
      od::value v;
      if (each.get(v) || !value(v, to.emplace_back())) return false;
    }
    --open_;
    return true;
  }
  bool fields(od::object object, Json& out) {
    if (open_ == deepest) return false;
    ++open_;
    out = Json::object();
    auto& to = out.get_ref<Json::object_t&>();
    for (auto each : object) {
      od::field f;
      std::string_view key;
      if (std::move(each).get(f) || f.unescaped_key().get(key) || !is_text(key)) return false;
      const auto [where, added] = to.emplace(key, nullptr);
      if (!added || !value(f.value(), where->second)) return false;
    }
    --open_;
    return true;
  }
};

}  // namespace

std::optional<Json> read_json(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::size_t size = text.size() + 2;
  const auto room = std::make_unique_for_overwrite<char[]>(size + simdjson::SIMDJSON_PADDING);
  // As the one element of a list: a text or a number alone is read like everything else.
  room[0] = '[';
  if (!text.empty()) std::memcpy(room.get() + 1, text.data(), text.size());
  room[size - 1] = ']';
  std::memset(room.get() + size, 0, simdjson::SIMDJSON_PADDING);
  od::parser parser;
  od::document doc;
  od::array whole;
  if (parser.iterate(room.get(), size, size + simdjson::SIMDJSON_PADDING).get(doc) || doc.get_array().get(whole)) return std::nullopt;
  std::optional<Json> out;
  for (auto each : whole) {
    od::value v;
    if (out || each.get(v) || !Builder().value(v, out.emplace())) return std::nullopt;
  }
  const char* rest = nullptr;  // behind the list there is nothing
  if (doc.current_location().get(rest) == simdjson::SUCCESS) return std::nullopt;
  return out;
}

}  // namespace bowline::coinbase
