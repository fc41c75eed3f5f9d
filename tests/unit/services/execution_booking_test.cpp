// Reports of fills that are not a first, plain one: late fees, corrections, what is taken back; and answers as a whole.
#include "store/journal_verify.hpp"
#include "unit/services/venue_word.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Again;
using test::bar_ns;
using test::Desk;
using test::facts;
using test::opened;
using test::StoreFolder;
using test::VenueWord;

namespace {

constexpr std::uint32_t correction = 2, reversal = 4;

bl_fill later(bl_fill f, std::uint32_t flags, core::Nanos told) {
  f.flags = flags;
  f.h.ts_event = told;
  return f;
}

/// A desk with an entry of which two have filled, the fee not told; its journal is in `dir`.
struct TwoFilled : Desk {
  Intent entry;
  bl_fill told{};
  explicit TwoFilled(const StoreFolder& dir) : Desk({}, "10000"_dec, opened(dir / "j")), entry(resting()) {
    told = fill_of(entry, "2"_dec, "99.95"_dec, "f1");
    told.fee = Decimal::not_set().raw();
    exec->on_broker_event(told.h);
  }
  const Position& held() const { return exec->portfolio().position(m.btc); }
  const Order& order() const { return *exec->orders().find(ClientOrderId(entry.client_id())); }
  /// The same after a restart, and the journal is proved.
  void same_after_restart(const StoreFolder& dir) {
    exec->settle(now);
    const std::string before = all_facts(*exec, m);
    journal.reset();
    const auto proved = store::verify_journal(dir / "j");
    REQUIRE(proved);
    CHECK(proved->bad.code.empty());
    CHECK(all_facts(*Again(dir / "j").exec, m) == before);
  }
};

}  // namespace

TEST_CASE("rule 2.4: a fee that is told later takes the place of the worst tier, in the order, the book and the next process") {
  StoreFolder dir;
  TwoFilled d(dir);
  CHECK(d.exec->portfolio().fees() == "2.3988"_dec);  // 1.2 % of 199.90
  d.told.fee = "0.5"_dec.raw();
  d.exec->on_broker_event(d.told.h);
  CHECK(d.exec->portfolio().fees() == "0.5"_dec);
  CHECK(d.order().cum_fee == "0.5"_dec);
  CHECK(d.exec->portfolio().cash(d.m.usd) == "9799.6"_dec);
  CHECK(d.exec->counts().fills == 1);
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.sink.all<FillRecord>().back().fee == "0.5"_dec);
  CHECK(d.sink.all<OrderRecord>().back().cum_fee == "0.5"_dec);
  d.same_after_restart(dir);
}

TEST_CASE("restart: a fee that is told only to the next process is the fee, not what was assumed of it (2.4)") {
  StoreFolder dir;
  bl_fill fill{};
  {
    TwoFilled d(dir);
    fill = d.told;
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  CHECK(a.exec->portfolio().fees() == "2.3988"_dec);
  fill.fee = "0.5"_dec.raw();
  a.exec->on_broker_event(fill.h);
  CHECK(a.exec->portfolio().fees() == "0.5"_dec);
  CHECK(a.exec->portfolio().cash(a.m.usd) == "9799.6"_dec);
}

TEST_CASE("restart: a fee in a coin stays worth what it was when it was paid, whatever the coin is worth then (4.1)") {
  StoreFolder dir;
  ClientOrderId entry;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.price(d.m.bnb, 20000);
    d.want(Purpose::entry, 0.05);
    entry = ClientOrderId(d.last().client_id());
    bl_fill f = d.fill_of(d.last(), "2"_dec, "99.95"_dec, "f1");
    f.fee = "0.01"_dec.raw();
    f.fee_asset = d.m.bnb_asset.value;
    d.exec->on_broker_event(f.h);
    REQUIRE(d.exec->portfolio().fees() == "2"_dec);
    d.exec->settle(d.now);
  }
  const Again a(dir / "j");  // nothing is heard of its price yet
  CHECK(a.exec->portfolio().fees() == "2"_dec);
  CHECK(a.exec->orders().find(entry)->cum_fee == "2"_dec);
}

