// Orders at the venue that this host did not make. They are followed as ours are: found, journaled, listed and counted in
// every limit (trading rules 5.5); what they fill is unmanaged inventory (5.6). They are never amended or cancelled here,
// and stand in the way of no cancel and no exit.
#include <algorithm>

#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::Side;

constexpr std::size_t most_strangers = 1'000;
constexpr std::uint32_t ask_order = 1;  // of bl_query

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

bool works(const bl_exec& e) { return e.state == BL_S_PENDING || e.state == BL_S_OPEN; }

}  // namespace

Order* Execution::order_of(std::string_view client_id, std::string_view venue_id) {
  // What an order without a client id is called here the venue does not know.
  if (Order* named = client_id.empty() ? nullptr : orders_.find(core::ClientOrderId(client_id)); named != nullptr && !named->nameless)
    return named;
  Order* known = orders_.find_venue(venue_id);
  return known != nullptr && (client_id.empty() || known->external) ? known : nullptr;
}

// ---- found ----------------------------------------------------------------------------------------------------------

// What it has filled is in the book's balances already, but for the fills that are told only now.
Order* Execution::adopt(const bl_exec& e, std::span<const bl_fill* const> fills) {
  const std::string_view venue_id = field(e.venue_id), client_id = field(e.client_id);
  Decimal told_now = Decimal::zero();
  const auto count = [&](const bl_fill& f) {
    if (order_is(f, client_id, venue_id) && !in_opening(f)) told_now = told_now + Decimal::from_raw(f.qty);
  };
  std::vector<std::string_view> counted;  // told by itself and in the answer it is one fill
  const auto once = [&](const bl_fill& f) {
    const std::string_view fill_id = field(f.fill_id);
    if (std::find(counted.begin(), counted.end(), fill_id) != counted.end()) return;
    counted.push_back(fill_id);
    count(f);
  };
  for (const bl_fill* f : fills) once(*f);
  for (const StrangerFill& s : strangers_) once(s.fill);
  const bool ours_by_name = client_id.starts_with("bl-");
  const bool alive = e.kind == BL_X_ACCEPTED || (e.kind == BL_X_SNAPSHOT && works(e));
  const InstrumentId id{e.h.instrument};
  if (!alive && !told_now.is_positive()) {  // nothing of it works, and nothing of it is to be booked
    if (ours_by_name && told_before(e)) return nullptr;  // it is ours, and was over long ago
    if (ours_by_name && e.kind != BL_X_ABSENT)
      block(id, "EXEC_UNKNOWN_ORDER", "the venue reports an order that is named as ours are, and is in no journal here", now_);
    else if (e.kind == BL_X_DONE && Decimal::from_raw(e.cum_qty).is_positive())
      balances_due_ = true;  // it traded, and nobody told of it
    return nullptr;
  }
  if (id.value > table_.size()) {
    incident("ORDER_MALFORMED", "the venue tells of an order of a product that this run does not have", now_);
    return nullptr;
  }
  const Decimal cum = Decimal::from_raw(e.cum_qty).is_set() ? Decimal::from_raw(e.cum_qty) : told_now;
  const Decimal before = cum - told_now;
  const core::Intent told = core::told_intent(e);
  const auto made = orders_.adopt(told, venue_id, before.is_set() ? max(before, Decimal::zero()) : Decimal::zero(), now_, seq_);
  if (!made) {
    block(id, made.error().code, made.error().message, now_);
    return nullptr;
  }
  Order& order = **made;
  changed_ = view_is_old_ = true;
  if (durable_journal_)
    note(store::journal_kind::external,
         store::line(store::ExternalRow{order.id(), told, std::string(venue_id), order.filled_before}, table_[id].symbol));
  incident("ORDER_EXTERNAL", "the venue has an order that this host did not make: it is followed, and counts in every limit", now_,
           order.intent.client_id());
  // Named as ours are, and none of ours: another host trades the account, or this journal is not whole.
  if (ours_by_name)
    block(id, "EXEC_UNKNOWN_ORDER", "the venue has an order that is named as ours are, and is in no journal here", now_, order.intent.client_id());
  return &order;
}

