// What other trading systems' users lost money to, by the numbers of the list it was gathered in: each is a rule here.
// Lessons 5, 9 and 18 have more tests beside the order table, in tests/unit/core.
#include <cstddef>
#include <cstring>
#include <set>

#include "unit/services/resting_desk.hpp"
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::test;
using core::OrderState;
using core::Purpose;
using core::Side;

TEST_CASE("lesson 1: a reply that nobody can read is no refusal: nothing is ordered beside what may be live, and the venue is asked") {
  Desk d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  const core::Intent sent = d.last();
  CHECK(d.state(sent) == OrderState::unknown);
  d.broker.answer = services::HandOver::taken;
  for (int i = 0; i < 5; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::entry, 0.05);
  }
  CHECK(d.broker.sent.size() == 1);
  REQUIRE_FALSE(d.broker.asked.empty());
  for (const std::string& id : d.broker.asked) CHECK(id == sent.client_id());
  d.report(sent, BL_X_SNAPSHOT);
  CHECK(d.state(sent) == OrderState::open);
}

TEST_CASE("lesson 2: the intent is durable before its first byte leaves, and what is sent again is the same bytes under the same id") {
  StoreFolder dir;
  Desk d({}, "10000"_dec, opened(dir / "j"));
  std::uint64_t rows_at_send = 0;
  d.broker.on_submit = [&] {
    rows_at_send = d.journal->rows();
    CHECK_FALSE(d.journal->pending());  // it is in the file, not on its way there
  };
  d.broker.answer = services::HandOver::unknown;
  const std::uint64_t before = d.journal->rows();
  d.want(Purpose::entry, 0.05);
  CHECK(rows_at_send > before);
  d.broker.answer = services::HandOver::taken;
  d.now += 1'000'000'000;
  d.report(d.last(), BL_X_ABSENT, BL_S_UNKNOWN);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(std::memcmp(&d.broker.sent[0].abi, &d.broker.sent[1].abi, sizeof(bl_intent)) == 0);
  CHECK(d.exec->counts().orders == 1);
}

TEST_CASE("lesson 3: a success that names another product, side or size is no success; ids come from decisions and never repeat") {
  const auto answered = [](const std::function<void(core::Intent&)>& wrong) {
    Desk d;
    d.want(Purpose::entry, 0.05);
    core::Intent told = d.last();
    wrong(told);
    std::copy_n(d.last().abi.client_id, sizeof told.abi.client_id, told.abi.client_id);
    d.report(told, BL_X_ACCEPTED);
    CHECK(d.state(d.last()) == OrderState::submitted);
    CHECK(d.exec->blocked(d.m.btc));
    return d.exec->counts().by_incident.count("EXEC_MISMATCH");
  };
  CHECK(answered([](core::Intent& i) { i.abi.instrument = 2; }) == 1);
  CHECK(answered([](core::Intent& i) { i.abi.side = BL_SELL; }) == 1);
  CHECK(answered([](core::Intent& i) { i.abi.qty = (i.qty() + i.qty()).raw(); }) == 1);
  Desk d;
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::entry, 0.05);
    CHECK(ids.insert(std::string(d.last().client_id())).second);
    d.report(d.last(), BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
  }
  CHECK(d.broker.sent.size() == 50);
}

TEST_CASE("lesson 4: with the store down a fill is booked and journaled all the same, entries wait and the exit goes") {
  StoreFolder dir;
  bool up = true;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.exec->ask_store([&up] { return up; });
    d.want(Purpose::entry, 0.05);
    const core::Intent entry = d.last();
    up = false;
    d.fill(entry, entry.qty(), entry.limit_px());
    CHECK(d.exec->portfolio().position({1}).qty == entry.qty());
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::entry, 0.5);
    CHECK(d.broker.sent.size() == 1);
    CHECK(d.why("STORE_DOWN") == 1);
    d.want(Purpose::exit, 0);
    CHECK(d.broker.sent.size() == 2);
    CHECK(d.last().side() == Side::sell);
  }
  CHECK(Again(dir / "j").exec->portfolio().position({1}).qty.is_positive());
}

