// The one I/O thread of the process: every HTTP server, HTTP client and WebSocket shares its event loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace bowline::edge {

/// Owns an event loop and the single thread that turns it. Handlers of servers and clients run on this
/// thread, one at a time; they must not block. Must outlive every HttpServer, HttpClient and WsClient made
/// over it.
class IoThread {
 public:
  IoThread();
  ~IoThread();  ///< stop()
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  /// [any thread] Runs `work` on the I/O thread soon; in the order of posting. Work posted after stop() is
  /// dropped.
  void post(std::function<void()> work);
  /// [any thread] Runs `work` on the I/O thread after `delay`. Not cancellable: let `work` check what it
  /// needs.
  void post_after(std::chrono::nanoseconds delay, std::function<void()> work);
  /// True on the I/O thread itself.
  bool in_thread() const noexcept;
  /// [control] Ends the loop and joins the thread; idempotent. Work still queued is dropped.
  void stop();

  struct Impl;  ///< the event loop; known to the units that do sockets
  Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::edge
