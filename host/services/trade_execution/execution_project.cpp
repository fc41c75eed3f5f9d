// Entries of one step are projected onto what fits before there are orders (trading rules 1.3). They are judged in turn, each
// beside those before it; nearly always all of them fit, and that is all. Where one does not get what it would get alone, each
// gets its part of what they share (core/projection.hpp), and they are judged in turn again: rules and floor have the last word.
#include <algorithm>
#include <array>

#include "core/beside_view.hpp"
#include "core/projection.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

using core::CheckRecord;
using core::Claim;
using core::InstrumentId;
using core::Nanos;
using core::Room;
using Approved = core::RiskApproved<core::Intent>;

/// Refusals of the floor that a smaller order can escape.
constexpr std::array<std::string_view, 4> of_amounts{"QUOTE_BALANCE_SHORT", "TOTAL_NOTIONAL_LIMIT", "DAY_NOTIONAL_LIMIT", "ORDER_NOTIONAL_LIMIT"};

const core::SharedText& projection() {
  static const core::SharedText name = std::make_shared<const std::string>("projection");
  return name;
}

CheckRecord cut_to(Decimal most, std::string code, Decimal value, Decimal limit, std::string reason) {
  CheckRecord c;
  c.rule_source = projection();
  c.action = most.is_positive() ? 2 : 0;
  c.code = std::move(code);
  c.value = value;
  c.limit = limit;
  c.max_qty = most;
  c.reason = std::move(reason);
  return c;
}

/// Its part of what it wanted, for people.
std::string told(Decimal factor) { return round_to(factor, Decimal::from_mantissa(1, -6), Rounding::down).to_string(); }

CheckRecord share_of(const core::Share& share, const core::Projection& p, std::span<const Claim> claims) {
  const Room& room = p.rooms[share.room];
  const bool some = share.qty.is_positive();
  return cut_to(share.qty, room.code, wanted_of(room, claims), room.left,
                "the entries of this step share " + room.of + (some ? ": each gets " : ": the part of it, ") + told(share.factor) +
                    (some ? " of its wish" : " of its wish, makes no order"));
}

/// Who made the answer of the rules less than all.
const CheckRecord* binding(const std::vector<CheckRecord>& checks) {
  const auto last = std::find_if(checks.rbegin(), checks.rend(), [](const CheckRecord& c) { return c.action != 1; });
  return last == checks.rend() ? nullptr : &*last;
}

}  // namespace

// The smallest quantity that is an order of its product, and is worth one.
Decimal Execution::least_order(const core::Intent& entry) const {
  const core::ProductRules& rules = table_[entry.instrument()].rules;
  const Decimal touch = floor_to(portfolio_.bid(entry.instrument()), rules.px_step), worth = mul(portfolio_.equity(), options_.min_trade, Rounding::down);
  if (!touch.is_set() || !touch.is_positive() || !worth.is_set()) return Decimal::not_set();
  const Decimal by_notional = div(max(rules.quote_min, worth), touch, Rounding::up);
  return by_notional.is_set() ? ceil_to(max(max(rules.base_min, rules.base_step), by_notional), rules.base_step) : by_notional;
}

// What the host knows that entries have in common, as its floor reckons it.
std::vector<Room> Execution::common_rooms(std::span<EntryWish* const> entries, bool with_drift, Nanos now) const {
  const core::Intent& any = entries.front()->intent;
  const Decimal working = core::being_bought(any, portfolio_, view_.get()).all;
  const core::FloorLimits& limits = chain_.limits();
  std::vector<Room> rooms;
  const auto room = [&](std::string_view code, std::string_view of, Decimal left, auto unit) {
    Room& r = rooms.emplace_back(Room{std::string(code), std::string(of), left, {}});
    for (const EntryWish* w : entries) r.unit.push_back(unit(w->intent));
  };
  const auto price = [](const core::Intent& i) { return i.limit_px(); };
  for (std::size_t first = 0; first < entries.size(); ++first) {
    const core::AssetId quote = table_[entries[first]->intent.instrument()].quote;
    const auto same = [&](const EntryWish* w) { return table_[w->intent.instrument()].quote == quote; };
    if (std::any_of(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(first), same)) continue;
    Decimal fee = Decimal::zero();
    for (const EntryWish* w : entries)
      if (same(w)) fee = max(fee, table_[w->intent.instrument()].rules.taker_fee);
    const Decimal taken = core::being_bought(entries[first]->intent, portfolio_, view_.get()).of_wallet;
    room("QUOTE_BALANCE_SHORT", "the quote balance", portfolio_.cash(quote) - taken - mul(taken, fee, Rounding::up), [&](const core::Intent& i) {
      return table_[i.instrument()].quote == quote ? i.limit_px() + mul(i.limit_px(), fee, Rounding::up) : Decimal::zero();
    });
  }
  if (limits.max_total.is_set())
    room("TOTAL_NOTIONAL_LIMIT", "execution.floor.max_total", limits.max_total - portfolio_.invested() - working, price);
  if (limits.max_day.is_set())
    room("DAY_NOTIONAL_LIMIT", "execution.floor.max_day", limits.max_day - facts(any.instrument(), now).day_notional, price);
  if (const auto left = with_drift ? exposure_room() : std::nullopt)
    room("DRIFT_CAP", "execution.drift.exposure", *left, [&](const core::Intent& i) { return max(i.limit_px(), portfolio_.mark(i.instrument()).last); });
  return rooms;
}

