// Keys and signatures as libcrypto makes them.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace auth_test {

using Key = std::shared_ptr<EVP_PKEY>;

inline Key p256_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }
inline Key ed25519_key() { return {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free}; }

inline std::string public_pem(const Key& key) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
  REQUIRE(PEM_write_bio_PUBKEY(bio.get(), key.get()) == 1);
  char* data = nullptr;
  const long n = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(n)};
}

inline const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

/// DER -> r then s.
inline std::string raw_of(const std::string& der) {
  const unsigned char* at = bytes(der);
  const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> sig(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  REQUIRE(sig);
  std::string out(64, '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_r(sig.get()), to, 32) == 32);
  REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(sig.get()), to + 32, 32) == 32);
  return out;
}
/// r then s -> DER.
inline std::string der_of(std::string_view raw) {
  const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> sig(ECDSA_SIG_new(), ECDSA_SIG_free);
  REQUIRE(ECDSA_SIG_set0(sig.get(), BN_bin2bn(bytes(raw), 32, nullptr), BN_bin2bn(bytes(raw) + 32, 32, nullptr)) == 1);
  unsigned char* der = nullptr;
  const int n = i2d_ECDSA_SIG(sig.get(), &der);
  REQUIRE(n > 0);
  const std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(n));
  OPENSSL_free(der);
  return out;
}

/// A signature over a digest of 32 bytes.
inline std::string sign_digest(const Key& key, std::string_view digest) {
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> ctx(EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  std::size_t n = 0;
  REQUIRE(EVP_PKEY_sign_init(ctx.get()) == 1);
  REQUIRE(EVP_PKEY_sign(ctx.get(), nullptr, &n, bytes(digest), digest.size()) == 1);
  std::string der(n, '\0');
  REQUIRE(EVP_PKEY_sign(ctx.get(), reinterpret_cast<unsigned char*>(der.data()), &n, bytes(digest), digest.size()) == 1);
  der.resize(n);
  return raw_of(der);
}
/// What libcrypto itself says of it.
inline bool libcrypto_takes(const Key& key, std::string_view digest, std::string_view raw) {
  const std::string der = der_of(raw);
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> ctx(EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  REQUIRE(EVP_PKEY_verify_init(ctx.get()) == 1);
  return EVP_PKEY_verify(ctx.get(), bytes(der), der.size(), bytes(digest), digest.size()) == 1;
}

/// A message's signature as a token has it.
inline std::string sign(const Key& key, std::string_view message) {
  const bool p256 = EVP_PKEY_is_a(key.get(), "EC") == 1;
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::size_t n = 0;
  REQUIRE(EVP_DigestSignInit(ctx.get(), nullptr, p256 ? EVP_sha256() : nullptr, nullptr, key.get()) == 1);
  REQUIRE(EVP_DigestSign(ctx.get(), nullptr, &n, bytes(message), message.size()) == 1);
  std::string out(n, '\0');
  REQUIRE(EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(out.data()), &n, bytes(message), message.size()) == 1);
  out.resize(n);
  return p256 ? raw_of(out) : out;
}

inline std::string base64url(std::string_view in) {
  std::vector<unsigned char> text(4 * (in.size() / 3 + 1) + 1);
  std::string out(reinterpret_cast<char*>(text.data()), static_cast<std::size_t>(EVP_EncodeBlock(text.data(), bytes(in), static_cast<int>(in.size()))));
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

/// A token from `now_s` on; `uri` "" for a stream.
inline std::string make_token(const Key& key, const std::string& name, const std::string& uri, std::int64_t now_s, int nonce = 0, std::int64_t life_s = 120) {
  const std::string alg = EVP_PKEY_is_a(key.get(), "EC") == 1 ? "ES256" : "EdDSA";
  const std::string head = R"({"alg":")" + alg + R"(","kid":")" + name + R"(","nonce":")" + std::to_string(nonce) + R"(","typ":"JWT"})";
  std::string claims = R"({"iss":"cdp","sub":")" + name + R"(","nbf":)" + std::to_string(now_s) + ",\"exp\":" + std::to_string(now_s + life_s);
  if (!uri.empty()) claims += ",\"uri\":\"" + uri + "\"";
  const std::string text = base64url(head) + "." + base64url(claims + "}");
  return text + "." + base64url(sign(key, text));
}

}  // namespace auth_test
