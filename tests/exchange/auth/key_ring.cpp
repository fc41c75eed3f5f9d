#include "exchange/auth/key_ring.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstring>

namespace bowline::exchange {
namespace {

constexpr std::size_t signature_size = 64;

struct Free {
  void operator()(BIO* p) const noexcept { BIO_free(p); }
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};

const unsigned char* bytes_of(std::string_view s) noexcept { return reinterpret_cast<const unsigned char*>(s.data()); }

/// Fetched once; lives as long as the process.
const EVP_MD* sha256() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md;
}

std::shared_ptr<const EVP_MD_CTX> ready_ed25519(EVP_PKEY* key) {
  std::shared_ptr<EVP_MD_CTX> ctx(EVP_MD_CTX_new(), Free());
  if (!ctx || EVP_DigestVerifyInit(ctx.get(), nullptr, nullptr, nullptr, key) != 1) return nullptr;
  return ctx;
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
  Entry entry{kind, key, nullptr, nullptr};
  if (kind == KeyKind::p256) entry.p256 = P256Verifier::make(key.get());
  else entry.ed25519 = ready_ed25519(key.get());
  if (!entry.p256 && !entry.ed25519) {
    ERR_clear_error();
    return Error{"EXCHANGE_KEY", "the public key of " + name + " can't verify"};
  }
  keys_.emplace(std::move(name), std::move(entry));
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

namespace {

bool verify_p256(const P256Verifier& key, std::string_view message, std::string_view signature) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  return EVP_Digest(message.data(), message.size(), digest, &n, sha256(), nullptr) == 1 &&
         key.good({reinterpret_cast<const char*>(digest), n}, signature);
}

bool verify_ed25519(const EVP_MD_CTX* ready, std::string_view message, std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, Free> ctx(EVP_MD_CTX_new());
  return ctx && EVP_MD_CTX_copy_ex(ctx.get(), ready) == 1 &&
         EVP_DigestVerify(ctx.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

}  // namespace

bool KeyRing::verify(const Entry& entry, std::string_view message, std::string_view signature) {
  if (signature.size() != signature_size) return false;
  const bool good = entry.kind == KeyKind::p256 ? verify_p256(*entry.p256, message, signature)
                                                : verify_ed25519(entry.ed25519.get(), message, signature);
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace bowline::exchange
