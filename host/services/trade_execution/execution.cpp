#include "services/trade_execution/execution.hpp"

#include <algorithm>
#include <cmath>

#include "core/contract.hpp"
#include "observe/log.hpp"
#include "services/trade_execution/incidents.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::InstrumentId;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::Purpose;
using core::Side;

constexpr Nanos minute = 60'000'000'000, hour = 60 * minute, day_ns = 24 * hour;
constexpr std::size_t kept_answers = 10'000;

core::SharedText shared(std::string_view s) { return std::make_shared<const std::string>(s); }

template <std::size_t N>
std::string_view field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

/// Codes of sizing, shared: millions of records name them.
struct Codes {
  core::SharedText order = shared("ORDER"), at_target = shared("AT_TARGET"), below_min = shared("BELOW_MIN_TRADE"),
                   working = shared("ORDER_WORKING"), flat = shared("NOTHING_TO_SELL"), dust = shared("DUST"),
                   no_mark = shared("MARK_MISSING"), equity = shared("EQUITY_NOT_POSITIVE"),
                   stale = shared("TARGET_EXPIRED"), journal = shared("JOURNAL_UNWRITABLE"),
                   blocked = shared("PRODUCT_BLOCKED");
};
const Codes& codes() {
  static const Codes c;
  return c;
}

}  // namespace

Execution::Execution(ExecutionOptions options, const core::InstrumentTable& table, core::AssetId accounting,
                     Decimal half_spread, std::vector<std::unique_ptr<core::RiskRule>> rules, core::FloorLimits floor,
                     BrokerPort& broker, store::Journal& journal, core::RecordSink& sink)
    : options_(std::move(options)),
      table_(table),
      portfolio_(table, accounting, half_spread),
      book_(table.size()),
      chain_(std::move(rules), floor, shared("floor")),
      exit_floor_(shared("exit_floor")),
      blocked_(table.size(), false),
      broker_(broker),
      journal_(journal),
      sink_(sink) {}

// ---- the step ---------------------------------------------------------------------------------------------------

void Execution::on_bar(const bl_bar& bar) {
  now_ = std::max(now_, bar.h.ts_recv);
  if (const auto done = broker_.on_event(bar.h); !done) incident("BROKER_EVENT_FAILED", done.error().message, now_);
  const core::Mark& known = portfolio_.mark({bar.h.instrument});
  // A bar that comes late is history, and where quotes come in the quote is the mark (trading rules 5.2): neither may
  // put the book back to an older price.
  if (bar.h.ts_event < known.time || known.bid.is_set()) return;
  core::Mark mark;
  mark.last = Decimal::from_mantissa(bar.close, bar.px_exp);
  mark.time = bar.h.ts_event;
  if (mark.last.is_set() && mark.last.is_positive()) portfolio_.set_mark({bar.h.instrument}, mark);
}

void Execution::on_quote(const bl_quote& quote) {
  now_ = std::max(now_, quote.h.ts_recv);
  if (const auto done = broker_.on_event(quote.h); !done) incident("BROKER_EVENT_FAILED", done.error().message, now_);
  if (quote.bid <= 0 || quote.ask < quote.bid) return;  // one-sided or crossed: not a validated mark
  core::Mark mark;
  mark.bid = Decimal::from_mantissa(quote.bid, quote.px_exp);
  mark.ask = Decimal::from_mantissa(quote.ask, quote.px_exp);
  mark.last = mul(mark.bid + mark.ask, Decimal::from_mantissa(5, -1), Rounding::half_even);
  mark.time = quote.h.ts_event;
  if (mark.last.is_set() && mark.time >= portfolio_.mark({quote.h.instrument}).time) portfolio_.set_mark({quote.h.instrument}, mark);
}

void Execution::on_broker_event(const bl_event& event) {
  now_ = std::max(now_, event.ts_recv);
  switch (event.type) {
    case BL_EV_EXEC: on_exec(reinterpret_cast<const bl_exec&>(event)); break;
    case BL_EV_FILL: on_fill(reinterpret_cast<const bl_fill&>(event)); break;
    case BL_EV_BALANCE: {
      // Cash comes into the book from the venue's first word. Later words are the venue's own arithmetic over the same
      // fills; the ledger stays what the fills say, and a difference is for reconciliation to explain.
      const auto& b = reinterpret_cast<const bl_balance_ev&>(event);
      const core::AssetId asset{b.asset};
      const Decimal total = Decimal::from_raw(b.total);
      if (asset && total.is_set() && counts_.fills == 0) portfolio_.set_cash(asset, total);
      break;
    }
    case BL_EV_PRODUCT: check_fees(reinterpret_cast<const bl_product&>(event)); break;
    default: break;  // unknown and uninteresting types are ignored, as the ABI demands
  }
}