void Execution::on_external(Order& order, const bl_exec& e) {
  const Nanos now = e.h.ts_recv;
  const std::string_view text = field(e.text);
  const bool told_what = e.side != 0;  // an answer that it is not there says nothing of it
  if (told_what && (e.h.instrument != order.intent.abi.instrument || e.side != order.intent.abi.side))
    return block(order.intent.instrument(), "EXEC_MISMATCH", "the venue gives an order of others the id of another", now, order.intent.client_id());
  const core::Terms terms = terms_told(e);
  switch (e.kind) {
    case BL_X_ACCEPTED: move(order, OrderEvent::acked, now, text); return;
    case BL_X_AMENDED: move(order, OrderEvent::amended, now, text, &terms); return;
    case BL_X_CANCEL_PENDING: move(order, OrderEvent::cancel_taken, now, text); return;
    case BL_X_REJECTED: order.reason = text; move(order, OrderEvent::rejected, now, text); return;
    case BL_X_DONE: return on_end(order, e);
    case BL_X_ABSENT:
      if (core::is_terminal(order.state)) return;
      block(order.intent.instrument(), "ORDER_GONE", "the venue does not know an order of others that it had told of", now, order.intent.client_id());
      move(order, OrderEvent::proved_absent, now, "");
      return;
    case BL_X_CANCEL_REJECTED:
      if (order.state == core::OrderState::cancel_pending) move(order, OrderEvent::cancel_refused, now, text);
      return;
    case BL_X_SNAPSHOT: break;
    default: return;
  }
  if (listing_) named_.push_back(order.id());
  if (overtaken(order, e)) return;
  if (!works(e)) return on_end(order, e);
  const Decimal told = Decimal::from_raw(e.cum_qty);
  if (const Decimal here = told - order.filled_before; here.is_set() && here > order.cum_qty) told_filled_.emplace_back(order.id(), here);
  move(order, OrderEvent::found, now, "", &terms);
}

// ---- fills of orders that are not known ------------------------------------------------------------------------------

bool Execution::order_is(const bl_fill& f, std::string_view client_id, std::string_view venue_id) {
  const std::string_view named = field(f.venue_id);
  return named.empty() ? !client_id.empty() && field(f.client_id) == client_id : named == venue_id;
}

bool Execution::in_opening(const bl_fill& f) const {
  if (!begun_ && !cash_known_) return true;  // they are being told with it
  return f.h.ts_event != 0 && opening_ns_ != 0 && f.h.ts_event <= opening_ns_;
}

// The venue is asked what order that was; until it says, nothing is booked of it.
void Execution::on_stranger(const bl_fill& fill) {
  const Nanos now = fill.h.ts_recv;
  const InstrumentId id{fill.h.instrument};
  const std::string_view venue_id = field(fill.venue_id);
  if (venue_id.empty() || field(fill.fill_id).empty()) {
    if (told_before(fill)) return;
    return block(id, "FILL_UNKNOWN_ORDER", "the venue reports a fill of an order this host did not make", now);
  }
  if (in_opening(fill)) return;
  std::uint64_t request = 0;
  for (const StrangerFill& s : strangers_) {
    if (field(s.fill.venue_id) != venue_id) continue;
    if (field(s.fill.fill_id) == field(fill.fill_id)) return;  // told twice
    request = s.request;
  }
  if (strangers_.size() >= most_strangers)
    return block(id, "FILL_UNKNOWN_ORDER", "the venue reports more fills of unknown orders than it can be asked about", now);
  bl_fill kept{};
  std::copy_n(reinterpret_cast<const char*>(&fill), std::min<std::size_t>(fill.h.size, sizeof kept), reinterpret_cast<char*>(&kept));
  strangers_.push_back({kept, request});
  if (request == 0) ask_about_stranger(strangers_.back());
}

