// A desk whose venue answers questions, and has orders that nobody here made.
#pragma once

#include <string>

#include "unit/services/again.hpp"

namespace bowline::test {

/// An order as the venue has it; without a client id it is nobody's here.
struct VenueOrder {
  std::string venue_id = "x1", client_id;
  std::uint32_t side = BL_BUY, state = BL_S_OPEN;
  Decimal qty = "1"_dec, px = "90"_dec, cum = Decimal::zero();
  core::InstrumentId instrument{1};
};

template <class D>
struct VenueWord : D {
  using D::D;
  bl_exec exec_of(const VenueOrder& o, std::uint32_t kind = BL_X_SNAPSHOT) const {
    bl_exec e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.instrument = o.instrument.value;
    e.h.ts_event = e.h.ts_recv = this->now;
    put_text(e.client_id, o.client_id);
    put_text(e.venue_id, o.venue_id);
    e.side = o.side;
    e.type = BL_LIMIT;
    e.tif = BL_GTC;
    e.created_ns = this->now;
    e.qty = o.qty.raw();
    e.quote_qty = e.stop_px = Decimal::not_set().raw();
    e.limit_px = o.px.raw();
    e.kind = kind;
    e.state = o.state;
    e.cum_qty = o.cum.raw();
    return e;
  }
  /// An order that was sent, as the venue has it now.
  bl_exec exec_of(const core::Intent& i, std::uint32_t state, Decimal cum) const {
    VenueOrder o;
    o.venue_id = Desk::venue_id_of(i);
    o.client_id = i.client_id();
    o.side = i.abi.side;
    o.state = state;
    o.qty = i.qty();
    o.px = i.limit_px();
    o.cum = cum;
    o.instrument = i.instrument();
    bl_exec e = exec_of(o);
    e.expire_ns = i.abi.expire_ns;
    return e;
  }
  bl_fill fill_of_others(const VenueOrder& o, Decimal qty, std::string_view id, Decimal px = "100"_dec) const {
    bl_fill f{};
    f.h.size = sizeof f;
    f.h.type = BL_EV_FILL;
    f.h.instrument = o.instrument.value;
    f.h.ts_event = f.h.ts_recv = this->now;
    put_text(f.client_id, o.client_id);
    put_text(f.venue_id, o.venue_id);
    put_text(f.fill_id, id);
    f.side = o.side;
    f.px = px.raw();
    f.qty = qty.raw();
    f.fee = Decimal::zero().raw();
    return f;
  }
  void told(const VenueOrder& o, std::uint32_t kind = BL_X_ACCEPTED) {
    const bl_exec e = exec_of(o, kind);
    this->exec->on_broker_event(e.h);
  }
  void told_fill(const VenueOrder& o, Decimal qty, std::string_view id, Decimal px = "100"_dec) {
    const bl_fill f = fill_of_others(o, qty, id, px);
    this->exec->on_broker_event(f.h);
  }
  /// Part of an answer.
  void say(bl_event& h) {
    h.flags = 2;
    this->exec->on_broker_event(h);
  }
  void say(const VenueOrder& o) {
    bl_exec e = exec_of(o);
    say(e.h);
  }
  void say_balance(core::AssetId asset, Decimal total) {
    bl_balance_ev b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BALANCE;
    b.h.ts_event = b.h.ts_recv = this->now;
    b.asset = asset.value;
    b.total = total.raw();
    say(b.h);
  }
  /// The end of the answer to the question of that number, from 1.
  void done(std::uint64_t request, bool complete = true) {
    bl_done e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_DONE;
    e.h.ts_recv = this->now;
    e.request = request;
    e.complete = complete ? 1 : 0;
    this->exec->on_broker_event(e.h);
  }
  const core::Order* other(std::string_view venue_id = "x1") const {
    for (const core::Order& o : this->exec->orders().snapshot())
      if (std::string_view(o.venue_id) == venue_id) return this->exec->orders().find(o.id());
    return nullptr;
  }
};

/// A run that has begun: what the venue held then is in the book.
struct Begun : VenueWord<Desk> {
  explicit Begun(core::FloorLimits limits = {}, std::unique_ptr<store::Journal> j = nullptr)
      : VenueWord<Desk>(limits, "10000"_dec, std::move(j)) {
    exec->begin();
  }
  std::uint64_t incidents(const std::string& code) const {
    const auto it = exec->counts().by_incident.find(code);
    return it == exec->counts().by_incident.end() ? 0 : it->second;
  }
  Decimal free() const { return exec->portfolio().unmanaged(m.btc); }
  Decimal held() const { return exec->portfolio().position(m.btc).qty; }
};

}  // namespace bowline::test