// The cost gate and the balance check reckon with the configured fees, in whatever process they run. Less than the venue
// takes would let through what does not pay; more only holds back.
void Execution::check_fees(const bl_product& told) {
  const InstrumentId id{told.h.instrument};
  if (!id || id.value > table_.size()) return;
  const core::ProductRules& ours = table_[id].rules;
  const auto above = [](bl_dec venue, Decimal configured) {
    const Decimal d = Decimal::from_raw(venue);
    return d.is_set() && configured.is_set() && d > configured;
  };
  if (above(told.taker_fee, ours.taker_fee) || above(told.maker_fee, ours.maker_fee))
    fees_above_.push_back(table_[id].symbol);
}

const core::PortfolioView& Execution::publish(Nanos now) {
  now_ = now;
  portfolio_.close_step(now);
  const Decimal equity = portfolio_.equity();
  const Decimal peak = portfolio_.peak();
  if (equity.is_set() && peak.is_positive() && equity < peak) {
    // The product tells whether it is a new deepest one; only then is the quotient needed. Both are kept while the peak
    // stands.
    if (peak != drawdown_peak_) {
      drawdown_peak_ = peak;
      deepest_ = mul(max_drawdown_, peak, Rounding::down);
    }
    const Decimal below = peak - equity;
    if (below > deepest_) {
      const Decimal down = div(below, peak, Rounding::half_even);
      if (down.is_set() && down > max_drawdown_) max_drawdown_ = down;
      deepest_ = below;
    }
  }
  view_.build(portfolio_, orders_, state_, now);
  view_is_old_ = false;
  return view_;
}

void Execution::take_targets(std::span<const core::Target> targets, bool plan) {
  if (plan) book_.clear_all(Purpose::rebalance);
  for (const core::Target& t : targets) static_cast<void>(book_.put(t));
}

void Execution::trade(Nanos now) {
  now_ = now;
  // On command, or after an order that came in between: what it did counts in every limit (trading rules 5.5).
  if (view_is_old_) {
    view_.build(portfolio_, orders_, state_, now);
    view_is_old_ = false;
  }
  if (!journal_ok_) journal_again(now);
  for (const core::Instrument& ins : table_.all()) consider(ins.id, now);
  flush_frame(now);
}

void Execution::settle(Nanos now) {
  if (!ended_.empty()) compare_ended(now);
  if (!recent_orders_.empty())
    std::erase_if(recent_orders_, [now](Nanos t) { return t <= now - minute; });
  if (attempts_.size() > 64 + 16 * table_.size())  // what no target stands for any more can't be attempted again
    std::erase_if(attempts_, [this](const auto& a) { return !book_.stands({a.first.first, a.first.second}); });
  if (sink_.wanted() && (changed_ || now - last_written_ >= hour)) {
    core::PortfolioRecord r;
    r.time = now;
    r.version = portfolio_.version();
    r.equity = portfolio_.equity();
    r.cash = portfolio_.cash(portfolio_.accounting());
    r.exposure = portfolio_.exposure();
    r.realised = portfolio_.realised();
    r.unrealised = portfolio_.unrealised();
    r.fees = portfolio_.fees();
    r.peak = portfolio_.peak();
    sink_.put(std::move(r));
    last_written_ = now;
  }
  changed_ = false;
}

// ---- from a target to an order ------------------------------------------------------------------------------------

core::Order* Execution::working_of(InstrumentId id) const {
  for (Order* o : orders_.working())
    if (o->intent.abi.instrument == id.value) return o;
  return nullptr;
}

Decimal Execution::working_sells(InstrumentId id) const {
  Decimal sum = Decimal::zero();
  for (const Order* o : orders_.working())
    if (o->intent.abi.instrument == id.value && o->intent.side() == Side::sell) sum = sum + o->leaves();
  return sum;
}

core::FloorFacts Execution::facts(Nanos now) const {
  core::FloorFacts f;
  f.state = state_;
  f.gate_open = gate_open();
  f.store_up = store_up();
  f.day_notional = day_ == now / day_ns ? day_notional_ : Decimal::zero();
  f.orders_last_minute = static_cast<std::uint32_t>(approved_.size()) + static_cast<std::uint32_t>(
      std::count_if(recent_orders_.begin(), recent_orders_.end(), [now](Nanos t) { return t > now - minute; }));
  f.now = now;
  return f;
}

// Every buy counts, the operator's too: in the day's cap, and at once in the view that the next intent is judged on.
void Execution::count_entry(const core::Intent& entry, Nanos now) {
  if (entry.side() != Side::buy) return;
  const Decimal px = entry.limit_px().is_set() ? entry.limit_px() : portfolio_.ask(entry.instrument());
  const Decimal notional = entry.quote_qty().is_set() ? entry.quote_qty() : mul(entry.qty(), px, Rounding::up);
  if (day_ != now / day_ns) {
    day_ = now / day_ns;
    day_notional_ = Decimal::zero();
  }
  day_notional_ = day_notional_ + notional;
  view_.add_working(entry.abi);
}

