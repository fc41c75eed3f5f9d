// Rows of what is wanted of a product: how it became an order, who asked for it, and what protects or locks it.
#include "store/journal_rows.hpp"

#include <cmath>

#include "core/prediction.hpp"
#include "store/row_fields.hpp"

namespace bowline::store {

using namespace row_fields;

namespace {

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

}  // namespace bowline::store
