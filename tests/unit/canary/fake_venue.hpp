// A venue with an account and an order book of one price, behind a broker that answers in events a little later. What is done to it
// goes wrong where a test says so: before it is done, or behind it, or in its answer.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/canary/venue_talk.hpp"
#include "unit/core/decimal_text.hpp"
#include "unit/core/market.hpp"

namespace canary_tests {

using namespace bowline;
using namespace bowline::literals;
using core::Nanos;

inline constexpr Nanos millisecond = 1'000'000, second = 1'000'000'000;

/// The process died there.
struct Crash {};

enum class Call : std::uint8_t { submit, amend, cancel, query };
/// What becomes of one call.
enum class Fate : std::uint8_t {
  done,
  lost,        // done, and the answer is lost: unknown
  vanished,    // not done, and nothing is known of it: unknown
  refused,     // not done: the venue refuses
  denied,      // not done: no byte left
  crowded,     // not done: no room now
  silent,      // done, and nothing is ever said of it by itself
  half,        // of a market order: half of it fills
  other_terms, // done, with another size
  dies_before, // the process, with nothing done
  dies_behind  // the process, with all done
};

template <std::size_t N>
void put(char (&field)[N], std::string_view s) {
  std::memcpy(field, s.data(), std::min(s.size(), N - 1));
}

class FakeVenue final : public services::BrokerPort {
 public:
  struct Order {
    std::string client, venue;
    std::uint32_t side = 0, type = 0, state = BL_S_OPEN, flags = 0;
    Decimal qty, limit, stop, cum = Decimal::zero(), quote = Decimal::zero(), fee = Decimal::zero();
    bool silent = false;
    bool works() const { return state == BL_S_OPEN || state == BL_S_PENDING; }
  };
  struct Fill {
    std::string id, client, venue;
    std::uint32_t side = 0;
    Decimal px, qty, fee;
  };

  bowline::test::Market m;
  Nanos now = 1'640'995'200 * second;
  Decimal px = "100"_dec, maker = "0.006"_dec, taker = "0.012"_dec;
  std::uint64_t flags = 1;
  std::map<std::uint32_t, Decimal> balances;  // in all, by asset
  std::vector<Order> orders;
  std::vector<Fill> fills;
  std::map<std::string, int> submitted;       // by client id
  std::function<Fate(Call)> fate = [](Call) { return Fate::done; };
  std::function<void()> at_each_call;
  Nanos finds_stops_out = 0;  ///< from this moment on the plugin knows, and has told by itself, that stops rest
  bool amends = true, tells_fees = true, tells_price = true, listed = true, lists_orders = true;
  std::size_t calls = 0;

  FakeVenue() {
    balances[m.usd.value] = "1000"_dec;
    balances[m.btc_asset.value] = "0.5"_dec;
  }

  Decimal hold(std::uint32_t asset) const {
    Decimal sum = Decimal::zero();
    for (const Order& o : orders) {
      if (!o.works()) continue;
      const Decimal rest = o.qty - o.cum;
      if (o.side == BL_SELL && asset == m.btc_asset.value) sum = sum + rest;
      if (o.side == BL_BUY && asset == m.usd.value && o.limit.is_set()) sum = sum + mul(rest, o.limit, Rounding::up);
    }
    return sum;
  }
  Order* find(std::string_view client, std::string_view venue) {
    for (Order& o : orders)
      if ((!client.empty() && o.client == client) || (!venue.empty() && o.venue == venue)) return &o;
    return nullptr;
  }
  void fill(Order& o, Decimal qty) {
    const Decimal quote = mul(qty, px, Rounding::half_even), fee = mul(quote, taker, Rounding::half_even);
    o.cum = o.cum + qty;
    o.quote = o.quote + quote;
    o.fee = o.fee + fee;
    Decimal& usd = balances[m.usd.value];
    Decimal& btc = balances[m.btc_asset.value];
    usd = o.side == BL_BUY ? usd - quote - fee : usd + quote - fee;
    btc = o.side == BL_BUY ? btc + qty : btc - qty;
    fills.push_back({"f" + std::to_string(fills.size()), o.client, o.venue, o.side, px, qty, fee});
    say(fill_event(fills.back()));
  }