core::Intent Execution::make_intent(const core::Instrument& ins, Side side, Decimal qty, Purpose purpose,
                                    core::Id128 decision, Decimal decision_px, Nanos now) {
  core::Intent i = core::blank_intent();
  // An attempt is used up by an order, not by a wish: what was refused or never recorded gives the same id again.
  const auto used = attempts_.find({decision.hi, decision.lo});
  const std::uint32_t attempt = used == attempts_.end() ? 0 : used->second;
  const core::ClientOrderId id =
      core::client_order_id(journal_.epoch(), options_.account, decision, purpose, 0, attempt);
  std::copy(id.text.begin(), id.text.end(), i.abi.client_id);
  i.abi.instrument = ins.id.value;
  i.abi.side = static_cast<std::uint32_t>(side);
  i.abi.qty = qty.raw();
  i.abi.decided_ns = now;
  i.abi.not_after_ns = now + options_.interval;
  i.abi.cause = seq_;
  i.purpose = purpose;
  i.decision = decision;
  i.decision_px = decision_px;
  return i;
}

void Execution::sizing(core::SizingRecord&& r) {
  counts_.verdicts.add(r.checks);
  if (r.code != codes().order) ++counts_.why_not[*r.code];
  if (sink_.wanted()) sink_.put(std::move(r));
}

void Execution::consider(InstrumentId id, Nanos now) {
  const core::Target* target = book_.live(id, now);
  if (target == nullptr) return;
  const core::Instrument& ins = table_[id];
  core::SizingRecord r;
  r.decision = target->decision;
  r.seq = seq_;
  r.time = now;
  r.instrument = id;
  r.purpose = target->purpose;
  r.target_weight = target->weight;
  r.held_qty = portfolio_.position(id).qty;
  r.equity = portfolio_.equity();
  r.price = portfolio_.mark(id).last;
  const auto stop = [&](const core::SharedText& code) {
    r.code = code;
    sizing(std::move(r));
  };
  if (!r.price.is_set()) return stop(codes().no_mark);
  if (!r.equity.is_set() || !r.equity.is_positive()) return stop(codes().equity);

  // One working order per product. A resting entry in the way of an exit is cancelled first; the exit follows when the
  // entry's end is known.
  const bool protects = target->purpose == Purpose::stop || target->purpose == Purpose::emergency;
  const bool wants_out = protects || target->purpose == Purpose::exit;
  const bool whole_plan = target->purpose == Purpose::rebalance || target->purpose == Purpose::operator_order;
  if (Order* working = working_of(id)) {
    // Only what ranks below the exit gives way to it: a SELL does not cancel what the operator ordered (trading rules
    // 1.2). Asked again at each later step until its end is known.
    const bool gives_way = wants_out && working->intent.side() == Side::buy && working->intent.purpose < target->purpose;
    const bool asked = working->state == OrderState::cancel_pending && working->updated >= now;
    if (gives_way && !asked) static_cast<void>(request_cancel(*working, now));
    return stop(codes().working);
  }

  const Decimal weight = Decimal::from_double(target->weight, Rounding::down);
  const Decimal wanted_value = mul(r.equity, weight, Rounding::down);
  r.wanted_qty = floor_to(div(wanted_value, r.price, Rounding::down), ins.rules.base_step);
  const Decimal smallest = mul(r.equity, options_.min_trade, Rounding::down);
  const Decimal held = r.held_qty;

  if (wants_out || (whole_plan && r.wanted_qty < held)) {
    if (held.is_zero()) return stop(codes().flat);
    const Decimal qty = floor_to(held - (wants_out ? Decimal::zero() : r.wanted_qty), ins.rules.base_step);
    if (!qty.is_positive() || qty < ins.rules.base_min) return stop(codes().dust);
    const Decimal notional = mul(qty, portfolio_.bid(id), Rounding::down);
    if (notional < ins.rules.quote_min) return stop(codes().dust);
    if (!wants_out && notional < smallest) return stop(codes().below_min);
    core::Intent intent = make_intent(ins, Side::sell, qty, target->purpose, target->decision, target->ref_px, now);
    intent.abi.type = BL_MARKET;
    intent.abi.tif = BL_IOC;
    intent.abi.flags = BL_REDUCE_ONLY;
    r.order_qty = qty;
    auto answer = exit_floor_.approve(intent, portfolio_, working_sells(id), frozen_, r.checks);
    if (auto* refused = std::get_if<core::RiskRefusal>(&answer)) return stop(shared(refused->code));
    // Halted: strategy exits do not run; protective stops and the operator's exits do (trading rules 3.4).
    if (state_ == core::TradingState::halted && !protects && target->purpose != Purpose::operator_order)
      return stop(shared("STATE_HALTED"));
    r.order = core::ClientOrderId(intent.client_id());
    r.code = codes().order;
    approved_.push_back(std::get<core::RiskApproved<core::Intent>>(std::move(answer)));
    sized_.push_back(std::move(r));
    return;
  }

  if (r.wanted_qty <= held) return stop(codes().at_target);
  if (blocked(id)) return stop(codes().blocked);
  const Decimal qty = floor_to(r.wanted_qty - held, ins.rules.base_step);
  if (!qty.is_positive()) return stop(codes().at_target);
  const Decimal touch = floor_to(portfolio_.bid(id), ins.rules.px_step);
  if (!touch.is_positive()) return stop(codes().no_mark);
  const Decimal notional = mul(qty, touch, Rounding::down);
  if (notional < smallest || notional < ins.rules.quote_min || qty < ins.rules.base_min) return stop(codes().below_min);
  core::Intent intent = make_intent(ins, Side::buy, qty, target->purpose, target->decision, target->ref_px, now);
  intent.abi.type = BL_LIMIT;
  intent.abi.tif = BL_GTD;
  intent.abi.limit_px = touch.raw();
  intent.abi.expire_ns = now + static_cast<Nanos>(options_.gtd_bars) * options_.interval;
  r.order_qty = qty;
  auto answer = chain_.approve(intent, portfolio_, view_.get(), facts(now), r.checks);
  if (auto* refused = std::get_if<core::RiskRefusal>(&answer)) return stop(shared(refused->code));
  auto& approved = std::get<core::RiskApproved<core::Intent>>(answer);
  r.order = core::ClientOrderId(approved->client_id());
  r.order_qty = approved->qty();
  r.code = codes().order;
  count_entry(*approved, now);
  approved_.push_back(std::move(approved));
  sized_.push_back(std::move(r));
}

