#include "exchange/face/stream_message.hpp"

#include <algorithm>

#include "exchange/wire/message.hpp"

namespace bowline::exchange {
namespace {

Error fault(std::string text) { return {"STREAM_MESSAGE", std::move(text)}; }

}  // namespace

Result<StreamMessage> parse_stream_message(std::string_view text) {
  const auto json = wire::read_body(text);
  if (!json || json->empty()) return fault("failed to parse message");
  wire::Message m(*json, "");
  StreamMessage out;
  const std::string type = m.text("type"), channel = m.text("channel");
  out.jwt = m.text("jwt");
  const auto* ids = m.find("product_ids");
  if (m.fault() || (ids != nullptr && !ids->is_array())) return fault("failed to parse message");
  if (ids != nullptr) {
    for (const auto& id : *ids) {
      const auto* s = id.get_ptr<const std::string*>();
      if (s == nullptr) return fault("failed to parse message");
      if (std::find(out.product_ids.begin(), out.product_ids.end(), *s) == out.product_ids.end()) out.product_ids.push_back(*s);
    }
  }
  if (type != "subscribe" && type != "unsubscribe") return fault("unknown message type");
  out.subscribe = type == "subscribe";
  out.channel = find_channel(channel);
  if (out.channel == nullptr) return fault(authentication_failure);
  return out;
}

}  // namespace bowline::exchange
