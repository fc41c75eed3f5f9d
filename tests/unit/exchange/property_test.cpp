// Whatever is asked of the venue: no money appears or vanishes, holds are what open orders need, nothing is filled beyond its size,
// no book that matches is crossed, and its events tell the same story as its state.
#include <rapidcheck.h>

#include <map>

#include "unit/exchange/random_acts.hpp"

using namespace exchange_test;

namespace {

/// Who is told everything and asks nothing: holds what events say against what the venue says.
struct Listener {
  std::map<std::pair<std::uint32_t, Decimal>, Decimal> levels[2];
  std::map<OrderNo, OrderState> orders;
  std::uint64_t sequence = 0;
  void take(Engine& e) {
    std::vector<Event> events;
    e.take_events(events);
    for (const Event& x : events) {
      RC_ASSERT(x.sequence == sequence + 1);
      sequence = x.sequence;
      if (const auto* o = std::get_if<OrderChanged>(&x.what)) {
        const auto it = orders.find(o->order);
        if (it != orders.end()) {
          RC_ASSERT(!is_final(it->second.status));  // what ended does not change again
          RC_ASSERT(o->state.filled_size >= it->second.filled_size);
          RC_ASSERT(o->state.fills >= it->second.fills);
        }
        orders[o->order] = o->state;
      }
      if (const auto* l = std::get_if<LevelChanged>(&x.what)) {
        auto& side = levels[static_cast<int>(l->side)];
        if (l->level.size.is_zero()) side.erase({l->product, l->level.price});
        else side[{l->product, l->level.price}] = l->level.size;
      }
    }
  }
  void compare(const Engine& e) const {
    for (const auto& [number, state] : orders) RC_ASSERT(e.order(number).state == state);
    std::size_t told[2] = {levels[0].size(), levels[1].size()};
    for (std::uint32_t p = 0; p < e.products().size(); ++p) {
      if (e.book_of(p) != p) continue;
      const BookView b = *e.book(e.products()[p].id, 100'000);
      for (const int s : {0, 1})
        for (const LevelView& l : s == 0 ? b.bids : b.asks) {
          const auto it = levels[s].find({p, l.price});
          RC_ASSERT(it != levels[s].end());
          RC_ASSERT(it->second == l.size);
          --told[s];
        }
    }
    RC_ASSERT(told[0] == 0u);
    RC_ASSERT(told[1] == 0u);
  }
};

}  // namespace

TEST_CASE("property: whatever comes, the sums hold and the events tell what is so") {
  std::map<std::string, int> seen;
  const bool held = rc::check("random acts", [&] {
    Acts a(*rc::gen::arbitrary<std::uint64_t>());
    Listener listener;
    for (int i = 0; i < 150; ++i) {
      a.act();
      const auto ok = a.e.audit();
      if (!ok) RC_LOG() << ok.error().message << " after act " << i;
      RC_ASSERT(ok.ok());
      listener.take(a.e);
    }
    listener.compare(a.e);
    for (const auto& [number, state] : listener.orders) {
      const std::string kind(row(a.e.order(number).request.config).key);
      ++seen[kind + " " + std::string(name(state.status)) + (state.fills > 0 ? " filled" : "")];
      if (state.triggered) ++seen[kind + " triggered"];
    }
  });
  CHECK(held);
  // That the acts reach what they are to judge.
  for (const char* what : {"market_market_ioc FILLED filled", "limit_limit_gtc OPEN filled", "limit_limit_gtd EXPIRED",
                           "limit_limit_fok FILLED filled", "limit_limit_fok CANCELLED", "sor_limit_ioc CANCELLED filled", "stop_limit_stop_limit_gtc triggered",
                           "trigger_bracket_gtc triggered", "trigger_bracket_gtc FILLED filled", "limit_limit_gtc CANCELLED filled"}) {
    INFO(what);
    CHECK(seen[what] > 0);
  }
}
