// Tokens whose signature was found good, by their text: one that comes again is not verified again. What a token may be used for and when
// is no part of it: that is asked of every request anew.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "exchange/auth/token.hpp"

struct evp_pkey_st;

namespace bowline::exchange {

/// A token that was read, and whose signature is `key`'s.
struct GoodToken {
  std::string text;  ///< as it was sent; `token` looks into it
  Token token;
  std::shared_ptr<evp_pkey_st> key;
};

/// The newest ones, up to a number. Calls may come from many threads at once.
class TokenMemory {
 public:
  explicit TokenMemory(std::size_t kept) : most_(kept) {}
  /// nullptr: it is not known (any more).
  std::shared_ptr<const GoodToken> find(std::string_view text) const;
  /// The oldest one goes where there are too many. One that is there stays.
  void keep(std::shared_ptr<const GoodToken> token);
  std::size_t size() const;

 private:
  const std::size_t most_;
  mutable std::mutex lock_;
  std::unordered_map<std::string_view, std::shared_ptr<const GoodToken>> known_;  ///< the keys look into the tokens; never walked
  std::deque<const GoodToken*> order_;                                            ///< oldest first
};

}  // namespace bowline::exchange
