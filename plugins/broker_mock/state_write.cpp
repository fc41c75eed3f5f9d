// What changed in the venue, written as one transaction.
#include <sqlite3.h>

#include <utility>

#include "state_file.hpp"
#include "state_rows.hpp"

namespace bowline::broker_mock {

Result<void> StateFile::step(sqlite3_stmt* s) {
  if (sqlite3_step(s) != SQLITE_DONE) return error("STATE_UNWRITABLE", sqlite3_errmsg(db_));
  return {};
}

Result<void> StateFile::write_order(const Order& o) {
  const OrderSpec& s = o.spec;
  Binder b(put_order_);
  b.integer(o.number).maybe_text(s.client_id).text(o.venue_id).text(names_.symbol(s.instrument));
  b.text(word_of(words::sides, s.side)).text(word_of(words::types, s.type)).text(word_of(words::tifs, s.tif));
  b.integer(s.post_only).integer(s.trigger_up);
  b.amount(s.qty).amount(s.quote_qty).amount(s.limit_px).amount(s.stop_px).integer(s.expire_ns);
  b.integer(o.submitted_ns).integer(o.accepted_ns).integer(o.updated_ns);
  b.text(word_of(words::states, o.state)).text(name_of(o.reason)).integer(o.rested).integer(o.triggered);
  b.amount(o.cum_qty).amount(o.cum_quote).amount(o.cum_fee);
  b.text(o.hold_asset ? names_.asset(o.hold_asset) : std::string()).amount(o.hold).integer(o.fills);
  b.integer(o.effective_ns).integer(o.place).integer(o.told).integer(o.amends);
  if (o.asked)
    b.amount(o.asked->qty).amount(o.asked->limit_px).amount(o.asked->stop_px).integer(o.asked->expire_ns);
  return step(put_order_);
}

Result<void> StateFile::write_fill(const Fill& f, const Order& o) {
  Binder b(put_fill_);
  b.integer(f.number).text(f.fill_id).integer(f.order).maybe_text(o.spec.client_id);
  b.amount(f.px).amount(f.qty).amount(f.quote).amount(f.fee).text(names_.asset(f.fee_asset));
  b.text(word_of(words::liquidities, f.liquidity)).integer(f.ts_ns);
  b.text(word_of(words::fates, f.fate)).integer(f.told_ns);
  return step(put_fill_);
}

Result<void> StateFile::write_told(const Fill& f) {
  Binder(put_told_).integer(f.number).integer(f.told_ns);
  return step(put_told_);
}

Result<void> StateFile::write_balance(const std::string& asset, const Balance& v) {
  Binder(put_balance_).text(asset).amount(v.total).amount(v.hold);
  return step(put_balance_);
}

Result<void> StateFile::write_amend(const AmendDone& a) {
  Binder b(put_amend_);
  b.integer(a.number).integer(a.order).amount(a.terms.qty).amount(a.terms.limit_px).amount(a.terms.stop_px);
  b.integer(a.terms.expire_ns).integer(a.kept_place).integer(a.ts_ns);
  return step(put_amend_);
}

Result<void> StateFile::write_act(const ActDone& a) {
  Binder b(put_act_);
  b.integer(a.number).text(a.script).text(word_of(words::acts, a.what)).integer(a.ts_ns);
  b.integer(a.order == 0 ? std::nullopt : std::optional(a.order));
  b.maybe_text(a.asset ? names_.asset(a.asset) : std::string()).amount(a.amount).text(name_of(a.reason));
  return step(put_act_);
}

Result<void> StateFile::write_outage(const Outage& o) {
  for (const auto& [key, ns] : {std::pair("down_from_ns", o.from_ns), {"down_until_ns", o.until_ns}}) {
    Binder(put_meta_).text(key).text(std::to_string(ns));
    if (auto r = step(put_meta_); !r) return r;
  }
  return {};
}

Result<void> StateFile::commit(const Venue& venue, const Changes& changes) {
  if (changes.empty()) return {};
  if (auto r = run("BEGIN IMMEDIATE"); !r) return r;
  const auto write_all = [&]() -> Result<void> {
    for (const std::int64_t n : changes.orders)
      if (auto r = write_order(venue.order(n)); !r) return r;
    for (std::int64_t n = changes.first_new_fill; n != 0 && n <= venue.fills(); ++n)
      if (auto r = write_fill(venue.fill(n), venue.order(venue.fill(n).order)); !r) return r;
    for (const std::int64_t n : changes.fills_told)
      if (auto r = write_told(venue.fill(n)); !r) return r;
    for (const std::uint32_t a : changes.assets)
      if (auto r = write_balance(names_.asset(a), venue.ledger().of(a)); !r) return r;
    for (const AmendDone& a : changes.amends)
      if (auto r = write_amend(a); !r) return r;
    for (const ActDone& a : changes.acts)
      if (auto r = write_act(a); !r) return r;
    if (changes.outage)
      if (auto r = write_outage(*changes.outage); !r) return r;
    return run("COMMIT");
  };
  auto done = write_all();
  if (!done) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

}  // namespace bowline::broker_mock
