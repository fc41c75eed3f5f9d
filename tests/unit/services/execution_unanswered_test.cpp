// An order that went out without an answer: asked about, sent again within its window, and given up.
#include "unit/services/desk.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::Desk;

TEST_CASE("hand-over of unknown outcome leaves the order unknown and counted, a refused one denied") {
  Desk d;
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  CHECK(d.state(d.last()) == OrderState::unknown);
  CHECK(d.exec->publish(d.now).get().n_working == 1);
  CHECK(d.exec->counts().rejected == 0);
  d.report(d.last(), BL_X_DONE, BL_S_EXPIRED);
  CHECK(d.state(d.last()) == OrderState::expired);
  d.broker.answer = services::HandOver::denied;
  d.want(Purpose::entry, 0.05);
  CHECK(d.state(d.last()) == OrderState::denied);
  CHECK(d.exec->counts().rejected == 1);
  CHECK(d.exec->publish(d.now).get().n_working == 0);
}

TEST_CASE("2.3 an order without an answer is asked about at each step, and is not placed after k answers that it is not there") {
  Desk d;
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  REQUIRE(d.state(i) == core::OrderState::unknown);
  for (std::size_t polls = 1; polls <= 3; ++polls) {
    d.now += bar_ns;  // beyond the window in which it might be sent again
    d.price(d.m.btc, 10000);
    d.step();
    CHECK(d.state(i) == core::OrderState::unknown);
    REQUIRE(d.broker.asked.size() == polls);
    CHECK(d.broker.asked.back() == i.client_id());
    d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  }
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.state(i) == core::OrderState::not_placed);
  CHECK(d.exec->orders().working().empty());
  CHECK(d.broker.sent.size() == 1);  // never sent a second time
}

TEST_CASE("2.3 what counted as never placed and shows up is adopted, cancelled and blocks its product") {
  Desk d;
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  for (int n = 0; n < 4; ++n) {
    d.now += bar_ns;
    d.price(d.m.btc, 10000);
    d.step();
    d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  }
  REQUIRE(d.state(i) == core::OrderState::not_placed);
  d.report(i, BL_X_SNAPSHOT, BL_S_OPEN);
  CHECK(d.state(i) == core::OrderState::cancel_pending);
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(i.client_id())});
  CHECK(d.exec->blocked({1}));
}

TEST_CASE("2.3 an order whose answer was lost and that the venue has works on as if it had been told") {
  Desk d;
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  REQUIRE(d.broker.asked.size() == 1);
  d.report(i, BL_X_SNAPSHOT, BL_S_OPEN);
  CHECK(d.state(i) == core::OrderState::open);
  d.fill(i, i.qty(), i.limit_px());
  CHECK(d.state(i) == core::OrderState::filled);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.broker.asked.size() == 1);  // nothing is left to ask about
  CHECK(d.exec->counts().incidents == 0);
}

TEST_CASE("2.3 within the window the same bytes go out again under the same id, once, when the venue does not have them") {
  bowline::test::StoreFolder dir;
  auto journal = store::Journal::open(dir / "j", {"mock", "v", "default"});
  REQUIRE(journal.ok());
  Desk d({}, "10000"_dec, std::move(*journal));
  d.want(core::Purpose::entry, 0.05);
  const core::Intent i = d.last();
  d.report(i, BL_X_UNKNOWN, BL_S_UNKNOWN);
  d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  d.now += 30'000'000'000;
  d.price(d.m.btc, 10000);
  d.step();
  REQUIRE(d.broker.sent.size() == 2);
  CHECK(std::memcmp(&d.broker.sent[0].abi, &d.broker.sent[1].abi, sizeof(bl_intent)) == 0);
  CHECK(d.state(i) == core::OrderState::unknown);
  d.report(i, BL_X_ABSENT, BL_S_UNKNOWN);
  d.now += 10'000'000'000;
  d.step();
  CHECK(d.broker.sent.size() == 2);  // once
  CHECK(d.exec->orders().size() == 1);
}

