// Execution asks: what the venue has of our orders after a restart, and what becomes of an order whose fate is unknown
// (trading rules 2.3). Streams are hints, answers to questions are what counts.
#include <algorithm>
#include <cstring>
#include <utility>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::Nanos;
using core::Order;
using core::OrderEvent;
using core::OrderState;
using core::Side;

constexpr std::uint32_t ask_order = 1, ask_open = 2, ask_fills = 4, ask_balances = 8, ask_products = 16;
constexpr Nanos moment = 1'000'000'000, minute = 60 * moment, hour = 60 * minute;

bl_order_ref ref_of(const Order& o) {
  const std::string_view id = o.client_id_at_venue();
  const std::string_view venue = o.venue_id;
  return {{id.data(), id.size()}, {venue.data(), venue.size()}};
}

/// When what an event tells was so: nothing may use it before.
Nanos known_at(const bl_event& e) { return e.ts_event; }

}  // namespace

// ---- questions ----------------------------------------------------------------------------------------------------

Result<void> Execution::ask_venue() {
  // Fills that were told and lost with the process: since the oldest order that is not done, and an hour before. In a process
  // whose balances have agreed no fill of before is missing, but of an order of which the venue has said so: what rests for weeks
  // must not have the fills of weeks told each minute.
  Nanos since = agreed_ns_ >= 0 ? std::min(settled_, agreed_ns_) : settled_;
  for (const Order* o : orders_.working())
    if (!o->external && (agreed_ns_ < 0 || short_of_fills_.contains(o->id()))) since = std::min(since, o->intent.abi.decided_ns);
  for (const EndedOrder& e : ended_)  // what is missing of them may be told yet
    if (const Order* o = orders_.find(e.order); o != nullptr && !o->external) since = std::min(since, o->intent.abi.decided_ns);
  bl_query q{};
  q.size = sizeof q;
  q.scope = ask_open | ask_fills | ask_balances | ask_products;
  q.since_ns = std::max<Nanos>(0, since - hour);
  const bool lists_already = listing_;
  const std::uint64_t before = list_request_;
  listing_ = true;
  list_request_ = requests_ + 1;  // it may be answered at once
  named_.clear();
  told_filled_.clear();
  if (auto sent = ask(q); !sent) {
    listing_ = lists_already;
    list_request_ = before;
    return sent.error();
  }
  return {};
}

Result<std::uint64_t> Execution::ask(bl_query& q) {
  if (tick_ != 0) tell_tick();
  q.request = ++requests_;
  asked_.push_back({q.request, now_});
  if (auto sent = broker_.query(q); !sent) {
    std::erase_if(asked_, [&q](const OpenQuestion& a) { return a.request == q.request; });
    return sent.error();
  }
  if (q.scope != ask_order) asked_ns_ = now_;
  return q.request;
}

// A venue that goes silent must not keep what is asked later from being compared: after its time a question is given up,
// and what it was about is asked again. Where time moves by data a venue may answer a bar later, or two.
void Execution::give_up_on_answers() {
  const Nanos patience = options_.time_by_data ? std::max(3 * options_.interval, minute) : minute;
  std::size_t silent = 0;
  for (const OpenQuestion& a : asked_) silent += now_ - a.since >= patience ? 1 : 0;
  if (silent == 0) return;
  for (const OpenQuestion& a : asked_) {
    if (now_ - a.since < patience) continue;
    if (listing_ && a.request == list_request_) listing_ = false;
    for (StrangerFill& s : strangers_)
      if (s.request == a.request) s.request = 0;
  }
  std::erase_if(asked_, [&](const OpenQuestion& a) { return now_ - a.since >= patience; });
  told_totals_.clear();
  answer_whole_ = true;
  venue_due_ = true;
  incident("RECONCILE_INCOMPLETE", "the venue does not answer: it is asked again", now_);
  if (adoption_) fail_adoption("RECONCILE_INCOMPLETE");
}

void Execution::ask_about(const Order& order, std::uint32_t beside) {
  bl_query q{};
  q.size = sizeof q;
  q.scope = ask_order | beside;
  q.order = ref_of(order);
  q.since_ns = std::max<Nanos>(0, order.intent.abi.decided_ns - minute);
  const auto sent = ask(q);
  trail_.asked(order, sent ? nullptr : &sent.error(), {seq_, now_});
  if (!sent) incident("RECONCILE_INCOMPLETE", sent.error().message, now_, order.intent.client_id());
}

