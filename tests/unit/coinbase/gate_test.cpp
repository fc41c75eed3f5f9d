// The server's side of tokens: every dialect comes in, and nothing else.
#include "exchange/auth/token_gate.hpp"

#include <catch2/catch.hpp>

#include "coinbase/base64.hpp"
#include "coinbase/credentials.hpp"
#include "coinbase/jwt.hpp"
#include "exchange/auth/base64url.hpp"
#include "keys.hpp"
#include "vectors.hpp"

using namespace bowline;
using namespace bowline::exchange;
using namespace bowline::coinbase_test;
using coinbase::Credentials;
using Json = nlohmann::json;

namespace {

constexpr std::int64_t now = 1'790'000'000;
constexpr const char* key_name = "organizations/o/apiKeys/k";
constexpr const char* ed_name = "d2efa49a-369c-43d7-a60e-ae26e28853c2";
constexpr const char* path = "/api/v3/brokerage/accounts";
constexpr const char* dialled = "localhost:8443";

std::string coded(std::string_view s) {
  std::string out;
  coinbase::append_base64url(out, s);
  return out;
}

/// Signs whatever it is given.
struct Forge {
  Credentials p256 = *Credentials::from_parts(key_name, p256_pem);
  Credentials ed = *Credentials::from_parts(ed_name, ed25519_64);

  std::string token(const Json& header, const Json& claims) {
    std::string text = coded(header.dump()) + "." + coded(claims.dump());
    Credentials& c = header.is_object() && header.value("alg", "") == "EdDSA" ? ed : p256;
    const auto signature = c.key().sign(text);
    text.push_back('.');
    coinbase::append_base64url(text, *signature);
    return text;
  }
};

Json header() { return {{"alg", "ES256"}, {"kid", key_name}, {"nonce", "00112233445566778899aabbccddeeff"}, {"typ", "JWT"}}; }
Json claims() {
  return {{"iss", "cdp"}, {"sub", key_name}, {"nbf", now}, {"exp", now + 120}, {"uri", std::string("GET ") + dialled + path}};
}
TokenGate gate(GateOptions options = {}) {
  TokenGate g(std::move(options));
  REQUIRE(g.keys().add(key_name, p256_public_pem).ok());
  REQUIRE(g.keys().add(ed_name, ed25519_public_pem).ok());
  return g;
}
GateCall call() { return {.method = "GET", .host = dialled, .path = path}; }
TokenFault check(const TokenGate& g, const std::string& token, std::int64_t at = now) { return g.check(call(), "Bearer " + token, at).fault; }

}  // namespace

TEST_CASE("tokens of every client's dialect come in, and say whose they are") {
  Forge f;
  const TokenGate g = gate();
  const auto in = [&](const Json& h, const Json& c) {
    const Admission a = g.check(call(), "Bearer " + f.token(h, c), now);
    INFO(name(a.fault) << " " << h.dump() << " " << c.dump());
    CHECK(a.ok());
    CHECK(a.key_name == h.at("kid"));
  };
  in(header(), claims());
  Json c = claims(), h = header();
  c["uri"] = std::string("GET api.coinbase.com") + path;  // helpers that sign the real host
  in(header(), c);
  c = claims();
  c["iss"] = "coinbase-cloud";
  c["aud"] = {"retail_rest_api_proxy"};
  c["iat"] = now;
  in(header(), c);
  c = claims();
  c.erase("uri");
  c["uris"] = {std::string("GET ") + dialled + path};
  c["aud"] = {"cdp_service"};
  h = {{"alg", "EdDSA"}, {"kid", ed_name}, {"nonce", "abcdefghijklmnop"}};
  c["sub"] = ed_name;
  in(h, c);
  h.erase("nonce");
  in(h, c);
  c["uris"] = {"GET elsewhere/x", std::string("GET ") + dialled + path};
  c["exp"] = static_cast<double>(now + 120);  // some libraries write seconds with a point
  in(h, c);
}

TEST_CASE("our own client's tokens come in") {
  for (const bool ed : {false, true}) {
    coinbase::TokenMaker m(*Credentials::from_parts(ed ? ed_name : key_name, ed ? std::string(ed25519_64) : p256_pem), [] { return now; },
                           coinbase::random_nonce);
    const TokenGate g = gate();
    CHECK(g.check(call(), "Bearer " + *m.token("GET", dialled, std::string(path) + "?limit=1"), now).ok());
    CHECK(g.check(call(), "Bearer " + *m.token("GET", "LOCALHOST:8443", path), now).ok());
    CHECK(g.check(call(), "Bearer " + *m.token("POST", dialled, path), now).fault == TokenFault::other_method);
    CHECK(g.check_stream(*m.ws_token(), now).ok());
    CHECK(g.check_stream(*m.token("GET", dialled, path), now).fault == TokenFault::uri_in_stream);
    CHECK(g.check(call(), "Bearer " + *m.ws_token(), now).fault == TokenFault::no_uri);
  }
}