// Everything approved in this frame becomes durable in one commit; only then is any of it handed over.
void Execution::flush_frame(Nanos now) {
  if (approved_.empty()) return;
  durable_.clear();
  view_is_old_ = true;
  if (const auto done = journal_.record(approved_, now, durable_); !done) {
    incident("JOURNAL_WRITE", done.error().message, now);
    approved_.clear();
    for (core::SizingRecord& r : sized_) {  // no order came of it, so none is named
      r.order = {};
      r.code = codes().journal;
      sizing(std::move(r));
    }
    sized_.clear();
    journal_ok_ = false;  // entries denied until the journal can be written again
    return;
  }
  journal_ok_ = true;
  approved_.clear();
  for (core::SizingRecord& r : sized_) sizing(std::move(r));
  sized_.clear();
  fresh_.clear();
  for (const auto& durable : durable_) {
    auto added = orders_.add(**durable, now, seq_);
    if (!added) {
      incident(added.error().code, added.error().message, now);
      fresh_.push_back(nullptr);
      continue;
    }
    fresh_.push_back(*added);
    ++attempts_[{(*added)->intent.decision.hi, (*added)->intent.decision.lo}];
    ++counts_.orders;
    recent_orders_.push_back(now);
    changed_ = true;
  }
  for (std::size_t i = 0; i < durable_.size(); ++i) {
    if (fresh_[i] == nullptr) continue;
    Error why;
    switch (broker_.submit(durable_[i], why)) {
      case HandOver::taken: move(*fresh_[i], OrderEvent::handed_over, now, ""); break;
      case HandOver::denied:
        fresh_[i]->reason = why.message;
        move(*fresh_[i], OrderEvent::deny, now, why.message);
        ++counts_.rejected;
        break;
      case HandOver::unknown:
        move(*fresh_[i], OrderEvent::handed_over, now, "");
        move(*fresh_[i], OrderEvent::timed_out, now, why.message);
        break;
    }
  }
}

// Tried at each step while entries are denied: an exit's own record tries as well.
void Execution::journal_again(Nanos now) {
  if (!journal_noted_) static_cast<void>(journal_.note("journal", now, "{\"state\":\"writable again\"}"));
  journal_noted_ = true;
  if (!journal_.flush()) return;
  journal_noted_ = false;
  journal_ok_ = true;
}

// ---- what the broker says -------------------------------------------------------------------------------------------

