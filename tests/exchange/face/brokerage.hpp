// The venue's REST side: every address of /api/v3/brokerage that a spot client asks for, and the few of /v2 that ccxt does. Pure: a
// request and the time go in, an answer comes out. What it does to the engine shows in Engine::take_events().
#pragma once

#include <memory>

#include "exchange/auth/token_gate.hpp"
#include "exchange/engine/engine.hpp"
#include "exchange/face/face_options.hpp"
#include "exchange/face/web.hpp"

namespace bowline::exchange {

class Brokerage {
 public:
  /// Engine, gate and what the options point to are borrowed, and have to outlive it.
  Brokerage(Engine& engine, TokenGate& gate, FaceOptions options);
  ~Brokerage();
  /// Answers whatever comes: what no client should send is refused as Coinbase refuses it. Advances the engine to `now_ns` first.
  /// One thread, the engine's.
  WebReply answer(const WebRequest& request, std::int64_t now_ns);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace bowline::exchange
