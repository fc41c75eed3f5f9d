#include "model_venue.hpp"

#include <algorithm>

#include "coinbase/rfc3339.hpp"

namespace broker_tests {
namespace {

std::string decoded(const std::string& s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i)
    if (s[i] == '%' && i + 2 < s.size()) {
      out.push_back(static_cast<char>(std::stoi(s.substr(i + 1, 2), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(s[i]);
    }
  return out;
}
std::string value(const std::string& query, const std::string& key) {
  const auto all = values(query, key);
  return all.empty() ? std::string() : all.front();
}
std::size_t from_cursor(const std::string& query) {
  const std::string c = value(query, "cursor");
  return c.empty() ? 0 : static_cast<std::size_t>(std::stoul(c.substr(1)));
}
bool has(const std::vector<std::string>& list, const std::string& s) { return std::find(list.begin(), list.end(), s) != list.end(); }

/// A page of a list, from its cursor on.
Json page(const std::string& query, const char* name, const std::vector<Json>& all, std::size_t size, bool has_next) {
  const std::size_t from = std::min(from_cursor(query), all.size()), to = std::min(all.size(), from + size);
  Json out;
  out[name] = std::vector<Json>(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to));
  out["cursor"] = to < all.size() ? "c" + std::to_string(to) : "";
  if (has_next) out["has_next"] = to < all.size();
  return out;
}

}  // namespace

std::vector<std::string> values(const std::string& query, const std::string& key) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string pair = query.substr(at, end - at);
    if (pair.starts_with(key + "=")) out.push_back(decoded(pair.substr(key.size() + 1)));
    at = end + 1;
  }
  return out;
}

ModelOrder* ModelVenue::by_client(const std::string& client) {
  for (auto& o : orders)
    if (o.client == client) return &o;
  return nullptr;
}
ModelOrder* ModelVenue::by_id(const std::string& id) {
  for (auto& o : orders)
    if (o.id == id) return &o;
  return nullptr;
}

void ModelVenue::fill(ModelOrder& o, Decimal size, Decimal price, std::int64_t now_ns, bool hidden) {
  const std::string n = std::to_string(++entries_);
  o.fills.push_back({"entry-" + n, "trade-" + n, "FILL", price, size, mul(mul(size, price, bowline::Rounding::up), Decimal::from_mantissa(6, -3), bowline::Rounding::up),
                     now_ns, hidden});
  if (o.filled() >= o.size) o.status = "FILLED";
}

ModelAnswer ModelVenue::answer(const bowline::testing::SentRequest& q, std::int64_t now_ns) {
  const Fate f = fate(q);
  switch (f.kind) {
    case Fate::Kind::never_sent: return {BL_E_IO, 0, "EDGE_CONNECT: no connection"};
    case Fate::Kind::too_late: return {BL_E_STATE, 0, "EDGE_TOO_LATE: too late"};
    case Fate::Kind::lost_before: return {BL_E_UNKNOWN_OUTCOME, 0, "EDGE_DEADLINE: no answer"};
    case Fate::Kind::lost_after: serve(q, now_ns); return {BL_E_UNKNOWN_OUTCOME, 0, "EDGE_DEADLINE: no answer"};
    case Fate::Kind::says: return {BL_OK, static_cast<std::uint32_t>(f.status), f.body};
    case Fate::Kind::served: break;
  }
  return serve(q, now_ns);
}

