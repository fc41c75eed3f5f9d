// What all connections share: the one thread's loop, the venue behind it, its timer, and who is connected. Knows Asio, and no protocol.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/server/control.hpp"
#include "exchange/server/venue.hpp"

namespace bowline::exchange {

/// The real clock, nanoseconds since 1970.
std::int64_t wall_ns();

/// The sending side of one WebSocket connection.
class StreamLine {
 public:
  virtual ~StreamLine() = default;
  virtual void send(FrameOut frame) = 0;
};

class Hub {
 public:
  /// The venue is borrowed. `log`: a line for each request, or nullptr.
  Hub(Venue& venue, std::FILE* log) : venue_(venue), log_(log) {}
  boost::asio::io_context& io() noexcept { return io_; }
  Venue& venue() noexcept { return venue_; }

  /// Behind every call to the venue: sends what it has made, and sees to its next moment.
  void pump();
  void add_stream(StreamId id, std::shared_ptr<StreamLine> line) { streams_.emplace(id, std::move(line)); }
  void remove_stream(StreamId id);

  /// A connection that `cut` ends at once; it is called once at most. The number is for leave().
  std::uint64_t enter(bool stream, std::function<void()> cut);
  /// Now it is a stream.
  void becomes_stream(std::uint64_t connection);
  void leave(std::uint64_t connection) { connections_.erase(connection); }
  void cut_all(bool streams_only);

  /// What the control port wants done; `kill` does not return.
  void act(ControlAnswer::Then then);
  /// Ends the loop, in order.
  void stop();
  bool stopping() const noexcept { return stopping_; }
  void on_stop(std::function<void()> f) { on_stop_.push_back(std::move(f)); }

  void log(std::string_view address, const WebRequest& request, int status, std::string_view note);

 private:
  struct Connection {
    bool stream;
    std::function<void()> cut;
  };
  void arm();
  boost::asio::io_context io_{1};
  boost::asio::steady_timer timer_{io_};
  std::int64_t armed_ns_ = forever;
  Venue& venue_;
  std::FILE* log_;
  std::map<StreamId, std::shared_ptr<StreamLine>> streams_;
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t last_ = 0;
  std::vector<FrameOut> frames_;
  std::vector<std::function<void()>> on_stop_;
  bool stopping_ = false;
};

}  // namespace bowline::exchange
