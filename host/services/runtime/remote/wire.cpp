#include "services/runtime/remote/wire.hpp"

#include "services/runtime/json_values.hpp"

namespace bowline::services::wire {
namespace {

std::string_view symbol_of(core::InstrumentId id, const core::InstrumentTable& table) {
  return id && id.value <= table.size() ? std::string_view(table[id].symbol) : std::string_view{};
}
std::string_view text_of(const core::SharedText& t) noexcept { return t ? std::string_view(*t) : std::string_view{}; }
Decimal decimal(bl_dec raw) { return Decimal::from_raw(raw); }

JsonObject head(std::uint64_t id, core::Nanos time, std::string_view type) {
  JsonObject o;
  o.number("event_id", id).time("time", time).text("type", type);
  return o;
}

template <class T, class F>
std::string list(std::span<const T> items, F&& one) {
  std::vector<std::string> texts;
  texts.reserve(items.size());
  for (const T& item : items) texts.push_back(one(item));
  return json_array(texts);
}

std::string prediction(const core::Prediction& p, const core::InstrumentTable& table) {
  return JsonObject()
      .text("id", p.id.hex())
      .text("symbol", symbol_of(p.instrument, table))
      .text("action", core::to_string(p.action))
      .number("time_ns", p.time)
      .exact("p_up", p.p_up)
      .exact("p_flat", p.p_flat)
      .exact("p_down", p.p_down)
      .exact("confidence", p.confidence)
      .exact("weight", p.weight)
      .exact("threshold", p.threshold)
      .exact("expected_move", p.expected_move)
      .amount("ref_price", p.ref_px)
      .number("horizon_ns", p.horizon_ns)
      .number("valid_until_ns", p.valid_until)
      .text("source", text_of(p.source))
      .text("model", text_of(p.model))
      .done();
}

void event_members(JsonObject& o, const bl_event& h, const core::InstrumentTable& table) {
  o.text("symbol", symbol_of({h.instrument}, table))
      .number("core_id", h.id)
      .number("flags", std::uint64_t{h.flags})
      .number("source", std::uint64_t{h.source})
      .number("source_seq", h.seq)
      .number("ts_event_ns", h.ts_event)
      .number("known_at_ns", h.ts_recv);
}

std::string working(const bl_working& w, const core::InstrumentTable& table) {
  const bl_intent& i = *w.intent;
  return JsonObject()
      .text("id", {i.client_id, ::strnlen(i.client_id, sizeof i.client_id)})
      .text("instrument", symbol_of({i.instrument}, table))
      .number("side", std::uint64_t{i.side})
      .number("order_type", std::uint64_t{i.type})
      .number("tif", std::uint64_t{i.tif})
      .number("flags", std::uint64_t{i.flags})
      .number("state", std::uint64_t{w.state})
      .amount("qty", decimal(i.qty))
      .amount("quote_qty", decimal(i.quote_qty))
      .amount("limit_price", decimal(i.limit_px))
      .amount("stop_price", decimal(i.stop_px))
      .number("expire_ns", i.expire_ns)
      .number("decided_ns", i.decided_ns)
      .number("not_after_ns", i.not_after_ns)
      .number("cause", i.cause)
      .amount("filled_qty", decimal(w.cum_qty))
      .amount("leaves_qty", decimal(w.leaves_qty))
      .done();
}

}  // namespace

std::string hello_message(const Hello& h) {
  return JsonObject()
      .text("type", "hello")
      .text("service", h.service)
      .text("run", h.run)
      .number("seed", h.seed)
      .number("interval_ns", h.interval_ns)
      .json("instruments", list<std::string>(h.instruments, [](const std::string& s) {
              std::string out;
              append_json_string(out, s);
              return out;
            }))
      .done();
}

std::string market_message(std::uint64_t id, const MarketEvent& e, const core::InstrumentTable& table) {
  JsonObject o;
  event_members(o, e.h, table);
  std::string_view type = "observation";
  if (e.h.type == BL_EV_BAR) {
    type = "bar";
    o.number("open_ns", e.bar.open_ns)
        .number("close_ns", e.bar.close_ns)
        .number("px_exp", std::int64_t{e.bar.px_exp})
        .number("qty_exp", std::int64_t{e.bar.qty_exp})
        .boolean("final", e.bar.is_final != 0)
        .number("open", e.bar.open)
        .number("high", e.bar.high)
        .number("low", e.bar.low)
        .number("close", e.bar.close)
        .number("volume", e.bar.volume)
        .number("quote_volume", e.bar.quote_volume)
        .number("trades", e.bar.trades);
  } else if (e.h.type == BL_EV_QUOTE) {
    type = "quote";
    o.number("px_exp", std::int64_t{e.quote.px_exp})
        .number("qty_exp", std::int64_t{e.quote.qty_exp})
        .number("bid", e.quote.bid)
        .number("ask", e.quote.ask)
        .number("bid_qty", e.quote.bid_qty)
        .number("ask_qty", e.quote.ask_qty);
  } else {
    o.number("series", std::uint64_t{e.observation.series})
        .exact("value", e.observation.value)
        .number("valid_ns", e.observation.valid_ns);
  }
  return head(id, e.h.ts_recv, type).json(type, o.done()).done();
}

std::string close_message(std::uint64_t id, core::Nanos time, bool acted, std::span<const core::Prediction> predictions,
                          const core::InstrumentTable& table) {
  return head(id, time, "close")
      .boolean("acted", acted)
      .json("predictions",
            list<core::Prediction>(predictions, [&table](const core::Prediction& p) { return prediction(p, table); }))
      .done();
}

std::string end_message(std::uint64_t id, core::Nanos time, RunEnd end) {
  return head(id, time, "end").text("end", end_text(end)).done();
}

std::string portfolio_message(std::uint64_t id, core::Nanos step, const core::PortfolioView& view,
                              const core::InstrumentTable& table) {
  const core::PortfolioView::Parts& v = view.parts();
  const auto position = [&table](const bl_position& p) {
    return JsonObject()
        .text("instrument", symbol_of({p.instrument}, table))
        .number("flags", std::uint64_t{p.flags})
        .amount("qty", decimal(p.qty))
        .amount("average_price", decimal(p.avg_px))
        .amount("realised", decimal(p.realised))
        .amount("fees", decimal(p.fees))
        .amount("best_price", decimal(p.best_px))
        .number("opened_ns", p.opened_ns)
        .done();
  };
  const auto balance = [&table](const bl_balance& b) {
    return JsonObject()
        .text("asset", table.asset_code({b.asset}))
        .amount("total", decimal(b.total))
        .amount("hold", decimal(b.hold))
        .done();
  };
  const auto mark = [&table](const bl_mark& m) {
    return JsonObject()
        .text("instrument", symbol_of({m.instrument}, table))
        .number("flags", std::uint64_t{m.flags})
        .amount("price", decimal(m.px))
        .number("time_ns", m.ts)
        .done();
  };
  return head(id, step, "portfolio")
      .number("version", v.head.version)
      .text("currency", table.asset_code({v.head.base_asset}))
      .number("state", std::uint64_t{v.head.state})
      .amount("equity", decimal(v.head.equity))
      .amount("equity_at_bid", decimal(v.head.equity_at_bid))
      .amount("peak", decimal(v.head.peak_equity))
      .amount("day_start", decimal(v.head.day_start_equity))
      .number("now_ns", v.head.now_ns)
      .json("positions", list<bl_position>(v.positions, position))
      .json("balances", list<bl_balance>(v.balances, balance))
      .json("marks", list<bl_mark>(v.marks, mark))
      .json("working", list<bl_working>(v.working, [&table](const bl_working& w) { return working(w, table); }))
      .done();
}

std::string order_message(std::uint64_t id, const core::OrderRecord& r, const core::InstrumentTable& table) {
  return head(id, r.updated_ns, "order")
      .json("order", JsonObject()
                         .text("id", r.id.view())
                         .text("decision", r.decision.hex())
                         .text("instrument", symbol_of(r.instrument, table))
                         .text("purpose", core::to_string(r.purpose))
                         .text("side", core::to_string(r.side))
                         .text("type", core::to_string(r.type))
                         .text("tif", core::to_string(r.tif))
                         .text("state", r.state)
                         .amount("qty", r.qty)
                         .amount("quote_qty", r.quote_qty)
                         .amount("limit_price", r.limit_px)
                         .amount("stop_price", r.stop_px)
                         .amount("filled_qty", r.cum_qty)
                         .amount("filled_quote", r.cum_quote)
                         .amount("fee", r.cum_fee)
                         .time("decided", r.decided_ns)
                         .text("venue_id", r.venue_id)
                         .text("reason", r.reason)
                         .done())
      .done();
}

std::string fill_message(std::uint64_t id, const core::FillRecord& r, const core::InstrumentTable& table) {
  return head(id, r.time, "fill")
      .json("fill", JsonObject()
                        .text("id", r.fill_id)
                        .text("order", r.order.view())
                        .text("decision", r.decision.hex())
                        .text("instrument", symbol_of(r.instrument, table))
                        .text("side", core::to_string(r.side))
                        .text("liquidity", r.liquidity == 1 ? "maker" : r.liquidity == 2 ? "taker" : "unknown")
                        .amount("price", r.px)
                        .amount("qty", r.qty)
                        .amount("fee", r.fee)
                        .text("fee_asset", r.fee_asset ? table.asset_code(r.fee_asset) : std::string_view{})
                        .done())
      .done();
}

std::string taken_message(std::uint64_t id, const std::string& from, core::Nanos time, std::size_t targets) {
  return head(id, time, "targets").text("from", from).number("targets", std::uint64_t{targets}).done();
}

std::string targets_body(const Targets& t, const core::InstrumentTable& table) {
  const auto target = [&table](const core::Target& x) {
    return JsonObject()
        .text("symbol", symbol_of(x.instrument, table))
        .text("purpose", core::to_string(x.purpose))
        .exact("weight", x.weight)
        .text("decision", x.decision.hex())
        .number("time_ns", x.time)
        .number("valid_until_ns", x.valid_until)
        .amount("ref_price", x.ref_px)
        .done();
  };
  const auto symbol = [&table](core::InstrumentId id) {
    std::string out;
    append_json_string(out, symbol_of(id, table));
    return out;
  };
  JsonObject body;
  body.text("from", t.from)
      .number("time_ns", t.time)
      .boolean("step", t.step)
      .boolean("plan", t.plan)
      .json("targets", list<core::Target>(t.targets, target))
      .json("changed", list<core::InstrumentId>(t.changed, symbol));
  if (!t.step) body.text("principal", t.who.principal).text("request_id", t.who.request_id);
  return body.done();
}

std::string_view end_text(RunEnd end) noexcept {
  switch (end) {
    case RunEnd::end_of_data: return "end_of_data";
    case RunEnd::stopped: return "stopped";
    case RunEnd::feed_failed: return "feed_failed";
    case RunEnd::instance_failed: return "instance_failed";
    case RunEnd::peer_failed: return "peer_failed";
  }
  return "stopped";
}

RunEnd follower_end(std::string_view text) noexcept {
  return text == end_text(RunEnd::end_of_data) ? RunEnd::end_of_data : RunEnd::stopped;
}

}  // namespace bowline::services::wire
