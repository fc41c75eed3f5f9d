#include "store/reader.hpp"

#include <algorithm>
#include <bowline/decimal.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/order.hpp"
#include "core/order_state.hpp"
#include "core/records.hpp"
#include "core/types.hpp"
#include "store/query.hpp"

namespace bowline::store {
using nlohmann::json;

namespace {

json rows(Query& q) {
  json all = json::array();
  while (q.next()) {
    json row = json::object();
    for (int i = 0; i < q.columns(); ++i) {
      if (q.name(i) == "id_key") continue;  // how it is found, not what it is
      json& cell = row[std::string(q.name(i))];
      if (q.type(i) == SQLITE_INTEGER) cell = q.integer(i);
      if (q.type(i) == SQLITE_FLOAT) cell = q.real(i);
      if (q.type(i) == SQLITE_TEXT) cell = std::string(q.bytes(i));
    }
    all.push_back(std::move(row));
  }
  return all;
}

/// A question that could not be asked to its end: never "there is none".
struct Fault {
  Error why;
};
json all_rows(const Database& db, Query& q) {
  json all = rows(q);
  if (q.failed()) throw Fault{db.fault()};
  return all;
}
template <class F>
Result<std::string> told(F&& question) try {
  return question();
} catch (const Fault& f) {
  return f.why;
}

std::string text(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

/// How far the value was from its limit; below 0: beyond it. Which side of the limit is the right one the verdict tells: what
/// was allowed stands on it, what was refused or shrunk does not. Not set where the numbers are not all there, and where a
/// rule allowed with a remark, which may be about anything.
Decimal headroom(const json& check) {
  const auto amount = [&check](const char* name) {
    const auto at = check.find(name);
    return at != check.end() && at->is_string() ? Decimal::try_parse(at->get<std::string>()).value_or(Decimal::not_set()) : Decimal::not_set();
  };
  const Decimal between = abs(amount("lim") - amount("value"));
  if (!between.is_set()) return between;
  if (check["verdict"] != "allow") return Decimal::zero() - between;
  const bool remark = check["code"] != "" && check["rule"] != "floor";
  return remark ? Decimal::not_set() : between;
}

// ---- from the columns of a row to what the routes tell; tests hold it against what they tell from memory

/// Each time is given twice: `name`_ns as it is stored and `name` for the reader; both null for none.
json with_times(json row, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const std::string at(name);
    json& ns = row[at + "_ns"];
    const core::Nanos time = ns.is_null() ? 0 : ns.get<core::Nanos>();
    if (time == 0) ns = nullptr;
    row[at] = time == 0 ? json(nullptr) : json(core::format_time(time));
  }
  return row;
}
json told_at(json row) { return with_times(std::move(row), {"time"}); }
json told_signal(json row) { return with_times(std::move(row), {"time", "valid_until"}); }
json told_order(json row) {
  const auto state = core::order_state_from(row["state"].get<std::string>());
  row["ended"] = state && core::is_terminal(*state);
  // Whatever this host orders comes of a decision; an order of others has none.
  const core::Id128 decision = core::Id128::from_hex(row["decision"].get<std::string>());
  row["origin"] = decision.hi == 0 && decision.lo == 0 ? "external" : "host";
  const auto amount = [&row](const char* key) {
    const auto d = row[key].is_string() ? Decimal::try_parse(row[key].get<std::string>()) : std::nullopt;
    return d ? *d : Decimal::not_set();
  };
  const Decimal slipped = core::slippage(row["side"] == "SELL" ? core::Side::sell : core::Side::buy, amount("decision_price"), amount("filled_qty"),
                                         amount("filled_quote"));
  row["slippage"] = slipped.is_set() ? json(slipped.to_string()) : json(nullptr);
  return with_times(std::move(row), {"expire", "decided", "updated"});
}
constexpr const char* order_columns =
    "id, decision_id AS decision, symbol AS instrument, purpose, side, type, tif, state, qty, quote_qty, limit_px AS limit_price, "
    "stop_px AS stop_price, cum_qty AS filled_qty, cum_quote AS filled_quote, cum_fee AS fee, decision_px AS decision_price, "
    "expire_ns, decided_ns, updated_ns, venue_id, reason";

/// What a list is made of: SQL, and how one of its rows is told.
struct List {
  const char *table, *columns, *time, *key, *only;
  std::function<json(json)> told;
};

}  // namespace

struct Reader::Impl {
  Database prices, transactions;
  std::map<std::string, std::string> symbol_of_data;  ///< by what the data are told under

