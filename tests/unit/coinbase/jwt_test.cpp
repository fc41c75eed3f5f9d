// Tokens: byte by byte where that is defined, verified where it is not.
#include "coinbase/jwt.hpp"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "exchange/auth/base64url.hpp"
#include "exchange/auth/token_gate.hpp"
#include "keys.hpp"
#include "vectors.hpp"

using namespace bowline;
using namespace bowline::coinbase;
using namespace bowline::coinbase_test;
using bowline::exchange::decode_base64url;
using bowline::exchange::KeyRing;

namespace {

constexpr std::int64_t at = 1'700'000'000;
bool fixed_nonce(Nonce& n) {
  for (std::size_t i = 0; i < n.size(); ++i) n[i] = static_cast<unsigned char>(i * 0x11);
  return true;
}
TokenMaker maker(const std::string& secret, const std::string& name = "organizations/o/apiKeys/k") {
  auto c = Credentials::from_parts(name, secret);
  REQUIRE(c.ok());
  return TokenMaker(std::move(*c), [] { return at; }, fixed_nonce);
}
/// Part 0 = header, 1 = claims.
nlohmann::json part(const std::string& token, int n) {
  const auto first = token.find('.'), second = token.find('.', first + 1);
  return nlohmann::json::parse(*decode_base64url(n == 0 ? token.substr(0, first) : token.substr(first + 1, second - first - 1)));
}

}  // namespace

TEST_CASE("an EdDSA token is the published one, byte by byte") {
  const auto keys = vector_json("auth/keys.json"), kat = vector_json("auth/jwt_kat.json");
  if (!keys || !kat) return;
  const auto& want = kat->at("eddsa");
  auto m = maker(keys->at("ed25519").at("base64_64"), keys->at("key_name"));
  CHECK(*m.token("GET", "api.coinbase.com", "/api/v3/brokerage/accounts") == want.at("token"));
  CHECK(*m.token("GET", "api.coinbase.com", "/api/v3/brokerage/accounts?limit=250") == want.at("token"));  // the query is not part of it
}

TEST_CASE("an ES256 token signs the published text, and the published signature verifies") {
  const auto keys = vector_json("auth/keys.json"), kat = vector_json("auth/jwt_kat.json");
  if (!keys || !kat) return;
  const auto& want = kat->at("es256_verify_only");
  auto m = maker(keys->at("ecdsa").at("sec1_pem"), keys->at("key_name"));
  const std::string token = *m.token("GET", "api.coinbase.com", "/api/v3/brokerage/accounts");
  const std::string input = want.at("signing_input"), published = want.at("token");
  CHECK(token.substr(0, token.rfind('.')) == input);
  KeyRing ring;
  REQUIRE(ring.add("k", std::string(keys->at("ecdsa").at("public_key_spki_pem"))).ok());
  CHECK(KeyRing::verify(*ring.find("k"), input, *decode_base64url(token.substr(token.rfind('.') + 1))));
  CHECK(KeyRing::verify(*ring.find("k"), input, *decode_base64url(published.substr(published.rfind('.') + 1))));
  CHECK_FALSE(KeyRing::verify(*ring.find("k"), input + "x", *decode_base64url(published.substr(published.rfind('.') + 1))));
}

TEST_CASE("a token says whose it is, for what, and for how long; one of a stream is bound to no address") {
  for (const std::string& secret : {p256_pem, std::string(ed25519_64)}) {
    auto m = maker(secret);
    const std::string alg = secret == p256_pem ? "ES256" : "EdDSA";
    const std::string rest = *m.token("POST", "localhost:8443", "/api/v3/brokerage/orders");
    CHECK(part(rest, 0) == nlohmann::json{{"alg", alg}, {"kid", m.key_name()}, {"nonce", "00112233445566778899aabbccddeeff"}, {"typ", "JWT"}});
    CHECK(part(rest, 1) ==
          nlohmann::json{{"sub", m.key_name()}, {"iss", "cdp"}, {"nbf", at}, {"exp", at + 120}, {"uri", "POST localhost:8443/api/v3/brokerage/orders"}});
    CHECK(part(*m.ws_token(), 1) == nlohmann::json{{"sub", m.key_name()}, {"iss", "cdp"}, {"nbf", at}, {"exp", at + 120}});
    CHECK(rest.find('=') == rest.npos);
  }
}

