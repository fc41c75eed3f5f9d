// One service's ear at another one's stream: connects, stays connected, takes up where it was after a break, and notices
// when what it hears is not the same run, or when messages are lost for good.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "edge/io_thread.hpp"
#include "edge/ws_client.hpp"
#include "services/runtime/core_loop.hpp"
#include "services/runtime/remote/wire.hpp"

namespace bowline::services {

struct StreamClientOptions {
  std::string base_url;   ///< http://host:port of the peer
  std::string path;       ///< "/market/stream"
  std::string as;         ///< the follower's name; empty: only looks on
  wire::Hello expected;   ///< service, seed, interval and instruments that the peer must have; `run` is learned
};

struct StreamClientEvents {
  /// One numbered message, in order, none twice. [core thread]
  std::function<void(const std::shared_ptr<const nlohmann::json>&)> message;
  /// It cannot go on: PEER_MISMATCH, PEER_RESTARTED, PEER_GAP, PEER_MALFORMED. Called once. [core thread]
  std::function<void(const Error&)> failed;
  /// The peer's run, when it is heard of first; an error ends it as failed() does. May be empty. [I/O thread]
  std::function<Result<void>(const std::string& run)> joined{};
  /// Connected (again): say what the peer must know. [I/O thread]
  std::function<void()> opened;
};

class StreamClient {
 public:
  /// `loop` and `io` must outlive it. Callbacks on the core thread come through loop.post().
  StreamClient(edge::IoThread& io, CoreLoop& loop, StreamClientOptions options, StreamClientEvents events);
  ~StreamClient();
  void start();
  /// No callback is posted any more when it returns.
  void stop();
  bool send(std::string text) { return client_->send(std::move(text)); }
  bool connected() const noexcept { return client_->connected(); }

 private:
  CoreLoop& loop_;
  const StreamClientOptions options_;
  const std::shared_ptr<const StreamClientEvents> events_;
  // the I/O thread's
  std::uint64_t next_ = 1;
  std::string run_, last_reason_;
  bool failed_ = false;
  std::unique_ptr<edge::WsClient> client_;

  std::string url() const;
  void heard(std::string_view text);
  void hello(const nlohmann::json& message);
  void fail(std::string code, std::string what);
};

}  // namespace bowline::services
