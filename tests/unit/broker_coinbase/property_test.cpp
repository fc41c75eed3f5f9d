// Whatever the venue does and whatever is lost on the way: in the end the host was told what the venue has, no order is there twice, and
// nothing went under one client id but one body.
#include <rapidcheck.h>

#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

struct Lot {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool hits(std::uint64_t percent) { return below(100) < percent; }
};

Fate drawn(Lot& lot, std::uint64_t percent) {
  if (!lot.hits(percent)) return {};
  using K = Fate::Kind;
  switch (lot.below(7)) {
    case 0: return {K::never_sent};
    case 1: return {K::lost_before};
    case 2: return {K::lost_after};
    case 3: return {K::says, 429, "slow"};
    case 4: return {K::says, 503, ""};
    case 5: return {K::says, 200, "{"};
    default: return {K::says, 401, "Unauthorized"};
  }
}

/// The host's part: what is unknown is asked for, what is absent and settled is sent again once, or held to be not placed.
void host_asks(Desk& d, std::map<std::string, bl_intent>& sent, Lot& lot) {
  for (auto& [client, i] : sent) {
    Folded& f = d.orders[client];
    if (!f.unknown || f.rejected) continue;
    if (lot.hits(50)) d.submit(i);
    d.ask(1, client);
  }
}

void one_run(std::uint64_t seed) {
  Lot lot{seed};
  const std::uint64_t percent = lot.below(4) * 15;
  Desk d(Json{{"stream", false}, {"seed", static_cast<std::int64_t>(seed >> 1)}});
  std::map<std::string, bl_intent> sent;
  std::vector<std::uint64_t> questions;
  d.venue.fate = [&](const auto&) { return drawn(lot, percent); };
  d.venue.fills_page = 1 + lot.below(4);
  d.venue.orders_page = 1 + lot.below(4);
  for (int step = 0; step < 40; ++step) {
    ModelOrder* o = d.venue.orders.empty() ? nullptr : &d.venue.orders[lot.below(d.venue.orders.size())];
    switch (lot.below(9)) {
      case 0:
      case 1: {
        const std::string client = "bl-" + std::to_string(step);
        bl_intent i = lot.hits(25) ? market(client, "0.5") : intent(client, "0.5", "100", lot.hits(50) ? Side::sell : Side::buy);
        if (i.side == BL_SELL && lot.hits(50)) i.flags |= BL_REDUCE_ONLY;
        if (lot.hits(40)) i.not_after_ns = d.host.now + 3 * second;
        if (d.submit(i).status >= 0) sent.emplace(client, i);
        break;
      }
      case 2:
        if (!sent.empty()) d.cancel(std::next(sent.begin(), static_cast<std::ptrdiff_t>(lot.below(sent.size())))->first);
        break;
      case 3:
      case 4:
        if (o != nullptr && o->works()) {
          const Decimal left = o->size - o->filled();
          d.venue.fill(*o, lot.hits(50) ? left : min(left, Decimal::from_mantissa(1, -1)), Decimal::from_int(100), d.host.now, lot.hits(30));
        }
        break;
      case 5:
        if (o != nullptr && o->works()) o->status = lot.hits(50) ? "CANCELLED" : "EXPIRED";
        break;
      case 6: questions.push_back(d.ask(2 | 4 | 8, "", "", d.host.now - 3600 * second)); break;
      case 7: host_asks(d, sent, lot); break;
      default: d.run(static_cast<std::int64_t>(lot.below(20)) * second / 4); break;
    }
    if (lot.hits(60)) d.pump();
    if (lot.hits(20))
      for (auto& order : d.venue.orders)
        for (auto& f : order.fills) f.hidden = false;
  }

  // Peace: nothing is lost any more, all is listed, and the host asks until it knows.
  d.venue.fate = [](const auto&) { return Fate{}; };
  for (auto& order : d.venue.orders)
    for (auto& f : order.fills) f.hidden = false;
  d.run(200 * second);
  for (int i = 0; i < 4; ++i) {
    host_asks(d, sent, lot);
    d.run(60 * second);
  }
  questions.push_back(d.ask(2 | 4 | 8, "", "", d.host.now - 7200 * second));
  d.run(120 * second);

  std::map<std::string, std::set<std::string>> bodies;
  for (const auto& q : d.host.requests)
    if (q.method == "POST" && q.url.ends_with("/orders")) bodies[Json::parse(q.body).at("client_order_id")].insert(q.body);
  for (const auto& [client, all] : bodies) RC_ASSERT(all.size() == 1u);
  for (const auto& [client, i] : sent) {
    ModelOrder* o = d.venue.by_client(client);
    const Folded& f = d.orders[client];
    RC_ASSERT(!(f.rejected && o != nullptr));
    if (o == nullptr) {
      RC_ASSERT(!f.accepted);
      RC_ASSERT(f.fills.empty());
      RC_ASSERT(f.rejected || f.absent > 0);
      continue;
    }
    RC_ASSERT(f.accepted);
    RC_ASSERT(f.venue_id == o->id);
    RC_ASSERT(f.filled() == o->filled());
    RC_ASSERT(f.fills.size() == o->fills.size());
    RC_ASSERT(f.over == !o->works());
    if (f.over) RC_ASSERT(f.state == (o->status == "FILLED" ? BL_S_FILLED : o->status == "CANCELLED" ? BL_S_CANCELLED : BL_S_EXPIRED));
  }
  std::set<std::string> clients;
  for (const ModelOrder& o : d.venue.orders) RC_ASSERT(clients.insert(o.client).second);
  for (const std::uint64_t q : questions) RC_ASSERT(d.done(q).has_value());
  RC_ASSERT(d.done(questions.back())->complete == 1u);
}

}  // namespace

TEST_CASE("rule 2.3: after any losses the host was told what the venue has, and no client id had two bodies") {
  CHECK(rc::check("fold of what was told = the venue", [] { one_run(*rc::gen::arbitrary<std::uint64_t>()); }));
}
