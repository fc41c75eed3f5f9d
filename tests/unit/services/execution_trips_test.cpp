// What stops a run by itself: losses (trading rules 3.4, 5.1) and a cancel that nobody here asked for (3.7).
#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Again;
using test::bar_ns;
using test::Desk;
using test::opened;
using test::StoreFolder;

namespace {

constexpr Nanos day_ns = 86'400'000'000'000;

/// Half of its 10,000 are in BTC at 100.05: a fall of the price by a tenth is one of equity by a twentieth.
struct Half : Desk {
  explicit Half(Decimal loss, Decimal drawdown, std::unique_ptr<store::Journal> j = nullptr) : Desk({}, "10000"_dec, std::move(j)) {
    options.trip_loss = loss;
    options.trip_drawdown = drawdown;
    use({});
    hold(0.5);
    step();
  }
  /// One step later, at this close in cents.
  void at(std::int64_t cents) {
    now += bar_ns;
    price(m.btc, cents);
    step();
  }
};

void resume(Desk& d) { d.exec->emergency_resume(d.now, "operator", "looked at it", "r" + std::to_string(d.now)); }

std::uint64_t told(const Desk& d, const std::string& code) {
  const auto& by = d.exec->counts().by_incident;
  const auto it = by.find(code);
  return it == by.end() ? 0 : it->second;
}

}  // namespace

TEST_CASE("rule 3.4: a loss of the day at its limit leads to reducing: entries are denied and cancelled, exits run") {
  Half d("0.05"_dec, Decimal::not_set());
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::entry, 0.7);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);
  d.at(9100);
  CHECK(d.exec->state() == TradingState::active);
  d.at(8900);
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "DAILY_LOSS_TRIP") == 1);
  REQUIRE(d.broker.cancelled.size() == 1);
  CHECK(d.broker.cancelled.back() == entry.client_id());
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  const std::size_t sent = d.broker.sent.size();
  d.now += bar_ns;
  d.price(d.m.btc, 8900);
  d.want(Purpose::entry, 0.9);
  CHECK(d.broker.sent.size() == sent);
  d.now += bar_ns;
  d.price(d.m.btc, 8900);
  d.want(Purpose::exit, 0);
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().side() == Side::sell);
}

TEST_CASE("rule 3.4: only an operator goes back to active, and the next trip comes as far below again") {
  Half d("0.05"_dec, Decimal::not_set());
  d.at(8900);
  REQUIRE(d.exec->state() == TradingState::reducing);
  d.at(10500);  // nothing is lost any more
  CHECK(d.exec->state() == TradingState::reducing);
  resume(d);
  d.at(8900);
  CHECK(d.exec->state() == TradingState::active);
  d.at(7900);
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "DAILY_LOSS_TRIP") == 2);
}

TEST_CASE("rule 5.1: the day's loss begins anew with the UTC day") {
  Half d("0.05"_dec, Decimal::not_set());
  d.at(8900);
  REQUIRE(told(d, "DAILY_LOSS_TRIP") == 1);
  resume(d);
  d.now += day_ns;
  d.at(8900);
  d.at(8100);  // 4.2 % of the new day's opening
  CHECK(d.exec->state() == TradingState::active);
  d.at(7900);
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "DAILY_LOSS_TRIP") == 2);
}

TEST_CASE("rule 5.1: what is lost before midnight and behind it is one loss: the last 24 hours trip, though neither day does") {
  Half d("0.05"_dec, Decimal::not_set());
  d.now = test::start_ns + day_ns - 3 * bar_ns;
  d.at(9990);
  d.at(9400);  // 3 %
  CHECK(d.exec->state() == TradingState::active);
  d.at(9400);  // the new day opens here
  d.at(8950);  // 2.3 % of it, and 5.3 % in all
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "DAILY_LOSS_TRIP") == 0);
  CHECK(told(d, "ROLLING_LOSS_TRIP") == 1);
  CHECK(d.exec->states().global().why.starts_with("ROLLING_LOSS_TRIP: "));
  const services::RiskUse use = d.exec->risk_use(d.now);
  CHECK(use.rolling_trips == 1);
  CHECK(use.loss_trips == 0);
  CHECK(use.day_ago.is_set());
}

