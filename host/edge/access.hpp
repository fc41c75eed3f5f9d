// Who may ask what of a port: one bearer token per scope, of which this process keeps no more than the hash.
#pragma once

#include <array>
#include <bowline/result.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "edge/message.hpp"
#include "edge/rate_buckets.hpp"
#include "edge/scope.hpp"

namespace bowline::edge {

/// The tokens of a host by their SHA-256. What one was can't be had from it again.
class AccessTokens {
 public:
  /// `scope` is not Open; the text is hashed and not kept. Setting a scope again replaces its token. Where
  /// it could not be hashed (no memory) the scope has no token.
  void set(Scope scope, std::string_view token) noexcept;
  /// The scope whose token this is; Open: nobody's. Every token is compared, whole, whatever was found before.
  Scope scope_of(std::string_view token) const noexcept;

 private:
  using Hash = std::array<unsigned char, 32>;
  struct Known {
    bool there = false;
    Hash hash{};
  };
  std::array<Known, 3> known_{};  // read, trade, emergency
};

/// Why a request is not let in, and what its answer has to say.
struct AccessRefusal {
  int status = 401;           ///< 401, 403 or 429
  Error error{};              ///< AUTH_MISSING, AUTH_INVALID, AUTH_SCOPE, AUTH_THROTTLED; never with what was sent
  std::string challenge{};    ///< the WWW-Authenticate header; empty with 429
  bool tell = false;          ///< worth a line in the log: a wrong token, as long as there are few of them
};

/// The check in front of every route. One for all ports of a host, used on their one I/O thread.
class AccessCheck {
 public:
  explicit AccessCheck(AccessTokens tokens) : tokens_(tokens) {}

  /// None: let in, and `who` is the scope of the token that was shown. `remote` as in Request::remote, `now` in ns of a clock that does
  /// not go back. A right token is let in however many wrong ones came from there: nobody locks an operator out.
  std::optional<AccessRefusal> judge(const Headers& headers, Scope needed, std::string_view remote, std::int64_t now, Scope& who);

  /// Of how many addresses wrong tokens are counted at most; then the one that was heard of longest ago is forgotten.
  static constexpr std::size_t most_addresses = 1024;
  /// So many wrong tokens at once from one address, then this many a second.
  static constexpr std::uint32_t wrong_at_once = 10, wrong_per_second = 1;

 private:
  struct Wrong {
    RateBuckets bucket;
    std::int64_t last = 0;
    bool told = false;  // of this outbreak that it is throttled
  };
  AccessTokens tokens_;
  std::map<std::string, Wrong, std::less<>> wrong_;

  AccessRefusal wrong(std::string message, std::string_view remote, std::int64_t now);
};

/// "token:trade": whom the audit trail names.
std::string principal_of(Scope scope);

/// The part of "127.0.0.1:51234" that one caller can't choose at will: the address, of IPv6 the network's 64 bits.
std::string caller_of(std::string_view remote);

}  // namespace bowline::edge
