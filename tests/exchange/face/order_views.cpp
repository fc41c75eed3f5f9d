#include "exchange/face/order_views.hpp"

#include "exchange/face/times.hpp"

namespace bowline::exchange {
namespace {

Json edits_view(const Order& o) {
  Json out = Json::array();
  for (const Edit& e : o.edits)
    out.push_back({{"price", amount(e.price)}, {"size", amount(e.size)}, {"replace_accept_timestamp", rfc3339(e.accepted_ns)}});
  return out;
}

}  // namespace

std::string_view trigger_status(const Order& o) noexcept {
  const OrderType t = type(o.request.config);
  if (t != OrderType::stop_limit && t != OrderType::bracket) return "INVALID_ORDER_TYPE";
  return o.state.triggered ? "STOP_TRIGGERED" : "STOP_PENDING";
}

Json configuration_view(const Order& o) {
  const OrderRequest& r = o.request;
  const OrderType t = type(r.config);
  Json in = Json::object();
  if (o.by_quote()) in["quote_size"] = amount(r.quote_size);
  else in["base_size"] = amount(o.state.size);
  if (t != OrderType::market) in["limit_price"] = amount(o.state.limit_price);
  if (t == OrderType::stop_limit) {
    in["stop_price"] = amount(o.state.stop_price);
    in["stop_direction"] = r.direction == StopDirection::up ? "STOP_DIRECTION_STOP_UP" : "STOP_DIRECTION_STOP_DOWN";
  }
  if (t == OrderType::bracket) in["stop_trigger_price"] = amount(o.state.stop_price);
  if (tif(r.config) == Tif::gtd) in["end_time"] = rfc3339(r.end_ns);
  if (r.config == Config::limit_gtc || r.config == Config::limit_gtd) in["post_only"] = r.post_only;
  Json out = Json::object();
  out[std::string(row(r.config).key)] = std::move(in);
  return out;
}

Json order_view(const Engine& engine, const Order& o) {
  const OrderState& s = o.state;
  const std::string portfolio = engine.id(o.user), note(text(s.note));
  return {{"order_id", engine.order_id(o.number)},
          {"product_id", o.request.product_id},
          {"user_id", portfolio},
          {"order_configuration", configuration_view(o)},
          {"side", std::string(name(o.side()))},
          {"client_order_id", o.request.client_order_id},
          {"status", std::string(name(s.status))},
          {"time_in_force", std::string(row(o.request.config).tif_name)},
          {"created_time", rfc3339(o.created_ns)},
          {"completion_percentage", amount(completion_percentage(o))},
          {"filled_size", amount(s.filled_size)},
          {"average_filled_price", amount(average_price(s))},
          {"fee", ""},
          {"number_of_fills", std::to_string(s.fills)},
          {"filled_value", amount(s.filled_value)},
          {"pending_cancel", s.status == Status::cancel_queued},
          {"size_in_quote", o.by_quote()},
          {"total_fees", amount(s.fees)},
          {"size_inclusive_of_fees", o.spends_quote()},
          {"total_value_after_fees", amount(value_after_fees(o.side(), s))},
          {"trigger_status", std::string(trigger_status(o))},
          {"order_type", std::string(row(o.request.config).type_name)},
          {"reject_reason", std::string(name(s.reject))},
          {"settled", s.status == Status::filled},
          {"product_type", "SPOT"},
          {"reject_message", s.status == Status::failed ? note : ""},
          {"cancel_message", s.status == Status::cancelled ? note : ""},
          {"order_placement_source", "RETAIL_ADVANCED"},
          {"outstanding_hold_amount", amount(s.hold)},
          {"is_liquidation", false},
          {"last_fill_time", s.last_fill_ns == 0 ? Json(nullptr) : Json(rfc3339(s.last_fill_ns))},
          {"edit_history", edits_view(o)},
          {"leverage", ""},
          {"margin_type", ""},
          {"retail_portfolio_id", portfolio},
          {"originating_order_id", ""},
          {"attached_order_id", ""}};
}

Json fill_view(const Engine& engine, const Fill& f) {
  const bool in_quote = engine.order(f.order).by_quote();
  const std::string portfolio = engine.id(f.user);
  return {{"entry_id", engine.fill_id(f)},
          {"trade_id", engine.trade_id(f)},
          {"order_id", engine.order_id(f.order)},
          {"trade_time", rfc3339(f.time_ns)},
          {"trade_type", "FILL"},
          {"price", amount(f.price)},
          {"size", amount(in_quote ? f.value : f.size)},
          {"commission", amount(f.commission)},
          {"product_id", engine.products()[f.product].id},
          {"sequence_timestamp", rfc3339(f.time_ns)},
          {"liquidity_indicator", f.liquidity == Liquidity::maker ? "MAKER" : "TAKER"},
          {"size_in_quote", in_quote},
          {"user_id", portfolio},
          {"side", std::string(name(f.side))},
          {"retail_portfolio_id", portfolio}};
}

}  // namespace bowline::exchange
