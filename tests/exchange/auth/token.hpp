// A token as it was sent, taken apart. Nothing in it is believed yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::exchange {

struct Token {
  std::string alg, kid;
  std::optional<std::string> typ;
  std::string iss, sub;
  std::int64_t nbf = 0, exp = 0;       ///< seconds since 1970
  std::optional<std::int64_t> iat;
  std::vector<std::string> uris;       ///< of `uri`, or of `uris`, as one dialect has it
  std::string_view signed_part;        ///< header.payload, in the text that was given
  std::string signature;               ///< its bytes
};

/// Why a text is no token.
enum class TokenShape : std::uint8_t { good, not_three_parts, not_base64url, not_json, bad_header, bad_claims, too_long };

/// `text` has to outlive the token. Other header fields and claims (nonce, aud, jti, ...) may be there, and mean nothing; `crit` may not:
/// it names what has to be understood.
TokenShape parse_token(std::string_view text, Token& out);

}  // namespace bowline::exchange