void Execution::ask_about_stranger(StrangerFill& s) {
  bl_query q{};
  q.size = sizeof q;
  q.scope = ask_order;
  const std::string_view client_id = field(s.fill.client_id), venue_id = field(s.fill.venue_id);
  q.order = {{client_id.data(), client_id.size()}, {venue_id.data(), venue_id.size()}};
  const auto asked = ask(q);
  if (asked) s.request = *asked;  // else asked again at the next step
}

void Execution::ask_about_strangers() {
  for (std::size_t i = 0; i < strangers_.size(); ++i)
    if (strangers_[i].request == 0) ask_about_stranger(strangers_[i]);
}

std::vector<bl_fill> Execution::strangers_no_more() {
  std::vector<bl_fill> known;
  std::erase_if(strangers_, [&](const StrangerFill& s) {
    if (order_of(field(s.fill.client_id), field(s.fill.venue_id)) == nullptr) return false;
    known.push_back(s.fill);
    return true;
  });
  return known;
}

// The venue was asked about its order, and does not say what it was.
void Execution::give_up_on_strangers(std::uint64_t request) {
  std::vector<StrangerFill> gone;
  std::erase_if(strangers_, [&](const StrangerFill& s) {
    if (s.request != request) return false;
    gone.push_back(s);
    return true;
  });
  for (const StrangerFill& s : gone)
    block({s.fill.h.instrument}, "FILL_UNKNOWN_ORDER", "the venue reports a fill of an order this host did not make", now_);
}

// ---- what follows of them --------------------------------------------------------------------------------------------

// Theirs are held against what is not ours first. Beyond it they would sell what is managed, and what is bought now they
// would sell as well.
std::string_view Execution::entries_held(InstrumentId id) const {
  if (orders_.external() == 0) return {};
  Decimal theirs = Decimal::zero();
  for (const Order* o : orders_.working())
    if (o->external && o->intent.abi.instrument == id.value && o->intent.side() == Side::sell) theirs = theirs + o->leaves();
  if (theirs.is_set() && theirs.is_zero()) return {};
  const Decimal free = max(portfolio_.unmanaged(id), Decimal::zero());
  return theirs.is_set() && theirs <= free ? std::string_view() : std::string_view("EXTERNAL_SELL");
}

// Somebody else's sale, and all of theirs together sell no more than what is not managed here.
bool Execution::sells_unmanaged(const Order& order) const {
  return order.external && order.intent.side() == Side::sell && entries_held(order.intent.instrument()).empty();
}

// Less is held than we sold: somebody else trades what is managed here (trading rules 3.7).
void Execution::position_dropped(InstrumentId id, Nanos now, std::string_view order) {
  block(id, "POSITION_DROPPED", "managed inventory went that nobody here ordered to be sold", now, order);
  // Nor is it somebody else's doing where the journal was put back: what the backup has not may have been this host's own sale.
  static_cast<void>(tighten(put_back_ ? core::TradingState::reducing : core::TradingState::halted, now, "POSITION_DROPPED: managed inventory went that nobody here ordered to be sold"));
}

void Execution::note_flows() {
  if (durable_journal_) note(store::journal_kind::step, store::line(step_row()));
}

Result<void> Execution::restore_external(const store::JournalRow& row, core::RecordSink* project) {
  const auto r = store::read_external(row.payload, table_);
  if (!r) return r.error();
  const auto made = orders_.adopt(r->told, r->venue_id, r->filled_before, row.time, seq_);
  if (!made) return made.error();
  if ((*made)->id() != r->order)
    return Error{"JOURNAL_ROW", "an order of others is called " + std::string(r->order.view()) + " and would be " + std::string((*made)->id().view())};
  if (project != nullptr) project->put(record_of(**made));
  return {};
}

}  // namespace bowline::services