void Execution::on_done(const bl_done& done) {
  if (std::none_of(asked_.begin(), asked_.end(), [&done](const OpenQuestion& a) { return a.request == done.request; })) return;  // given up, or told twice
  take_answer();
  if (!strangers_.empty()) give_up_on_strangers(done.request);
  std::erase_if(asked_, [&done](const OpenQuestion& a) { return a.request == done.request; });
  answer_whole_ = answer_whole_ && done.status >= 0 && done.complete != 0;
  if (liquidation_) told_of_liquidation(done);
  if (done.status < 0 || done.complete == 0)
    incident("RECONCILE_INCOMPLETE", "the venue did not answer all that was asked: what it has is not known", now_);
  if (listing_ && done.request == list_request_) {
    listing_ = false;
    if (!answer_whole_) venue_due_ = true;
    // Not in the list of open orders: ended, or never there. Only a question about the order itself tells which.
    for (const Order* o : orders_.working()) {
      if (std::find(named_.begin(), named_.end(), o->id()) != named_.end()) continue;
      ask_about(*o);
    }
  }
  if (!asked_.empty()) return;
  ended_meanwhile_.clear();
  // All is answered: what the venue says is filled must be what its fills add up to.
  for (const auto& [id, told] : told_filled_)
    if (const Order* o = orders_.find(id); o != nullptr && o->cum_qty < told && held_back_.empty()) {
      short_of_fills_.insert_or_assign(id, told);
      block(o->intent.instrument(), "FILLS_MISSING",
            "order " + std::string(id.view()) + " is filled further at the venue than its fills add up to", now_, id.view());
    }
  told_filled_.clear();
  if (liquidation_ && liquidation_->asked) judge_list();
  answered_whole_ = std::exchange(answer_whole_, true);
  answered_ns_ = now_;
  if (adoption_) adoption_answered(answered_whole_);
  else compare_balances(answered_whole_);
}

// ---- answers ------------------------------------------------------------------------------------------------------

void Execution::on_snapshot(Order& order, const bl_exec& exec) {
  const Nanos now = now_;
  if (listing_) named_.push_back(order.id());
  if (overtaken(order, exec)) return;
  std::erase_if(missing_, [&](const MissingOrder& m) { return m.order == order.id(); });
  if (exec.state != BL_S_PENDING && exec.state != BL_S_OPEN) return on_end(order, exec);
  if (order.amends && order.amends->pending) hear_terms(order, exec);
  if (const Decimal told = Decimal::from_raw(exec.cum_qty); told.is_set() && told > order.cum_qty) told_filled_.emplace_back(order.id(), told);
  const OrderState was = order.state;
  // Told what is known it is no event: the list comes again and again.
  if (was != OrderState::open && was != OrderState::partially_filled) move(order, OrderEvent::found, now, "");
  cancel_if_back(order, was, now);
}

void Execution::on_absent(Order& order, Nanos) {
  if (core::is_terminal(order.state)) return;
  // Not answered yet it may still be on its way, and get there; what an earlier process sent is so no more, unless it was
  // sent again.
  const bool answered = order.state == OrderState::unknown || order.state == OrderState::open || order.state == OrderState::partially_filled ||
                        !std::string_view(order.venue_id).empty() || never_answered(order, now_);
  if (!answered && !inherited(order)) return;
  // It was there: acknowledged, and not ended as far as was told. A venue that forgets is for a person to look at.
  if (order.state == OrderState::open || order.state == OrderState::partially_filled ||
      (order.state == OrderState::cancel_pending && !std::string_view(order.venue_id).empty())) {
    gone_.insert(order.id());
    if (adoption_) adoption_->absent.push_back(order.id());
    block(order.intent.instrument(), "ORDER_GONE", "the venue does not know an order that it had acknowledged", now_, order.intent.client_id());
  }
  const auto known = std::find_if(missing_.begin(), missing_.end(), [&](const MissingOrder& m) { return m.order == order.id(); });
  if (known == missing_.end()) missing_.push_back({order.id(), 1, now_});
  else if (!known->on_its_way) ++known->polls;
}

