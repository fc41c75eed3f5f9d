// A liquidation on a desk whose venue answers what it is asked.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "unit/services/again.hpp"

namespace bowline::test {

using nlohmann::json;

inline services::LiquidationRequest ask(std::string id = "e1") {
  services::LiquidationRequest q;
  q.id = std::move(id);
  q.reason = "fire";
  q.principal = "operator";
  q.request_id = "r1";
  return q;
}

/// The venue's answers to what a desk has asked, once each.
struct Venue {
  Desk& d;
  std::map<std::uint32_t, Decimal> free{};   // by asset; none: it tells no balance
  std::map<std::uint32_t, std::uint64_t> flags{};  // by instrument
  std::function<void(const bl_query&)> before{};   // it answers
  std::size_t answered = 0;

  void answer() {
    while (answered < d.broker.queries.size()) {
      const bl_query q = d.broker.queries[answered++];
      if (before) before(q);
      if ((q.scope & 2u) != 0) {
        const std::vector<core::Order*> working = d.exec->orders().working();
        for (const core::Order* o : working)
          if (o->external) tell_theirs(*o);
          else d.report(o->intent, BL_X_SNAPSHOT);
      }
      if ((q.scope & 8u) != 0)
        for (const auto& [asset, total] : free) {
          bl_balance_ev b{};
          b.h.size = sizeof b;
          b.h.type = BL_EV_BALANCE;
          b.asset = asset;
          b.total = total.raw();
          b.hold = Decimal::zero().raw();
          d.exec->on_broker_event(b.h);
        }
      if ((q.scope & 16u) != 0)
        for (const auto& [id, f] : flags) {
          bl_product p{};
          p.h.size = sizeof p;
          p.h.type = BL_EV_PRODUCT;
          p.h.instrument = id;
          p.taker_fee = p.maker_fee = Decimal::not_set().raw();
          p.flags = f;
          d.exec->on_broker_event(p.h);
        }
      bl_done done{};
      done.h.size = sizeof done;
      done.h.type = BL_EV_DONE;
      done.request = q.request;
      done.complete = 1;
      d.exec->on_broker_event(done.h);
    }
  }
  /// Somebody else's order has no client id here: it is told by the venue's.
  void tell_theirs(const core::Order& o) {
    bl_exec e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.instrument = o.intent.abi.instrument;
    e.h.ts_event = e.h.ts_recv = d.now;
    put_text(e.venue_id, o.venue_id);
    e.side = o.intent.abi.side;
    e.type = o.intent.abi.type;
    e.tif = o.intent.abi.tif;
    e.qty = o.intent.abi.qty;
    e.quote_qty = o.intent.abi.quote_qty;
    e.limit_px = o.intent.abi.limit_px;
    e.stop_px = o.intent.abi.stop_px;
    e.kind = BL_X_SNAPSHOT;
    e.state = BL_S_OPEN;
    e.cum_qty = o.cum_qty.raw();
    d.exec->on_broker_event(e.h);
  }
  /// Looks and answers until nothing moves any more.
  void turn() {
    for (int i = 0; i < 40; ++i) {
      static_cast<void>(d.exec->look_at_liquidation(d.now));
      answer();
    }
  }
};

inline json begin(Desk& d, const services::LiquidationRequest& q) {
  bool replayed = false;
  const auto done = d.exec->liquidate(q, d.now, replayed);
  if (!done) FAIL(done.error().message);
  return json::parse(*done);
}
inline json receipt(const Desk& d, const std::string& id = "e1") {
  const auto text = d.exec->receipt(id);
  REQUIRE(text);
  return json::parse(*text);
}
inline json product(const json& r, const std::string& symbol) {
  for (const json& p : r["products"])
    if (p["instrument"] == symbol) return p;
  return {};
}
inline void fill_last(Desk& d) { d.fill(d.last(), d.last().qty(), "100"_dec); }

}  // namespace bowline::test
