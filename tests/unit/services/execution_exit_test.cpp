#include "unit/services/again.hpp"

using namespace bowline;
using namespace bowline::test;
using core::Intent;
using core::OrderState;
using core::OrderType;
using core::Purpose;

namespace {

/// A rule that lets through what the test lets it, and the rest not.
struct Door final : core::RiskRule {
  const bool* open;
  core::SharedText text = std::make_shared<const std::string>("door");
  explicit Door(const bool* o) : open(o) {}
  const core::SharedText& name() const override { return text; }
  bool check(const bl_intent&, const bl_portfolio&, bl_verdict& v) override {
    v.action = *open ? 1 : 0;
    return true;
  }
};

/// The venue's word to an exit: what its real price, which nobody here sees, makes of it.
void answer(Desk& d, const Intent& i, Decimal real_bid) {
  if (i.type() == OrderType::market || i.limit_px() <= real_bid) return d.fill(i, i.qty(), real_bid);
  d.report(i, BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
}

}  // namespace

TEST_CASE("rule 3.2: an exit's collar widens from attempt to attempt, and ends at the market and in an incident") {
  Desk d;
  d.hold(0.05);
  std::vector<std::string> limits;
  for (int i = 0; i < 5; ++i) {
    d.want(Purpose::exit, 0);
    limits.push_back(d.last().limit_px().to_string());
    CHECK(d.last().side() == core::Side::sell);
    CHECK(d.last().tif() == core::TimeInForce::ioc);
    CHECK(d.exec->counts().incidents == (i < 3 ? 0u : 1u));
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.now += bar_ns;
  }
  limits.resize(3);  // 1 %, 3 % and 8 % below the bid of 99.95, each down to the step
  CHECK(limits == std::vector<std::string>{"98.95", "96.95", "91.95"});
  CHECK(d.last().type() == OrderType::market);
  CHECK_FALSE(d.last().limit_px().is_set());
  CHECK(d.exec->counts().by_incident.at("EXIT_LADDER_END") == 1);
}

TEST_CASE("rule 3.2: the ladder begins anew with another position, and without steps an exit is at the market at once") {
  Desk d;
  d.hold(0.05);
  d.want(Purpose::exit, 0);
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
  d.now += bar_ns;
  d.want(Purpose::exit, 0);
  CHECK(d.last().limit_px() == "96.95"_dec);
  d.fill(d.last(), d.last().qty(), "97"_dec);
  d.now += bar_ns;
  d.hold(0.05);
  d.want(Purpose::exit, 0);
  CHECK(d.last().limit_px() == "98.95"_dec);

  Desk at_once;
  at_once.options.exit_collar.clear();
  at_once.use({});
  at_once.hold(0.05);
  at_once.want(Purpose::exit, 0);
  CHECK(at_once.last().type() == OrderType::market);
  CHECK(at_once.exec->counts().incidents == 0);
}

namespace {
/// Refuses everything, and notes how much had been sent when it was asked of a sale.
struct Late : core::RiskRule {
  const Broker* broker = nullptr;
  std::vector<std::size_t> sent;
  const core::SharedText& name() const override {
    static const core::SharedText n = std::make_shared<const std::string>("late");
    return n;
  }
  bool check(const bl_intent& intent, const bl_portfolio&, bl_verdict& v) override {
    if (intent.side == BL_BUY) {
      v.action = 1;
      return true;
    }
    sent.push_back(broker->sent.size());
    v.action = 0;
    put_text(v.code, "TOO_LATE");
    return true;
  }
};
}  // namespace

TEST_CASE("rule 3.1: what a rule says of an exit is recorded, is asked for when it has left, and binds nothing") {
  Desk d;
  auto rule = std::make_unique<Late>();
  Late& late = *rule;
  late.broker = &d.broker;
  std::vector<std::unique_ptr<core::RiskRule>> rules;
  rules.push_back(std::move(rule));
  d.use(std::move(rules));
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  const std::size_t before = d.broker.sent.size();
  d.want(Purpose::exit, 0);
  REQUIRE(d.broker.sent.size() == before + 1);
  CHECK(late.sent == std::vector<std::size_t>{before + 1});
  const core::SizingRecord r = d.sink.all<core::SizingRecord>().back();
  CHECK(*r.code == "ORDER");
  REQUIRE(r.checks.size() == 2);
  CHECK(*r.checks[0].rule_source == "late");
  CHECK(r.checks[0].code == "TOO_LATE");
  CHECK(r.checks[0].action == 0);
  CHECK(r.checks[0].measure);
  CHECK(*r.checks[1].rule_source == "exit_floor");
  CHECK(r.checks[1].action == 1);
}

TEST_CASE("rule 3.2: every risk plugin rejects, the feed is stale, the price falls 15 % in a minute: flat") {
  bool open = true;
  Desk d;
  std::vector<std::unique_ptr<core::RiskRule>> rules;
  for (int i = 0; i < 3; ++i) rules.push_back(std::make_unique<Door>(&open));
  core::FloorLimits floor;
  floor.max_mark_age = 5'000'000'000;
  floor.max_orders_per_minute = 1;
  floor.max_day = "600"_dec;
  d.options.time_by_data = false;
  d.make(std::move(rules), floor, "10000"_dec);
  d.hold(0.05);
  d.price(d.m.btc, 10000);
  REQUIRE(d.protect("95"_dec) == BL_OK);
  open = false;
  const core::Nanos begin = d.now;
  d.price(d.m.btc, 9400);  // the last that is heard of it; at the venue it falls on
  d.step();
  answer(d, d.last(), "85"_dec);
  for (int s = 15; s <= 60 && d.exec->portfolio().position({1}).qty.is_positive(); s += 15) {
    d.now = begin + s * 1'000'000'000ll;
    const std::size_t before = d.broker.sent.size();
    d.step();
    REQUIRE(d.broker.sent.size() == before + 1);  // each step ends in an attempt
    answer(d, d.last(), "85"_dec);
  }
  CHECK(d.exec->portfolio().position({1}).qty.is_zero());
  CHECK(d.now - begin <= 60'000'000'000);
  CHECK(d.last().type() == OrderType::market);
  CHECK(d.exec->counts().by_incident.at("EXIT_LADDER_END") == 1);
  d.now += bar_ns;
  d.price(d.m.btc, 8500);
  d.step();  // the doors really are shut
  const std::size_t sent = d.broker.sent.size();
  d.now += 20 * bar_ns;
  d.price(d.m.btc, 8500);
  d.want(Purpose::entry, 0.05);
  CHECK(d.broker.sent.size() == sent);
  CHECK(d.why("RISK_REJECTED") == 1);
}

TEST_CASE("rule 3.2: an exit's order without an end is cancelled after a while, and the next step of the ladder follows") {
  Desk d;
  d.options.time_by_data = false;
  d.use({});
  d.hold(0.05);
  d.want(Purpose::exit, 0);
  const Intent first = d.last();
  d.report(first, BL_X_ACCEPTED);
  d.now += 29'000'000'000;
  d.step();
  CHECK(d.broker.cancelled.empty());
  d.now += 1'000'000'000;
  d.step();
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(first.client_id())});
  CHECK(d.broker.sent.size() == 2);  // its end is waited for: both could be filled
  d.fill(first, "1"_dec, "99"_dec);
  d.report(first, BL_X_DONE, BL_S_CANCELLED, "1"_dec);
  d.step();
  REQUIRE(d.broker.sent.size() == 3);
  CHECK(d.last().qty() == "4"_dec);
  CHECK(d.last().limit_px() == "96.95"_dec);
}