  static json list(const Database& db, std::string_view sql, std::string_view key) {
    Query q(db, sql);
    q.bind(key);
    return all_rows(db, q);
  }
  /// The checks of `sql`, each with its headroom.
  static json checks(const Database& db, std::string_view sql, std::string_view key) {
    json all = list(db, sql, key);
    for (json& row : all) {
      const Decimal left = headroom(row);
      row["headroom"] = left.is_set() ? json(left.to_string()) : json(nullptr);
    }
    return all;
  }
  /// False: the store is of an earlier version, and tells nothing of it.
  static bool has(const Database& db, std::string_view table) {
    Query q(db, "SELECT 1 FROM sqlite_master WHERE type='table' AND name=?");
    q.bind(table);
    const bool there = q.next();
    if (q.failed()) throw Fault{db.fault()};
    return there;
  }
  static json list_if(const Database& db, std::string_view table, std::string_view sql, std::string_view key) {
    return has(db, table) ? list(db, sql, key) : json::array();
  }
  /// What was told beside orders and names the decision, or an order of it (of `only` alone, if it is not empty): incidents, and what
  /// set a protection off.
  static json told_of(const Database& db, std::string_view decision, std::string_view only = "") {
    Query q(db,
            "WITH named(word) AS MATERIALIZED (SELECT '\"'||?1||'\"' UNION ALL SELECT '\"'||id||'\"' FROM orders WHERE decision_id=?1 AND (?2='' OR id=?2)) "
            "SELECT e.* FROM core_events e WHERE EXISTS(SELECT 1 FROM named WHERE instr(e.payload, word)>0) ORDER BY e.rowid");
    q.bind(decision).bind(only);
    return all_rows(db, q);
  }
  /// Rows of a table whose ids are found by their first eight bytes.
  static json by_id(const Database& db, std::string_view sql, std::string_view id) {
    Query q(db, sql);
    q.bind(static_cast<std::int64_t>(core::Id128::from_hex(id).hi)).bind(id);
    return all_rows(db, q);
  }
  /// Name and value of every column the decision saw, per signal instance.
  json features(std::int64_t time, const std::string& symbol) const {
    json all = json::array();
    Query q(prices, "SELECT instance, names_hash, symbols, vals FROM features WHERE time_ns=? ORDER BY instance");
    q.bind(time);
    while (q.next()) {
      const std::string symbols = "," + std::string(q.bytes(2)) + ",";
      const auto at = symbols.find("," + symbol + ",");
      if (at == symbols.npos) continue;
      const auto commas = [](std::string_view s) { return static_cast<std::size_t>(std::count(s.begin(), s.end(), ',')); };
      const std::size_t row = commas(std::string_view(symbols).substr(0, at)), count = commas(symbols) - 1;
      const std::string_view bytes = q.bytes(3);
      const std::size_t cols = bytes.size() / sizeof(double) / count;
      json names = list(prices, "SELECT name FROM feature_names WHERE names_hash=? ORDER BY col", q.bytes(1));
      json frame{{"instance", std::string(q.bytes(0))}, {"names_hash", std::string(q.bytes(1))}, {"values", json::array()}};
      for (std::size_t i = 0; i < cols; ++i) {
        double v = 0;
        std::memcpy(&v, bytes.data() + (row * cols + i) * sizeof v, sizeof v);
        json one{{"name", i < names.size() ? names[i]["name"] : json(std::to_string(i))}};
        one["value"] = std::isfinite(v) ? json(v) : json(nullptr);
        frame["values"].push_back(std::move(one));
      }
      all.push_back(std::move(frame));
    }
    if (q.failed()) throw Fault{prices.fault()};
    return all;
  }
  json decision(std::string_view id) const {
    json out{{"decision", nullptr}};
    const json found = by_id(transactions, "SELECT * FROM decisions WHERE id_key=? AND id=?", id);
    if (!found.empty()) out["decision"] = found[0];
    out["advisory_checks"] = checks(transactions, "SELECT * FROM decision_checks WHERE decision_id=? ORDER BY n", id);
    out["signals"] = by_id(prices, "SELECT * FROM signals WHERE id_key=? AND id=? ORDER BY source", id);
    out["outcome"] = by_id(prices, "SELECT * FROM signal_outcomes WHERE id_key=? AND signal_id=?", id);
    // A signal's row has the name that the features have.
    const json& from = !out["signals"].empty() ? out["signals"] : found;
    out["cost_gate"] = cost_gate(out["decision"], id);
    out["features"] = from.empty() ? json::array()
                                   : features(from[0]["time_ns"].get<std::int64_t>(), from[0]["symbol"].get<std::string>());
    out["contributions"] = contributions(id, out["features"]);
    // Where its target stood and lost: to which decision, and why.
    out["lost_to"] = list_if(transactions, "order_netting", "SELECT * FROM order_netting WHERE lost_decision=? ORDER BY time_ns, seq, n", id);
    return out;
  }
  /// The decision's cost in its parts, what it was held against, and how each instance came to that: the probability of each
  /// class times its mean return. Null: no cost was reckoned.
  json cost_gate(const json& decision, std::string_view id) const {
    const json parts = list_if(transactions, "decision_costs", "SELECT * FROM decision_costs WHERE decision_id=?", id);
    if (parts.empty() || decision.is_null()) return nullptr;
    json gate{{"on", parts[0]["gate"] != 0}, {"cost", decision["cost"]}, {"expected_move", decision["expected_move"]}, {"headroom", nullptr}};
    for (const char* part : {"fee", "half_spread", "margin"}) gate[part] = parts[0][part];
    if (gate["cost"].is_number() && gate["expected_move"].is_number())
      gate["headroom"] = gate["expected_move"].get<double>() - gate["cost"].get<double>();
    gate["calibration"] = json::array();
    for (const json& c : causes(id)) {
      if (c["return_up"].is_null() && c["return_flat"].is_null() && c["return_down"].is_null()) continue;
      json classes = json::array();
      for (const std::string name : {"up", "flat", "down"})
        classes.push_back({{"class", name}, {"probability", c["p_" + name]}, {"mean_return", c["return_" + name]}});
      gate["calibration"].push_back({{"instance", c["instance"]}, {"model", c["model"]}, {"weight", c["weight"]},
                                     {"expected_move", c["expected_move"]}, {"classes", std::move(classes)}});
    }
    return gate;
  }
  /// What each instance said of what became the signal.
  json causes(std::string_view id) const {
    return by_id_if(prices, "signal_causes", "SELECT * FROM signal_causes WHERE id_key=? AND signal_id=? ORDER BY n", id);
  }
  /// What drove each instance's prediction most, by the names and values of the frame.
  json contributions(std::string_view id, const json& frames) const {
    json all = json::array();
    for (const json& row : by_id_if(prices, "contributions",
                                         "SELECT * FROM contributions WHERE id_key=? AND signal_id=? ORDER BY instance, n", id)) {
      if (all.empty() || all.back()["instance"] != row["instance"])
        all.push_back({{"instance", row["instance"]}, {"output", row["output"]}, {"parts", json::array()}});
      const std::int64_t col = row["col"].get<std::int64_t>();
      json part{{"contribution", row["contribution"]}};
      if (col == core::ContributionRecord::bias) part["name"] = "(bias)";
      else if (col == core::ContributionRecord::rest) part["name"] = "(all others)";
      else part["name"] = std::to_string(col);
      for (const json& frame : frames)
        if (frame["instance"] == row["instance"] && col >= 0 && col < std::ssize(frame["values"])) {
          part["name"] = frame["values"][static_cast<std::size_t>(col)]["name"];
          part["value"] = frame["values"][static_cast<std::size_t>(col)]["value"];
        }
      all.back()["parts"].push_back(std::move(part));
    }
    return all;
  }
  static json by_id_if(const Database& db, std::string_view table, std::string_view sql, std::string_view id) {
    return has(db, table) ? by_id(db, sql, id) : json::array();
  }
  /// The sizing rows of `sql`, each with the targets that lost to it.
  json sizing(std::string_view sql, std::string_view key) const {
    json all = list(transactions, sql, key);
    for (json& row : all) row["lost"] = json::array();
    if (all.empty()) return all;
    const std::string of = all[0]["decision_id"].get<std::string>();
    for (json& lost : list_if(transactions, "order_netting", "SELECT * FROM order_netting WHERE decision_id=? ORDER BY seq, n", of))
      for (json& row : all) {
        if (row["seq"] != lost["seq"] || row["symbol"] != lost["symbol"] || row["purpose"] != lost["purpose"] || row["order_id"] != lost["order_id"]) continue;
        row["lost"].push_back({{"decision", lost["lost_decision"]}, {"purpose", lost["lost_purpose"]}, {"valid_until_ns", lost["lost_valid_until"]},
                               {"weight", lost["lost_weight"]}, {"reason", lost["reason"]}});
      }
    return all;
  }
  Result<std::string> explain_order(std::string_view id) const;
  Result<std::string> explain_decision(std::string_view id) const;
  Result<Page> page(const Database& db, const List& list, const PageAsk& ask) const try {
    Query q(db, "SELECT " + std::string(list.columns) + ", " + list.time + " AS at_, " + list.key + " AS key_ FROM " + list.table +
                    " WHERE " + list.time + ">=?1 AND " + list.time + "<=?2 AND (" + list.time + "<?2 OR " + list.key +
                    "<?3) AND (?4='' OR " + list.only + "=?4) ORDER BY at_ DESC, key_ DESC LIMIT ?5");
    const Place end{INT64_MAX, {}};
    const Place& before = ask.before ? *ask.before : end;
    q.bind(ask.since_ns).bind(before.time_ns).bind(before.key).bind(ask.only).bind(ask.limit + 1);  // one more: is there any
    json found = all_rows(db, q);
    Page page;
    for (json& row : found) {
      if (std::ssize(page.entries) == ask.limit) {
        page.more = true;
        break;
      }
      Place at{row["at_"].get<std::int64_t>(), row["key_"].get<std::string>()};
      row.erase("at_");
      row.erase("key_");
      page.entries.push_back({std::move(at), text(list.told(std::move(row)))});
    }
    std::reverse(page.entries.begin(), page.entries.end());
    if (page.more) page.next = page.entries.front().at;
    return page;
  } catch (const Fault& f) {
    return f.why;
  }
};

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& prices, const std::filesystem::path& transactions,
                                             std::map<std::string, std::string> symbols) {
  auto p = Database::open(prices, Database::Access::read);
  if (!p) return p.error();
  auto t = Database::open(transactions, Database::Access::read);
  if (!t) return t.error();
  return std::unique_ptr<Reader>(new Reader(std::make_unique<Impl>(Impl{std::move(*p), std::move(*t), std::move(symbols)})));
}