TEST_CASE("rule 5.1: what was lost more than 24 hours ago is no loss of the rolling day, and a trip of it counts as long") {
  Half d("0.05"_dec, Decimal::not_set());
  d.now = test::start_ns + day_ns - 3 * bar_ns;
  d.at(9990);
  d.at(9400);
  d.at(9400);
  d.at(8950);
  REQUIRE(told(d, "ROLLING_LOSS_TRIP") == 1);
  resume(d);
  d.at(8950);
  CHECK(d.exec->state() == TradingState::active);  // the same loss again is none
  for (int i = 0; i < 300; ++i) d.at(8950);        // a day and more
  CHECK(d.exec->state() == TradingState::active);
  CHECK(told(d, "ROLLING_LOSS_TRIP") == 1);
  d.at(8500);
  CHECK(d.exec->state() == TradingState::active);  // 2.3 % of what it was a day ago
  d.at(7900);
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "ROLLING_LOSS_TRIP") == 2);
}

TEST_CASE("rule 5.1: the rolling day outlives the process, with what it has tripped") {
  StoreFolder dir;
  Nanos last = 0;
  {
    Half d("0.05"_dec, Decimal::not_set(), opened(dir / "journal.db"));
    d.now = test::start_ns + day_ns - 3 * bar_ns;
    d.at(9990);
    d.at(9400);
    d.at(9400);
    REQUIRE(d.exec->lock({d.m.bnb, 0, "a row", "operator", "r"}, d.now));  // what is written takes the marks along
    last = d.now;
  }
  {
    Again a(dir / "journal.db");
    a.options.trip_loss = "0.05"_dec;
    a.restart();
    a.now = last + bar_ns;
    a.price(a.m.btc, 8950);
    a.step();
    CHECK(told(a, "ROLLING_LOSS_TRIP") == 1);
    REQUIRE(a.exec->state() == TradingState::reducing);
    resume(a);
  }
  Again b(dir / "journal.db");
  b.options.trip_loss = "0.05"_dec;
  b.restart();
  b.now = last + 3 * bar_ns;
  b.price(b.m.btc, 8900);
  b.step();
  CHECK(b.exec->state() == TradingState::active);
}

TEST_CASE("rule 5.1: the fall is from the high-water mark, and a new one arms it again") {
  Half d(Decimal::not_set(), "0.1"_dec);
  d.at(10800);  // a peak of 10,397
  d.at(8750);
  CHECK(d.exec->state() == TradingState::active);
  d.at(8500);
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "DRAWDOWN_TRIP") == 1);
  resume(d);
  d.at(8400);
  CHECK(d.exec->state() == TradingState::active);
  d.at(11000);
  d.at(8500);
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "DRAWDOWN_TRIP") == 2);
}

TEST_CASE("rule 5.1: with both limits set each counts from where its own mark is now: a fall from a peak that has just risen") {
  Half d("0.5"_dec, "0.1"_dec);
  d.at(9990);
  d.at(9980);  // between all amounts
  d.at(13000);
  d.at(16000);  // a peak of some 12,994
  d.at(12800);  // 12.3 % below it, and above all that was before
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "DRAWDOWN_TRIP") == 1);
  CHECK(told(d, "DAILY_LOSS_TRIP") == 0);
}

TEST_CASE("rule 3.4: a trip and its author outlive the process, and an operator's resume of it does") {
  StoreFolder dir;
  {
    Half d("0.05"_dec, "0.05"_dec, opened(dir / "journal.db"));
    d.at(8900);
    REQUIRE(d.exec->state() == TradingState::reducing);
  }
  {
    Again a(dir / "journal.db");
    CHECK(a.exec->state() == TradingState::reducing);
    CHECK(a.exec->states().global().who == "host");
    CHECK(a.exec->states().global().why.starts_with("DAILY_LOSS_TRIP: "));
    a.now = a.exec->settled() + 1 * bar_ns;
    resume(a);
  }
  Again b(dir / "journal.db");
  b.options.trip_loss = b.options.trip_drawdown = "0.05"_dec;
  b.restart();
  REQUIRE(b.exec->state() == TradingState::active);
  b.now = b.exec->settled() + bar_ns;
  b.price(b.m.btc, 8900);  // as deep as it was when the operator looked
  b.step();
  CHECK(b.exec->state() == TradingState::active);
  b.now += bar_ns;
  b.price(b.m.btc, 7800);
  b.step();
  CHECK(b.exec->state() == TradingState::reducing);
}

