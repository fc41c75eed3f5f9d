#include "core/risk_chain.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/contract.hpp"

namespace bowline::core {
namespace {

std::string_view text_of(const char* field, std::size_t cap) { return {field, ::strnlen(field, cap)}; }

CheckRecord floor_check(const SharedText& who, std::string_view code, Decimal value, Decimal limit, std::string reason) {
  CheckRecord c;
  c.rule_source = who;
  c.action = code.empty() ? 1 : 0;
  c.code = code;
  c.value = value;
  c.limit = limit;
  c.reason = std::move(reason);
  return c;
}

/// Notional of an intent in its quote asset: by cost, by limit, or at the ask for a market order. Fee not inside.
Decimal notional_of(const Intent& intent, const Portfolio& book) {
  if (intent.quote_qty().is_set()) return intent.quote_qty();
  Decimal px = intent.limit_px();
  if (!px.is_set()) px = intent.side() == Side::buy ? book.ask(intent.instrument()) : book.bid(intent.instrument());
  return px.is_set() ? mul(px, intent.qty(), Rounding::up) : Decimal::not_set();
}

constexpr auto codes = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"GATE_CLOSED", "the order gate is closed: emergency stop, watchdog, the disk of the journal is or was full, or the process is ending"},
    {"STATE_HALTED", "trading is halted: only protective stops and the operator's exits run"},
    {"STATE_REDUCING", "trading is reducing: entries and increases are denied"},
    {"PRODUCT_LOCKED", "an operator has locked the product: nothing more is bought of it until the lock expires or is taken off"},
    {"PRODUCT_NOT_LISTED", "execution.allow and execution.deny let nothing be bought of the product in this run"},
    {"STORE_DOWN", "the SQL store cannot be written: entries are denied until it can, exits go on"},
    {"PEG_BROKEN", "the product's quote asset is pegged, and its price is outside the band: exits go on"},
    {"PEG_UNKNOWN", "the product's quote asset is pegged, and its price is not known, or too old: exits go on"},
    {"PEG_PRODUCT", "the product's base asset is cash here: it tells the price of a peg and is not bought"},
    {"MARK_MISSING", "the product has no price yet"},
    {"MARK_STALE", "the product's price is older than execution.floor.max_mark_age"},
    {"MARK_JUMPED", "the product's price has moved at once by more than execution.floor.mark_jump, less than execution.floor.mark_jump_wait ago"},
    {"PRICE_OUTSIDE_COLLAR", "the limit price is further from the mark than execution.floor.price_collar allows"},
    {"ORDER_NOTIONAL_LIMIT", "the order is larger than execution.floor.max_order"},
    {"DAY_NOTIONAL_LIMIT", "with it, the day's entries would pass execution.floor.max_day"},
    {"TOTAL_NOTIONAL_LIMIT", "with it, what is invested and working would pass execution.floor.max_total"},
    {"ORDER_RATE_LIMIT", "more orders in a minute than execution.floor.max_orders_per_minute"},
    {"RAMP_NOTIONAL", "with it, the day's entries would pass the ramp's amount (execution.ramp.usd_per_day, or what an operator has raised it to)"},
    {"RAMP_ORDERS", "with it, the day's entries would be more than the ramp lets through (execution.ramp.orders_per_day, or what an operator has raised it to)"},
    {"QUOTE_BALANCE_SHORT", "the quote balance does not cover the order with its fee and what is working"},
    {"QUANTITY_BELOW_STEP", "after rounding to the product's step nothing is left"},
    {"BELOW_MINIMUM", "below the product's smallest quantity or notional"},
    {"RISK_RULE_FAILED", "a risk plugin failed or is quarantined: it answers REJECT"},
    {"RISK_REJECTED", "a risk plugin refused, or would cut what it cannot cut, and gave no code of its own"},
    {"EXIT_BEYOND_POSITION", "the sale and all working sales exceed the position: not risk-reducing"},
    {"EXIT_FROZEN", "freeze is on: the only state without exits"},
});

}  // namespace