bool Execution::move(Order& order, OrderEvent event, Nanos now, std::string_view text) {
  const OrderState from = order.state;
  if (const auto done = orders_.apply(order, event, now); !done) {
    incident(done.error().code, done.error().message, now);
    return false;
  }
  changed_ = view_is_old_ = true;
  ++counts_.moves[static_cast<std::size_t>(order.intent.purpose)][static_cast<std::size_t>(order.state)];
  if (sink_.wanted()) {
    core::OrderEventRecord r;
    r.order = order.id();
    r.seq = seq_;
    r.time = now;
    r.event = core::to_string(event);
    r.from = core::to_string(from);
    r.to = core::to_string(order.state);
    r.text = text;
    sink_.put(std::move(r));
    write_order(order);
  }
  if (journal_.durable()) {
    std::string line = "{\"client_id\":\"";
    line.append(order.intent.client_id()).append("\",\"event\":\"").append(core::to_string(event));
    line.append("\",\"to\":\"").append(core::to_string(order.state)).append("\"}");
    if (const auto done = journal_.note("order", now, line); !done) incident("JOURNAL_WRITE", done.error().message, now);
  }
  return from != order.state;
}

void Execution::write_order(const Order& o) {
  core::OrderRecord r;
  r.id = o.id();
  r.decision = o.intent.decision;
  r.seq = o.seq;
  r.instrument = o.intent.instrument();
  r.purpose = o.intent.purpose;
  r.side = o.intent.side();
  r.type = o.intent.type();
  r.tif = o.intent.tif();
  r.flags = o.intent.abi.flags;
  r.qty = o.intent.qty();
  r.quote_qty = o.intent.quote_qty();
  r.limit_px = o.intent.limit_px();
  r.stop_px = o.intent.stop_px();
  r.expire_ns = o.intent.abi.expire_ns;
  r.decided_ns = o.intent.abi.decided_ns;
  r.updated_ns = o.updated;
  r.state = core::to_string(o.state);
  r.venue_id = o.venue_id;
  r.reason = o.reason;
  r.cum_qty = o.cum_qty;
  r.cum_quote = o.cum_quote;
  r.cum_fee = o.cum_fee;
  r.decision_px = o.intent.decision_px;
  sink_.put(std::move(r));
}

void Execution::on_exec(const bl_exec& exec) {
  ++seq_;
  const Nanos now = exec.h.ts_recv;
  Order* order = orders_.find(core::ClientOrderId(field(exec.client_id)));
  if (order == nullptr)
    return block({exec.h.instrument}, "EXEC_UNKNOWN_ORDER", "the venue reports an order this host did not make", now);
  // A success is compared with the intent (trading rules 2.2): a mismatch is an incident, not an answer. What the venue
  // does not tell (not set, or 0) can't be compared.
  const auto other = [](bl_dec told, Decimal wanted) {
    const Decimal d = Decimal::from_raw(told);
    return d.is_positive() && wanted.is_set() && d != wanted;
  };
  const core::Intent& wanted = order->intent;
  if (exec.kind == BL_X_ACCEPTED &&
      (exec.h.instrument != wanted.abi.instrument || exec.side != wanted.abi.side || other(exec.qty, wanted.qty()) ||
       other(exec.quote_qty, wanted.quote_qty()) || other(exec.limit_px, wanted.limit_px()) ||
       other(exec.stop_px, wanted.stop_px()) ||
       (exec.expire_ns != 0 && wanted.abi.expire_ns != 0 && exec.expire_ns / 1'000'000'000 != wanted.abi.expire_ns / 1'000'000'000)))
    return block(wanted.instrument(), "EXEC_MISMATCH", "the venue acknowledged another order than was sent", now);
  if (const auto id = field(exec.venue_id); !id.empty()) order->venue_id = id;
  const std::string_view text = field(exec.text);
  const auto end = [&](OrderEvent event, std::uint64_t& count) {
    order->reason = text;
    // A cancel that lost its race is an end told before: counted once.
    if (move(*order, event, now, text)) ++count;
  };
  switch (exec.kind) {
    case BL_X_ACCEPTED: move(*order, OrderEvent::acked, now, text); return;
    case BL_X_REJECTED: return end(OrderEvent::rejected, counts_.rejected);
    case BL_X_CANCEL_PENDING: return;
    case BL_X_CANCEL_REJECTED: move(*order, OrderEvent::cancel_refused, now, text); return;
    case BL_X_UNKNOWN: move(*order, OrderEvent::timed_out, now, text); return;
    case BL_X_DONE:
      // What the venue says was filled in all is held against the fills it told, once they have had time to come.
      if (const Decimal told = Decimal::from_raw(exec.cum_qty); told.is_set() && told != order->cum_qty)
        ended_.push_back({order->id(), told, now});
      if (exec.state == BL_S_EXPIRED) return end(OrderEvent::expired, counts_.expired);
      if (exec.state == BL_S_CANCELLED) return end(OrderEvent::cancelled, counts_.cancelled);
      if (exec.state == BL_S_REJECTED) return end(OrderEvent::rejected, counts_.rejected);
      // Filled: the fills themselves say it, but for a buy by cost, whose quantity only the venue knows.
      order->reason = text;
      if (exec.state == BL_S_FILLED && !order->leaves().is_set()) move(*order, OrderEvent::fill_all, now, text);
      return;
    default: return;
  }
}

