// From a target to an order.
#include <rapidcheck.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::Desk;

TEST_CASE("rule 1.4: an entry is a limit at the touch that ends at the venue after two bars") {
  Desk d;
  d.want(Purpose::entry, 0.05);  // 500 of 10,000 at 100
  REQUIRE(d.broker.sent.size() == 1);
  const Intent& i = d.last();
  CHECK(i.side() == Side::buy);
  CHECK(i.type() == OrderType::limit);
  CHECK(i.limit_px() == "99.95"_dec);  // the bid: 5 bp below the close
  CHECK(i.qty() == "5"_dec);
  CHECK(i.tif() == TimeInForce::gtd);
  CHECK(i.abi.expire_ns == d.now + 2 * bar_ns);
  CHECK(i.abi.not_after_ns == d.now + bar_ns);
  CHECK(d.state(i) == OrderState::submitted);
  const auto sized = d.sink.all<SizingRecord>();
  REQUIRE(sized.size() == 1);
  CHECK(*sized[0].code == "ORDER");
  CHECK(sized[0].order.view() == i.client_id());
  CHECK(std::count_if(sized[0].checks.begin(), sized[0].checks.end(), [](const CheckRecord& c) { return !c.measure; }) == 1);
  CHECK_FALSE(sized[0].checks.back().measure);
}

TEST_CASE("so many orders that have ended are kept as the options say, and they are the newest") {
  Desk d;
  d.options.ended_orders = 2;
  d.use({});
  std::vector<Intent> made;
  for (int i = 0; i < 3; ++i) {
    made.push_back(d.resting());
    d.report(made.back(), BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
  }
  CHECK(d.exec->orders().done().size() == 2);
  CHECK(d.exec->orders().find(ClientOrderId(made[0].client_id())) == nullptr);
  CHECK(d.state(made[1]) == OrderState::expired);
  CHECK(d.state(made[2]) == OrderState::expired);
}

TEST_CASE("an exit sells the whole position, first within the collar, and is marked reduce-only") {
  Desk d;
  d.hold(0.05);
  d.want(Purpose::exit, 0);
  const Intent& i = d.last();
  CHECK(i.side() == Side::sell);
  CHECK(i.type() == OrderType::limit);
  CHECK(i.limit_px() == "98.95"_dec);  // the bid is 99.95
  CHECK(i.tif() == TimeInForce::ioc);
  CHECK(i.qty() == "5"_dec);
  CHECK((i.abi.flags & BL_REDUCE_ONLY) != 0);
}

TEST_CASE("nothing to sell, dust and too small a trade make no order, and each says why") {
  Desk d;
  d.want(Purpose::exit, 0);
  CHECK(d.why("NOTHING_TO_SELL") == 1);
  d.want(Purpose::entry, 0.0049);
  CHECK(d.why("BELOW_MIN_TRADE") == 1);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.why("MARK_MISSING") == 1);
  CHECK(d.broker.sent.empty());
  d.hold(0.05);
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.03);  // held is more: an entry never sells
  CHECK(d.why("AT_TARGET") == 1);
  d.price(d.m.btc, 10);  // 5 at 0.10: below quote_min
  d.want(Purpose::exit, 0);
  CHECK(d.why("DUST") == 1);
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("rule 1.2: one working order per product: the second waits, also behind an unknown one") {
  Desk d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  CHECK(d.state(d.last()) == OrderState::unknown);
  d.broker.answer = services::HandOver::taken;
  d.now += bar_ns;
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.why("ORDER_WORKING") == 1);
  d.report(d.last(), BL_X_ACCEPTED);
  CHECK(d.state(d.last()) == OrderState::open);
}

TEST_CASE("an exit first cancels the entry in its way and follows when that one's end is known") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "2"_dec, "99.95"_dec);
  d.want(Purpose::exit, 0);
  CHECK(d.broker.sent.size() == 1);
  REQUIRE(d.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
  d.want(Purpose::exit, 0);  // asked once a step only
  CHECK(d.broker.cancelled.size() == 1);
  d.now += bar_ns;
  d.want(Purpose::exit, 0);  // no answer for a whole bar: it may be lost
  CHECK(d.broker.cancelled.size() == 2);
  d.fill(entry, "1"_dec, "99.95"_dec);  // a late fill in the cancel's flight
  d.report(entry, BL_X_DONE, BL_S_CANCELLED);
  d.want(Purpose::exit, 0);
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().qty() == "3"_dec);
}

