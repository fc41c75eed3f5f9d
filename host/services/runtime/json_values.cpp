#include "services/runtime/json_values.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace bowline::services {
namespace {

bool plain(std::string_view s) noexcept {
  for (const char c : s)
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') return false;
  return true;
}

template <class T>
void append_number(std::string& out, T value) {
  char buf[40];
  const auto done = std::to_chars(buf, buf + sizeof buf, value);
  out.append(buf, done.ptr);
}

std::string_view text_of(const core::SharedText& t) noexcept {
  return t ? std::string_view(*t) : std::string_view{};
}

std::string_view symbol_of(core::InstrumentId id, const core::InstrumentTable& table) {
  return id && id.value <= table.size() ? std::string_view(table[id].symbol) : std::string_view{};
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (!plain(text)) {  // rare: the library knows escapes and broken UTF-8
    out += nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  out.push_back('"');
  out.append(text);
  out.push_back('"');
}

void JsonObject::key(std::string_view key) {
  if (out_.size() > 1) out_.push_back(',');
  out_.push_back('"');
  out_.append(key).append("\":");
}
JsonObject& JsonObject::text(std::string_view k, std::string_view value) {
  key(k);
  append_json_string(out_, value);
  return *this;
}
JsonObject& JsonObject::number(std::string_view k, std::int64_t value) {
  key(k);
  append_number(out_, value);
  return *this;
}
JsonObject& JsonObject::number(std::string_view k, std::uint64_t value) {
  key(k);
  append_number(out_, value);
  return *this;
}
JsonObject& JsonObject::real(std::string_view k, double value) {
  key(k);
  if (std::isfinite(value))
    append_number(out_, value);
  else
    out_ += "null";
  return *this;
}
JsonObject& JsonObject::exact(std::string_view k, double value) {
  if (std::isinf(value)) return text(k, value > 0 ? "inf" : "-inf");
  if (std::isnan(value)) return real(k, value);
  key(k);
  const std::size_t from = out_.size();
  append_number(out_, value);
  // A reader takes digits alone for a whole number, which has no negative zero.
  if (out_.find_first_of(".e", from) == std::string::npos) out_ += ".0";
  return *this;
}
JsonObject& JsonObject::amount(std::string_view k, Decimal value) {
  key(k);
  if (!value.is_set()) {
    out_ += "null";
    return *this;
  }
  out_.push_back('"');
  value.append_to(out_);
  out_.push_back('"');
  return *this;
}
JsonObject& JsonObject::boolean(std::string_view k, bool value) {
  key(k);
  out_ += value ? "true" : "false";
  return *this;
}
JsonObject& JsonObject::time(std::string_view k, core::Nanos value) {
  key(k);
  if (value != 0)
    append_json_string(out_, core::format_time(value));
  else
    out_ += "null";
  out_.append(",\"").append(k).append("_ns\":");
  if (value != 0)
    append_number(out_, value);
  else
    out_ += "null";
  return *this;
}
JsonObject& JsonObject::json(std::string_view k, std::string_view ready) {
  key(k);
  out_.append(ready);
  return *this;
}
std::string JsonObject::done() {
  out_.push_back('}');
  return std::move(out_);
}

std::string json_array(std::span<const std::string> items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out.push_back(',');
    out += item;
  }
  out.push_back(']');
  return out;
}

std::string prediction_json(const core::Prediction& p, const core::InstrumentTable& table) {
  return JsonObject()
      .text("id", p.id.hex())
      .text("symbol", symbol_of(p.instrument, table))
      .text("action", core::to_string(p.action))
      .time("time", p.time)
      .real("p_up", p.p_up)
      .real("p_flat", p.p_flat)
      .real("p_down", p.p_down)
      .real("confidence", p.confidence)
      .real("weight", p.weight)
      .real("threshold", p.threshold)
      .real("expected_move", p.expected_move)
      .amount("ref_price", p.ref_px)
      .number("horizon_ns", p.horizon_ns)
      .time("valid_until", p.valid_until)
      .text("source", text_of(p.source))
      .text("model", text_of(p.model))
      .done();
}

std::string target_json(const core::Target& t, const core::InstrumentTable& table) {
  // INT64_MAX is "until the next plan": no time of a calendar, so none is shown.
  return JsonObject()
      .text("symbol", symbol_of(t.instrument, table))
      .text("purpose", core::to_string(t.purpose))
      .real("weight", t.weight)
      .text("decision", t.decision.hex())
      .time("time", t.time)
      .time("valid_until", t.valid_until == INT64_MAX ? 0 : t.valid_until)
      .amount("ref_price", t.ref_px)
      .done();
}

std::string order_json(const core::Order& o, const core::InstrumentTable& table) {
  const core::Intent& i = o.intent;
  JsonObject out;
  out.text("id", i.client_id())
      .text("decision", i.decision.hex())
      .text("instrument", symbol_of(i.instrument(), table))
      .text("purpose", core::to_string(i.purpose))
      .text("origin", o.external ? "external" : "host")
      .text("side", core::to_string(i.side()))
      .text("type", core::to_string(i.type()))
      .text("tif", core::to_string(i.tif()))
      .text("state", core::to_string(o.state))
      .boolean("ended", core::is_terminal(o.state))
      .amount("qty", i.qty())
      .amount("quote_qty", i.quote_qty())
      .amount("limit_price", i.limit_px())
      .amount("stop_price", i.stop_px())
      .amount("filled_qty", o.cum_qty)
      .amount("filled_quote", o.cum_quote)
      .amount("fee", o.cum_fee)
      .amount("decision_price", i.decision_px)
      .amount("slippage", core::slippage(i.side(), i.decision_px, o.cum_qty, o.cum_quote))
      .time("expire", i.abi.expire_ns)
      .time("decided", i.abi.decided_ns)
      .time("updated", o.updated)
      .text("venue_id", o.venue_id)
      .text("reason", o.reason);
  if (o.amends && o.amends->pending && !core::is_terminal(o.state)) {
    const core::Terms& t = o.amends->wanted;
    out.json("amend", JsonObject()
                          .amount("qty", t.qty)
                          .amount("limit_price", t.limit_px)
                          .amount("stop_price", t.stop_px)
                          .time("expire", t.expire_ns)
                          .done());
  }
  return out.done();
}

std::string checks_json(std::span<const core::CheckRecord> checks) {
  static constexpr std::string_view actions[] = {"reject", "allow", "shrink"};
  std::vector<std::string> items;
  for (const core::CheckRecord& c : checks) {
    if (c.measure) continue;
    items.push_back(JsonObject()
                        .text("rule", text_of(c.rule_source))
                        .text("action", c.action < 3 ? actions[c.action] : actions[0])
                        .text("code", c.code)
                        .amount("value", c.value)
                        .amount("limit", c.limit)
                        .amount("max_qty", c.max_qty)
                        .text("reason", c.reason)
                        .done());
  }
  return json_array(items);
}

std::string portfolio_json(const core::Portfolio& book, core::Nanos now, core::TradingState state,
                           bool gate_open, Decimal max_drawdown) {
  const core::InstrumentTable& table = book.instruments();
  std::vector<std::string> positions, balances;
  for (const core::Instrument& ins : table.all()) {
    const core::Position& p = book.position(ins.id);
    if (p.qty.is_zero()) continue;
    positions.push_back(JsonObject()
                            .text("instrument", ins.symbol)
                            .amount("qty", p.qty)
                            .amount("average_price", book.average(ins.id))
                            .amount("cost", p.cost)
                            .amount("last_price", book.mark(ins.id).last)
                            .amount("value", book.value(ins.id))
                            .amount("unrealised", book.unrealised(ins.id))
                            .amount("realised", p.realised)
                            .amount("fees", p.fees)
                            .boolean("dust", book.dust(ins.id))
                            .time("opened", p.opened)
                            .done());
  }
  const std::vector<Decimal>& cash = book.cash_by_asset();
  for (std::size_t i = 0; i < cash.size(); ++i)
    if (!cash[i].is_zero())
      balances.push_back(JsonObject()
                             .text("asset", table.asset_code({static_cast<std::uint32_t>(i + 1)}))
                             .amount("total", cash[i])
                             .done());
  std::vector<std::string> wallets;
  const auto wallet = [&](core::AssetId asset) {
    wallets.push_back(JsonObject()
                          .text("asset", table.asset_code(asset))
                          .amount("total", book.cash(asset))
                          .text("peg", core::to_string(book.pegs().state(asset, now)))
                          .amount("price", book.pegs().last(asset))
                          .amount("rate", book.pegs().rate(asset))
                          .done());
  };
  wallet(book.accounting());
  for (const core::Peg& p : book.pegs().all()) wallet(p.asset);
  return JsonObject()
      .number("version", book.version())
      .time("time", now)
      .text("currency", table.asset_code(book.accounting()))
      .text("state", core::to_string(state))
      .boolean("gate_open", gate_open)
      .amount("equity", book.equity())
      .amount("equity_at_bid", book.equity_at_bid())
      .amount("cash", book.cash())
      .amount("exposure", book.exposure())
      .amount("realised", book.realised())
      .amount("unrealised", book.unrealised())
      .amount("fees", book.fees())
      .amount("peak", book.peak())
      .amount("day_start", book.day_start())
      .amount("max_drawdown", max_drawdown)
      .json("positions", json_array(positions))
      .json("balances", json_array(balances))
      .json("wallets", json_array(wallets))
      .done();
}

}  // namespace bowline::services
