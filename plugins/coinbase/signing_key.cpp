#include "coinbase/signing_key.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "coinbase/base64.hpp"
#include "coinbase/secret.hpp"

namespace bowline::coinbase {
namespace {

constexpr std::size_t longest_text = 16 * 1024;  // an RSA key of 8192 bits fits, so that it is refused as what it is
constexpr std::size_t seed_size = 32, pair_size = 64, pkcs8_size = 48;
// Room for the keys of some hundred TLS handshakes at a time beside ours: who finds none there can't go on.
constexpr std::size_t arena_size = 1024 * 1024, arena_piece = 32;

/// OpenSSL's own memory for private keys: without it they lie on the ordinary heap, and so in every core dump. It is the process's,
/// whoever asks for it first. Where it can't be locked it may be swapped out; it is left out of core dumps all the same.
void keep_keys_apart() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (CRYPTO_secure_malloc_initialized() == 0) static_cast<void>(CRYPTO_secure_malloc_init(arena_size, arena_piece));
  });
}

using Bytes = std::span<const unsigned char>;

/// PKCS 8 of an Ed25519 key, up to its seed.
constexpr unsigned char ed25519_head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
/// What a PKCS 8 key of P-256 says of itself (its version, its kind, its curve), and a SEC 1 key says of its curve.
constexpr unsigned char p256_named[] = {0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                        0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr unsigned char p256_curve[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

/// Takes one DER element of that tag, of less than 256 bytes, off `from`; empty: it is another one.
Bytes element(Bytes& from, unsigned char tag) noexcept {
  if (from.size() < 2 || from[0] != tag) return {};
  const bool longer = from[1] == 0x81;
  if ((from[1] & 0x80) != 0 && !longer) return {};
  const std::size_t head = longer ? 3 : 2;
  if (from.size() < head) return {};
  const std::size_t size = longer ? from[2] : from[1];
  if (from.size() - head < size) return {};
  const Bytes inside = from.subspan(head, size);
  from = from.subspan(head + size);
  return inside;
}

/// The SEC 1 form of a P-256 key in PKCS 8: OpenSSL leaves a copy of the latter's inside on the heap. Empty: it is none, or of a form
/// that has to be read by OpenSSL.
Secret sec1_of(Bytes pkcs8) {
  Secret out(256);
  Bytes all = element(pkcs8, 0x30);
  if (!pkcs8.empty() || all.size() < sizeof p256_named || !std::equal(std::begin(p256_named), std::end(p256_named), all.begin())) return out;
  all = all.subspan(sizeof p256_named);
  Bytes wrapped = element(all, 0x04), key = element(wrapped, 0x30);
  if (!all.empty() || !wrapped.empty() || element(key, 0x02).size() != 1) return out;
  const Bytes scalar = element(key, 0x04);
  Bytes rest = key;
  if (scalar.size() != 32 || (!rest.empty() && rest[0] != 0xa1)) return out;
  const std::size_t inside = 3 + 2 + scalar.size() + sizeof p256_curve + rest.size();
  if (inside > 255) return out;
  const auto put = [&out](Bytes bytes) {
    for (const unsigned char b : bytes) out.push(static_cast<char>(b));
  };
  const auto size = static_cast<unsigned char>(inside);
  const unsigned char small[] = {0x30, size}, large[] = {0x30, 0x81, size}, before[] = {0x02, 0x01, 0x01, 0x04, 0x20};
  put(inside < 128 ? Bytes(small) : Bytes(large));  // DER has one form of each length
  put(before);
  put(scalar);
  put(p256_curve);
  put(rest);
  return out;
}

Bytes bytes_of(Secret& s) noexcept { return {reinterpret_cast<const unsigned char*>(s.data()), s.size()}; }

struct FreeBio {
  void operator()(BIO* p) const noexcept { BIO_free(p); }
};
struct FreeSignature {
  void operator()(ECDSA_SIG* p) const noexcept { ECDSA_SIG_free(p); }
};

/// What one block of a PEM text holds. Wiped by who owns it.
struct Block {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    OPENSSL_secure_free(label);
    OPENSSL_secure_free(header);
    OPENSSL_secure_clear_free(der, size > 0 ? static_cast<std::size_t>(size) : 0);
  }
};

constexpr bool blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// The text with real line ends, and without blanks at both ends of its lines and empty lines at its own.
Secret tidy(std::string_view text) {
  Secret out(text.size() + 1);
  std::size_t line = 0;  // where the current line begins in `out`
  const auto end_line = [&] {
    while (out.size() > line && blank(out.view().back())) out.resize(out.size() - 1);
    if (out.size() == line) return;  // an empty line
    out.push('\n');
    line = out.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 'r')) c = text[++i] == 'n' ? '\n' : '\r';
    if (c == '\n')
      end_line();
    else if (out.size() > line || !blank(c))
      out.push(c);
  }
  end_line();
  return out;
}