Result<std::string> Reader::explain_order(std::string_view id) const {
  return told([&] { return impl_->explain_order(id); });
}

Result<std::string> Reader::explain_decision(std::string_view id) const {
  return told([&] { return impl_->explain_decision(id); });
}

Result<std::string> Reader::Impl::explain_order(std::string_view id) const {
  const Database& t = transactions;
  const json order = list(t, "SELECT * FROM orders WHERE id=?", id);
  if (order.empty()) return Error{"STORE_UNKNOWN", "order " + std::string(id) + ": not in this store"};
  const std::string of = order[0]["decision_id"].get<std::string>();
  json out = decision(of);
  out["order"] = order[0];
  out["sizing"] = sizing("SELECT * FROM order_decisions WHERE order_id=? ORDER BY seq", id);
  out["checks"] = checks(t,
                         "SELECT c.* FROM order_decisions d JOIN order_checks c USING(decision_id, seq, symbol, purpose, order_id) "
                         "WHERE d.order_id=? ORDER BY c.seq, c.n",
                         id);
  out["fills"] = list(t, "SELECT * FROM fills WHERE order_id=? ORDER BY time_ns, fill_id", id);
  out["events"] = list(t, "SELECT * FROM order_events WHERE order_id=? ORDER BY rowid", id);
  out["exchanges"] = list_if(t, "venue_exchanges", "SELECT * FROM venue_exchanges WHERE order_id=? ORDER BY rowid", id);
  out["core_events"] = told_of(t, of, id);
  return text(out);
}