// Holds that changed are no absence (trading rules 2.3): what the venue sets aside of the asset, beyond what the other orders
// may need that it does not lack as well, is enough for this one too. Of those the most counts, of this one the least. No
// word since `since`: the venue tells no holds.
bool Execution::held_at_venue(const Order& order, Nanos since) const {
  const auto asset_of = [this](const Order& o) {
    const core::Instrument& ins = table_[o.intent.instrument()];
    return o.intent.side() == Side::sell ? ins.base : ins.quote;
  };
  const core::AssetId asset = asset_of(order);
  if (asset.value > venue_word_.size()) return false;
  const VenueBalance& word = venue_word_[asset.value - 1];
  if (!word.hold.is_set() || word.time < since) return false;
  const auto needs = [this](const Order& o, bool with_fee) {
    const core::Intent& i = o.intent;
    if (i.side() == Side::sell) return o.leaves();
    if (i.quote_qty().is_set()) return i.quote_qty() - (with_fee ? Decimal::zero() : o.cum_quote + o.cum_fee);
    const Decimal px = i.limit_px().is_set() ? i.limit_px() : portfolio_.ask(i.instrument());
    const Decimal value = mul(o.leaves(), px, Rounding::up), rate = table_[i.instrument()].rules.taker_fee;
    return with_fee && rate.is_set() ? value + mul(value, rate, Rounding::up) : value;
  };
  const Decimal least = needs(order, false);
  if (!least.is_positive()) return false;
  Decimal left = word.hold;
  for (const Order* o : orders_.working()) {
    if (o == &order || asset_of(*o) != asset) continue;
    if (std::any_of(missing_.begin(), missing_.end(), [o](const MissingOrder& m) { return m.order == o->id(); })) continue;
    const Decimal most = needs(*o, true);
    if (most.is_set()) left = left - most;
  }
  return left.is_set() && left >= least;
}

// A purchase with an end at the venue can fill until then, if the proof was wrong.
void Execution::note_tombstone(const Order& order) {
  if (order.state != OrderState::not_placed || order.external || order.intent.side() != Side::buy) return;
  Nanos& until = may_come_until_[order.intent.abi.instrument - 1];
  until = std::max(until, order.intent.abi.expire_ns);
}

// Whom a look asks about: of no answer, or not at the venue as far as it said.
std::vector<const Order*> Execution::of_unknown_fate(Nanos now) const {
  std::vector<const Order*> all;
  for (const Order* o : orders_.working()) {
    if (now < o->intent.abi.decided_ns) continue;
    const bool missing = std::any_of(missing_.begin(), missing_.end(), [o](const MissingOrder& m) { return m.order == o->id(); });
    if (missing || o->state == OrderState::unknown || never_answered(*o, now)) all.push_back(o);
  }
  return all;
}

// What has no answer is asked for at each step, as far as the period has room for it. What the venue does not have is sent again while its time has not passed (the
// same bytes, the same id), else asked for again, and after k answers over a time that the venue does not have it, it is not
// there: never placed, or over. What was acknowledged is never sent again.
void Execution::look_for_missing(Nanos now) {
  const auto is_missing = [this](const Order& o) { return std::any_of(missing_.begin(), missing_.end(), [&o](const MissingOrder& m) { return m.order == o.id(); }); };
  // Where time moves by data each step is asked for once, and the venue is the run's own.
  const bool bounded = !options_.time_by_data;
  if (bounded) turns_.begin(of_unknown_fate(now), now, options_.in_flight_every, options_.in_flight);
  const auto ask_in_turn = [&](const Order& o, std::uint32_t beside) {
    if (bounded && !turns_.may_ask(o.id())) return;
    if (bounded) turns_.asked(o.id(), now, options_.in_flight);
    ask_about(o, beside);
  };
  for (const Order* o : orders_.working()) {
    if ((o->state != OrderState::unknown && !never_answered(*o, now)) || now < o->intent.abi.decided_ns) continue;
    if (!is_missing(*o)) ask_in_turn(*o, 0);
  }
  if (missing_.empty()) return;
  std::vector<core::ClientOrderId> gone, held;
  for (MissingOrder& m : missing_) {
    Order* o = orders_.find(m.order);
    if (o == nullptr || core::is_terminal(o->state)) {
      gone.push_back(m.order);
      continue;
    }
    if (now < o->intent.abi.decided_ns) continue;  // its time has not come again yet
    if (o->state == OrderState::unknown && !m.sent_again && !o->cancel_asked && std::string_view(o->venue_id).empty() && durable_journal_ &&
        now - o->intent.abi.decided_ns <= options_.resend_window &&
        (o->intent.abi.not_after_ns == 0 || now <= o->intent.abi.not_after_ns)) {
      m.sent_again = true;  // once: what it leads to is asked for again
      if (send_again(*o, now, m)) {
        m.polls = 0;
        m.since = now;
        continue;
      }
    }
    // Where time is real an answer that has not come by then comes no more.
    if (m.on_its_way && !options_.time_by_data && now - m.since >= options_.resend_window) m.on_its_way = false;
    // What this process may still be handing over is not proved absent, however often it was asked for.
    const bool may_leave = !options_.time_by_data && !inherited(*o) && now <= o->intent.abi.not_after_ns;
    if (!may_leave && m.polls >= options_.absent_polls && now - m.since >= options_.absent_for) {
      if (!held_at_venue(*o, m.since)) {
        move(*o, OrderEvent::proved_absent, now, "the venue does not have it");
        gone.push_back(m.order);
        continue;
      }
      // The proof begins anew, and what is there is to go.
      held.push_back(m.order);
      m.held = true;
      m.polls = 0;
      m.since = now;
    }
    ask_in_turn(*o, m.polls + 1 >= options_.absent_polls ? ask_balances : 0);
  }
  std::erase_if(missing_, [&](const MissingOrder& m) { return std::find(gone.begin(), gone.end(), m.order) != gone.end(); });
  for (const core::ClientOrderId& id : held) {
    Order* o = orders_.find(id);
    if (o == nullptr || core::is_terminal(o->state)) continue;
    block(o->intent.instrument(), "ORDER_HELD", "the venue does not list order " + std::string(id.view()) + ", and holds what it would hold", now, id.view());
    if (!o->external) static_cast<void>(request_cancel(*o, now));
  }
}

