// Rows of the book and of the state the host trades in: what a restart goes on from beside orders and fills.
#include "store/journal_rows.hpp"

#include <array>

#include "store/row_fields.hpp"

namespace bowline::store {

using namespace row_fields;

namespace {

constexpr auto trading_states =
    std::to_array({core::TradingState::active, core::TradingState::reducing, core::TradingState::halted});
constexpr auto flows = std::to_array({core::Flow::deposit, core::Flow::withdrawal, core::Flow::reward, core::Flow::conversion,
                                      core::Flow::correction});

}  // namespace

std::string line(const BalanceRow& r) {
  Line l{{"asset", r.asset}};
  put(l, "total", r.total);
  return text_of(l);
}
Result<BalanceRow> read_balance(std::string_view payload) {
  return guarded(journal_kind::balance, [&] {
    const Fields f(payload);
    return BalanceRow{f.text("asset"), f.amount("total")};
  });
}

std::string line(const FlowRow& r) {
  Line l{{"asset", r.asset}, {"class", core::to_string(r.kind)}};
  put(l, "amount", r.amount);
  return text_of(l);
}
Result<FlowRow> read_flow(std::string_view payload) {
  return guarded(journal_kind::flow, [&] {
    const Fields f(payload);
    return FlowRow{f.text("asset"), f.word<core::Flow>("class", span_of<core::Flow>(flows)), f.amount("amount")};
  });
}

std::string line(const InventoryRow& r) {
  Line l{{"symbol", r.symbol}, {"adopt", r.adopt}};
  put(l, "qty", r.qty);
  put(l, "px", r.px);
  l["key"] = r.key;
  l["body"] = r.body;
  return text_of(l);
}
Result<InventoryRow> read_inventory(std::string_view payload) {
  return guarded(journal_kind::inventory, [&] {
    const Fields f(payload);
    const bool adopt = f.flag("adopt");
    return InventoryRow{f.text("symbol"), adopt, f.amount("qty"), adopt ? f.amount("px") : Decimal::not_set(), f.text("key"), f.text("body")};
  });
}

std::string line(const StepRow& r) {
  Line l{{"settled", r.settled}, {"day", r.day}, {"version", r.version}, {"seq", r.seq}};
  put(l, "peak", r.peak);
  put(l, "day_start", r.day_start);
  put(l, "max_drawdown", r.max_drawdown);
  put(l, "day_notional", r.day_notional);
  if (!r.net_flows.is_zero()) put(l, "net_flows", r.net_flows);
  if (!r.day_flows.is_zero()) put(l, "day_flows", r.day_flows);
  if (r.loss_trips != 0) l["loss_trips"] = r.loss_trips;
  if (r.drawdown_trips != 0) l["drawdown_trips"] = r.drawdown_trips;
  for (const auto& [symbol, px] : r.best) {
    Line one{{"symbol", symbol}};
    put(one, "px", px);
    l["best"].push_back(std::move(one));
  }
  if (r.rolling_trips != 0) {
    l["rolling_trips"] = r.rolling_trips;
    l["rolling_tripped"] = r.rolling_tripped;
  }
  if (!r.marks.empty()) l["marks"] = r.marks;
  return text_of(l);
}
Result<StepRow> read_step(std::string_view payload) {
  return guarded(journal_kind::step, [&] {
    const Fields f(payload);
    StepRow r;
    r.settled = f.number<core::Nanos>("settled");
    r.day = f.number<core::Nanos>("day");
    r.version = f.number<std::uint64_t>("version");
    r.seq = f.number<std::uint64_t>("seq");
    r.peak = f.amount("peak");
    r.day_start = f.amount_or_none("day_start");
    r.max_drawdown = f.amount("max_drawdown");
    r.day_notional = f.amount_or_none("day_notional");
    if (f.has("net_flows")) r.net_flows = f.amount("net_flows");
    if (f.has("day_flows")) r.day_flows = f.amount("day_flows");
    if (f.has("loss_trips")) r.loss_trips = f.number<std::uint32_t>("loss_trips");
    if (f.has("drawdown_trips")) r.drawdown_trips = f.number<std::uint32_t>("drawdown_trips");
    if (f.has("best"))
      for (const Fields& one : f.list("best")) r.best.emplace_back(one.text("symbol"), one.amount("px"));
    if (f.has("rolling_trips")) {
      r.rolling_trips = f.number<std::uint32_t>("rolling_trips");
      r.rolling_tripped = f.number<core::Nanos>("rolling_tripped");
    }
    r.marks = f.text_or("marks");
    return r;
  });
}

std::string line(const StateRow& r) {
  Line l{{"state", core::to_string(r.state)}, {"gate_open", r.gate_open}};
  if (r.frozen) l["frozen"] = true;
  if (r.looked) l["looked"] = true;
  l["who"] = r.who;
  l["why"] = r.why;
  if (!r.request.empty()) l["request"] = r.request;
  return text_of(l);
}
Result<StateRow> read_state(std::string_view payload) {
  return guarded(journal_kind::state, [&] {
    const Fields f(payload);
    StateRow r;
    r.state = f.word<core::TradingState>("state", span_of<core::TradingState>(trading_states));
    r.gate_open = f.flag("gate_open");
    r.frozen = f.flag("frozen");
    r.looked = f.flag("looked");
    r.who = f.text_or("who");
    r.why = f.text_or("why");
    r.request = f.text_or("request");
    return r;
  });
}

std::string line(const BlockRow& r) {
  Line l{{"symbol", r.symbol}, {"code", r.code}};
  if (!r.text.empty()) l["text"] = r.text;
  if (!r.order.empty()) l["client_id"] = r.order.view();
  if (r.gone) l["gone"] = true;
  return text_of(l);
}
Result<BlockRow> read_block(std::string_view payload) {
  return guarded(journal_kind::block, [&] {
    const Fields f(payload);
    BlockRow r;
    r.symbol = f.text("symbol");
    r.code = f.text("code");
    r.text = f.text_or("text");
    if (f.has("client_id")) r.order = f.order("client_id");
    r.gone = f.flag("gone");
    return r;
  });
}

}  // namespace bowline::store
