#include "services/stand_in/stand_in.hpp"

#include <algorithm>

namespace bowline::services {
namespace {

using core::Nanos;
using core::Order;

/// Looks, a fifth of a second each, that the first answer is waited for.
constexpr int first_answer = 25;
/// What the venue answers at once is followed at once, but not without end.
constexpr int most_at_once = 100;

bool enters(const Order& o) { return !o.external && o.intent.side() == core::Side::buy; }

}  // namespace

void StandIn::begin() {
  note_entries();
  // Not taken, it is asked again at the first look.
  static_cast<void>(p_.execution.ask_venue());
  p_.turn(p_.now());
  End unused;
  for (int n = 0; n < first_answer && !p_.execution.reconciled() && may_go_on(unused); ++n) p_.wait();
  p_.execution.begin();
}

void StandIn::look(Nanos now) {
  p_.execution.look_as_stand_in(now);
  p_.turn(now);
  note_entries();
  // What an order came to is known here and at the venue: that it is not written yet must hold up no cancel.
  static_cast<void>(p_.journal.flush());
}

// Each that worked at any look: what shows up late is told of as well.
void StandIn::note_entries() {
  for (const Order* o : p_.execution.orders().working())
    if (enters(*o) && std::find(entries_.begin(), entries_.end(), o->id()) == entries_.end()) entries_.push_back(o->id());
}

bool StandIn::entries_work() const {
  const auto& working = p_.execution.orders().working();
  return std::any_of(working.begin(), working.end(), [](const Order* o) { return enters(*o); });
}

bool StandIn::may_go_on(End& end) const {
  if (p_.fault)
    if (Error why = p_.fault(); !why.code.empty()) {
      end.error = std::move(why);
      return false;
    }
  return !p_.enough || !p_.enough();
}

StandIn::End StandIn::stop() {
  End end;
  begin();
  for (;;) {
    p_.turn(p_.now());
    const Nanos now = p_.now();  // behind what was heard
    // Halts, closes the gate and asks for the cancels, once; what was lost of them is asked for again by the looks.
    static_cast<void>(p_.execution.look_at_latch(now));
    look(now);
    end.done = !entries_work() && p_.execution.reconciled();
    if (end.done || !may_go_on(end)) return ended(std::move(end));
    p_.wait();
  }
}

StandIn::End StandIn::liquidate(const store::Halt& halt) {
  End end;
  Execution& e = p_.execution;
  e.go_on_without_history();
  begin();
  static_cast<void>(e.look_at_latch(p_.now()));
  if (!e.liquidating() && !e.receipt(halt.id)) {
    LiquidationRequest q;
    q.id = q.request_id = halt.id;
    q.reason = halt.why;
    q.principal = halt.who;
    q.max_slice = halt.max_slice;
    q.end = halt.end;
    bool replayed = false;
    if (const auto begun = e.liquidate(q, p_.now(), replayed); !begun) {
      end.error = begun.error();
      return ended(std::move(end));
    }
  }
  const std::string id(e.liquidating() ? e.liquidating_id() : std::string_view(halt.id));
  for (;;) {
    p_.turn(p_.now());
    for (int n = 0; n < most_at_once && e.look_at_liquidation(p_.now()); ++n) p_.turn(p_.now());
    look(p_.now());
    if (const auto receipt = e.receipt(id); receipt && *receipt != end.receipt) {
      if (p_.told) p_.told(*receipt);
      end.receipt = *receipt;
    }
    end.done = !e.liquidating();
    if (end.done || !may_go_on(end)) return ended(std::move(end));
    p_.wait();
  }
}

StandIn::End StandIn::ended(End end) const {
  const Execution& e = p_.execution;
  const auto line = [this](const Order& o) {
    return OrderLine{std::string(o.id().view()), p_.table[o.intent.instrument()].symbol, std::string(core::to_string(o.intent.side())),
                     std::string(core::to_string(o.state))};
  };
  for (const core::ClientOrderId& id : entries_)
    if (const Order* o = e.orders().find(id); o != nullptr) end.entries.push_back(line(*o));
  for (const Order* o : e.orders().working()) {
    if (o->external) ++end.of_others;
    else if (!enters(*o)) end.kept.push_back(line(*o));
  }
  for (const core::Instrument& ins : p_.table.all())
    if (e.portfolio().position(ins.id).qty.is_positive() && !e.portfolio().dust(ins.id) && e.stop_owner(ins.id) != StopOwner::venue)
      end.unprotected.push_back(ins.symbol);
  end.journal_ok = e.journal_ok() && p_.journal.writable();
  return end;
}

}  // namespace bowline::services
