// Intent -> durable -> handed to the broker, beside one single-row commit of SQLite (WAL, synchronous FULL) of the same
// size on the same disk; the two take turns, and the ratio of their medians counts. Bar: 1.3.
//   bench_intent_to_broker [plugin folder] [orders] [folder on the disk to be measured]
// What is timed of ours is the call trade() of trade-execution: a target stands, 50 products are gone through, one entry is
// sized and passes the floor, its intent, its sizing and the day's counts are made durable in one commit of the journal's
// file, and ends as submit of the mock venue's plugin returns, which has taken the order. No risk plugin: what the chain
// takes is bench_risk_chain's. Not timed: the acknowledgement, and the cancel that makes room for the next.
#include "bench/orders/bare_commit.hpp"
#include "bench/orders/figures.hpp"
#include "bench/orders/order_desk.hpp"

using namespace bench;

int main(int argc, char** argv) {
  const std::filesystem::path plugins = std::filesystem::absolute(argc > 1 ? argv[1] : "build/release/plugins");
  const std::size_t orders = argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 1'000, warm_up = orders / 20 + 1;
  const Folder folder(argc > 3 ? std::filesystem::path(argv[3]) : std::filesystem::temp_directory_path());
  DeskOptions o;
  o.plugins = plugins;
  o.var = folder.path();
  o.venue = {{"cash", {{"USD", "1000000"}}}, {"state", "memory"}};  // its own commits are not timed, and do not disturb
  Desk desk(market_of(50), std::move(o));
  desk.open();
  BareCommit bare(folder.path() / "bare.db");
  Clock::time_point handed;
  desk.port->handed_over = [&handed] { handed = Clock::now(); };
  desk.bars(10'000);
  desk.decide({});

  std::vector<double> ours, theirs;
  for (std::size_t n = 0; n < warm_up + orders; ++n) {
    desk.to(desk.now + bar_ns);
    const core::InstrumentId id{static_cast<std::uint32_t>(1 + n % 50)};
    const std::uint64_t made = desk.exec->counts().orders, commits = desk.journal->commits();
    const double first = n % 2 == 0 ? bare.one() : 0;
    desk.exec->publish(desk.now);
    const std::vector<core::Target> targets{desk.target(id, core::Purpose::entry, 0.01)};
    desk.exec->take_targets(targets, false);
    const auto from = Clock::now();
    desk.exec->trade(desk.now);
    const double took = us_between(from, handed);
    must(desk.exec->counts().orders == made + 1 && desk.journal->commits() == commits + 1, "one order in one commit");
    const double other = n % 2 == 0 ? first : bare.one();
    desk.pump();
    const core::Order* order = desk.exec->orders().working().empty() ? nullptr : desk.exec->orders().working().front();
    must(order != nullptr && order->state == core::OrderState::open, "the venue has the order");
    take(desk.exec->cancel(order->id(), desk.now, "bench", ""));
    desk.pump();
    must(desk.exec->orders().working().empty(), "the order is cancelled");
    desk.exec->settle(desk.now);
    if (n < warm_up) continue;
    ours.push_back(took);
    theirs.push_back(other);
  }
  const double ratio = quantile(ours, 0.5) / quantile(theirs, 0.5);
  const bool met = ratio <= 1.3;
  std::printf("SQLite WAL FULL, one row: %zu times, p50 %.0f us, p99 %.0f us\n", theirs.size(), quantile(theirs, 0.5), quantile(theirs, 0.99));
  std::printf("intent to broker: %zu times, p50 %.0f us, p99 %.0f us; p50 %.3f x the bare commit (bar 1.3 x): %s\n", ours.size(), quantile(ours, 0.5),
              quantile(ours, 0.99), ratio, met ? "met" : "MISSED");
  return met ? 0 : 1;
}
