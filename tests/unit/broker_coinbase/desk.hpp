// A broker with a recorded host and a model venue behind it; time moves only when a test says so. What the broker tells is folded as a
// host would.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../coinbase/keys.hpp"
#include "broker_coinbase/broker.hpp"
#include "model_venue.hpp"

namespace broker_tests {

using bowline::testing::FakeHost;
inline constexpr std::int64_t second = 1'000'000'000;

struct Member : bowline::Host {
  explicit Member(const FakeHost& h) { attach(&h.host); }
};

/// What a host makes of what it was told, per client id (or venue id, of an order that it did not make).
struct Folded {
  std::string venue_id;
  bool accepted = false, rejected = false, unknown = false, over = false;
  std::uint32_t state = 0;
  Decimal cum = Decimal::not_set();      ///< what was said last that it has filled
  Decimal cum_quote = Decimal::not_set(), cum_fee = Decimal::not_set();
  bool ahead = false;  ///< at some time a working order was said to have filled more than its fills, told so far, add up to
  std::map<std::string, Decimal> fills;  ///< by id
  std::vector<std::uint32_t> kinds;
  std::string text;  ///< of the last word
  std::size_t absent = 0, refused_cancels = 0;
  Decimal filled() const {
    Decimal sum;
    for (const auto& [id, qty] : fills) sum += qty;
    return sum;
  }
};

template <std::size_t N>
std::string text_of(const char (&s)[N]) {
  return std::string(s, ::strnlen(s, N));
}

inline bowline::broker_coinbase::Options options_for(const Json& more = Json::object()) {
  Json p = {{"key_name", "organizations/o/apiKeys/k"}, {"private_key", "secret://coinbase/key"}, {"api_url", "https://venue.example"}, {"ws_url", "wss://stream.example"}};
  p.update(more);
  auto o = bowline::broker_coinbase::options_of(p);
  REQUIRE(o);
  return *o;
}
inline bowline::coinbase::Credentials test_key() {
  auto c = bowline::coinbase::Credentials::from_parts("organizations/o/apiKeys/k", bowline::coinbase_test::ed25519_64);
  REQUIRE(c);
  return std::move(*c);
}

class Desk {
 public:
  FakeHost host;
  Member member{host};
  ModelVenue venue;
  bowline::broker_coinbase::Options options;
  std::unique_ptr<bowline::broker_coinbase::Broker> broker;
  std::map<std::string, Folded> orders;
  std::vector<bl_done> dones;
  std::map<std::uint32_t, std::pair<Decimal, Decimal>> balances;
  std::map<std::uint32_t, bl_product> products;
  std::vector<bl_link> links;
  std::map<std::uint32_t, std::vector<bl_quote>> quotes;
  bool hold_answers = false;  ///< requests wait
  bool wakes_it = true;       ///< the broker is woken when it asks for it

  /// `products`: more than the host's two, in USD for all that the host knows.
  explicit Desk(const Json& more = Json{{"stream", false}}, bool settle = true, const std::vector<std::string>& products_ = {}) : options(options_for(more)) {
    for (const std::string& p : products_) {
      host.symbols.push_back(p);
      host.assets.push_back(p.substr(0, p.find('-')));
    }
    broker = std::make_unique<bowline::broker_coinbase::Broker>(member, options, test_key());
    REQUIRE(broker->begin());
    if (settle) run(2 * second);
  }

  /// The venue answers what was asked so far; what comes of it is asked in turn.
  void pump() {
    while (!hold_answers && served < host.requests.size()) answer(served++);
    read();
    wake();
  }
  void wake() {
    while (wakes_it && woken < host.wakes) {
      woken = host.wakes;
      broker->on_wake();
    }
  }
  void answer(std::size_t i) {
    const bowline::testing::SentRequest q = host.requests[i];
    const ModelAnswer a = venue.answer(q, host.now);
    const auto r = bowline::testing::http_reply(q.request, a.status, a.body, host.now, a.outcome);
    broker->on_event(r.h, host.sink);
    read();
  }
  /// Time goes on by so much, from timer to timer.
  /// Somebody else has an order just like the first one, and of each at the venue 0.2 fill at 100.
  void all_fill_beside_a_foreign_one() {
    ModelOrder foreign = venue.orders[0];
    foreign.id = "venue-x";
    foreign.client = "";
    venue.orders.push_back(foreign);
    for (ModelOrder& o : venue.orders) venue.fill(o, Decimal::from_mantissa(2, -1), Decimal::from_int(100), host.now);
  }
  void run(std::int64_t ns) {
    const std::int64_t end = host.now + ns;
    pump();
    for (int guard = 0; guard < 100'000; ++guard) {
      const auto it = host.timers.find(bowline::broker_coinbase::Later::timer_id);
      if (it == host.timers.end() || it->second > end) break;
      host.now = std::max(host.now, it->second);
      host.timers.erase(it);
      bl_timer t{};
      t.h.size = sizeof t;
      t.h.type = BL_EV_TIMER;
      t.timer = bowline::broker_coinbase::Later::timer_id;
      broker->on_event(t.h, host.sink);
      pump();
    }
    host.now = end;
  }
  /// Decided now, where a test says no other time.
  bowline::broker_coinbase::Taken submit(bl_intent i) {
    if (i.decided_ns == 0) i.decided_ns = host.now;
    return broker->submit(i);
  }
  bowline::broker_coinbase::Taken cancel(const std::string& client, const std::string& venue_id = "") {
    const bl_order_ref r{{client.data(), client.size()}, {venue_id.data(), venue_id.size()}};
    return broker->cancel({&r, 1});
  }
  std::uint64_t ask(std::uint32_t scope, const std::string& client = "", const std::string& venue_id = "", std::int64_t since = 0) {
    bl_query q{};
    q.size = sizeof q;
    q.scope = scope;
    q.request = ++asked;
    q.since_ns = since;
    q.order = {{client.data(), client.size()}, {venue_id.data(), venue_id.size()}};
    REQUIRE(broker->query(q).status == BL_PENDING);
    return asked;
  }
  /// The one DONE of a question; nothing when there is none, or more than one.
  std::optional<bl_done> done(std::uint64_t request) const {
    std::optional<bl_done> found;
    for (const bl_done& d : dones)
      if (d.request == request) {
        if (found) return std::nullopt;
        found = d;
      }
    return found;
  }
  std::size_t count(const std::string& method, const std::string& path_part) const {
    std::size_t n = 0;
    for (const auto& q : host.requests) n += q.method == method && q.url.find(path_part) != std::string::npos ? 1 : 0;
    return n;
  }
  const bowline::testing::SentRequest* last(const std::string& path_end) const {
    for (auto q = host.requests.rbegin(); q != host.requests.rend(); ++q)
      if (q->url.ends_with(path_end)) return &*q;
    return nullptr;
  }

