// The HTTP and WebSocket face of signal-generator.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/prediction.hpp"
#include "edge/router.hpp"
#include "services/runtime/backend.hpp"
#include "services/runtime/broadcaster.hpp"

namespace bowline::services {

/// The newest prediction of each instrument as finished bytes: asked for often, changed once a step, and in a replay
/// changed far more often than asked for. So a step leaves its predictions here, and who asks next makes the bytes.
class LatestSignals {
 public:
  struct Texts {
    std::shared_ptr<const std::string> all;
    std::vector<std::shared_ptr<const std::string>> by_instrument;  // a list of one, or of none yet
    std::uint64_t version = 0;
  };
  explicit LatestSignals(const core::InstrumentTable& table);
  /// Takes the predictions of a step; one with instrument 0 is passed over. [core thread]
  void take(std::span<const core::Prediction> predictions);
  /// Of everything taken before the call. Never null. [any]
  std::shared_ptr<const Texts> texts() const;

 private:
  const core::InstrumentTable& table_;
  mutable std::mutex lock_;
  std::vector<core::Prediction> newest_;  // by instrument, instrument 0 = none yet; under lock_
  std::atomic<std::uint64_t> version_{0};  // raised by each take()
  mutable std::atomic<std::shared_ptr<const Texts>> texts_;
};

/// Sends one message per prediction: {"event_id","time","time_ns","type":"signal","signal":{...}}; uses up its event id
/// where nobody has listened for a minute. [core thread]
void publish_signals(Broadcaster& stream, std::span<const core::Prediction> predictions,
                     const core::InstrumentTable& table);

/// GET /signals/latest, /signals, /signals/{id}/explain, WS /signals/stream. What is passed must outlive the
/// server.
void add_signal_generator_routes(const std::shared_ptr<edge::Router>& router, const LatestSignals& latest,
                                 Broadcaster& stream, Backend& backend);

}  // namespace bowline::services
