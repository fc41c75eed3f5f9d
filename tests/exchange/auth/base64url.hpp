// Base64 of tokens: RFC 4648's url alphabet, without padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bowline::exchange {

/// The bytes; nullopt: another character (padding is one), a length that no bytes have, or bits at the end that belong to no byte.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace bowline::exchange
