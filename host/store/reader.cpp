#include "store/reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

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

std::string text(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

struct Reader::Impl {
  Database prices, transactions;

  static json list(const Database& db, std::string_view sql, std::string_view key) {
    Query q(db, sql);
    q.bind(key);
    return rows(q);
  }
  /// Rows of a table whose ids are found by their first eight bytes.
  static json by_id(const Database& db, std::string_view sql, std::string_view id) {
    Query q(db, sql);
    q.bind(static_cast<std::int64_t>(core::Id128::from_hex(id).hi)).bind(id);
    return rows(q);
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
    return all;
  }
  json decision(std::string_view id) const {
    json out{{"decision", nullptr}};
    const json found = by_id(transactions, "SELECT * FROM decisions WHERE id_key=? AND id=?", id);
    if (!found.empty()) out["decision"] = found[0];
    out["advisory_checks"] = list(transactions, "SELECT * FROM decision_checks WHERE decision_id=? ORDER BY n", id);
    out["signals"] = by_id(prices, "SELECT * FROM signals WHERE id_key=? AND id=? ORDER BY source", id);
    out["outcome"] = by_id(prices, "SELECT * FROM signal_outcomes WHERE id_key=? AND signal_id=?", id);
    const json& from = !found.empty() ? found : out["signals"];
    out["features"] = from.empty() ? json::array()
                                   : features(from[0]["time_ns"].get<std::int64_t>(), from[0]["symbol"].get<std::string>());
    return out;
  }
  Result<std::string> since(const Database& db, const std::string& select, std::int64_t t, std::string_view symbol,
                            std::int64_t limit) const {
    Query q(db, select);
    q.bind(t).bind(symbol).bind(limit);
    const json all = rows(q);
    if (q.failed()) return db.fault();
    return text(all);
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
  const Database& t = impl_->transactions;
  const json order = Impl::list(t, "SELECT * FROM orders WHERE id=?", id);
  if (order.empty()) return Error{"STORE_UNKNOWN", "order " + std::string(id) + ": not in this store"};
  json out = impl_->decision(order[0]["decision_id"].get<std::string>());
  out["order"] = order[0];
  out["sizing"] = Impl::list(t, "SELECT * FROM order_decisions WHERE order_id=? ORDER BY seq", id);
  out["checks"] = Impl::list(t,
                             "SELECT c.* FROM order_decisions d JOIN order_checks c USING(decision_id, seq, symbol, purpose, "
                             "order_id) WHERE d.order_id=? ORDER BY c.seq, c.n",
                             id);
  out["fills"] = Impl::list(t, "SELECT * FROM fills WHERE order_id=? ORDER BY time_ns, fill_id", id);
  out["events"] = Impl::list(t, "SELECT * FROM order_events WHERE order_id=? ORDER BY rowid", id);
  return text(out);
}

Result<std::string> Reader::explain_decision(std::string_view id) const {
  json out = impl_->decision(id);
  if (out["decision"].is_null() && out["signals"].empty())
    return Error{"STORE_UNKNOWN", "decision " + std::string(id) + ": not in this store"};
  const Database& t = impl_->transactions;
  out["sizing"] = Impl::list(t, "SELECT * FROM order_decisions WHERE decision_id=? ORDER BY seq, order_id", id);
  out["checks"] = Impl::list(t, "SELECT * FROM order_checks WHERE decision_id=? ORDER BY seq, order_id, n", id);
  out["orders"] = Impl::list(t, "SELECT * FROM orders WHERE decision_id=? ORDER BY id", id);
  out["fills"] = Impl::list(t, "SELECT * FROM fills WHERE decision_id=? ORDER BY time_ns, fill_id", id);
  return text(out);
}

Result<std::string> Reader::signals(std::int64_t t, std::string_view symbol, std::int64_t limit) const {
  return impl_->since(impl_->prices,
                      "SELECT * FROM signals WHERE time_ns>=?1 AND (?2='' OR symbol=?2) ORDER BY time_ns, id, source LIMIT ?3", t,
                      symbol, limit);
}
Result<std::string> Reader::decisions(std::int64_t t, std::string_view symbol, std::int64_t limit) const {
  return impl_->since(impl_->transactions,
                      "SELECT * FROM decisions WHERE time_ns>=?1 AND (?2='' OR symbol=?2) ORDER BY time_ns, id LIMIT ?3", t,
                      symbol, limit);
}
Result<std::string> Reader::orders(std::int64_t t, std::string_view state, std::int64_t limit) const {
  return impl_->since(impl_->transactions,
                      "SELECT * FROM orders WHERE decided_ns>=?1 AND (?2='' OR state=?2) ORDER BY decided_ns, id LIMIT ?3", t,
                      state, limit);
}
Result<std::string> Reader::rebalances(std::int64_t limit) const {
  Query q(impl_->transactions,
          "SELECT * FROM (SELECT * FROM rebalances ORDER BY time_ns DESC, id DESC LIMIT ?1) ORDER BY time_ns, id");
  q.bind(limit);
  json all = rows(q);
  if (q.failed()) return impl_->transactions.fault();
  for (json& plan : all)
    plan["weights"] = Impl::list(impl_->transactions, "SELECT symbol, weight FROM rebalance_weights WHERE rebalance_id=? ORDER BY symbol",
                                 plan["id"].get<std::string>());
  return text(all);
}
Result<std::string> Reader::portfolio_history(std::int64_t t, std::int64_t limit) const {
  return impl_->since(impl_->transactions,
                      "SELECT * FROM portfolio_history WHERE time_ns>=?1 AND ?2='' ORDER BY time_ns, version LIMIT ?3", t, "", limit);
}

}  // namespace bowline::store
