// How many orders the simulated venue takes and matches in a second. Bar: more than 200,000, so that the 5,000 that the whole venue
// must take over loopback leave it idle. The rates are those of processor time; on a machine that is busy otherwise the clock's are lower.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "exchange/engine/engine.hpp"

namespace {

using namespace bowline;
using namespace bowline::exchange;
using namespace bowline::literals;

constexpr std::int64_t start = 1'700'000'000'000'000'000;

Product product() {
  Product p;
  p.id = "BTC-USD";
  p.base = "BTC";
  p.quote = "USD";
  p.base_increment = p.base_min_size = "0.00000001"_dec;
  p.quote_increment = p.price_increment = "0.01"_dec;
  p.base_max_size = "3400"_dec;
  p.quote_min_size = "1"_dec;
  p.quote_max_size = "150000000"_dec;
  return p;
}

struct Desk {
  Engine e;
  UserId users[2];
  std::int64_t now = start;
  std::uint64_t x = 88172645463325252ULL, ids = 0;
  std::vector<Event> events;

  explicit Desk(const Options& o) : e(o) {
    if (!e.add_product(product())) std::abort();
    for (UserId& u : users) {
      u = *e.add_user("owner", {"0.004"_dec, "0.006"_dec}, now);
      if (!e.deposit(u, "USD", "1e13"_dec, now) || !e.deposit(u, "BTC", "1e9"_dec, now)) std::abort();
    }
  }
  std::uint64_t dice(std::uint64_t n) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (x >> 16) % n;
  }
  OrderRequest request(Config config, Side side, std::int64_t cents) {
    OrderRequest r;
    r.client_order_id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + ++ids);
    r.product_id = "BTC-USD";
    r.side = side;
    r.config = config;
    r.base_size = Decimal::from_mantissa(static_cast<std::int64_t>(1'000'000 + dice(100'000'000)), -8);
    if (config != Config::market_ioc) r.limit_price = Decimal::from_mantissa(cents, -2);
    return r;
  }
  OrderNo place(UserId u, const OrderRequest& r) {
    const Placed p = e.place(u, r, now += 1'000);
    return p.order;
  }
  void drain() {
    e.take_events(events);
    events.clear();
  }
};
Options many() {
  Options o;
  o.max_open_orders = 100'000'000;
  o.self_trade = SelfTrade::allow;
  return o;
}

/// Limit orders of two users around one price: most meet another one, the rest builds a book.
void limit_orders(benchmark::State& s) {
  Desk d(many());
  std::size_t trades = 0;
  for (auto _ : s) {
    const Side side = d.dice(2) == 0 ? Side::buy : Side::sell;
    const auto cents = static_cast<std::int64_t>(6'000'000 + d.dice(2'000)) + (side == Side::buy ? -500 : 500);
    d.place(d.users[d.dice(2)], d.request(Config::limit_gtc, side, cents));
    if (d.ids % 64 == 0) d.drain();
  }
  d.drain();
  if (auto ok = d.e.audit(); !ok) s.SkipWithError(ok.error().message.c_str());
  for (const UserId u : d.users) {
    FillFilter f{u};
    f.limit = static_cast<std::size_t>(-1);
    for (const Fill* fill : d.e.fills(f).fills) trades += fill->liquidity == Liquidity::taker;
  }
  s.counters["orders/s"] = benchmark::Counter(static_cast<double>(s.iterations()), benchmark::Counter::kIsRate);
  s.counters["trades/order"] = static_cast<double>(trades) / static_cast<double>(s.iterations());
}
BENCHMARK(limit_orders)->Iterations(1'000'000);

/// A maker's order and a taker's that fills it whole: two orders and a trade each time.
void pairs(benchmark::State& s) {
  Desk d(many());
  for (auto _ : s) {
    OrderRequest r = d.request(Config::limit_gtc, Side::sell, 6'000'000);
    d.place(d.users[0], r);
    const Decimal size = r.base_size;
    r = d.request(Config::market_ioc, Side::buy, 0);
    r.base_size = size;
    d.place(d.users[1], r);
    if (d.ids % 64 == 0) d.drain();
  }
  s.counters["orders/s"] = benchmark::Counter(2 * static_cast<double>(s.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(pairs)->Iterations(500'000);

/// An order that rests in a book of 10,000 others and is cancelled.
void place_and_cancel(benchmark::State& s) {
  Desk d(many());
  const auto bid = [&] { return d.request(Config::limit_gtc, Side::buy, static_cast<std::int64_t>(5'000'000 + d.dice(500'000))); };
  for (int i = 0; i < 10'000; ++i) d.place(d.users[0], bid());
  for (auto _ : s) {
    const OrderNo n = d.place(d.users[1], bid());
    const std::string id = d.e.order_id(n);
    if (!d.e.cancel(d.users[1], {&id, 1}, d.now)[0].ok()) s.SkipWithError("not cancelled");
    if (d.ids % 64 == 0) d.drain();
  }
  s.counters["pairs/s"] = benchmark::Counter(static_cast<double>(s.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(place_and_cancel)->Iterations(500'000);

}  // namespace

BENCHMARK_MAIN();
