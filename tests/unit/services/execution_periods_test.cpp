// How often the venue is asked, and what becomes of a question that it does not answer.
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::VenueOrder;

namespace {

constexpr Nanos hour_ns = 3'600'000'000'000;
constexpr std::uint32_t scope_order = 1, scope_fills_balances = 4 | 8, scope_all = 2 | 4 | 8 | 16;

struct Desk : test::Begun {
  Desk(Nanos orders_every, Nanos balances_every) {
    options.orders_every = orders_every;
    options.balances_every = balances_every;
    use({});
    exec->begin();
    // What it asks by its first step is no period yet.
    step();
    answer_all();
    broker.queries.clear();
  }
  void next() {
    now += bar_ns;
    price(m.btc, 10000);
    step();
  }
  void answer_all() {
    while (!exec->reconciled()) {
      const std::size_t n = broker.queries.size();
      for (std::size_t i = 0; i < n; ++i) done(broker.queries[i].request);
      if (broker.queries.size() == n && !exec->reconciled()) break;
    }
  }
  std::size_t questions(std::uint32_t scope) const {
    return static_cast<std::size_t>(std::count_if(broker.queries.begin(), broker.queries.end(), [scope](const bl_query& q) { return q.scope == scope; }));
  }
};

}  // namespace

TEST_CASE("rule 2.3: the venue is asked for all at its period, and for fills and balances at theirs") {
  Desk d(6 * bar_ns, 2 * bar_ns);
  for (int i = 0; i < 12; ++i) {
    d.next();
    d.answer_all();
  }
  CHECK(d.questions(scope_all) == 2);
  CHECK(d.questions(scope_fills_balances) == 4);  // the others come with the question for all
}

TEST_CASE("rule 2.3: without a period it is asked only when there is cause") {
  Desk d(0, 0);
  for (int i = 0; i < 12; ++i) d.next();
  CHECK(d.broker.queries.empty());
}

// Where every step asks for all, nothing is ever asked of balances alone.
TEST_CASE("rule 2.3: a doubt that is over keeps no later answer from agreeing, and what was told before that is not asked for again") {
  Desk d(bar_ns, 0);
  d.next();
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  d.say_balance(d.m.usd, "9500"_dec);
  d.answer_all();
  REQUIRE(d.exec->reconciliation().agreed < d.now);  // it may be the order that nobody has answered yet
  d.report(entry, BL_X_ACCEPTED);
  d.fill(entry, entry.qty(), entry.limit_px());
  d.next();
  d.say_balance(d.m.usd, d.exec->portfolio().cash(d.m.usd));
  d.answer_all();
  const Nanos agreed = d.now;
  CHECK(d.exec->reconciliation().agreed == agreed);
  d.broker.queries.clear();
  d.next();
  REQUIRE(d.questions(scope_all) == 1);
  CHECK(d.questions(scope_fills_balances) == 0);
  CHECK(d.broker.queries.back().since_ns == agreed - hour_ns);
}

TEST_CASE("rule 2.4: fills are asked for since the balances agreed last, however long an order has been at work") {
  Desk d(bar_ns, 0);
  const Intent entry = d.resting();
  Nanos agreed = 0;
  for (int i = 0; i < 40; ++i) {
    d.next();
    if (agreed != 0) CHECK(d.broker.queries.back().since_ns == agreed - hour_ns);
    bl_exec open = d.exec_of(entry, BL_S_OPEN, Decimal::zero());
    d.say(open.h);
    d.say_balance(d.m.usd, d.exec->portfolio().cash(d.m.usd));
    d.answer_all();
    agreed = d.exec->reconciliation().agreed;
    REQUIRE(agreed == d.now);
    REQUIRE_FALSE(d.exec->orders().working().empty());
  }
  REQUIRE(agreed - hour_ns > entry.abi.decided_ns);
  // But for one of which the venue says that more has filled than it told.
  d.next();
  bl_exec part = d.exec_of(entry, BL_S_OPEN, "1"_dec);
  d.say(part.h);
  d.answer_all();
  d.next();
  CHECK(d.broker.queries.back().since_ns < entry.abi.decided_ns);
}

TEST_CASE("rule 2.3: an order that the list of open ones does not name is asked for by itself") {
  Desk d(bar_ns, 0);
  static_cast<void>(d.resting());
  d.broker.queries.clear();
  d.next();
  REQUIRE(d.questions(scope_all) == 1);
  d.done(d.broker.queries.back().request);
  CHECK(d.questions(scope_order) == 1);
  CHECK_FALSE(d.exec->reconciled());
}

TEST_CASE("rule 2.3: a venue that goes silent is given up after its time, told, and asked again: what it missed is found") {
  Desk d(bar_ns, 0);
  const Intent entry = d.resting();
  d.next();
  REQUIRE(d.questions(scope_all) == 1);
  const std::uint64_t never = d.broker.queries.back().request;
  d.next();
  d.next();
  CHECK(d.questions(scope_all) == 1);  // it has its time
  CHECK(d.incidents("RECONCILE_INCOMPLETE") == 0);
  d.next();
  CHECK(d.incidents("RECONCILE_INCOMPLETE") == 1);
  REQUIRE(d.questions(scope_all) == 2);
  d.done(never);  // too late: it ends nothing
  CHECK_FALSE(d.exec->reconciled());
  bl_exec filled = d.exec_of(entry, BL_S_FILLED, entry.qty());
  d.say(filled.h);
  bl_fill fill = d.fill_of(entry, entry.qty(), entry.limit_px(), "f1");
  d.say(fill.h);
  d.done(d.broker.queries.back().request);
  CHECK(d.exec->reconciled());
  CHECK(d.held() == entry.qty());
}

TEST_CASE("rule 3.1: a venue that answers no question holds up no exit") {
  Desk d(bar_ns, bar_ns);
  d.hold(0.05);
  d.next();
  REQUIRE_FALSE(d.exec->reconciled());
  const std::size_t sent = d.broker.sent.size();
  d.now += bar_ns;
  d.price(d.m.btc, 9000);
  d.want(Purpose::exit, 0);
  REQUIRE(d.broker.sent.size() == sent + 1);
  CHECK(d.last().side() == Side::sell);
}
