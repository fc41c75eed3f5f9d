#include "store/journal_verify.hpp"

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/order.hpp"
#include "store/journal_chain.hpp"
#include "store/journal_rows.hpp"
#include "store/query.hpp"

namespace bowline::store {
namespace {

/// The journal's orders, lived again through the same table of states that they went through.
class Verifier {
  core::InstrumentTable instruments_;
  core::OrderTable orders_{std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max()};
  std::vector<core::ClientOrderId> made_;  // in order of their intents

  static Error orphan(const core::ClientOrderId& id) {
    return {"ORDER_WITHOUT_INTENT", "order " + std::string(id.view()) + " has no intent before this row: it left unrecorded"};
  }
  static std::string symbol_of(std::string_view payload) {
    const auto all = nlohmann::json::parse(payload, nullptr, false);
    const auto it = all.is_object() ? all.find("symbol") : all.end();
    return it != all.end() && it->is_string() ? it->get<std::string>() : std::string();
  }

  Result<void> know(const std::string& symbol) {
    if (instruments_.find(symbol)) return {};
    const Decimal one = Decimal::from_int(1);
    core::ProductRules rules;  // of no meaning here: nothing is traded
    rules.base_step = rules.quote_step = rules.px_step = rules.base_min = rules.quote_min = one;
    rules.maker_fee = rules.taker_fee = Decimal::zero();
    if (auto known = instruments_.add(symbol, rules); !known) return Error{"JOURNAL_ROW", "an order of the product '" + symbol + "'"};
    return {};
  }

  Result<void> intent(std::string_view payload, core::Nanos time) {
    if (auto known = know(symbol_of(payload)); !known) return known;
    const auto read = read_intent(payload, instruments_);
    if (!read) return read.error();
    const auto added = orders_.add(*read, time, 0);
    if (!added) return Error{"INTENT_TWICE", added.error().message};
    made_.push_back((*added)->id());
    return {};
  }

  Result<void> event(const OrderRow& r, core::Nanos time) {
    core::Order* o = orders_.find(r.order);
    if (o == nullptr) return orphan(r.order);
    const core::OrderState was = o->state;
    if (auto done = orders_.apply(*o, r.event, time, &r.terms); !done) return done;
    if (o->state != r.to)
      return Error{"ORDER_EVENT_UNEXPECTED", "order " + std::string(r.order.view()) + " was " + std::string(core::to_string(was)) +
                                                 " and can't become " + std::string(core::to_string(r.to)) + " by the event " +
                                                 std::string(core::to_string(r.event))};
    return {};
  }

  Result<void> fill(const FillRow& r, core::Nanos time) {
    core::Order* o = orders_.find(r.order);
    if (o == nullptr) return orphan(r.order);
    const std::string id(r.order.view());
    if (r.symbol != instruments_[o->intent.instrument()].symbol || r.side != o->intent.side())
      return Error{"FILL_OF_OTHER", "fill " + r.fill_id + " names another product or side than its order " + id};
    core::BookedFill* known = const_cast<core::BookedFill*>(o->fill(r.fill_id));
    if (r.as == core::BookedAs::fill) {
      if (known != nullptr) return Error{"FILL_TWICE", "fill " + r.fill_id + " of order " + id + " was booked before"};
    } else if (known == nullptr && r.as != core::BookedAs::reversal) {  // a reversal may overtake its fill
      return Error{"FILL_UNKNOWN", "fill " + r.fill_id + " of order " + id + " is changed and was never booked"};
    } else if (known != nullptr && known->undone) {
      return Error{"FILL_UNKNOWN", "fill " + r.fill_id + " of order " + id + " is changed and was taken back before"};
    }
    if (r.as == core::BookedAs::fee) return {};
    const bool back = r.as == core::BookedAs::reversal;
    const Decimal before = known != nullptr ? known->fill.qty : Decimal::zero(), now = back ? Decimal::zero() : r.qty;
    const Decimal cum = o->cum_qty - before + now;
    if (const Decimal most = o->most_qty(); most.is_set() && now > before && cum + o->filled_before > most)
      return Error{"FILL_BEYOND_ORDER", "order " + id + " has fills of more than its quantity"};
    if (known == nullptr) known = &o->fills.emplace_back(r.fill_id);
    known->fill.qty = now;
    known->undone = back;
    o->cum_qty = cum;
    o->updated = time;
    return {};
  }

  // An order of others: what happens to it must be as possible as what happens to ours.
  Result<void> external(std::string_view payload, core::Nanos time) {
    if (auto known = know(symbol_of(payload)); !known) return known;
    const auto r = read_external(payload, instruments_);
    if (!r) return r.error();
    const auto made = orders_.adopt(r->told, r->venue_id, r->filled_before, time, 0);
    if (!made) return made.error();
    if ((*made)->id() != r->order)
      return Error{"JOURNAL_ROW", "an order of others is called " + std::string(r->order.view()) + " and would be " + std::string((*made)->id().view())};
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
    if (kind == journal_kind::external) return external(payload, time);
    if (kind == journal_kind::fill) {
      ++report.fills;
      const auto r = read_fill(payload);
      return r ? fill(*r, time) : Result<void>(r.error());
    }
    return {};
  }

  void conclude(JournalReport& report) const {
    for (const core::ClientOrderId& id : made_) {
      const core::Order* o = orders_.find(id);
      const std::string state(core::to_string(o->state));
      ++report.orders[state];
      if (!core::is_terminal(o->state))
        report.unresolved.push_back({std::string(id.view()), instruments_[o->intent.instrument()].symbol, state, o->updated});
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
  if (version > 3) return Error{"JOURNAL_NEWER", "journal " + file.string() + ": written by a newer version of bowline: update bowline"};
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