// An end that was told in this step may have its fills still on the way; one of an earlier step has not.
void Execution::compare_ended(Nanos now) {
  std::erase_if(ended_, [&](const Ended& e) {
    const Order* o = orders_.find(e.order);
    if (o == nullptr || o->cum_qty == e.told) return true;
    if (e.time >= now) return false;
    block(o->intent.instrument(), "FILLS_MISSING",
          "order " + std::string(e.order.view()) + " ended with another filled quantity than its fills add up to", now);
    return true;
  });
}

// What can't be explained makes the book doubtful: nothing more is bought of that product until somebody has looked.
void Execution::block(InstrumentId id, std::string_view code, std::string_view text, Nanos now) {
  incident(code, text, now);
  if (!id || id.value > table_.size()) return;
  blocked_[id.value - 1] = true;
}

void Execution::on_fill(const bl_fill& fill) {
  ++seq_;
  const Nanos now = fill.h.ts_recv;
  const std::string_view fill_id = field(fill.fill_id);
  Order* order = orders_.find(core::ClientOrderId(field(fill.client_id)));
  const InstrumentId id{fill.h.instrument};
  if (order == nullptr)
    return block(id, "FILL_UNKNOWN_ORDER", "the venue reports a fill of an order this host did not make", now);
  if (fill.h.instrument != order->intent.abi.instrument || fill.side != order->intent.abi.side)
    return block(order->intent.instrument(), "FILL_MISMATCH", "a fill names another product or side than its order", now);
  // Without an id nobody can say whether it was told before (trading rules 2.4).
  if (fill_id.empty()) return block(id, "FILL_WITHOUT_ID", "the venue reports a fill without an id: it is not booked", now);
  if (std::find(order->fill_ids.begin(), order->fill_ids.end(), fill_id) != order->fill_ids.end()) return;  // told twice
  core::Fill f;
  f.instrument = {fill.h.instrument};
  f.side = static_cast<Side>(fill.side);
  f.px = Decimal::from_raw(fill.px);
  f.qty = Decimal::from_raw(fill.qty);
  f.fee = Decimal::from_raw(fill.fee);
  f.fee_asset = fill.fee_asset != 0 ? core::AssetId{fill.fee_asset} : table_[f.instrument].quote;
  f.time = now;
  const Decimal leaves = order->leaves();
  if (leaves.is_set() && f.qty.is_set() && f.qty > leaves)
    return block(id, "FILL_BEYOND_ORDER", "a fill is larger than what its order had left", now);
  const Decimal fees_before = portfolio_.position(id).fees;
  if (const auto booked = portfolio_.apply(f); !booked) return block(id, booked.error().code, booked.error().message, now);
  order->fill_ids.emplace_back(fill_id);
  order->cum_qty = order->cum_qty + f.qty;
  order->cum_quote = order->cum_quote + mul(f.px, f.qty, Rounding::half_even);
  order->cum_fee = order->cum_fee + (portfolio_.position(id).fees - fees_before);
  ++counts_.fills;
  ++counts_.fills_by_side[static_cast<std::size_t>(f.side)];
  changed_ = true;
  if (sink_.wanted()) {
    core::FillRecord r;
    r.fill_id = fill_id;
    r.order = order->id();
    r.decision = order->intent.decision;
    r.seq = seq_;
    r.time = now;
    r.instrument = f.instrument;
    r.side = f.side;
    r.liquidity = static_cast<std::uint8_t>(fill.liquidity);
    r.px = f.px;
    r.qty = f.qty;
    r.fee = f.fee;
    r.fee_asset = f.fee_asset;
    sink_.put(std::move(r));
  }
  const bool all = order->leaves().is_set() && order->leaves().is_zero();
  move(*order, all ? OrderEvent::fill_all : OrderEvent::fill_part, now, "");
}

// ---- commands -------------------------------------------------------------------------------------------------------

// Asked again when it was asked before: a cancel may be lost, and a venue takes it twice without harm.
Result<void> Execution::request_cancel(Order& order, Nanos now) {
  if (core::is_terminal(order.state)) return {};
  const std::string id(order.intent.client_id()), venue(order.venue_id);
  const bl_order_ref ref{{id.data(), id.size()}, {venue.data(), venue.size()}};
  if (auto sent = broker_.cancel({&ref, 1}); !sent) {
    incident("CANCEL_FAILED", sent.error().message, now);
    return Error{"CANCEL_FAILED", "the broker did not take the cancel of order " + id + ", which may still fill: " + sent.error().message};
  }
  move(order, OrderEvent::cancel_sent, now, "");
  return {};
}

Cancels Execution::cancel_entries(Nanos now) {
  Cancels n;
  const std::vector<Order*> working = orders_.working();  // cancelling changes the list
  for (Order* o : working) {
    if (o->intent.side() != Side::buy) continue;
    ++(request_cancel(*o, now) ? n.asked : n.failed);
  }
  return n;
}