// By the clock: an order has ended and fills of it are missing, which holds up every exit of its product. They may only be late;
// then they are asked for, and then what they would have said is taken as owed (compare_ended), without waiting for a bar.
void Execution::look_for_fills(Nanos now) {
  bool late = false;
  std::vector<core::ClientOrderId> ask_for;
  for (EndedOrder& e : ended_) {
    const Order* o = e.judged ? nullptr : orders_.find(e.order);
    if (o == nullptr || o->cum_qty == e.told) continue;
    if (e.since == 0) e.since = now;  // of an earlier process
    late = late || e.waited(now);
    if (e.asked || now - e.since < moment) continue;
    e.asked = true;
    ask_for.push_back(e.order);
  }
  for (const core::ClientOrderId& id : ask_for) ask_about(*orders_.find(id), ask_fills);
  if (!late) return;
  tell_tick();
  compare_ended(now, false);
}

// What was sent between two steps and lost with the process goes out again at its own time, if that comes again.
void Execution::resend_in_time(Nanos now) {
  const bool due = std::any_of(missing_.begin(), missing_.end(), [&](const MissingOrder& m) {
    const Order* o = m.sent_again ? nullptr : orders_.find(m.order);
    return o != nullptr && o->state == OrderState::unknown && !o->cancel_asked && o->intent.abi.decided_ns <= now &&
           now - o->intent.abi.decided_ns <= options_.resend_window;
  });
  if (due) look_for_missing(now);
}

void Execution::resume_orders() {
  recalling_ = false;
  history_over_ = true;
  // What a rule wants of a position that it was told of, and that the journal had not taken yet, is wanted now.
  if (tell_rules_)
    for (const core::Instrument& ins : table_.all())
      if (portfolio_.position(ins.id).qty.is_positive()) tell_position(ins.id, now_);
  const std::vector<Order*> working = orders_.working();  // what is asked changes the list
  // A cancel that was on its way is lost with the process that sent it; asked twice it does no harm.
  for (Order* o : working) {
    if (o->state != OrderState::cancel_pending || o->external) continue;
    // Where time comes again the cancel comes at its own: before it, the venue would end what was still to be filled.
    if (options_.time_by_data && o->updated > now_) cancels_due_.push_back(o->id());
    else static_cast<void>(request_cancel(*o, now_));
  }
  look_for_missing(now_);
}

// Behind what the bars of its step did, if that step comes again; at once when time is beyond it.
void Execution::cancel_in_time(Nanos now, bool in_step) {
  now_ = std::max(now_, now);
  std::erase_if(cancels_due_, [&](const core::ClientOrderId& id) {
    Order* o = orders_.find(id);
    if (o != nullptr && (o->updated > now || (o->updated == now && !in_step))) return false;
    if (o != nullptr) static_cast<void>(request_cancel(*o, now));
    return true;
  });
}