TEST_CASE("rule 3.2: an exit is not refused for want of a price") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.exec->settle(d.now);
  }
  Again a(dir / "j");  // before anything is heard of the market
  REQUIRE_FALSE(a.exec->portfolio().mark({1}).last.is_set());
  a.now = start_ns + 10 * bar_ns;
  a.want(Purpose::emergency, 0);
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().type() == OrderType::market);
  CHECK(a.last().qty() == "5"_dec);
}

TEST_CASE("rule 3.2: of a position above the venue's largest order as much is sold as it takes, and the rest after that") {
  const bool by_notional = GENERATE(false, true);
  Desk d;
  d.hold(0.05);
  REQUIRE(d.exec->portfolio().position(d.m.btc).qty == "5"_dec);
  bl_product p{};
  p.h.size = sizeof p;
  p.h.type = BL_EV_PRODUCT;
  p.h.instrument = d.m.btc.value;
  p.base_max = by_notional ? Decimal::not_set().raw() : "3"_dec.raw();
  p.quote_max = by_notional ? "310"_dec.raw() : Decimal::zero().raw();  // not above 0: not told
  p.maker_fee = p.taker_fee = Decimal::not_set().raw();
  p.flags = 1;
  d.exec->on_broker_event(p.h);
  d.want(Purpose::exit, 0);
  const Intent first = d.last();
  CHECK(first.side() == core::Side::sell);
  CHECK(first.qty() <= "3.1"_dec);
  CHECK(first.qty() >= "3"_dec);
  d.fill(first, first.qty(), "99"_dec);
  d.now += bar_ns;
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.last().client_id() != first.client_id());
  CHECK(d.last().qty() == "5"_dec - first.qty());
  d.fill(d.last(), d.last().qty(), "99"_dec);
  // Nor is more bought at once.
  d.now += bar_ns;
  d.want(Purpose::entry, 0.05);
  CHECK(d.last().side() == core::Side::buy);
  CHECK(d.last().qty() <= "3.1"_dec);
}

