#include "store/journal_audit.hpp"

#include <string>
#include <tuple>
#include <utility>

#include "store/live_rows.hpp"
#include "store/operator_rows.hpp"
#include "store/restored_row.hpp"

namespace bowline::store {
namespace {

using core::AuditRecord;
using Line = Result<std::optional<AuditRecord>>;

AuditRecord of(core::Nanos time, std::string who, std::string action, std::string subject, std::string reason, std::string request) {
  AuditRecord r;
  r.time = time;
  r.principal = std::move(who);
  r.action = std::move(action);
  r.subject = std::move(subject);
  r.reason = std::move(reason);
  r.request_id = std::move(request);
  return r;
}

std::string or_all(const std::string& symbol) { return symbol.empty() ? "*" : symbol; }

Line of_asked(const AskedRow& q, core::Nanos time) {
  const auto line = [&](std::string action, std::string subject) { return of(time, q.who, std::move(action), std::move(subject), q.why, q.request); };
  switch (q.what) {
    case Ask::cancel: return {line("cancel", q.order)};
    case Ask::amend: return {line("amend", q.order)};
    case Ask::plan: return {line("rebalance_run", std::to_string(q.plan.size()) + (q.plan.size() == 1 ? " target" : " targets"))};
    case Ask::close: return {line("close", q.symbol)};
    case Ask::lock: return {line("lock", q.symbol)};
    case Ask::unlock: return {line("unlock", q.symbol)};
    case Ask::inventory: return {line(q.flag ? "inventory_adopt" : "inventory_release", q.symbol)};
    case Ask::reclassify: return {line("reclassify", q.asset + " " + q.qty.to_string() + (q.flag ? " deposit to reward" : " reward to deposit"))};
    case Ask::venue: return {line("reconcile", "venue")};
    case Ask::adoption: return {line("adopt_venue", or_all(q.symbol))};
    case Ask::ramp: return {line("ramp", ramp_words(q.quote_qty, q.count))};
    case Ask::rollout: return {line("rollout", core::format_time(q.until))};
    // Their lines are those of the state that they led to, or of the order.
    case Ask::trade:
    case Ask::state:
    case Ask::stop:
    case Ask::resume:
    case Ask::latch: break;
  }
  return {std::optional<AuditRecord>{}};
}

}  // namespace

Line JournalAudit::take(const JournalRow& row) {
  namespace kind = journal_kind;
  if (row.kind == kind::asked) {
    auto q = read_asked(row.payload);
    if (!q) return q.error();
    if (q->what == Ask::trade) trade_ = *q;
    return of_asked(*q, row.time);
  }
  if (row.kind == kind::command && trade_) {
    const auto command = read_command(row.payload);
    if (!command) return command.error();
    if (command->key != trade_->key) return {std::optional<AuditRecord>{}};
    const AskedRow q = *std::exchange(trade_, std::nullopt);
    return {of(row.time, q.who, "trade", std::string(command->order.view()), q.why, q.request)};
  }
  if (row.kind == kind::state) {
    const auto s = read_state(row.payload);
    if (!s) return s.error();
    return {of(row.time, s->who, "trading_state", std::string(core::to_string(s->state)), s->why, s->request)};
  }
  if (row.kind == kind::product_state) {
    const auto s = read_product_state(row.payload);
    if (!s) return s.error();
    return {of(row.time, s->who, "trading_state", s->symbol + " " + std::string(core::to_string(s->state)), s->why, s->request)};
  }
  if (row.kind == kind::restored) {
    const auto r = read_restored(row.payload);
    if (!r) return r.error();
    return {of(row.time, r->who, "journal_restore", r->head, r->why, {})};
  }
  if (row.kind == kind::emergency) {
    const auto e = read_emergency(row.payload);
    if (!e) return e.error();
    const bool done = e->event == "done";
    return {of(row.time, done ? "host" : e->who, done ? "liquidated" : e->event == "begun" ? "liquidate" : "liquidation_interrupted", e->id, e->why,
               e->request)};
  }
  return {std::optional<AuditRecord>{}};
}

bool same_line(const AuditRecord& a, const AuditRecord& b) {
  const auto all = [](const AuditRecord& r) { return std::tie(r.time, r.principal, r.action, r.subject, r.reason, r.request_id); };
  return all(a) == all(b);
}

}  // namespace bowline::store
