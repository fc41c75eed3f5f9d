// ES256 signatures of one known key. A venue sees the same few keys all day: with a table for the key's point as for the curve's own a
// signature takes half the time that libcrypto needs for a key it meets for the first time. Nothing here is secret.
#pragma once

#include <memory>
#include <string_view>

struct ec_group_st;
struct evp_pkey_st;

namespace bowline::exchange {

class P256Verifier {
 public:
  /// nullptr: the key is none of P-256, or there is no table to be had for it.
  static std::unique_ptr<const P256Verifier> make(evp_pkey_st* key);

  /// Whether `signature` (64 bytes, r then s) is the key's over a message with this SHA-256 digest. Any thread.
  bool good(std::string_view digest, std::string_view signature) const;

 private:
  P256Verifier() = default;
  std::shared_ptr<const ec_group_st> curve_;     ///< its table is libcrypto's
  std::shared_ptr<const ec_group_st> from_key_;  ///< the same curve with the key's point for a generator, which has a table by that
};

}  // namespace bowline::exchange
