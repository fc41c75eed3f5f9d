// The HTTP and WebSocket face of signal-generator.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/prediction.hpp"
#include "edge/router.hpp"
#include "services/runtime/backend.hpp"
#include "services/runtime/broadcaster.hpp"

namespace bowline::services {

/// The newest prediction of each instrument as finished bytes: asked for often, changed once a step.
class LatestSignals {
 public:
  struct Texts {
    std::shared_ptr<const std::string> all;
    std::vector<std::shared_ptr<const std::string>> by_instrument;  // a list of one, or of none yet
  };
  explicit LatestSignals(const core::InstrumentTable& table);
  /// Takes the predictions of a step; one with instrument 0 is passed over. [core thread]
  void rebuild(std::span<const core::Prediction> predictions);
  /// Never null. [any]
  std::shared_ptr<const Texts> texts() const noexcept { return texts_.load(std::memory_order_acquire); }

 private:
  const core::InstrumentTable& table_;
  std::vector<std::string> items_;  // by instrument; empty = none yet
  std::atomic<std::shared_ptr<const Texts>> texts_;
};

/// Sends one message per prediction: {"event_id","time","time_ns","type":"signal","signal":{...}}. [core
/// thread]
void publish_signals(Broadcaster& stream, std::span<const core::Prediction> predictions,
                     const core::InstrumentTable& table);

/// GET /signals/latest, /signals, /signals/{id}/explain, WS /signals/stream. What is passed must outlive the
/// server.
void add_signal_generator_routes(const std::shared_ptr<edge::Router>& router, const LatestSignals& latest,
                                 Broadcaster& stream, Backend& backend);

}  // namespace bowline::services