TEST_CASE("lesson 5: what fills in a cancel's flight, or is told after it, is held and sold like everything else") {
  Desk d;
  const core::Intent entry = d.resting();
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);  // cancels the entry first
  REQUIRE(d.broker.cancelled.size() == 1);
  d.report(entry, BL_X_DONE, BL_S_CANCELLED, entry.qty());  // and by its own word all of it had filled
  d.fill(entry, entry.qty(), entry.limit_px());
  CHECK(d.state(entry) == OrderState::filled);
  CHECK(d.exec->portfolio().position({1}).qty == entry.qty());
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(d.last().side() == Side::sell);
  CHECK(d.last().qty() == entry.qty());
}

TEST_CASE("lesson 6: the gate closes first and whatever else fails: no order is made after the stop, though no cancel gets through") {
  Desk d;
  static_cast<void>(d.resting());
  d.broker.takes_cancels = false;
  d.broker.answers = false;
  const services::Cancels cancels = d.exec->emergency_stop(d.now, "operator", "drill", "r1");
  CHECK(cancels.failed == 1);
  CHECK_FALSE(d.exec->gate_open());
  for (int i = 0; i < 5; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want({d.target(Purpose::entry, 0.5), d.target(Purpose::entry, 0.5, {2})});
    d.want(Purpose::rebalance, 0.5, {2});
  }
  CHECK_FALSE(d.exec->execute(d.request(Side::buy, "0.1"_dec), d.now).ok());
  CHECK(d.broker.sent.size() == 1);
}

TEST_CASE("lesson 7: an order is never aged out: silent for a thousand bars it still works, and one without an answer is asked about each bar") {
  Desk d;
  const core::Intent entry = d.resting();
  Desk u;
  u.broker.answer = services::HandOver::unknown;
  u.want(Purpose::entry, 0.05);
  const std::size_t asked = u.broker.asked.size();
  for (int i = 0; i < 1000; ++i) {
    for (Desk* desk : {&d, &u}) {
      desk->now += bar_ns;
      desk->price(desk->m.btc, 10000);
      desk->step();
    }
  }
  CHECK(d.state(entry) == OrderState::open);
  CHECK(u.state(u.last()) == OrderState::unknown);
  CHECK(u.broker.asked.size() >= asked + 1000);
}

TEST_CASE("lesson 8: what the venue has and the book does not know stops entries of that product, of no other, and no exit") {
  Desk d;
  d.price(d.m.bnb, 10000);
  d.hold(0.05);
  bl_fill stranger = d.fill_of(d.last(), "1"_dec, "100"_dec, "s1");
  std::memset(stranger.client_id, 0, sizeof stranger.client_id);
  put_text(stranger.client_id, "somebody-else");
  d.exec->on_broker_event(stranger.h);
  REQUIRE(d.exec->blocked(d.m.btc));
  d.price(d.m.btc, 10000);
  d.price(d.m.bnb, 10000);
  const std::size_t sent = d.broker.sent.size();
  d.want(Purpose::entry, 0.5);
  CHECK(d.broker.sent.size() == sent);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.broker.sent.size() == sent + 1);
  d.want(Purpose::exit, 0);
  CHECK(d.last().side() == Side::sell);
}