  std::size_t served = 0;

 private:
  void read() {
    for (; heard < host.events.size(); ++heard) {
      const auto& e = host.event<bl_event>(heard);
      if (e.type == BL_EV_EXEC) hear(host.event<bl_exec>(heard));
      if (e.type == BL_EV_FILL) hear(host.event<bl_fill>(heard));
      if (e.type == BL_EV_DONE) dones.push_back(host.event<bl_done>(heard));
      if (e.type == BL_EV_QUOTE) quotes[e.instrument].push_back(host.event<bl_quote>(heard));
      if (e.type == BL_EV_LINK) links.push_back(host.event<bl_link>(heard));
      if (e.type == BL_EV_PRODUCT) products[e.instrument] = host.event<bl_product>(heard);
      if (e.type == BL_EV_BALANCE) {
        const auto& b = host.event<bl_balance_ev>(heard);
        balances[b.asset] = {Decimal::from_raw(b.total), Decimal::from_raw(b.hold)};
      }
    }
  }
  Folded& of(const std::string& client, const std::string& venue_id) {
    if (client.empty())
      for (auto& [id, f] : orders)
        if (f.venue_id == venue_id && !venue_id.empty()) return f;
    Folded& f = orders[client.empty() ? venue_id : client];
    // A fill may be told before its order's name: the host books it when it has asked whose it is.
    if (const auto half = client.empty() || venue_id.empty() ? orders.end() : orders.find(venue_id); half != orders.end()) {
      f.fills.merge(half->second.fills);
      orders.erase(half);
    }
    if (!venue_id.empty()) {
      CHECK((f.venue_id.empty() || f.venue_id == venue_id));
      f.venue_id = venue_id;
    }
    return f;
  }
  void hear(const bl_exec& e) {
    Folded& f = of(text_of(e.client_id), text_of(e.venue_id));
    f.kinds.push_back(e.kind);
    f.text = text_of(e.text);
    switch (e.kind) {
      case BL_X_ACCEPTED: f.accepted = true; f.unknown = false; break;
      case BL_X_REJECTED: f.rejected = true; break;
      case BL_X_UNKNOWN: f.unknown = !f.accepted; break;
      case BL_X_ABSENT: ++f.absent; break;
      case BL_X_CANCEL_REJECTED: ++f.refused_cancels; break;
      case BL_X_SNAPSHOT:
      case BL_X_DONE:
        f.accepted = true;
        f.unknown = false;
        CHECK_FALSE((f.over && (e.state == BL_S_OPEN || e.state == BL_S_PENDING)));  // nothing comes back
        f.state = e.state;
        f.cum = Decimal::from_raw(e.cum_qty);
        f.cum_quote = Decimal::from_raw(e.cum_quote);
        f.cum_fee = Decimal::from_raw(e.cum_fee);
        f.ahead = f.ahead || (e.state <= BL_S_OPEN && f.cum > f.filled());
        f.over = e.state > BL_S_OPEN;
        break;
      default: break;
    }
  }
  void hear(const bl_fill& e) {
    Folded& f = of(text_of(e.client_id), text_of(e.venue_id));
    const Decimal qty = Decimal::from_raw(e.qty);
    if ((e.flags & 4) != 0) {
      f.fills.erase(text_of(e.fill_id));
      return;
    }
    const auto [it, fresh] = f.fills.emplace(text_of(e.fill_id), qty);
    if (!fresh) CHECK(it->second == qty);
  }

  int woken = 0;
  std::size_t heard = 0;
  std::uint64_t asked = 0;
};

inline bl_intent intent(const std::string& client, const char* qty, const char* px, bowline::Side side = bowline::Side::buy) {
  bl_intent i = bowline::testing::intent(1, *Decimal::try_parse(qty), *Decimal::try_parse(px), side);
  std::memset(i.client_id, 0, sizeof i.client_id);
  std::memcpy(i.client_id, client.data(), client.size());
  return i;
}
inline bl_intent market(const std::string& client, const char* qty, bowline::Side side = bowline::Side::sell) {
  bl_intent i = intent(client, qty, "1", side);
  i.type = BL_MARKET;
  i.tif = BL_IOC;
  i.limit_px = Decimal::not_set().raw();
  return i;
}

}  // namespace broker_tests
