// Lets a request in, or not. Whatever is wrong, the client hears `Unauthorized` and no more; the reason is for the server's log.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/auth/key_ring.hpp"
#include "exchange/auth/token_memory.hpp"

namespace bowline::exchange {

/// The body of every 401.
inline constexpr std::string_view unauthorised_body = "Unauthorized";

enum class TokenFault : std::uint8_t {
  none,
  no_header,      ///< a private address without an Authorization header
  not_bearer,     ///< another scheme, or nothing behind it
  legacy_key,     ///< CB-ACCESS-KEY headers alone: an older API
  too_long,
  not_three_parts,
  not_base64url,
  not_json,
  bad_header,     ///< alg or kid missing, or fields of another type
  bad_claims,     ///< iss, sub, nbf or exp missing, or fields of another type
  bad_type,       ///< typ is there, and not JWT
  unknown_key,    ///< no key of the name in kid
  wrong_algorithm,  ///< alg is not the one of the key that kid names
  bad_signature,
  other_subject,  ///< sub is not kid
  bad_issuer,
  not_yet,        ///< nbf (or iat) lies ahead by more than the skew
  expired,
  life_too_long,  ///< exp - nbf is above the limit, or not above zero
  no_uri,
  uri_with_query,
  other_method,   ///< the uri names this address, and another method
  other_uri,      ///< the uri names another address
  uri_in_stream,  ///< a stream's token is bound to no address, and this one is
};
/// A stable word for logs: "uri_with_query".
std::string_view name(TokenFault fault) noexcept;

struct GateOptions {
  std::int64_t skew_s = 30;        ///< how far clocks may differ
  std::int64_t max_life_s = 120;   ///< of exp - nbf; 0 = no limit
  /// Hosts that a client may have signed besides the one it dialled. Helpers of some clients sign the real one wherever they connect.
  std::vector<std::string> other_hosts = {"api.coinbase.com"};
  /// Whether a token that comes with a public address has to be right. A missing one never matters there.
  bool check_open = true;
  /// How many tokens are remembered whose signature was found good; 0 = none. It changes what they cost, and no answer.
  std::size_t remembered = 512;
};

/// What is asked for, as the server saw it.
struct GateCall {
  std::string_view method;  ///< "GET"
  std::string_view host;    ///< the Host header: host[:port] as the client dialled it
  std::string_view path;    ///< as in the request line, without the query
  bool open = false;        ///< a public address
  bool has_legacy_key = false;  ///< there is a CB-ACCESS-KEY header
};

struct Admission {
  TokenFault fault = TokenFault::none;
  std::string key_name;  ///< whose token it was; "" for a public address without one
  bool ok() const noexcept { return fault == TokenFault::none; }
};

/// Checks may come from many threads at once when nobody changes the keys.
class TokenGate {
 public:
  explicit TokenGate(GateOptions options = {})
      : options_(std::move(options)), memory_(std::make_unique<TokenMemory>(options_.remembered)) {}
  KeyRing& keys() noexcept { return keys_; }

  /// `authorization` is the header's value, nullopt when there is none; `now_s` the server's clock, seconds since 1970.
  Admission check(const GateCall& call, std::optional<std::string_view> authorization, std::int64_t now_s) const;
  /// The `jwt` of a stream's message; "" is as good as none.
  Admission check_stream(std::string_view jwt, std::int64_t now_s) const;
  /// Does the dear part of check() for this header ahead of it, on whatever thread: a signature that is good is remembered, and check()
  /// then has the rest to do.
  void read_ahead(std::optional<std::string_view> authorization) const;
  /// The name that a header's token bears for its key, whether it is to be believed or not; "" of what is no token.
  std::string named_key(std::optional<std::string_view> authorization) const;
  /// How many tokens are remembered now.
  std::size_t remembered() const { return memory_->size(); }

 private:
  Admission check_token(std::string_view text, const GateCall* call, std::int64_t now_s) const;
  TokenFault read(std::string_view text, std::shared_ptr<const GoodToken>& out) const;
  TokenFault check_uris(const std::vector<std::string>& uris, const GateCall& call) const;
  GateOptions options_;
  KeyRing keys_;
  std::unique_ptr<TokenMemory> memory_;
};

}  // namespace bowline::exchange