namespace {

/// Of an intent, in hexadecimal digits. Its cause is a number that the process gave an event, and no other has it.
std::string bytes_of(const core::Intent& i) {
  const std::string_view all(reinterpret_cast<const char*>(&i.abi), offsetof(bl_intent, cause));
  std::string s = "\n" + std::string(i.client_id()) + " ";
  for (const char c : all)
    for (const int shift : {4, 0}) s += "0123456789abcdef"[(static_cast<unsigned char>(c) >> shift) & 15];
  return s;
}

/// All that stands and that a restart must bring back, to the byte: the same with each order's terms and fills, stops and who has
/// them, locks, states, blocks, each with who, when and why, and what is unmanaged. What is remembered and has no name here
/// (targets, attempts) is seen by what the process does next.
std::string all_that_stands(const services::Execution& e, const Market& m, core::Nanos now) {
  std::string s = all_facts(e, m);
  const auto put = [&s](const auto&... parts) { ((s += ' ', s += parts), ...); };
  const auto number = [](auto n) { return std::to_string(n); };
  const auto state = [&](const services::StandingState& t) {
    put(std::string(core::to_string(t.state)), t.frozen ? "frozen" : "", number(t.since), t.who, t.why, t.request);
  };
  s += "\nall";
  state(e.states().global());
  put(e.portfolio().day_flows().to_string(), e.portfolio().day_start().to_string(), number(e.entries_today(now)));
  for (const core::Instrument& i : m.table.all()) {
    s += "\n" + i.symbol;
    put(e.stop_px(i.id).is_set() ? e.stop_px(i.id).to_string() : "-", number(static_cast<int>(e.stop_owner(i.id))), e.reentry_locked(i.id, now) ? "locked" : "",
        e.portfolio().unmanaged(i.id).to_string(), e.closing(i.id) ? "closing" : "", e.entries_held(i.id));
    state(e.states().own(i.id));
    if (const services::ProductLock* l = e.states().lock_of(i.id, now)) put(number(l->until), number(l->since), l->who, l->why);
    for (const services::BlockReason& r : e.blocks().reasons(i.id)) put(r.code, r.text, r.order.view(), number(r.since));
  }
  for (const core::Order& o : e.orders().snapshot()) {
    s += bytes_of(o.intent);
    for (const core::BookedFill& f : o.fills)
      put(f.id, f.fill.qty.to_string(), f.fill.px.to_string(), f.posted.fee.to_string(), number(f.fill.time));
  }
  return s;
}

/// What the venue says to a process next, and what that one then orders, to the byte.
std::string goes_on(const std::filesystem::path& journal) {
  VenueWord<Again> a(journal);
  a.exec->begin();
  a.exec->resume_orders();
  a.now = start_ns + 40 * bar_ns;
  const std::vector<core::Order*> working = a.exec->orders().working();  // what ends leaves it
  for (const core::Order* o : working) {
    if (o->external) continue;
    bl_exec end = a.exec_of(o->intent, BL_S_CANCELLED, o->cum_qty);
    end.kind = BL_X_DONE;
    a.exec->on_broker_event(end.h);
  }
  for (int i = 0; i < 3; ++i) {
    a.now += bar_ns;
    a.price(a.m.btc, 9400);
    a.price(a.m.bnb, 10000);
    a.want(Purpose::entry, 0.05, a.m.bnb);
  }
  std::string s;
  for (const core::Intent& i : a.broker.sent) s += "\nsent" + bytes_of(i);
  for (const std::string& c : a.broker.cancelled) s += "\ncancelled " + c;
  for (const std::string& c : a.broker.asked) s += "\nasked " + c;
  return s + "\n" + all_that_stands(*a.exec, a.m, a.now);
}

}  // namespace

