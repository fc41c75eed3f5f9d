#include "token.hpp"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

namespace venue_probe {
namespace {

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "venue_probe: %s\n", why.c_str());
  std::exit(2);
}

std::string raw_of(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* sig = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  if (sig == nullptr) stop("no signature");
  std::string out(64, '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(sig), to, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(sig), to + 32, 32);
  ECDSA_SIG_free(sig);
  return out;
}

std::string sign(const Key& key, const std::string& text) {
  EVP_MD_CTX* ctx = EVP_MD_CTX_new();
  std::size_t n = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::string out;
  if (EVP_DigestSignInit(ctx, nullptr, key.p256 ? EVP_sha256() : nullptr, nullptr, key.key.get()) != 1 ||
      EVP_DigestSign(ctx, nullptr, &n, bytes, text.size()) != 1)
    stop("can't sign");
  out.resize(n);
  if (EVP_DigestSign(ctx, reinterpret_cast<unsigned char*>(out.data()), &n, bytes, text.size()) != 1) stop("can't sign");
  out.resize(n);
  EVP_MD_CTX_free(ctx);
  return key.p256 ? raw_of(out) : out;
}

}  // namespace

std::string base64(const std::string& bytes, bool url) {
  std::vector<unsigned char> text(4 * (bytes.size() / 3 + 1) + 1);
  const int n = EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  std::string out(reinterpret_cast<char*>(text.data()), static_cast<std::size_t>(n));
  if (!url) return out;
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

Key read_key(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  const auto file = nlohmann::json::parse(text.str(), nullptr, false);
  if (!file.is_object() || !file.contains("name") || !file.contains("privateKey")) stop(path + " is no key file");
  Key key;
  key.name = file["name"].get<std::string>();
  const auto secret = file["privateKey"].get<std::string>();
  EVP_PKEY* made = nullptr;
  if (secret.starts_with("-----BEGIN")) {
    BIO* bio = BIO_new_mem_buf(secret.data(), static_cast<int>(secret.size()));
    made = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
  } else {
    key.p256 = false;
    std::vector<unsigned char> bytes(secret.size() + 3);
    if (EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(secret.data()), static_cast<int>(secret.size())) >= 64)
      made = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.data(), 32);
  }
  if (made == nullptr) stop(path + " has no key that can be used");
  key.key.reset(made, EVP_PKEY_free);
  return key;
}

std::string token(const Key& key, const std::string& uri, long shift_s) {
  unsigned char nonce[16];
  RAND_bytes(nonce, sizeof nonce);
  std::string hex;
  for (const unsigned char c : nonce) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", c);
    hex += two;
  }
  const long now = static_cast<long>(std::time(nullptr)) + shift_s;
  const nlohmann::json head{{"alg", key.p256 ? "ES256" : "EdDSA"}, {"kid", key.name}, {"nonce", hex}, {"typ", "JWT"}};
  nlohmann::json claims{{"iss", "cdp"}, {"sub", key.name}, {"nbf", now}, {"exp", now + 120}};
  if (!uri.empty()) claims["uri"] = uri;
  const std::string text = base64(head.dump(), true) + "." + base64(claims.dump(), true);
  return text + "." + base64(sign(key, text), true);
}

}  // namespace venue_probe
