// bowline.feed.coinbase as a plugin class: params, services, and the life of the feed.
#pragma once

#include <memory>
#include <optional>

#include <bowline/network.hpp>
#include <bowline/services.hpp>

#include "coinbase/jwt.hpp"
#include "common/feed_table.hpp"
#include "feed.hpp"
#include "options.hpp"

namespace bowline::feed_coinbase {

class Plugin {
 public:
  explicit Plugin(const bl_host& host) { host_.attach(&host); }

  /// Errors: those of feed_options(), and of the key.
  Result<void> configure(const plugin_common::Json& params);
  Result<void> start();
  void stop();
  /// The products that are wanted; `channels`: bits of BL_EV_*. Errors: FEED_NO_NETWORK (a host without http, ws or timers),
  /// FEED_INSTRUMENT_UNKNOWN, FEED_NO_INSTRUMENTS.
  Result<void> subscribe(const std::uint32_t* instruments, std::uint64_t n, std::uint32_t channels);
  Result<void> on_event(const bl_event& event, const bl_sink& sink);
  /// bowline.venue/1: how often candles may be asked for.
  const void* extension(std::string_view id) const noexcept { return id == BL_EXT_VENUE ? &rates_ : nullptr; }

 private:
  void arm(std::int64_t due_ns);
  void record();

  Host host_;
  FeedOptions options_;
  std::unique_ptr<coinbase::TokenMaker> tokens_;
  Http http_;
  Ws ws_;
  const bl_timer_v1* timer_ = nullptr;
  bl_rate_class class_{};
  bl_venue_v1 rates_{};
  std::optional<Feed> feed_;
  Metric bars_, backfilled_, revisions_, gaps_, connections_, failures_;
  FeedCounts told_;
  StreamLine::Counts stream_told_;
};

}  // namespace bowline::feed_coinbase
