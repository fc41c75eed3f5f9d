// Tokens signed ahead for new orders, so that no signature stands between an order and the venue: such a token is bound to a method and
// a path, which all of them share, and not to what is sent.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <deque>
#include <string>

#include "coinbase/endpoints.hpp"
#include "coinbase/jwt.hpp"

namespace bowline::broker_coinbase {

/// Each token is given out once, and none that is old: what is left of its life when it is sent is longer than the longest wait for a turn.
/// Times are seconds by the clock that tokens are made by: the venue's. All on the lane.
class TokenStock {
 public:
  static constexpr std::size_t most = 8;        ///< as many orders as the venue takes at once
  static constexpr std::int64_t young_s = 30;   ///< older ones are not given out: behind them lies a request's wait of a minute at most
  static constexpr std::int64_t renew_s = 10;   ///< older ones are made anew when the stock is looked after

  /// For requests of that method to that path of that host; `tokens` outlives it.
  TokenStock(coinbase::TokenMaker& tokens, coinbase::Method method, std::string host, std::string path);

  bool serves(const coinbase::Request& request) const noexcept { return !request.open && request.method == method_ && request.path == path_; }
  /// The oldest one that may be given out; made now when there is none. Errors: those of TokenMaker.
  Result<std::string> take(std::int64_t now_s);
  /// Makes one, where one is lacking or is to be made anew. Whether another one is wanted; not when none could be made: that is for a later time.
  bool make_one(std::int64_t now_s);
  /// Whether there is anything to make. Drops what is to be made anew.
  bool wants(std::int64_t now_s);
  /// None of them is given out any more.
  void drop() noexcept { kept_.clear(); }
  std::size_t size() const noexcept { return kept_.size(); }

 private:
  struct Kept {
    std::int64_t made_s;
    std::string token;
  };
  /// Made before now, and not long before. One from the future is of a clock that was set back since.
  static bool of_age(const Kept& k, std::int64_t now_s, std::int64_t most_s) noexcept { return k.made_s <= now_s && now_s - k.made_s < most_s; }
  Result<std::string> make() { return tokens_.token(coinbase::word_of(method_), host_, path_); }

  coinbase::TokenMaker& tokens_;
  const coinbase::Method method_;
  const std::string host_, path_;
  std::deque<Kept> kept_;  // in the order in which they were made
};

}  // namespace bowline::broker_coinbase
