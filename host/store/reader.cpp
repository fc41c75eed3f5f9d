#include "store/reader.hpp"

#include <algorithm>
#include <bowline/decimal.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "core/order_state.hpp"
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

  static json list(const Database& db, std::string_view sql, std::string_view key) {
    Query q(db, sql);
    q.bind(key);
    return all_rows(db, q);
  }
  /// The checks of `sql`, each with how far its value was from its limit: below 0, over it.
  static json checks(const Database& db, std::string_view sql, std::string_view key) {
    json all = list(db, sql, key);
    for (json& row : all) {
      const auto amount = [&row](const char* name) {
        const auto at = row.find(name);
        return at != row.end() && at->is_string() ? Decimal::try_parse(at->get<std::string>()).value_or(Decimal::not_set()) : Decimal::not_set();
      };
      const Decimal left = amount("lim") - amount("value");
      row["headroom"] = left.is_set() ? json(left.to_string()) : json(nullptr);
    }
    return all;
  }
  /// What was told beside orders and names this one, or its decision: incidents, and what set a protection off.
  static json told_of(const Database& db, std::string_view id, std::string_view decision) {
    const std::string order = '"' + std::string(id) + '"', cause = '"' + std::string(decision) + '"';
    Query q(db, "SELECT * FROM core_events WHERE instr(payload, ?1)>0 OR instr(payload, ?2)>0 ORDER BY rowid");
    q.bind(order).bind(cause);
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
    const json& from = !found.empty() ? found : out["signals"];
    out["features"] = from.empty() ? json::array()
                                   : features(from[0]["time_ns"].get<std::int64_t>(), from[0]["symbol"].get<std::string>());
    return out;
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

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& prices, const std::filesystem::path& transactions) {
  auto p = Database::open(prices, Database::Access::read);
  if (!p) return p.error();
  auto t = Database::open(transactions, Database::Access::read);
  if (!t) return t.error();
  return std::unique_ptr<Reader>(new Reader(std::make_unique<Impl>(Impl{std::move(*p), std::move(*t)})));
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
  out["sizing"] = list(t, "SELECT * FROM order_decisions WHERE order_id=? ORDER BY seq", id);
  out["checks"] = checks(t,
                         "SELECT c.* FROM order_decisions d JOIN order_checks c USING(decision_id, seq, symbol, purpose, order_id) "
                         "WHERE d.order_id=? ORDER BY c.seq, c.n",
                         id);
  out["fills"] = list(t, "SELECT * FROM fills WHERE order_id=? ORDER BY time_ns, fill_id", id);
  out["events"] = list(t, "SELECT * FROM order_events WHERE order_id=? ORDER BY rowid", id);
  out["core_events"] = told_of(t, id, of);
  return text(out);
}

Result<std::string> Reader::Impl::explain_decision(std::string_view id) const {
  json out = decision(id);
  const Database& t = transactions;
  out["sizing"] = list(t, "SELECT * FROM order_decisions WHERE decision_id=? ORDER BY seq, order_id", id);
  out["orders"] = list(t, "SELECT * FROM orders WHERE decision_id=? ORDER BY id", id);
  // A stop's, a close's, a plan's and an operator's decision is no signal's: it has no row of the bridge.
  if (out["decision"].is_null() && out["signals"].empty() && out["sizing"].empty() && out["orders"].empty())
    return Error{"STORE_UNKNOWN", "decision " + std::string(id) + ": not in this store"};
  out["checks"] = checks(t, "SELECT * FROM order_checks WHERE decision_id=? ORDER BY seq, order_id, n", id);
  out["fills"] = list(t, "SELECT * FROM fills WHERE decision_id=? ORDER BY time_ns, fill_id", id);
  out["events"] = list(t, "SELECT e.* FROM orders o JOIN order_events e ON e.order_id=o.id WHERE o.decision_id=? ORDER BY e.rowid", id);
  out["core_events"] = told_of(t, id, id);
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

Result<Page> Reader::signals(const PageAsk& ask) const {
  return impl_->page(impl_->prices,
                     {"signals",
                      "id, time_ns, symbol, action, source, model, p_up, p_flat, p_down, confidence, weight, threshold, "
                      "expected_move, ref_px AS ref_price, horizon_ns, valid_until AS valid_until_ns",
                      "time_ns", "symbol||'~'||source", "symbol", told_signal},
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
