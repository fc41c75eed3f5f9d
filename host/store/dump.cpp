#include "store/dump.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "store/query.hpp"

namespace bowline::store {
namespace {

struct Table {
  std::string_view name, table, order;
  bool prices;
};
/// Sequence numbers are left out: they depend on how many roles ran, the rest does not. So is the id of a request, which
/// no second run has; it leads from the stored row to the log.
constexpr auto tables = std::to_array<Table>({
    {"candles", "candles", "symbol, open_ns, close_ns", true},
    {"signals", "signals", "id, source", true},
    {"outcomes", "signal_outcomes", "signal_id", true},
    {"causes", "signal_causes", "signal_id, n", true},
    {"contributions", "contributions", "signal_id, instance, n", true},
    {"decisions", "decisions", "id", false},
    {"decision_checks", "decision_checks", "decision_id, n", false},
    {"decision_costs", "decision_costs", "decision_id", false},
    {"sizings", "order_decisions", "decision_id, time_ns, symbol, purpose, order_id", false},
    {"order_checks", "order_checks", "decision_id, seq, symbol, purpose, order_id, n", false},
    {"netting", "order_netting", "decision_id, time_ns, symbol, purpose, order_id, n", false},
    {"orders", "orders", "decision_id, id", false},
    {"order_events", "order_events", "order_id, rowid", false},
    {"exchanges", "venue_exchanges", "order_id, rowid", false},
    {"fills", "fills", "decision_id, order_id, time_ns, fill_id", false},
    {"portfolio", "portfolio_history", "time_ns, version", false},
    {"rebalances", "rebalances", "id", false},
    {"rebalance_weights", "rebalance_weights", "rebalance_id, symbol", false},
    {"core_events", "core_events", "time_ns, type, payload, rowid", false},
    {"audit", "audit", "time_ns, action, subject, principal, reason, rowid", false},
});

void append_number(std::string& out, double v) {
  char b[40];
  out.append(b, std::to_chars(b, b + sizeof b, v).ptr);
}

void append_csv(std::string& out, const Query& q, int i) {
  if (q.type(i) == SQLITE_INTEGER) out += std::to_string(q.integer(i));
  if (q.type(i) == SQLITE_FLOAT) append_number(out, q.real(i));
  if (q.type(i) != SQLITE_TEXT) return;
  const std::string_view t = q.bytes(i);
  if (t.find_first_of(",\"\r\n") == t.npos) {
    out += t;
    return;
  }
  out += '"';
  for (const char c : t) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void append_json(std::string& out, const Query& q, int i) {
  if (q.type(i) == SQLITE_NULL) out += "null";
  else if (q.type(i) == SQLITE_TEXT) out += nlohmann::json(std::string(q.bytes(i))).dump();
  else append_csv(out, q, i);
}

}  // namespace

std::vector<std::string> dump_names() {
  std::vector<std::string> names;
  for (const Table& t : tables) names.emplace_back(t.name);
  return names;
}

Result<void> dump(const std::filesystem::path& prices, const std::filesystem::path& transactions, std::string_view what,
                  DumpFormat format, const std::function<void(std::string_view)>& line) {
  const Table* table = nullptr;
  for (const Table& t : tables)
    if (t.name == what) table = &t;
  if (table == nullptr) {
    std::string all;
    for (const Table& t : tables) all.append(all.empty() ? "" : ", ").append(t.name);
    return Error{"STORE_DUMP", "dump " + std::string(what) + ": unknown; one of " + all};
  }
  auto db = Database::open(table->prices ? prices : transactions, Database::Access::read);
  if (!db) return db.error();
  Query q(*db, "SELECT * FROM " + std::string(table->table) + " ORDER BY " + std::string(table->order));
  std::string out;
  const auto put = [&](auto&& append) {
    out.clear();
    bool first = true;
    for (int i = 0; i < q.columns(); ++i) {
      if (q.name(i) == "seq" || q.name(i) == "id_key" || q.name(i) == "request_id") continue;
      if (!first) out += ',';
      first = false;
      append(i);
    }
  };
  if (format == DumpFormat::csv) {
    put([&](int i) { out += q.name(i); });
    line(out += '\n');
  }
  while (q.next()) {
    if (format == DumpFormat::csv) {
      put([&](int i) { append_csv(out, q, i); });
    } else {
      put([&](int i) {
        out.append("\"").append(q.name(i)).append("\":");
        append_json(out, q, i);
      });
      out.insert(0, "{").append("}");
    }
    line(out += '\n');
  }
  if (q.failed()) return db->fault();
  return {};
}

}  // namespace bowline::store
