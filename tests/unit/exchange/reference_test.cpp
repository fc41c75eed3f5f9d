// Price-time priority, against a matcher that shares no code with the engine: it keeps a plain list of orders in whole steps, sorts it
// anew for each arrival and walks it.
#include <rapidcheck.h>

#include <algorithm>

#include "unit/exchange/random_acts.hpp"

using namespace exchange_test;

namespace {

struct Resting {
  OrderNo number;
  bool buy;
  std::int64_t price, leaves, age;  // cents, satoshis, arrival
};
struct Traded {
  OrderNo maker, taker;
  std::int64_t price, size;
  bool operator==(const Traded&) const = default;
};

struct Reference {
  std::vector<Resting> orders;
  std::vector<Traded> trades;
  std::int64_t ages = 0;

  std::vector<Resting*> facing(bool buy, std::int64_t limit) {
    std::vector<Resting*> out;
    for (Resting& r : orders)
      if (r.buy != buy && r.leaves > 0 && (buy ? r.price <= limit : r.price >= limit)) out.push_back(&r);
    std::sort(out.begin(), out.end(), [&](const Resting* a, const Resting* b) {
      return a->price != b->price ? (buy ? a->price < b->price : a->price > b->price) : a->age < b->age;
    });
    return out;
  }
  void arrive(OrderNo number, Config config, bool buy, std::int64_t limit, std::int64_t size) {
    const auto makers = facing(buy, limit);
    std::int64_t there = 0;
    for (const Resting* m : makers) there += m->leaves;
    if (config == Config::limit_fok && there < size) return;
    for (Resting* m : makers) {
      const std::int64_t part = std::min(size, m->leaves);
      if (part == 0) break;
      trades.push_back({m->number, number, m->price, part});
      m->leaves -= part;
      size -= part;
    }
    if (config == Config::limit_gtc && size > 0) orders.push_back({number, buy, limit, size, ++ages});
  }
  Resting* find(OrderNo n) {
    for (Resting& r : orders)
      if (r.number == n && r.leaves > 0) return &r;
    return nullptr;
  }
};

}  // namespace

TEST_CASE("property: the engine matches as a list that is sorted by price and time does") {
  std::size_t trades = 0, edits = 0;
  const bool held = rc::check("reference", [&] {
    Dice dice(*rc::gen::arbitrary<std::uint64_t>());
    Options o;
    o.self_trade = SelfTrade::allow;
    o.max_open_orders = 1'000'000;
    Venue v(o, {"0"_dec, "0"_dec});
    for (const UserId u : {v.alice, v.bob}) {
      REQUIRE(v.e.deposit(u, "USD", "1e12"_dec, v.now).ok());
      REQUIRE(v.e.deposit(u, "BTC", "1e9"_dec, v.now).ok());
    }
    Reference reference;
    std::vector<std::pair<OrderNo, UserId>> placed;
    const auto satoshi = [](std::int64_t n) { return Decimal::from_mantissa(n, -8); };
    const auto cents = [](std::int64_t n) { return Decimal::from_mantissa(n, -2); };
    for (int i = 0; i < 200; ++i) {
      const auto size = static_cast<std::int64_t>(10'000'000 + dice(300'000'000)), price = static_cast<std::int64_t>(9'990 + dice(20));
      if (!placed.empty() && dice.one_in(5)) {
        const auto [number, user] = placed[dice(placed.size())];
        Resting* r = reference.find(number);
        CHECK((v.e.cancel(user, std::array{v.e.order_id(number)}, v.now)[0].reason == CancelReason::none) == (r != nullptr));
        if (r != nullptr) r->leaves = 0;
      } else if (!placed.empty() && dice.one_in(4)) {
        const auto [number, user] = placed[dice(placed.size())];
        Resting* r = reference.find(number);
        if (r == nullptr) continue;
        const Order& order = v.e.order(number);
        const std::int64_t filled = *order.state.filled_size.to_mantissa(-8, Rounding::down);
        const bool same_price = dice.one_in(2), smaller = dice.one_in(2);
        const std::int64_t wanted_price = same_price ? r->price : price, wanted = smaller ? filled + 1 + r->leaves / 2 : filled + r->leaves + size;
        const bool ok = v.e.edit(user, {v.e.order_id(number), cents(wanted_price), satoshi(wanted)}, v.now).ok();
        if (!ok) continue;  // as it was, or too small
        ++edits;
        const Resting was = *r;
        if (wanted < filled + was.leaves && wanted_price == was.price) {
          r->leaves = wanted - filled;
        } else {
          r->leaves = 0;
          reference.arrive(number, Config::limit_gtc, was.buy, wanted_price, wanted - filled);
        }
      } else {
        const UserId user = dice.one_in(2) ? v.alice : v.bob;
        constexpr std::array kinds{Config::limit_gtc, Config::limit_gtc, Config::limit_gtc,
                                   Config::limit_ioc, Config::limit_fok, Config::market_ioc};
        const Config config = kinds[dice(kinds.size())];
        const bool buy = dice.one_in(2), market = config == Config::market_ioc;
        const Side side = buy ? Side::buy : Side::sell;
        const Placed p = v.e.place(user, v.request(side, config, satoshi(size), market ? Decimal::not_set() : cents(price)), v.now);
        if (!p.ok()) {
          RC_ASSERT(p.refusal == Refusal::no_liquidity);
          RC_ASSERT(reference.facing(buy, buy ? 1'000'000 : 0).empty());
          continue;
        }
        placed.emplace_back(p.order, user);
        reference.arrive(p.order, config, buy, market ? (buy ? 1'000'000 : 0) : price, size);
      }
    }
    v.audit();
    // The trades, in their order: of each trade both fills.
    std::map<std::uint64_t, Traded> found;
    for (const UserId u : {v.alice, v.bob}) {
      FillFilter f{u};
      f.limit = 1'000'000;
      for (const Fill* fill : v.e.fills(f).fills) {
        Traded& t = found[fill->trade];
        (fill->liquidity == Liquidity::maker ? t.maker : t.taker) = fill->order;
        t.price = *fill->price.to_mantissa(-2, Rounding::down);
        t.size = *fill->size.to_mantissa(-8, Rounding::down);
      }
    }
    RC_ASSERT(found.size() == reference.trades.size());
    std::size_t i = 0;
    for (const auto& [number, t] : found) RC_ASSERT(t == reference.trades[i++]);
    trades += found.size();
    // And what is left of each order.
    for (const auto& [number, user] : placed) {
      const Resting* r = reference.find(number);
      RC_ASSERT((r != nullptr) == (v.status(number) == Status::open));
      if (r != nullptr) RC_ASSERT(v.e.order(number).leaves() == satoshi(r->leaves));
    }
  });
  CHECK(held);
  CHECK(trades > 1000);
  CHECK(edits > 100);
}
