// Rows of an order and its fills: what is made durable before it is sent, and what the venue says of it.
#include "store/journal_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "store/row_fields.hpp"

namespace bowline::store {

using namespace row_fields;

namespace {

constexpr auto sides = std::to_array({core::Side::buy, core::Side::sell});
constexpr auto types = std::to_array({core::OrderType::market, core::OrderType::limit, core::OrderType::stop_limit, core::OrderType::bracket});
constexpr auto tifs = std::to_array({core::TimeInForce::gtc, core::TimeInForce::gtd, core::TimeInForce::ioc, core::TimeInForce::fok});
constexpr auto changes_of_fills = std::to_array({core::BookedAs::fee, core::BookedAs::correction, core::BookedAs::reversal});

}  // namespace

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

}  // namespace bowline::store
