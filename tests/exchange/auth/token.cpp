#include "exchange/auth/token.hpp"

#include <nlohmann/json.hpp>

#include "exchange/auth/base64url.hpp"

namespace bowline::exchange {
namespace {

using Json = nlohmann::json;
constexpr std::size_t longest = 8192;

bool text(const Json& o, const char* key, std::string& out) {
  const auto it = o.find(key);
  if (it == o.end() || !it->is_string()) return false;
  out = it->get<std::string>();
  return true;
}
/// Whole seconds; some libraries write them with a point.
bool seconds(const Json& v, std::int64_t& out) {
  constexpr double most = 1e12;
  if (!v.is_number()) return false;
  const double d = v.get<double>();
  if (!(d >= 0 && d <= most)) return false;
  out = static_cast<std::int64_t>(d);
  return static_cast<double>(out) == d;
}

bool read_header(const Json& h, Token& t) {
  if (!h.is_object() || !text(h, "alg", t.alg) || !text(h, "kid", t.kid) || h.contains("crit")) return false;
  if (const auto it = h.find("typ"); it != h.end()) {
    if (!it->is_string()) return false;
    t.typ = it->get<std::string>();
  }
  const auto nonce = h.find("nonce");
  return nonce == h.end() || nonce->is_string();
}

bool read_claims(const Json& c, Token& t) {
  if (!c.is_object() || !text(c, "iss", t.iss) || !text(c, "sub", t.sub)) return false;
  const auto nbf = c.find("nbf"), exp = c.find("exp"), iat = c.find("iat"), uri = c.find("uri"), uris = c.find("uris");
  if (nbf == c.end() || exp == c.end() || !seconds(*nbf, t.nbf) || !seconds(*exp, t.exp)) return false;
  if (iat != c.end() && !seconds(*iat, t.iat.emplace())) return false;
  if (uri != c.end()) {
    if (!uri->is_string()) return false;
    t.uris.push_back(uri->get<std::string>());
  }
  if (uris != c.end()) {
    if (!uris->is_array()) return false;
    for (const auto& v : *uris) {
      if (!v.is_string()) return false;
      t.uris.push_back(v.get<std::string>());
    }
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
  const Json h = Json::parse(*header, nullptr, false), c = Json::parse(*claims, nullptr, false);
  if (h.is_discarded() || c.is_discarded()) return TokenShape::not_json;
  Token t;
  if (!read_header(h, t)) return TokenShape::bad_header;
  if (!read_claims(c, t)) return TokenShape::bad_claims;
  t.signed_part = s.substr(0, second);
  t.signature = std::move(*signature);
  out = std::move(t);
  return TokenShape::good;
}

}  // namespace bowline::exchange
