// Orders are placed, previewed, cancelled and edited.
#include "exchange/face/call.hpp"
#include "exchange/face/order_request.hpp"
#include "exchange/face/order_views.hpp"
#include "exchange/wire/small_bodies.hpp"

namespace bowline::exchange {
namespace {

WebReply refused(const OrderRefusal& why, const Json& configuration) {
  return ok({{"success", false}, {"error_response", error_response(why)}, {"order_configuration", configuration}});
}

/// The answer that is given most often: built by moving, since a list of values is copied at each level.
WebReply placed(const Call& call, const Order& o, Json configuration) {
  Json response = Json::object(), out = Json::object();
  response["order_id"] = call.engine.order_id(o.number);
  response["product_id"] = o.request.product_id;
  response["side"] = std::string(name(o.side()));
  response["client_order_id"] = o.request.client_order_id;
  out["success"] = true;
  out["success_response"] = std::move(response);
  out["order_configuration"] = std::move(configuration);
  return ok(out);
}

/// Whether the user has no wallet of the currency that such an order pays with. The API has words of its own for that.
bool lacks_wallet(const Call& call, const OrderRequest& r) {
  const auto n = call.engine.product_number(r.product_id);
  if (!n) return false;
  const Product& p = call.engine.products()[*n];
  const Accounts& all = call.engine.ledger();
  const Currency c = all.find_currency(r.side == Side::buy ? p.quote : p.base);
  return c == all.currencies() || !all.of(call.user(), c).exists;
}

std::string preview_id(Call& call) {
  // Ids of a seed of their own: none of them is the id of an order.
  return Ids(call.engine.options().id_seed ^ 0x707265766965777eULL).text(IdKind::order, ++call.previews);
}

Json figures(const Preview& p) {
  return {{"order_total", amount(p.order_total)}, {"commission_total", amount(p.commission_total)}, {"quote_size", amount(p.quote_size)},
          {"base_size", amount(p.base_size)},     {"best_bid", amount(p.best_bid)},                 {"best_ask", amount(p.best_ask)},
          {"slippage", amount(p.slippage)}};
}

EditRequest edit_request(const wire::EditBody& b) {
  const auto or_none = [](const std::optional<Decimal>& d) { return d.value_or(Decimal::not_set()); };
  return {b.order_id, or_none(b.price), or_none(b.size), or_none(b.stop_price)};
}

/// What an edit is refused for before the engine is asked: orders are not attached here, to new ones or later.
EditAnswer attaches() { return {EditReason::rejected}; }

/// One entry, or none for what was accepted.
Json edit_errors(const EditAnswer& a) {
  Json out = Json::array();
  if (a.ok()) return out;
  const std::string_view preview = a.refusal == Refusal::none ? "UNKNOWN_PREVIEW_FAILURE_REASON" : names(a.refusal).preview;
  out.push_back({{"edit_failure_reason", std::string(name(a.reason))}, {"preview_failure_reason", std::string(preview)}});
  return out;
}

}  // namespace

WebReply create_order(Call& call) {
  const auto body = wire::parse_create_body(call.body, call.options.wire);
  if (!body) return bad_request(body.error());
  std::optional<OrderRefusal> no;
  const auto request = order_request(*body, call.options.wire, no);
  if (!request) return bad_request(request.error());
  Json echo = body->echo;
  if (!no && !body->retail_portfolio_id.empty() && body->retail_portfolio_id != call.engine.id(call.user())) no = no_account;
  if (no) return refused(*no, echo);

  const Placed p = call.engine.place(call.user(), *request, call.now_ns);
  if (p.refusal == Refusal::insufficient_fund && lacks_wallet(call, *request)) return refused(no_account, echo);
  if (!p.ok()) return refused(refusal_of(p.refusal), echo);
  const Order& o = call.engine.order(p.order);
  if (!p.repeated) return placed(call, o, std::move(echo));
  if (call.options.id_mismatch == IdMismatch::refuse && !(o.request == *request)) return refused(other_order, echo);
  return placed(call, o, configuration_view(o));
}

WebReply preview_order(Call& call) {
  const auto body = wire::parse_create_body(call.body, call.options.wire);
  if (!body) return bad_request(body.error());
  std::optional<OrderRefusal> no;
  const auto request = order_request(*body, call.options.wire, no);
  if (!request) return bad_request(request.error());
  Preview p;
  if (!no) p = call.engine.preview(call.user(), *request, call.now_ns);
  if (!no && p.refusal != Refusal::none) no = refusal_of(p.refusal);
  Json errors = Json::array();
  if (no) errors.push_back(std::string(no->preview));
  Json out = figures(p);
  out["errs"] = std::move(errors);
  out["warning"] = Json::array();
  out["is_max"] = false;
  out["order_margin_total"] = "0";
  out["leverage"] = "0";
  out["long_leverage"] = "0";
  out["short_leverage"] = "0";
  out["preview_id"] = preview_id(call);
  return ok(out);
}

WebReply cancel_orders(Call& call) {
  const auto ids = wire::parse_cancel_body(call.body, call.options.wire);
  if (!ids) return bad_request(ids.error());
  Json list = Json::array();
  for (const CancelAnswer& a : call.engine.cancel(call.user(), *ids, call.now_ns))
    list.push_back({{"success", a.ok()}, {"failure_reason", std::string(name(a.reason))}, {"order_id", a.order_id}});
  return ok({{"results", std::move(list)}});
}

WebReply edit_order(Call& call) {
  const auto body = wire::parse_edit_body(call.body, call.options.wire);
  if (!body) return bad_request(body.error());
  const EditAnswer a = body->attached ? attaches() : call.engine.edit(call.user(), edit_request(*body), call.now_ns);
  Json out = {{"success", a.ok()}};
  if (a.ok()) out["success_response"] = {{"order_id", body->order_id}};
  out["errors"] = edit_errors(a);
  return ok(out);
}

WebReply preview_edit(Call& call) {
  const auto body = wire::parse_edit_body(call.body, call.options.wire);
  if (!body) return bad_request(body.error());
  const auto [answer, preview] = call.engine.preview_edit(call.user(), edit_request(*body), call.now_ns);
  Json out = figures(preview);
  out["errors"] = edit_errors(body->attached ? attaches() : answer);
  out["average_filled_price"] = amount(preview.average_price);
  return ok(out);
}

}  // namespace bowline::exchange