Result<std::string> Reader::Impl::explain_decision(std::string_view id) const {
  json out = decision(id);
  const Database& t = transactions;
  out["sizing"] = sizing("SELECT * FROM order_decisions WHERE decision_id=? ORDER BY seq, order_id", id);
  out["orders"] = list(t, "SELECT * FROM orders WHERE decision_id=? ORDER BY id", id);
  // A stop's, a close's, a plan's and an operator's decision is no signal's: it has no row of the bridge.
  if (out["decision"].is_null() && out["signals"].empty() && out["sizing"].empty() && out["orders"].empty())
    return Error{"STORE_UNKNOWN", "decision " + std::string(id) + ": not in this store"};
  out["checks"] = checks(t, "SELECT * FROM order_checks WHERE decision_id=? ORDER BY seq, order_id, n", id);
  out["fills"] = list(t, "SELECT * FROM fills WHERE decision_id=? ORDER BY time_ns, fill_id", id);
  out["events"] = list(t, "SELECT e.* FROM orders o JOIN order_events e ON e.order_id=o.id WHERE o.decision_id=? ORDER BY e.rowid", id);
  out["exchanges"] = list_if(t, "venue_exchanges",
                             "SELECT e.* FROM orders o JOIN venue_exchanges e ON e.order_id=o.id WHERE o.decision_id=? ORDER BY e.rowid", id);
  out["core_events"] = told_of(t, id);
  return text(out);
}