std::span<const std::pair<std::string_view, std::string_view>> floor_codes() noexcept { return codes; }

RiskChain::RiskChain(std::vector<std::unique_ptr<RiskRule>> rules, FloorLimits limits, SharedText floor_name)
    : rules_(std::move(rules)), limits_(limits), floor_name_(std::move(floor_name)) {}

CheckRecord RiskChain::ask(RiskRule& rule, const Intent& intent, const bl_portfolio& view) {
  bl_verdict v{};
  v.size = sizeof v;
  v.max_qty = v.value = v.limit = Decimal::not_set().raw();
  const bl_intent shown = intent.abi;  // what a plugin writes into it is nobody's order
  const bool worked = rule.check(shown, view, v);
  CheckRecord c;
  c.rule_source = rule.name();
  c.action = worked ? static_cast<std::uint8_t>(v.action > 2 ? 0 : v.action) : 0;
  c.code = std::string(text_of(v.code, sizeof v.code));
  c.reason = std::string(text_of(v.reason, sizeof v.reason));
  if (!worked) c.code = "RISK_RULE_FAILED";
  if (c.action == 0 && c.code.empty()) c.code = "RISK_REJECTED";
  c.value = Decimal::from_raw(v.value);
  c.limit = Decimal::from_raw(v.limit);
  c.max_qty = Decimal::from_raw(v.max_qty);
  return c;
}

void RiskChain::opinions(const Intent& exit, const bl_portfolio& view, std::vector<CheckRecord>& checks) const {
  std::vector<CheckRecord> said;
  for (const auto& rule : rules_) said.push_back(ask(*rule, exit, view)), said.back().measure = true;
  checks.insert(checks.begin(), std::make_move_iterator(said.begin()), std::make_move_iterator(said.end()));  // the verdict stays the last line
}

bool RiskChain::run_rules(Intent& intent, const InstrumentTable& table, const bl_portfolio& view,
                          std::vector<CheckRecord>& checks) {
  const Instrument& ins = table[intent.instrument()];
  for (const auto& rule : rules_) {
    CheckRecord c = ask(*rule, intent, view);
    if (c.action == 0) {
      checks.push_back(std::move(c));
      return false;
    }
    if (c.action == 2) {
      // A rule may shrink, never enlarge; whatever it says above the proposed quantity counts as allowed.
      const Decimal now_qty = intent.qty();
      if (now_qty.is_set() && c.max_qty.is_set() && !c.max_qty.is_negative() && c.max_qty < now_qty) {
        const Decimal cut = floor_to(c.max_qty, ins.rules.base_step);
        if (!cut.is_positive() || cut < ins.rules.base_min) {
          c.action = 0;
          if (c.code.empty()) c.code = "QUANTITY_BELOW_STEP";
          checks.push_back(std::move(c));
          return false;
        }
        intent.abi.qty = cut.raw();
      } else if (!now_qty.is_set() || !c.max_qty.is_set() || c.max_qty.is_negative()) {
        c.action = 0;  // a shrink that can't be carried out is a refusal
        if (c.code.empty()) c.code = "RISK_REJECTED";
        checks.push_back(std::move(c));
        return false;
      }
    }
    checks.push_back(std::move(c));
  }
  return true;
}