TEST_CASE("an exit outlives its prediction until all of it is sold") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "2"_dec, "99.95"_dec);
  d.want(Purpose::exit, 0);  // stands in the way of it: cancelled first
  CHECK(d.broker.cancelled.size() == 1);
  d.report(entry, BL_X_DONE, BL_S_CANCELLED);
  d.now += 3 * bar_ns;  // the SELL was valid for one bar
  const auto step = [&d] { d.want(std::vector<Target>{}); };
  SECTION("it follows when the entry's end is known") {
    step();
    REQUIRE(d.broker.sent.size() == 2);
    CHECK(d.last().side() == Side::sell);
    CHECK(d.last().qty() == "2"_dec);
    const Intent first = d.last();
    d.fill(first, "0.5"_dec, "99.95"_dec);
    d.report(first, BL_X_DONE, BL_S_CANCELLED, "0.5"_dec);  // an IOC that met too little
    d.now += bar_ns;
    step();
    REQUIRE(d.broker.sent.size() == 3);
    CHECK(d.last().qty() == "1.5"_dec);
    CHECK(std::string(d.last().client_id()) != std::string(first.client_id()));
    d.fill(d.last(), "1.5"_dec, "99.95"_dec);
    d.now += bar_ns;
    const std::uint64_t said = d.sink.all<SizingRecord>().size();
    step();
    step();
    CHECK(d.broker.sent.size() == 3);
    CHECK(d.sink.all<SizingRecord>().size() == said);  // it is done, and nothing more is said of it
    d.hold(0.05);  // what is bought afterwards is not sold by the old exit
    step();
    CHECK(d.last().side() == Side::buy);
  }
  SECTION("a BUY in the meantime ends it") {
    d.want(Purpose::entry, 0.05);
    CHECK(d.last().side() == Side::buy);
    d.report(d.last(), BL_X_DONE, BL_S_EXPIRED);
    d.now += 3 * bar_ns;
    const std::size_t sent = d.broker.sent.size();
    step();
    CHECK(d.broker.sent.size() == sent);
  }
  SECTION("halted it does not run, nor once the halt is over, however short it was") {
    d.exec->set_state(TradingState::halted, d.now, "operator", "test");
    d.exec->set_state(TradingState::active, d.now, "operator", "test");
    d.now += bar_ns;
    step();
    CHECK(d.broker.sent.size() == 1);
  }
}

TEST_CASE("an exit waits for fills that an ended order still owes") {
  Desk d;
  const Intent entry = d.resting();
  d.fill(entry, "1"_dec, "99.95"_dec);
  d.want(Purpose::exit, 0);
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, "3"_dec);  // two more are on their way
  d.now += bar_ns;
  const auto step = [&d] { d.want(std::vector<Target>{}); };
  step();
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.exec->counts().incidents == 0);
  SECTION("they come") {
    d.fill(entry, "2"_dec, "99.95"_dec);
    step();
    REQUIRE(d.broker.sent.size() == 2);
    CHECK(d.last().qty() == "3"_dec);
  }
  SECTION("they do not: what is known is sold") {
    step();
    step();
    CHECK(d.exec->counts().by_incident.at("FILLS_MISSING") == 1);
    REQUIRE(d.broker.sent.size() == 2);
    CHECK(d.last().qty() == "1"_dec);
  }
}