  // ---- BrokerPort
  services::HandOver submit(const core::Recorded<core::RiskApproved<core::Intent>>& order, Error& why) override {
    const core::Intent& i = **order;
    const Fate f = next(Call::submit);
    if (f == Fate::denied || f == Fate::crowded) {
      why = Error{"TEST", "no room"};
      if (f == Fate::crowded) why = services::again(why);
      return services::HandOver::denied;
    }
    ++submitted[std::string(i.client_id())];
    if (f == Fate::vanished) return word(i, BL_X_UNKNOWN, "NO_ANSWER"), services::HandOver::taken;
    if (f == Fate::refused) return word(i, BL_X_REJECTED, "INSUFFICIENT_FUND"), services::HandOver::taken;
    Order o;
    o.client = i.client_id();
    o.venue = "v-" + std::to_string(orders.size() + 1);
    o.side = i.abi.side;
    o.type = i.abi.type;
    o.flags = i.abi.flags & ~static_cast<std::uint32_t>(BL_REDUCE_ONLY);
    o.qty = f == Fate::other_terms ? i.qty() + i.qty() : i.qty();
    o.limit = i.limit_px();
    o.stop = i.stop_px();
    o.silent = f == Fate::silent;
    orders.push_back(o);
    Order& at = orders.back();
    if (o.type == BL_MARKET) {
      fill(at, f == Fate::half ? floor_to(div(o.qty, "2"_dec, Rounding::down), "0.0001"_dec) : o.qty);
      at.state = at.cum == at.qty ? BL_S_FILLED : BL_S_CANCELLED;
    }
    if (f == Fate::lost) word(i, BL_X_UNKNOWN, "NO_ANSWER");
    else if (f != Fate::silent) {
      say(told(at, BL_X_ACCEPTED, false));
      if (!at.works()) say(told(at, BL_X_DONE, false), 20 * millisecond);
    }
    after(f);
    return services::HandOver::taken;
  }
  bool can_amend() const noexcept override { return amends; }
  services::HandOver amend(const bl_order_ref& ref, const core::Recorded<core::RiskApproved<core::Amendment>>& wanted, Error& why) override {
    const Fate f = next(Call::amend);
    if (f == Fate::denied || f == Fate::crowded) {
      why = Error{"TEST", "no room"};
      return services::HandOver::denied;
    }
    Order* o = find({ref.client_id.ptr, ref.client_id.len}, {ref.venue_id.ptr, ref.venue_id.len});
    REQUIRE(o != nullptr);
    if (f == Fate::refused) say(told(*o, BL_X_AMEND_REJECTED, false));
    else if (f == Fate::vanished) word((**wanted).wanted, BL_X_UNKNOWN, "NO_ANSWER");
    else {
      o->limit = (**wanted).wanted.limit_px();
      if (f == Fate::other_terms) o->limit = o->limit - "1"_dec;
      if (f == Fate::lost) word((**wanted).wanted, BL_X_UNKNOWN, "NO_ANSWER");
      else if (f != Fate::silent) say(told(*o, BL_X_AMENDED, false));
    }
    after(f);
    return services::HandOver::taken;
  }
  Result<void> cancel(std::span<const bl_order_ref> refs) override {
    const Fate f = next(Call::cancel);
    if (f == Fate::denied || f == Fate::crowded) return Error{"TEST", "no room"};
    for (const bl_order_ref& r : refs) {
      Order* o = find({r.client_id.ptr, r.client_id.len}, {r.venue_id.ptr, r.venue_id.len});
      if (o == nullptr) continue;
      if (f == Fate::refused) say(told(*o, BL_X_CANCEL_REJECTED, false));
      if (f == Fate::refused || f == Fate::vanished || !o->works()) continue;
      o->state = BL_S_CANCELLED;
      if (f == Fate::other_terms) o->state = BL_S_EXPIRED;
      if (f != Fate::silent && f != Fate::lost) say(told(*o, BL_X_DONE, false));
    }
    after(f);
    return {};
  }
  Result<void> query(const bl_query& q) override {
    const Fate f = next(Call::query);
    if (f == Fate::denied) return Error{"TEST", "no connection"};
    if (f == Fate::crowded) return services::again(Error{"TEST", "no room"});
    if (f == Fate::vanished || f == Fate::silent || f == Fate::lost) return {};
    if ((q.scope & 1u) != 0) {
      const std::string client(q.order.client_id.ptr, q.order.client_id.len), venue(q.order.venue_id.ptr, q.order.venue_id.len);
      if (const Order* o = find(client, venue)) {
        for (const Fill& x : fills)
          if (x.client == o->client) say(fill_event(x));
        say(told(*o, BL_X_SNAPSHOT, true));
      } else {
        bl_exec e = exec(BL_X_ABSENT, true);
        put(e.client_id, client);
        say(e);
      }
    }
    if ((q.scope & 2u) != 0 && lists_orders)
      for (const Order& o : orders)
        if (o.works()) say(told(o, BL_X_SNAPSHOT, true));
    if ((q.scope & 4u) != 0)
      for (const Fill& x : fills) say(fill_event(x));
    if ((q.scope & 8u) != 0)
      for (const auto& [asset, total] : balances) {
        bl_balance_ev b{};
        b.h = head<bl_balance_ev>(BL_EV_BALANCE, true);
        b.asset = asset;
        b.total = total.raw();
        b.hold = hold(asset).raw();
        say(b);
      }
    if ((q.scope & 16u) != 0 && listed) say(product());
    bl_done d{};
    d.h = head<bl_done>(BL_EV_DONE, false);
    d.request = q.request;
    d.status = f == Fate::refused ? bl_status{BL_E_IO} : (q.scope & 16u) != 0 && !listed ? bl_status{BL_E_NOT_FOUND} : bl_status{BL_OK};
    d.complete = d.status == BL_OK ? 1 : 0;
    say(d);
    after(f);
    return {};
  }
  Result<void> on_event(const bl_event&) override { return {}; }
  bool wake() override { return false; }

