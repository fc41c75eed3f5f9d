// A fill, and how long its position is unprotected. Bar: p99 <= 2 ms.
//   bench_fill_to_protection [plugin folder] [positions] [folder on the disk to be measured]
// The host watches the stop: no order rests at the venue for it, so there are two answers to "acknowledged", and each is held
// against the bar. The clock starts as the mock venue (no latency, its state in a file) has said the fill and the core is
// about to read it.
//  1. watched: the fill is booked and told to the built plugin risk_stops, which asks for its stop, and execution has
//     taken that stop: from here on each price is held against it.
//  2. durable: the step's other bars have come, the step is decided and settled, and fill and stop are in the journal's
//     file in one commit. A process that dies before it has neither; it asks the venue, is told the fill, and protects then.
// Beside them, of the same run:
//  3. the stop is due -> its sale acknowledged: a quote below the stop; the order is durable, handed over and accepted by the venue,
//     whose own commit is in it.
//  4. a stop order of the operator that rests at the venue (POST /trades/execute, stop_limit): ordered -> accepted.
// 2 waits for one commit to disk, 3 and 4 for two, one after the other: what a bare commit of the disk takes is printed with
// them. On a disk in memory (/dev/shm as the third argument) what is left is the host's own.
#include "bench/orders/bare_commit.hpp"
#include "bench/orders/figures.hpp"
#include "bench/orders/order_desk.hpp"

namespace {

using namespace bench;

constexpr std::size_t products = 8;

struct Protected : Desk {
  services::InstanceServices stops_services{"stops", facts, false};
  std::unique_ptr<loader::RiskInstance> stops;
  services::StopSink wishes;
  Clock::time_point watched;

