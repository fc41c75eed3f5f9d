// Execution's ramp by an operator's word (trading rules 6).
#include <algorithm>

#include "observe/log.hpp"
#include "services/trade_execution/execution.hpp"

namespace bowline::services {
namespace {

namespace out = observe::log;
using core::Nanos;

constexpr Nanos day_ns = 86'400'000'000'000;

}  // namespace

Result<bool> Execution::set_ramp(const RampRequest& q, Nanos now) {
  if (!q.request_id.empty() && ramp_.request() == q.request_id && ramp_.limits() == q.wanted) {
    if (journal_.pending()) flush_rows();  // its row may be one that waits for the journal
    if (!journal_ok_) return not_durable();
    return true;
  }
  if (auto fresh = once(loosens(ramp_.limits(), q.wanted), q.request_id); !fresh) return fresh.error();
  ++seq_;
  now_ = std::max(now_, now);
  store::AskedRow row = asked(store::Ask::ramp, now, q.principal, q.reason, q.request_id);
  row.quote_qty = q.wanted.usd_per_day;
  row.count = q.wanted.orders_per_day;
  note_asked(row);
  note(store::journal_kind::ramp, store::line(ramp_.set(q, now)));
  make_durable();
  audit(now, q.principal, "ramp", words(q.wanted), q.reason, q.request_id);
  const out::Scope scope({.service = "trade-execution", .request_id = q.request_id, .principal = q.principal});
  out::warning("execution", "{}", q.wanted.any() ? "the ramp was set anew" : "the ramp was taken away");
  remember_request(q.request_id);
  if (!journal_ok_) return not_durable();
  return false;
}

Result<void> Execution::restore_ramp(const store::JournalRow& row) {
  const auto r = store::read_ramp(row.payload);
  if (!r) return r.error();
  ramp_.restore(*r, row.time);
  remember_request(r->request);
  return {};
}

// The floor's facts about an order that is in the day's count already: it is no other entry beside itself, and its rest no other
// amount.
core::FloorFacts Execution::facts_again(const core::Intent& counted, Nanos now) const {
  core::FloorFacts f = facts(counted.instrument(), now);
  if (counted.side() == core::Side::buy && counted.abi.decided_ns / day_ns == now / day_ns && f.day_orders > 0) --f.day_orders;
  if (const core::Order* o = orders_.find(core::ClientOrderId(counted.client_id())); o != nullptr && !core::is_terminal(o->state))
    f.day_notional = f.day_notional - rest_worth(*o);
  return f;
}

std::uint32_t Execution::entries_today(Nanos now) const {
  return ramp_.orders(now) + static_cast<std::uint32_t>(std::count_if(approved_.begin(), approved_.end(), [](const store::Journal::Approved& a) {
           return a->side() == core::Side::buy;
         }));
}

}  // namespace bowline::services
