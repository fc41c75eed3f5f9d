// liquidate-all: 50 positions, 40 open orders, a mock venue limited to 10 requests a second. Bar, in engine time, in which
// the venue's limit counts: 1.15 x (⌈open orders / 100⌉ + per slice {position read, submit, status read} + one final read
// per product) / 10 s. A slice is a submit that the venue took.
//   bench_liquidate_all [plugin folder]
// The loop is the host's: it looks five times a second, and follows what the venue answers at once (Run::look_at_latch).
// The bucket is empty when the command comes: nothing of it is a head start. A bar of each product comes with each look, so
// that a market order is filled 200 ms later: what is measured is the requests and how they are spent, not the market.
// Journal and venue are in memory: the time that counts is not the disk's.
#include "bench/orders/order_desk.hpp"

namespace {

using namespace bench;

constexpr std::size_t products = 50, resting = 40;
constexpr core::Nanos look = second / 5;

}  // namespace

int main(int argc, char** argv) {
  Folder folder;
  DeskOptions o;
  o.plugins = std::filesystem::absolute(argc > 1 ? argv[1] : "build/release/plugins");
  o.var = folder.path();
  o.durable = false;
  o.venue = {{"cash", {{"USD", "1000000"}}}, {"state", "memory"}, {"rate_limit", 10}};
  o.execution.interval = look;
  o.execution.resend_window = 60 * second;
  Desk desk(market_of(products), std::move(o));
  desk.open();
  const auto step = [&desk](const std::vector<core::Target>& targets, std::int64_t depth = 0) {
    desk.to(desk.now + look);
    desk.bars(10'000, depth);
    desk.decide(targets);
  };

  // A position in each product, and at 40 of them an order of the operator that takes profit far above.
  step({});
  for (const core::Instrument& i : desk.table.all()) {
    desk.to(desk.now + second);
    desk.bars(10'000);
    desk.decide({desk.target(i.id, core::Purpose::entry, 0.01)});
    desk.to(desk.now + look);
    desk.bars(10'000, 30);
    desk.decide({});
    must(desk.exec->portfolio().position(i.id).qty.is_positive(), "each product is held");
  }
  for (std::uint32_t n = 1; n <= resting; ++n) {
    desk.to(desk.now + second);
    services::TradeRequest q;
    q.instrument = {n};
    q.side = core::Side::sell;
    q.type = core::OrderType::limit;
    q.tif = core::TimeInForce::gtc;
    q.qty = desk.exec->portfolio().position({n}).qty;
    q.limit_px = "150"_dec;
    q.key = "k" + std::to_string(n);
    q.principal = q.reason = "bench";
    take(desk.exec->execute(q, desk.now));
    desk.pump();
  }
  step({});
  must(desk.exec->orders().working().size() == resting, "40 orders rest");
  must(desk.exec->counts().incidents == 0, "nothing happened that should not");

  // Whoever asked last has used the bucket up.
  bl_query nothing{};
  nothing.size = sizeof nothing;
  while (desk.port->query(nothing).ok()) {}
  desk.pump();
  desk.port->made = {};
  const core::Nanos began = desk.now;
  const std::uint64_t orders = desk.exec->counts().orders;
  services::LiquidationRequest q;
  q.id = q.reason = q.principal = q.request_id = "bench";
  bool replayed = false;
  take(desk.exec->liquidate(q, desk.now, replayed));
  const auto follow = [&desk] {  // as Run does: what the venue answers at once is followed at once, but not without end
    desk.pump();
    for (int i = 0; i < 100 && desk.exec->look_at_liquidation(desk.now); ++i) desk.pump();
  };
  follow();
  while (desk.exec->liquidating() && desk.now - began < 120 * second) {
    step({});
    follow();
  }

  std::size_t held = 0;
  for (const core::Instrument& i : desk.table.all()) held += desk.exec->portfolio().position(i.id).qty.is_zero() ? 0 : 1;
  const auto& made = desk.port->made;
  const double took = static_cast<double>(desk.now - began) / static_cast<double>(second);
  const std::uint64_t allowed = (resting + 99) / 100 + 3 * std::max<std::uint64_t>(made.submits, products) + products;
  const double bar = 1.15 * static_cast<double>(allowed) / 10;
  const bool met = !desk.exec->liquidating() && held == 0 && took <= bar;
  std::printf("requests: %llu taken (%llu cancels, %llu lists of orders, %llu position reads, %llu order reads, %llu submits), %llu refused by the limit "
              "(%llu cancels, %llu reads, %llu submits); %llu orders made, %llu incidents\n",
              static_cast<unsigned long long>(made.taken()), static_cast<unsigned long long>(made.cancels), static_cast<unsigned long long>(made.order_lists),
              static_cast<unsigned long long>(made.positions), static_cast<unsigned long long>(made.orders), static_cast<unsigned long long>(made.submits),
              static_cast<unsigned long long>(made.refused()), static_cast<unsigned long long>(made.refused_cancels),
              static_cast<unsigned long long>(made.refused_queries), static_cast<unsigned long long>(made.refused_submits),
              static_cast<unsigned long long>(desk.exec->counts().orders - orders), static_cast<unsigned long long>(desk.exec->counts().incidents));
  std::printf("liquidate-all, %zu positions, %zu orders, 10 requests/s: %s after %.1f s of engine time, %zu still held (bar 1.15 x %llu / 10 = %.1f s): %s\n",
              products, resting, desk.exec->liquidating() ? "not over" : "over", took, held, static_cast<unsigned long long>(allowed), bar, met ? "met" : "MISSED");
  return met ? 0 : 1;
}