TEST_CASE("every wrong token stays outside, and the log knows why") {
  Forge f;
  const TokenGate g = gate();
  const auto out = [&](const Json& h, const Json& c) { return check(g, f.token(h, c)); };
  Json c, h;
  const auto with_claim = [&](const char* key, const Json& v) {
    c = claims();
    c[key] = v;
    return out(header(), c);
  };
  const auto with_header = [&](const char* key, const Json& v) {
    h = header();
    h[key] = v;
    return out(h, claims());
  };
  const std::string uri = claims().at("uri");
  CHECK(with_claim("uri", uri + "?limit=2") == TokenFault::uri_with_query);
  CHECK(with_claim("uri", uri + "/") == TokenFault::other_uri);
  CHECK(with_claim("uri", std::string("DELETE ") + dialled + path) == TokenFault::other_method);
  CHECK(with_claim("uri", std::string("get ") + dialled + path) == TokenFault::other_method);
  CHECK(with_claim("uri", std::string("GET ") + dialled + "/api/v3/brokerage/orders") == TokenFault::other_uri);
  CHECK(with_claim("uri", std::string("GET evil.example") + path) == TokenFault::other_uri);
  CHECK(with_claim("uri", std::string("GET localhost") + path) == TokenFault::other_uri);  // the port belongs to it
  CHECK(with_claim("uri", std::string("GET https://") + dialled + path) == TokenFault::other_uri);
  CHECK(with_claim("uri", "") == TokenFault::other_uri);
  CHECK(with_claim("uri", 5) == TokenFault::bad_claims);
  CHECK(with_claim("uris", Json::array({5})) == TokenFault::bad_claims);
  CHECK(with_claim("iss", "somebody") == TokenFault::bad_issuer);
  CHECK(with_claim("sub", ed_name) == TokenFault::other_subject);
  CHECK(with_claim("nbf", now + 31) == TokenFault::not_yet);
  CHECK(with_claim("iat", now + 31) == TokenFault::not_yet);
  CHECK(with_claim("exp", now - 30) == TokenFault::expired);
  CHECK(with_claim("exp", now) == TokenFault::life_too_long);       // never valid
  CHECK(with_claim("exp", now + 121) == TokenFault::life_too_long);
  CHECK(with_claim("nbf", "1790000000") == TokenFault::bad_claims);
  CHECK(with_claim("nbf", 1.5) == TokenFault::bad_claims);
  CHECK(with_claim("exp", 1e300) == TokenFault::bad_claims);
  CHECK(with_claim("exp", -1) == TokenFault::bad_claims);
  for (const char* needed : {"iss", "sub", "nbf", "exp"}) {
    c = claims();
    c.erase(needed);
    CHECK(out(header(), c) == TokenFault::bad_claims);
  }
  c = claims();
  c.erase("uri");
  CHECK(out(header(), c) == TokenFault::no_uri);
  CHECK(with_header("kid", "organizations/x/apiKeys/nope") == TokenFault::unknown_key);
  CHECK(with_header("kid", 5) == TokenFault::bad_header);
  CHECK(with_header("typ", "at+jwt") == TokenFault::bad_type);
  CHECK(with_header("typ", nullptr) == TokenFault::bad_header);
  CHECK(with_header("nonce", 5) == TokenFault::bad_header);
  CHECK(with_header("crit", Json::array({"x"})) == TokenFault::bad_header);
  for (const char* alg : {"none", "HS256", "RS256", "EdDSA", "es256", ""}) CHECK(with_header("alg", alg) == TokenFault::wrong_algorithm);
  CHECK(out(Json::array(), claims()) == TokenFault::bad_header);
  CHECK(out(header(), Json::array()) == TokenFault::bad_claims);
}