void Execution::audit(Nanos now, std::string_view who, std::string_view action, std::string_view subject,
                      std::string_view reason, std::string_view request_id) {
  if (!sink_.wanted()) return;
  core::AuditRecord r;
  r.seq = seq_;
  r.time = now;
  r.principal = who;
  r.action = action;
  r.subject = subject;
  r.reason = reason;
  r.request_id = request_id;
  sink_.put(std::move(r));
}

void Execution::set_state(core::TradingState state, Nanos now, std::string_view who, std::string_view why,
                          std::string_view request_id) {
  ++seq_;
  state_ = state;
  view_is_old_ = true;
  std::string line = "{\"state\":\"";
  line.append(core::to_string(state)).append("\"}");
  if (const auto done = journal_.note("state", now, line); !done) incident("JOURNAL_WRITE", done.error().message, now);
  if (const auto done = journal_.flush(); !done) incident("JOURNAL_WRITE", done.error().message, now);
  audit(now, who, "trading_state", core::to_string(state), why, request_id);
  // Not why: it is what somebody wrote in a request, and stands in the audit.
  const out::Scope scope({.service = "trade-execution", .request_id = request_id, .principal = who});
  out::info("execution", "trading state: {}", core::to_string(state));
}

Cancels Execution::emergency_stop(Nanos now, std::string_view principal, std::string_view reason,
                                      std::string_view request_id) {
  gate_open_ = false;  // first, before anything that could fail
  set_state(core::TradingState::halted, now, principal, reason, request_id);
  const Cancels cancels = cancel_entries(now);
  const out::Scope scope({.service = "trade-execution", .request_id = request_id, .principal = principal});
  out::warning("execution", "emergency stop: the gate is closed; {} cancels asked for, {} of them failed", cancels.asked, cancels.failed);
  return cancels;
}

void Execution::emergency_resume(Nanos now, std::string_view principal, std::string_view reason,
                                 std::string_view request_id) {
  set_state(core::TradingState::active, now, principal, reason, request_id);
  blocked_.assign(blocked_.size(), false);
  gate_open_ = true;
  const out::Scope scope({.service = "trade-execution", .request_id = request_id, .principal = principal});
  out::warning("execution", "emergency resume: the gate is open");
}

Result<void> Execution::cancel(const core::ClientOrderId& id, Nanos now, std::string_view principal,
                               std::string_view request_id) {
  Order* order = orders_.find(id);
  if (order == nullptr) return Error{"ORDER_NOT_FOUND", "no order " + std::string(id.view()) + " is known to this service"};
  if (core::is_terminal(order->state))
    return Error{"ORDER_ENDED", "order " + std::string(id.view()) + " is " + std::string(core::to_string(order->state)) +
                                    ": nothing is left to cancel"};
  ++seq_;
  audit(now, principal, "cancel", id.view(), "", request_id);
  return request_cancel(*order, now);
}

