#include "desk.hpp"

#include <algorithm>
#include <exception>

#include "common/money.hpp"
#include "events.hpp"

namespace bowline::broker_mock {
namespace {
std::string text_of(const bl_str& s) { return s.ptr ? std::string(s.ptr, s.len) : std::string(); }
}  // namespace

// ---- requests
// ---------------------------------------------------------------------------------------------------

Result<void> Desk::reachable(std::int64_t now_ns, std::int64_t cost) const {
  if (teller_ && teller_->down(now_ns))
    return Error{"LINK_DOWN", "there is no connection to the venue: nothing was sent"};
  if (!rate_.allows(now_ns, cost))
    return Error{"RATE_LIMITED",
                 "the venue's rate_limit is used up: nothing was sent; its bucket fills again with engine time"};
  return {};
}

Result<void> Desk::reach(std::int64_t cost) {
  const std::int64_t now = host_.now_ns();
  if (auto r = reachable(now, cost); !r) return r;
  rate_.charge(now, cost);
  return {};
}

namespace {
Result<void> still_in_time(const bl_intent& intent, std::int64_t now_ns) {
  if (intent.not_after_ns > 0 && now_ns > intent.not_after_ns)
    return Error{"NOT_AFTER_PASSED",
                 "the time up to which the order might be sent has passed: nothing was sent"};
  return {};
}
}  // namespace

Result<void> Desk::submit(const bl_intent& intent) {
  auto spec = spec_of(intent);
  if (!spec) return spec.error();
  if (spec->client_id.empty())
    return Error{"CLIENT_ID_MISSING", "an intent without a client id cannot be sent"};
  const std::int64_t now = host_.now_ns();
  if (auto r = still_in_time(intent, now); !r) return r;
  if (auto r = reachable(now, 1); !r) return r;
  if (auto r = venue_->submit(*spec, now); !r) return r;
  rate_.charge(now, 1);
  soon();
  return {};
}

Result<void> Desk::amend(const bl_order_ref& ref, const bl_intent& wanted) {
  auto spec = spec_of(wanted);
  if (!spec) return spec.error();
  const OrderRef order{text_of(ref.client_id), text_of(ref.venue_id)};
  if (order.client_id.empty() && order.venue_id.empty())
    return Error{"ORDER_REF_MISSING", "an amendment without the id of its order cannot be sent"};
  if (!spec->client_id.empty() && !order.client_id.empty() && spec->client_id != order.client_id)
    return Error{"AMEND_ID_OTHER",
                 "the wanted order has another client id than the order it amends: an order keeps its id"};
  const std::int64_t now = host_.now_ns();
  if (auto r = still_in_time(wanted, now); !r) return r;
  if (auto r = reach(1); !r) return r;
  venue_->amend(order, *spec, now);
  soon();
  return {};
}

void Desk::cancel(const bl_order_ref* refs, std::uint64_t n) {
  const std::int64_t now = host_.now_ns();
  for (std::uint64_t i = 0; i < n; ++i)
    venue_->cancel({text_of(refs[i].client_id), text_of(refs[i].venue_id)}, now);
  soon();
}

void Desk::query(const bl_query& q) {
  questions_.push_back({q, {text_of(q.order.client_id), text_of(q.order.venue_id)}});
  host_.wake();
}

/// Asks to be called when what was sent arrives.
void Desk::soon() { options_.venue.latency_ns == 0 ? host_.wake() : rearm(); }

// ---- time and market
// --------------------------------------------------------------------------------------------

/// Runs what can only fail by a defect, an impossible amount, or a lost state file. None of them may be
/// acknowledged over, so each ends the instance.
template <class Work>
void Desk::guarded(Work&& work) {
  if (failed_) return;
  try {
    work();
  } catch (const money::Overflow&) {
    failed_ = true;
    host_.fail(Error{"AMOUNT_OVERFLOW", "a bar's amount does not fit exact arithmetic"});
  } catch (const std::exception& e) {
    failed_ = true;
    host_.fail(Error{"VENUE_BROKEN", e.what()});
  }
}

void Desk::busy_bar(const bl_bar& bar, const bl_sink& sink) {
  guarded([&] {
    const Say say = [&sink](const bl_event& e) { sink.event(sink.ctx, &e); };
    if (teller_) teller_->on_bar(bar.close_ns);
    venue_->on_bar(bar.h.instrument, view_of(bar));
    venue_->note_price(bar.h.instrument, bar.close, bar.px_exp, bar.close_ns);
    flush(bar.close_ns, say);
  });
}

void Desk::on_time(const Say& say) {
  guarded([&] {
    const std::int64_t now = host_.now_ns();
    venue_->on_time(now);
    if (!flush(now, say)) return;
    for (const Question& q : std::exchange(questions_, {})) {
      bl_query asked = q.query;
      asked.order = {{q.ref.client_id.data(), q.ref.client_id.size()},
                     {q.ref.venue_id.data(), q.ref.venue_id.size()}};
      answer(asked, now, say);
    }
  });
}

/// Makes the changes durable, then says them. False: they could not be written, nothing was said.
bool Desk::flush(std::int64_t now_ns, const Say& say) {
  if (teller_) teller_->collect(*venue_, now_ns);
  if (file_) {
    Changes changes = venue_->changes();
    if (teller_) changes.outage = teller_->new_outage();
    if (auto r = changes.empty() ? Result<void>() : file_->commit(*venue_, changes); !r) {
      failed_ = true;
      host_.fail(r.error());
      return false;
    }
  }
  venue_->committed(now_ns);
  if (teller_ || venue_->has_reports()) {
    venue_->take_reports(saying_);
    if (teller_) teller_->deliver(saying_);
    say_reports(say, false);
  }
  rearm();
  return true;
}

void Desk::rearm() {
  const std::int64_t due =
      teller_ ? std::min(venue_->deadline_ns(), teller_->deadline_ns()) : venue_->deadline_ns();
  if (due == armed_ns_ || due == INT64_MAX || !host_.arm) return;
  armed_ns_ = due;
  host_.arm(due);
}

// ---- saying
// -----------------------------------------------------------------------------------------------------

std::uint32_t Desk::fee_asset(const Order& o) const noexcept {
  const Product* p = venue_->product(o.spec.instrument);
  return p ? p->quote : 0;
}

void Desk::say_reports(const Say& say, bool snapshot) {
  for (const Report& r : saying_) {
    const AnyEvent e = event_of(r, fee_asset(r.order), snapshot);
    say(e.h);
  }
}

void Desk::answer(const bl_query& q, std::int64_t now_ns, const Say& say) {
  // The link broke before the answer came: that much is known here, and nothing else.
  if (teller_ && teller_->down(now_ns)) return say_done(q, now_ns, BL_E_IO, say);
  if (q.scope & 1u) venue_->ask_order({text_of(q.order.client_id), text_of(q.order.venue_id)}, now_ns);
  if (q.scope & 2u) venue_->ask_open(now_ns);
  if (q.scope & 4u) venue_->ask_fills(q.since_ns);
  if (q.scope & 8u) venue_->ask_balances(now_ns);
  venue_->take_reports(saying_);
  say_reports(say, true);
  if (q.scope & 16u) say_products(now_ns, say);
  say_done(q, now_ns, BL_OK, say);
}

void Desk::say_done(const bl_query& q, std::int64_t now_ns, bl_status status, const Say& say) {
  bl_done done{};
  done.h.size = sizeof done;
  done.h.type = BL_EV_DONE;
  done.h.ts_event = done.h.ts_recv = now_ns;
  done.request = q.request;
  done.status = status;
  done.complete = status == BL_OK ? 1 : 0;
  say(done.h);
}

void Desk::say_products(std::int64_t now_ns, const Say& say) {
  for (const Product& p : products_) {
    bl_product e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_PRODUCT;
    e.h.flags = 2;
    e.h.ts_event = e.h.ts_recv = now_ns;
    e.h.instrument = p.instrument;
    e.symbol = {p.symbol.data(), p.symbol.size()};
    e.base = p.base;
    e.quote = p.quote;
    e.base_step = money::to_abi(p.base_step);
    e.quote_step = money::to_abi(p.quote_step);
    e.px_step = money::to_abi(p.px_step);
    e.base_min = money::to_abi(p.base_min);
    e.base_max = money::to_abi(p.base_max);
    e.quote_min = money::to_abi(p.quote_min);
    e.quote_max = money::to_abi(p.quote_max);
    e.maker_fee = money::to_abi(options_.venue.maker_fee);
    e.taker_fee = money::to_abi(options_.venue.taker_fee);
    e.flags = p.tradable ? 1 : 0;
    say(e.h);
  }
}

}  // namespace bowline::broker_mock