TEST_CASE("rule 2.4: a corrected fill is booked as corrected, once, and stays so in the next process") {
  StoreFolder dir;
  TwoFilled d(dir);
  bl_fill now = later(d.told, correction, 7);
  SECTION("to less") { now.qty = "1.5"_dec.raw(); }
  SECTION("to more") { now.qty = "3"_dec.raw(); }
  SECTION("to another price") { now.px = "99"_dec.raw(); }
  d.exec->on_broker_event(now.h);
  d.exec->on_broker_event(now.h);     // told twice
  d.exec->on_broker_event(d.told.h);  // and the first report of it, late
  CHECK(d.held().qty == Decimal::from_raw(now.qty));
  CHECK(d.order().cum_qty == Decimal::from_raw(now.qty));
  CHECK(d.order().cum_quote == mul(Decimal::from_raw(now.qty), Decimal::from_raw(now.px), Rounding::half_even));
  CHECK(d.exec->counts().by_incident.at("FILL_CHANGED") == 1);
  CHECK(d.exec->counts().incidents == 1);
  CHECK_FALSE(d.exec->blocked(d.m.btc));
  CHECK(d.sink.all<FillRecord>().back().qty == Decimal::from_raw(now.qty));
  d.same_after_restart(dir);
}

TEST_CASE("rule 2.4: a fill that is taken back is as if it had never been, and is not booked again") {
  StoreFolder dir;
  TwoFilled d(dir);
  bl_fill back = later(d.told, reversal, 7);
  back.px = back.qty = Decimal::not_set().raw();  // it need not say more than which
  d.exec->on_broker_event(back.h);
  d.exec->on_broker_event(d.told.h);
  CHECK(d.held().qty.is_zero());
  CHECK(d.exec->portfolio().cash(d.m.usd) == "10000"_dec);
  CHECK(d.exec->portfolio().fees().is_zero());
  CHECK(d.state(d.entry) == OrderState::open);
  CHECK(d.sink.all<FillRecord>().back().qty.is_zero());
  SECTION("and goes on like this after a restart") { d.same_after_restart(dir); }
  SECTION("told again after a restart, it is still not booked") {
    d.exec->settle(d.now);
    d.journal.reset();
    Again a(dir / "j");
    a.exec->on_broker_event(d.told.h);
    CHECK(a.exec->portfolio().position(a.m.btc).qty.is_zero());
  }
}

TEST_CASE("rule 2.4: a reversal that overtakes its fill is kept in mind, also in the next process") {
  StoreFolder dir;
  bl_fill fill{};
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    const Intent entry = d.resting();
    fill = d.fill_of(entry, "2"_dec, "99.95"_dec, "f1");
    d.exec->on_broker_event(later(fill, reversal, 7).h);
    d.exec->settle(d.now);
    CHECK(d.sink.all<FillRecord>().empty());
  }
  Again a(dir / "j");
  a.exec->on_broker_event(fill.h);
  CHECK(a.exec->portfolio().position(a.m.btc).qty.is_zero());
  CHECK(a.exec->counts().fills == 0);
}

TEST_CASE("rule 5.6: what is taken back of coins that were sold is owed out of unmanaged inventory, and blocks the product") {
  StoreFolder dir;
  TwoFilled d(dir);
  d.report(d.entry, BL_X_DONE, BL_S_EXPIRED, "2"_dec);
  d.now += bar_ns;
  d.want(Purpose::exit, 0);
  d.fill(d.last(), "2"_dec, "100"_dec);
  REQUIRE(d.held().qty.is_zero());
  d.exec->on_broker_event(later(d.told, reversal, 7).h);
  CHECK(d.exec->portfolio().unmanaged(d.m.btc) == "-2"_dec);
  CHECK(d.exec->counts().by_incident.at("FILL_CHANGED_OWED") == 1);
  CHECK(d.exec->blocked(d.m.btc));
  d.same_after_restart(dir);
}

TEST_CASE("a fill that is told again otherwise, and not as a correction, changes nothing and blocks the product") {
  StoreFolder dir;
  TwoFilled d(dir);
  bl_fill other = d.told;
  other.qty = "3"_dec.raw();
  d.exec->on_broker_event(other.h);
  CHECK(d.held().qty == "2"_dec);
  CHECK(d.exec->counts().by_incident.at("FILL_CONTRADICTS") == 1);
  CHECK(d.exec->blocked(d.m.btc));
}