TEST_CASE("what the operator buys is not sold by the rest of an older SELL") {
  Desk d;
  d.hold(0.05);
  Target sell = d.target(Purpose::exit, 0);
  sell.valid_until = d.now + 100 * bar_ns;
  d.want(std::vector{sell});
  const Intent exit = d.last();
  d.fill(exit, "1"_dec, "99.95"_dec);
  d.report(exit, BL_X_DONE, BL_S_CANCELLED, "1"_dec);
  REQUIRE(d.exec->execute(d.request(Side::buy, "2"_dec), d.now));
  d.fill(d.last(), "2"_dec, "100.05"_dec);
  d.now += 2 * bar_ns;
  const std::size_t sent = d.broker.sent.size();
  d.want(std::vector<Target>{});
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("an operator's order that was not sent leaves the exit standing") {
  Desk d;
  d.hold(0.05);
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  d.fill(exit, "1"_dec, "99.95"_dec);
  d.report(exit, BL_X_DONE, BL_S_CANCELLED, "1"_dec);
  d.broker.answer = services::HandOver::denied;
  REQUIRE(d.exec->execute(d.request(Side::buy, "2"_dec), d.now));
  d.broker.answer = services::HandOver::taken;
  d.now += 2 * bar_ns;
  d.want(std::vector<Target>{});
  CHECK(d.last().side() == Side::sell);
}

TEST_CASE("a SELL of nothing held does not wait for what the operator is buying") {
  Desk d;
  services::TradeRequest q = d.request(Side::buy, "1"_dec);
  q.type = OrderType::limit;
  q.tif = TimeInForce::gtc;
  q.limit_px = "90"_dec;
  REQUIRE(d.exec->execute(q, d.now));
  d.report(d.last(), BL_X_ACCEPTED);
  Target sell = d.target(Purpose::exit, 0);
  sell.valid_until = d.now + 100 * bar_ns;
  d.want(std::vector{sell});
  d.fill(d.last(), "1"_dec, "90"_dec);
  d.now += bar_ns;
  d.want(std::vector<Target>{});
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.broker.cancelled.empty());
}

TEST_CASE("an exit that the broker did not take is tried again at the next step") {
  Desk d;
  d.hold(0.05);
  d.broker.answer = services::HandOver::denied;
  d.want(Purpose::exit, 0);
  CHECK(d.state(d.last()) == OrderState::denied);
  d.broker.answer = services::HandOver::taken;
  d.now += 2 * bar_ns;
  d.want(std::vector<Target>{});
  CHECK(d.last().side() == Side::sell);
  CHECK(d.state(d.last()) == OrderState::submitted);
}

TEST_CASE("a SELL takes off the entry that has not filled yet") {
  Desk d;
  const Intent entry = d.resting();
  CHECK(d.exec->view().buying(d.m.btc));
  d.want(Purpose::exit, 0);
  REQUIRE(d.broker.cancelled.size() == 1);
  d.report(entry, BL_X_DONE, BL_S_CANCELLED);
  d.now += bar_ns;
  d.want(std::vector<Target>{});
  d.now += bar_ns;
  d.want(std::vector<Target>{});
  CHECK(d.broker.sent.size() == 1);
  CHECK_FALSE(d.exec->view().buying(d.m.btc));
}

TEST_CASE("rule 1.2: a SELL does not cancel the operator's resting buy, a stop does") {
  Desk d;
  d.hold(0.05);
  services::TradeRequest q = d.request(Side::buy, "1"_dec);
  q.type = OrderType::limit;
  q.tif = TimeInForce::gtc;
  q.limit_px = "90"_dec;
  REQUIRE(d.exec->execute(q, d.now));
  d.report(d.last(), BL_X_ACCEPTED);
  d.want(Purpose::exit, 0);
  CHECK(d.broker.cancelled.empty());
  CHECK(d.why("ORDER_WORKING") == 1);
  d.now += bar_ns;
  // And once that SELL is over it does not sell what the operator buys.
  d.fill(d.last(), "1"_dec, "90"_dec);
  d.want(std::vector<Target>{});
  CHECK(d.last().side() == Side::buy);
  q.key = "k2";
  REQUIRE(d.exec->execute(q, d.now));
  d.report(d.last(), BL_X_ACCEPTED);
  d.want(Purpose::stop, 0);
  CHECK(d.broker.cancelled.size() == 1);
}

