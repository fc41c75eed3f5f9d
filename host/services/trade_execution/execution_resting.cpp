// Execution's stops that rest at the venue (trading rules 3.3): one order a product, as large as the position and at its
// newest stop. It follows by being replaced: cancelled, its end known, made anew; never two at once (3.1). While none is
// acknowledged the host watches, so that the window between two of them is no unprotected one. What rests holds the coins: each
// exit takes it off first, waits for its end and its late fills, and sells what is left then.
#include <algorithm>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"
#include "services/trade_execution/sizing_codes.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::OrderType;
using core::Purpose;
using core::Side;

constexpr Nanos moment = 1'000'000'000, away_for = 10 * moment;
constexpr std::uint64_t tradable = 1, cancel_only = 2, view_only = 32, no_stops = 64;  // of bl_product
constexpr std::uint32_t most_doublings = 12;  // of the wait after a refusal: an hour

/// After the last one, and the longer the more often none was taken.
constexpr bool too_soon(const RestingStop& r, Nanos now) noexcept {
  return r.placed != 0 && now - r.placed < moment << std::min(r.refused, most_doublings);
}

constexpr bool acknowledged(OrderState s) noexcept { return s == OrderState::open || s == OrderState::partially_filled; }

}  // namespace

Order* Execution::resting_of(InstrumentId id) const {
  Order* newest = nullptr;
  for (Order* o : orders_.working())
    if (!o->external && o->intent.abi.instrument == id.value && core::rests_as_stop(o->intent)) newest = o;
  return newest;
}

StopOwner Execution::stop_owner(InstrumentId id) const {
  if (!portfolio_.position(id).qty.is_positive()) return StopOwner::none;
  if (const Order* resting = guards_ ? resting_of(id) : nullptr; resting != nullptr && acknowledged(resting->state)) return StopOwner::venue;
  return protections_.stop_px(id).is_set() ? StopOwner::host : StopOwner::none;
}

// ---- where it rests -----------------------------------------------------------------------------------------------------

void Execution::rest_all(Nanos now) {
  follow_ = false;
  for (const core::Instrument& ins : table_.all()) {
    RestingStop& r = rests_[ins.id.value - 1];
    r.look = false;
    if (r.sale_waits && resting_of(ins.id) == nullptr && !unsettled(ins.id)) r.sale_waits = false;  // the step has looked at what waited
    rest(ins.id, now);
  }
  if (!approved_.empty()) flush_frame(now);
}

// One look: what rests is as it should be, is taken off, or is made. Never two of these at once.
void Execution::rest(InstrumentId id, Nanos now) {
  RestingStop& r = rests_[id.value - 1];
  Order* resting = resting_of(id);
  const Decimal held = portfolio_.position(id).qty;
  const auto wanted = protections_.of(id);
  if (!wanted || !held.is_positive() || portfolio_.dust(id)) {
    // Its position is over: it would sell the next one. What has triggered may still fill by itself.
    if (resting != nullptr && (resting->triggered == 0 || !held.is_positive() || now - resting->triggered >= options_.stops.fill_within))
      static_cast<void>(take_off(*resting, now));
    r.unrested = -1;
    r.told = false;
    return;
  }
  if (!may_rest(id, now)) return;
  const Decimal free = held - working_sells(id) + (resting != nullptr ? resting->leaves() : Decimal::zero());
  const auto terms = rest_terms(id, *wanted, free, resting);
  if (resting != nullptr) {
    if (resting->state == OrderState::cancel_pending) {
      if (resting->cancel_asked) static_cast<void>(take_off(*resting, now));  // the first one may be lost
    }
    if (!acknowledged(resting->state)) {  // nobody has said that it rests
      if (options_.stops.at_venue) tell_unrested(id, now);
      return;
    }
    if (resting->leaves() > free) {  // it would sell what is not managed here (trading rules 3.1, 5.6)
      static_cast<void>(take_off(*resting, now));
      return;
    }
    if (resting->triggered != 0 || !terms || core::terms_of(resting->intent, resting->leaves()) == *terms) return;
    if (now - resting->intent.abi.decided_ns >= moment) static_cast<void>(take_off(*resting, now));
    return;
  }
  if (!options_.stops.at_venue) return;
  if (!terms || now < r.not_before) {  // the host's to watch
    r.unrested = -1;
    return;
  }
  tell_unrested(id, now);
  if (too_soon(r, now)) return;
  place_rest(id, *wanted, *terms, now);
}