TEST_CASE("lesson 9: restarted twice, and again, the run is the same run to the byte, and goes on as the same") {
  StoreFolder dir;
  core::Nanos then = 0;
  std::string whole;
  {
    Begun d({}, opened(dir / "j"));
    d.price(d.m.bnb, 10000);
    d.hold(0.05);
    d.price(d.m.btc, 10000);
    REQUIRE(d.protect("95"_dec, "130"_dec, 5000) == BL_OK);
    d.hold(0.02, d.m.bnb);
    d.price(d.m.bnb, 10000);
    REQUIRE(d.protect("97"_dec, Decimal::not_set(), 0, "stops", d.m.bnb) == BL_OK);
    d.now += bar_ns;
    d.price(d.m.bnb, 9600);
    d.price(d.m.btc, 10000);
    d.step();  // a stop-out, and its lock
    d.fill(d.last(), d.last().qty(), "96"_dec);
    d.step();
    REQUIRE(d.exec->reentry_locked(d.m.bnb, d.now));
    VenueOrder theirs;  // found there: what names it here is made of what the venue says of it
    d.told(theirs);
    d.told_fill(theirs, "0.4"_dec, "x1-1");
    const Decimal deposited = d.exec->portfolio().cash(d.m.usd) + "100"_dec;
    for (std::uint64_t n = 1; n <= 2; ++n) {
      if (n == 1) REQUIRE(d.exec->ask_venue());
      d.say(theirs);
      d.say_balance(d.m.usd, deposited);
      d.done(d.broker.queries.back().request);
    }
    REQUIRE(d.incidents("BALANCE_CHANGED") == 1);
    REQUIRE(d.exec->lock({d.m.bnb, d.now + 90 * bar_ns, "looked at", "operator", "r1"}, d.now));
    REQUIRE(d.exec->set_trading_state({d.m.bnb, core::TradingState::reducing, false, "thin", "operator", "r2"}, d.now));
    bl_fill stranger = d.fill_of(d.broker.sent.front(), "1"_dec, "100"_dec, "s1");
    put_text(stranger.client_id, "bl-of-nobody");
    d.exec->on_broker_event(stranger.h);
    REQUIRE(d.exec->blocked(d.m.btc));
    d.want(Purpose::exit, 0);
    d.fill(d.last(), floor_to(mul(d.last().qty(), "0.5"_dec, Rounding::down), d.m.table[{1}].rules.base_step), "100"_dec);
    d.exec->settle(d.now);
    then = d.now;
    whole = all_that_stands(*d.exec, d.m, then);
  }
  const auto beside = [&dir](const char* name) {
    std::filesystem::copy_file(dir / "j", dir / name);
    return dir / name;
  };
  const std::string next = goes_on(beside("first"));
  CHECK(next.starts_with("\nsent\nbl-"));  // it does something
  std::uint64_t rows = 0;
  std::string head;
  for (int i = 0; i < 4; ++i) {
    Again b(dir / "j");
    b.exec->settle(b.now);
    CHECK(all_that_stands(*b.exec, b.m, then) == whole);
    CHECK(b.broker.sent.empty());
    if (i > 0) CHECK(b.journal->rows() == rows);
    if (i > 0) CHECK(b.journal->head() == head);
    rows = b.journal->rows();
    head = b.journal->head();
  }
  CHECK(goes_on(beside("fourth")) == next);
}

TEST_CASE("lesson 10: reconciliation ends: after so many answers that an order is not there it is given up, and asked about no more") {
  Desk d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  d.broker.answer = services::HandOver::taken;
  for (int i = 0; i < 20; ++i) {
    d.now += bar_ns;
    if (d.state(d.broker.sent.front()) == OrderState::unknown) d.report(d.broker.sent.front(), BL_X_ABSENT, BL_S_UNKNOWN);
    d.step();
  }
  CHECK(d.state(d.broker.sent.front()) == OrderState::not_placed);
  CHECK(d.broker.asked.size() < 10);
  const std::size_t asked = d.broker.asked.size();
  for (int i = 0; i < 20; ++i) {
    d.now += bar_ns;
    d.step();
  }
  CHECK(d.broker.asked.size() == asked);
}

TEST_CASE("lesson 10: what can't be brought together is quarantined and told, and nobody but a person takes it out again") {
  Begun d;
  std::size_t answered = 0;
  std::function<void(const bl_query&)> word;
  const auto next = [&] {  // a bar, and each question has its answer
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.price(d.m.bnb, 10000);
    d.step();
    while (answered < d.broker.queries.size()) {
      REQUIRE(answered < 200);  // it is asked without end
      const bl_query q = d.broker.queries[answered++];
      word(q);
      d.done(q.request);
    }
  };
  std::string code;
  SECTION("an order that the venue had acknowledged, and does not know however often it is asked") {
    code = "ORDER_GONE";
    const core::Intent entry = d.resting();
    bl_exec absent = d.exec_of(entry, BL_S_UNKNOWN, Decimal::not_set());
    absent.kind = BL_X_ABSENT;
    word = [&d, absent](const bl_query& q) mutable {
      if ((q.scope & 1u) != 0) d.say(absent.h);
    };
    d.exec->on_broker_event(absent.h);
    for (int i = 0; i < 10; ++i) next();
    CHECK(core::is_terminal(d.state(entry)));
  }
  SECTION("a balance that is another one each time it is asked for") {
    code = "BALANCE_UNEXPLAINED";
    word = [&d, n = 0](const bl_query& q) mutable {
      if ((q.scope & 8u) != 0) d.say_balance(d.m.btc_asset, Decimal::from_int(++n));
    };
    REQUIRE(d.exec->ask_venue());
    for (int i = 0; i < 10; ++i) next();
  }
  // Told, and after a few answers asked about no more.
  CHECK(d.incidents(code) >= 1);
  const std::uint64_t told = d.exec->counts().incidents;
  const std::size_t asked = d.broker.queries.size(), sent = d.broker.sent.size();
  CHECK(asked < 10);
  for (int i = 0; i < 20; ++i) next();
  CHECK(d.broker.queries.size() == asked);
  CHECK(d.exec->counts().incidents == told);
  // Quarantined, whatever time passes.
  REQUIRE(d.exec->blocked(d.m.btc));
  CHECK(d.exec->blocks().reasons(d.m.btc).front().code == code);
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == sent);
  // A person's word.
  REQUIRE(d.exec->resume(d.now, "operator", "looked at", "r1"));
  CHECK_FALSE(d.exec->blocked(d.m.btc));
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == sent + 1);
}