  /// A moment passes; what is due is heard.
  void turn(services::VenueTalk& talk) {
    now += 50 * millisecond;
    if (finds_stops_out != 0 && now >= finds_stops_out) {
      finds_stops_out = 0;
      flags &= ~std::uint64_t{64};
      bl_product told = product();
      told.h.flags = 0;
      say(told);
    }
    std::vector<std::pair<Nanos, std::vector<unsigned char>>> due;
    for (auto& e : queue_)
      if (e.first <= now) due.push_back(std::move(e));
    std::erase_if(queue_, [](const auto& e) { return e.second.empty(); });
    for (const auto& [at, bytes] : due) talk.hear(*reinterpret_cast<const bl_event*>(bytes.data()));
  }
  /// Nothing that was said reaches anybody any more: another process listens.
  void forget() { queue_.clear(); }

 private:
  std::vector<std::pair<Nanos, std::vector<unsigned char>>> queue_;

  Fate next(Call call) {
    ++calls;
    if (at_each_call) at_each_call();
    const Fate f = fate(call);
    if (f == Fate::dies_before) throw Crash{};
    return f;
  }
  static void after(Fate f) {
    if (f == Fate::dies_behind) throw Crash{};
  }
  template <class E>
  bl_event head(std::uint16_t type, bool snapshot) const {
    bl_event h{};
    h.size = sizeof(E);
    h.type = type;
    h.flags = snapshot ? 2 : 0;
    h.ts_event = h.ts_recv = now;
    h.instrument = m.btc.value;
    return h;
  }
  template <class E>
  void say(const E& e, Nanos later = 0) {
    std::vector<unsigned char> bytes(sizeof e);
    std::memcpy(bytes.data(), &e, sizeof e);
    queue_.emplace_back(now + 30 * millisecond + later, std::move(bytes));
  }
  bl_exec exec(std::uint32_t kind, bool snapshot) const {
    bl_exec e{};
    e.h = head<bl_exec>(BL_EV_EXEC, snapshot);
    e.kind = kind;
    e.qty = e.quote_qty = e.limit_px = e.stop_px = e.cum_qty = e.cum_quote = e.cum_fee = Decimal::not_set().raw();
    return e;
  }
  bl_exec told(const Order& o, std::uint32_t kind, bool snapshot) const {
    bl_exec e = exec(kind, snapshot);
    put(e.client_id, o.client);
    put(e.venue_id, o.venue);
    e.state = kind == BL_X_ACCEPTED ? std::uint32_t{BL_S_OPEN} : o.state;
    e.side = o.side;
    e.type = o.type;
    e.qty = o.qty.raw();
    e.limit_px = o.limit.raw();
    e.stop_px = o.stop.raw();
    if (kind == BL_X_ACCEPTED) return e;
    e.cum_qty = o.cum.raw();
    e.cum_quote = o.quote.raw();
    e.cum_fee = o.fee.raw();
    return e;
  }
  void word(const core::Intent& i, std::uint32_t kind, std::string_view text) {
    bl_exec e = exec(kind, false);
    put(e.client_id, i.client_id());
    put(e.text, text);
    say(e);
  }
  bl_fill fill_event(const Fill& x) const {
    bl_fill f{};
    f.h = head<bl_fill>(BL_EV_FILL, false);
    put(f.client_id, x.client);
    put(f.venue_id, x.venue);
    put(f.fill_id, x.id);
    f.side = x.side;
    f.fee_asset = m.usd.value;
    f.px = x.px.raw();
    f.qty = x.qty.raw();
    f.fee = (tells_fees ? x.fee : Decimal::not_set()).raw();
    return f;
  }
  bl_product product() const {
    bl_product p{};
    p.h = head<bl_product>(BL_EV_PRODUCT, true);
    const core::ProductRules& r = m.table[m.btc].rules;
    p.base_step = r.base_step.raw();
    p.quote_step = r.quote_step.raw();
    p.px_step = r.px_step.raw();
    p.base_min = r.base_min.raw();
    p.quote_min = r.quote_min.raw();
    p.maker_fee = maker.raw();
    p.taker_fee = taker.raw();
    p.flags = flags;
    if (tells_price) p.last_px = px.raw();
    return p;
  }
};

}  // namespace canary_tests
