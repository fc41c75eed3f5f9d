// The public keys that the venue knows, by the names of their API keys.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "exchange/auth/p256_verifier.hpp"

struct evp_md_ctx_st;
struct evp_pkey_st;

namespace bowline::exchange {

enum class KeyKind : std::uint8_t { p256, ed25519 };

/// What add() took. Reads (verify, find) may come from many threads at once when nobody adds.
class KeyRing {
 public:
  KeyRing();
  KeyRing(KeyRing&&) noexcept;
  KeyRing& operator=(KeyRing&&) noexcept;
  ~KeyRing();

  /// `public_pem` is "BEGIN PUBLIC KEY", of P-256 or Ed25519. Errors: EXCHANGE_KEY_NAME (empty, or there already), EXCHANGE_KEY.
  Result<void> add(std::string name, std::string_view public_pem);
  bool remove(std::string_view name);

  struct Entry {
    KeyKind kind;
    std::shared_ptr<evp_pkey_st> key;
    std::shared_ptr<const P256Verifier> p256;
    std::shared_ptr<const evp_md_ctx_st> ed25519;  ///< made ready once, and copied for each signature
  };
  /// nullptr: no key of this name. Valid until it is removed.
  const Entry* find(std::string_view name) const;

  /// Whether these 64 bytes (r then s, or Ed25519's own) are the key's signature over the message. Any thread.
  static bool verify(const Entry& entry, std::string_view message, std::string_view signature);

 private:
  std::map<std::string, Entry, std::less<>> keys_;
};

}  // namespace bowline::exchange