TEST_CASE("lesson 11: what is held is known from our own journal, though the venue remembers no fill of that time") {
  StoreFolder dir;
  std::string before;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.exec->settle(d.now);
    before = facts(*d.exec, d.m);
  }
  Again a(dir / "j");
  a.broker.answers = false;
  CHECK(facts(*a.exec, a.m) == before);
  a.now = start_ns + 2880 * bar_ns;  // ten days later
  a.price(a.m.btc, 10000);
  a.want(Purpose::exit, 0);
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().qty() == a.exec->portfolio().position({1}).qty);
}

TEST_CASE("lesson 12: a working order is evidence of its own: fills that do not add up block its product and never drop the order") {
  Desk d;
  const core::Intent entry = d.resting();
  REQUIRE(d.exec->ask_venue().ok());
  d.report(entry, BL_X_SNAPSHOT, BL_S_OPEN, "0.1"_dec);  // a part has filled, and no fill is told
  bl_done done{};
  done.h.size = sizeof done;
  done.h.type = BL_EV_DONE;
  done.request = 1;
  done.complete = 1;
  d.exec->on_broker_event(done.h);
  CHECK(d.exec->blocked(d.m.btc));
  CHECK(d.exec->counts().by_incident.count("FILLS_MISSING") == 1);
  CHECK(d.exec->orders().working().size() == 1);
  CHECK_FALSE(core::is_terminal(d.state(entry)));
}

TEST_CASE("lesson 13: a fill belongs to the order whose id it names, whenever it comes") {
  Desk d;
  const core::Intent old = d.resting();
  d.report(old, BL_X_DONE, BL_S_EXPIRED);
  d.now += 3 * bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::entry, 0.05);
  const core::Intent young = d.last();
  REQUIRE(young.client_id() != old.client_id());
  d.fill(old, old.qty(), old.limit_px());  // three bars late, while the other one rests
  const auto find = [&d](const core::Intent& i) { return d.exec->orders().find(core::ClientOrderId(i.client_id())); };
  CHECK(find(old)->cum_qty == old.qty());
  CHECK(find(young)->cum_qty.is_zero());
  CHECK(d.exec->portfolio().position({1}).qty == old.qty());
}

