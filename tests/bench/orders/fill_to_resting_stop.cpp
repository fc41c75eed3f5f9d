// A fill, and how long until its stop rests at the venue (execution.stops.owner: venue). Bar: p99 <= 2 ms.
//   bench_fill_to_resting_stop [plugin folder] [positions] [folder on the disk to be measured]
// The clock starts as the mock venue (no latency, its state in a file) has said the fill and the core is about to read it.
//  1. resting: the fill is booked, the stop asked for by a rule that hears of it, judged, durable, handed over, and accepted: one
//     commit of the journal and one of the venue's, one after the other.
// Beside it, of the same run:
//  2. given way: a SELL is decided; the stop's cancel is asked for and done, and the sale is durable, handed over and accepted.
// What a bare commit of the disk takes is printed with them. On a disk in memory (/dev/shm as the third argument) what is left is
// the host's own.
#include "bench/orders/bare_commit.hpp"
#include "bench/orders/figures.hpp"
#include "bench/orders/order_desk.hpp"

using namespace bench;

int main(int argc, char** argv) {
  constexpr std::size_t products = 8;
  const std::filesystem::path plugins = std::filesystem::absolute(argc > 1 ? argv[1] : "build/release/plugins");
  const std::size_t positions = argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 600, warm_up = positions / 20 + 1;
  const Folder folder(argc > 3 ? std::filesystem::path(argv[3]) : std::filesystem::temp_directory_path());
  DeskOptions o;
  o.plugins = plugins;
  o.var = folder.path();
  o.venue = {{"cash", {{"USD", "100000000"}}}, {"max_fill_share", 1.0}};
  o.execution.stops.at_venue = true;
  o.execution.stops.can = {true, true};
  Desk desk(market_of(products), o);
  const auto rule = std::make_shared<const std::string>("rule");
  desk.exec->tell_rules([&](const bl_event& e) {
    if (e.type != BL_EV_POSITION || !Decimal::from_raw(reinterpret_cast<const bl_position_ev&>(e).position.qty).is_positive()) return;
    bl_stop wish{};
    wish.size = sizeof wish;
    wish.instrument = e.instrument;
    wish.stop_px = "90"_dec.raw();
    wish.limit_px = Decimal::not_set().raw();
    must(desk.exec->want_stop(wish, rule) == BL_OK, "the stop is taken");
  });
  desk.open();
  BareCommit bare(folder.path() / "bare.db");
  const auto working = [&desk](core::InstrumentId id, core::Side side) -> const core::Order* {
    for (const core::Order* w : desk.exec->orders().working())
      if (w->intent.instrument() == id && w->intent.side() == side) return w;
    return nullptr;
  };

  std::vector<double> to_resting, to_sale, commit;
  for (std::size_t n = 0; n < warm_up + positions; ++n) {
    const core::InstrumentId id{static_cast<std::uint32_t>(1 + n % products)};
    desk.to(desk.now + bar_ns);
    desk.bars(10'000);
    desk.decide({desk.target(id, core::Purpose::entry, 0.02)});
    must(working(id, core::Side::buy) != nullptr, "the entry rests");
    desk.to(desk.now + bar_ns);
    Clock::time_point said, rests;
    for (const core::Instrument& i : desk.table.all()) {
      desk.exec->on_bar(desk.bar(i.id, 10'000, 30));
      if (i.id == id) said = Clock::now();
      desk.pump();
      if (i.id == id) rests = Clock::now();
    }
    must(desk.exec->portfolio().position(id).qty.is_positive() && desk.exec->stop_owner(id) == services::StopOwner::venue, "the stop rests at the venue");
    desk.decide({});

    desk.to(desk.now + bar_ns);
    desk.bars(10'000);
    const auto decided = Clock::now();
    desk.decide({desk.target(id, core::Purpose::exit, 0)});
    const auto sold = Clock::now();
    const core::Order* sale = working(id, core::Side::sell);
    must(sale != nullptr && sale->intent.purpose == core::Purpose::exit && sale->state == core::OrderState::open, "the sale is at the venue");
    desk.to(desk.now + bar_ns);
    desk.bars(10'000);
    desk.decide({});
    must(desk.exec->portfolio().position(id).qty.is_zero(), "it is sold");
    const double one = bare.one();
    if (n < warm_up) continue;
    to_resting.push_back(us_between(said, rests));
    to_sale.push_back(us_between(decided, sold));
    commit.push_back(one);
  }
  must(desk.exec->counts().incidents == 0, "nothing happened that should not");
  std::printf("SQLite WAL FULL, one row on this disk: p50 %.0f us, p99 %.0f us\n", quantile(commit, 0.5), quantile(commit, 0.99));
  constexpr const char* bar = "p99 2000 us";
  const bool met = say("1. fill to stop resting at the venue", to_resting, quantile(to_resting, 0.99), 2'000, bar);
  figure("2. SELL decided to its sale acknowledged, the stop taken off between", to_sale);
  return met ? 0 : 1;
}
