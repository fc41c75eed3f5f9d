// A desk whose operator amends orders, and whose venue answers that: with the terms it has, at a time of its own.
#pragma once

#include "unit/services/venue_word.hpp"

namespace bowline::test {

template <class D>
struct AmendDesk : VenueWord<D> {
  using VenueWord<D>::VenueWord;
  std::uint64_t keys = 0;

  static core::Terms terms(Decimal qty, Decimal limit_px = Decimal::not_set(), Decimal stop_px = Decimal::not_set(), core::Nanos expire = 0) {
    return {qty, limit_px, stop_px, expire, 0};
  }
  services::AmendRequest amendment(const core::Intent& of, const core::Terms& t, const std::string& key = {}) {
    services::AmendRequest q;
    q.order = core::ClientOrderId(of.client_id());
    q.terms = t;
    q.reason = "test";
    q.key = key.empty() ? "amend-" + std::to_string(++keys) : key;
    q.principal = "operator";
    return q;
  }
  Result<services::AmendAnswer> asks(const core::Intent& of, const core::Terms& t) { return this->exec->amend(amendment(of, t), this->now); }
  std::string amend(const core::Intent& of, const core::Terms& t) {
    const auto done = asks(of, t);
    return done ? "" : done.error().code;
  }
  std::string amend_px(const core::Intent& of, Decimal px) { return amend(of, terms(Decimal::not_set(), px)); }
  std::string amend_qty(const core::Intent& of, Decimal qty) { return amend(of, terms(qty)); }

  /// An operator's limit order that the venue has acknowledged.
  core::Intent placed(core::Side side, Decimal qty, Decimal px, core::OrderType type = core::OrderType::limit, Decimal stop = Decimal::not_set()) {
    auto q = this->request(side, qty, "place-" + std::to_string(++keys));
    q.type = type;
    q.tif = core::TimeInForce::gtc;
    q.limit_px = px;
    q.stop_px = stop;
    const auto done = this->exec->execute(q, this->now);
    REQUIRE(done);
    const core::Intent i = this->last();
    this->exec->on_broker_event(told(i, BL_X_ACCEPTED).h);
    return i;
  }
  /// The venue's word of an order, with the terms of `i`; its time is `as_of`.
  bl_exec told(const core::Intent& i, std::uint32_t kind, std::uint32_t state = BL_S_OPEN, Decimal cum = Decimal::zero(), core::Nanos as_of = 0) const {
    bl_exec e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.instrument = i.abi.instrument;
    e.h.ts_event = as_of;
    e.h.ts_recv = this->now;
    put_text(e.client_id, i.client_id());
    put_text(e.venue_id, "v-" + std::string(i.client_id()).substr(0, 30));
    e.kind = kind;
    e.state = state;
    e.side = i.abi.side;
    e.type = i.abi.type;
    e.tif = i.abi.tif;
    e.qty = i.abi.qty;
    e.quote_qty = Decimal::not_set().raw();
    e.limit_px = i.abi.limit_px;
    e.stop_px = i.abi.stop_px;
    e.expire_ns = i.abi.expire_ns;
    e.cum_qty = cum.raw();
    e.cum_quote = e.cum_fee = Decimal::not_set().raw();
    return e;
  }
  void says(const core::Intent& i, std::uint32_t kind, std::uint32_t state = BL_S_OPEN, Decimal cum = Decimal::zero(), core::Nanos as_of = 0) {
    const bl_exec e = told(i, kind, state, cum, as_of);
    this->exec->on_broker_event(e.h);
  }
  /// The venue answers the newest question: it has the order like this.
  void answers(const core::Intent& i, std::uint32_t state = BL_S_OPEN, Decimal cum = Decimal::zero(), core::Nanos as_of = 0) {
    REQUIRE_FALSE(this->broker.queries.empty());
    const std::uint64_t request = this->broker.queries.back().request;
    bl_exec e = told(i, BL_X_SNAPSHOT, state, cum, as_of);
    this->say(e.h);
    this->done(request);
  }
  const core::Order& order(const core::Intent& i) const {
    const core::Order* o = this->exec->orders().find(core::ClientOrderId(i.client_id()));
    REQUIRE(o != nullptr);
    return *o;
  }
  bool pending(const core::Intent& i) const { return order(i).amends && order(i).amends->pending; }
  /// The intent as the last amendment wants it.
  core::Intent wanted() const {
    REQUIRE_FALSE(this->broker.amended.empty());
    return this->broker.amended.back();
  }
  std::uint64_t incidents(const std::string& code) const {
    const auto it = this->exec->counts().by_incident.find(code);
    return it == this->exec->counts().by_incident.end() ? 0 : it->second;
  }
  void next_step() {
    this->now += bar_ns;
    this->price(this->m.btc, 10000);
    this->step();
  }
};

}  // namespace bowline::test
