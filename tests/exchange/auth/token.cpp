#include "exchange/auth/token.hpp"

#include <simdjson.h>

#include "exchange/auth/base64url.hpp"

namespace bowline::exchange {
namespace {

using Value = simdjson::dom::element;
using Object = simdjson::dom::object;
constexpr std::size_t longest = 8192;

/// The field of this name; the last one where there are several, as most readers have it. False: there is none.
bool field(const Object& o, std::string_view key, Value& out) {
  bool found = false;
  for (const auto f : o)
    if (f.key == key) {
      out = f.value;
      found = true;
    }
  return found;
}
bool text(const Value& v, std::string& out) {
  std::string_view s;
  if (v.get(s) != simdjson::SUCCESS) return false;
  out = s;
  return true;
}
bool text(const Object& o, std::string_view key, std::string& out) {
  Value v;
  return field(o, key, v) && text(v, out);
}
/// Whole seconds; some libraries write them with a point.
bool seconds(const Value& v, std::int64_t& out) {
  constexpr double most = 1e12;
  double d = 0;
  if (!v.is_number() || v.get(d) != simdjson::SUCCESS || !(d >= 0 && d <= most)) return false;
  out = static_cast<std::int64_t>(d);
  return static_cast<double>(out) == d;
}

bool read_header(const Value& from, Token& t) {
  Object h;
  Value v;
  if (from.get(h) != simdjson::SUCCESS || !text(h, "alg", t.alg) || !text(h, "kid", t.kid) || field(h, "crit", v)) return false;
  if (field(h, "typ", v) && !text(v, t.typ.emplace())) return false;
  return !field(h, "nonce", v) || v.is_string();
}

bool read_claims(const Value& from, Token& t) {
  Object c;
  Value v;
  if (from.get(c) != simdjson::SUCCESS || !text(c, "iss", t.iss) || !text(c, "sub", t.sub)) return false;
  if (!field(c, "nbf", v) || !seconds(v, t.nbf) || !field(c, "exp", v) || !seconds(v, t.exp)) return false;
  if (field(c, "iat", v) && !seconds(v, t.iat.emplace())) return false;
  if (field(c, "uri", v) && !text(v, t.uris.emplace_back())) return false;
  if (field(c, "uris", v)) {
    simdjson::dom::array list;
    if (v.get(list) != simdjson::SUCCESS) return false;
    for (const Value each : list)
      if (!text(each, t.uris.emplace_back())) return false;
  }
  return true;
}

}  // namespace

TokenShape parse_token(std::string_view s, Token& out) {
  if (s.size() > longest) return TokenShape::too_long;
  const auto first = s.find('.');
  const auto second = first == s.npos ? s.npos : s.find('.', first + 1);
  if (second == s.npos || s.find('.', second + 1) != s.npos) return TokenShape::not_three_parts;
  const auto header = decode_base64url(s.substr(0, first)), claims = decode_base64url(s.substr(first + 1, second - first - 1));
  auto signature = decode_base64url(s.substr(second + 1));
  if (!header || !claims || !signature) return TokenShape::not_base64url;
  // One parser for a thread: what it gives lasts until it parses again.
  thread_local simdjson::dom::parser parser;
  Token t;
  Value v;
  if (parser.parse(*header).get(v) != simdjson::SUCCESS) return TokenShape::not_json;
  const bool good_header = read_header(v, t);
  if (parser.parse(*claims).get(v) != simdjson::SUCCESS) return TokenShape::not_json;
  if (!good_header) return TokenShape::bad_header;
  if (!read_claims(v, t)) return TokenShape::bad_claims;
  t.signed_part = s.substr(0, second);
  t.signature = std::move(*signature);
  out = std::move(t);
  return TokenShape::good;
}

}  // namespace bowline::exchange
