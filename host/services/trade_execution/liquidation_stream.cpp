#include "services/trade_execution/liquidation_stream.hpp"

#include <algorithm>

namespace bowline::services {

void LiquidationStream::join(const std::shared_ptr<edge::WsSession>& session, const std::string& id) {
  Listener fresh{session, id, {}, 0};
  if (!execution_.receipt(id)) return session->close(ws_liquidation_unknown, "EMERGENCY_NOT_FOUND: no liquidation of this id is known to this service");
  if (tell(fresh)) listeners_.push_back(std::move(fresh));
}

void LiquidationStream::look() {
  if (listeners_.empty()) return;
  std::erase_if(listeners_, [this](Listener& l) { return !tell(l); });
}

bool LiquidationStream::tell(Listener& l) const {
  const auto session = l.session.lock();
  if (!session || !session->open()) return false;
  const Liquidation* runs = execution_.liquidation();
  const bool over = runs == nullptr || runs->id != l.id;
  // The journal's head moves with each row, whatever it is about: that alone is no progress.
  std::string moved = over ? std::string() : execution_.liquidation_progress();
  if (!over && l.messages != 0 && moved == l.told) return true;
  const auto receipt = execution_.receipt(l.id);
  if (!receipt) {  // so many have ended since that it is forgotten
    session->close(edge::ws_normal, "it is over");
    return false;
  }
  l.told = std::move(moved);
  std::string text = "{\"event_id\":" + std::to_string(++l.messages) + ",\"type\":\"" + (over ? "receipt" : "progress") + "\",\"liquidation\":" + *receipt + "}";
  if (!session->send(std::make_shared<const std::string>(std::move(text)))) return false;
  if (over) session->close(edge::ws_normal, "it is over");
  return !over;
}

}  // namespace bowline::services
