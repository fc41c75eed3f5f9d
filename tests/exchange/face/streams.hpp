// The venue's WebSocket side, for all connections of both endpoints: what clients say goes in with the time, frames come out. No
// sockets, no clock.
//
// The order of calls: after anything that moves the engine (an answer of Brokerage, Engine::advance, the market), give happened() what
// Engine::take_events() has, and only then said(), open(), advance() or another move: a snapshot is made of the engine as it is, and
// updates must not be older. Then take_frames().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/auth/token_gate.hpp"
#include "exchange/engine/engine.hpp"
#include "exchange/face/face_options.hpp"

namespace bowline::exchange {

using StreamId = std::uint64_t;  ///< 1, 2, 3 ... never used again
enum class StreamKind : std::uint8_t { market, user };

struct Frame {
  StreamId stream = 0;
  std::string text;          ///< one text message; "": none, only the close
  bool close_after = false;  ///< the server closes the connection behind it; closed() need not be called
};

class Streams {
 public:
  /// Engine, gate and what the options point to are borrowed, and have to outlive it.
  Streams(Engine& engine, TokenGate& gate, FaceOptions options);
  ~Streams();

  /// A connection that was accepted. It is closed unless it subscribes in time.
  StreamId open(StreamKind kind, std::int64_t now_ns);
  /// A connection is gone. An id that is not open means nothing, here and below.
  void closed(StreamId stream);
  /// A text message came.
  void said(StreamId stream, std::string_view text, std::int64_t now_ns);
  /// What Engine::take_events() gave, all of it and in its order.
  void happened(std::span<const Event> events, std::int64_t now_ns);
  /// Does what is due by then: heartbeats, batches, the close of who never subscribed.
  void advance(std::int64_t now_ns);
  /// The next moment at which something is due; `forever` = none.
  std::int64_t next_due() const;
  /// Moves the frames that were made since the last call behind what is in `to`; those of one connection in their order.
  void take_frames(std::vector<Frame>& to);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace bowline::exchange
