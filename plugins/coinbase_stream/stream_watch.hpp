// Whether anything still arrives: per subscription, and of the connection as a whole.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "frame.hpp"

namespace bowline::coinbase {

/// A subscription that has been silent for too long. Channel::unknown = the connection.
struct StaleStream {
  Channel channel = Channel::unknown;
  std::string product;
  std::int64_t silent_ns = 0;
};

/// One per connection. All times are of the caller's clock, of when something arrived: what the venue writes into a frame
/// proves nothing about silence.
class StreamWatch {
 public:
  /// The connection as a whole: any frame counts, the venue's heartbeats (one a second) and its errors among them. A limit of
  /// 0 does not watch.
  void watch_connection(std::int64_t limit_ns, std::int64_t now_ns);
  /// A subscription that was asked for at `now_ns`. `product` empty: the channel as a whole. A limit of 0 does not watch (for
  /// `user`, which may be silent for days; the connection's heartbeats speak for it). Asked again, it starts anew.
  void watch(Channel channel, std::string_view product, std::int64_t limit_ns, std::int64_t now_ns);
  void forget(Channel channel, std::string_view product);
  /// A frame arrived: it counts for the connection, for its channel and for the products that it tells of. An acknowledgement
  /// counts for the connection alone.
  void heard(const StreamFrame& frame, std::int64_t now_ns);
  /// Something arrived that could not be read, or a pong: it counts for the connection alone.
  void heard_connection(std::int64_t now_ns);

  /// What has become stale since the last call: each is told once, and again only after it was heard in between. In order of
  /// channel and product, the connection first.
  std::vector<StaleStream> check(std::int64_t now_ns);
  /// All that is stale, told before or not.
  std::vector<StaleStream> stale(std::int64_t now_ns) const;
  /// When the next of them becomes stale if nothing arrives; nullopt: nothing is watched, or all has been told.
  std::optional<std::int64_t> next_due_ns() const noexcept;
  /// Since when the subscription was last heard (or asked for); nullopt: not watched.
  std::optional<std::int64_t> last_ns(Channel channel, std::string_view product) const;

 private:
  struct Line {
    std::int64_t limit_ns = 0, last_ns = 0;
    bool told = false;
  };
  using Key = std::tuple<Channel, std::string>;
  static bool is_stale(const Line& l, std::int64_t now_ns) noexcept {
    return l.limit_ns > 0 && now_ns - l.last_ns > l.limit_ns;
  }
  void touch(Channel channel, std::string_view product, std::int64_t now_ns);

  std::map<Key, Line> lines_;
};

}  // namespace bowline::coinbase