namespace {
/// Holds 5 BTC whose exit has gone through the ladder's collar, and nobody bought.
struct AtMarket : Desk {
  explicit AtMarket(Purpose purpose, std::uint32_t slices = 4, std::unique_ptr<store::Journal> j = nullptr) : Desk({}, "10000"_dec, std::move(j)) {
    options.exit_slices = slices;
    use({});
    hold(0.05);
    if (purpose == Purpose::stop) REQUIRE(protect("99.99"_dec) == BL_OK);
    if (purpose == Purpose::operator_order) {
      REQUIRE(exec->close_position({m.btc, "c1", "a test", "operator", "r"}, now));
      report(last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
      now += bar_ns;
      price(m.btc, 10000);
    }
    for (int i = purpose == Purpose::operator_order ? 1 : 0; i < 3; ++i) {
      if (purpose == Purpose::stop || purpose == Purpose::operator_order) step();
      else want(purpose, 0);
      report(last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
      now += bar_ns;
      price(m.btc, 10000);
    }
  }
  /// A quote a second later; what was ordered at it: nothing, or so much.
  Decimal sells(std::int64_t bid_qty, core::Nanos later = 1'000'000'000) {
    now += later;
    const std::size_t before = broker.sent.size();
    quote(m.btc, 9990, 10010, bid_qty);
    if (broker.sent.size() == before) return Decimal::zero();
    CHECK(last().type() == OrderType::market);
    return last().qty();
  }
  void sold() { fill(last(), last().qty(), "99.9"_dec); }
};
}  // namespace

TEST_CASE("rule 3.2: at the market no more is sold at once than the book shows, and it goes on at the next quotes") {
  const Purpose purpose = GENERATE(Purpose::exit, Purpose::stop, Purpose::operator_order);
  AtMarket d(purpose);
  d.quote(d.m.btc, 9990, 10010, 2);
  if (purpose == Purpose::exit) d.want(Purpose::exit, 0);
  if (purpose == Purpose::operator_order) d.step();
  CHECK(d.last().type() == OrderType::market);
  CHECK(d.last().qty() == "2"_dec);  // as much as the bid
  d.sold();
  CHECK(d.sells(2, 100'000'000).is_zero());  // not in the same second
  CHECK(d.sells(1, 900'000'000) == "1"_dec);
  CHECK(d.sells(1).is_zero());  // it works
  d.sold();
  CHECK(d.sells(9) == "2"_dec);  // all that is left
  d.sold();
  CHECK(d.sells(9).is_zero());
  CHECK(d.exec->portfolio().position({1}).qty.is_zero());
  CHECK(d.exec->counts().by_incident.at("EXIT_LADDER_END") == 1);
}

TEST_CASE("rule 3.2: a thin bid does not hold an exit up: it is over with execution.exit.slices orders at the market") {
  AtMarket d(Purpose::exit);
  d.now += 1'000'000'000;
  d.quote(d.m.btc, 9990, 10010, 0);
  bl_quote thin{};
  const auto tell = [&] {
    d.now += 1'000'000'000;
    thin.h.size = sizeof thin;
    thin.h.type = BL_EV_QUOTE;
    thin.h.instrument = d.m.btc.value;
    thin.h.ts_event = thin.h.ts_recv = d.now;
    thin.px_exp = -2;
    thin.qty_exp = -8;
    thin.bid = 9990;
    thin.ask = 10010;
    thin.bid_qty = 1;
    d.exec->on_quote(thin);
  };
  tell();
  d.want(Purpose::exit, 0);
  std::vector<std::string> parts;
  for (int n = 0; n < 10 && d.exec->portfolio().position({1}).qty.is_positive(); ++n) {
    parts.push_back(d.last().qty().to_string());
    d.sold();
    tell();
  }
  CHECK(parts == std::vector<std::string>{"1.25", "1.25", "1.25", "1.25"});
  CHECK(d.exec->portfolio().position({1}).qty.is_zero());
}

TEST_CASE("rule 3.2: without a quote that tells a quantity, with one that is a bar old, and with one slice, all is sold at once") {
  const int which = GENERATE(0, 1, 2, 3);
  AtMarket d(Purpose::exit, which == 2 ? 1 : 4);
  if (which != 3) d.quote(d.m.btc, 9990, 10010, which == 0 ? 0 : 2);
  if (which == 1) d.now += bar_ns;
  d.want(Purpose::exit, 0);
  CHECK(d.last().type() == OrderType::market);
  CHECK(d.last().qty() == "5"_dec);
}

TEST_CASE("rule 3.4: halted, the slices of a SELL that had begun go no further, and frozen those of an operator's close neither") {
  const bool freeze = GENERATE(false, true);
  AtMarket d(freeze ? Purpose::operator_order : Purpose::exit);
  d.quote(d.m.btc, 9990, 10010, 2);
  if (freeze) d.step();
  else d.want(Purpose::exit, 0);
  CHECK(d.last().qty() == "2"_dec);
  d.sold();
  services::StateRequest stop{{}, core::TradingState::halted, freeze, "a test", "operator", "r1"};
  REQUIRE(d.exec->set_trading_state(stop, d.now));
  const std::size_t records = d.sink.records.size();
  CHECK(d.sells(2).is_zero());
  CHECK(d.sells(2).is_zero());
  CHECK(d.sink.records.size() == records);  // nor is it told at each quote
}

TEST_CASE("rule 3.2: after a restart the ladder goes on where it was") {
  StoreFolder dir;
  {
    Desk d({}, "10000"_dec, opened(dir / "j"));
    d.hold(0.05);
    d.want(Purpose::exit, 0);
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.now += bar_ns;
    d.step();
    CHECK(d.last().limit_px() == "96.95"_dec);
    d.report(d.last(), BL_X_DONE, BL_S_CANCELLED, Decimal::zero());
    d.exec->settle(d.now);
  }
  Again a(dir / "j");
  a.now = start_ns + 10 * bar_ns;
  a.price(a.m.btc, 10000);
  a.step();
  REQUIRE(a.broker.sent.size() == 1);
  CHECK(a.last().limit_px() == "91.95"_dec);
}