  Protected(core::InstrumentTable of, const DeskOptions& o) : Desk(std::move(of), o), wishes(*exec, "stops") {
    stops = instance_of<loader::RiskInstance>(o.plugins / "librisk_stops.so", "bowline.risk.stops", "stops", {{"bars", 12}}, stops_services, o.var);
    take(stops->needs());
    take(stops->start());
    exec->tell_rules([this](const bl_event& e) {
      const core::InstrumentId id{e.instrument};
      const bool before = exec->stop_px(id).is_set();
      must(stops->on_event(e, exec->fresh_view().get(), wishes.get()) >= 0, "risk_stops hears an event");
      if (!before && exec->stop_px(id).is_set()) watched = Clock::now();
    });
  }
  /// A step's bars, to the venue and the book, then to the rule; `filled` is called between the venue's word and its being read.
  template <class F>
  void step_bars(std::int64_t cents, std::int64_t depth, F filled) {
    for (const core::Instrument& i : table.all()) {
      const bl_bar b = bar(i.id, cents, depth);
      exec->on_bar(b);
      filled(i.id);
      pump();
      must(stops->on_event(b.h, exec->view().get(), wishes.get()) >= 0, "risk_stops hears a bar");
    }
  }
  void quiet_step(std::int64_t cents, std::int64_t depth) {
    to(now + bar_ns);
    step_bars(cents, depth, [](core::InstrumentId) {});
    decide({});
  }
  void quote(core::InstrumentId id, std::int64_t bid, std::int64_t ask) {
    bl_quote q{};
    q.h.size = sizeof q;
    q.h.type = BL_EV_QUOTE;
    q.h.instrument = id.value;
    q.h.ts_event = q.h.ts_recv = now;
    q.px_exp = -2;
    q.bid = bid;
    q.ask = ask;
    exec->on_quote(q);
  }
  const core::Order* working(core::InstrumentId id) const {
    for (const core::Order* o : exec->orders().working())
      if (o->intent.instrument() == id) return o;
    return nullptr;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path plugins = std::filesystem::absolute(argc > 1 ? argv[1] : "build/release/plugins");
  const std::size_t positions = argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 600, warm_up = positions / 20 + 1;
  const Folder folder(argc > 3 ? std::filesystem::path(argv[3]) : std::filesystem::temp_directory_path());
  DeskOptions o;
  o.plugins = plugins;
  o.var = folder.path();
  o.venue = {{"cash", {{"USD", "100000000"}}}, {"max_fill_share", 1.0}};
  o.execution.stop_lock_bars = 0;  // it is bought again at once
  Protected desk(market_of(products), o);
  desk.open();
  BareCommit bare(folder.path() / "bare.db");
  for (int i = 0; i < 20; ++i) desk.quiet_step(10'000, 30);  // risk_stops has its history

  std::vector<double> to_watched, to_durable, to_sale, to_resting, commit;
  for (std::size_t n = 0; n < warm_up + positions; ++n) {
    const core::InstrumentId id{static_cast<std::uint32_t>(1 + n % products)};
    // An entry rests at the touch; the next bar trades through it.
    desk.to(desk.now + bar_ns);
    desk.step_bars(10'000, 0, [](core::InstrumentId) {});
    desk.quote(id, 9'999, 10'001);  // where quotes came once, nothing is bought by a bar
    desk.decide({desk.target(id, core::Purpose::entry, 0.02)});
    must(desk.working(id) != nullptr && desk.working(id)->state == core::OrderState::open, "the entry rests");
    desk.to(desk.now + bar_ns);
    Clock::time_point said;
    desk.step_bars(10'000, 30, [&](core::InstrumentId of) {
      if (of == id) said = Clock::now();
    });
    must(desk.exec->portfolio().position(id).qty.is_positive() && desk.exec->stop_px(id).is_set(), "the position is held and has its stop");
    const std::uint64_t commits = desk.journal->commits();
    desk.decide({});
    const Clock::time_point durable = Clock::now();
    must(desk.journal->commits() == commits + 1 && !desk.journal->pending(), "fill and stop are in one commit");

    // The operator rests a stop order of his own at the venue, and takes it off again.
    desk.to(desk.now + second);
    const Decimal held = desk.exec->portfolio().position(id).qty;
    services::TradeRequest q;
    q.instrument = id;
    q.side = core::Side::sell;
    q.type = core::OrderType::stop_limit;
    q.tif = core::TimeInForce::gtc;
    q.qty = held;
    q.stop_px = "60"_dec;
    q.limit_px = "59"_dec;
    q.key = "k" + std::to_string(n);
    q.principal = q.reason = "bench";
    const auto ordered = Clock::now();
    take(desk.exec->execute(q, desk.now));
    desk.pump();
    const auto rests = Clock::now();
    const core::Order* resting = desk.working(id);
    must(resting != nullptr && resting->state == core::OrderState::open, "the stop order rests at the venue");
    take(desk.exec->cancel(resting->id(), desk.now, "bench", ""));
    desk.pump();
    must(desk.working(id) == nullptr, "it is taken off again");
    desk.decide({});

    // The price falls below the stop between two bars.
    desk.to(desk.now + second);
    const auto fell = Clock::now();
    desk.quote(id, 8'000, 8'001);
    desk.pump();
    const auto sold = Clock::now();
    const core::Order* sale = desk.working(id);
    must(sale != nullptr && sale->intent.purpose == core::Purpose::stop && sale->state == core::OrderState::open, "the stop's sale is at the venue");
    desk.to(desk.now - 2 * second + bar_ns);
    desk.quote(id, 9'999, 10'001);
    desk.step_bars(10'000, 0, [](core::InstrumentId) {});
    desk.decide({});
    if (desk.exec->portfolio().position(id).qty.is_positive()) desk.quiet_step(10'000, 0);
    must(desk.exec->portfolio().position(id).qty.is_zero(), "it is sold");
    const double one = bare.one();
    if (n < warm_up) continue;
    to_watched.push_back(us_between(said, desk.watched));
    to_durable.push_back(us_between(said, durable));
    to_resting.push_back(us_between(ordered, rests));
    to_sale.push_back(us_between(fell, sold));
    commit.push_back(one);
  }
  must(desk.exec->counts().incidents == 0, "nothing happened that should not");
  std::printf("SQLite WAL FULL, one row on this disk: p50 %.0f us, p99 %.0f us\n", quantile(commit, 0.5), quantile(commit, 0.99));
  constexpr const char* bar = "p99 2000 us";
  bool met = say("1. fill to stop watched", to_watched, quantile(to_watched, 0.99), 2'000, bar);
  met = say("2. fill to stop durable, with the step's end", to_durable, quantile(to_durable, 0.99), 2'000, bar) && met;
  met = say("3. stop due to its sale acknowledged", to_sale, quantile(to_sale, 0.99), 2'000, bar) && met;
  met = say("4. resting stop ordered to acknowledged", to_resting, quantile(to_resting, 0.99), 2'000, bar) && met;
  return met ? 0 : 1;
}