TEST_CASE("rule 5.1: what was withdrawn is no loss") {
  Half d("0.05"_dec, "0.05"_dec);
  d.exec->begin();
  const Decimal cash = d.exec->portfolio().cash(d.m.usd) - "2000"_dec;
  for (int i = 0; i < 6 && told(d, "BALANCE_CHANGED") == 0; ++i) {
    bl_balance_ev b{};
    b.h.size = sizeof b;
    b.h.type = BL_EV_BALANCE;
    b.asset = d.m.usd.value;
    b.total = cash.raw();
    b.h.flags = d.exec->reconciled() ? 0 : 2;
    d.exec->on_broker_event(b.h);
    if (!d.exec->reconciled()) {
      bl_done done{};
      done.h.size = sizeof done;
      done.h.type = BL_EV_DONE;
      done.request = d.broker.queries.back().request;
      done.complete = 1;
      d.exec->on_broker_event(done.h);
    }
    d.at(10000);
  }
  REQUIRE(told(d, "BALANCE_CHANGED") == 1);
  d.at(10000);
  CHECK(d.exec->state() == TradingState::active);
}

TEST_CASE("rule 3.7: an order of ours that somebody else cancels halts trading") {
  Desk d;
  const Intent entry = d.resting();
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  CHECK(d.exec->state() == TradingState::halted);
  CHECK(told(d, "ORDER_CANCELLED_ELSEWHERE") == 1);
  CHECK(d.state(entry) == OrderState::cancelled);
  CHECK(d.exec->states().global().who == "host");
}

TEST_CASE("rule 3.7: what was asked for here, and what the venue ends by itself, halts nothing") {
  Desk d;
  const Intent entry = d.resting();
  SECTION("cancelled by us") {
    REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "operator", "r1"));
    d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  }
  SECTION("cancelled by us, first refused") {
    REQUIRE(d.exec->cancel(ClientOrderId(entry.client_id()), d.now, "operator", "r1"));
    d.report(entry, BL_X_CANCEL_REJECTED);
    d.report(entry, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  }
  SECTION("expired") { d.report(entry, BL_X_DONE, BL_S_EXPIRED, Decimal::zero()); }
  SECTION("refused") { d.report(entry, BL_X_REJECTED, BL_S_REJECTED); }
  CHECK(d.exec->state() == TradingState::active);
  CHECK(told(d, "ORDER_CANCELLED_ELSEWHERE") == 0);
}

TEST_CASE("rule 3.7: after a restart the process before may have cancelled it, up to when it died") {
  StoreFolder dir;
  Intent entry;
  Nanos died = 0;
  {
    Desk d({}, "10000"_dec, opened(dir / "journal.db"));
    auto buy = d.request(Side::buy, "1"_dec);
    buy.type = OrderType::limit;
    buy.tif = TimeInForce::gtc;
    buy.limit_px = "90"_dec;
    REQUIRE(d.exec->execute(buy, d.now));
    entry = d.last();
    d.report(entry, BL_X_ACCEPTED);
    d.now += bar_ns;
    d.step();
    died = d.now;
  }
  const auto cancelled_at = [&](Again& a, Nanos time) {
    bl_exec e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_EXEC;
    e.h.instrument = entry.abi.instrument;
    e.h.ts_event = e.h.ts_recv = time;
    test::put_text(e.client_id, entry.client_id());
    test::put_text(e.venue_id, "v1");
    e.side = entry.abi.side;
    e.qty = entry.abi.qty;
    e.limit_px = entry.abi.limit_px;
    e.expire_ns = entry.abi.expire_ns;
    e.quote_qty = e.stop_px = Decimal::not_set().raw();
    e.cum_qty = Decimal::zero().raw();
    e.kind = BL_X_DONE;
    e.state = BL_S_CANCELLED;
    a.exec->on_broker_event(e.h);
  };
  Again a(dir / "journal.db");
  SECTION("by then") {
    cancelled_at(a, died + bar_ns);
    CHECK(a.exec->state() == TradingState::active);
  }
  SECTION("later") {
    cancelled_at(a, died + 4 * bar_ns);
    CHECK(a.exec->state() == TradingState::halted);
  }
  CHECK(a.state(entry) == OrderState::cancelled);
}

TEST_CASE("rule 5.1: a loss does not wait for its bar to close: it trips at the quote that shows it, once") {
  Half d("0.05"_dec, Decimal::not_set());
  d.at(10000);
  d.now += 1'000'000'000;
  d.quote(d.m.btc, 9199, 9201);
  CHECK(d.exec->state() == TradingState::active);
  d.quote(d.m.btc, 8899, 8901);
  CHECK(d.exec->state() == TradingState::reducing);
  d.quote(d.m.btc, 8899, 8901);
  CHECK(told(d, "DAILY_LOSS_TRIP") == 1);
}

