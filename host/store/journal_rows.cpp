#include "store/journal_rows.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <cmath>
#include <span>

#include "core/prediction.hpp"

namespace bowline::store {
namespace {

using Line = nlohmann::ordered_json;
using nlohmann::json;

std::string text_of(const Line& l) { return l.dump(-1, ' ', false, Line::error_handler_t::replace); }

void put(Line& l, const char* key, Decimal d) {
  if (d.is_set()) l[key] = d.to_string();
}

/// A row that lacks what it must have, or has it wrong; thrown within this file only.
struct Bad {
  std::string what;
};

class Fields {
  json all_;

 public:
  explicit Fields(std::string_view payload) : Fields(json::parse(payload, nullptr, false)) {}
  explicit Fields(json all) : all_(std::move(all)) {
    if (!all_.is_object()) throw Bad{"it is not a JSON object"};
  }
  std::vector<Fields> list(const char* key) const {
    const auto it = all_.find(key);
    if (it == all_.end() || !it->is_array()) throw Bad{std::string(key) + " is missing or not a list"};
    std::vector<Fields> out;
    for (const json& one : *it) out.emplace_back(one);
    return out;
  }
  bool has(const char* key) const { return all_.contains(key); }
  Fields object(const char* key) const { return Fields(all_.value(key, json())); }
  std::string text(const char* key) const {
    const auto it = all_.find(key);
    if (it == all_.end() || !it->is_string()) throw Bad{std::string(key) + " is missing or not a text"};
    return it->get<std::string>();
  }
  std::string text_or(const char* key, std::string otherwise = {}) const { return has(key) ? text(key) : std::move(otherwise); }
  template <class T>
  T number(const char* key) const {
    const auto it = all_.find(key);
    if (it == all_.end() || !it->is_number()) throw Bad{std::string(key) + " is missing or not a number"};
    return it->get<T>();
  }
  bool flag(const char* key) const { return has(key) && all_[key].is_boolean() && all_[key].get<bool>(); }
  Decimal amount(const char* key) const {
    const auto d = Decimal::try_parse(text(key));
    if (!d) throw Bad{std::string(key) + " is not an amount"};
    return *d;
  }
  Decimal amount_or_none(const char* key) const { return has(key) ? amount(key) : Decimal::not_set(); }
  core::ClientOrderId order(const char* key) const {
    const std::string s = text(key);
    if (s.empty() || s.size() > 39) throw Bad{std::string(key) + " is not an order id"};
    return core::ClientOrderId(s);
  }
  std::vector<core::CheckRecord> checks() const {
    std::vector<core::CheckRecord> all;
    for (const Fields& one : list("checks")) {
      core::CheckRecord& c = all.emplace_back();
      c.rule_source = std::make_shared<const std::string>(one.text("rule"));
      c.action = one.number<std::uint8_t>("action");
      c.code = one.text("code");
      c.value = one.amount_or_none("value");
      c.limit = one.amount_or_none("limit");
      c.max_qty = one.amount_or_none("max_qty");
      c.reason = one.text("reason");
    }
    return all;
  }
  core::Id128 decision(const char* key) const { return core::Id128::from_hex(text(key)); }
  /// The value of an enumeration whose to_string() gives this word.
  template <class E>
  E word(const char* key, std::span<const E> all) const {
    const std::string s = text(key);
    for (const E e : all)
      if (core::to_string(e) == s) return e;
    throw Bad{std::string(key) + " is " + s + ", which this version does not know"};
  }
};

constexpr auto sides = std::to_array({core::Side::buy, core::Side::sell});
constexpr auto types = std::to_array({core::OrderType::market, core::OrderType::limit, core::OrderType::stop_limit, core::OrderType::bracket});
constexpr auto tifs = std::to_array({core::TimeInForce::gtc, core::TimeInForce::gtd, core::TimeInForce::ioc, core::TimeInForce::fok});
constexpr auto purposes = std::to_array({core::Purpose::entry, core::Purpose::rebalance, core::Purpose::exit,
                                         core::Purpose::operator_order, core::Purpose::stop, core::Purpose::emergency});
constexpr auto trading_states =
    std::to_array({core::TradingState::active, core::TradingState::reducing, core::TradingState::halted});

constexpr auto changes_of_fills = std::to_array({core::BookedAs::fee, core::BookedAs::correction, core::BookedAs::reversal});
constexpr auto flows = std::to_array({core::Flow::deposit, core::Flow::withdrawal, core::Flow::reward, core::Flow::conversion,
                                      core::Flow::correction});

template <class E>
constexpr std::span<const E> span_of(const auto& array) {
  return {array.data(), array.size()};
}

Line checks_of(const std::vector<core::CheckRecord>& all) {
  Line out = Line::array();
  for (const core::CheckRecord& c : all) {
    if (c.measure) continue;  // the verdict is what must outlive the process
    Line one{{"rule", c.rule_source ? *c.rule_source : ""}, {"action", c.action}, {"code", c.code}};
    put(one, "value", c.value);
    put(one, "limit", c.limit);
    put(one, "max_qty", c.max_qty);
    one["reason"] = c.reason;
    out.push_back(std::move(one));
  }
  return out;
}

template <class Read>
auto guarded(std::string_view kind, Read&& read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const Bad& bad) {
    return Error{"JOURNAL_ROW", "a row of kind " + std::string(kind) + " can't be read: " + bad.what};
  } catch (const json::exception& e) {
    return Error{"JOURNAL_ROW", "a row of kind " + std::string(kind) + " can't be read: " + e.what()};
  }
}

}  // namespace