BeingBought being_bought(const Intent& intent, const Portfolio& book, const bl_portfolio& view) {
  // In-flight, unknown and resting orders count in every limit (trading rules 5.5).
  const AssetId wallet = book.instruments()[intent.instrument()].quote;
  BeingBought sum;
  for (std::uint32_t i = 0; i < view.n_working; ++i) {
    const bl_working& w = *view.working[i];
    if (w.intent->side != BL_BUY) continue;
    // The order that is judged again, to be sent again, is not working beside itself.
    if (std::strncmp(w.intent->client_id, intent.abi.client_id, sizeof w.intent->client_id) == 0) continue;
    const Decimal leaves = Decimal::from_raw(w.leaves_qty);
    Decimal px = Decimal::from_raw(w.intent->limit_px);
    if (!px.is_set()) px = book.ask({w.intent->instrument});
    const Decimal cost = leaves.is_set() && px.is_set() ? mul(leaves, px, Rounding::up) : Decimal::from_raw(w.intent->quote_qty);
    if (!(leaves.is_set() && px.is_set()) && !cost.is_set()) continue;
    sum.all = sum.all + cost;
    // Each wallet is its own cash (trading rules 5.7).
    if (book.instruments()[{w.intent->instrument}].quote == wallet) sum.of_wallet = sum.of_wallet + cost;
  }
  return sum;
}

