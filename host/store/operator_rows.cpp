#include "store/operator_rows.hpp"

#include "store/row_json.hpp"

namespace bowline::store {

using namespace row_json;

std::string line(const ProductStateRow& r) {
  Line l{{"symbol", r.symbol}, {"state", core::to_string(r.state)}};
  if (r.frozen) l["frozen"] = true;
  l["who"] = r.who;
  l["why"] = r.why;
  l["request"] = r.request;
  return text_of(l);
}
Result<ProductStateRow> read_product_state(std::string_view payload) {
  return guarded(journal_kind::product_state, payload, [](const json& l) {
    return ProductStateRow{l.at("symbol"), state_of(l.at("state")), l.value("frozen", false), l.at("who"), l.at("why"), l.at("request")};
  });
}

std::string line(const LockRow& r) {
  Line l{{"symbol", r.symbol}};
  if (r.gone) l["gone"] = true;
  else l["until"] = r.until;
  l["who"] = r.who;
  l["why"] = r.why;
  l["request"] = r.request;
  return text_of(l);
}
Result<LockRow> read_lock(std::string_view payload) {
  return guarded(journal_kind::lock, payload, [](const json& l) {
    const bool gone = l.value("gone", false);
    return LockRow{l.at("symbol"), gone ? 0 : l.at("until").get<core::Nanos>(), gone, l.at("who"), l.at("why"), l.at("request")};
  });
}

std::string line(const CloseRow& r) {
  return text_of(Line{{"key", r.key}, {"body", r.body}, {"symbol", r.symbol}, {"decision", r.decision.hex()}});
}
Result<CloseRow> read_close(std::string_view payload) {
  return guarded(journal_kind::close, payload, [](const json& l) {
    return CloseRow{l.at("key"), l.at("body"), l.at("symbol"), core::Id128::from_hex(l.at("decision").get<std::string>())};
  });
}

std::string line(const EmergencyRow& r) {
  Line l{{"id", r.id}, {"event", r.event}, {"who", r.who}, {"why", r.why}, {"request", r.request}};
  if (r.max_slice.is_set()) l["max_slice"] = r.max_slice.to_string();
  if (r.end.is_set()) l["end"] = r.end.to_string();
  if (r.event == "begun") {
    Line& all = l["products"] = Line::array();
    for (const EmergencyRow::Product& p : r.products)
      all.push_back({{"symbol", p.symbol}, {"decision", p.decision.hex()}, {"held", p.held.to_string()}});
  } else {
    l["receipt"] = r.receipt;
  }
  return text_of(l);
}
Result<EmergencyRow> read_emergency(std::string_view payload) {
  return guarded(journal_kind::emergency, payload, [](const json& l) {
    EmergencyRow r;
    r.id = l.at("id");
    r.event = l.at("event");
    if (r.event != "begun" && r.event != "done" && r.event != "interrupted") throw Bad{"event is " + r.event + ", which this version does not know"};
    r.who = l.at("who");
    r.why = l.at("why");
    r.request = l.at("request");
    r.max_slice = amount_of(l, "max_slice");
    r.end = amount_of(l, "end");
    if (r.event == "begun")
      for (const json& p : l.at("products"))
        r.products.push_back({p.at("symbol"), core::Id128::from_hex(p.at("decision").get<std::string>()), amount_of(p, "held")});
    else
      r.receipt = l.at("receipt");
    return r;
  });
}

std::string line(const AdoptionRow& r) {
  Line l{{"key", r.key}, {"body", r.body}, {"event", r.event}};
  if (!r.symbol.empty()) l["symbol"] = r.symbol;
  l["who"] = r.who;
  l["why"] = r.why;
  l["request"] = r.request;
  if (r.event != "begun") l["report"] = r.report;
  return text_of(l);
}
Result<AdoptionRow> read_adoption(std::string_view payload) {
  return guarded(journal_kind::adoption, payload, [](const json& l) {
    AdoptionRow r;
    r.key = l.at("key");
    r.body = l.at("body");
    r.event = l.at("event");
    if (r.event != "begun" && r.event != "done" && r.event != "failed") throw Bad{"event is " + r.event + ", which this version does not know"};
    r.symbol = l.value("symbol", "");
    r.who = l.at("who");
    r.why = l.at("why");
    r.request = l.at("request");
    if (r.event != "begun") r.report = l.at("report");
    return r;
  });
}

namespace {

/// Errors: Bad.
core::Flow class_in(const json& row, const char* key) {
  const auto word = row.at(key).get<std::string>();
  for (const auto kind : {core::Flow::deposit, core::Flow::reward})
    if (core::to_string(kind) == word) return kind;
  throw Bad{std::string(key) + " is " + word + ", which this version does not know"};
}

/// Errors: Bad.
Decimal amount_at(const json& row, const char* key) {
  const Decimal amount = amount_of(row, key);
  if (!amount.is_set() || amount.is_negative()) throw Bad{std::string(key) + " is missing, or below 0"};
  return amount;
}

}  // namespace

std::string line(const ReclassifyRow& r) {
  return text_of(Line{{"asset", r.asset}, {"from", core::to_string(r.from)}, {"to", core::to_string(r.to)}, {"amount", r.amount.to_string()},
                      {"of_day", r.of_day.to_string()}, {"key", r.key}, {"body", r.body}, {"who", r.who}, {"why", r.why}, {"request", r.request}});
}
Result<ReclassifyRow> read_reclassify(std::string_view payload) {
  return guarded(journal_kind::reclassify, payload, [](const json& l) {
    return ReclassifyRow{l.at("asset"), class_in(l, "from"), class_in(l, "to"), amount_at(l, "amount"), amount_at(l, "of_day"),
                         l.at("key"), l.at("body"), l.at("who"), l.at("why"), l.at("request")};
  });
}

}  // namespace bowline::store
