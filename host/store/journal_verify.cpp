#include "store/journal_verify.hpp"

#include <limits>
#include <map>
#include <optional>
#include <nlohmann/json.hpp>

#include "core/identity.hpp"
#include "core/order.hpp"
#include "store/input_rows.hpp"
#include "store/journal_file.hpp"
#include "store/journal_rows.hpp"
#include "store/restored_row.hpp"

namespace bowline::store {
namespace {

/// The journal's orders, lived again through the same table of states that they went through.
class Verifier {
  core::InstrumentTable instruments_;
  core::OrderTable orders_{std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max()};
  std::vector<core::ClientOrderId> made_;  // in order of their intents
  EventPlace place_;                            // of the newest input of this process
  std::string account_;
  std::optional<std::uint64_t> epoch_;  // none: no restore has renewed it so far
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> attempts_;  // by decision: orders that were made of it

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
    return of_the_epoch(*read);
  }

  // The venue may know each id of the epoch before: behind a restore no order may bear one.
  Result<void> of_the_epoch(const core::Intent& i) {
    const std::uint32_t made = attempts_[{i.decision.hi, i.decision.lo}]++;
    if (!epoch_) return {};
    for (std::uint32_t attempt = 0; attempt <= made; ++attempt)
      if (core::client_order_id(*epoch_, account_, i.decision, i.purpose, 0, attempt).view() == i.client_id()) return {};
    return Error{"ORDER_OF_OTHER_EPOCH", "order " + std::string(i.client_id()) + " does not bear an id of the epoch that the restore before it began"};
  }

  Result<void> restored(std::string_view payload, const Digest& head) {
    const auto r = read_restored(payload);
    if (!r) return r.error();
    if (r->head != hex(head)) return Error{"JOURNAL_EPOCH", "a restore of another chain: it began behind the head " + r->head};
    if (epoch_ && *epoch_ != r->before) return Error{"JOURNAL_EPOCH", "a restore renewed another epoch than the one that was in force"};
    epoch_ = r->epoch;
    place_ = {};  // of another process
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

  // They were written as they came: a place before that of the one before is another run's, or nobody's.
  Result<void> input(std::string_view kind, std::string_view payload) {
    const auto read = read_input(kind, payload);
    if (!read) return read.error();
    const EventPlace& p = place_of(*read);
    if (p.at < place_.at || p.steps < place_.steps || p.heard < place_.heard)
      return Error{"INPUT_OUT_OF_PLACE", "what was asked here, or a tick, has a place before that of the one before it"};
    place_ = p;
    return {};
  }

 public:
  explicit Verifier(std::string account) : account_(std::move(account)) {}
  /// Of the last restore; none: there was none.
  const std::optional<std::uint64_t>& epoch() const noexcept { return epoch_; }

  /// `head`: of the chain before this row.
  Result<void> row(std::string_view kind, core::Nanos time, std::string_view payload, const Digest& head, JournalReport& report) {
    if (kind == journal_kind::restored) {
      ++report.restores;
      return restored(payload, head);
    }
    if (kind == journal_kind::intent) {
      ++report.intents;
      return intent(payload, time);
    }
    if (kind == journal_kind::order) {
      const auto r = read_order(payload);
      return r ? event(*r, time) : Result<void>(r.error());
    }
    if (kind == journal_kind::begin) place_ = {};  // of another process
    if (kind == journal_kind::asked || kind == journal_kind::tick) return input(kind, payload);
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

}  // namespace

Result<JournalReport> verify_journal(const std::filesystem::path& path) {
  auto file = JournalFile::open(path);
  if (!file) return file.error();
  const auto stamp = file->stamp();
  if (!stamp) return stamp.error();
  const auto epoch = file->epoch();
  if (!epoch) return epoch.error();
  JournalReport report;
  Digest good = file->head();
  Verifier verifier(stamp->portfolio);
  for (;;) {
    const auto more = file->next();
    if (!more && more.error().code != "JOURNAL_CHAIN") return more.error();
    if (more && !*more) break;
    const JournalRow& row = file->row();
    const auto sound = more ? verifier.row(row.kind, row.time, row.payload, good, report) : Result<void>(more.error());
    if (!sound) {
      report.bad = {row.row, sound.error().code, sound.error().message};
      break;
    }
    good = file->head();
    ++report.rows;
  }
  if (report.bad.code.empty() && verifier.epoch() && *verifier.epoch() != *epoch)
    report.bad = {report.rows, "JOURNAL_EPOCH", "the file's epoch is not the one that its last restore gave it: order ids would repeat"};
  report.head = hex(good);
  verifier.conclude(report);
  return report;
}

}  // namespace bowline::store