Result<TradeAnswer> Execution::execute(const TradeRequest& q, Nanos now) {
  ++seq_;
  std::string body = std::to_string(q.instrument.value) + "|" + std::string(core::to_string(q.side)) + "|" +
                     std::string(core::to_string(q.type)) + "|" + std::string(core::to_string(q.tif)) + "|" +
                     q.qty.to_string() + "|" + q.quote_qty.to_string() + "|" + q.limit_px.to_string() + "|" +
                     q.stop_px.to_string() + "|" + std::to_string(q.expire_ns) + "|" + (q.post_only ? "p" : "-") + "|" + q.reason;
  if (!q.dry_run) {
    if (const auto it = answered_.find(q.key); it != answered_.end()) {
      if (it->second.body != body)
        return Error{"IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used for another order: use a new key"};
      TradeAnswer again = it->second.answer;
      again.replayed = true;
      return again;
    }
  }
  const core::Instrument& ins = table_[q.instrument];
  if (q.type == core::OrderType::bracket || q.tif == core::TimeInForce::fok || q.post_only)
    return Error{"ORDER_TYPE_UNSUPPORTED", "market, limit and stop_limit orders with GTC, GTD or IOC can be placed"};
  if (q.qty.is_set() == q.quote_qty.is_set())
    return Error{"ORDER_QUANTITY", "exactly one of qty and quote_qty must be given"};
  if (q.quote_qty.is_set() && (q.type != core::OrderType::market || q.side != Side::buy))
    return Error{"ORDER_QUANTITY", "quote_qty is for market buys only"};
  const Decimal amount = q.qty.is_set() ? q.qty : q.quote_qty;
  if (!amount.is_positive()) return Error{"ORDER_QUANTITY", "the quantity must be above 0"};
  if (q.qty.is_set() && floor_to(q.qty, ins.rules.base_step) != q.qty)
    return Error{"ORDER_QUANTITY_STEP", "the quantity is not a multiple of the product's base_step"};
  const bool needs_limit = q.type != core::OrderType::market, needs_stop = q.type == core::OrderType::stop_limit;
  if (needs_limit != q.limit_px.is_set() || needs_stop != q.stop_px.is_set())
    return Error{"ORDER_PRICES", "a limit order has limit_price, a stop_limit order limit_price and stop_price, a market order none"};
  for (const Decimal& px : {q.limit_px, q.stop_px})
    if (px.is_set() && (!px.is_positive() || floor_to(px, ins.rules.px_step) != px))
      return Error{"ORDER_PRICE_STEP", "a price is not a positive multiple of the product's px_step"};
  if ((q.tif == core::TimeInForce::gtd) != (q.expire_ns != 0) || (q.expire_ns != 0 && q.expire_ns <= now))
    return Error{"ORDER_EXPIRE", "expire goes with GTD, and must lie ahead"};
  if (working_of(q.instrument) != nullptr)
    return Error{"ORDER_WORKING", ins.symbol + " has a working order: cancel it, or wait for its end"};

  core::Intent intent = make_intent(ins, q.side, q.qty, Purpose::operator_order,
                                    core::decision_id(options_.seed, ins.symbol, now, "operator", q.key), portfolio_.mark(ins.id).last, now);
  intent.abi.quote_qty = q.quote_qty.raw();
  intent.abi.limit_px = q.limit_px.raw();
  intent.abi.stop_px = q.stop_px.raw();
  intent.abi.type = static_cast<std::uint32_t>(q.type);
  intent.abi.tif = static_cast<std::uint32_t>(q.type == core::OrderType::market ? core::TimeInForce::ioc : q.tif);
  intent.abi.expire_ns = q.expire_ns;
  if (needs_stop) intent.abi.flags |= q.side == Side::buy ? BL_TRIGGER_UP : BL_TRIGGER_DOWN;
  TradeAnswer answer;
  if (q.side == Side::buy && blocked(ins.id))
    return Error{"PRODUCT_BLOCKED", "the venue reported of " + ins.symbol + " what can't be explained: look at the incidents in the log, then resume"};
  view_.build(portfolio_, orders_, state_, now);
  view_is_old_ = true;  // only the intent's own entry is added to it below
  auto judged = q.side == Side::sell ? exit_floor_.approve(intent, portfolio_, working_sells(ins.id), frozen_, answer.checks)
                                     : chain_.approve(intent, portfolio_, view_.get(), facts(now), answer.checks);
  if (!q.dry_run) counts_.verdicts.add(answer.checks);
  if (auto* refused = std::get_if<core::RiskRefusal>(&judged)) {
    const core::CheckRecord& last = answer.checks.back();
    return Error{refused->code, last.reason.empty() ? "refused by " + *last.rule_source : last.reason};
  }
  auto& approved = std::get<core::RiskApproved<core::Intent>>(judged);
  answer.order = core::ClientOrderId(approved->client_id());
  answer.qty = approved->qty();
  if (q.dry_run) return answer;
  {
    core::SizingRecord& r = sized_.emplace_back();
    r.decision = intent.decision;
    r.seq = seq_;
    r.time = now;
    r.instrument = ins.id;
    r.purpose = Purpose::operator_order;
    r.code = codes().order;
    r.order = answer.order;
    r.order_qty = approved->qty();
    r.price = portfolio_.mark(ins.id).last;
    r.equity = portfolio_.equity();
    r.held_qty = portfolio_.position(ins.id).qty;
    r.checks = answer.checks;
  }
  audit(now, q.principal, "trade", answer.order.view(), q.reason, q.request_id);
  count_entry(*approved, now);
  approved_.push_back(std::move(approved));
  flush_frame(now);
  if (const Order* o = orders_.find(answer.order); o == nullptr)
    return Error{"JOURNAL_UNWRITABLE", "the order could not be made durable and was not sent"};
  answered_.insert_or_assign(q.key, Answered{std::move(body), answer});
  answered_order_.push_back(q.key);
  if (answered_order_.size() > kept_answers) {
    answered_.erase(answered_order_.front());
    answered_order_.erase(answered_order_.begin());
  }
  return answer;
}

void Execution::incident(std::string_view code, std::string_view text, Nanos now) {
  ++counts_.incidents;
  log_incident(code, ++counts_.by_incident[std::string(code)]);
  if (!sink_.wanted()) return;
  core::EventRecord r;
  r.seq = seq_;
  r.time = now;
  r.type = "incident";
  std::string quoted;
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  r.payload = "{\"code\":\"" + std::string(code) + "\",\"text\":\"" + quoted + "\"}";
  sink_.put(std::move(r));
}

}  // namespace bowline::services