bool RiskChain::run_floor(const Intent& intent, const Portfolio& book, const bl_portfolio& view, const FloorFacts& facts,
                          std::vector<CheckRecord>& checks) const {
  const InstrumentId id = intent.instrument();
  const Instrument& ins = book.instruments()[id];
  const auto refuse = [&](std::string_view code, Decimal value, Decimal limit, std::string why) {
    checks.push_back(floor_check(floor_name_, code, value, limit, std::move(why)));
    return false;
  };
  const Decimal none = Decimal::not_set();
  // A sum that does not fit is beyond every cap: it must refuse, and comparing it would stop the process.
  const auto over = [](Decimal value, Decimal cap) { return !value.is_set() || !cap.is_set() || value > cap; };
  // Kept: told for who explains. The verdict is the last line, and counts alone.
  const auto kept = [&](std::string_view code, Decimal value, Decimal limit) {
    if (!facts.measure) return;
    CheckRecord& c = checks.emplace_back(floor_check(floor_name_, code, value, limit, ""));
    c.action = 1;
    c.measure = true;
  };
  if (!facts.gate_open) return refuse("GATE_CLOSED", none, none, "the order gate is closed");
  if (facts.state == TradingState::halted) return refuse("STATE_HALTED", none, none, "trading is halted");
  if (facts.state == TradingState::reducing) return refuse("STATE_REDUCING", none, none, "trading is reducing");
  if (!facts.listed) return refuse("PRODUCT_NOT_LISTED", none, none, "nothing is bought of " + ins.symbol + " in this run");
  if (facts.locked) return refuse("PRODUCT_LOCKED", none, none, "an operator has locked " + ins.symbol);
  if (!facts.store_up) return refuse("STORE_DOWN", none, none, "the store can't be written");
  if (const std::string_view why = book.peg_refusal(id, facts.now); !why.empty())
    return refuse(why, book.pegs().last(ins.quote), none, "what " + ins.symbol + " is paid with does not count as cash now, or it is cash itself");
  const Mark& mark = book.mark(id);
  if (!mark.last.is_set()) return refuse("MARK_MISSING", none, none, "no price of " + ins.symbol + " yet");
  if (limits_.max_mark_age > 0) {
    const Decimal age = Decimal::from_mantissa(facts.now - mark.time, -9), most = Decimal::from_mantissa(limits_.max_mark_age, -9);
    if (age > most) return refuse("MARK_STALE", age, most, "the price of " + ins.symbol + " is too old");
    kept("MARK_STALE", age, most);
  }
  if (facts.now < facts.jumped_until) return refuse("MARK_JUMPED", none, limits_.mark_jump, "the price of " + ins.symbol + " has just jumped");
  if (limits_.price_collar.is_set() && intent.limit_px().is_set()) {
    const Decimal away = abs(intent.limit_px() - mark.last);
    const Decimal room = mul(mark.last, limits_.price_collar, Rounding::down);
    if (over(away, room)) return refuse("PRICE_OUTSIDE_COLLAR", away, room, "the limit price is outside the collar");
    kept("PRICE_OUTSIDE_COLLAR", away, room);
  }
  if (intent.qty().is_set()) {
    if (!intent.qty().is_positive()) return refuse("QUANTITY_BELOW_STEP", intent.qty(), ins.rules.base_step, "nothing to order");
    if (intent.qty() < ins.rules.base_min)
      return refuse("BELOW_MINIMUM", intent.qty(), ins.rules.base_min, "below the smallest quantity");
  }
  const Decimal notional = notional_of(intent, book);
  if (!notional.is_set()) return refuse("MARK_MISSING", none, none, "the order can't be valued");
  if (notional < ins.rules.quote_min) return refuse("BELOW_MINIMUM", notional, ins.rules.quote_min, "below the smallest notional");
  kept("BELOW_MINIMUM", notional, ins.rules.quote_min);
  if (limits_.max_order.is_set()) {
    if (over(notional, limits_.max_order)) return refuse("ORDER_NOTIONAL_LIMIT", notional, limits_.max_order, "order above the cap");
    kept("ORDER_NOTIONAL_LIMIT", notional, limits_.max_order);
  }
  if (limits_.max_day.is_set()) {
    const Decimal day = facts.day_notional + notional;
    if (over(day, limits_.max_day)) return refuse("DAY_NOTIONAL_LIMIT", day, limits_.max_day, "day's entries above the cap");
    kept("DAY_NOTIONAL_LIMIT", day, limits_.max_day);
  }
  if (limits_.max_orders_per_minute > 0) {
    const Decimal sent = Decimal::from_int(facts.orders_last_minute), most = Decimal::from_int(limits_.max_orders_per_minute);
    if (facts.orders_last_minute >= limits_.max_orders_per_minute) return refuse("ORDER_RATE_LIMIT", sent, most, "too many orders in a minute");
    kept("ORDER_RATE_LIMIT", sent, most);
  }
  if (facts.ramp_notional.is_set()) {
    const Decimal day = facts.day_notional + notional;
    if (over(day, facts.ramp_notional)) return refuse("RAMP_NOTIONAL", day, facts.ramp_notional, "day's entries above the ramp");
    kept("RAMP_NOTIONAL", day, facts.ramp_notional);
  }
  if (facts.ramp_orders > 0) {
    const Decimal made = Decimal::from_int(std::int64_t{facts.day_orders} + 1), most = Decimal::from_int(facts.ramp_orders);
    if (made > most) return refuse("RAMP_ORDERS", made, most, "more entries in the day than the ramp lets through");
    kept("RAMP_ORDERS", made, most);
  }
  const auto [working, same_wallet] = being_bought(intent, book, view);
  if (limits_.max_total.is_set()) {
    const Decimal total = book.invested() + working + notional;
    if (over(total, limits_.max_total)) return refuse("TOTAL_NOTIONAL_LIMIT", total, limits_.max_total, "invested above the cap");
    kept("TOTAL_NOTIONAL_LIMIT", total, limits_.max_total);
  }
  const Decimal fee_rate = ins.rules.taker_fee;
  const Decimal need = notional + mul(notional, fee_rate, Rounding::up);
  const Decimal free = book.cash(ins.quote) - same_wallet - mul(same_wallet, fee_rate, Rounding::up);
  if (intent.side() == Side::buy) {
    if (over(need, free)) return refuse("QUOTE_BALANCE_SHORT", need, free, "the quote balance does not cover the order");
    kept("QUOTE_BALANCE_SHORT", need, free);
  }
  checks.push_back(floor_check(floor_name_, "", none, none, ""));
  return true;
}

bool RiskChain::floor_lets_through(const Intent& intent, const Portfolio& book, const bl_portfolio& view, const FloorFacts& facts) const {
  std::vector<CheckRecord> said;
  return run_floor(intent, book, view, facts, said);
}

