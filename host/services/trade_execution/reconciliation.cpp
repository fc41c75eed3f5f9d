#include "services/trade_execution/reconciliation.hpp"

#include <algorithm>

#include "services/runtime/json_values.hpp"

namespace bowline::services {
namespace {

using Trouble = ReconciliationState::Trouble;

std::string_view word(Adoption::Phase phase) noexcept {
  switch (phase) {
    case Adoption::Phase::asking: return "asking";
    case Adoption::Phase::done: return "done";
    case Adoption::Phase::failed: return "failed";
    case Adoption::Phase::interrupted: break;
  }
  return "interrupted";
}

std::string_view word(Trouble trouble) noexcept {
  switch (trouble) {
    case Trouble::unknown: return "unknown";
    case Trouble::gone: return "gone";
    case Trouble::fills_missing: return "fills_missing";
    case Trouble::external: break;
  }
  return "external";
}

JsonObject& text_or_null(JsonObject& out, std::string_view key, std::string_view value) {
  return value.empty() ? out.json(key, "null") : out.text(key, value);
}

std::string reason_json(const ReconciliationState::Reason& r) {
  JsonObject out;
  out.text("code", r.reason.code).text("text", r.reason.text);
  text_or_null(out, "order", r.reason.order.view()).time("since", r.reason.since).boolean("lifts", r.stays.empty());
  return text_or_null(out, "stays", r.stays).done();
}

std::string product_json(const ReconciliationState::Product& p, const core::InstrumentTable& table) {
  std::vector<std::string> reasons;
  for (const auto& r : p.reasons) reasons.push_back(reason_json(r));
  JsonObject out;
  out.text("instrument", table[p.id].symbol)
      .boolean("blocked", !p.reasons.empty())
      .json("reasons", json_array(reasons))
      .amount("managed", p.managed)
      .amount("unmanaged", p.unmanaged);
  return text_or_null(out, "entries_held", p.entries_held).done();
}

std::string order_line_json(const ReconciliationState::OrderLine& o, const core::InstrumentTable& table) {
  JsonObject out;
  out.text("id", o.id.view())
      .text("instrument", table[o.instrument].symbol)
      .text("side", core::to_string(o.side))
      .text("trouble", word(o.trouble))
      .text("state", o.state)
      .amount("qty", o.qty)
      .amount("filled", o.filled)
      .amount("told", o.told);
  return text_or_null(out, "would", o.would).done();
}

std::string balance_json(const ReconciliationState::Balance& b, const core::InstrumentTable& table) {
  JsonObject out;
  out.text("asset", table.asset_code(b.asset))
      .amount("ledger", b.ledger)
      .amount("venue", b.venue)
      .time("told", b.told)
      .amount("difference", b.difference)
      .boolean("by_fees", b.by_fees);
  text_or_null(out, "would", b.would ? core::to_string(*b.would) : std::string_view());
  return text_or_null(out, "doubt", b.doubt).done();
}

}  // namespace

bool ReconciliationState::agrees() const noexcept {
  return unanswered.empty() && whole && held_back == 0 && adoption == nullptr &&
         std::all_of(products.begin(), products.end(), [](const Product& p) { return p.reasons.empty(); }) &&
         std::all_of(orders.begin(), orders.end(), [](const OrderLine& o) { return o.trouble == Trouble::external; }) &&
         std::all_of(balances.begin(), balances.end(), [](const Balance& b) { return b.by_fees || !b.difference.is_set() || b.difference.is_zero(); });
}

std::string adoption_json(const Adoption& a, const core::InstrumentTable& table) {
  std::vector<std::string> flows, orders, unblocked, left;
  for (const AdoptedFlow& f : a.flows)
    flows.push_back(JsonObject().text("asset", table.asset_code(f.asset)).text("class", core::to_string(f.kind)).amount("amount", f.amount).done());
  for (const AdoptedOrder& o : a.orders)
    orders.push_back(JsonObject()
                         .text("id", o.order.view())
                         .text("instrument", table[o.instrument].symbol)
                         .text("done", o.closed ? "closed" : "ended")
                         .amount("filled", o.filled)
                         .amount("told", o.told)
                         .done());
  for (const core::InstrumentId id : a.unblocked) append_json_string(unblocked.emplace_back(), table[id].symbol);
  for (const Adoption::Left& l : a.left) left.push_back(JsonObject().text("what", l.what).text("code", l.code).text("why", l.why).done());
  JsonObject out;
  out.text("key", a.key).text("phase", word(a.phase));
  text_or_null(out, "code", a.code);
  text_or_null(out, "instrument", a.only ? std::string_view(table[a.only].symbol) : std::string_view());
  return out.text("who", a.who)
      .text("why", a.why)
      .text("request_id", a.request)
      .time("begun", a.begun)
      .time("ended", a.ended)
      .number("answers", std::uint64_t{a.rounds})
      .json("flows", json_array(flows))
      .json("orders", json_array(orders))
      .json("unblocked", json_array(unblocked))
      .json("left", json_array(left))
      .done();
}

std::string reconciliation_json(const ReconciliationState& s, const core::InstrumentTable& table, core::Nanos now) {
  std::vector<std::string> unanswered, products, orders, balances;
  for (const auto& q : s.unanswered) unanswered.push_back(JsonObject().number("request", q.request).time("since", q.since).done());
  for (const auto& p : s.products) products.push_back(product_json(p, table));
  for (const auto& o : s.orders) orders.push_back(order_line_json(o, table));
  for (const auto& b : s.balances) balances.push_back(balance_json(b, table));
  JsonObject out;
  out.boolean("agrees", s.agrees())
      .time("time", now)
      .time("asked", s.asked)
      .time("answered", s.answered)
      .boolean("answered_whole", s.whole)
      .time("agreed", std::max<core::Nanos>(s.agreed, 0))
      .json("unanswered", json_array(unanswered))
      .number("held_back", std::uint64_t{s.held_back})
      .json("products", json_array(products))
      .json("orders", json_array(orders))
      .json("balances", json_array(balances));
  if (s.adoption != nullptr) out.json("adoption", adoption_json(*s.adoption, table));
  else out.json("adoption", s.last_adoption.empty() ? std::string_view("null") : std::string_view(s.last_adoption));
  return out.done();
}

}  // namespace bowline::services