std::string line(const SizingRow& row) {
  const core::SizingRecord& r = row.made;
  Line l{{"client_id", r.order.view()},
         {"decision", r.decision.hex()},
         {"symbol", row.symbol},
         {"purpose", core::to_string(r.purpose)},
         {"code", r.code ? *r.code : ""},
         {"seq", r.seq}};
  if (!std::isnan(r.target_weight)) l["target_weight"] = r.target_weight;  // an operator's order has none
  put(l, "equity", r.equity);
  put(l, "price", r.price);
  put(l, "held_qty", r.held_qty);
  put(l, "wanted_qty", r.wanted_qty);
  put(l, "order_qty", r.order_qty);
  l["checks"] = checks_of(r.checks);
  return text_of(l);
}
Result<SizingRow> read_sizing(std::string_view payload) {
  return guarded(journal_kind::sizing, [&] {
    const Fields f(payload);
    SizingRow row;
    core::SizingRecord& r = row.made;
    row.symbol = f.text("symbol");
    r.order = f.order("client_id");
    r.decision = f.decision("decision");
    r.purpose = f.word<core::Purpose>("purpose", span_of<core::Purpose>(purposes));
    r.code = std::make_shared<const std::string>(f.text("code"));
    r.seq = f.number<std::uint64_t>("seq");
    r.target_weight = f.has("target_weight") ? f.number<double>("target_weight") : core::nan_value;
    r.equity = f.amount_or_none("equity");
    r.price = f.amount_or_none("price");
    r.held_qty = f.amount_or_none("held_qty");
    r.wanted_qty = f.amount_or_none("wanted_qty");
    r.order_qty = f.amount_or_none("order_qty");
    r.checks = f.checks();
    return row;
  });
}

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

std::string line(const OrderRow& r) {
  Line l{{"client_id", r.order.view()}, {"event", core::to_string(r.event)}, {"to", core::to_string(r.to)}};
  if (!r.venue_id.empty()) l["venue_id"] = r.venue_id;
  if (!r.text.empty()) l["text"] = r.text;
  const core::Terms& t = r.terms;
  if (t.qty.is_set() || t.limit_px.is_set() || t.stop_px.is_set() || t.expire_ns != 0 || t.as_of != 0) {
    Line terms = Line::object();
    put(terms, "qty", t.qty);
    put(terms, "limit_px", t.limit_px);
    put(terms, "stop_px", t.stop_px);
    if (t.expire_ns != 0) terms["expire_ns"] = t.expire_ns;
    if (t.as_of != 0) terms["as_of"] = t.as_of;
    l["terms"] = std::move(terms);
  }
  return text_of(l);
}
Result<OrderRow> read_order(std::string_view payload) {
  return guarded(journal_kind::order, [&] {
    const Fields f(payload);
    OrderRow r;
    r.order = f.order("client_id");
    const auto event = core::order_event_from(f.text("event"));
    const auto to = core::order_state_from(f.text("to"));
    if (!event || !to) throw Bad{"its event or state is one this version does not know"};
    r.event = *event;
    r.to = *to;
    r.venue_id = f.text_or("venue_id");
    r.text = f.text_or("text");
    if (f.has("terms")) {
      const Fields t = f.object("terms");
      r.terms.qty = t.amount_or_none("qty");
      r.terms.limit_px = t.amount_or_none("limit_px");
      r.terms.stop_px = t.amount_or_none("stop_px");
      if (t.has("expire_ns")) r.terms.expire_ns = t.number<core::Nanos>("expire_ns");
      if (t.has("as_of")) r.terms.as_of = t.number<core::Nanos>("as_of");
    }
    return r;
  });
}

