// The tokens that the API is called with: one for each request, and one for each (un)subscription of a stream.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "coinbase/credentials.hpp"

namespace bowline::coinbase {

/// 16 bytes, written as 32 hex digits.
using Nonce = std::array<unsigned char, 16>;
/// Fills a nonce that no token had before. False: there is no randomness to be had.
using NonceSource = std::function<bool(Nonce&)>;
/// The venue's time in seconds since 1970: the machine's, corrected by what GET /time said.
using ClockSeconds = std::function<std::int64_t()>;

/// From OpenSSL's generator.
bool random_nonce(Nonce& out) noexcept;

/// Owns the key and makes tokens with it; the key is read once, when it is made. One thread at a time.
class TokenMaker {
 public:
  static constexpr std::int64_t life_s = 120;  ///< from `nbf` to `exp`, as the venue asks for

  TokenMaker(Credentials credentials, ClockSeconds clock, NonceSource nonce);

  /// For one request. `host` is host[:port] exactly as it is dialled; `path` is the encoded path as it is sent, and a query behind it is
  /// left out: a token that covers the query is refused by the venue. Errors: COINBASE_TOKEN_URI (a character that can't stand there),
  /// COINBASE_NONCE, COINBASE_SIGN.
  Result<std::string> token(std::string_view method, std::string_view host, std::string_view path);
  /// For one message of a stream: it is bound to no address. Errors: COINBASE_NONCE, COINBASE_SIGN.
  Result<std::string> ws_token();

  const std::string& key_name() const noexcept { return credentials_.name(); }

 private:
  Result<std::string> make(std::string_view method, std::string_view host, std::string_view path);

  Credentials credentials_;
  ClockSeconds clock_;
  NonceSource nonce_;
  std::string header_front_, claims_front_;  ///< what is the same in every token
  std::string scratch_;                      ///< header, then claims, of the one that is made
};

}  // namespace bowline::coinbase
