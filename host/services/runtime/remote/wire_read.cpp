#include <nlohmann/json.hpp>

#include "services/runtime/remote/wire.hpp"

namespace bowline::services::wire {
namespace {

using nlohmann::json;

/// Thrown inside this file only: reading stops at the first thing that is wrong.
struct Malformed {
  std::string what;
};

template <class F>
auto guarded(F&& read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const Malformed& m) {
    return Error{"WIRE_MALFORMED", m.what};
  } catch (const json::exception&) {  // its text repeats values
    return Error{"WIRE_MALFORMED", "a message of another service lacks a member, or has one of another type"};
  }
}

Decimal amount(const json& o, const char* key) {
  const json& v = o.at(key);
  if (v.is_null()) return Decimal::not_set();
  const auto d = Decimal::try_parse(v.get_ref<const std::string&>());
  if (!d) throw Malformed{std::string("member ") + key + " is not a decimal"};
  return *d;
}

double real(const json& o, const char* key) {
  const json& v = o.at(key);
  if (v.is_null()) return core::nan_value;
  if (v.is_number()) return v.get<double>();
  const std::string& s = v.get_ref<const std::string&>();
  if (s == "inf") return std::numeric_limits<double>::infinity();
  if (s == "-inf") return -std::numeric_limits<double>::infinity();
  throw Malformed{std::string("member ") + key + " is not a number"};
}

template <class T>
T whole(const json& o, const char* key) {
  const json& v = o.at(key);
  if (!v.is_number_integer()) throw Malformed{std::string("member ") + key + " is not a whole number"};
  if (v.is_number_unsigned() ? !std::in_range<T>(v.get<std::uint64_t>()) : !std::in_range<T>(v.get<std::int64_t>()))
    throw Malformed{std::string("member ") + key + " is out of range"};
  return v.get<T>();
}

core::InstrumentId instrument(const json& v, const core::InstrumentTable& table) {
  const core::InstrumentId id = table.find(v.get_ref<const std::string&>());
  if (!id) throw Malformed{"an instrument is named that this process does not know"};
  return id;
}
core::AssetId asset(const json& v, const core::InstrumentTable& table) {
  const core::AssetId id = table.find_asset(v.get_ref<const std::string&>());
  if (!id) throw Malformed{"an asset is named that this process does not know"};
  return id;
}

template <class E>
E word(const json& o, const char* key, std::initializer_list<E> values) {
  const std::string& s = o.at(key).get_ref<const std::string&>();
  for (const E v : values)
    if (core::to_string(v) == s) return v;
  throw Malformed{std::string("member ") + key + " has an unknown word"};
}

core::Id128 id128(const json& o, const char* key) {
  const std::string& s = o.at(key).get_ref<const std::string&>();
  const core::Id128 id = core::Id128::from_hex(s);
  if (!id) throw Malformed{std::string("member ") + key + " is not an id"};
  return id;
}

core::SharedText shared(const json& o, const char* key) {
  return std::make_shared<const std::string>(o.at(key).get_ref<const std::string&>());
}

const json& array(const json& o, const char* key) {
  const json& v = o.at(key);
  if (!v.is_array()) throw Malformed{std::string("member ") + key + " is not a list"};
  return v;
}

void event_head(bl_event& h, const json& o, std::uint16_t type, std::size_t size, const core::InstrumentTable& table) {
  h.size = static_cast<std::uint32_t>(size);
  h.type = type;
  h.flags = whole<std::uint16_t>(o, "flags");
  h.id = whole<std::uint64_t>(o, "core_id");
  h.ts_event = whole<std::int64_t>(o, "ts_event_ns");
  h.ts_recv = whole<std::int64_t>(o, "known_at_ns");
  const std::string& symbol = o.at("symbol").get_ref<const std::string&>();
  h.instrument = symbol.empty() ? 0 : instrument(o.at("symbol"), table).value;
  h.source = whole<std::uint32_t>(o, "source");
  h.seq = whole<std::uint64_t>(o, "source_seq");
}

core::Prediction prediction(const json& o, const core::InstrumentTable& table) {
  core::Prediction p;
  p.id = id128(o, "id");
  p.instrument = instrument(o.at("symbol"), table);
  p.action = word(o, "action", {core::Action::none, core::Action::buy, core::Action::sell, core::Action::hold});
  p.time = whole<std::int64_t>(o, "time_ns");
  p.p_up = real(o, "p_up");
  p.p_flat = real(o, "p_flat");
  p.p_down = real(o, "p_down");
  p.confidence = real(o, "confidence");
  p.weight = real(o, "weight");
  p.threshold = real(o, "threshold");
  p.expected_move = real(o, "expected_move");
  p.ref_px = amount(o, "ref_price");
  p.horizon_ns = whole<std::int64_t>(o, "horizon_ns");
  p.valid_until = whole<std::int64_t>(o, "valid_until_ns");
  p.source = shared(o, "source");
  p.model = shared(o, "model");
  return p;
}

void working(const json& o, core::PortfolioView::Parts& to, const core::InstrumentTable& table) {
  bl_intent i{};
  i.size = sizeof i;
  i.instrument = instrument(o.at("instrument"), table).value;
  const std::string& id = o.at("id").get_ref<const std::string&>();
  if (id.size() >= sizeof i.client_id) throw Malformed{"an order id is too long"};
  std::memcpy(i.client_id, id.data(), id.size());
  i.side = whole<std::uint32_t>(o, "side");
  i.type = whole<std::uint32_t>(o, "order_type");
  i.tif = whole<std::uint32_t>(o, "tif");
  i.flags = whole<std::uint32_t>(o, "flags");
  i.qty = amount(o, "qty").raw();
  i.quote_qty = amount(o, "quote_qty").raw();
  i.limit_px = amount(o, "limit_price").raw();
  i.stop_px = amount(o, "stop_price").raw();
  i.expire_ns = whole<std::int64_t>(o, "expire_ns");
  i.decided_ns = whole<std::int64_t>(o, "decided_ns");
  i.not_after_ns = whole<std::int64_t>(o, "not_after_ns");
  i.cause = whole<std::uint64_t>(o, "cause");
  to.intents.push_back(i);
  bl_working w{};
  w.state = whole<std::uint32_t>(o, "state");
  w.cum_qty = amount(o, "filled_qty").raw();
  w.leaves_qty = amount(o, "leaves_qty").raw();
  to.working.push_back(w);
}

}  // namespace