// None: the product's venue takes none now, or no order can be made that would wait.
std::optional<core::RestingTerms> Execution::rest_terms(InstrumentId id, const core::Protection& wanted, Decimal free, const Order* resting) const {
  const Decimal below = options_.exit_collar.empty() ? Decimal::from_mantissa(1, -2) : options_.exit_collar.front();
  const std::uint64_t flags = product_flags_.empty() ? 0 : product_flags_[id.value - 1];
  if (flags != 0 && ((flags & tradable) == 0 || (flags & (cancel_only | view_only | no_stops)) != 0)) return std::nullopt;
  if (in_one_order(id, free) < free) return std::nullopt;  // one stop holds all of it, or the host watches it
  core::VenueStops can = options_.stops.can;
  // Of an earlier process, whose venue could: by its own type it is seen whether it is still as it should be.
  if (resting != nullptr && !can.any()) can = {resting->intent.type() == OrderType::stop_limit, resting->intent.type() == OrderType::bracket};
  return resting_terms(wanted, free, portfolio_.bid(id), below, table_[id].rules, can);
}

// Whether anything may be placed or replaced now. What is not allowed to be made anew is not taken off either.
bool Execution::may_rest(InstrumentId id, Nanos) const {
  if (recalling_ || liquidation_ || !journal_ok_ || states_.frozen(id) || unsettled(id)) return false;
  // What is being sold is not held from its own exit; but what nobody goes on selling while the host sleeps is.
  for (const Purpose p : {Purpose::exit, Purpose::operator_order, Purpose::stop, Purpose::emergency})
    if (!asleep_ && book_.insists(id, p)) return false;
  const Order* working = working_of(id);
  if (working != nullptr && working->intent.side() == Side::sell) return false;
  return std::none_of(approved_.begin(), approved_.end(), [id](const auto& a) { return a->instrument() == id; });
}

void Execution::place_rest(InstrumentId id, const core::Protection& wanted, const core::RestingTerms& terms, Nanos now) {
  const core::Instrument& ins = table_[id];
  ++seq_;
  now_ = std::max(now_, now);
  core::SizingRecord r;
  r.decision = core::decision_id(options_.seed, ins.symbol, now, wanted.source ? *wanted.source : std::string(), "rest/" + std::to_string(wanted.rule));
  r.seq = seq_;
  r.time = now;
  r.instrument = id;
  r.purpose = Purpose::stop;
  r.held_qty = portfolio_.position(id).qty;
  r.equity = portfolio_.equity();
  r.price = portfolio_.mark(id).last;
  r.order_qty = terms.qty;
  // What it sells at is held against the stop that was asked for.
  core::Intent intent = make_intent(ins, Side::sell, terms.qty, Purpose::stop, r.decision, wanted.stop_px, now);
  core::put_terms(intent.abi, terms);
  auto answer = exit_floor_.approve(intent, portfolio_, working_sells(id), states_.frozen(id), r.checks);
  if (auto* refused = std::get_if<core::RiskRefusal>(&answer)) {
    r.code = std::make_shared<const std::string>(refused->code);
    return sizing(std::move(r));
  }
  r.order = core::ClientOrderId(intent.client_id());
  r.code = SizingCodes::get().order;
  rests_[id.value - 1].placed = now;
  approved_.push_back(std::get<core::RiskApproved<core::Intent>>(std::move(answer)));
  sized_.push_back(std::move(r));
}

// The host watches meanwhile; but what should rest and does not is not as it was ordered to be.
void Execution::tell_unrested(InstrumentId id, Nanos now) {
  RestingStop& r = rests_[id.value - 1];
  if (r.unrested < 0) r.unrested = now;
  if (r.told || options_.unprotected_after == 0 || now - r.unrested < options_.unprotected_after) return;
  r.told = true;
  incident("STOP_NOT_RESTING", "the stop of " + table_[id].symbol + " does not rest at the venue: the host watches it", now);
}

// ---- taken off ----------------------------------------------------------------------------------------------------------

// Asked once a moment until its end is known: a cancel may be lost, or not be taken.
bool Execution::take_off(Order& resting, Nanos now) {
  Nanos& tried = rests_[resting.intent.abi.instrument - 1].cancel_tried;
  if (resting.cancel_asked && now - std::max(resting.updated, tried) < moment) return false;
  tried = now;
  static_cast<void>(request_cancel(resting, now));
  return true;
}

// For a sale: true while something rests that holds what is to be sold.
bool Execution::clears_the_way(InstrumentId id, Nanos now) {
  bool rests = false;
  const std::vector<Order*> working = orders_.working();  // cancelling may change the list
  for (Order* o : working) {
    if (o->external || o->intent.instrument() != id || !core::rests_as_stop(o->intent)) continue;
    rests = rests_[id.value - 1].sale_waits = true;
    static_cast<void>(take_off(*o, now));
  }
  return rests;
}