ModelAnswer ModelVenue::serve(const bowline::testing::SentRequest& q, std::int64_t now_ns) {
  const std::string root = "https://venue.example/api/v3/brokerage";
  if (!q.url.starts_with(root)) return {BL_OK, 404, R"({"error":"NOT_FOUND","message":"no such path"})"};
  const std::string target = q.url.substr(root.size()), path = target.substr(0, target.find('?'));
  const std::string query = path.size() < target.size() ? target.substr(path.size() + 1) : "";
  const bool open = path == "/time";
  if (!open && q.headers.find("Authorization: Bearer ") == std::string::npos) return {BL_OK, 401, "Unauthorized"};
  const auto ok = [](std::string body) { return ModelAnswer{BL_OK, 200, std::move(body)}; };
  if (path == "/time") {
    const std::int64_t t = now_ns + skew_ns;
    return ok(R"({"iso":")" + bowline::coinbase::format_rfc3339(t) + R"(","epochSeconds":")" + std::to_string(t / 1'000'000'000) + R"(","epochMillis":")" +
              std::to_string(t / 1'000'000) + "\"}");
  }
  if (path == "/key_permissions")
    return ok(Json{{"can_view", can_view}, {"can_trade", can_trade}, {"can_transfer", can_transfer}, {"portfolio_uuid", portfolio}, {"portfolio_type", "DEFAULT"}}.dump());
  if (path == "/transaction_summary")
    return ok(R"({"total_volume":0,"total_fees":0,"fee_tier":{"pricing_tier":"Advanced 1","taker_fee_rate":"0.006","maker_fee_rate":"0.004"}})");
  if (path == "/products") {
    std::string list;
    for (const std::string& id : values(query, "product_ids")) {
      if (id == not_listed) continue;
      list += (list.empty() ? "" : ",") + std::string("{") + (id == "BTC-USD" ? product_extra : std::string()) + R"("product_id":")" + id +
              R"(","price":"100","base_increment":"0.00000001","quote_increment":"0.01","price_increment":"0.01","base_min_size":"0.0001",)"
              R"("base_max_size":"1000","quote_min_size":"1","quote_max_size":"1000000","base_currency_id":")" +
              id.substr(0, id.find('-')) + R"(","quote_currency_id":")" + id.substr(id.find('-') + 1) + R"(","product_type":"SPOT","status":"online","view_only":false})";
    }
    return ok(R"({"products":[)" + list + R"(],"num_products":2})");
  }
  if (path == "/accounts") return ok(list_accounts(query));
  if (path == "/orders/historical/batch") return ok(list_orders(query));
  if (path == "/orders/historical/fills") return ok(list_fills(query));
  if (path == "/best_bid_ask" && !pricebooks.empty()) return ok("{\"pricebooks\":[" + pricebooks + "]}");
  if (path.starts_with("/orders/historical/")) {
    const ModelOrder* o = by_id(path.substr(19));
    if (o == nullptr) return {BL_OK, 404, R"({"error":"NOT_FOUND","error_details":"order with this orderID was not found","message":"order with this orderID was not found"})"};
    Json row = order_json(*o);
    spoil(row, false);
    return ok(Json{{"order", row}}.dump());
  }
  const Json body = Json::parse(q.body, nullptr, false);
  if (path == "/orders") return ok(create(body, q.body, now_ns));
  if (path == "/orders/batch_cancel") return ok(cancel(body));
  if (path == "/orders/edit") return ok(edit(body));
  if (path == "/orders/preview")
    return ok(R"({"order_total":"1","commission_total":"0","errs":[)" + preview_errors + R"(],"warning":[],"quote_size":"1","base_size":"1","best_bid":"99","best_ask":"101","is_max":false})");
  return {BL_OK, 404, R"({"error":"NOT_FOUND","message":"no such path"})"};
}

std::string ModelVenue::create(const Json& b, std::string text, std::int64_t now_ns) {
  const std::string client = b.at("client_order_id");
  ModelOrder* o = by_client(client);
  if (o == nullptr) {
    if (!create_refusal.empty())
      return Json{{"success", false}, {"error_response", {{"error", create_refusal}, {"message", "no"}, {"new_order_failure_reason", create_refusal}}}}.dump();
    ModelOrder n;
    n.id = "venue-" + std::to_string(++last_);
    n.client = client;
    n.product = b.at("product_id");
    n.side = b.at("side");
    n.configuration = b.at("order_configuration");
    n.body = std::move(text);
    const Json& inner = n.configuration.begin().value();
    n.price = *Decimal::try_parse(inner.value("limit_price", "100"));
    const std::string base = inner.value("base_size", "");
    n.size = base.empty() ? round_to(div(*Decimal::try_parse(inner.at("quote_size").get<std::string>()), market_price, bowline::Rounding::down), Decimal::from_mantissa(1, -16), bowline::Rounding::down) : *Decimal::try_parse(base);
    n.created_ns = now_ns + skew_ns;
    orders.push_back(n);
    o = &orders.back();
    ++creates;
    if (n.configuration.contains("market_market_ioc")) fill(*o, o->size, market_price, now_ns);
  }
  return Json{{"success", true},
              {"success_response", {{"order_id", o->id}, {"product_id", o->product}, {"side", o->side}, {"client_order_id", o->client}}},
              {"order_configuration", o->configuration}}
      .dump();
}

std::string ModelVenue::cancel(const Json& b) {
  Json results = Json::array();
  for (const auto& id : b.at("order_ids")) {
    ModelOrder* o = by_id(id);
    std::string why = o == nullptr ? "UNKNOWN_CANCEL_ORDER" : o->works() ? cancel_refusal : o->status == "FILLED" ? "ORDER_IS_FULLY_FILLED" : "UNKNOWN_CANCEL_ORDER";
    if (why.empty()) {
      o->status = cancel_at_once ? "CANCELLED" : "CANCEL_QUEUED";
      o->pending_cancel = !cancel_at_once;
    }
    results.push_back({{"success", why.empty()}, {"failure_reason", why.empty() ? "UNKNOWN_CANCEL_FAILURE_REASON" : why}, {"order_id", id}});
  }
  return Json{{"results", results}}.dump();
}

std::string ModelVenue::edit(const Json& b) {
  ModelOrder* o = by_id(b.at("order_id"));
  const std::string why = o == nullptr ? "ORDER_NOT_FOUND" : !o->works() ? "ONLY_OPEN_ORDERS_CAN_BE_EDITED" : edit_refusal;
  if (!why.empty()) return Json{{"success", false}, {"errors", {{{"edit_failure_reason", why}}}}}.dump();
  if (edit_shows) {
    Json& inner = o->configuration.begin().value();
    inner["base_size"] = b.at("size");
    inner["limit_price"] = b.at("price");
    o->size = *Decimal::try_parse(b.at("size").get<std::string>());
    o->price = *Decimal::try_parse(b.at("price").get<std::string>());
  }
  return R"({"success":true,"errors":[]})";
}

