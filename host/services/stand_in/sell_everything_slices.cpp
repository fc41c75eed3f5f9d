// Of a sale of everything what concerns one product: what became of its last order, and the next one.
#include <algorithm>
#include <cstring>

#include "core/identity.hpp"
#include "services/stand_in/sell_everything.hpp"

namespace bowline::services {
namespace {

using core::Nanos;

constexpr std::uint64_t tradable = 1, cancel_only = 2, limit_only = 4, post_only = 8, auction = 16, view_only = 32;
constexpr Nanos second = 1'000'000'000;
/// Of a product that is not tradable now, or has no bid.
constexpr Nanos parked_for = 5 * second;
/// Answers, and time, by which a sale that left is not there: then its id may be used again, which the venue takes once.
constexpr std::uint32_t absent_times = 3;
constexpr Nanos absent_for = 10 * second;
/// How long somebody else's sale, or a hold that nobody shows, is waited for.
constexpr Nanos foreign_for = 60 * second;
/// How long the venue may refuse to sell what is left before it is told and left: dust whose worth nobody knows is refused for ever.
constexpr Nanos refused_for = 300 * second;
constexpr std::uint32_t most_refusals = 20;
constexpr Nanos longest_pause = 10 * second;

const Decimal rungs[] = {Decimal::from_mantissa(1, -2), Decimal::from_mantissa(3, -2), Decimal::from_mantissa(8, -2)};

template <std::size_t N>
std::string_view text(const char (&field)[N]) noexcept {
  return {field, ::strnlen(field, N)};
}

}  // namespace

core::ClientOrderId SellEverything::id_of(const Product& p) const {
  return core::client_order_id(0, options_.account, p.decision, core::Purpose::emergency, 0, p.attempt);
}

// The venue has answered what it knows of the order that is out or would be the next, and what is held at that moment.
void SellEverything::judge(Product& p) {
  if (p.attempt != q_.attempt) return;  // its order has ended meanwhile: what was read is of before
  if (q_.found && !q_.works) return slice_ended(p, q_.told);
  if (q_.found) {  // by this process, or by one before it
    if (!p.out) p.since = now_;
    p.out = true;
    p.clean = p.absent = 0;
    p.venue_id = text(q_.told.venue_id);
    if (now_ - p.since < options_.exit_wait || now_ - p.cancel_asked < second) return;
    p.cancel_asked = now_;
    return cancel({{p.id, std::string(id_of(p).view()), p.venue_id, core::Side::sell}});
  }
  if (!q_.absent) return;  // it was not told
  if (!p.out) return consider(p);
  if (p.absent++ == 0) p.absent_since = now_;
  if (p.absent < absent_times || now_ - p.absent_since < absent_for) return;
  p.out = false;
  p.absent = 0;
}

void SellEverything::next_attempt(Product& p) {
  p.orders.emplace_back(id_of(p).view());
  ++p.attempt;
  p.sent.reset();
  p.out = false;
  p.absent = 0;
  p.venue_id.clear();
  p.cancel_asked = -1;
}

void SellEverything::slice_ended(Product& p, const bl_exec& e) {
  const auto told = [](bl_dec raw) { return Decimal::from_raw(raw).is_set() ? Decimal::from_raw(raw) : Decimal::zero(); };
  const EverythingNotes::Slice s{p.attempt, told(e.cum_qty), told(e.cum_quote), told(e.cum_fee)};
  p.sold = p.sold + s.sold;
  p.proceeds = p.proceeds + s.proceeds;
  p.fees = p.fees + s.fees;
  if (s.sold.is_positive() && s.proceeds.is_positive()) p.last = div(s.proceeds, s.sold, Rounding::down);
  notes_.ended(table_[p.id].symbol, s, now_);
  next_attempt(p);
  p.ended_at = request_;
  p.due = now_;
  for (Product& other : products_) other.clean = 0;  // what it was sold for may be theirs to sell
  if (s.sold.is_positive()) {
    p.refusals = 0;
    p.gave_up = false;
    p.words.clear();
  } else if (e.state == BL_S_REJECTED) {
    refused(p, std::string(text(e.text)));
  } else {
    ++p.rung;
    p.due = now_ + second;
  }
}

// A balance that somebody else took meanwhile is refused, too: it is read again, and what is left then is sold.
void SellEverything::refused(Product& p, std::string words) {
  if (p.refusals++ == 0) p.refused_since = now_;
  p.words = std::move(words);
  const Nanos pause = second << std::min<std::uint32_t>(p.refusals - 1, 4);
  p.due = now_ + std::min(pause, longest_pause);
  if (p.refusals >= most_refusals && now_ - p.refused_since >= refused_for) p.gave_up = true;
}

bool SellEverything::too_little(const Product& p, Decimal qty) const {
  if (qty < p.base_min || !qty.is_positive()) return true;
  const Decimal worth = mul(qty, price(p), Rounding::up);
  return worth.is_set() && worth < p.quote_min;
}

bool SellEverything::foreign_sale(Product& p) const {
  return std::any_of(works_.begin(), works_.end(), [&](const Told& t) {
    return t.side == core::Side::sell && table_[t.instrument].base == table_[p.id].base && !ours(t.client);
  });
}

// Another product sells the same coins, and the venue may not have them on hold yet.
bool SellEverything::base_busy(const Product& p) const {
  return std::any_of(products_.begin(), products_.end(),
                     [&](const Product& o) { return o.id != p.id && o.out && table_[o.id].base == table_[p.id].base; });
}

void SellEverything::consider(Product& p) {
  if (base_busy(p)) return;
  p.parked = p.no_bid = p.dust = p.held = false;
  if (foreign_sale(p)) {
    if (p.foreign_since < 0) p.foreign_since = now_;
    p.clean = 0;
    if (now_ - p.foreign_since < foreign_for) return;
  } else {
    p.foreign_since = -1;
  }
  const Decimal beside = p.free - host_sells(table_[p.id].base);
  Decimal qty = beside.is_positive() ? floor_to(beside, p.base_step) : Decimal::zero();
  if (!qty.is_set() || too_little(p, qty)) return nothing_left(p);
  p.held_since = -1;
  p.clean = 0;
  if (p.flags != 0 && ((p.flags & tradable) == 0 || (p.flags & (cancel_only | post_only | auction | view_only)) != 0)) {
    p.parked = true;
    p.due = now_ + parked_for;
    return;
  }
  if (p.base_max.is_set()) qty = min(qty, floor_to(p.base_max, p.base_step));
  const Decimal px = price(p);
  if (p.quote_max.is_set() && px.is_set())
    if (const Decimal most = floor_to(div(p.quote_max, px, Rounding::down), p.base_step); most.is_set()) qty = min(qty, most);
  sell(p, qty, p.free);
}

void SellEverything::nothing_left(Product& p) {
  const Decimal all = floor_to(p.total, p.base_step);
  p.dust = p.total.is_positive() && too_little(p, all);
  if (p.total.is_zero() || p.dust) {
    p.gave_up = false;
    p.clean += q_.listed ? 1 : 0;
    return;
  }
  // More is there than is free: a hold may be let go a moment after its order.
  if (p.held_since < 0) p.held_since = now_;
  const bool ours_to_wait = foreign_sale(p) || host_sells(table_[p.id].base).is_positive();
  if (ours_to_wait || now_ - p.held_since < foreign_for) {
    p.clean = 0;
    return;
  }
  p.held = true;
  p.clean += q_.listed ? 1 : 0;
}

std::optional<core::Intent> SellEverything::intent_of(const Product& p, Decimal qty) const {
  core::Intent intent = core::blank_intent();
  intent.abi.instrument = p.id.value;
  intent.abi.side = BL_SELL;
  intent.abi.flags = BL_REDUCE_ONLY;
  intent.abi.tif = BL_IOC;
  intent.abi.type = BL_MARKET;
  intent.abi.qty = qty.raw();
  intent.abi.decided_ns = now_;
  const core::ClientOrderId id = id_of(p);
  std::copy_n(id.text.begin(), sizeof intent.abi.client_id, intent.abi.client_id);
  intent.purpose = core::Purpose::emergency;
  intent.decision = p.decision;
  intent.decision_px = price(p);
  if (!shape(p, intent)) return std::nullopt;
  return intent;
}

// Its floor is the exit's own: a sale of no more than the venue says is free, which the operator has said is his.
void SellEverything::sell(Product& p, Decimal qty, Decimal free) {
  // What was sent and is not there goes again as it was: an id has one order. Where less than that is free now, it is another's turn.
  if (p.sent && qty < p.sent->qty()) next_attempt(p);
  const bool again = p.sent.has_value();
  std::optional<core::Intent> intent = again ? p.sent : intent_of(p, qty);
  if (!intent) {
    p.no_bid = true;
    p.due = now_ + parked_for;
    return;
  }
  if (options_.send_within != 0) intent->abi.not_after_ns = now_ + options_.send_within;
  core::Portfolio book(table_, core::AssetId{1}, Decimal::zero());
  const Decimal px = price(p);
  if (!book.set_cash(table_[p.id].base, free)) return refused(p, "its balance is beyond the ledger");
  // What it is worth is nothing to the floor: a price by which that would be beyond any amount is no reason not to sell.
  auto taken = book.adopt(p.id, free, px.is_set() ? px : Decimal::from_mantissa(1, 0), now_);
  if (!taken) taken = book.adopt(p.id, free, Decimal::from_mantissa(1, 0), now_);
  if (!taken) return refused(p, taken.error().message);
  std::vector<core::CheckRecord> checks;
  const core::RiskAnswer judged = floor_.approve(*intent, book, Decimal::zero(), false, checks);
  const auto* approved = std::get_if<core::RiskApproved<core::Intent>>(&judged);
  if (approved == nullptr) return refused(p, std::get<core::RiskRefusal>(judged).code);
  const auto proof = notes_.record(*approved, table_[p.id].symbol, p.attempt, now_);
  if (!proof) return refused(p, proof.error().message);
  p.sent = intent;
  p.out = true;
  p.since = now_;
  p.absent = 0;
  p.due = now_ + second;
  Error why;
  const HandOver handed = broker_.submit(*proof, why);
  if (handed == HandOver::denied) {  // no byte left: the same id is the next one's
    p.out = false;
    if (!again) p.sent.reset();
    trouble_ = why;
    if (says_again(why)) p.due = now_ + second / 2;
    else refused(p, why.message);
  }
}

// A market order, or the ladder (trading rules 3.2): a limit that is met at once, further below the bid each time. False: the
// operator has set an end, and there is no bid to count it from.
bool SellEverything::shape(const Product& p, core::Intent& intent) const {
  if (!options_.end.is_set() && (p.flags & limit_only) == 0) return true;
  if (!p.bid.is_set()) return !options_.end.is_set();
  const Decimal last = options_.end.is_set() ? options_.end : rungs[2];
  const Decimal below = p.rung < std::size(rungs) ? min(rungs[p.rung], last) : last;
  const Decimal px = floor_to(p.bid - mul(p.bid, below, Rounding::up), p.px_step);
  if (!px.is_set() || !px.is_positive()) return !options_.end.is_set();
  intent.abi.type = BL_LIMIT;
  intent.abi.limit_px = px.raw();
  return true;
}

}  // namespace bowline::services