Error encrypted() {
  return {"COINBASE_KEY_ENCRYPTED", "the API key's secret is protected by a passphrase: give it without one, from the secrets store"};
}
Error not_pem() {
  return {"COINBASE_KEY_PEM",
          "the API key's secret begins like PEM, and holds no private key that can be read: paste it whole, from BEGIN to END, with its line ends"};
}

}  // namespace

const char* name_of(Algorithm a) noexcept { return a == Algorithm::es256 ? "ES256" : "EdDSA"; }

void SigningKey::Free::operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
void SigningKey::Free::operator()(EVP_PKEY_CTX* p) const noexcept { EVP_PKEY_CTX_free(p); }
void SigningKey::Free::operator()(EVP_MD* p) const noexcept { EVP_MD_free(p); }
void SigningKey::Free::operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

std::optional<Signature> raw_from_der(std::span<const unsigned char> der) {
  const unsigned char* p = der.data();
  const std::unique_ptr<ECDSA_SIG, FreeSignature> sig(d2i_ECDSA_SIG(nullptr, &p, static_cast<long>(der.size())));
  if (!sig) ERR_clear_error();
  if (!sig || p != der.data() + der.size()) return std::nullopt;
  Signature out{};
  const BIGNUM *r = ECDSA_SIG_get0_r(sig.get()), *s = ECDSA_SIG_get0_s(sig.get());
  if (BN_is_negative(r) || BN_is_negative(s) || BN_bn2binpad(r, out.data(), 32) != 32 || BN_bn2binpad(s, out.data() + 32, 32) != 32) {
    ERR_clear_error();
    return std::nullopt;
  }
  return out;
}

Result<SigningKey> SigningKey::of(std::unique_ptr<EVP_PKEY, Free> key) {
  SigningKey out;
  out.key_ = std::move(key);
  out.digest_.reset(EVP_MD_CTX_new());
  if (EVP_PKEY_is_a(out.key_.get(), "ED25519") == 1) {
    out.algorithm_ = Algorithm::eddsa;
    if (out.digest_) return out;
    return Error{"COINBASE_SIGN", "OpenSSL has no memory for a signature"};
  }
  if (EVP_PKEY_is_a(out.key_.get(), "EC") != 1)
    return Error{"COINBASE_KEY_TYPE", "the API key's secret is of a kind that the venue does not take: it has to be ECDSA P-256 or Ed25519, not RSA or another"};
  char curve[64] = {};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(out.key_.get(), curve, sizeof curve, &size) != 1 || std::strcmp(curve, "prime256v1") != 0) {
    ERR_clear_error();
    return Error{"COINBASE_KEY_CURVE", "the API key's secret is an ECDSA key of another curve than P-256: make a new API key"};
  }
  const std::unique_ptr<EVP_PKEY_CTX, Free> check(EVP_PKEY_CTX_new(out.key_.get(), nullptr));
  if (!check || EVP_PKEY_pairwise_check(check.get()) != 1) {
    ERR_clear_error();
    return Error{"COINBASE_KEY_MISMATCH", "the API key's secret holds a public half that belongs to another key: paste it again"};
  }
  out.sha256_.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  out.signer_.reset(EVP_PKEY_CTX_new(out.key_.get(), nullptr));
  if (!out.digest_ || !out.sha256_ || !out.signer_ || EVP_PKEY_sign_init(out.signer_.get()) != 1 ||
      EVP_PKEY_CTX_set_signature_md(out.signer_.get(), out.sha256_.get()) != 1) {
    ERR_clear_error();
    return Error{"COINBASE_SIGN", "OpenSSL can't sign with ECDSA P-256 and SHA-256 here"};
  }
  return out;
}

std::unique_ptr<EVP_PKEY, SigningKey::Free> SigningKey::of_der(std::span<const unsigned char> der) {
  Secret sec1 = sec1_of(der);
  if (sec1.size() != 0) der = bytes_of(sec1);
  const unsigned char* p = der.data();
  std::unique_ptr<EVP_PKEY, Free> key(d2i_AutoPrivateKey(nullptr, &p, static_cast<long>(der.size())));
  ERR_clear_error();
  if (key && p != der.data() + der.size()) key.reset();
  return key;
}