TEST_CASE("a rebalancer's target trims what is held and buys what is missing") {
  Desk d;
  d.hold(0.05);
  d.want(Purpose::rebalance, 0.02);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().purpose == Purpose::rebalance);
  CHECK(d.last().qty() == "3"_dec);  // equity is 10,000.25: 2.0000 stay wanted
  d.fill(d.last(), "3"_dec, "99.95"_dec);
  d.now += bar_ns;
  d.want(Purpose::rebalance, 0.04);
  CHECK(d.last().side() == Side::buy);
  CHECK(d.last().qty() == "2"_dec);
}

TEST_CASE("rule 1.2: a plan's target stands until the next plan, which drops what it does not name") {
  Desk d;
  d.price(d.m.bnb, 10000);
  d.broker.answer = services::HandOver::denied;  // so that each step tries again what is wanted
  std::vector<Target> plan{d.target(Purpose::rebalance, 0.05), d.target(Purpose::rebalance, 0.05, d.m.bnb)};
  for (Target& t : plan) t.valid_until = INT64_MAX;
  d.want(plan, true);
  d.step();
  REQUIRE(d.broker.sent.size() == 4);
  plan.pop_back();
  d.want(plan, true);
  d.step();
  REQUIRE(d.broker.sent.size() == 6);
  CHECK(d.broker.sent[4].instrument() == d.m.btc);
  CHECK(d.broker.sent[5].instrument() == d.m.btc);
}

TEST_CASE("a stop's target sells the position") {
  Desk d;
  d.hold(0.05);
  d.want(Purpose::stop, 0);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == "5"_dec);
}

TEST_CASE("rule 3.4: halted: a strategy's exit does not run, a protective stop does") {
  Desk d;
  d.hold(0.05);
  d.exec->set_state(TradingState::halted, d.now, "operator", "test");
  d.want(Purpose::exit, 0);
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.why("STATE_HALTED") == 1);
  d.want(Purpose::stop, 0);
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().purpose == Purpose::stop);
}

TEST_CASE("rule 3.4: reducing: entries are denied, exits run") {
  Desk d;
  d.hold(0.05);
  d.exec->set_state(TradingState::reducing, d.now, "operator", "test");
  d.want(Purpose::entry, 0.10);
  CHECK(d.why("STATE_REDUCING") == 1);
  CHECK(d.broker.sent.size() == 1);
  d.want(Purpose::exit, 0);
  CHECK(d.broker.sent.size() == 2);
}

TEST_CASE("rule 4.1: with the store down entries are denied, the operator's too; exits run, and entries again when it is back") {
  Desk d;
  bool up = true;
  d.exec->ask_store([&up] { return up; });
  d.hold(0.05);
  up = false;
  d.want(Purpose::entry, 0.10);
  CHECK(d.why("STORE_DOWN") == 1);
  CHECK_FALSE(d.exec->execute(d.request(Side::buy, "1"_dec), d.now));
  CHECK(d.broker.sent.size() == 1);
  d.want(Purpose::exit, 0);
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().side() == Side::sell);
  d.fill(d.last(), d.last().qty(), "99.95"_dec);
  up = true;
  d.now += bar_ns;
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == 3);
}

TEST_CASE("two entries of one frame share the cash, the cap and the rate") {
  {
    Desk d({}, "1000"_dec);
    d.price(d.m.bnb, 10000);
    d.want({d.target(Purpose::entry, 0.6), d.target(Purpose::entry, 0.6, d.m.bnb)});
    REQUIRE(d.broker.sent.size() == 2);
    for (const Intent& i : d.broker.sent) CHECK(i.qty() == "4.9431"_dec);  // 1000 of the 1,213.79 that both would take
  }
  {
    FloorLimits limits;
    limits.max_total = "700"_dec;
    Desk d(limits);
    d.price(d.m.bnb, 10000);
    d.want({d.target(Purpose::entry, 0.05), d.target(Purpose::entry, 0.05, d.m.bnb)});
    REQUIRE(d.broker.sent.size() == 2);
    for (const Intent& i : d.broker.sent) CHECK(i.qty() == "3.5017"_dec);
  }
  FloorLimits limits;
  limits.max_orders_per_minute = 1;
  Desk d(limits);
  d.price(d.m.bnb, 10000);
  d.want({d.target(Purpose::entry, 0.05), d.target(Purpose::entry, 0.05, d.m.bnb)});
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.why("ORDER_RATE_LIMIT") == 1);
}