std::string line(const ExternalRow& r, std::string_view symbol) {
  const core::Intent& i = r.told;
  Line l{{"client_id", r.order.view()},
         {"told_id", i.client_id()},
         {"venue_id", r.venue_id},
         {"symbol", symbol},
         {"side", core::to_string(i.side())},
         {"type", i.abi.type},  // as told, and perhaps none of those that this host makes
         {"tif", i.abi.tif},
         {"flags", i.abi.flags}};
  put(l, "qty", i.qty());
  put(l, "quote_qty", i.quote_qty());
  put(l, "limit_px", i.limit_px());
  put(l, "stop_px", i.stop_px());
  l["expire_ns"] = i.abi.expire_ns;
  l["created_ns"] = i.abi.decided_ns;
  put(l, "filled_before", r.filled_before);
  return text_of(l);
}
Result<ExternalRow> read_external(std::string_view payload, const core::InstrumentTable& table) {
  return guarded(journal_kind::external, [&] {
    const Fields f(payload);
    ExternalRow r;
    r.order = f.order("client_id");
    const core::InstrumentId id = table.find(f.text("symbol"));
    if (!id) throw Bad{f.text("symbol") + " is not among the instruments of this run: list it again until its orders have ended"};
    r.told = core::blank_intent();
    const std::string told_id = f.text("told_id");
    if (told_id.size() >= sizeof r.told.abi.client_id) throw Bad{"told_id is not an order id"};
    std::copy(told_id.begin(), told_id.end(), r.told.abi.client_id);
    r.told.abi.instrument = id.value;
    r.told.purpose = core::Purpose::operator_order;
    r.told.abi.side = static_cast<std::uint32_t>(f.word<core::Side>("side", span_of<core::Side>(sides)));
    r.told.abi.type = f.number<std::uint32_t>("type");
    r.told.abi.tif = f.number<std::uint32_t>("tif");
    r.told.abi.flags = f.number<std::uint32_t>("flags");
    r.told.abi.qty = f.amount_or_none("qty").raw();
    r.told.abi.quote_qty = f.amount_or_none("quote_qty").raw();
    r.told.abi.limit_px = f.amount_or_none("limit_px").raw();
    r.told.abi.stop_px = f.amount_or_none("stop_px").raw();
    r.told.abi.expire_ns = f.number<core::Nanos>("expire_ns");
    r.told.abi.decided_ns = f.number<core::Nanos>("created_ns");
    r.venue_id = f.text("venue_id");
    r.filled_before = f.amount("filled_before");
    return r;
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

std::string line(const FillRow& r) {
  const bool changes = r.as != core::BookedAs::fill;
  Line l{{"client_id", r.order.view()}, {changes ? "of_fill" : "fill_id", r.fill_id}, {"symbol", r.symbol}, {"side", core::to_string(r.side)}};
  if (changes) l["as"] = core::to_string(r.as);
  if (r.corrected) l["corrected"] = true;
  if (r.told != 0) l["told"] = r.told;
  if (r.at != 0) l["at"] = r.at;
  put(l, "px", r.px);
  put(l, "qty", r.qty);
  put(l, "fee", r.fee);
  put(l, "fee_worth", r.fee_worth);
  l["fee_asset"] = r.fee_asset;
  l["liquidity"] = r.liquidity;
  return text_of(l);
}
Result<FillRow> read_fill(std::string_view payload) {
  return guarded(journal_kind::fill, [&] {
    const Fields f(payload);
    FillRow r;
    r.order = f.order("client_id");
    const bool changes = f.has("as");
    r.fill_id = f.text(changes ? "of_fill" : "fill_id");
    if (changes) r.as = f.word<core::BookedAs>("as", span_of<core::BookedAs>(changes_of_fills));
    r.corrected = f.flag("corrected");
    if (f.has("told")) r.told = f.number<core::Nanos>("told");
    if (f.has("at")) r.at = f.number<core::Nanos>("at");
    r.symbol = f.text("symbol");
    r.side = f.word<core::Side>("side", span_of<core::Side>(sides));
    const bool reversal = r.as == core::BookedAs::reversal;  // says no more than which fill is taken back
    r.px = reversal ? f.amount_or_none("px") : f.amount("px");
    r.qty = reversal ? f.amount_or_none("qty") : f.amount("qty");
    r.fee = f.amount_or_none("fee");
    r.fee_worth = reversal ? f.amount_or_none("fee_worth") : f.amount("fee_worth");
    r.fee_asset = f.text("fee_asset");
    r.liquidity = f.number<std::uint32_t>("liquidity");
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

std::string line(const OwedRow& r) {
  Line l{{"client_id", r.order.view()}, {"judged", r.judged}};
  put(l, "told", r.told);
  return text_of(l);
}
Result<OwedRow> read_owed(std::string_view payload) {
  return guarded(journal_kind::owed, [&] {
    const Fields f(payload);
    return OwedRow{f.order("client_id"), f.amount("told"), f.flag("judged")};
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
    r.day_notional = f.amount("day_notional");
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

std::string line(const CommandRow& r) {
  Line l{{"key", r.key}, {"body", r.body}, {"client_id", r.order.view()}};
  put(l, "qty", r.qty);
  l["checks"] = checks_of(r.checks);
  return text_of(l);
}
Result<CommandRow> read_command(std::string_view payload) {
  return guarded(journal_kind::command, [&] {
    const Fields f(payload);
    CommandRow r{f.text("key"), f.text("body"), f.order("client_id"), f.amount_or_none("qty")};
    r.checks = f.checks();
    return r;
  });
}

std::string line(const TargetRow& r) {
  Line l{{"symbol", r.symbol}, {"purpose", core::to_string(r.purpose)}};
  if (r.gone) {
    l["gone"] = true;
    return text_of(l);
  }
  l["weight"] = r.weight;
  l["valid_until"] = r.valid_until;
  l["decision"] = r.decision.hex();
  put(l, "ref_px", r.ref_px);
  if (r.insists) l["insists"] = true;
  put(l, "keep", r.keep);
  return text_of(l);
}
Result<TargetRow> read_target(std::string_view payload) {
  return guarded(journal_kind::target, [&] {
    const Fields f(payload);
    TargetRow r;
    r.symbol = f.text("symbol");
    r.purpose = f.word<core::Purpose>("purpose", span_of<core::Purpose>(purposes));
    r.gone = f.flag("gone");
    if (r.gone) return r;
    r.weight = f.number<double>("weight");
    r.valid_until = f.number<core::Nanos>("valid_until");
    r.decision = f.decision("decision");
    r.ref_px = f.amount_or_none("ref_px");
    r.insists = f.flag("insists");
    r.keep = f.amount_or_none("keep");
    return r;
  });
}

std::string line(const ProtectionRow& r) {
  Line l{{"symbol", r.symbol}, {"source", r.source}, {"rule", r.rule}};
  put(l, "stop_px", r.stop_px);
  put(l, "take_px", r.take_px);
  put(l, "taken_px", r.taken_px);
  if (r.share != 0) l["share"] = r.share;
  return text_of(l);
}
Result<ProtectionRow> read_protection(std::string_view payload) {
  return guarded(journal_kind::protection, [&] {
    const Fields f(payload);
    ProtectionRow r;
    r.symbol = f.text("symbol");
    r.source = f.text("source");
    r.rule = f.number<std::uint32_t>("rule");
    r.stop_px = f.amount("stop_px");
    if (!r.stop_px.is_set() || !r.stop_px.is_positive()) throw Bad{"stop_px is not above 0"};
    r.take_px = f.amount_or_none("take_px");
    r.taken_px = f.amount_or_none("taken_px");
    if (f.has("share")) r.share = f.number<std::uint32_t>("share");
    return r;
  });
}

std::string line(const ReentryRow& r) { return text_of(Line{{"symbol", r.symbol}, {"until", r.until}}); }
Result<ReentryRow> read_reentry(std::string_view payload) {
  return guarded(journal_kind::reentry, [&] {
    const Fields f(payload);
    return ReentryRow{f.text("symbol"), f.number<core::Nanos>("until")};
  });
}

// Written once for every order, so without a JSON tree in between. All its texts are our own words.
std::string line(const core::Intent& i, std::string_view symbol) {
  std::string s;
  s.reserve(704);  // grown once, not five times
  const auto number = [&s](auto n) {
    char text[24];
    s.append(text, std::to_chars(text, text + sizeof text, n).ptr);
  };
  s.append("{\"client_id\":\"").append(i.client_id()).append("\",\"decision\":\"").append(i.decision.hex());
  s.append("\",\"symbol\":\"").append(symbol).append("\",\"purpose\":\"").append(core::to_string(i.purpose));
  s.append("\",\"side\":\"").append(core::to_string(i.side())).append("\",\"type\":\"").append(core::to_string(i.type()));
  s.append("\",\"tif\":\"").append(core::to_string(i.tif())).append("\",\"flags\":");
  number(i.abi.flags);
  const auto amount = [&s](std::string_view key, Decimal d) {
    if (!d.is_set()) return;
    s.append(",\"").append(key).append("\":\"");
    d.append_to(s);
    s += '"';
  };
  amount("qty", i.qty());
  amount("quote_qty", i.quote_qty());
  amount("limit_px", i.limit_px());
  amount("stop_px", i.stop_px());
  amount("decision_px", i.decision_px);
  s.append(",\"expire_ns\":");
  number(i.abi.expire_ns);
  s.append(",\"decided_ns\":");
  number(i.abi.decided_ns);
  s.append(",\"not_after_ns\":");
  number(i.abi.not_after_ns);
  s.append("}");
  return s;
}

Result<core::Intent> read_intent(std::string_view payload, const core::InstrumentTable& table) {
  return guarded(journal_kind::intent, [&] {
    const Fields f(payload);
    core::Intent i = core::blank_intent();
    const core::InstrumentId id = table.find(f.text("symbol"));
    if (!id) throw Bad{f.text("symbol") + " is not among the instruments of this run: list it again until its orders have ended"};
    const core::ClientOrderId order = f.order("client_id");
    std::copy(order.text.begin(), order.text.end(), i.abi.client_id);
    i.abi.instrument = id.value;
    i.purpose = f.word<core::Purpose>("purpose", span_of<core::Purpose>(purposes));
    i.abi.side = static_cast<std::uint32_t>(f.word<core::Side>("side", span_of<core::Side>(sides)));
    i.abi.type = static_cast<std::uint32_t>(f.word<core::OrderType>("type", span_of<core::OrderType>(types)));
    i.abi.tif = static_cast<std::uint32_t>(f.word<core::TimeInForce>("tif", span_of<core::TimeInForce>(tifs)));
    i.abi.flags = f.number<std::uint32_t>("flags");
    i.abi.qty = f.amount_or_none("qty").raw();
    i.abi.quote_qty = f.amount_or_none("quote_qty").raw();
    i.abi.limit_px = f.amount_or_none("limit_px").raw();
    i.abi.stop_px = f.amount_or_none("stop_px").raw();
    i.decision_px = f.amount_or_none("decision_px");
    i.abi.expire_ns = f.number<core::Nanos>("expire_ns");
    i.abi.decided_ns = f.number<core::Nanos>("decided_ns");
    i.abi.not_after_ns = f.number<core::Nanos>("not_after_ns");
    i.decision = f.decision("decision");
    return i;
  });
}

}  // namespace bowline::store
