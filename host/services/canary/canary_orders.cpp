// One order of a canary: judged, recorded, sent, and waited for.
#include <algorithm>

#include "core/identity.hpp"
#include "core/portfolio_view.hpp"
#include "services/canary/canary.hpp"

namespace bowline::services {
namespace {

using core::Nanos;

constexpr Nanos second = 1'000'000'000;
/// How long after its decision an order may leave.
constexpr Nanos send_within = 30 * second;
/// For how long a plugin that has no room now is asked again; no byte has left then.
constexpr Nanos room_within = 15 * second;
/// An order that is not spoken of is asked about so often.
constexpr Nanos look_every = 2 * second;
/// How an order is held to be not there: it is named all the same, and nothing is sent again.
constexpr std::uint32_t absent_times = 3;
constexpr Nanos absent_for = 10 * second;
/// How long fills may lag behind the order's end.
constexpr Nanos fills_within = 60 * second;
const Decimal half_a_cent = Decimal::from_mantissa(5, -3);

bool passes(const Error& e) { return e.code == "VENUE_INCOMPLETE" || e.code == "VENUE_SILENT"; }

}  // namespace

core::ClientOrderId Canary::id_of(const std::string& symbol, const std::string& run, Leg leg, std::uint32_t attempt) const {
  return canary_order_id(p_.notes.epoch(), o_.account, symbol, run, leg, attempt);
}

core::Intent Canary::intent_of(Leg leg, std::uint32_t attempt, std::uint32_t side, std::uint32_t type, std::uint32_t tif) const {
  core::Intent i = core::blank_intent();
  const CanaryNotes::Unfinished& run = *p_.notes.unfinished();
  const core::ClientOrderId id = id_of(run.symbol, run.run, leg, attempt);
  std::copy_n(id.text.begin(), sizeof i.abi.client_id, i.abi.client_id);
  i.abi.instrument = instrument_.value;
  i.abi.side = side;
  i.abi.type = type;
  i.abi.tif = tif;
  i.abi.decided_ns = p_.talk.now();
  i.abi.not_after_ns = i.abi.decided_ns + send_within;
  i.purpose = leg == Leg::stop ? core::Purpose::stop : core::Purpose::operator_order;
  i.decision = core::decision_id(0, run.symbol, 0, "canary", run.run);
  i.decision_px = product_.last_px.is_set() ? product_.last_px : Decimal::not_set();
  return i;
}

std::string Canary::name_of(const Placed& order) const {
  const ToldOrder* o = p_.talk.order(order.id.view());
  return "order " + std::string(order.id.view()) + (o == nullptr || o->venue.empty() ? std::string() : ", at the venue " + o->venue);
}

// A purchase by the chain's floor, with the cap as its limits; a sale by the floor of exits, of no more than was bought here.
Result<core::RiskApproved<core::Intent>> Canary::approved(const core::Intent& intent, Decimal may_sell) {
  const core::Instrument& ins = p_.table[instrument_];
  core::Portfolio book(p_.table, ins.quote, Decimal::zero());
  const Nanos now = p_.talk.now();
  std::vector<core::CheckRecord> checks;
  core::RiskAnswer judged = core::RiskRefusal{"CANARY_AMOUNT"};
  const Decimal px = product_.last_px.is_set() ? product_.last_px : Decimal::from_mantissa(1, 0);
  if (intent.side() == core::Side::buy) {
    const auto cash = before_.find(ins.quote.value);
    const Decimal free = cash == before_.end() ? Decimal::zero() : cash->second.total - cash->second.hold;
    if (!book.set_cash(ins.quote, max(free, Decimal::zero()))) return Error{"CANARY_AMOUNT", "the balance is beyond the ledger"};
    book.set_mark(instrument_, {px, px, px, now});
    core::PortfolioView view;
    view.build(book, core::OrderTable{}, core::TradingState::active, now);
    core::FloorFacts facts;
    facts.now = now;
    judged = chain_.approve(intent, book, view.get(), facts, checks);
  } else {
    if (may_sell.is_positive()) {
      if (!book.set_cash(ins.base, may_sell)) return Error{"CANARY_AMOUNT", "the balance is beyond the ledger"};
      if (auto taken = book.adopt(instrument_, may_sell, px, now); !taken) return taken.error();
    }
    judged = floor_.approve(intent, book, Decimal::zero(), false, checks);
  }
  if (auto* ok = std::get_if<core::RiskApproved<core::Intent>>(&judged)) return std::move(*ok);
  const std::string why = checks.empty() ? std::string() : ": " + checks.back().reason;
  return Error{std::get<core::RiskRefusal>(judged).code, "the host's own floor refused the order" + why};
}

Result<Canary::Placed> Canary::send(Leg leg, std::uint32_t attempt, core::Intent intent, Decimal may_sell) {
  auto judged = approved(intent, may_sell);
  if (!judged) return judged.error();
  if (intent.qty().is_set() && (*judged)->qty() != intent.qty()) return Error{"CANARY_AMOUNT", "the host's own floor would shrink the order"};
  const auto proof = p_.notes.record(*judged, leg, attempt, p_.talk.now());
  if (!proof) return proof.error();
  Placed placed{leg, attempt, core::ClientOrderId(intent.client_id()), intent};
  const Nanos until = p_.talk.now() + room_within;
  for (;;) {
    Error why;
    if (p_.talk.broker().submit(*proof, why) != HandOver::denied) {
      submitted_.emplace(placed.id.view());
      return placed;
    }
    // No byte of it has left.
    const auto go = says_again(why) && p_.talk.now() < until ? p_.talk.pause() : Result<void>(why);
    if (go) continue;
    if (auto noted = p_.notes.never_left(leg, attempt, p_.talk.now()); !noted) return noted.error();
    return Error{go.error().code, go.error().message};
  }
}

Result<ToldOrder> Canary::read(const Placed& order) {
  const ToldOrder* o = p_.talk.order(order.id.view());
  const auto seen = p_.talk.question(ask::order, order.id.view(), o == nullptr ? std::string() : o->venue);
  if (!seen) return seen.error();
  o = p_.talk.order(order.id.view());
  if (seen->absent || o == nullptr) return Error{"CANARY_ABSENT", "the venue does not know the order any more: " + name_of(order)};
  return *o;
}

// Nothing is ever sent a second time: what is not known is asked for.
Result<ToldOrder> Canary::outcome(const Placed& order, bool end, Nanos patience) {
  VenueTalk& talk = p_.talk;
  const Nanos until = talk.now() + patience;
  Nanos look_at = talk.now() + look_every, absent_since = 0;
  std::uint32_t absent = 0;
  bool lost = false, noted = false;
  for (;;) {
    if (const ToldOrder* o = talk.order(order.id.view()); o != nullptr) {
      lost = lost || o->lost;
      if (!noted && !o->venue.empty()) {
        noted = true;
        if (auto done = p_.notes.placed(order.leg, order.attempt, o->venue, talk.now()); !done) return done.error();
      }
      if (o->over() || (o->works() && !end)) {
        ToldOrder told = *o;
        if (told.was_lost) this->told({"found again", "the answer to the order was lost, and the venue has it: nothing was sent twice", true, 0});
        return told;
      }
    }
    if (talk.now() >= until) return Error{"CANARY_NO_OUTCOME", "what became of the order is not known: " + name_of(order)};
    if (talk.now() < look_at) {
      if (auto go = talk.pause(); !go) return go.error();
      continue;
    }
    look_at = talk.now() + look_every;
    const auto seen = read(order);
    look_at = std::max(look_at, talk.now() + look_every);
    if (seen) {
      absent = 0;
      continue;
    }
    if (passes(seen.error())) continue;
    if (seen.error().code != "CANARY_ABSENT") return seen.error();
    // As long as the plugin owes the order's answer it may still be on its way: that the venue does not know it says nothing.
    if (!lost) continue;
    if (absent++ == 0) absent_since = talk.now();
    if (absent >= absent_times && talk.now() - absent_since >= absent_for)
      return Error{"CANARY_ABSENT", "the order was sent, had no answer, and the venue does not know it: " + name_of(order)};
  }
}

Result<ToldOrder> Canary::cancelled(const Placed& order) {
  VenueTalk& talk = p_.talk;
  constexpr Nanos patience = 60 * second, again = 5 * second;
  const Nanos until = talk.now() + patience;
  Nanos next = talk.now(), look_at = talk.now() + look_every;
  for (;;) {
    const ToldOrder* o = talk.order(order.id.view());
    if (o != nullptr && o->over()) return *o;
    if (talk.now() >= until) return Error{"CANARY_NOT_CANCELLED", "the venue does not end the order: " + name_of(order)};
    if (talk.now() >= next) {
      next = talk.now() + again;
      const std::string venue = o == nullptr ? std::string() : o->venue;
      const bl_order_ref ref{{order.id.view().data(), order.id.view().size()}, {venue.data(), venue.size()}};
      if (const auto sent = talk.broker().cancel({&ref, 1}); !sent && !says_again(sent.error())) return sent.error();
      continue;
    }
    if (talk.now() >= look_at) {
      if (const auto seen = read(order); !seen && !passes(seen.error())) return seen.error();
      look_at = talk.now() + look_every;
      continue;
    }
    if (auto go = talk.pause(); !go) return go.error();
  }
}

// Trading rules 2.2. What the venue does not tell is not held against it.
Result<void> Canary::agrees(const Placed& order, const ToldOrder& told) const {
  const core::Intent& i = order.intent;
  const auto other = [](Decimal has, Decimal wanted) { return has.is_set() && has.is_positive() && wanted.is_set() && has != wanted; };
  const char* what = nullptr;
  if (told.instrument != 0 && told.instrument != i.abi.instrument) what = "product";
  else if (told.side != 0 && told.side != i.abi.side) what = "side";
  else if (told.type != 0 && told.type != i.abi.type) what = "type";
  else if (other(told.qty, i.qty())) what = "size";
  else if (i.abi.type != BL_MARKET && other(told.limit_px, i.limit_px())) what = "price";
  else if (other(told.stop_px, i.stop_px())) what = "stop price";
  if (what == nullptr) return {};
  return Error{"CANARY_MISMATCH", std::string("the venue has another ") + what + " than was asked for: " + name_of(order)};
}

Result<Canary::Sum> Canary::fills_of(const Placed& order, const ToldOrder& told) {
  const std::uint32_t quote = p_.table[instrument_].quote.value;
  const Nanos until = p_.talk.now() + fills_within;
  for (;;) {
    Sum sum;
    bool fees = true;
    for (const auto& [id, f] : p_.talk.fills()) {
      const bool its = !f.client.empty() ? f.client == order.id.view() : !f.venue.empty() && f.venue == told.venue;
      if (!its) continue;
      if ((f.flags & 6u) != 0) return Error{"CANARY_FILL_CHANGED", "the venue took back or changed a fill: " + name_of(order)};
      if (f.side != order.intent.abi.side || f.instrument != instrument_.value) return Error{"CANARY_MISMATCH", "a fill is of another side or product: " + name_of(order)};
      fees = fees && f.fee.is_set();
      if (f.fee.is_set() && !f.fee.is_zero() && f.fee_asset != quote) return Error{"CANARY_FEE_ASSET", "a fee is taken in another asset than the quote: " + name_of(order)};
      sum.qty += f.qty;
      sum.quote += mul(f.px, f.qty, Rounding::half_even);
      if (f.fee.is_set()) sum.fee += f.fee;
    }
    if (!sum.qty.is_set() || !sum.quote.is_set() || !sum.fee.is_set()) return Error{"CANARY_AMOUNT", "the fills are beyond the ledger: " + name_of(order)};
    if (fees && told.cum_qty.is_set() && sum.qty == told.cum_qty) {
      const auto off = [](Decimal a, Decimal b) { return a.is_set() && abs(a - b) >= half_a_cent; };
      if (off(told.cum_quote, sum.quote) || off(told.cum_fee, sum.fee))
        return Error{"CANARY_FILLS", "the fills do not add up to what the venue says of the order: " + name_of(order)};
      return sum;
    }
    if (p_.talk.now() >= until)
      return Error{fees ? "CANARY_FILLS" : "CANARY_FEE_UNKNOWN", std::string(fees ? "the venue does not tell all fills of the order: " : "the venue does not tell the fee of a fill: ") + name_of(order)};
    if (const auto asked = p_.talk.question(ask::fills, {}, {}, begun_); !asked && !passes(asked.error())) return asked.error();
    for (int n = 0; n < 3; ++n)
      if (auto go = p_.talk.pause(); !go) return go.error();
  }
}

}  // namespace bowline::services