// The stop that alone keeps a sale of `qty` of the operator's from being proved, beside `elsewhere` that works as a sale, the
// stop included; null: nothing rests, or more than that stands in its way.
const Order* Execution::stop_in_the_way(InstrumentId id, Decimal qty, Decimal elsewhere) const {
  const Order* resting = guards_ && !states_.frozen(id) ? resting_of(id) : nullptr;
  const Decimal held = portfolio_.position(id).qty;
  const bool alone = resting != nullptr && qty + elsewhere > held && qty + elsewhere - resting->leaves() <= held;
  return alone ? resting : nullptr;
}

// For what the operator does with the coins himself: he says it again when the stop has let go.
Error Execution::stop_gives_way(InstrumentId id, Nanos now) {
  rests_[id.value - 1].not_before = now + (options_.time_by_data ? std::max(away_for, 2 * options_.interval) : away_for);
  static_cast<void>(clears_the_way(id, now));
  return Error{"STOP_GIVES_WAY", "the stop that rests at the venue holds what is held of " + table_[id].symbol +
                                     ": its cancel is asked for, and the host watches meanwhile. Send the same again in a moment, or close the position"};
}

// ---- triggered ----------------------------------------------------------------------------------------------------------

// Whether what is due is the venue's to sell. One whose price was reached has its time; then it is taken off and goes up the
// ladder, whatever the price does meanwhile (trading rules 3.2).
bool Execution::venue_acts(InstrumentId id, Nanos now) {
  Order* resting = resting_of(id);
  if (resting == nullptr || !acknowledged(resting->state)) return false;
  const Decimal bid = portfolio_.bid(id);
  const core::Intent& i = resting->intent;
  if (resting->triggered == 0 && bid.is_set() && bid <= i.stop_px()) move(*resting, OrderEvent::triggered, now, "the bid is at its stop");
  if (resting->triggered == 0)  // a target that rests is the venue's; a stop above the one that rests is not
    return i.type() == OrderType::bracket && bid.is_set() && bid >= i.limit_px();
  if (now - resting->triggered < options_.stops.fill_within) return true;
  const core::Target* standing = book_.insists(id, Purpose::stop) ? book_.at(id, Purpose::stop) : nullptr;
  if (standing != nullptr && !standing->keep.is_set()) return true;
  incident("STOP_NOT_FILLED", "the stop of " + table_[id].symbol + " was reached and did not fill in its time: it is taken off, and sold by the ladder", now,
           i.client_id());
  const auto p = protections_.of(id);
  set_off(id, {true, p ? p->source : nullptr, p ? p->rule : 0, i.stop_px(), 0}, Decimal::not_set(), now);
  return true;
}

void Execution::resting_filled(Order& order, const core::BookedFill& fill, Nanos now) {
  const core::Intent& i = order.intent;
  const InstrumentId id = i.instrument();
  const bool target = i.type() == OrderType::bracket && fill.fill.px >= i.limit_px();
  if (!target && order.triggered == 0 && !core::is_terminal(order.state)) move(order, OrderEvent::triggered, now, "it fills");
  lock_reentry(id, now);
  static_cast<void>(cancel_entries(now, id));  // what is still being bought beside it would be bought of what a stop sold
  if (order.fills.size() != 1) return;
  const std::string_view what = target ? "take_profit" : "stop";
  if (sink_.wanted()) {
    core::EventRecord r;
    r.seq = seq_;
    r.time = now;
    r.type = what;
    r.payload = "{\"symbol\":\"" + table_[id].symbol + "\",\"owner\":\"venue\",\"px\":\"" + (target ? i.limit_px() : i.stop_px()).to_string() +
                "\",\"order\":\"" + std::string(i.client_id()) + "\",\"decision\":\"" + i.decision.hex() + "\"}";
    sink_.put(std::move(r));
  }
  const out::Scope scope({.service = "trade-execution"});
  out::Event line(out::Level::Warning, "protection");
  line.field("symbol", table_[id].symbol).field("what", what);
  line.msg("the {} of {} that rests at the venue sells it", target ? "take-profit" : "stop", table_[id].symbol);
}

// ---- followed -----------------------------------------------------------------------------------------------------------

void Execution::follow(InstrumentId id) noexcept { follow_ = rests_[id.value - 1].look = true; }

// What became of one: counted here for a live event and for a row of the journal alike.
void Execution::resting_moved(const Order& order) {
  const InstrumentId id = order.intent.instrument();
  RestingStop& r = rests_[id.value - 1];
  if (acknowledged(order.state)) {
    r.refused = 0;
    r.unrested = -1;
    r.told = false;
    return;
  }
  if (!core::is_terminal(order.state) && order.state != OrderState::not_placed) return;
  if (order.state == OrderState::rejected || order.state == OrderState::denied || order.state == OrderState::not_placed) ++r.refused;
  follow(id);
}

