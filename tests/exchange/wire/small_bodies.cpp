#include "exchange/wire/small_bodies.hpp"

namespace bowline::exchange::wire {

Result<std::vector<std::string>> parse_cancel_body(std::string_view body, const WireOptions& options) {
  const auto json = read_body(body);
  if (!json) return json.error();
  Message m(*json, "");
  std::vector<std::string> ids;
  const auto* list = m.find("order_ids");
  if (list == nullptr || !list->is_array() || list->empty()) m.refuse("order_ids argument is invalid");
  if (list != nullptr && list->is_array()) {
    if (list->size() > most_cancels) return Error{"InvalidArgument", "Too many orderIDs entered, limit is 100"};
    for (const auto& id : *list) {
      const auto* s = id.get_ptr<const std::string*>();
      if (s == nullptr) {
        m.refuse("proto: invalid value for string field orderIds");
        break;
      }
      ids.push_back(*s);
    }
  }
  m.end(options);
  if (m.fault()) return *m.fault();
  return ids;
}

Result<EditBody> parse_edit_body(std::string_view body, const WireOptions& options) {
  const auto json = read_body(body);
  if (!json) return json.error();
  Message m(*json, "");
  EditBody e;
  e.order_id = m.text("order_id");
  e.price = m.decimal("price");
  e.size = m.decimal("size");
  e.stop_price = m.decimal("stop_price");
  e.attached = m.find("attached_order_configuration") != nullptr;
  m.flag("cancel_attached_order");  // there never is one
  m.end(options);
  if (m.fault()) return *m.fault();
  return e;
}

}  // namespace bowline::exchange::wire
