// Lesson 9: a run that was restarted is the same run. It has more tests beside the order table, in tests/unit/core.
#include <cstddef>
#include <cstring>

#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Purpose;

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