namespace {

std::unique_ptr<store::Journal> journal_in(const bowline::test::StoreFolder& dir) {
  auto j = store::Journal::open(dir / "j", {"mock", "v", "default"});
  REQUIRE(j.ok());
  return std::move(*j);
}

/// An entry that is in the journal, and that the venue does not have by its first answer.
struct Missing : bowline::test::StoreFolder, Desk {
  Intent entry;
  explicit Missing(std::vector<std::unique_ptr<RiskRule>> rules = {}) : Desk({}, "10000"_dec, journal_in(*this)) {
    use(std::move(rules));
    want(Purpose::entry, 0.05);
    entry = last();
    report(entry, BL_X_UNKNOWN, BL_S_UNKNOWN);
    report(entry, BL_X_ABSENT, BL_S_UNKNOWN);
  }
};

/// Lets through one unit at most while the test wants it so, else all.
struct Narrow final : RiskRule {
  const bool* narrow;
  SharedText text = std::make_shared<const std::string>("narrow");
  explicit Narrow(const bool* n) : narrow(n) {}
  const SharedText& name() const override { return text; }
  bool check(const bl_intent&, const bl_portfolio&, bl_verdict& v) override {
    v.action = *narrow ? 2 : 1;
    v.max_qty = "1"_dec.raw();
    return true;
  }
};

}  // namespace

TEST_CASE("2.3 at the end of its window an order is sent again; later it is only asked about") {
  Missing d;
  SECTION("at the end") {
    d.now += d.options.resend_window;
    d.step();
    CHECK(d.broker.sent.size() == 2);
  }
  SECTION("later") {
    d.now += d.options.resend_window + 1;
    d.step();
    CHECK(d.broker.sent.size() == 1);
    REQUIRE(d.broker.asked.size() == 1);
    CHECK(d.broker.asked[0] == d.entry.client_id());
  }
  CHECK(d.state(d.entry) == OrderState::unknown);
}

TEST_CASE("2.3 what the rules would let out only smaller by now is another order: it is not sent again") {
  bool narrow = false;
  std::vector<std::unique_ptr<RiskRule>> rules;
  rules.push_back(std::make_unique<Narrow>(&narrow));
  Missing d(std::move(rules));
  REQUIRE(d.entry.qty() == "5"_dec);
  narrow = true;
  d.now += 1'000'000'000;
  d.step();
  CHECK(d.broker.sent.size() == 1);
  CHECK(d.exec->counts().incidents == 0);  // refused here, and not only by the journal, which has no such order
  CHECK(d.broker.asked.size() == 1);
}

TEST_CASE("2.3 what is sent again is proved anew: a sale of more than is held by now is not") {
  const bowline::test::StoreFolder dir;
  Desk d({}, "10000"_dec, journal_in(dir));
  d.hold(0.05);
  bl_fill corrected = d.fill_of(d.last(), "3"_dec, "99.95"_dec, "f1");
  d.broker.answer = services::HandOver::unknown;
  d.want(Purpose::exit, 0);
  const Intent exit = d.last();
  REQUIRE(exit.qty() == "5"_dec);
  d.broker.answer = services::HandOver::taken;
  corrected.flags = 2;  // a correction
  corrected.h.ts_event = corrected.h.ts_recv = d.now;
  d.exec->on_broker_event(corrected.h);
  REQUIRE(d.exec->portfolio().position(d.m.btc).qty == "3"_dec);
  for (int polls = 1; polls <= 3; ++polls) {
    CHECK(d.state(exit) == OrderState::unknown);
    CHECK(d.broker.sent.size() == 2);
    d.report(exit, BL_X_ABSENT, BL_S_UNKNOWN);
    d.now += 30'000'000'000;
    d.step();
  }
  CHECK(d.state(exit) == OrderState::not_placed);
  REQUIRE(d.broker.sent.size() == 3);  // and what is held is sold
  CHECK(d.last().qty() == "3"_dec);
}
