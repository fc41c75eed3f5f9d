// The steps of a canary, in their order.
#include "services/canary/canary.hpp"

#include <memory>
#include <utility>

#include "core/portfolio_view.hpp"

namespace bowline::services {
namespace {

using core::Nanos;

constexpr Nanos second = 1'000'000'000;
/// How long balances may lag behind the last sale.
constexpr Nanos settle_for = 30 * second;
/// A purchase that rests ends well within this, whatever it waits for.
constexpr Nanos order_patience = 60 * second;
/// For so long the venue's plugin may take to find out whether stops of the product rest.
constexpr Nanos stops_patience = 15 * second;
const Decimal half_a_cent = Decimal::from_mantissa(5, -3);

core::FloorLimits limits_of(Decimal max_spend) {
  core::FloorLimits l;
  l.max_order = l.max_total = max_spend;
  return l;
}
core::SharedText floor_name() { return std::make_shared<const std::string>("floor"); }

}  // namespace

Canary::Canary(Parts parts, Options options)
    : p_(std::move(parts)), o_(std::move(options)), instrument_(p_.table.find(o_.symbol)), floor_(floor_name()), chain_({}, limits_of(o_.max_spend), floor_name()) {}

void Canary::told(CanaryStep step) {
  report_.steps.push_back(std::move(step));
  if (p_.told) p_.told(report_.steps.back());
}

template <class F>
Result<void> Canary::step(std::string name, F&& f) {
  const std::int64_t begun = p_.steady_ns();
  const Result<std::string> done = f();
  told({std::move(name), done ? *done : done.error().code + ": " + done.error().message, static_cast<bool>(done), p_.steady_ns() - begun});
  return done ? Result<void>{} : Result<void>(done.error());
}

CanaryReport Canary::clean_up() {
  if (p_.notes.unfinished()) end_all();
  return std::move(report_);
}

CanaryReport Canary::run() {
  if (p_.notes.unfinished()) {
    end_all();
    if (!report_.left.empty()) {
      report_.why = {"CANARY_LEFT", "what an earlier canary left could not be ended: nothing new is begun"};
      return std::move(report_);
    }
  }
  Result<void> done = steps();
  if (!done && !report_.run.empty()) end_all();
  if (done) done = p_.notes.over(true, p_.talk.now());
  report_.passed = static_cast<bool>(done);
  if (!done) report_.why = done.error();
  return std::move(report_);
}

Result<void> Canary::steps() {
  if (auto ok = step("look", [this] { return look(); }); !ok) return ok;
  if (auto begun = p_.notes.begin(o_.run, o_.symbol, p_.talk.now()); !begun) return begun;
  report_.run = o_.run;
  begun_ = p_.talk.now();

  // ---- an order that rests far below the market
  Placed far;
  const auto create_far = [&]() -> Result<std::string> {
    core::Intent i = intent_of(Leg::far, 0, BL_BUY, BL_LIMIT, BL_GTC);
    i.abi.flags = BL_POST_ONLY;
    i.abi.qty = plan_.far_qty.raw();
    i.abi.limit_px = plan_.far_px.raw();
    auto sent = send(Leg::far, 0, i, Decimal::zero());
    if (!sent) return sent.error();
    far = *sent;
    const auto o = outcome(far, false, order_patience);
    if (!o) return o.error();
    if (!o->works()) return Error{"CANARY_NOT_RESTING", "a purchase far below the market does not rest: " + (o->text.empty() ? std::string("it is over") : o->text)};
    if (auto same = agrees(far, *o); !same) return same.error();
    return "a purchase of " + plan_.far_qty.to_string() + " at " + plan_.far_px.to_string() + ", post-only, rests: " + name_of(far);
  };
  if (auto ok = step("create", create_far); !ok) return ok;
  if (auto ok = step("listed", [&] { return far_is_listed(far); }); !ok) return ok;
  if (auto ok = step("edit", [&] { return edit(far); }); !ok) return ok;
  const auto cancel_far = [&]() -> Result<std::string> {
    const auto o = cancelled(far);
    if (!o) return o.error();
    if (o->state != BL_S_CANCELLED || (o->cum_qty.is_set() && o->cum_qty.is_positive()))
      return Error{"CANARY_NOT_CANCELLED", "the order that was cancelled ended otherwise, or had filled: " + name_of(far)};
    return std::string("it is cancelled, and nothing of it has filled");
  };
  if (auto ok = step("cancel", cancel_far); !ok) return ok;
  const auto gone = [this](const Placed& order) -> Result<std::string> {
    const auto list = p_.talk.question(ask::open);
    if (!list) return list.error();
    for (const ToldOrder& o : list->open)
      if (o.client == order.id.view()) return Error{"CANARY_STILL_LISTED", "the order that has ended is listed among those that work: " + name_of(order)};
    return std::string("it is not listed any more");
  };
  if (auto ok = step("gone", [&] { return gone(far); }); !ok) return ok;

  // ---- a purchase, protected, and sold
  Placed buy, sale;
  bool rests = false;
  const auto purchase = [&]() -> Result<std::string> {
    if (o_.rests_stops) {  // first: what was bought is not to wait for it without a stop
      const auto told = p_.talk.stops_rest(instrument_, stops_patience);
      if (!told) return told.error();
      rests = *told;
    }
    core::Intent i = intent_of(Leg::buy, 0, BL_BUY, BL_MARKET, BL_IOC);
    i.abi.qty = plan_.qty.raw();
    auto sent = send(Leg::buy, 0, i, Decimal::zero());
    if (!sent) return sent.error();
    buy = *sent;
    return bought(buy);
  };
  if (auto ok = step("buy", purchase); !ok) return ok;
  Placed stop;
  const auto create_stop = [&]() -> Result<std::string> {
    if (!rests) return std::string("left out: the venue takes no resting stops of this product, so the host would watch them");
    const ToldOrder filled = *p_.talk.order(buy.id.view());
    const CanaryStop px = stop_of_canary(product_, div(filled.cum_quote, filled.cum_qty, Rounding::down));
    if (!px.stop_px.is_set()) return Error{"CANARY_RULES", "the product's steps leave no stop below its price"};
    core::Intent i = intent_of(Leg::stop, 0, BL_SELL, BL_STOP_LIMIT, BL_GTC);
    i.abi.flags = BL_REDUCE_ONLY | BL_TRIGGER_DOWN;
    i.abi.qty = plan_.qty.raw();
    i.abi.stop_px = px.stop_px.raw();
    i.abi.limit_px = px.limit_px.raw();
    auto sent = send(Leg::stop, 0, i, plan_.qty);
    if (!sent) return sent.error();
    stop = *sent;
    return stop_is_listed(stop);
  };
  if (auto ok = step("stop", create_stop); !ok) return ok;
  if (rests) {
    const auto cancel_stop = [&]() -> Result<std::string> {
      const auto o = cancelled(stop);
      if (!o) return o.error();
      if (o->state != BL_S_CANCELLED || (o->cum_qty.is_set() && o->cum_qty.is_positive()))
        return Error{"CANARY_NOT_CANCELLED", "the stop that was cancelled ended otherwise, or had sold: " + name_of(stop)};
      return std::string("the stop is cancelled, and nothing of it was sold");
    };
    if (auto ok = step("cancel stop", cancel_stop); !ok) return ok;
  }
  const auto sell = [&]() -> Result<std::string> {
    core::Intent i = intent_of(Leg::sale, 0, BL_SELL, BL_MARKET, BL_IOC);
    i.abi.flags = BL_REDUCE_ONLY;
    i.abi.qty = plan_.qty.raw();
    auto sent = send(Leg::sale, 0, i, plan_.qty);
    if (!sent) return sent.error();
    sale = *sent;
    return bought(sale);
  };
  if (auto ok = step("sell", sell); !ok) return ok;
  return step("ledger", [&] { return ledger(buy, sale); });
}

Result<std::string> Canary::look() {
  if (!instrument_) return Error{"CANARY_SYMBOL", o_.symbol + " is none of the configuration's instruments"};
  const auto seen = p_.talk.question(ask::open | ask::balances | ask::products);
  if (!seen) return seen.error();
  const core::Instrument ins = p_.table[instrument_];
  const auto product = seen->products.find(instrument_.value);
  if (product == seen->products.end()) return Error{"CANARY_PRODUCT", "the venue does not list " + o_.symbol};
  product_ = product->second;
  if (!product_.tradable() || product_.cancel_only() || product_.limit_only() || product_.post_only() || product_.auction() || product_.view_only())
    return Error{"CANARY_PRODUCT", o_.symbol + " does not trade freely now: it takes no market orders"};
  for (const ToldOrder& o : seen->open)
    if (o.instrument == instrument_.value)
      return Error{"CANARY_NOT_ALONE", "an order of " + o_.symbol + " works in this account (" + (o.client.empty() ? o.venue : o.client) + "): what is bought and sold here could not be told from it"};
  auto plan = plan_canary(product_, o_.max_spend);
  if (!plan) return plan.error();
  plan_ = *plan;
  before_ = seen->balances;
  for (const core::AssetId asset : {ins.base, ins.quote})
    if (!before_.contains(asset.value)) return Error{"CANARY_BALANCE", "the venue did not tell a balance of " + std::string(p_.table.asset_code(asset))};
  core::ProductRules rules = ins.rules;
  rules.base_step = product_.base_step;
  rules.px_step = product_.px_step;
  if (product_.quote_step.is_set()) rules.quote_step = product_.quote_step;
  if (product_.base_min.is_set()) rules.base_min = product_.base_min;
  if (product_.quote_min.is_set()) rules.quote_min = product_.quote_min;
  rules.maker_fee = product_.maker_fee;
  rules.taker_fee = product_.taker_fee;
  p_.table.update(instrument_, rules);
  return "the smallest purchase is " + plan_.qty.to_string() + " " + o_.symbol + ", no order is worth more than " + plan_.most.to_string();
}

Result<std::string> Canary::far_is_listed(const Placed& far) {
  const auto list = p_.talk.question(ask::open);
  if (!list) return list.error();
  for (const ToldOrder& o : list->open)
    if (o.client == far.id.view()) {
      if (auto same = agrees(far, o); !same) return same.error();
      return "it is among the " + std::to_string(list->open.size()) + " orders that work, with the terms asked for";
    }
  return Error{"CANARY_NOT_LISTED", "the order that rests is not listed among those that work: " + name_of(far)};
}

Result<std::string> Canary::edit(const Placed& far) {
  VenueTalk& talk = p_.talk;
  if (!talk.broker().can_amend()) return std::string("left out: the venue's plugin knows no edits");
  core::OrderTable orders;
  const Nanos now = talk.now();
  const std::string venue = talk.order(far.id.view())->venue;
  auto order = orders.add(far.intent, now, 1);
  if (!order) return order.error();
  for (const core::OrderEvent e : {core::OrderEvent::handed_over, core::OrderEvent::acked})
    if (auto done = orders.apply(**order, e, now); !done) return done.error();
  core::Terms terms;
  terms.limit_px = plan_.far_px_edited;
  const auto amendment = core::amendment_of(**order, terms, now, now + 30 * second);
  if (!amendment) return amendment.error();
  core::Portfolio book(p_.table, p_.table[instrument_].quote, Decimal::zero());
  core::PortfolioView view;
  view.build(book, orders, core::TradingState::active, now);
  core::FloorFacts facts;
  facts.now = now;
  std::vector<core::CheckRecord> checks;
  const auto judged = chain_.approve(*amendment, book, view.get(), facts, checks);
  const auto* approved = std::get_if<core::RiskApproved<core::Amendment>>(&judged);
  if (approved == nullptr) return Error{std::get<core::RiskRefusal>(judged).code, "the host's own floor refused the edit"};
  const auto proof = p_.notes.record(*approved, venue, now);
  if (!proof) return proof.error();
  Error why;
  const bl_order_ref ref{{far.id.view().data(), far.id.view().size()}, {venue.data(), venue.size()}};
  if (talk.broker().amend(ref, *proof, why) == HandOver::denied) return why;
  const Nanos until = talk.now() + order_patience;
  Nanos look_at = talk.now() + 3 * second;
  for (;;) {
    const ToldOrder* o = talk.order(far.id.view());
    if (o->over()) return Error{"CANARY_NOT_RESTING", "the order ended while it was edited: " + o->text + ": " + name_of(far)};
    if (o->kind == BL_X_AMEND_REJECTED) return Error{"CANARY_NOT_EDITED", "the venue refused the edit: " + o->text};
    if (o->limit_px.is_set() && o->limit_px == plan_.far_px_edited) break;
    if (talk.now() >= until) return Error{"CANARY_NOT_EDITED", "the edit does not show: " + name_of(far)};
    if (talk.now() >= look_at) {
      if (const auto seen = read(far); !seen && seen.error().code != "VENUE_INCOMPLETE" && seen.error().code != "VENUE_SILENT") return seen.error();
      look_at = talk.now() + 3 * second;
      continue;
    }
    if (auto go = talk.pause(); !go) return go.error();
  }
  const auto seen = read(far);
  if (!seen) return seen.error();
  if (!seen->works() || !seen->limit_px.is_set() || seen->limit_px != plan_.far_px_edited)
    return Error{"CANARY_NOT_EDITED", "read again, the order does not have the edited price: " + name_of(far)};
  return "it rests at " + plan_.far_px_edited.to_string() + " now";
}

// A market order has ended when it is read: all of it, with fills and fees that add up.
Result<std::string> Canary::bought(const Placed& order) {
  const auto o = outcome(order, true, order_patience);
  if (!o) return o.error();
  if (o->state != BL_S_FILLED || !o->cum_qty.is_set() || o->cum_qty != order.intent.qty())
    return Error{"CANARY_NOT_FILLED", "a market order of the smallest size did not fill whole: " + o->text + (o->text.empty() ? "" : ": ") + name_of(order)};
  if (auto same = agrees(order, *o); !same) return same.error();
  const auto sum = fills_of(order, *o);
  if (!sum) return sum.error();
  return order.intent.qty().to_string() + " for " + sum->quote.to_string() + ", fee " + sum->fee.to_string() + ": " + name_of(order);
}

Result<std::string> Canary::stop_is_listed(const Placed& stop) {
  const auto o = outcome(stop, false, order_patience);
  if (!o) return o.error();
  if (!o->works()) return Error{"CANARY_NOT_RESTING", "the stop does not rest: " + (o->text.empty() ? std::string("it is over") : o->text)};
  if (auto same = agrees(stop, *o); !same) return same.error();
  const auto list = p_.talk.question(ask::open);
  if (!list) return list.error();
  for (const ToldOrder& listed : list->open)
    if (listed.client == stop.id.view()) {
      if (auto same = agrees(stop, listed); !same) return same.error();
      return "a stop at " + stop.intent.stop_px().to_string() + " rests for it: " + name_of(stop);
    }
  return Error{"CANARY_NOT_LISTED", "the stop is not listed among the orders that work: " + name_of(stop)};
}

Result<std::string> Canary::ledger(const Placed& buy, const Placed& sale) {
  const auto paid = fills_of(buy, *p_.talk.order(buy.id.view())), got = fills_of(sale, *p_.talk.order(sale.id.view()));
  if (!paid) return paid.error();
  if (!got) return got.error();
  const core::Instrument& ins = p_.table[instrument_];
  const ToldBalance base = before_.at(ins.base.value), quote = before_.at(ins.quote.value);
  const Decimal want_base = base.total + paid->qty - got->qty, want_quote = quote.total - paid->quote - paid->fee + got->quote - got->fee;
  const Nanos until = p_.talk.now() + settle_for;
  for (;;) {
    const auto now = p_.talk.question(ask::balances);
    if (!now) return now.error();
    const auto b = now->balances.find(ins.base.value), q = now->balances.find(ins.quote.value);
    if (b != now->balances.end() && q != now->balances.end()) {
      const bool holds = b->second.hold == base.hold && q->second.hold == quote.hold;
      const Decimal off = abs(q->second.total - want_quote);
      if (b->second.total == want_base && holds && off.is_set() && off < half_a_cent) {
        report_.cost = quote.total - q->second.total;
        return "the balances are what they were less " + report_.cost.to_string() + ", which is what fills and fees say, to the cent";
      }
      if (p_.talk.now() >= until)
        return Error{"CANARY_LEDGER", std::string("the balances are not what fills and fees say: ") + std::string(p_.table.asset_code(ins.base)) + " " + b->second.total.to_string() + " instead of " +
                                          want_base.to_string() + ", " + std::string(p_.table.asset_code(ins.quote)) + " " + q->second.total.to_string() + " instead of " + want_quote.to_string() +
                                          (holds ? "" : ", and something is on hold that was not") + "; was anything else done in this account meanwhile?"};
    }
    if (p_.talk.now() >= until) return Error{"CANARY_BALANCE", "the venue did not tell the balances again"};
    for (int n = 0; n < 5; ++n)
      if (auto go = p_.talk.pause(); !go) return go.error();
  }
}

}  // namespace bowline::services
