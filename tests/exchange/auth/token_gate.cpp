#include "exchange/auth/token_gate.hpp"

#include <algorithm>
#include <array>

#include "exchange/auth/token.hpp"

namespace bowline::exchange {
namespace {

/// In the order of TokenFault.
constexpr auto names = std::to_array<std::string_view>(
    {"none",         "no_header",     "not_bearer",     "legacy_key",    "too_long",       "not_three_parts", "not_base64url", "not_json",
     "bad_header",   "bad_claims",    "bad_type",       "unknown_key",   "wrong_algorithm", "bad_signature",  "other_subject", "bad_issuer",
     "not_yet",      "expired",       "life_too_long",  "no_uri",        "uri_with_query", "other_method",    "other_uri",     "uri_in_stream"});
static_assert(names.size() == static_cast<std::size_t>(TokenFault::uri_in_stream) + 1);

bool same_letters(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// The token behind the scheme; none where there is no such header or another scheme.
std::optional<std::string_view> bearer(std::optional<std::string_view> authorization) noexcept {
  constexpr std::string_view scheme = "Bearer ";
  if (!authorization || authorization->size() <= scheme.size() || !same_letters(authorization->substr(0, scheme.size()), scheme)) return std::nullopt;
  return authorization->substr(scheme.size());
}

TokenFault fault_of(TokenShape s) noexcept {
  switch (s) {
    case TokenShape::good:
      return TokenFault::none;
    case TokenShape::not_three_parts:
      return TokenFault::not_three_parts;
    case TokenShape::not_base64url:
      return TokenFault::not_base64url;
    case TokenShape::not_json:
      return TokenFault::not_json;
    case TokenShape::bad_header:
      return TokenFault::bad_header;
    case TokenShape::bad_claims:
      return TokenFault::bad_claims;
    case TokenShape::too_long:
      return TokenFault::too_long;
  }
  return TokenFault::bad_claims;
}

}  // namespace

std::string_view name(TokenFault fault) noexcept { return names[static_cast<std::size_t>(fault)]; }

Admission TokenGate::check(const GateCall& call, std::optional<std::string_view> authorization, std::int64_t now_s) const {
  if (call.open && (!authorization || !options_.check_open)) return {};
  if (!authorization) return {call.has_legacy_key ? TokenFault::legacy_key : TokenFault::no_header, {}};
  const auto text = bearer(authorization);
  if (!text) return {TokenFault::not_bearer, {}};
  return check_token(*text, &call, now_s);
}

Admission TokenGate::check_stream(std::string_view jwt, std::int64_t now_s) const {
  if (jwt.empty()) return {TokenFault::no_header, {}};
  return check_token(jwt, nullptr, now_s);
}

void TokenGate::read_ahead(std::optional<std::string_view> authorization) const {
  const auto text = bearer(authorization);
  std::shared_ptr<const GoodToken> good;
  if (text) static_cast<void>(read(*text, good));
}

std::string TokenGate::named_key(std::optional<std::string_view> authorization) const {
  const auto text = bearer(authorization);
  if (!text) return {};
  if (const auto known = memory_->find(*text)) return known->token.kid;
  Token t;
  return parse_token(*text, t) == TokenShape::good ? t.kid : std::string();
}

/// What of a token depends on neither the request nor the time. A key that was taken away since takes its tokens with it.
TokenFault TokenGate::read(std::string_view text, std::shared_ptr<const GoodToken>& out) const {
  if (auto known = memory_->find(text)) {
    const KeyRing::Entry* key = keys_.find(known->token.kid);
    if (key != nullptr && key->key == known->key) {
      out = std::move(known);
      return TokenFault::none;
    }
  }
  auto made = std::make_shared<GoodToken>();
  made->text = text;
  Token& t = made->token;
  if (const TokenShape shape = parse_token(made->text, t); shape != TokenShape::good) return fault_of(shape);
  if (t.typ && !same_letters(*t.typ, "JWT")) return TokenFault::bad_type;
  const KeyRing::Entry* key = keys_.find(t.kid);
  if (key == nullptr) return TokenFault::unknown_key;
  if (t.alg != (key->kind == KeyKind::p256 ? "ES256" : "EdDSA")) return TokenFault::wrong_algorithm;
  if (!KeyRing::verify(*key, t.signed_part, t.signature)) return TokenFault::bad_signature;
  made->key = key->key;
  t.signature = {};  // of no use any more, and all of them are kept
  memory_->keep(made);
  out = std::move(made);
  return TokenFault::none;
}

// The signature comes before everything that the claims say: what is not signed says nothing.
Admission TokenGate::check_token(std::string_view text, const GateCall* call, std::int64_t now_s) const {
  const auto no = [](TokenFault f) { return Admission{f, {}}; };
  std::shared_ptr<const GoodToken> good;
  if (const TokenFault f = read(text, good); f != TokenFault::none) return no(f);
  const Token& t = good->token;
  if (t.sub != t.kid) return no(TokenFault::other_subject);
  if (t.iss != "cdp" && t.iss != "coinbase-cloud") return no(TokenFault::bad_issuer);
  if (t.nbf > now_s + options_.skew_s || (t.iat && *t.iat > now_s + options_.skew_s)) return no(TokenFault::not_yet);
  if (t.exp <= now_s - options_.skew_s) return no(TokenFault::expired);
  if (t.exp <= t.nbf || (options_.max_life_s != 0 && t.exp - t.nbf > options_.max_life_s)) return no(TokenFault::life_too_long);
  if (call == nullptr) {
    if (!t.uris.empty()) return no(TokenFault::uri_in_stream);
  } else if (const TokenFault f = check_uris(t.uris, *call); f != TokenFault::none) {
    return no(f);
  }
  return {TokenFault::none, t.kid};
}

/// One of them has to be "METHOD host/path". The reason is that of the one which comes closest.
TokenFault TokenGate::check_uris(const std::vector<std::string>& uris, const GateCall& call) const {
  TokenFault closest = uris.empty() ? TokenFault::no_uri : TokenFault::other_uri;
  for (const std::string& uri : uris) {
    const auto blank = uri.find(' ');
    if (blank == uri.npos) continue;
    const std::string_view method = std::string_view(uri).substr(0, blank), address = std::string_view(uri).substr(blank + 1);
    const auto names_it = [&](std::string_view at) {
      const auto slash = at.find('/');
      if (slash == at.npos || at.substr(slash) != call.path) return false;
      const std::string_view host = at.substr(0, slash);
      return same_letters(host, call.host) ||
             std::any_of(options_.other_hosts.begin(), options_.other_hosts.end(), [&](const std::string& h) { return same_letters(host, h); });
    };
    if (names_it(address)) {
      if (method == call.method) return TokenFault::none;
      closest = TokenFault::other_method;
    } else if (const auto query = address.find('?'); query != address.npos && names_it(address.substr(0, query))) {
      closest = TokenFault::uri_with_query;
    }
  }
  return closest;
}

}  // namespace bowline::exchange
