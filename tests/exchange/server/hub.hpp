// What all connections share: the threads with their loops, the venue behind one lock, its timer, and who is connected. Knows Asio, and
// no protocol. A connection lives on one loop from its first byte to its last; only the venue is shared between them.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
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
  /// Takes a frame, and sends it later on the connection's own loop. Any thread; the order is that of the calls.
  virtual void send(FrameOut frame) = 0;
};

class Hub {
 public:
  using Loop = boost::asio::io_context;
  /// The venue is borrowed. `log`: a line for each request, or nullptr. `threads`: loops, one at least.
  Hub(Venue& venue, std::FILE* log, unsigned threads);
  ~Hub();
  Hub(const Hub&) = delete;

  /// The first loop: who listens, the timer, signals.
  Loop& io() noexcept { return *loops_.front(); }
  /// The loop for a new connection: each in turn. On the first loop's thread alone.
  Loop& next_loop();
  /// All loops, the first one on this thread, until stop(). What one of them throws is thrown here.
  void run();

  /// Calls f(venue) with nobody else at the venue; then sends what it has made, and sees to its next moment. f must not wait.
  template <class F>
  auto ask(F&& f) {
    const std::lock_guard guard(lock_);
    if constexpr (std::is_void_v<std::invoke_result_t<F, Venue&>>) {
      f(venue_);
      pump();
    } else {
      auto out = f(venue_);
      pump();
      return out;
    }
  }
  /// The part of a request that needs no other: whose token it bears. Outside the lock, on the connection's thread.
  void read_ahead(const WebRequest& request) const { venue_.read_ahead(request); }

  StreamId open_stream(StreamKind kind, std::shared_ptr<StreamLine> line);
  void close_stream(StreamId id);

  /// A connection that `cut` ends; it is called once at most, on whatever thread. The number is for leave().
  std::uint64_t enter(std::function<void()> cut);
  /// Now it is a stream.
  void becomes_stream(std::uint64_t connection);
  void leave(std::uint64_t connection);
  void cut_all(bool streams_only);

  /// What the control port wants done; `kill` does not return.
  void act(ControlAnswer::Then then);
  /// Ends the loops, in order. On the first loop's thread.
  void stop();
  void on_stop(std::function<void()> f) { on_stop_.push_back(std::move(f)); }

  /// Any thread.
  void log(std::string_view address, const WebRequest& request, int status, std::string_view note);

 private:
  struct Connection {
    bool stream;
    std::function<void()> cut;
  };
  void pump();
  void arm();
  void run_other(Loop& loop);

  std::vector<std::unique_ptr<Loop>> loops_;  ///< before all that lives on them
  std::vector<boost::asio::executor_work_guard<Loop::executor_type>> awake_;
  std::size_t turn_ = 0;
  std::mutex lock_;  ///< of all below, and of the venue
  boost::asio::steady_timer timer_;
  std::int64_t armed_ns_ = forever;
  Venue& venue_;
  std::FILE* log_;
  std::map<StreamId, std::shared_ptr<StreamLine>> streams_;
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t last_ = 0;
  std::vector<FrameOut> frames_;
  std::exception_ptr failed_;
  bool stopping_ = false;
  std::vector<std::function<void()>> on_stop_;  ///< of the first loop's thread
};

}  // namespace bowline::exchange