TEST_CASE("a signature that is not of these bytes and this key stays outside") {
  Forge f;
  const TokenGate g = gate();
  const std::string good = f.token(header(), claims());
  const auto dot = good.rfind('.');
  REQUIRE(check(g, good) == TokenFault::none);
  const std::string signature = *decode_base64url(good.substr(dot + 1));
  CHECK(check(g, good.substr(0, dot + 1)) == TokenFault::bad_signature);
  CHECK(check(g, good.substr(0, dot + 1) + coded(signature.substr(0, 63))) == TokenFault::bad_signature);
  CHECK(check(g, good.substr(0, dot + 1) + coded(signature + "x")) == TokenFault::bad_signature);
  CHECK(check(g, good.substr(0, dot + 1) + coded(std::string(64, '\0'))) == TokenFault::bad_signature);
  Json c = claims();
  c["exp"] = now + 119;
  CHECK(check(g, coded(header().dump()) + "." + coded(c.dump()) + good.substr(dot)) == TokenFault::bad_signature);
  Json h = header();  // an Ed25519 key's name over a P-256 signature
  h["kid"] = ed_name;
  CHECK(check(g, f.token(h, claims())) == TokenFault::wrong_algorithm);
  for (std::size_t i = 0; i < 64; ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(check(g, good.substr(0, dot + 1) + coded(changed)) == TokenFault::bad_signature);
  }
}

TEST_CASE("what is no token stays outside") {
  Forge f;
  const TokenGate g = gate();
  const std::string good = f.token(header(), claims());
  CHECK(g.check(call(), std::nullopt, now).fault == TokenFault::no_header);
  GateCall old = call();
  old.has_legacy_key = true;
  CHECK(g.check(old, std::nullopt, now).fault == TokenFault::legacy_key);
  for (const std::string& value : {std::string(), std::string("Bearer"), std::string("Bearer "), "Basic " + good, good, "Bearer" + good})
    CHECK(g.check(call(), value, now).fault == TokenFault::not_bearer);
  CHECK(g.check(call(), "bearer " + good, now).ok());
  CHECK(check(g, "a.b") == TokenFault::not_three_parts);
  CHECK(check(g, good + ".x") == TokenFault::not_three_parts);
  CHECK(check(g, "x") == TokenFault::not_three_parts);
  CHECK(check(g, good + "=") == TokenFault::not_base64url);
  CHECK(check(g, " " + good) == TokenFault::not_base64url);
  CHECK(check(g, "a.a.a") == TokenFault::not_base64url);
  CHECK(check(g, "..") == TokenFault::not_json);
  CHECK(check(g, coded("{") + "." + coded("{}") + ".") == TokenFault::not_json);
  CHECK(check(g, std::string(8193, 'a')) == TokenFault::too_long);
  CHECK(check(g, coded(std::string(5000, '[')) + "." + coded("{}") + ".") == TokenFault::not_json);
  CHECK(g.check_stream("", now).fault == TokenFault::no_header);
  CHECK(g.check_stream("x", now).fault == TokenFault::not_three_parts);
}

TEST_CASE("clocks may differ by the skew, and a token may live as long as the options say") {
  Forge f;
  const std::string good = f.token(header(), claims());
  const TokenGate g = gate();
  CHECK(check(g, good, now - 30) == TokenFault::none);
  CHECK(check(g, good, now - 31) == TokenFault::not_yet);
  CHECK(check(g, good, now + 149) == TokenFault::none);
  CHECK(check(g, good, now + 150) == TokenFault::expired);
  const TokenGate strict = gate({.skew_s = 0});
  CHECK(check(strict, good, now) == TokenFault::none);
  CHECK(check(strict, good, now - 1) == TokenFault::not_yet);
  CHECK(check(strict, good, now + 120) == TokenFault::expired);
  Json c = claims();
  c["exp"] = now + 86'400;
  CHECK(check(gate({.max_life_s = 0}), f.token(header(), c)) == TokenFault::none);
  CHECK(check(gate({.max_life_s = 60}), good) == TokenFault::life_too_long);
  c = claims();
  c["uri"] = std::string("GET api.coinbase.com") + path;
  CHECK(check(gate({.other_hosts = {}}), f.token(header(), c)) == TokenFault::other_uri);
}

TEST_CASE("a public address needs no token, and a wrong one matters there only when it is asked to") {
  Forge f;
  GateCall open = call();
  open.open = true;
  const TokenGate g = gate(), easy = gate({.check_open = false});
  CHECK(g.check(open, std::nullopt, now).ok());
  CHECK(g.check(open, std::nullopt, now).key_name.empty());
  CHECK(g.check(open, "Bearer " + f.token(header(), claims()), now).key_name == key_name);
  CHECK(g.check(open, "Bearer x", now).fault == TokenFault::not_three_parts);
  CHECK(easy.check(open, "Bearer x", now).ok());
}