Decimal Execution::allowed_alone(const EntryWish& w) {
  std::vector<CheckRecord> said;
  Decimal allowed = Decimal::zero();
  return chain_.advise(w.intent, table_, view_.get(), said, allowed) ? allowed : Decimal::zero();
}

// In the order of the configuration, each beside those before it. Nothing is changed by it but the wishes' answers.
void Execution::judge_in_turn(Nanos now) {
  core::BesideView view(view_.get());
  Decimal drift_left = Decimal::not_set();
  if (wishes_.size() > 1)
    if (const auto room = exposure_room()) drift_left = *room;
  Decimal bought = Decimal::zero();
  std::uint32_t made = 0;
  for (EntryWish& w : wishes_) {
    const core::Instrument& ins = table_[w.intent.instrument()];
    core::FloorFacts f = facts(ins.id, now);
    f.day_notional = f.day_notional + bought;
    f.orders_last_minute += made;
    f.day_orders += made;
    std::optional<core::Cut> cut = w.share;
    if (drift_left.is_set()) {  // no plugin and not the floor knows of it
      const Decimal room = div(drift_left, portfolio_.mark(ins.id).last, Rounding::down);
      const Decimal fits = room.is_set() ? floor_to(room, ins.rules.base_step) : Decimal::zero();
      if (fits < (cut ? cut->most : w.intent.qty()))
        cut = core::Cut{fits, cut_to(fits, "DRIFT_CAP", w.intent.qty(), fits, "more would be trimmed again: all positions are at their cap then")};
    }
    w.record.checks = w.cuts;
    w.answer.emplace(chain_.approve(w.intent, portfolio_, view.get(), f, w.record.checks, cut ? &*cut : nullptr));
    const auto* approved = std::get_if<Approved>(&*w.answer);
    if (approved == nullptr) continue;
    const Decimal notional = mul((*approved)->qty(), (*approved)->limit_px(), Rounding::up);
    view.add((*approved)->abi, (*approved)->qty());
    bought = bought + notional;
    if (drift_left.is_set()) drift_left = max(drift_left - notional, Decimal::zero());
    ++made;
  }
}

// Whether somebody got less than there would be for him alone.
bool Execution::short_of_room() {
  bool some = false;  // that somebody else got
  for (const EntryWish& w : wishes_) {
    const auto* approved = std::get_if<Approved>(&*w.answer);
    const Decimal got = approved != nullptr ? (*approved)->qty() : Decimal::zero();
    if (got < w.intent.qty()) {
      const std::vector<CheckRecord>& checks = w.record.checks;
      if (std::any_of(checks.begin(), checks.end(), [](const CheckRecord& c) { return c.rule_source == projection(); })) return true;
      const bool by_floor = approved == nullptr && checks.back().rule_source == chain_.floor_name();
      if (by_floor && std::find(of_amounts.begin(), of_amounts.end(), checks.back().code) != of_amounts.end()) return true;
      if (!by_floor && some && allowed_alone(w) > got) return true;
    }
    some = some || approved != nullptr;
  }
  return false;
}

// To what an order may be, and what there is of everything that is shared.
bool Execution::cut_alone(EntryWish& w, Decimal least, Nanos now) {
  const core::ProductRules& rules = table_[w.intent.instrument()].rules;
  const Decimal px = w.intent.limit_px(), asked = w.intent.qty();
  const auto cut = [&w](Decimal most, CheckRecord why) {
    w.intent.abi.qty = most.raw();
    w.cuts.push_back(std::move(why));
  };
  if (const Decimal cap = chain_.limits().max_order; cap.is_set()) {
    const Decimal most = floor_to(div(cap, px, Rounding::down), rules.base_step);
    if (most.is_set() && most >= least) w.wanted = min(w.wanted, most);
    if (w.wanted < asked)
      cut(w.wanted, cut_to(w.wanted, "ORDER_NOTIONAL_LIMIT", mul(px, asked, Rounding::up), cap, "more than execution.floor.max_order: the rest is another order's"));
  }
  EntryWish* const only[] = {&w};
  const Claim claim{w.intent.instrument(), w.intent.qty(), least, rules.base_step, px};
  const core::Projection p = project({&claim, 1}, common_rooms(only, false, now));
  const core::Share& share = p.shares.front();
  if (share.qty.is_positive() && share.qty < w.intent.qty()) {
    const Room& room = p.rooms[share.room];
    cut(share.qty, cut_to(share.qty, room.code, wanted_of(room, {&claim, 1}), room.left, "more than there is of " + room.of + ": as much as there is, " + told(share.factor) + " of it"));
  }
  return w.intent.qty() < asked;
}

