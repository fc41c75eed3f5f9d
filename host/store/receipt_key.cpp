#include "store/receipt_key.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>

namespace bowline::store {
namespace {

constexpr std::size_t seed_size = 32, signature_size = 64, line_size = 64;
// What stands before the 32 bytes of a key, in DER: of a PKCS 8 private key of Ed25519, and of a public one.
constexpr unsigned char before_seed[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr unsigned char before_public[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

struct Free {
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

/// The one line between the two marks; empty: it is not of that shape. Both kinds of key are short enough for one line.
std::string_view line_between(std::string_view pem, std::string_view kind) {
  const std::string begin = "-----BEGIN " + std::string(kind) + "-----", end = "-----END " + std::string(kind) + "-----";
  const auto at = pem.find(begin);
  const auto until = pem.find(end);
  if (at == pem.npos || until == pem.npos || until < at + begin.size()) return {};
  pem = pem.substr(at + begin.size(), until - at - begin.size());
  constexpr std::string_view blank = " \t\r\n";
  const auto first = pem.find_first_not_of(blank);
  if (first == pem.npos) return {};
  return pem.substr(first, pem.find_last_not_of(blank) + 1 - first);
}

/// Straight into `out`, without a copy on the way. False: another length, or no base64 of this alphabet.
bool decode(std::string_view line, unsigned char* out, std::size_t size) {
  const std::size_t padding = (3 - size % 3) % 3;
  if (line.size() != (size + padding) / 3 * 4) return false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (i < line.size() - padding ? !plain : c != '=') return false;
  }
  const int n = EVP_DecodeBlock(out, reinterpret_cast<const unsigned char*>(line.data()), static_cast<int>(line.size()));
  return n == static_cast<int>(size + padding);
}

std::string hex_of(const unsigned char* bytes, std::size_t n) {
  constexpr char digits[] = "0123456789abcdef";
  std::string s;
  for (std::size_t i = 0; i < n; ++i) s.append({digits[bytes[i] >> 4], digits[bytes[i] & 15]});
  return s;
}

/// The 64 bytes of a signature; none: not 128 lower-case hex digits.
std::optional<std::array<unsigned char, signature_size>> bytes_of(std::string_view hex) {
  std::array<unsigned char, signature_size> out{};
  if (hex.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (v < 0) return std::nullopt;
    out[i / 2] = static_cast<unsigned char>(out[i / 2] << 4 | v);
  }
  return out;
}

Error not_a_key() {
  return {"SECRET_RECEIPT_KEY", "the secret that execution.receipt.key names is no Ed25519 private key in PEM without a passphrase: make one with "
                                "`openssl genpkey -algorithm ed25519`"};
}

}  // namespace

/// A page of its own, out of core dumps and, where the limit allows it, out of the swap; wiped when it goes.
class ReceiptKey::Guarded {
  std::size_t size_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page_;  // of that size, so behind it

 public:
  Guarded() : page_(::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (page_ == MAP_FAILED) throw std::bad_alloc();
    static_cast<void>(::madvise(page_, size_, MADV_DONTDUMP));
    static_cast<void>(::mlock(page_, size_));
  }
  ~Guarded() {
    OPENSSL_cleanse(page_, size_);
    static_cast<void>(::munmap(page_, size_));
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  unsigned char* bytes() noexcept { return static_cast<unsigned char*>(page_); }
  const unsigned char* seed() const noexcept { return static_cast<const unsigned char*>(page_) + sizeof before_seed; }
};

ReceiptKey::ReceiptKey(std::unique_ptr<Guarded> seed) : seed_(std::move(seed)) {}
ReceiptKey::ReceiptKey(ReceiptKey&&) noexcept = default;
ReceiptKey& ReceiptKey::operator=(ReceiptKey&&) noexcept = default;
ReceiptKey::~ReceiptKey() = default;

Result<ReceiptKey> ReceiptKey::from_pem(std::string_view pem) {
  const std::string_view line = line_between(pem, "PRIVATE KEY");
  auto page = std::make_unique<Guarded>();
  static_assert(sizeof before_seed + seed_size == line_size / 4 * 3);
  if (!decode(line, page->bytes(), sizeof before_seed + seed_size) || !std::equal(std::begin(before_seed), std::end(before_seed), page->bytes()))
    return not_a_key();
  ReceiptKey key(std::move(page));
  const Key pair(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, key.seed_->seed(), seed_size));
  PublicKey open{};
  std::size_t size = open.size();
  if (!pair || EVP_PKEY_get_raw_public_key(pair.get(), open.data(), &size) != 1 || size != open.size()) return not_a_key();
  key.id_ = key_id(open);
  return key;
}

// The key as OpenSSL has it lives as long as one signature takes; it wipes it when it is freed.
std::string ReceiptKey::sign(std::string_view bytes) const {
  const Key pair(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed_->seed(), seed_size));
  const Context ctx(EVP_MD_CTX_new());
  unsigned char signature[signature_size];
  std::size_t size = sizeof signature;
  if (!pair || !ctx || EVP_DigestSignInit(ctx.get(), nullptr, nullptr, nullptr, pair.get()) != 1 ||
      EVP_DigestSign(ctx.get(), signature, &size, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) != 1 || size != sizeof signature)
    return {};
  return hex_of(signature, size);
}

Result<PublicKey> public_key_from_pem(std::string_view pem) {
  unsigned char der[48];  // with what the padding of the last group adds
  PublicKey key{};
  if (!decode(line_between(pem, "PUBLIC KEY"), der, sizeof before_public + key.size()) ||
      !std::equal(std::begin(before_public), std::end(before_public), der))
    return Error{"RECEIPT_KEY", "that is no Ed25519 public key in PEM: write it with `openssl pkey -in KEY -pubout`"};
  std::memcpy(key.data(), der + sizeof before_public, key.size());
  return key;
}

std::string key_id(const PublicKey& key) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(key.data(), key.size(), digest, &size, EVP_sha256(), nullptr) != 1) return {};
  return hex_of(digest, 8);
}

bool signed_by(const PublicKey& key, std::string_view bytes, std::string_view signature) {
  const auto told = bytes_of(signature);
  const Key open(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Context ctx(EVP_MD_CTX_new());
  return told && open && ctx && EVP_DigestVerifyInit(ctx.get(), nullptr, nullptr, nullptr, open.get()) == 1 &&
         EVP_DigestVerify(ctx.get(), told->data(), told->size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
}

}  // namespace bowline::store
