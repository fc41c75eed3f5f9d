#include "services/canary/venue_talk.hpp"

#include <cstring>
#include <utility>

namespace bowline::services {
namespace {

constexpr std::uint16_t flag_snapshot = 2;
constexpr std::size_t most_fills = 10'000;

template <std::size_t N>
std::string text(const char (&field)[N]) {
  return std::string(field, ::strnlen(field, N));
}
void take(Decimal& into, bl_dec raw) {
  if (const Decimal v = Decimal::from_raw(raw); v.is_set()) into = v;
}
void take(std::uint32_t& into, std::uint32_t told) {
  if (told != 0) into = told;
}
Decimal positive(bl_dec raw) {
  const Decimal v = Decimal::from_raw(raw);
  return v.is_positive() ? v : Decimal::not_set();
}

}  // namespace

void VenueTalk::hear(const bl_event& event) {
  const bool snapshot = (event.flags & flag_snapshot) != 0;
  switch (event.type) {
    case BL_EV_EXEC: return hear_order(reinterpret_cast<const bl_exec&>(event), snapshot);
    case BL_EV_PRODUCT: return hear_product(reinterpret_cast<const bl_product&>(event));
    case BL_EV_FILL: {
      const auto& f = reinterpret_cast<const bl_fill&>(event);
      if (fills_.size() >= most_fills) return;
      fills_[text(f.fill_id)] = {text(f.client_id), text(f.venue_id), event.instrument, f.side, f.fee_asset, f.flags,
                                 Decimal::from_raw(f.px), Decimal::from_raw(f.qty), Decimal::from_raw(f.fee)};
      return;
    }
    case BL_EV_BALANCE: {
      const auto& b = reinterpret_cast<const bl_balance_ev&>(event);
      const Decimal total = Decimal::from_raw(b.total), hold = Decimal::from_raw(b.hold);
      if (out_ && snapshot && total.is_set()) answer_.balances[b.asset] = {total, hold.is_set() ? hold : Decimal::zero()};
      return;
    }
    case BL_EV_LINK: {
      const auto& l = reinterpret_cast<const bl_link&>(event);
      link_ = l.state == 1 ? std::string() : text(l.why.message);
      return;
    }
    case BL_EV_DONE: {
      const auto& d = reinterpret_cast<const bl_done&>(event);
      if (!out_ || d.request != request_) return;
      done_ = true;
      status_ = d.status;
      whole_ = d.status >= 0 && d.complete != 0;
      return;
    }
    default: return;
  }
}

// What ended does not come back: a report that was read before the end may be told behind it.
void VenueTalk::hear_order(const bl_exec& e, bool snapshot) {
  const std::string client = text(e.client_id);
  if (e.kind == BL_X_ABSENT) {
    if (out_ && snapshot) answer_.absent = true;
    return;
  }
  ToldOrder& o = orders_[client.empty() ? text(e.venue_id) : client];
  const bool was_over = o.over();
  o.client = client;
  if (e.venue_id[0] != 0) o.venue = text(e.venue_id);
  o.kind = e.kind;
  o.text = text(e.text);
  take(o.instrument, e.h.instrument);
  take(o.side, e.side);
  take(o.type, e.type);
  if (e.kind == BL_X_UNKNOWN) {
    o.lost = !was_over && !o.works();
    o.was_lost = o.was_lost || o.lost;
    return;
  }
  const std::uint32_t state = e.kind == BL_X_REJECTED ? std::uint32_t{BL_S_REJECTED} : e.state;
  if (state != 0 && !was_over) {
    o.state = state;
    o.lost = false;
  }
  if (e.flags != 0) o.flags = e.flags;
  take(o.qty, e.qty);
  take(o.limit_px, e.limit_px);
  take(o.stop_px, e.stop_px);
  take(o.cum_qty, e.cum_qty);
  take(o.cum_quote, e.cum_quote);
  take(o.cum_fee, e.cum_fee);
  if (out_ && lists_ && snapshot && o.works()) answer_.open.push_back(o);
}

void VenueTalk::hear_product(const bl_product& told) {
  if (told.h.instrument == 0) return;
  ToldProduct p;
  p.flags = told.flags;
  p.base_step = positive(told.base_step);
  p.quote_step = positive(told.quote_step);
  p.px_step = positive(told.px_step);
  p.base_min = positive(told.base_min);
  p.quote_min = positive(told.quote_min);
  p.maker_fee = Decimal::from_raw(told.maker_fee);
  p.taker_fee = Decimal::from_raw(told.taker_fee);
  const auto* whole = &told;
  p.last_px = BL_EV_HAS(whole, bl_product, last_px) ? positive(told.last_px) : Decimal::not_set();
  products_[told.h.instrument] = p;
  if (out_) answer_.products[told.h.instrument] = p;
}

const ToldProduct* VenueTalk::product(core::InstrumentId instrument) const {
  const auto it = products_.find(instrument.value);
  return it == products_.end() ? nullptr : &it->second;
}

Result<bool> VenueTalk::stops_rest(core::InstrumentId instrument, core::Nanos patience) {
  const core::Nanos until = p_.now() + patience;
  while (true) {
    const ToldProduct* told = product(instrument);
    if (told != nullptr && !told->no_stops()) return true;
    if (p_.now() >= until) return false;
    if (auto go = pause(); !go) return go.error();
  }
}

Result<void> VenueTalk::pause() {
  if (p_.fault)
    if (Error why = p_.fault(); !why.code.empty()) return why;
  if (p_.interrupted && !insisting_)
    if (Error why = p_.interrupted(); !why.code.empty()) return why;
  p_.wait();
  return {};
}

Result<VenueTalk::Answer> VenueTalk::question(std::uint32_t scope, std::string_view client, std::string_view venue, core::Nanos since,
                                              core::Nanos patience) {
  const core::Nanos until = p_.now() + patience;
  answer_ = {};
  bl_query q{};
  q.size = sizeof q;
  q.scope = scope;
  q.request = ++request_;
  q.order.client_id = {client.data(), client.size()};
  q.order.venue_id = {venue.data(), venue.size()};
  q.since_ns = since;
  out_ = true;  // it may be answered at once
  lists_ = (scope & ask::open) != 0 && (scope & ask::order) == 0;  // an order that is named is told without being listed
  done_ = false;
  struct Over {
    bool& out;
    ~Over() { out = false; }
  } over{out_};
  for (;;) {
    const auto sent = p_.broker.query(q);
    if (sent) break;
    if (!says_again(sent.error()) || p_.now() >= until) return sent.error();
    if (auto go = pause(); !go) return go.error();
  }
  while (!done_) {
    if (p_.now() >= until) return Error{"VENUE_SILENT", "the venue's plugin did not answer a question in time" + (link_.empty() ? std::string() : ": " + link_)};
    if (auto go = pause(); !go) return go.error();
  }
  if (whole_) return std::move(answer_);
  Error why{"VENUE_INCOMPLETE", "the venue's plugin could not read all that it was asked for" + (link_.empty() ? std::string() : ": " + link_)};
  why.details.emplace_back("status", std::to_string(status_));
  return why;
}

const ToldOrder* VenueTalk::order(std::string_view client) const {
  const auto it = orders_.find(client);
  return it == orders_.end() ? nullptr : &it->second;
}

}  // namespace bowline::services
