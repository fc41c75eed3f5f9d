#include <algorithm>
#include <nlohmann/json.hpp>

#include "edge/json_body.hpp"
#include "services/runtime/route_help.hpp"
#include "services/trade_execution/routes.hpp"

namespace bowline::services {
namespace {

std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return s;
}

/// A word out of a few; case does not matter. The word given is not repeated: it may be an amount.
template <class T>
Result<T> word(std::string_view key, const std::string& given,
               std::initializer_list<std::pair<const char*, T>> words) {
  std::string list;
  for (const auto& [name, value] : words) {
    if (lower(given) == lower(name)) return value;
    list.append(list.empty() ? "" : ", ").append(name);
  }
  return Error{
      "JSON_VALUE", "key " + std::string(key) + " must be one of " + list, {{"key", std::string(key)}}};
}

Result<bool> flag(const nlohmann::json& body, const char* key) {
  const auto it = body.find(key);
  if (it == body.end()) return false;
  if (!it->is_boolean())
    return Error{"JSON_TYPE", std::string("key ") + key + " must be true or false", {{"key", key}}};
  return it->get<bool>();
}

}  // namespace

Result<bool> dry_run_of(const edge::Request& request) {
  const auto text = request.query_value("dry_run");
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return Error{"PARAM_INVALID", "query parameter dry_run must be true or false", {{"parameter", "dry_run"}}};
}

Result<std::string> idempotency_key(const edge::Request& request) {
  const auto key = request.headers.find("Idempotency-Key");
  if (!key || key->empty())
    return Error{"IDEMPOTENCY_KEY_MISSING",
                 "the header Idempotency-Key is missing: choose one per order, so that a repeat is not a "
                 "second order"};
  const bool sane = key->size() <= 128 && request.headers.count("Idempotency-Key") == 1 &&
                    std::all_of(key->begin(), key->end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!sane)
    return Error{"IDEMPOTENCY_KEY_INVALID",
                 "Idempotency-Key must stand once, with 1 to 128 visible ASCII characters"};
  return std::string(*key);
}

Result<TradeRequest> read_trade(const edge::Request& request, const core::InstrumentTable& table) {
  TradeRequest q;
  if (const auto ok = only_params(request, {"dry_run"}); !ok) return ok.error();
  const auto dry = dry_run_of(request);
  if (!dry) return dry.error();
  q.dry_run = *dry;
  auto key = idempotency_key(request);
  if (!key) return key.error();
  q.key = std::move(*key);
  const auto body = edge::json_object(request);
  if (!body) return body.error();
  if (const auto ok = only_keys(*body, {"instrument", "side", "type", "tif", "qty", "quote_qty",
                                        "limit_price", "stop_price", "expire", "post_only", "reason"});
      !ok)
    return ok.error();

  const auto instrument = text_of(*body, "instrument", true, 40);
  if (!instrument) return instrument.error();
  const auto side_text = text_of(*body, "side", true, 8);
  if (!side_text) return side_text.error();
  const auto side =
      word<core::Side>("side", *side_text, {{"BUY", core::Side::buy}, {"SELL", core::Side::sell}});
  if (!side) return side.error();
  q.side = *side;
  const auto type_text = text_of(*body, "type", true, 16);
  if (!type_text) return type_text.error();
  using Type = core::OrderType;
  const auto type =
      word<Type>("type", *type_text,
                 {{"market", Type::market}, {"limit", Type::limit}, {"stop_limit", Type::stop_limit}, {"bracket", Type::bracket}});
  if (!type) return type.error();
  q.type = *type;
  using Tif = core::TimeInForce;
  q.tif = q.type == Type::market ? Tif::ioc : Tif::gtc;
  if (const auto tif_text = text_of(*body, "tif", false, 8); !tif_text) {
    return tif_text.error();
  } else if (body->contains("tif")) {
    const auto tif = word<Tif>("tif", *tif_text,
                               {{"GTC", Tif::gtc}, {"GTD", Tif::gtd}, {"IOC", Tif::ioc}, {"FOK", Tif::fok}});
    if (!tif) return tif.error();
    q.tif = *tif;
  }
  for (const auto& [name, slot] :
       {std::pair{"qty", &q.qty}, std::pair{"quote_qty", &q.quote_qty}, std::pair{"limit_price", &q.limit_px},
        std::pair{"stop_price", &q.stop_px}}) {
    const auto value = decimal_of(*body, name);
    if (!value) return value.error();
    *slot = *value;
  }
  const auto expire = text_of(*body, "expire", false, 40);
  if (!expire) return expire.error();
  if (!expire->empty()) {
    const auto at = parse_time(*expire, "expire");
    if (!at) return Error{"JSON_VALUE", at.error().message, {{"key", "expire"}}};
    q.expire_ns = *at;
  }
  const auto post_only = flag(*body, "post_only");
  if (!post_only) return post_only.error();
  q.post_only = *post_only;
  auto reason = text_of(*body, "reason", true);
  if (!reason) return reason.error();
  q.reason = std::move(*reason);
  // Last, so that a body that is wrong in itself says so before its instrument is looked up.
  q.instrument = table.find(*instrument);
  if (!q.instrument)
    return Error{"INSTRUMENT_UNKNOWN", "the instrument named is not among the configured ones"};
  q.principal = request.principal;
  q.request_id = request.request_id;
  return q;
}

}  // namespace bowline::services