Result<SigningKey> SigningKey::of_pem(std::string_view pem) {
  if (pem.find("Proc-Type:") != pem.npos) return encrypted();  // the older form: only encrypted keys have such a header
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));  // reads in place
  if (!bio) return not_pem();
  for (;;) {  // `openssl ecparam -genkey` puts the curve's parameters before the key
    Block block;
    if (PEM_read_bio_ex(bio.get(), &block.label, &block.header, &block.der, &block.size, PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE) != 1) {
      ERR_clear_error();
      return not_pem();
    }
    const std::string_view label = block.label;
    if (label == "ENCRYPTED PRIVATE KEY") return encrypted();
    if (!label.ends_with("PRIVATE KEY")) continue;
    auto key = of_der({block.der, static_cast<std::size_t>(block.size)});
    if (!key) return not_pem();
    return of(std::move(key));
  }
}

Result<SigningKey> SigningKey::of_base64(std::string_view text) {
  Secret bytes(text.size());
  if (!decode_base64(text, bytes))
    return Error{"COINBASE_KEY_BASE64", "the API key's secret is neither PEM nor base64: paste it again, whole"};
  const auto* raw = reinterpret_cast<const unsigned char*>(bytes.data());
  std::unique_ptr<EVP_PKEY, Free> key;
  if (bytes.size() == pkcs8_size) {
    key = of_der({raw, bytes.size()});
    if (key && EVP_PKEY_is_a(key.get(), "ED25519") != 1)
      return Error{"COINBASE_KEY_TYPE", "the API key's secret is a key of 48 bytes that is not Ed25519: paste it again, whole"};
  } else if (bytes.size() == seed_size || bytes.size() == pair_size) {
    Secret whole(pkcs8_size);  // as a raw key it would be kept on the ordinary heap
    for (const unsigned char b : ed25519_head) whole.push(static_cast<char>(b));
    for (std::size_t i = 0; i < seed_size; ++i) whole.push(static_cast<char>(raw[i]));
    key = of_der(bytes_of(whole));
    unsigned char open[32];
    std::size_t size = sizeof open;
    if (key && bytes.size() == pair_size &&
        (EVP_PKEY_get_raw_public_key(key.get(), open, &size) != 1 || size != sizeof open || CRYPTO_memcmp(open, raw + seed_size, size) != 0)) {
      ERR_clear_error();
      return Error{"COINBASE_KEY_MISMATCH", "the API key's secret holds a public half that belongs to another key: paste it again"};
    }
  } else {
    return Error{"COINBASE_KEY_LENGTH", "the API key's secret is base64 of " + std::to_string(bytes.size()) +
                                            " bytes: an Ed25519 key has 64, 32 or (PKCS 8) 48"};
  }
  ERR_clear_error();
  if (!key) return Error{"COINBASE_KEY_BASE64", "the API key's secret is base64, and no Ed25519 key inside it: paste it again, whole"};
  return of(std::move(key));
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
  if (text.size() > longest_text)
    return Error{"COINBASE_KEY_TOO_LONG", "the API key's secret has more than 16 KiB: that is no key"};
  keep_keys_apart();
  const Secret tidied = tidy(text);
  if (tidied.size() == 0) return Error{"COINBASE_KEY_EMPTY", "the API key's secret is empty"};
  return tidied.view().find("-----BEGIN") != std::string_view::npos ? of_pem(tidied.view()) : of_base64(tidied.view());
}

Result<Signature> SigningKey::sign(std::string_view message) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (algorithm_ == Algorithm::eddsa) {
    Signature out{};
    std::size_t size = out.size();
    if (EVP_MD_CTX_reset(digest_.get()) == 1 && EVP_DigestSignInit(digest_.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
        EVP_DigestSign(digest_.get(), out.data(), &size, bytes, message.size()) == 1 && size == out.size())
      return out;
  } else {
    unsigned char hash[32], der[80];
    unsigned int hashed = 0;
    std::size_t size = sizeof der;
    if (EVP_DigestInit_ex2(digest_.get(), sha256_.get(), nullptr) == 1 && EVP_DigestUpdate(digest_.get(), bytes, message.size()) == 1 &&
        EVP_DigestFinal_ex(digest_.get(), hash, &hashed) == 1 && hashed == sizeof hash &&
        EVP_PKEY_sign(signer_.get(), der, &size, hash, sizeof hash) == 1) {
      if (const auto raw = raw_from_der(std::span(der, size))) return *raw;
    }
  }
  ERR_clear_error();
  return Error{"COINBASE_SIGN", "OpenSSL could not sign: is there memory left?"};
}

std::string SigningKey::public_pem() const {
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PUBKEY(bio.get(), key_.get()) != 1) {
    ERR_clear_error();
    return {};
  }
  char* text = nullptr;
  const long n = BIO_get_mem_data(bio.get(), &text);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
}

}  // namespace bowline::coinbase