TEST_CASE("rule 5.5: an exit of the same step counts in the rate that its entries are held to") {
  FloorLimits limits;
  limits.max_orders_per_minute = 1;
  Desk d(limits);
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.price(d.m.bnb, 10000);
  const std::size_t sent = d.broker.sent.size();
  d.want({d.target(Purpose::exit, 0), d.target(Purpose::entry, 0.05, d.m.bnb)});
  CHECK(d.broker.sent.size() == sent + 1);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.why("ORDER_RATE_LIMIT") == 1);
}

namespace {
/// Says how many working orders it was shown, and what they leave, for each intent it judged.
struct Watcher final : RiskRule {
  std::vector<std::uint32_t>* seen;
  SharedText text = std::make_shared<const std::string>("watcher");
  explicit Watcher(std::vector<std::uint32_t>* s) : seen(s) {}
  const SharedText& name() const override { return text; }
  bool check(const bl_intent&, const bl_portfolio& portfolio, bl_verdict& verdict) override {
    seen->push_back(portfolio.n_working);
    for (std::uint32_t i = 0; i < portfolio.n_working; ++i) CHECK(Decimal::from_raw(portfolio.working[i]->leaves_qty).is_positive());
    verdict.action = 1;
    return true;
  }
};
}  // namespace

TEST_CASE("rule 5.5: a rule sees the orders approved before in the same frame, and those of a command in between") {
  std::vector<std::uint32_t> seen;
  Desk d;
  std::vector<std::unique_ptr<RiskRule>> rules;
  rules.push_back(std::make_unique<Watcher>(&seen));
  d.use(std::move(rules));
  d.price(d.m.btc, 10000);
  d.price(d.m.bnb, 10000);
  d.want({d.target(Purpose::entry, 0.05), d.target(Purpose::entry, 0.05, d.m.bnb)});
  CHECK(seen == std::vector<std::uint32_t>{0, 1});
  CHECK(d.broker.sent.size() == 2);
  for (const Intent& i : d.broker.sent) d.report(i, BL_X_DONE, BL_S_EXPIRED);
  // A command between v(t) and the trade of t.
  d.now += bar_ns;
  d.exec->publish(d.now);
  REQUIRE(d.exec->execute(d.request(Side::buy, "1"_dec), d.now));
  d.exec->take_targets(std::vector{d.target(Purpose::entry, 0.05, d.m.bnb)}, false);
  d.exec->trade(d.now);
  CHECK(seen == std::vector<std::uint32_t>{0, 1, 0, 1});
}

TEST_CASE("rule 4.1: an order is on record before the broker sees a byte of it, one commit for the frame") {
  Desk d;
  d.price(d.m.bnb, 10000);
  std::uint64_t seen = 0;
  d.broker.on_submit = [&] { seen = d.journal->rows(); };
  d.want({d.target(Purpose::entry, 0.05), d.target(Purpose::entry, 0.05, d.m.bnb)});
  CHECK(d.broker.sent.size() == 2);
  CHECK(seen == 2);
  CHECK(d.journal->commits() == 1);
}

TEST_CASE("rule 4.1: what the journal can't record is not sent, and closes the gate for entries") {
  namespace fs = std::filesystem;
  const fs::path file = fs::temp_directory_path() / ("bowline_journal_" + std::to_string(::getpid()) + ".db");
  auto opened = store::Journal::open(file, {"mock", "test", "default"});
  REQUIRE(opened);
  {
    Desk d({}, "10000"_dec, std::move(*opened));
    // A disk that takes nothing more: file size limit, its signal ignored.
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    const rlimit none{1, old.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &none) == 0);
    d.want(Purpose::entry, 0.05);
    CHECK(d.broker.sent.empty());
    CHECK(d.exec->orders().size() == 0);
    CHECK_FALSE(d.exec->gate_open());
    CHECK_FALSE(d.journal->writable());
    CHECK(d.exec->counts().incidents == 1);
    CHECK(d.why("JOURNAL_UNWRITABLE") == 1);
    CHECK(d.why("ORDER") == 0);
    const auto sizings = d.sink.all<SizingRecord>();
    REQUIRE(sizings.size() == 1);
    CHECK(sizings[0].order.empty());  // no order is named that does not exist
    d.want(Purpose::entry, 0.05);
    CHECK(d.why("GATE_CLOSED") == 1);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
    std::signal(SIGXFSZ, before);
    d.want(Purpose::entry, 0.05);  // it can be written again
    CHECK(d.exec->gate_open());
    CHECK(d.broker.sent.size() == 1);
    CHECK(d.journal->latest("journal").find("writable again") != std::string::npos);
  }
  for (const char* tail : {"", "-wal", "-shm"}) fs::remove(file.string() + tail);
}