TEST_CASE("a token is made for nothing that can't be asked for") {
  auto m = maker(std::string(ed25519_64));
  for (const auto& [method, host, path] : {std::tuple{"", "h", "/p"}, {"GET", "", "/p"}, {"GET", "h", ""}, {"GET", "h", "p"}, {"GET", "h", "?x"},
                                           {"GET", "h", "/a b"}, {"GET", "h", "/a\"b"}, {"GET", "h\\", "/"}, {"G T", "h", "/"}, {"GET", "h", "/\n"}}) {
    const auto t = m.token(method, host, path);
    REQUIRE_FALSE(t.ok());
    CHECK(t.error().code == "COINBASE_TOKEN_URI");
  }
  auto c = Credentials::from_parts("n", ed25519_64);
  TokenMaker dry(std::move(*c), [] { return at; }, [](Nonce&) { return false; });
  CHECK(dry.token("GET", "h", "/p").error().code == "COINBASE_NONCE");
  CHECK(dry.ws_token().error().code == "COINBASE_NONCE");
}

TEST_CASE("short numbers of a signature are filled up from the left") {
  const auto der_of = [](const char* r, const char* s) {
    BIGNUM *a = nullptr, *b = nullptr;
    BN_hex2bn(&a, r);
    BN_hex2bn(&b, s);
    ECDSA_SIG* sig = ECDSA_SIG_new();
    ECDSA_SIG_set0(sig, a, b);
    unsigned char* out = nullptr;
    const int n = i2d_ECDSA_SIG(sig, &out);
    std::string der(reinterpret_cast<char*>(out), static_cast<std::size_t>(n));
    OPENSSL_free(out);
    ECDSA_SIG_free(sig);
    return der;
  };
  const auto raw = [](const std::string& der) {
    return raw_from_der(std::span(reinterpret_cast<const unsigned char*>(der.data()), der.size()));
  };
  const auto small = raw(der_of("01", "ABCD"));
  REQUIRE(small.has_value());
  Signature want{};
  want[31] = 1;
  want[62] = 0xAB;
  want[63] = 0xCD;
  CHECK(*small == want);
  const std::string full(64, 'F');
  const auto large = raw(der_of(full.c_str(), full.c_str()));
  REQUIRE(large.has_value());
  CHECK(std::all_of(large->begin(), large->end(), [](unsigned char c) { return c == 0xFF; }));
  CHECK_FALSE(raw(der_of((full + "FF").c_str(), "01")).has_value());  // 33 bytes
  CHECK_FALSE(raw(der_of("01", "01") + "x").has_value());
  CHECK_FALSE(raw("").has_value());
  CHECK_FALSE(raw(der_of("01", "01").substr(0, 5)).has_value());
  CHECK_FALSE(raw(std::string("\x30\x06\x02\x01\xff\x02\x01\x01", 8)).has_value());  // below zero
}

TEST_CASE("of four thousand ES256 tokens each one verifies, those with short numbers among them") {
  auto m = maker(p256_pem);
  KeyRing ring;
  REQUIRE(ring.add("k", p256_public_pem).ok());
  int short_ones = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string token = *m.token("GET", "h", "/p");
    const auto signature = decode_base64url(token.substr(token.rfind('.') + 1));
    REQUIRE(signature.has_value());
    REQUIRE(signature->size() == 64);
    if ((*signature)[0] == '\0' || (*signature)[32] == '\0') ++short_ones;
    REQUIRE(KeyRing::verify(*ring.find("k"), token.substr(0, token.rfind('.')), *signature));
  }
  CHECK(short_ones > 0);  // about one in 128: none of so many happens once in 10^13 runs
}

TEST_CASE("nonces are of OpenSSL's generator, and no two are the same") {
  std::set<Nonce> seen;
  for (int i = 0; i < 1000; ++i) {
    Nonce n{};
    REQUIRE(random_nonce(n));
    seen.insert(n);
  }
  CHECK(seen.size() == 1000);
}