TEST_CASE("rule 5.1: a loss is what selling at the bid would make of it, not what the middle says") {
  Half d("0.05"_dec, "0.2"_dec);
  d.at(10000);
  d.now += 1'000'000'000;
  d.quote(d.m.btc, 9200, 9600);  // half of equity at 100: 4 % less at the bid, 3 % at the middle
  CHECK(d.exec->state() == TradingState::active);
  d.quote(d.m.btc, 8900, 9400);  // 5.5 and 4.25 %
  CHECK(d.exec->state() == TradingState::reducing);
  CHECK(told(d, "DAILY_LOSS_TRIP") == 1);
  const Decimal equity = d.exec->portfolio().equity(), lost = d.exec->portfolio().day_start() - d.exec->portfolio().equity_at_bid();
  CHECK(equity > "9550"_dec);
  CHECK(lost > "500"_dec);
  d.now += bar_ns;
  d.step();
  CHECK(d.exec->max_drawdown() == div(d.exec->portfolio().peak() - d.exec->portfolio().equity_at_bid(), d.exec->portfolio().peak(), Rounding::half_even));
}

TEST_CASE("rule 5.1: behind midnight a quote is not held against the opening of the day before") {
  Half d("0.05"_dec, Decimal::not_set());
  d.now = (d.now / day_ns + 1) * day_ns - bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  d.now += bar_ns + 1'000'000'000;
  d.quote(d.m.btc, 8899, 8901);
  CHECK(d.exec->state() == TradingState::active);
}

namespace {
/// Holds BTC bought near 100, and is told quotes that no trade bears out.
struct Guarded : Desk {
  Guarded() {
    core::FloorLimits floor;
    floor.mark_jump = "0.1"_dec;
    floor.mark_jump_wait = 60'000'000'000;
    make({}, floor, "10000"_dec);
    hold(0.05);
    price(m.btc, 10000);
    step();
  }
};
}  // namespace

TEST_CASE("rule 5.2: what is held is worth no more than a share above the last trade, whatever a quote says") {
  Guarded d;
  const Decimal qty = d.exec->portfolio().position({1}).qty;
  d.now += 1'000'000'000;
  d.quote(d.m.btc, 100000, 100002);
  CHECK(d.exec->portfolio().mark({1}).last == "110"_dec);
  CHECK(d.exec->portfolio().exposure() == mul(qty, "110"_dec, Rounding::half_even));
  CHECK(d.exec->portfolio().position({1}).best_px == "110"_dec);  // no trailing stop follows what nobody paid
}

TEST_CASE("rule 5.1: a bid that no trade bears out makes no loss beyond what a price may jump, and is sold at all the same") {
  Guarded d;
  const core::Portfolio& book = d.exec->portfolio();
  const Decimal qty = book.position({1}).qty, opening = book.day_start();
  d.now += 1'000'000'000;
  d.quote(d.m.btc, 1, 19999);
  CHECK(book.bid({1}) == "0.01"_dec);
  CHECK(book.mark({1}).last == "100"_dec);
  CHECK(opening - book.equity_at_bid() <= mul(qty, "10.05"_dec, Rounding::up));
  CHECK(opening - book.equity_at_bid() >= mul(qty, "9.9"_dec, Rounding::up));
}

TEST_CASE("rule 5.2: a jump denies entries of its product for a while, and no others") {
  Guarded d;
  d.price(d.m.bnb, 10000);
  d.now += bar_ns;
  d.price(d.m.btc, 11100);
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.2);
  CHECK(d.broker.sent.size() == sent);
  CHECK(*d.sink.all<SizingRecord>().back().code == "MARK_JUMPED");
  d.want(Purpose::entry, 0.2, d.m.bnb);
  CHECK(d.broker.sent.size() == sent + 1);
  d.now += 60'000'000'000;
  d.want(Purpose::entry, 0.2);
  CHECK(d.broker.sent.size() == sent + 2);
}

TEST_CASE("rule 5.2: a stop acts on the bid as it was told, though it lies beyond what values the position") {
  Guarded d;
  REQUIRE(d.protect("85"_dec) == BL_OK);
  d.now += 1'000'000'000;
  const std::size_t sent = d.broker.sent.size();
  d.quote(d.m.btc, 8400, 8402);
  CHECK(d.exec->portfolio().mark({1}).last == "90"_dec);
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().purpose == Purpose::stop);
}