bool Execution::send_again(Order& order, Nanos now, MissingOrder& missing) {
  const core::Intent& intent = order.intent;
  const core::InstrumentId id = intent.instrument();
  // Nor what nobody would order now: the position is being sold, or this exit does not run.
  if (intent.side() == Side::buy && (blocked(id) || !entries_held(id).empty() || quote_lost_[id.value - 1] || reentry_locked(id, now) || closing(id) || book_.insists(id, core::Purpose::exit) || book_.insists(id, core::Purpose::stop))) return false;
  if (intent.side() == Side::sell && !may_exit(id, intent.purpose)) return false;
  if (core::rests_as_stop(intent) && !may_rest(id, now)) return false;
  std::vector<core::CheckRecord> checks;
  // What passed then must pass now: the state, the mark and the caps may be others.
  view_.build(portfolio_, orders_, state(), now);
  auto judged = intent.side() == Side::sell
                    ? exit_floor_.approve(intent, portfolio_, working_sells(intent.instrument()) - order.leaves(), states_.frozen(intent.instrument()), checks)
                    : chain_.approve(intent, portfolio_, view_.get(), facts_again(intent, now), checks);
  counts_.verdicts.add(checks, intent.instrument(), now);
  auto* approved = std::get_if<core::RiskApproved<core::Intent>>(&judged);
  // Shrunk is another order: it may not go under this id.
  if (approved == nullptr || (*approved)->qty() != intent.qty()) return false;
  const auto proof = journal_.again(*approved);
  if (!proof) {
    incident(proof.error().code, proof.error().message, now, intent.client_id());
    return false;
  }
  Error why;
  const HandOver done = broker_.submit(*proof, why);
  trail_.submitted(order, done, why, {seq_, now});
  missing.on_its_way = done == HandOver::taken;
  out::warning("execution", "order {} had no answer and is not at the venue: it is sent again", intent.client_id());
  return done != HandOver::denied;
}

// ---- before their time --------------------------------------------------------------------------------------------

bool Execution::hold_back(const bl_event& event) {
  constexpr std::uint16_t snapshot = 2;  // an answer; what happens now is told at its time
  if (!options_.time_by_data || (event.flags & snapshot) == 0 || known_at(event) <= now_) return false;
  if (event.type != BL_EV_FILL && event.type != BL_EV_EXEC) return false;
  std::vector<std::uint64_t>& kept = held_back_.emplace_back((event.size + 7u) / 8u);
  std::memcpy(kept.data(), &event, event.size);
  if (event.type == BL_EV_EXEC && listing_) {
    const auto& e = reinterpret_cast<const bl_exec&>(event);
    named_.emplace_back(std::string_view(e.client_id, ::strnlen(e.client_id, sizeof e.client_id)));
  }
  return true;
}

// A resting order that was cancelled at the very time of a step was cancelled in that step: heard before it is decided again,
// its exit would go out a step earlier than it did.
bool Execution::is_due(const bl_event& event, Nanos now) const {
  const bool in_step = known_at(event) == now && traded_ < now && (now - settled_) % options_.interval == 0;
  if (!in_step || event.type != BL_EV_EXEC) return known_at(event) <= now;
  const auto& e = reinterpret_cast<const bl_exec&>(event);
  const Order* o = orders_.find(core::ClientOrderId(std::string_view(e.client_id, ::strnlen(e.client_id, sizeof e.client_id))));
  return e.state != BL_S_CANCELLED || o == nullptr || (o->intent.tif() != core::TimeInForce::gtc && o->intent.tif() != core::TimeInForce::gtd);
}

void Execution::release_due(Nanos now) {
  now_ = std::max(now_, now);
  const auto event = [](const std::vector<std::uint64_t>& kept) -> const bl_event& { return *reinterpret_cast<const bl_event*>(kept.data()); };
  std::vector<std::vector<std::uint64_t>> due;
  for (auto& kept : held_back_)
    if (is_due(event(kept), now)) due.push_back(std::move(kept));
  if (due.empty()) return;
  std::erase_if(held_back_, [](const auto& kept) { return kept.empty(); });
  // A fill is told before the end it led to.
  std::stable_sort(due.begin(), due.end(), [&](const auto& a, const auto& b) {
    return known_at(event(a)) != known_at(event(b)) ? known_at(event(a)) < known_at(event(b)) : event(a).type > event(b).type;
  });
  for (const auto& kept : due) take(event(kept));
  if (follow_) follow_up();
}

}  // namespace bowline::services