TEST_CASE("rule 2.1: an attempt is used up by an order, not by a wish") {
  Desk d;
  std::vector<Target> one{d.target(Purpose::entry, 0.05)};
  one[0].valid_until = INT64_MAX;
  d.exec->set_state(TradingState::reducing, d.now, "operator", "test");
  for (int i = 0; i < 3; ++i) d.want(one);  // refused: no order, no attempt
  d.exec->set_state(TradingState::active, d.now, "operator", "test");
  d.broker.answer = services::HandOver::denied;
  d.want(one);
  d.want(one);
  REQUIRE(d.broker.sent.size() == 2);
  const auto id = [&](std::uint32_t attempt) {
    return client_order_id(d.journal->epoch(), "default", one[0].decision, Purpose::entry, 0, attempt);
  };
  CHECK(d.broker.sent[0].client_id() == id(0).view());
  CHECK(d.broker.sent[1].client_id() == id(1).view());
  CHECK(d.state(d.broker.sent[0]) == OrderState::denied);
}

TEST_CASE("a standing target never gives an id again, however many decisions came after it") {
  Desk d;
  d.broker.answer = services::HandOver::denied;
  std::vector<Target> plan{d.target(Purpose::rebalance, 0.05)};
  plan[0].valid_until = INT64_MAX;
  d.want(plan, true);
  d.price(d.m.bnb, 10000);
  for (int i = 0; i < 5000; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::entry, 0.05, d.m.bnb);
  }
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.exec->counts().orders == d.broker.sent.size());
}

TEST_CASE("rule 2.1: an id is not given twice, though so many decisions came between that its own was forgotten") {
  Desk d;
  d.broker.answer = services::HandOver::denied;
  const std::vector<Target> first{d.target(Purpose::entry, 0.05)};
  d.want(first);
  for (int i = 0; i < 200; ++i) d.want(Purpose::entry, 0.05);
  d.want(first);
  CHECK(d.exec->counts().incidents == 0);
  REQUIRE(d.broker.sent.size() == 202);
  CHECK(d.last().decision == d.broker.sent.front().decision);
  CHECK(d.last().client_id() != d.broker.sent.front().client_id());
}

TEST_CASE("constant inputs make no orders after convergence") {
  CHECK(rc::check("any weight, any price", [](std::uint16_t w, std::uint16_t px) {
    Desk d;
    const std::int64_t cents = 2000 + px;
    const double weight = 0.01 + 0.8 * (w / 65536.0);
    d.price(d.m.btc, cents);
    std::size_t after_three = 0;
    for (int step = 0; step < 12; ++step) {
      d.now += bar_ns;
      d.price(d.m.btc, cents);
      const std::size_t before = d.broker.sent.size();
      d.want(step % 2 == 0 ? Purpose::entry : Purpose::rebalance, weight);
      if (d.broker.sent.size() > before) {
        const Intent i = d.last();
        const Decimal at = i.limit_px().is_set() ? i.limit_px() : d.exec->portfolio().bid(d.m.btc);
        d.exec->on_broker_event(d.fill_of(i, i.qty(), at, "f" + std::to_string(step)).h);
      }
      if (step == 2) after_three = d.broker.sent.size();
    }
    RC_ASSERT(after_three >= 1u);
    RC_ASSERT(d.broker.sent.size() == after_three);
    RC_ASSERT(d.exec->counts().incidents == 0u);
  }));
}