// Behind the venue's word, not within it: a fill makes the stop grow, an end lets the sale go that waited for it.
void Execution::follow_up() {
  if (recalling_ || !approved_.empty() || !answer_.empty()) return;
  follow_ = false;
  for (const core::Instrument& ins : table_.all()) {
    RestingStop& r = rests_[ins.id.value - 1];
    if (!r.look) continue;
    r.look = false;
    if (protections_.any()) watch(ins.id, now_);
    const bool rests = resting_of(ins.id) != nullptr, waited = r.sale_waits && !rests && !unsettled(ins.id);  // its late fills, too
    if (waited) r.sale_waits = false;
    if ((waited || (book_.insists(ins.id, Purpose::stop) && !rests)) && !liquidation_ && !exit_too_soon(ins.id, now_)) {
      static_cast<void>(fresh_view());
      consider(ins.id, now_);
      if (approved_.empty() && (options_.position_drift.on() || options_.exposure_drift.on())) trim_drift(now_);
      if (!approved_.empty()) flush_frame(now_);
    }
    rest(ins.id, now_);
    if (!approved_.empty()) flush_frame(now_);
  }
}

// ---- by the clock ---------------------------------------------------------------------------------------------------------

// No price comes, and time passes all the same: for a triggered one that does not fill, for the next try of one that was not
// taken, and for what a rule wanted by its timer.
void Execution::look_at_stops(Nanos now) {
  if (liquidation_) return;
  if (follow_ && answer_.empty() && !recalling_) {
    tell_tick();
    follow_up();
  }
  for (const core::Instrument& ins : table_.all()) {
    const Order* resting = resting_of(ins.id);
    if (resting == nullptr ? !rest_is_due(ins.id, now)
                           : resting->triggered == 0 || !acknowledged(resting->state) || now - resting->triggered < options_.stops.fill_within)
      continue;
    if (resting != nullptr) {
      static_cast<void>(venue_acts(ins.id, now));
      continue;
    }
    tell_tick();
    rest(ins.id, now);
    if (!approved_.empty()) flush_frame(now);
  }
}

// One was there, or was tried, and the next may be made now.
bool Execution::rest_is_due(InstrumentId id, Nanos now) const {
  const RestingStop& r = rests_[id.value - 1];
  const Decimal held = portfolio_.position(id).qty;
  if (!options_.stops.at_venue || r.placed == 0 || now < r.not_before || too_soon(r, now) || !held.is_positive() || portfolio_.dust(id)) return false;
  const auto wanted = protections_.of(id);
  return wanted && may_rest(id, now) && rest_terms(id, *wanted, held - working_sells(id), nullptr).has_value();
}

// ---- the end of the process -----------------------------------------------------------------------------------------------

void Execution::rest_stops(Nanos now) {
  asleep_ = true;
  if (!options_.stops.can.any()) return;
  options_.stops.at_venue = guards_ = true;
  for (RestingStop& r : rests_) r.not_before = 0;
  rest_all(now);
}

// A stop that the host watches sleeps with it (trading rules 3.8).
void Execution::tell_unwatched() const {
  std::string watched, none;
  for (const core::Instrument& ins : table_.all()) {
    if (!portfolio_.position(ins.id).qty.is_positive()) continue;
    const StopOwner owner = stop_owner(ins.id);
    if (owner == StopOwner::venue || (owner == StopOwner::none && portfolio_.dust(ins.id))) continue;
    std::string& to = owner == StopOwner::host ? watched : none;
    to += (to.empty() ? "" : ", ") + ins.symbol;
  }
  const out::Scope scope({.service = "trade-execution"});
  if (!watched.empty()) out::warning("protection", "nobody watches the stops of {} until this run goes on", watched);
  if (asleep_ && !none.empty()) out::warning("protection", "{} held without a stop until this run goes on", none);
}

void Execution::flatten(Nanos now) {
  flattening_ = true;
  for (const core::Instrument& ins : table_.all()) {
    CloseRequest q;
    q.instrument = ins.id;
    q.key = "on-shutdown-" + std::to_string(now) + "-" + ins.symbol;
    q.reason = "on_shutdown: flatten";
    q.principal = "host";
    if (closing(ins.id) || portfolio_.position(ins.id).qty.is_zero() || portfolio_.dust(ins.id)) continue;
    if (const auto done = close_position(q, now); !done) incident(done.error().code, done.error().message, now);
  }
  static_cast<void>(cancel_entries(now));
}

bool Execution::flat() const {
  return std::none_of(table_.all().begin(), table_.all().end(), [this](const core::Instrument& ins) { return closing(ins.id); });
}

}  // namespace bowline::services
