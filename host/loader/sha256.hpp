// SHA-256 through OpenSSL.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace bowline::loader {

/// 64 lower-case hex digits. Empty only when OpenSSL itself cannot (no memory, no provider). [any]
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace bowline::loader
