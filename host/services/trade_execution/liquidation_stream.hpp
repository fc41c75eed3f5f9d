// WS /emergency/{id}/stream: who listens is told each thing that moves in a liquidation, and at last its receipt.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "edge/ws_session.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {

/// A message is the whole of what GET /emergency/{id} would tell, so that none is needed to understand the next. Where nobody
/// listens nothing is made. Sessions are held weakly, and a slow one is closed by the server: nothing here waits for a reader.
/// All on the core thread.
class LiquidationStream {
 public:
  explicit LiquidationStream(const Execution& execution) : execution_(execution) {}
  /// Tells at once how far the liquidation of that id is, and then of each change until it is over; then it is closed (1000). One
  /// that nobody knows is closed with ws_liquidation_unknown.
  void join(const std::shared_ptr<edge::WsSession>& session, const std::string& id);
  /// Tells what has changed since it was told last.
  void look();

 private:
  struct Listener {
    std::weak_ptr<edge::WsSession> session;
    std::string id, told;        // told: without what changes by itself
    std::uint64_t messages = 0;
  };
  const Execution& execution_;
  std::vector<Listener> listeners_;
  /// False: nothing more will come of it.
  bool tell(Listener& listener) const;
};

/// Close code of a session that asked for a liquidation that is not known: 404 in the range that is free for applications.
inline constexpr std::uint16_t ws_liquidation_unknown = 4404;

}  // namespace bowline::services
