#include "loader/sha256.hpp"

// EVP's first digest in a process builds OpenSSL's whole algorithm registry and reads its configuration: 2.6
// ms on the reference machine, more than everything else between a plugin file and a ready instance taken
// together. The functions below do not (0.1 ms). They are marked deprecated, so a future OpenSSL without them
// gets EVP.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/sha.h>

#include <array>

namespace bowline::loader {
namespace {

using Digest = std::array<unsigned char, 32>;

bool hash(std::span<const std::byte> bytes, Digest& digest) {
#if OPENSSL_VERSION_MAJOR == 3 && !defined(OPENSSL_NO_DEPRECATED_3_0)
  SHA256_CTX state;
  return SHA256_Init(&state) == 1 && SHA256_Update(&state, bytes.data(), bytes.size()) == 1 &&
         SHA256_Final(digest.data(), &state) == 1;
#else
  unsigned int length = 0;
  return EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1 &&
         length == digest.size();
#endif
}

}  // namespace

std::string sha256_hex(std::span<const std::byte> bytes) {
  Digest digest{};
  if (!hash(bytes, digest)) return {};
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    hex.push_back(digits[byte >> 4]);
    hex.push_back(digits[byte & 15]);
  }
  return hex;
}

}  // namespace bowline::loader