RiskAnswer RiskChain::approve(const Intent& intent, const Portfolio& book, const bl_portfolio& view,
                              const FloorFacts& facts, std::vector<CheckRecord>& checks, const Cut* cut) {
  Intent judged = intent;
  if (!run_rules(judged, book.instruments(), view, checks)) return RiskRefusal{checks.back().code};
  if (cut != nullptr && judged.qty().is_set() && cut->most <= judged.qty()) {  // told also where a rule came to the same
    checks.push_back(cut->why);
    if (!cut->most.is_positive()) return RiskRefusal{checks.back().code};
    judged.abi.qty = cut->most.raw();
  }
  if (!run_floor(judged, book, view, facts, checks)) return RiskRefusal{checks.back().code};
  // The property the whole chain rests on: what leaves is never more than what was proposed.
  BOWLINE_ENSURES(!intent.qty().is_set() || judged.qty() <= intent.qty());
  return RiskApproved<Intent>(judged);
}

AmendmentAnswer RiskChain::approve(const Amendment& a, const Portfolio& book, const bl_portfolio& view, const FloorFacts& facts,
                               std::vector<CheckRecord>& checks) {
  const Decimal none = Decimal::not_set();
  if (!a.increases()) {
    checks.push_back(floor_check(floor_name_, facts.gate_open ? "" : "GATE_CLOSED", none, none, facts.gate_open ? "less than was judged before" : "the order gate is closed"));
    if (!facts.gate_open) return RiskRefusal{checks.back().code};
    return RiskApproved<Amendment>(a);
  }
  const std::size_t before = checks.size();
  const RiskAnswer judged = approve(a.rest_wanted(), book, view, facts, checks);
  if (const auto* refused = std::get_if<RiskRefusal>(&judged)) return *refused;
  if (std::get<RiskApproved<Intent>>(judged)->qty() == a.rest()) return RiskApproved<Amendment>(a);
  const auto shrank = std::find_if(checks.begin() + static_cast<std::ptrdiff_t>(before), checks.end(), [](const CheckRecord& c) { return c.action == 2; });
  return RiskRefusal{shrank == checks.end() || shrank->code.empty() ? "RISK_REJECTED" : shrank->code};
}

bool RiskChain::advise(const Intent& intent, const InstrumentTable& table, const bl_portfolio& view,
                       std::vector<CheckRecord>& checks, Decimal& allowed_qty) {
  Intent judged = intent;
  const bool ok = run_rules(judged, table, view, checks);
  allowed_qty = ok ? judged.qty() : Decimal::zero();
  return ok;
}

RiskAnswer ExitFloor::approve(const Intent& intent, const Portfolio& book, Decimal working_sells, bool frozen,
                              std::vector<CheckRecord>& checks) const {
  const Decimal none = Decimal::not_set();
  const auto refuse = [&](std::string_view code, Decimal value, Decimal limit, std::string why) -> RiskAnswer {
    checks.push_back(floor_check(floor_name_, code, value, limit, std::move(why)));
    return RiskRefusal{std::string(code)};
  };
  if (frozen) return refuse("EXIT_FROZEN", none, none, "freeze is on");
  if (intent.side() != Side::sell || !intent.qty().is_set() || !intent.qty().is_positive())
    return refuse("QUANTITY_BELOW_STEP", none, none, "nothing to sell");
  const Decimal wanted = intent.qty() + working_sells;
  const Decimal held = book.position(intent.instrument()).qty;
  if (!wanted.is_set() || wanted > held)
    return refuse("EXIT_BEYOND_POSITION", wanted, held, "the sale and all working sales exceed the position");
  checks.push_back(floor_check(floor_name_, "", wanted, held, "proved risk-reducing"));
  return RiskApproved<Intent>(intent);
}

AmendmentAnswer ExitFloor::approve(const Amendment& a, const Portfolio& book, Decimal other_sells, bool frozen,
                               std::vector<CheckRecord>& checks) const {
  const RiskAnswer judged = approve(a.rest_wanted(), book, other_sells, frozen, checks);
  if (const auto* refused = std::get_if<RiskRefusal>(&judged)) return *refused;
  return RiskApproved<Amendment>(a);
}

}  // namespace bowline::core
