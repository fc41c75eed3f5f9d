#include "store/journal_verify.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "store/journal_chain.hpp"
#include "store/journal_rows.hpp"
#include "store/query.hpp"

namespace bowline::store {
namespace {

using core::OrderState;

struct Known {
  std::string symbol, side;
  Decimal qty = Decimal::not_set(), filled = Decimal::zero();
  OrderState state = OrderState::recorded;
  core::Nanos since = 0;
  std::set<std::string> fill_ids{};
};

class Verifier {
  std::unordered_map<std::string, std::size_t> by_id_;  // looked up, never walked
  std::vector<std::pair<std::string, Known>> orders_;   // in order of their intents

  Known* find(const core::ClientOrderId& id) {
    const auto it = by_id_.find(std::string(id.view()));
    return it == by_id_.end() ? nullptr : &orders_[it->second].second;
  }
  static Error orphan(const core::ClientOrderId& id) {
    return {"ORDER_WITHOUT_INTENT", "order " + std::string(id.view()) + " has no intent before this row: it left unrecorded"};
  }

  Result<void> intent(std::string_view payload, core::Nanos time) {
    const auto all = nlohmann::json::parse(payload, nullptr, false);
    const auto text = [&all](const char* key) {
      const auto it = all.is_object() ? all.find(key) : all.end();
      return it != all.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    const std::string id = text("client_id");
    if (id.empty() || text("symbol").empty() || text("side").empty())
      return Error{"JOURNAL_ROW", "an intent without order id, symbol or side"};
    if (!by_id_.emplace(id, orders_.size()).second)
      return Error{"INTENT_TWICE", "order " + id + " has an intent already: one intent makes one order"};
    Known k;
    k.symbol = text("symbol");
    k.side = text("side");
    k.since = time;
    if (const std::string q = text("qty"); !q.empty()) {
      const auto d = Decimal::try_parse(q);
      if (!d) return Error{"JOURNAL_ROW", "an intent whose quantity is not an amount"};
      k.qty = *d;
    }
    orders_.emplace_back(id, std::move(k));
    return {};
  }

  Result<void> event(const OrderRow& r, core::Nanos time) {
    Known* k = find(r.order);
    if (k == nullptr) return orphan(r.order);
    const auto to = core::next_state(k->state, r.event);
    // What works and has fills is partly filled, by whatever way it came back to working.
    const auto reached = to && *to == OrderState::open && k->filled.is_positive() ? OrderState::partially_filled : to.value_or(k->state);
    if (!to || reached != r.to)
      return Error{"ORDER_EVENT_UNEXPECTED", "order " + std::string(r.order.view()) + " was " + std::string(core::to_string(k->state)) +
                                                 " and can't become " + std::string(core::to_string(r.to)) + " by the event " +
                                                 std::string(core::to_string(r.event))};
    k->state = r.to;
    k->since = time;
    return {};
  }

  Result<void> fill(const FillRow& r, core::Nanos time) {
    Known* k = find(r.order);
    if (k == nullptr) return orphan(r.order);
    const std::string id(r.order.view());
    if (r.symbol != k->symbol || core::to_string(r.side) != k->side)
      return Error{"FILL_OF_OTHER", "fill " + r.fill_id + " names another product or side than its order " + id};
    if (!k->fill_ids.insert(r.fill_id).second) return Error{"FILL_TWICE", "fill " + r.fill_id + " of order " + id + " was booked before"};
    k->filled = k->filled + r.qty;
    if (k->qty.is_set() && k->filled > k->qty) return Error{"FILL_BEYOND_ORDER", "order " + id + " has fills of more than its quantity"};
    k->since = time;
    return {};
  }

 public:
  Result<void> row(std::string_view kind, core::Nanos time, std::string_view payload, JournalReport& report) {
    if (kind == journal_kind::intent) {
      ++report.intents;
      return intent(payload, time);
    }
    if (kind == journal_kind::order) {
      const auto r = read_order(payload);
      return r ? event(*r, time) : Result<void>(r.error());
    }
    if (kind == journal_kind::fill) {
      ++report.fills;
      const auto r = read_fill(payload);
      return r ? fill(*r, time) : Result<void>(r.error());
    }
    return {};
  }

  void conclude(JournalReport& report) const {
    for (const auto& [id, k] : orders_) {
      ++report.orders[std::string(core::to_string(k.state))];
      if (!core::is_terminal(k.state)) report.unresolved.push_back({id, k.symbol, std::string(core::to_string(k.state)), k.since});
    }
  }
};

Error unreadable(const std::filesystem::path& file, const Error& why) {
  return why.code == "STORE_LOCKED"
             ? Error{"JOURNAL_LOCKED", "journal " + file.string() + ": a host runs on it; stop it first, or verify a copy"}
             : Error{"JOURNAL_OPEN", "journal " + file.string() + " can't be read: " + why.message};
}

}  // namespace

Result<JournalReport> verify_journal(const std::filesystem::path& file) {
  std::error_code ec;
  if (!std::filesystem::exists(file, ec)) return Error{"JOURNAL_OPEN", "journal " + file.string() + " is not there: name the run's state folder with --var"};
  const auto db = Database::open(file, Database::Access::read);
  if (!db) return unreadable(file, db.error());
  std::int64_t version = 0;
  {
    Query q(*db, "PRAGMA user_version");
    if (!q.next()) return unreadable(file, db->fault());
    version = q.integer(0);
  }
  if (version > 2) return Error{"JOURNAL_NEWER", "journal " + file.string() + ": written by a newer version of bowline: update bowline"};
  if (version < 2) return Error{"JOURNAL_OLDER", "journal " + file.string() + ": written by an earlier version of bowline, which recorded no fills"};
  JournalReport report;
  Chain chain;
  Verifier verifier;
  Query q(*db, "SELECT row, kind, time_ns, payload, hash FROM journal ORDER BY row");
  while (q.next()) {
    const std::uint64_t number = report.rows + 1;
    const Digest d = chain.next(q.bytes(1), q.integer(2), q.bytes(3));
    const std::string_view has = q.bytes(4);
    if (static_cast<std::uint64_t>(q.integer(0)) != number || has.size() != d.size() || std::memcmp(has.data(), d.data(), d.size()) != 0) {
      report.bad = {number, "JOURNAL_CHAIN", "the row is not what was written: it was changed, or rows before it are missing"};
      break;
    }
    if (auto good = verifier.row(q.bytes(1), q.integer(2), q.bytes(3), report); !good) {
      report.bad = {number, good.error().code, good.error().message};
      break;
    }
    chain.reset(d);
    ++report.rows;
  }
  if (q.failed() && report.bad.code.empty()) return unreadable(file, db->fault());
  report.head = hex(chain.head());
  verifier.conclude(report);
  return report;
}

}  // namespace bowline::store