Result<Hello> read_hello(const json& m) {
  return guarded([&] {
    Hello h;
    h.service = m.at("service").get<std::string>();
    h.run = m.at("run").get<std::string>();
    h.seed = whole<std::uint64_t>(m, "seed");
    h.interval_ns = whole<std::int64_t>(m, "interval_ns");
    h.instruments = m.at("instruments").get<std::vector<std::string>>();
    return h;
  });
}

Result<MarketEvent> read_market(const json& m, const core::InstrumentTable& table) {
  return guarded([&] {
    MarketEvent e;
    std::memset(static_cast<void*>(&e), 0, sizeof e);
    const std::string& type = m.at("type").get_ref<const std::string&>();
    const json& o = m.at(type);
    if (type == "bar") {
      event_head(e.h, o, BL_EV_BAR, sizeof e.bar, table);
      e.bar.open_ns = whole<std::int64_t>(o, "open_ns");
      e.bar.close_ns = whole<std::int64_t>(o, "close_ns");
      e.bar.px_exp = whole<std::int8_t>(o, "px_exp");
      e.bar.qty_exp = whole<std::int8_t>(o, "qty_exp");
      e.bar.is_final = o.at("final").get<bool>() ? 1 : 0;
      e.bar.open = whole<std::int64_t>(o, "open");
      e.bar.high = whole<std::int64_t>(o, "high");
      e.bar.low = whole<std::int64_t>(o, "low");
      e.bar.close = whole<std::int64_t>(o, "close");
      e.bar.volume = whole<std::int64_t>(o, "volume");
      e.bar.quote_volume = whole<std::int64_t>(o, "quote_volume");
      e.bar.trades = whole<std::uint64_t>(o, "trades");
    } else if (type == "quote") {
      event_head(e.h, o, BL_EV_QUOTE, sizeof e.quote, table);
      e.quote.px_exp = whole<std::int8_t>(o, "px_exp");
      e.quote.qty_exp = whole<std::int8_t>(o, "qty_exp");
      e.quote.bid = whole<std::int64_t>(o, "bid");
      e.quote.ask = whole<std::int64_t>(o, "ask");
      e.quote.bid_qty = whole<std::int64_t>(o, "bid_qty");
      e.quote.ask_qty = whole<std::int64_t>(o, "ask_qty");
    } else {
      event_head(e.h, o, BL_EV_OBSERVATION, sizeof e.observation, table);
      e.observation.series = whole<std::uint32_t>(o, "series");
      e.observation.value = real(o, "value");
      e.observation.valid_ns = whole<std::int64_t>(o, "valid_ns");
    }
    return e;
  });
}

