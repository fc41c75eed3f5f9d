// What a canary may have left at the venue, its own process or one before it: ended, sold, or named.
#include <algorithm>

#include "services/canary/canary.hpp"

namespace bowline::services {
namespace {

using core::Nanos;

constexpr Nanos second = 1'000'000'000;
constexpr Nanos end_within = 60 * second;
constexpr std::uint32_t absent_times = 3;
constexpr Nanos absent_for = 10 * second;
constexpr std::uint32_t most_sales = 4;

}  // namespace

void Canary::end_all() {
  p_.talk.insist();
  const CanaryNotes::Unfinished run = *p_.notes.unfinished();
  const std::int64_t begun = p_.steady_ns();
  const auto say = [&](std::string text) { told({"clean up", std::move(text), report_.left.empty(), p_.steady_ns() - begun}); };
  instrument_ = p_.table.find(run.symbol);
  if (!instrument_) {
    report_.left.push_back("the orders of canary " + run.run + ", of " + run.symbol + ", which is none of this configuration's instruments: look at the venue for order ids " +
                           std::string(id_of(run.symbol, run.run, Leg::far, 0).view()) + ", " + std::string(id_of(run.symbol, run.run, Leg::buy, 0).view()) + ", " +
                           std::string(id_of(run.symbol, run.run, Leg::stop, 0).view()) + ", " + std::string(id_of(run.symbol, run.run, Leg::sale, 0).view()));
    return say("canary " + run.run + " can't be ended here");
  }
  Sum bought, sold;
  std::size_t ended = 0;
  for (const CanaryNotes::Sent& sent : run.sent)
    if (end_one(sent, bought, sold)) ++ended;
  const Decimal rest = bought.qty - sold.qty;
  if (!rest.is_set() || rest.is_negative()) report_.left.push_back("more was sold than bought by canary " + run.run + ": look at the venue");
  else if (rest.is_positive()) sell_rest(rest);
  if (report_.left.empty())
    if (auto over = p_.notes.over(false, p_.talk.now()); !over) report_.left.push_back("nothing at the venue; but the end of canary " + run.run + " could not be noted: " + over.error().message);
  say("canary " + run.run + ": " + std::to_string(ended) + " of " + std::to_string(run.sent.size()) + " orders are known to have ended" +
      (rest.is_set() && rest.is_positive() ? ", " + rest.to_string() + " of " + run.symbol + " were still held" : "") + (report_.left.empty() ? ": nothing is left at the venue" : ""));
}

// True: it has ended, or was never there. Else it is among what is left.
bool Canary::end_one(const CanaryNotes::Sent& sent, Sum& bought, Sum& sold) {
  const CanaryNotes::Unfinished& run = *p_.notes.unfinished();
  const core::ClientOrderId id = id_of(run.symbol, run.run, sent.leg, sent.attempt);
  std::string venue = sent.venue;
  const Nanos until = p_.talk.now() + end_within;
  const bool at_once = sent.leg == Leg::buy || sent.leg == Leg::sale;  // ends by itself, where nothing is wrong
  Nanos absent_since = 0, cancel_at = at_once ? sent.time + 10 * second : 0;
  std::uint32_t absent = 0;
  Error why{"CANARY_NO_OUTCOME", "the venue does not say what became of it"};
  for (;;) {
    const ToldOrder* o = p_.talk.order(id.view());
    if (o != nullptr && !o->venue.empty()) venue = o->venue;
    if (o != nullptr && o->over()) {
      const bool refused = o->state == BL_S_REJECTED && !o->cum_qty.is_set();
      if (refused) return true;
      if (o->cum_qty.is_set()) {
        Sum& into = sent.leg == Leg::far || sent.leg == Leg::buy ? bought : sold;
        into.qty += o->cum_qty;
        return true;
      }
      why = {"CANARY_NO_OUTCOME", "it is over, and how much of it has filled is not told"};
    } else if (o != nullptr && o->works() && p_.talk.now() >= cancel_at) {
      cancel_at = p_.talk.now() + 5 * second;
      const bl_order_ref ref{{id.view().data(), id.view().size()}, {venue.data(), venue.size()}};
      if (const auto asked = p_.talk.broker().cancel({&ref, 1}); !asked) why = asked.error();
    }
    if (p_.talk.now() >= until) break;
    const auto seen = p_.talk.question(ask::order, id.view(), venue);
    if (!seen) {
      why = seen.error();
      if (why.code != "VENUE_SILENT" && why.code != "VENUE_INCOMPLETE") break;  // the plugin is of no use any more
    } else if (!seen->absent) {
      absent = 0;
    } else if (o = p_.talk.order(id.view()); submitted_.contains(id.view()) && (o == nullptr || !o->lost)) {
      why = {"CANARY_NO_OUTCOME", "the venue's plugin has not said what became of it"};
    } else {
      if (absent++ == 0) absent_since = p_.talk.now();
      if (absent >= absent_times && p_.talk.now() - absent_since >= absent_for) return true;  // it never was there
    }
    bool go = true;
    for (int n = 0; n < 5 && go; ++n)
      if (const auto waited = p_.talk.pause(); !waited) why = waited.error(), go = false;
    if (!go) break;
  }
  const ToldOrder* o = p_.talk.order(id.view());
  report_.left.push_back("order " + std::string(id.view()) + (venue.empty() ? std::string() : ", at the venue " + venue) + ", the " + std::string(to_string(sent.leg)) + " of " + run.symbol +
                         (o != nullptr && o->works() ? ", works" : ", may work or have filled") + ": " + why.code + ": " + why.message);
  return false;
}

void Canary::sell_rest(Decimal qty) {
  const CanaryNotes::Unfinished run = *p_.notes.unfinished();
  std::uint32_t attempt = 0;
  for (const CanaryNotes::Sent& s : run.sent)
    if (s.leg == Leg::sale) attempt = std::max(attempt, s.attempt + 1);
  const core::Instrument ins = p_.table[instrument_];
  std::string why;
  for (std::uint32_t n = 0; n < most_sales && qty.is_positive(); ++n, ++attempt) {
    const auto seen = p_.talk.question(ask::balances | ask::products);
    if (!seen) {
      why = seen.error().code + ": " + seen.error().message;
      if (seen.error().code != "VENUE_SILENT" && seen.error().code != "VENUE_INCOMPLETE") break;
      continue;
    }
    if (const auto p = seen->products.find(instrument_.value); p != seen->products.end()) product_ = p->second;
    const auto held = seen->balances.find(ins.base.value);
    const Decimal free = held == seen->balances.end() ? Decimal::zero() : max(held->second.total - held->second.hold, Decimal::zero());
    const Decimal step = product_.base_step.is_set() ? product_.base_step : ins.rules.base_step;
    const Decimal sellable = floor_to(min(qty, free), step);
    if (!sellable.is_positive()) {
      why = "no more of it is free at the venue than its step";
      if (n + 1 < most_sales)  // a hold may be let go a moment after its order
        for (int k = 0; k < 10; ++k) static_cast<void>(p_.talk.pause());
      continue;
    }
    core::Intent i = intent_of(Leg::sale, attempt, BL_SELL, BL_MARKET, BL_IOC);
    i.abi.flags = BL_REDUCE_ONLY;
    i.abi.qty = sellable.raw();
    const auto sent = send(Leg::sale, attempt, i, sellable);
    if (!sent) {
      why = sent.error().code + ": " + sent.error().message;
      continue;
    }
    Sum none, sold;
    // The newest one that was recorded.
    if (!end_one(p_.notes.unfinished()->sent.back(), none, sold)) return;  // it is named, and may have sold: nothing is sold beside it
    qty = qty - sold.qty;
    if (const ToldOrder* o = p_.talk.order(sent->id.view()); o != nullptr && !o->text.empty()) why = o->text;
  }
  if (qty.is_negative())
    report_.left.push_back("canary " + run.run + " sold " + (-qty).to_string() + " " + std::string(p_.table.asset_code(ins.base)) + " more than it had bought: the venue filled more than was ordered");
  if (qty.is_positive())
    report_.left.push_back(qty.to_string() + " " + std::string(p_.table.asset_code(ins.base)) + ", bought by canary " + run.run + " with order " +
                           std::string(id_of(run.symbol, run.run, Leg::buy, 0).view()) + ": sell it at the venue by hand" + (why.empty() ? std::string() : " (" + why + ")"));
}

}  // namespace bowline::services
