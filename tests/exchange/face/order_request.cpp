#include "exchange/face/order_request.hpp"

#include <array>

namespace bowline::exchange {
namespace {

using wire::Kind;

constexpr auto kinds = std::to_array<std::pair<Kind, Config>>({{Kind::market_ioc, Config::market_ioc},
                                                               {Kind::market_fok, Config::market_fok},
                                                               {Kind::limit_gtc, Config::limit_gtc},
                                                               {Kind::limit_gtd, Config::limit_gtd},
                                                               {Kind::limit_fok, Config::limit_fok},
                                                               {Kind::limit_ioc, Config::limit_ioc},
                                                               {Kind::stop_limit_gtc, Config::stop_limit_gtc},
                                                               {Kind::stop_limit_gtd, Config::stop_limit_gtd},
                                                               {Kind::bracket_gtc, Config::bracket_gtc},
                                                               {Kind::bracket_gtd, Config::bracket_gtd}});

StopDirection direction(const std::string& word) noexcept {
  if (word == "STOP_DIRECTION_STOP_UP") return StopDirection::up;
  return word == "STOP_DIRECTION_STOP_DOWN" ? StopDirection::down : StopDirection::none;
}

}  // namespace

OrderRefusal refusal_of(Refusal r) noexcept {
  const RefusalNames& n = names(r);
  return {n.new_order, n.preview, n.message, n.by_preview};
}

Result<OrderRequest> order_request(const wire::CreateBody& b, const wire::WireOptions& options, std::optional<OrderRefusal>& no) {
  const auto invalid = [](const std::string& why) { return Error{wire::invalid_argument, why}; };
  OrderRequest r;
  r.client_order_id = b.client_order_id;
  r.product_id = b.product_id;
  r.self_trade_prevention_id = b.self_trade_prevention_id;
  if (b.side == "SELL") r.side = Side::sell;
  else if (b.side.empty() || b.side == "UNKNOWN_ORDER_SIDE") no = invalid_side;
  else if (b.side != "BUY") return invalid("proto: invalid value for enum field side");
  if (b.kind == Kind::none) no = refusal_of(Refusal::invalid_request);
  if (b.kind == Kind::other) no = refusal_of(Refusal::unsupported);
  if (b.attached) no = b.attached_size ? attached_size : no_attached;
  if (no) return r;

  for (const auto& [kind, config] : kinds)
    if (kind == b.kind) r.config = config;
  const OrderType t = type(r.config);
  // A field of another kind is one that this kind's message does not have.
  std::string strange;
  const auto take = [&](bool has, const char* field, const std::optional<Decimal>& from, Decimal& to) {
    if (has && from) to = *from;
    if (!has && from) strange = field;
  };
  take(true, "baseSize", b.base_size, r.base_size);
  take(true, "quoteSize", b.quote_size, r.quote_size);
  take(t != OrderType::market, "limitPrice", b.limit_price, r.limit_price);
  take(t == OrderType::stop_limit, "stopPrice", b.stop_price, r.stop_price);
  take(t == OrderType::bracket, "stopTriggerPrice", b.stop_trigger_price, r.stop_price);
  if (t == OrderType::stop_limit) r.direction = direction(b.stop_direction);
  else if (!b.stop_direction.empty()) strange = "stopDirection";
  if (tif(r.config) == Tif::gtd) r.end_ns = b.end_time_ns.value_or(0);
  else if (b.end_time_ns) strange = "endTime";
  if (t == OrderType::limit) r.post_only = b.post_only;
  else if (b.post_only) strange = "postOnly";
  if (!strange.empty() && options.unknown == wire::UnknownFields::refuse) return invalid("proto: unknown field \"" + strange + "\"");
  return r;
}

Json error_response(const OrderRefusal& r) {
  Json out = {{"error", std::string(r.new_order)}, {"message", std::string(r.message)}, {"error_details", ""}};
  if (!r.by_preview && r.new_order != "UNKNOWN_FAILURE_REASON") out["new_order_failure_reason"] = std::string(r.new_order);
  else out["preview_failure_reason"] = std::string(r.preview);
  return out;
}

}  // namespace bowline::exchange