TEST_CASE("rules hear of a correction as one, of a reversal with what is taken back, of a late fee by the position alone") {
  StoreFolder dir;
  TwoFilled d(dir);
  std::vector<std::string> heard;
  d.exec->tell_rules([&heard](const bl_event& e) {
    if (e.type == BL_EV_POSITION) return heard.push_back("position " + Decimal::from_raw(reinterpret_cast<const bl_position_ev&>(e).position.qty).to_string());
    const auto& f = reinterpret_cast<const bl_fill&>(e);
    heard.push_back(std::to_string(f.flags) + " " + Decimal::from_raw(f.qty).to_string());
  });
  d.told.fee = "0.5"_dec.raw();
  d.exec->on_broker_event(d.told.h);
  bl_fill now = later(d.told, correction, 7);
  now.qty = "1.5"_dec.raw();
  d.exec->on_broker_event(now.h);
  bl_fill back = later(d.told, reversal, 8);
  back.qty = Decimal::not_set().raw();
  d.exec->on_broker_event(back.h);
  CHECK(heard == std::vector<std::string>{"position 2", "2 1.5", "position 1.5", "4 1.5", "position 0"});
}

// ---- answers --------------------------------------------------------------------------------------------------------

namespace {

/// A venue that was asked what it has.
struct Asked : VenueWord<Desk> {
  Asked() { REQUIRE(exec->ask_venue()); }
};

}  // namespace

TEST_CASE("an answer is taken whole: terms, then fills, then state, in whatever order it is told") {
  Asked d;
  const Intent i = d.resting();
  bl_exec end = d.exec_of(i, BL_S_EXPIRED, "6"_dec);
  end.qty = "8"_dec.raw();  // amended by somebody else, who knows why
  d.say(end.h);
  CHECK(d.state(i) == OrderState::open);  // not before the answer is whole
  bl_fill f = d.fill_of(i, "6"_dec, "99.95"_dec, "f1");
  d.say(f.h);
  CHECK(d.exec->counts().fills == 0);
  d.done(1);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "6"_dec);  // it fits the terms in force: what is held must be seen
  CHECK(d.state(i) == OrderState::expired);
  CHECK(d.exec->counts().by_incident.at("EXEC_MISMATCH") == 1);
  CHECK(d.exec->counts().incidents == 1);
  d.step();
  CHECK(d.exec->counts().incidents == 1);
}

TEST_CASE("of the fills of one answer one may fit only when another is taken back") {
  Asked d;
  const Intent i = d.resting();
  d.fill(i, "4"_dec, "99.95"_dec);
  bl_fill large = d.fill_of(i, "5"_dec, "99.95"_dec, "g");
  bl_fill back = later(d.fill_of(i, "4"_dec, "99.95"_dec, "f1"), reversal, 7);
  d.say(large.h);
  d.say(back.h);
  d.done(1);
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "5"_dec);
  CHECK(d.state(i) == OrderState::filled);
  CHECK(d.exec->counts().by_incident.count("FILL_BEYOND_ORDER") == 0);
}

TEST_CASE("an answer to a question of before an order's end does not bring it back to life") {
  Asked d;
  const Intent i = d.resting();
  d.report(i, BL_X_DONE, BL_S_EXPIRED, Decimal::zero());  // told while the question was out
  bl_exec old = d.exec_of(i, BL_S_OPEN, Decimal::zero());
  d.say(old.h);
  d.done(1);
  CHECK(d.state(i) == OrderState::expired);
  CHECK(d.exec->counts().incidents == 0);
  SECTION("one to a question of after it does: it is cancelled and its product blocked") {
    REQUIRE(d.exec->ask_venue());
    d.say(old.h);
    d.done(2);
    CHECK(d.state(i) == OrderState::cancel_pending);
    CHECK(d.exec->blocked(d.m.btc));
  }
}

TEST_CASE("an answer whose end does not come is taken a step later") {
  Asked d;
  const Intent i = d.resting();
  bl_fill f = d.fill_of(i, "2"_dec, "99.95"_dec, "f1");
  d.say(f.h);
  d.exec->settle(d.now);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  d.now += bar_ns;
  d.step();
  CHECK(d.exec->portfolio().position(d.m.btc).qty == "2"_dec);
}
