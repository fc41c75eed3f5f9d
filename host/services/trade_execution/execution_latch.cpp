// Execution under the latch (trading rules 3.7): a file outside the store halts it, and only an operator's resume lets go.
#include <algorithm>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"
#include "store/halt_latch.hpp"

namespace bowline::services {
namespace {
namespace out = observe::log;
}

bool Execution::look_at_latch(core::Nanos now) {
  if (latch_ == nullptr || !latch_->set()) return false;
  if (gate_open_ || state() != core::TradingState::halted) {
    gate_open_ = false;  // first, before anything that could fail
    const store::Halt halt = latch_->read();
    store::AskedRow row = asked(store::Ask::latch, now, halt.who.empty() ? "latch" : halt.who,
                                halt.why.empty() ? "the latch " + latch_->file() + " is set" : halt.why, {});
    row.key = halt.id;
    note_asked(row);
    change_state(core::TradingState::halted, now, row.who, row.why, halt.id, false);
    const Cancels cancels = cancel_entries(now);
    const out::Scope scope({.service = "trade-execution"});
    out::warning("execution", "the latch {} is set: the gate is closed; {} cancels asked for, {} of them failed", latch_->file(),
                 cancels.asked, cancels.failed);
  } else if (!recalling_ && now - kept_off_ >= 1'000'000'000) {
    kept_off_ = now;
    const auto rests = [](const core::Order* o) { return !o->external && o->intent.side() == core::Side::buy; };
    if (std::any_of(orders_.working().begin(), orders_.working().end(), rests)) keep_off_again(now);
  }
  return true;
}

void Execution::engage_latch(core::Nanos now, std::string_view who, std::string_view why) {
  if (latch_ == nullptr) return;
  store::Halt halt;
  halt.who = who;
  halt.why = why;
  // The state is halted all the same, and the journal says so.
  if (const auto done = latch_->engage(halt); !done) incident("LATCH_WRITE", done.error().message, now);
}

Result<void> Execution::resume(core::Nanos now, std::string_view principal, std::string_view reason, std::string_view request_id) {
  const bool latched = latch_ != nullptr && latch_->set();
  if (gate_open_ && !latched && state() == core::TradingState::active && !request_id.empty() && states_.global().request == request_id)
    return {};  // this very request did it
  if (auto may = may_be_active(); !may) return may;
  if (auto fresh = once(true, request_id); !fresh) return fresh;
  if (latch_ != nullptr)
    if (auto done = latch_->clear(); !done) return done;
  emergency_resume(now, principal, reason, request_id);
  return {};
}

}  // namespace bowline::services
