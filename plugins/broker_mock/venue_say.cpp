// The part of the venue that speaks: answers to questions and requests, what it says by itself, what must be
// durable before any of it leaves.
#include <algorithm>
#include <utility>

#include "venue.hpp"

namespace bowline::broker_mock {

// ---- questions
// --------------------------------------------------------------------------------------------------

void Venue::ask_order(const OrderRef& ref, std::int64_t now_ns) {
  if (const Order* o = find(ref)) return put_report(Report::Kind::snapshot, *o, now_ns, Reason::none);
  Order missing;
  missing.spec.client_id = ref.client_id;
  missing.venue_id = ref.venue_id;
  put_report(Report::Kind::absent, missing, now_ns, Reason::none);
}

void Venue::ask_open(std::int64_t now_ns) {
  for (const Order& o : orders_)
    if (o.state == State::open) put_report(Report::Kind::snapshot, o, now_ns, Reason::none);
}

void Venue::ask_fills(std::int64_t since_ns) {
  for (const Fill& f : fills_) {
    if (f.ts_ns < since_ns) continue;
    Report r;
    r.kind = Report::Kind::fill;
    r.ts_ns = f.ts_ns;
    r.order = order(f.order);
    r.fill = f;
    reports_.push_back(std::move(r));
  }
}

void Venue::ask_balances(std::int64_t now_ns) {
  for (std::uint32_t a = 1; a <= ledger_.assets(); ++a) {
    Report r;
    r.kind = Report::Kind::balance;
    r.ts_ns = now_ns;
    r.asset = a;
    r.balance = ledger_.of(a);
    reports_.push_back(std::move(r));
  }
}

// ---- reports
// ----------------------------------------------------------------------------------------------------

void Venue::put_report(Report::Kind kind, const Order& o, std::int64_t now_ns, Reason reason) {
  Report& r = reports_.emplace_back();
  r.kind = kind;
  // An answer says since when it is so: whoever asks after a restart may not know it before.
  const bool answers = kind == Report::Kind::snapshot && o.updated_ns != 0;
  r.ts_ns = answers ? o.updated_ns : now_ns;
  if (answers) r.told_ns = now_ns;
  r.order = o;
  r.reason = reason;
}

/// What the venue says by itself.
void Venue::report(Report::Kind kind, const Order& o, std::int64_t now_ns, Reason reason) {
  if (o.told) put_report(kind, o, now_ns, reason);
}

/// What a request is answered with; a lost answer leaves only that there was none.
void Venue::answer(const Request& r, Report::Kind kind, const Order& o, Reason reason) {
  if (r.carriage == Carriage::sound) return put_report(kind, o, r.due_ns, reason);
  Order asked;
  // A submit has no reference: its order has the id, and if that never came, its spec.
  asked.spec.client_id = r.ref.client_id;
  if (asked.spec.client_id.empty()) asked.spec.client_id = o.spec.client_id;
  if (asked.spec.client_id.empty() && r.what == Request::What::submit)
    asked.spec.client_id = r.spec.client_id;
  asked.spec.instrument = o.spec.instrument != 0 ? o.spec.instrument : r.spec.instrument;
  asked.venue_id = r.ref.venue_id;
  put_report(Report::Kind::unknown, asked, r.due_ns, Reason::no_answer);
}

void Venue::answer_unknown_order(const Request& r, Report::Kind kind) {
  Order unknown;
  unknown.spec.client_id = r.ref.client_id;
  unknown.venue_id = r.ref.venue_id;
  answer(r, kind, unknown, Reason::unknown_order);
}

void Venue::set_told(std::int64_t fill, std::optional<std::int64_t> told_ns) {
  fills_.at(static_cast<std::size_t>(fill - 1)).told_ns = told_ns;
  if (fill <= durable_fills_) told_fills_.push_back(fill);
}

Changes Venue::changes() const {
  Changes c;
  c.orders = changed_orders_;
  std::sort(c.orders.begin(), c.orders.end());
  c.orders.erase(std::unique(c.orders.begin(), c.orders.end()), c.orders.end());
  if (fills() > durable_fills_) c.first_new_fill = durable_fills_ + 1;
  if (ledger_.any_changed()) c.assets = ledger_.changed();
  c.fills_told = told_fills_;
  c.amends = new_amends_;
  c.acts = new_acts_;
  return c;
}

void Venue::committed(std::int64_t now_ns) {
  if (ledger_.any_changed()) {
    for (const std::uint32_t a : ledger_.changed()) {
      if (!ledger_.loud(a)) continue;
      Report& r = reports_.emplace_back();
      r.kind = Report::Kind::balance;
      r.ts_ns = now_ns;
      r.asset = a;
      r.balance = ledger_.of(a);
    }
    ledger_.clear_changed();
  }
  changed_orders_.clear();
  told_fills_.clear();
  new_amends_.clear();
  new_acts_.clear();
  durable_fills_ = fills();
}

void Venue::take_reports(std::vector<Report>& to) {
  to.clear();
  to.swap(reports_);
}

}  // namespace bowline::broker_mock
