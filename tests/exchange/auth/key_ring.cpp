#include "exchange/auth/key_ring.hpp"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstring>

namespace bowline::exchange {
namespace {

constexpr std::size_t signature_size = 64;

struct Free {
  void operator()(BIO* p) const noexcept { BIO_free(p); }
  void operator()(ECDSA_SIG* p) const noexcept { ECDSA_SIG_free(p); }
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};

/// r then s -> DER, as OpenSSL wants it. Empty when it can't.
std::string der_of(std::string_view raw) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  const std::unique_ptr<ECDSA_SIG, Free> sig(ECDSA_SIG_new());
  BIGNUM *r = BN_bin2bn(bytes, 32, nullptr), *s = BN_bin2bn(bytes + 32, 32, nullptr);
  if (!sig || !r || !s || ECDSA_SIG_set0(sig.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* der = nullptr;
  const int n = i2d_ECDSA_SIG(sig.get(), &der);
  std::string out = n > 0 ? std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(n)) : std::string();
  OPENSSL_free(der);
  return out;
}

}  // namespace

KeyRing::KeyRing() = default;
KeyRing::KeyRing(KeyRing&&) noexcept = default;
KeyRing& KeyRing::operator=(KeyRing&&) noexcept = default;
KeyRing::~KeyRing() = default;

Result<void> KeyRing::add(std::string name, std::string_view public_pem) {
  if (name.empty()) return Error{"EXCHANGE_KEY_NAME", "an API key needs a name"};
  if (keys_.contains(name)) return Error{"EXCHANGE_KEY_NAME", "there is an API key " + name + " already"};
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())));
  std::shared_ptr<EVP_PKEY> key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr, EVP_PKEY_free);
  KeyKind kind{};
  char curve[64] = {};
  std::size_t size = 0;
  if (key && EVP_PKEY_is_a(key.get(), "ED25519") == 1) {
    kind = KeyKind::ed25519;
  } else if (key && EVP_PKEY_is_a(key.get(), "EC") == 1 && EVP_PKEY_get_group_name(key.get(), curve, sizeof curve, &size) == 1 &&
             std::strcmp(curve, "prime256v1") == 0) {
    kind = KeyKind::p256;
  } else {
    ERR_clear_error();
    return Error{"EXCHANGE_KEY", "the public key of " + name + " is no PEM of P-256 or Ed25519"};
  }
  keys_.emplace(std::move(name), Entry{kind, std::move(key)});
  return {};
}

bool KeyRing::remove(std::string_view name) {
  const auto it = keys_.find(name);
  if (it == keys_.end()) return false;
  keys_.erase(it);
  return true;
}

const KeyRing::Entry* KeyRing::find(std::string_view name) const {
  const auto it = keys_.find(name);
  return it == keys_.end() ? nullptr : &it->second;
}

bool KeyRing::verify(const Entry& entry, std::string_view message, std::string_view signature) {
  if (signature.size() != signature_size) return false;
  const std::string der = entry.kind == KeyKind::p256 ? der_of(signature) : std::string(signature);
  const std::unique_ptr<EVP_MD_CTX, Free> ctx(EVP_MD_CTX_new());
  const bool good = !der.empty() && ctx &&
                    EVP_DigestVerifyInit(ctx.get(), nullptr, entry.kind == KeyKind::p256 ? EVP_sha256() : nullptr, nullptr, entry.key.get()) == 1 &&
                    EVP_DigestVerify(ctx.get(), reinterpret_cast<const unsigned char*>(der.data()), der.size(),
                                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace bowline::exchange