Result<Close> read_close(const json& m, const core::InstrumentTable& table) {
  return guarded([&] {
    Close c;
    c.time = whole<std::int64_t>(m, "time_ns");
    c.acted = m.at("acted").get<bool>();
    for (const json& o : array(m, "predictions")) c.predictions.push_back(prediction(o, table));
    return c;
  });
}

Result<core::PortfolioView::Parts> read_portfolio(const json& m, const core::InstrumentTable& table) {
  return guarded([&] {
    core::PortfolioView::Parts v;
    v.head.version = whole<std::uint64_t>(m, "version");
    v.head.base_asset = asset(m.at("currency"), table).value;
    v.head.state = whole<std::uint32_t>(m, "state");
    v.head.equity = amount(m, "equity").raw();
    v.head.equity_at_bid = amount(m, "equity_at_bid").raw();
    v.head.peak_equity = amount(m, "peak").raw();
    v.head.day_start_equity = amount(m, "day_start").raw();
    v.head.now_ns = whole<std::int64_t>(m, "now_ns");
    for (const json& o : array(m, "positions")) {
      bl_position p{};
      p.instrument = instrument(o.at("instrument"), table).value;
      p.flags = whole<std::uint32_t>(o, "flags");
      p.qty = amount(o, "qty").raw();
      p.avg_px = amount(o, "average_price").raw();
      p.realised = amount(o, "realised").raw();
      p.fees = amount(o, "fees").raw();
      p.best_px = amount(o, "best_price").raw();
      p.opened_ns = whole<std::int64_t>(o, "opened_ns");
      v.positions.push_back(p);
    }
    for (const json& o : array(m, "balances")) {
      bl_balance b{};
      b.asset = asset(o.at("asset"), table).value;
      b.total = amount(o, "total").raw();
      b.hold = amount(o, "hold").raw();
      v.balances.push_back(b);
    }
    for (const json& o : array(m, "marks")) {
      bl_mark k{};
      k.instrument = instrument(o.at("instrument"), table).value;
      k.flags = whole<std::uint32_t>(o, "flags");
      k.px = amount(o, "price").raw();
      k.ts = whole<std::int64_t>(o, "time_ns");
      v.marks.push_back(k);
    }
    for (const json& o : array(m, "working")) working(o, v, table);
    return v;
  });
}

Result<Targets> read_targets(const json& m, const core::InstrumentTable& table) {
  return guarded([&] {
    Targets t;
    t.from = m.at("from").get<std::string>();
    t.time = whole<std::int64_t>(m, "time_ns");
    t.step = m.at("step").get<bool>();
    t.plan = m.at("plan").get<bool>();
    for (const json& o : array(m, "targets")) {
      core::Target x;
      x.instrument = instrument(o.at("symbol"), table);
      // Stops, operator's orders and emergencies are made inside trade-execution only.
      x.purpose = word(o, "purpose", {core::Purpose::entry, core::Purpose::exit, core::Purpose::rebalance});
      x.weight = real(o, "weight");
      x.decision = id128(o, "decision");
      x.time = whole<std::int64_t>(o, "time_ns");
      x.valid_until = whole<std::int64_t>(o, "valid_until_ns");
      x.ref_px = amount(o, "ref_price");
      if (!(x.weight >= -1 && x.weight <= 1)) throw Malformed{"a weight is outside -1..1"};  // below 0: counts as 0, and is told
      t.targets.push_back(x);
    }
    for (const json& o : array(m, "changed")) t.changed.push_back(instrument(o, table));
    t.who = {m.value("principal", ""), m.value("request_id", "")};
    if (std::max(t.who.principal.size(), t.who.request_id.size()) > 128) throw Malformed{"principal or request_id is too long"};
    return t;
  });
}

}  // namespace bowline::services::wire