Json ModelVenue::order_json(const ModelOrder& o) const {
  Decimal value, fees;
  for (const auto& f : o.fills) {
    value += mul(f.size, f.price, bowline::Rounding::half_even);
    fees += f.fee;
  }
  const Decimal filled = o.filled();
  const std::string average = filled.is_zero() ? "0" : div(value, filled, bowline::Rounding::half_even).to_string();
  return {{"order_id", o.id}, {"product_id", o.product}, {"user_id", "u"}, {"order_configuration", o.configuration}, {"side", o.side},
          {"client_order_id", o.client}, {"status", o.status}, {"created_time", bowline::coinbase::format_rfc3339(o.created_ns)},
          {"completion_percentage", "0"}, {"filled_size", filled.to_string()}, {"average_filled_price", average}, {"fee", ""},
          {"number_of_fills", std::to_string(o.fills.size())}, {"filled_value", value.to_string()}, {"pending_cancel", o.pending_cancel},
          {"size_in_quote", false}, {"total_fees", fees.to_string()}, {"size_inclusive_of_fees", false}, {"total_value_after_fees", value.to_string()},
          {"reject_reason", o.reject_reason}, {"order_placement_source", o.source}};
}

std::string ModelVenue::list_orders(const std::string& query) const {
  auto statuses = values(query, "order_status");
  const auto ids = values(query, "order_ids");
  if (unknown_is_any && has(statuses, "UNKNOWN_ORDER_STATUS")) statuses.clear();
  const std::string source = value(query, "order_placement_source"), start = value(query, "start_date");
  const std::int64_t since = start.empty() ? 0 : *bowline::coinbase::parse_rfc3339(start);
  std::vector<Json> all;
  for (auto o = orders.rbegin(); o != orders.rend(); ++o)
    if (o->source == (source.empty() ? "RETAIL_ADVANCED" : source) && (statuses.empty() || has(statuses, o->status)) && (ids.empty() || has(ids, o->id)) &&
        o->created_ns >= since) {
      all.push_back(order_json(*o));
      spoil(all.back(), true);
    }
  Json out = page(query, "orders", all, orders_page, true);
  out["sequence"] = "0";
  return out.dump();
}

// Of a purchase by quote the one fill is what was asked for, to the cent: what it bought is cut off at 16 decimals, and says less.
std::string ModelVenue::told_size(const ModelOrder& o, const ModelFill& f) const {
  if (!fills_in_quote) return f.size.to_string();
  const Json& inner = o.configuration.begin().value();
  return o.fills.size() == 1 && inner.contains("quote_size") ? inner.at("quote_size").get<std::string>() : mul(f.size, f.price, bowline::Rounding::half_even).to_string();
}

std::string ModelVenue::list_fills(const std::string& query) const {
  const auto ids = values(query, "order_ids");
  const std::string start = value(query, "start_sequence_timestamp");
  const std::int64_t since = start.empty() ? 0 : *bowline::coinbase::parse_rfc3339(start);
  std::vector<Json> all;
  for (const auto& o : orders)
    for (const auto& f : o.fills)
      if (!f.hidden && (ids.empty() || has(ids, o.id)) && f.at_ns >= since) {
        all.push_back({{"entry_id", f.entry_id}, {"trade_id", f.trade_id}, {"order_id", o.id}, {"trade_time", bowline::coinbase::format_rfc3339(f.at_ns)},
                       {"trade_type", f.type}, {"price", f.price.to_string()}, {"size", told_size(o, f)}, {"commission", f.fee.to_string()},
                       {"product_id", o.product}, {"sequence_timestamp", bowline::coinbase::format_rfc3339(f.at_ns)}, {"liquidity_indicator", "MAKER"},
                       {"size_in_quote", fills_in_quote}, {"user_id", "u"}, {"side", o.side}});
        spoil_fill(all.back());
      }
  return page(query, "fills", all, fills_page, false).dump();
}

std::string ModelVenue::list_accounts(const std::string& query) const {
  std::vector<Json> all;
  for (const auto& [currency, amount] : wallets) {
    const auto h = holds.find(currency);
    const Decimal hold = h == holds.end() ? Decimal::zero() : h->second;
    all.push_back({{"uuid", "w-" + currency}, {"name", currency}, {"currency", currency}, {"available_balance", {{"value", (amount - hold).to_string()}, {"currency", currency}}},
                   {"default", true}, {"active", true}, {"type", "ACCOUNT_TYPE_CRYPTO"}, {"ready", true}, {"hold", {{"value", hold.to_string()}, {"currency", currency}}},
                   {"retail_portfolio_id", portfolio}});
  }
  return page(query, "accounts", all, accounts_page, true).dump();
}

}  // namespace broker_tests
