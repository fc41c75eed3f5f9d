// API keys that the venue hands out: a file in the form that Coinbase's portal gives, with the private half, for a client; of it the
// venue itself knows the public half alone.
#pragma once

#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "exchange/auth/key_ring.hpp"

namespace bowline::exchange {

struct ApiKey {
  std::string name;        ///< what `kid` and `sub` of its tokens say
  std::string public_pem;  ///< "BEGIN PUBLIC KEY"
};

/// "es256", "ed25519"; none for another text.
std::optional<KeyKind> key_kind(std::string_view name) noexcept;

/// A new key and the text of its file: {"name": ..., "privateKey": ...}; the private key is a PEM "EC PRIVATE KEY" of P-256, or the
/// base64 of Ed25519's seed and public half. API_KEY_FAILED.
struct MadeKey {
  ApiKey key;
  std::string file_text;  ///< holds the private key
};
Result<MadeKey> make_api_key(const std::string& name, KeyKind kind);

/// The name and the public half of a key whose file this is. API_KEY_FILE (what is wrong with it, never what is in it).
Result<ApiKey> read_api_key(std::string_view file_text);

/// The key in this file; where there is no such file a new one, which is written (readable by its owner alone). A key that is there is
/// kept, under the name it has: `name` must be that name, or empty. A new one needs a name. API_KEY_FILE, API_KEY_FAILED.
Result<ApiKey> keep_api_key(const std::string& path, const std::string& name, KeyKind kind);

}  // namespace bowline::exchange