TEST_CASE("lesson 14: an exit stops at zero: sold once, told twice or not at all, nothing more is sold") {
  Desk d;
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const core::Intent sale = d.last();
  const bl_fill told = d.fill_of(sale, sale.qty(), "100"_dec, "x1");
  SECTION("told twice") {
    d.exec->on_broker_event(told.h);
    d.exec->on_broker_event(told.h);
    CHECK(d.exec->portfolio().position({1}).qty.is_zero());
  }
  SECTION("its end without its fill") { d.report(sale, BL_X_DONE, BL_S_FILLED, sale.qty()); }
  const std::size_t sent = d.broker.sent.size();
  for (int i = 0; i < 20; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
  }
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("lesson 18: parts add up as they come, each is held at once, and the rest of a cancelled exit is sold") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const core::Intent entry = d.last();
  const Decimal step = d.m.table[{1}].rules.base_step;
  Decimal sum = Decimal::zero();
  for (const char* part : {"0.3", "0.3", "0.3"}) {
    const Decimal qty = floor_to(mul(entry.qty(), Decimal::parse(part).value(), Rounding::down), step);
    d.fill(entry, qty, entry.limit_px());
    sum = sum + qty;
    CHECK(d.exec->portfolio().position({1}).qty == sum);
    CHECK(d.state(entry) == OrderState::partially_filled);
  }
  d.fill(entry, entry.qty() - sum, entry.limit_px());
  CHECK(d.state(entry) == OrderState::filled);
  d.now += 2 * bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const core::Intent sale = d.last();
  const Decimal half = floor_to(mul(sale.qty(), "0.5"_dec, Rounding::down), step);
  d.fill(sale, half, "100"_dec);
  d.report(sale, BL_X_DONE, BL_S_CANCELLED, half);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.last().client_id() != sale.client_id());
  CHECK(d.last().qty() == entry.qty() - half);
}

TEST_CASE("lesson 19: a fee in the coin that was bought leaves dust, which is told as such and asked to be sold once, not for ever") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const core::Intent entry = d.last();
  bl_fill f = d.fill_of(entry, entry.qty(), entry.limit_px(), "b1");
  f.fee = "0.000000003"_dec.raw();
  f.fee_asset = d.m.table[{1}].base.value;
  d.exec->on_broker_event(f.h);
  const Decimal held = d.exec->portfolio().position({1}).qty;
  REQUIRE(held == entry.qty() - "0.000000003"_dec);
  d.now += 2 * bar_ns;
  d.price(d.m.btc, 10000);
  d.want(Purpose::exit, 0);
  const core::Intent sale = d.last();
  CHECK(sale.qty() == floor_to(held, d.m.table[{1}].rules.base_step));
  d.fill(sale, sale.qty(), "100"_dec);
  CHECK(d.exec->portfolio().position({1}).qty.is_positive());
  CHECK(d.exec->portfolio().dust({1}));
  const std::size_t sent = d.broker.sent.size();
  for (int i = 0; i < 20; ++i) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.want(Purpose::exit, 0);
  }
  CHECK(d.broker.sent.size() == sent);
}

TEST_CASE("lesson 13: the fill of an old position's stop is that stop's, and the next position keeps its own") {
  RestingDesk d;
  const core::Intent old = d.protected_five();
  d.want(Purpose::exit, 0);
  d.gone(old);
  d.fill(d.last(), "5"_dec, "99.9"_dec);
  REQUIRE(d.held().is_zero());
  d.now += 20 * bar_ns;
  d.price(d.m.btc, 10000);
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("96"_dec) == BL_OK);
  d.step();
  const Decimal all = d.held();
  const core::Intent young = d.stop_sent(all, "96"_dec);
  d.accept(young);
  d.fill(old, "1"_dec, "94.9"_dec);  // told at last: cancelled it was not whole
  CHECK(d.exec->orders().find(core::ClientOrderId(old.client_id()))->cum_qty == "1"_dec);
  CHECK(d.exec->orders().find(core::ClientOrderId(young.client_id()))->cum_qty.is_zero());
  CHECK(d.held() == all - "1"_dec);
  d.now += 2 * second_ns;
  d.step();
  CHECK(d.cancelled(young));  // it would sell what is not held any more
}

TEST_CASE("lesson 18: a stop that sold a part and was cancelled leaves a rest that is sold, to the step and no further") {
  RestingDesk d;
  const core::Intent stop = d.protected_five();
  d.fill(stop, "1.2345"_dec, "94.9"_dec);
  d.price(d.m.btc, 9300);
  d.now += bar_ns;
  d.step();  // in its time it did not fill whole
  REQUIRE(d.cancelled(stop));
  d.gone(stop, "1.2345"_dec);
  CHECK(d.last().purpose == Purpose::stop);
  CHECK(d.last().qty() == "3.7655"_dec);
  d.fill(d.last(), "3.7655"_dec, "92.5"_dec);
  CHECK(d.held().is_zero());
}

