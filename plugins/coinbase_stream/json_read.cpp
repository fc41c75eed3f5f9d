#include "json_read.hpp"

namespace bowline::coinbase::stream_detail {
namespace {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

constexpr bool ends_early(simdjson::error_code e) noexcept {
  return e == simdjson::INCOMPLETE_ARRAY_OR_OBJECT || e == simdjson::UNCLOSED_STRING || e == simdjson::EMPTY ||
         e == simdjson::OUT_OF_BOUNDS;
}

}  // namespace

bool Reader::fail(const char* code, const char* name, std::string_view what) {
  std::string at;
  if (event != none) at = "events[" + std::to_string(event) + ']';
  if (*list != '\0') at += (at.empty() ? "" : ".") + std::string(list);
  if (row != none) at += '[' + std::to_string(row) + ']';
  const bool of_list = row == none && std::string_view(list) == name;
  if (*name != '\0' && !of_list) at += (at.empty() ? "" : ".") + std::string(name);
  if (at.empty()) at = "the frame";
  const std::string channel = frame.channel_name.empty() ? "frame" : std::string(frame.channel_name.substr(0, 40));
  why = Error{code, channel + ": " + at + ' ' + std::string(what)};
  if (!product.empty()) why.details.emplace_back("product", std::string(product.substr(0, 64)));
  return false;
}

bool Reader::broken(simdjson::error_code e, const char* name, std::string_view if_type) {
  if (e == simdjson::INCORRECT_TYPE && !if_type.empty()) return wrong(name, if_type);
  if (ends_early(e)) return fail("FRAME_MALFORMED", name, "ends in the middle: the frame is cut, or no JSON");
  return fail("FRAME_MALFORMED", name, std::string("is no JSON: ") + simdjson::error_message(e));
}

bool Reader::token(od::value& v, const char* name, Token& out) {
  std::string_view raw = v.raw_json_token();
  while (!raw.empty() && is_space(raw.back())) raw.remove_suffix(1);
  if (raw.empty()) return broken(simdjson::INCOMPLETE_ARRAY_OR_OBJECT, name, "");
  switch (raw.front()) {
    case '"':
      if (raw.size() < 2 || raw.back() != '"') return broken(simdjson::STRING_ERROR, name, "");
      out = {Token::Kind::text, raw.substr(1, raw.size() - 2)};
      if (std::memchr(out.text.data(), '\\', out.text.size()) == nullptr) return true;
      if (const auto e = v.get_string().get(out.text)) return broken(e, name, "");
      return true;
    case '{':
    case '[':
      out = {Token::Kind::nested, {}};
      return true;
    case 't':
    case 'f':
      if (raw != "true" && raw != "false") return broken(simdjson::TAPE_ERROR, name, "");
      out = {Token::Kind::boolean, raw};
      return true;
    case 'n':
      if (raw != "null") return broken(simdjson::TAPE_ERROR, name, "");
      out = {Token::Kind::null, {}};
      return true;
    default:
      if (raw.front() != '-' && (raw.front() < '0' || raw.front() > '9')) return broken(simdjson::TAPE_ERROR, name, "");
      out = {Token::Kind::number, raw};
      return true;
  }
}

bool Reader::text(od::value& v, const char* name, std::string_view& out) {
  Token t;
  if (!token(v, name, t)) return false;
  if (t.kind == Token::Kind::nested || t.kind == Token::Kind::boolean) return wrong(name, "is no text");
  out = t.text;
  return true;
}

bool Reader::number(od::value& v, const char* name, StreamNumber& out) {
  Token t;
  if (!token(v, name, t)) return false;
  const auto n = t.kind == Token::Kind::text || t.kind == Token::Kind::number ? read_number(t.text) : std::nullopt;
  if (!n) return wrong(name, "is no decimal number that can be held exactly");
  out = *n;
  return true;
}

bool Reader::decimal(od::value& v, const char* name, Decimal& out) {
  Token t;
  if (!token(v, name, t)) return false;
  if (t.kind == Token::Kind::null || (t.kind == Token::Kind::text && t.text.empty())) {
    out = Decimal::not_set();
    return true;
  }
  const auto d = t.kind == Token::Kind::text || t.kind == Token::Kind::number ? read_rounded(t.text) : std::nullopt;
  if (!d) return wrong(name, "is no decimal number");
  out = *d;
  return true;
}

bool Reader::count(od::value& v, const char* name, std::int64_t& out, bool& told) {
  Token t;
  if (!token(v, name, t)) return false;
  told = t.kind != Token::Kind::null && !t.text.empty();
  if (t.kind == Token::Kind::null || (t.kind == Token::Kind::text && t.text.empty())) return true;
  if (t.kind == Token::Kind::boolean || t.kind == Token::Kind::nested) return wrong(name, "is no whole number");
  std::int64_t n = 0;
  for (const char c : t.text)
    if (c < '0' || c > '9' || __builtin_mul_overflow(n, std::int64_t{10}, &n) ||
        __builtin_add_overflow(n, std::int64_t{c - '0'}, &n))
      return wrong(name, "is no whole number from 0 to 2^63 - 1");
  out = n;
  return true;
}

bool Reader::flag(od::value& v, const char* name, std::optional<bool>& out) {
  Token t;
  if (!token(v, name, t)) return false;
  out = std::nullopt;
  if (t.kind == Token::Kind::null || t.text.empty()) return t.kind == Token::Kind::nested ? wrong(name, "is no flag") : true;
  if (t.text == "true" || t.text == "false")
    out = t.text == "true";
  else
    return wrong(name, "is neither true nor false");
  return true;
}

bool Reader::time(od::value& v, const char* name, std::int64_t& out) {
  Token t;
  if (!token(v, name, t)) return false;
  std::optional<std::int64_t> ns = 0;
  if (t.kind != Token::Kind::null) ns = t.kind == Token::Kind::text ? times_.read(t.text) : std::nullopt;
  if (!ns) ++counts_.odd_times;
  out = ns.value_or(0);
  return true;
}

bool Reader::snapshot(od::value& v, std::optional<bool>& out) {
  std::string_view word;
  if (!text(v, "type", word)) return false;
  if (word != "snapshot" && word != "update") return wrong("type", "is neither snapshot nor update");
  out = word == "snapshot";
  return true;
}

bool Reader::side(od::value& v, const char* name, StreamSide& out) {
  std::string_view word;
  if (!text(v, name, word)) return false;
  out = word == "BUY" || word == "buy"     ? StreamSide::buy
        : word == "SELL" || word == "sell" ? StreamSide::sell
                                           : StreamSide::unknown;
  if (out == StreamSide::unknown) unknown_word();
  return true;
}

}  // namespace bowline::coinbase::stream_detail
