// Channels of the account and of the connection: user, subscriptions, heartbeats.
#include <array>
#include <span>

#include "json_read.hpp"

namespace bowline::coinbase::stream_detail {
namespace {

template <class E>
struct Word {
  std::string_view text;
  E value;
};

constexpr auto statuses = std::to_array<Word<UserOrderStatus>>({{"PENDING", UserOrderStatus::pending},
                                                                {"QUEUED", UserOrderStatus::queued},
                                                                {"OPEN", UserOrderStatus::open},
                                                                {"EDIT_QUEUED", UserOrderStatus::edit_queued},
                                                                {"CANCEL_QUEUED", UserOrderStatus::cancel_queued},
                                                                {"FILLED", UserOrderStatus::filled},
                                                                {"CANCELLED", UserOrderStatus::cancelled},
                                                                {"EXPIRED", UserOrderStatus::expired},
                                                                {"FAILED", UserOrderStatus::failed}});
constexpr auto kinds = std::to_array<Word<UserOrderKind>>({{"MARKET", UserOrderKind::market},
                                                           {"LIMIT", UserOrderKind::limit},
                                                           {"STOP_LIMIT", UserOrderKind::stop_limit},
                                                           {"BRACKET", UserOrderKind::bracket},
                                                           {"TRIGGER_BRACKET", UserOrderKind::bracket}});
constexpr auto forces = std::to_array<Word<UserOrderForce>>({{"GOOD_UNTIL_CANCELLED", UserOrderForce::gtc},
                                                             {"GOOD_UNTIL_DATE_TIME", UserOrderForce::gtd},
                                                             {"IMMEDIATE_OR_CANCEL", UserOrderForce::ioc},
                                                             {"FILL_OR_KILL", UserOrderForce::fok}});

/// The stream says "Stop Limit" where REST says "STOP_LIMIT": case and blanks do not tell words apart.
bool same_word(std::string_view told, std::string_view upper) noexcept {
  if (told.size() != upper.size()) return false;
  for (std::size_t i = 0; i < told.size(); ++i) {
    const char c = told[i];
    const char as = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == ' ' || c == '-' ? '_' : c;
    if (as != upper[i]) return false;
  }
  return true;
}

/// A word of a table; one that is not there is counted and stays `unknown`, as new ones will come.
template <class E>
bool word(Reader& r, od::value& v, const char* name, std::span<const Word<E>> table, std::string_view& told, E& out) {
  if (!r.text(v, name, told)) return false;
  out = E::unknown;
  for (const Word<E>& w : table)
    if (same_word(told, w.text)) {
      out = w.value;
      return true;
    }
  if (!told.empty()) r.unknown_word();
  return true;
}

struct Amount {
  const char* name;
  Decimal UserOrder::*at;
};
constexpr auto amounts = std::to_array<Amount>({{"cumulative_quantity", &UserOrder::cumulative},
                                                {"leaves_quantity", &UserOrder::leaves},
                                                {"avg_price", &UserOrder::average_price},
                                                {"filled_value", &UserOrder::filled_value},
                                                {"total_fees", &UserOrder::total_fees},
                                                {"total_value_after_fees", &UserOrder::total_value_after_fees},
                                                {"limit_price", &UserOrder::limit_price},
                                                {"stop_price", &UserOrder::stop_price},
                                                {"outstanding_hold_amount", &UserOrder::outstanding_hold}});

bool order_field(Reader& r, UserOrder& o, Key key, od::value& value) {
  std::string_view force_text;
  if (key.is("order_id")) return r.text(value, "order_id", o.order_id);
  if (key.is("client_order_id")) return r.text(value, "client_order_id", o.client_order_id);
  if (key.is("product_id")) return r.text(value, "product_id", o.product);
  if (key.is("status")) return word<UserOrderStatus>(r, value, "status", statuses, o.status_text, o.status);
  if (key.is("order_type")) return word<UserOrderKind>(r, value, "order_type", kinds, o.order_type_text, o.kind);
  if (key.is("time_in_force")) return word<UserOrderForce>(r, value, "time_in_force", forces, force_text, o.force);
  if (key.is("order_side")) return r.side(value, "order_side", o.side);
  if (key.is("cancel_reason")) return r.text(value, "cancel_reason", o.cancel_reason);
  if (key.is("reject_reason")) return r.text(value, "reject_reason", o.reject_reason);
  if (key.is("trigger_status")) return r.text(value, "trigger_status", o.trigger_status);
  if (key.is("post_only")) return r.flag(value, "post_only", o.post_only);
  if (key.is("creation_time")) return r.time(value, "creation_time", o.created_ns);
  if (key.is("start_time")) return r.time(value, "start_time", o.start_ns);
  if (key.is("end_time")) return r.time(value, "end_time", o.end_ns);
  if (key.is("number_of_fills")) {
    std::int64_t n = 0;
    bool told = false;
    if (!r.count(value, "number_of_fills", n, told)) return false;
    o.number_of_fills = told ? std::optional(n) : std::nullopt;
    return true;
  }
  for (const Amount& a : amounts)
    if (key.is(a.name)) return r.decimal(value, a.name, o.*a.at);
  return true;
}

}  // namespace

bool read_user(Reader& r, od::value& event) {
  UserEvent e;
  e.first = r.frame.orders.size();
  std::optional<bool> snapshot;
  UserOrder o;
  const auto begin = [&] {
    o = {};
    return true;
  };
  const auto field = [&](Key key, od::value& value) { return order_field(r, o, key, value); };
  const auto end = [&] {
    if (o.order_id.empty()) return r.missing("order_id");
    if (o.status_text.empty()) return r.missing("status");
    for (const Amount& a : amounts)
      if ((o.*a.at).is_negative() && a.at != &UserOrder::total_value_after_fees) return r.wrong(a.name, "is below 0");
    r.frame.orders.push_back(o);
    return true;
  };
  const bool good = r.fields(event, "", [&](Key key, od::value& value) {
    if (key.is("type")) return r.snapshot(value, snapshot);
    if (key.is("orders")) return r.rows(value, "orders", begin, field, end);
    return true;
  });
  if (!good) return false;
  if (!snapshot) return r.missing("type");  // no orders at all is a valid event: positions, or an empty snapshot
  e.snapshot = *snapshot;
  e.count = r.frame.orders.size() - e.first;
  r.frame.user_events.push_back(e);
  return true;
}

bool read_subscriptions(Reader& r, od::value& event) {
  bool listed = false;
  const bool good = r.fields(event, "", [&](Key key, od::value& value) {
    if (!key.is("subscriptions")) return true;
    listed = true;
    od::object object;
    if (const auto e = value.get_object().get(object)) return r.broken(e, "subscriptions", "is no object");
    for (auto each : object) {
      od::field field;
      if (const auto e = std::move(each).get(field)) return r.broken(e, "subscriptions", "");
      ChannelSet set;
      if (const auto e = field.unescaped_key().get(set.name)) return r.broken(e, "subscriptions", "");
      set.channel = channel_told(set.name);
      std::size_t index = 0;
      const bool read = r.items(field.value(), "subscriptions", index, [&](od::value& id) {
        std::string_view text;
        if (!r.text(id, "subscriptions", text)) return false;
        set.ids.push_back(text);
        return true;
      });
      if (!read) return false;
      r.frame.subscriptions.push_back(std::move(set));
    }
    return true;
  });
  return good && (listed || r.missing("subscriptions"));
}

bool read_heartbeat(Reader& r, od::value& event) {
  Heartbeat h;
  const bool good = r.fields(event, "", [&](Key key, od::value& value) {
    if (key.is("current_time")) return r.text(value, "current_time", h.current_time);
    if (key.is("heartbeat_counter")) {
      std::int64_t n = 0;
      bool told = false;
      if (!r.count(value, "heartbeat_counter", n, told)) return false;
      if (told) h.counter = n;
    }
    return true;
  });
  if (good) r.frame.heartbeats.push_back(h);
  return good;
}

}  // namespace bowline::coinbase::stream_detail
