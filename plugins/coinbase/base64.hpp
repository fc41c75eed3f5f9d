// Base64 as the API uses it: RFC 4648's url alphabet without padding inside tokens, the plain alphabet with padding for keys.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "coinbase/secret.hpp"

namespace bowline::coinbase {

/// Appends the url form of `bytes`, without padding.
void append_base64url(std::string& out, std::span<const unsigned char> bytes);
void append_base64url(std::string& out, std::string_view bytes);

/// Plain alphabet, padded; spaces, tabs and line ends are passed over wherever they stand. The bytes replace what `out` holds.
/// False: another character, a wrong length or padding, bits of the last character that belong to no byte, or no room in `out`.
bool decode_base64(std::string_view text, Secret& out) noexcept;

}  // namespace bowline::coinbase