// Gives each its share of what they have in common. False: nothing is to be judged anew.
bool Execution::share_out(Nanos now) {
  bool changed = false;
  std::vector<EntryWish*> entries;  // whom the floor would let have something
  std::vector<Decimal> least;
  for (EntryWish& w : wishes_) {
    const Decimal smallest = least_order(w.intent);
    if (!smallest.is_set() || smallest > w.intent.qty()) continue;
    core::Intent probe = w.intent;
    probe.abi.qty = smallest.raw();
    if (!chain_.floor_lets_through(probe, portfolio_, view_.get(), facts(w.intent.instrument(), now))) continue;
    changed = cut_alone(w, smallest, now) || changed;
    entries.push_back(&w);
    least.push_back(smallest);
  }
  if (entries.size() < 2) return changed;

  // A number of orders can't be shared out: the first ones are made. Who makes none takes no room from others.
  const core::FloorFacts f = facts(entries.front()->intent.instrument(), now);  // it lets one more through
  std::size_t orders = entries.size();
  if (const std::uint32_t rate = chain_.limits().max_orders_per_minute; rate > 0) orders = std::min<std::size_t>(orders, rate - f.orders_last_minute);
  if (f.ramp_orders > 0) orders = std::min<std::size_t>(orders, f.ramp_orders - f.day_orders);
  std::vector<EntryWish*> claimants;
  std::vector<Claim> claims;
  for (std::size_t i = 0; i < entries.size() && claims.size() < orders; ++i) {
    const core::Intent& in = entries[i]->intent;
    const Decimal allowed = allowed_alone(*entries[i]);
    if (!allowed.is_positive()) continue;
    const Decimal wanted = allowed < in.qty() ? allowed : entries[i]->wanted;
    claimants.push_back(entries[i]);
    claims.push_back({in.instrument(), wanted, min(least[i], wanted), table_[in.instrument()].rules.base_step, in.limit_px()});
  }
  if (claims.size() < 2) return changed;

  core::BesideView view(view_.get());
  core::AskRules ask;
  if (!chain_.rules().empty())
    ask = [&](std::size_t claim, std::span<const Decimal> beside) {
      view.clear();
      for (std::size_t i = 0; i < claimants.size(); ++i)
        if (i != claim && beside[i].is_positive()) view.add(claimants[i]->intent.abi, beside[i]);
      const core::Intent& in = claimants[claim]->intent;
      std::vector<CheckRecord> said;
      core::Allowed a;
      chain_.advise(in, table_, view.get(), said, a.qty);
      if (a.qty == in.qty()) a.qty = max(a.qty, claims[claim].wanted);  // all that was asked for
      if (const CheckRecord* who = binding(said)) {
        a.rule = *who->rule_source;
        a.code = who->code;
      }
      return a;
    };
  const core::Projection p = project(claims, common_rooms(claimants, true, now), ask);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const core::Share& share = p.shares[i];
    if (share.room == core::Share::no_room || share.qty >= claimants[i]->intent.qty()) continue;
    claimants[i]->share = core::Cut{share.qty, share_of(share, p, claims)};
    changed = true;
  }
  return changed;
}

void Execution::place_entries(Nanos now) {
  if (wishes_.empty()) return;
  judge_in_turn(now);
  if (short_of_room() && share_out(now)) judge_in_turn(now);
  for (EntryWish& w : wishes_) {
    if (const auto* refused = std::get_if<core::RiskRefusal>(&*w.answer)) {
      w.record.code = std::make_shared<const std::string>(refused->code);
      sizing(std::move(w.record));
      continue;
    }
    const auto& approved = std::get<Approved>(*w.answer);
    w.record.order = core::ClientOrderId(approved->client_id());
    w.record.order_qty = approved->qty();
    count_entry(*approved, now);
    approved_.push_back(approved);
    sized_.push_back(std::move(w.record));
  }
  wishes_.clear();
}

void Execution::consider(InstrumentId id, Nanos now) {
  propose(id, now);
  place_entries(now);
}

}  // namespace bowline::services