TEST_CASE("lesson 20: replacing a stop leaves no naked window: the host watches, the window is bounded, and a stop that fails is said aloud") {
  RestingDesk d;
  d.options.unprotected_after = bar_ns;
  d.use({});
  const core::Intent old = d.protected_five();
  REQUIRE(d.protect("97"_dec) == BL_OK);
  d.step();
  REQUIRE(d.cancelled(old));
  SECTION("the window: the price falls while the cancel is on its way") {
    ++d.now;
    d.quote(d.m.btc, 9600, 9610);
    d.gone(old);
    CHECK(d.last().purpose == Purpose::stop);
    CHECK_FALSE(core::rests_as_stop(d.last()));
  }
  SECTION("bounded: with the end of the old one the new one goes out in the same moment") {
    const core::Nanos then = d.now;
    d.gone(old);
    CHECK(d.stop_sent("5"_dec, "97"_dec).abi.decided_ns == then);
  }
  SECTION("the new one is not taken: an incident at once") {
    d.gone(old);
    d.report(d.last(), BL_X_REJECTED, BL_S_REJECTED);
    CHECK(d.incidents("STOP_NOT_RESTING") == 1);
    CHECK(d.exec->stop_px({1}) == "97"_dec);
    d.price(d.m.btc, 9600);
    d.now += second_ns;
    d.step();
    CHECK(d.last().purpose == Purpose::stop);
  }
  SECTION("the venue says nothing of the new one, nor of its cancel: told when it has been so for too long, once; its end is asked for before anything is sold beside it") {
    d.gone(old);
    const bool cancelled = GENERATE(false, true);
    if (cancelled) {
      d.report(d.last(), BL_X_ACCEPTED);
      REQUIRE(d.protect("98"_dec) == BL_OK);
      d.now += second_ns;
      d.step();
      CHECK(d.incidents("STOP_NOT_RESTING") == 0);
    }
    for (int i = 0; i < 4; ++i) {
      d.now += bar_ns;
      d.price(d.m.btc, 10000);
      d.step();
    }
    CHECK(d.incidents("STOP_NOT_RESTING") == 1);
    const core::Intent silent = d.last();
    ++d.now;
    d.quote(d.m.btc, 9600, 9610);
    CHECK(d.cancelled(silent));
    d.gone(silent);
    CHECK(d.last().purpose == Purpose::stop);
    CHECK_FALSE(core::rests_as_stop(d.last()));
  }
  SECTION("nobody wants a stop at all: unprotected, and an incident when it has been so for too long, once") {
    RestingDesk bare;
    bare.options.unprotected_after = 3 * bar_ns;
    bare.use({});
    bare.hold(0.05);  // two bars
    bare.price(bare.m.btc, 10000);
    bare.step();
    CHECK(bare.incidents("POSITION_UNPROTECTED") == 0);
    for (int i = 0; i < 3; ++i) {
      bare.now += bar_ns;
      bare.price(bare.m.btc, 10000);
      bare.step();
      CHECK(bare.incidents("POSITION_UNPROTECTED") == 1);
    }
  }
  SECTION("a venue that ends the new one each time: told once, and the host watches") {
    d.gone(old);
    d.report(d.last(), BL_X_DONE, BL_S_EXPIRED, Decimal::zero());  // a venue that ends what should stay
    for (int i = 0; i < 4; ++i) {
      d.now += bar_ns;
      d.price(d.m.btc, 10000);
      d.step();
      if (core::rests_as_stop(d.last()) && !core::is_terminal(d.state(d.last()))) d.report(d.last(), BL_X_DONE, BL_S_EXPIRED, Decimal::zero());
    }
    CHECK(d.incidents("STOP_NOT_RESTING") == 1);
    CHECK(d.exec->stop_px({1}) == "97"_dec);
    ++d.now;
    d.quote(d.m.btc, 9600, 9610);
    CHECK(d.last().purpose == Purpose::stop);
    CHECK_FALSE(core::rests_as_stop(d.last()));
  }
}