Result<std::string> Reader::order(std::string_view id) const {
  Query q(impl_->transactions, "SELECT " + std::string(order_columns) + " FROM orders WHERE id=?");
  q.bind(id);
  return told([&]() -> Result<std::string> {
    json found = all_rows(impl_->transactions, q);
    if (found.empty()) return Error{"STORE_UNKNOWN", "order " + std::string(id) + ": not in this store"};
    return text(told_order(std::move(found[0])));
  });
}

Result<Page> Reader::signals(const PageAsk& asked) const {
  PageAsk ask = asked;
  for (const auto& [data, symbol] : impl_->symbol_of_data)
    if (symbol == asked.only) ask.only = data;
  const auto told = [this](json row) {
    const auto at = impl_->symbol_of_data.find(row["symbol"].get<std::string>());
    if (at != impl_->symbol_of_data.end()) row["symbol"] = at->second;
    return told_signal(std::move(row));
  };
  return impl_->page(impl_->prices,
                     {"signals",
                      "id, time_ns, symbol, action, source, model, p_up, p_flat, p_down, confidence, weight, threshold, "
                      "expected_move, ref_px AS ref_price, horizon_ns, valid_until AS valid_until_ns",
                      "time_ns", "symbol||'~'||source", "symbol", told},
                     ask);
}
Result<Page> Reader::decisions(const PageAsk& ask) const {
  return impl_->page(impl_->transactions,
                     {"decisions",
                      "id, time_ns, symbol, action, code, target_weight, held_weight, expected_move, cost, max_position, p_up, "
                      "threshold, portfolio_version",
                      "time_ns", "symbol||'~'||id", "symbol", told_at},
                     ask);
}
Result<Page> Reader::orders(const PageAsk& ask) const {
  return impl_->page(impl_->transactions, {"orders", order_columns, "decided_ns", "id", "state", told_order}, ask);
}
Result<Page> Reader::rebalances(const PageAsk& ask) const {
  const auto told_plan = [this](json plan) {
    plan = told_at(std::move(plan));
    plan["weights"] = json::object();
    for (const json& w : Impl::list(impl_->transactions, "SELECT symbol, weight FROM rebalance_weights WHERE rebalance_id=?",
                                    plan["id"].get<std::string>()))
      plan["weights"][w["symbol"].get<std::string>()] = w["weight"];
    return plan;
  };
  return impl_->page(impl_->transactions,
                     {"rebalances", "id, time_ns, instance, portfolio_version", "time_ns", "printf('%06d', seq)||'~'||id", "''",
                      told_plan}, ask);
}
Result<Page> Reader::portfolio_history(const PageAsk& ask) const {
  return impl_->page(impl_->transactions,
                     {"portfolio_history", "time_ns, version, equity, cash, exposure, realised, unrealised, fees, peak", "time_ns",
                      "printf('%020d', version)", "''", told_at},
                     ask);
}

}  // namespace bowline::store
