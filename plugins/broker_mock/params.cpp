#include "params.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "common/iso_time.hpp"
#include "common/money.hpp"
#include "schema.hpp"
#include "state_rows.hpp"

namespace bowline::broker_mock {
namespace {

using Json = nlohmann::json;

/// A key that is not there has its default: whoever made the params may not know of it yet.
Json whole(Json p) {
  const Json known = Json::parse(schema);
  for (const auto& [key, property] : known.at("properties").items())
    if (!p.contains(key)) p[key] = property.at("default");
  return p;
}

FaultOptions faults_of(const Json& p) {
  const auto probability = [&p](const char* key) { return p.at(key).get<double>(); };
  const auto duration = [&p](const char* key) { return p.at(key).get<std::int64_t>(); };
  FaultOptions f;
  f.timeout_probability = probability("timeout_probability");
  f.timeout_lost_share = probability("timeout_lost_share");
  f.cancel_reject_probability = probability("cancel_reject_probability");
  f.duplicate_fill_probability = probability("duplicate_fill_probability");
  f.late_fill_probability = probability("late_fill_probability");
  f.late_fill_delay_ns = duration("late_fill_delay");
  f.lost_fill_probability = probability("lost_fill_probability");
  f.late_ack_probability = probability("late_ack_probability");
  f.late_ack_delay_ns = duration("late_ack_delay");
  f.disconnect_probability = probability("disconnect_probability");
  f.disconnect_duration_ns = duration("disconnect_duration");
  f.disconnect_replays = p.at("disconnect_replays").get<bool>();
  return f;
}

VenueOptions venue_of(const Json& p) {
  VenueOptions v;
  const auto ratio = [&p](const char* key) { return money::from_ratio(p.at(key).get<double>()); };
  v.rules = {ratio("slippage"), ratio("max_fill_share")};
  v.taker_fee = ratio("taker_fee");
  v.maker_fee = ratio("maker_fee");
  v.assumed_half_spread = ratio("assumed_half_spread");
  v.latency_ns = p.at("latency").get<std::int64_t>();
  v.partial_fill_probability = p.at("partial_fill_probability").get<double>();
  v.reject_probability = p.at("reject_probability").get<double>();
  v.seed = p.at("seed").get<std::uint64_t>();
  v.faults = faults_of(p);
  return v;
}

/// One entry of external_orders; nullopt and `lacks` when it is not whole.
std::optional<ScriptLine> line_of(const Json& e, std::string& lacks) {
  using What = ExternalAct::What;
  const auto text = [&e](const char* key) { return e.value(key, std::string()); };
  constexpr std::array dos{"", "order", "fill", "cancel", "deposit", "withdrawal", "trade"};
  ScriptLine line;
  ExternalAct& a = line.act;
  a.what = static_cast<What>(number_of(dos, text("do")));
  const bool transfer = a.what == What::deposit || a.what == What::withdrawal;
  const bool trade = a.what == What::order || a.what == What::fill;
  const bool priced = trade || a.what == What::trade;
  const auto bad = [&lacks](const char* what) {
    lacks = what;
    return std::nullopt;
  };
  if (a.what == What{}) return bad("do: one of order, fill, cancel, deposit, withdrawal, trade");
  const auto at = plugin_common::parse_time(text("at"));
  if (!at) return bad("at: a time such as 2022-01-01T12:00:00Z");
  a.at_ns = *at;
  a.told = e.value("told", true);
  line.product = text("product");
  line.asset = text("asset");
  if (transfer ? line.asset.empty() || !line.product.empty() : line.product.empty() || !line.asset.empty())
    return bad(transfer ? "asset, and no product" : "product, and no asset");
  a.side = text("side") == "sell" ? Side::sell : Side::buy;
  if (trade && text("side").empty()) return bad("side: buy or sell");
  a.type = a.what == What::order && text("type") == "market" ? Type::market : Type::limit;
  if (a.what != What::cancel) {
    const auto qty = money::parse(text("qty"));
    if (!qty || *qty <= Decimal::zero()) return bad("qty: a decimal above 0");
    a.qty = *qty;
  }
  if (priced && a.type == Type::limit) {
    a.px = money::parse(text("px"));
    if (!a.px || *a.px <= Decimal::zero()) return bad("px: a decimal above 0");
  }
  a.script = std::to_string(a.at_ns) + " " + text("do") + " " + line.product + line.asset;
  if (trade)
    a.script += std::string(" ") + word_of(words::sides, a.side) + " " + word_of(words::types, a.type);
  if (a.what != What::cancel) a.script += " " + money::text(a.qty);
  if (a.px) a.script += " @ " + money::text(*a.px);
  if (!a.told) a.script += " untold";
  return line;
}

}  // namespace

Result<DeskOptions> options_of(const Json& params) {
  const Json p = whole(params);
  DeskOptions o;
  o.venue = venue_of(p);
  for (const auto& [code, text] : p.at("cash").items()) {
    const auto amount = money::parse(text.get<std::string>());
    if (!amount || *amount < Decimal::zero())
      return Error{"CASH_INVALID", "cash." + code + ": a decimal of 0 or more is needed"};
    o.cash.emplace_back(code, *amount);
  }
  o.memory = p.at("state").get<std::string>() == "memory";
  o.file = p.at("file").get<std::string>();
  o.rate_limit = p.at("rate_limit").get<std::uint32_t>();
  o.rate_burst = p.at("rate_burst").get<std::uint32_t>();
  if (o.rate_burst == 0) o.rate_burst = o.rate_limit;
  for (const Json& e : p.at("external_orders")) {
    std::string lacks;
    auto line = line_of(e, lacks);
    if (!line)
      return Error{"EXTERNAL_ORDERS_INVALID",
                   "external_orders[" + std::to_string(o.script.size()) + "] needs " + lacks};
    o.script.push_back(std::move(*line));
  }
  return o;
}

}  // namespace bowline::broker_mock