TEST_CASE("keys have names, are of two kinds, and can be taken away") {
  KeyRing ring;
  CHECK(ring.add("", p256_public_pem).error().code == "EXCHANGE_KEY_NAME");
  CHECK(ring.add("a", "").error().code == "EXCHANGE_KEY");
  CHECK(ring.add("a", p256_pem).error().code == "EXCHANGE_KEY");  // a private one
  CHECK(ring.add("a", p256_public_pem).ok());
  CHECK(ring.add("a", p256_public_pem).error().code == "EXCHANGE_KEY_NAME");
  CHECK(ring.find("a") != nullptr);
  CHECK(ring.remove("a"));
  CHECK_FALSE(ring.remove("a"));
  CHECK(ring.find("a") == nullptr);
}

TEST_CASE("each fault has a word of its own") {
  std::vector<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(TokenFault::uri_in_stream); ++i) {
    const auto word = name(static_cast<TokenFault>(i));
    CHECK_FALSE(word.empty());
    CHECK(std::find(seen.begin(), seen.end(), word) == seen.end());
    seen.push_back(word);
  }
  CHECK(name(TokenFault::uri_with_query) == "uri_with_query");
  CHECK(name(TokenFault::expired) == "expired");
}

TEST_CASE("the published cases: what has to come in comes in, what has to stay outside has a reason") {
  const auto v = vector_json("auth/jwt_cases.json");
  if (!v) return;
  Forge f;
  const TokenGate g = gate();
  std::size_t refused = 0;
  for (const auto& one : v->at("cases")) {
    const std::string case_name = one.at("name");
    INFO(case_name);
    Json h = v->at("base").at("header"), c = v->at("base").at("claims");
    if (one.contains("drop_header"))
      for (const auto& key : one.at("drop_header")) h.erase(key.get<std::string>());
    if (one.contains("drop_claims"))
      for (const auto& key : one.at("drop_claims")) c.erase(key.get<std::string>());
    if (one.contains("set_header")) h.update(one.at("set_header"));
    if (one.contains("set_claims")) c.update(one.at("set_claims"));
    const std::string at = one.value("path", path), kid = h.value("alg", "") == "EdDSA" ? ed_name : key_name;
    const auto filled = [&](std::string s) -> Json {
      if (s.starts_with("$NOW")) return now + (s.size() > 4 ? std::stoll(s.substr(4)) : 0);
      for (const auto& [from, to] : {std::pair<std::string, std::string>{"$METHOD", "GET"}, {"$HOST", dialled}, {"$PATH", at}, {"$KEY", kid},
                                     {"$HEX32", "00112233445566778899aabbccddeeff"}})
        for (std::size_t i = 0; (i = s.find(from, i)) != s.npos; i += to.size()) s.replace(i, from.size(), to);
      return s;
    };
    for (Json* object : {&h, &c})
      for (auto& [key, value] : object->items())
        if (value.is_string()) value = filled(value);
    GateCall asked = call();
    asked.path = at;
    asked.open = at.find("/market/") != at.npos;
    std::optional<std::string> authorization;
    if (!one.value("no_auth", false)) authorization = "Bearer " + f.token(h, c);
    const Admission a = g.check(asked, authorization, now);
    INFO(name(a.fault));
    CHECK(a.ok() == (one.at("expect") == 200));
    if (!a.ok()) ++refused;
  }
  CHECK(refused == 6);
}

TEST_CASE("the published tokens verify, and are out of date by years") {
  const auto keys = vector_json("auth/keys.json"), kat = vector_json("auth/jwt_kat.json");
  if (!keys || !kat) return;
  for (const auto& [kind, token] : {std::pair{"ed25519", "eddsa"}, {"ecdsa", "es256_verify_only"}}) {
    TokenGate g;
    REQUIRE(g.keys().add(keys->at("key_name"), std::string(keys->at(kind).at("public_key_spki_pem"))).ok());
    GateCall asked = call();
    asked.host = "api.coinbase.com";
    const std::string header_value = "Bearer " + kat->at(token).at("token").get<std::string>();
    CHECK(g.check(asked, header_value, 1'700'000'060).ok());
    CHECK(g.check(asked, header_value, now).fault == TokenFault::expired);
    CHECK(g.check({.method = "POST", .host = "api.coinbase.com", .path = path}, header_value, 1'700'000'060).fault == TokenFault::other_method);
  }
}
