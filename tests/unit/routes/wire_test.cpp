#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "services/runtime/remote/wire.hpp"
#include "parts.hpp"

using namespace routes_test;
namespace wire = services::wire;
using nlohmann::json;

namespace {

/// The same bits, so that -0 and NaN count too.
bool same(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b)); }

services::MarketEvent bar() {
  services::MarketEvent e;
  std::memset(static_cast<void*>(&e), 0, sizeof e);
  e.h.size = sizeof e.bar;
  e.h.type = BL_EV_BAR;
  e.h.flags = 1;
  e.h.id = 7;
  e.h.ts_event = Parts::start - 1;
  e.h.ts_recv = Parts::start;
  e.h.instrument = 2;
  e.h.source = 3;
  e.h.seq = std::numeric_limits<std::uint64_t>::max();
  e.bar.open_ns = 1;
  e.bar.close_ns = 2;
  e.bar.px_exp = -8;
  e.bar.qty_exp = -12;
  e.bar.is_final = 1;
  e.bar.open = std::numeric_limits<std::int64_t>::max();
  e.bar.low = std::numeric_limits<std::int64_t>::min();
  e.bar.close = 9'007'199'254'740'993;  // one more than a double can count
  e.bar.trades = 4;
  return e;
}

}  // namespace

TEST_CASE("market events come back as they were") {
  Parts parts;
  services::MarketEvent e = bar();
  auto back = wire::read_market(json::parse(wire::market_message(1, e, parts.table)), parts.table);
  REQUIRE(back);
  CHECK(std::memcmp(&back->bar, &e.bar, sizeof e.bar) == 0);

  std::memset(static_cast<void*>(&e), 0, sizeof e);
  e.h.size = sizeof e.quote;
  e.h.type = BL_EV_QUOTE;
  e.h.ts_recv = Parts::start;
  e.h.instrument = 1;
  e.quote.px_exp = -2;
  e.quote.bid = 1;
  e.quote.ask_qty = 5;
  back = wire::read_market(json::parse(wire::market_message(2, e, parts.table)), parts.table);
  REQUIRE(back);
  CHECK(std::memcmp(&back->quote, &e.quote, sizeof e.quote) == 0);

  std::memset(static_cast<void*>(&e), 0, sizeof e);
  e.h.size = sizeof e.observation;
  e.h.type = BL_EV_OBSERVATION;
  e.h.ts_recv = Parts::start;
  e.observation.series = 9;
  e.observation.value = 0.1 + 0.2;
  back = wire::read_market(json::parse(wire::market_message(3, e, parts.table)), parts.table);
  REQUIRE(back);
  CHECK(std::memcmp(&back->observation, &e.observation, sizeof e.observation) == 0);
}

TEST_CASE("every double comes back with its bits: a bridge far away must not decide otherwise") {
  Parts parts;
  const double inf = std::numeric_limits<double>::infinity();
  for (const double x : {0.0, -0.0, 1.0, -3.0, 0.1, 1e300, 5e-324, 1e20, 123456789012345680.0, inf, -inf, core::nan_value}) {
    core::Prediction p;
    p.id = {1, 2};
    p.instrument = {1};
    p.action = core::Action::buy;
    p.time = Parts::start;
    p.expected_move = x;
    p.ref_px = "0.000000000000000001"_dec;
    p.valid_until = INT64_MAX;
    p.source = p.model = std::make_shared<const std::string>("a \"name\"");
    const auto back = wire::read_close(json::parse(wire::close_message(1, Parts::start, true, {&p, 1}, parts.table)), parts.table);
    REQUIRE(back);
    REQUIRE(back->predictions.size() == 1);
    const core::Prediction& q = back->predictions[0];
    CAPTURE(x);
    CHECK(same(q.expected_move, x));
    CHECK(std::isnan(q.weight));
    CHECK(q.id == p.id);
    CHECK(q.ref_px == p.ref_px);
    CHECK(q.valid_until == INT64_MAX);
    CHECK(*q.source == *p.source);
  }
}

TEST_CASE("a portfolio version comes back as it was, working orders too") {
  Parts parts;
  core::PortfolioView::Parts v;
  v.head.base_asset = 1;
  v.head.state = 2;
  v.head.equity = "100000.000000000000000001"_dec.raw();
  v.head.equity_at_bid = "99999.999999999999999999"_dec.raw();
  v.head.peak_equity = v.head.day_start_equity = Decimal::not_set().raw();
  v.head.now_ns = Parts::start;
  v.head.version = 12;
  bl_position p{};
  p.instrument = 2;
  p.flags = 1;
  p.qty = "-0.5"_dec.raw();
  p.best_px = Decimal::not_set().raw();
  v.positions.push_back(p);
  bl_balance b{};
  b.asset = 1;
  b.total = "1"_dec.raw();
  v.balances.push_back(b);
  bl_mark m{};
  m.instrument = 1;
  m.px = "42.5"_dec.raw();
  m.ts = 5;
  v.marks.push_back(m);
  bl_intent i = core::blank_intent().abi;
  i.instrument = 1;
  std::memcpy(i.client_id, "bl-1", 5);
  i.side = BL_BUY;
  i.qty = "3"_dec.raw();
  i.cause = 8;
  v.intents.push_back(i);
  bl_working w{};
  w.state = BL_S_OPEN;
  w.leaves_qty = "3"_dec.raw();
  v.working.push_back(w);
  core::PortfolioView view;
  view.assign(v);
  const auto back = wire::read_portfolio(json::parse(wire::portfolio_message(1, Parts::start, view, parts.table)), parts.table);
  REQUIRE(back);
  const auto bytes = [](const auto& list) { return std::string(reinterpret_cast<const char*>(list.data()), list.size() * sizeof list[0]); };
  CHECK(bytes(back->positions) == bytes(v.positions));
  CHECK(bytes(back->balances) == bytes(v.balances));
  CHECK(bytes(back->marks) == bytes(v.marks));
  CHECK(bytes(back->intents) == bytes(v.intents));
  CHECK(Decimal::from_raw(back->working.at(0).leaves_qty) == "3"_dec);
  CHECK(std::memcmp(&back->head.equity, &v.head.equity, sizeof v.head.equity) == 0);
  CHECK(std::memcmp(&back->head.equity_at_bid, &v.head.equity_at_bid, sizeof v.head.equity_at_bid) == 0);
  CHECK_FALSE(Decimal::from_raw(back->head.peak_equity).is_set());
  CHECK(back->head.version == 12);
  CHECK(back->head.state == 2);
}

TEST_CASE("targets come back, and what may not be proposed is refused") {
  Parts parts;
  wire::Targets t;
  t.from = "signal-bridge";
  t.time = Parts::start;
  core::Target x;
  x.instrument = {2};
  x.weight = 0.1;
  x.decision = {3, 4};
  x.valid_until = INT64_MAX;
  t.targets.push_back(x);
  t.changed.push_back({1});
  const json body = json::parse(wire::targets_body(t, parts.table));
  const auto back = wire::read_targets(body, parts.table);
  REQUIRE(back);
  CHECK(back->targets.at(0).weight == 0.1);
  CHECK(back->targets.at(0).decision == x.decision);
  CHECK(back->targets.at(0).valid_until == INT64_MAX);
  CHECK(back->changed == t.changed);
  CHECK_FALSE(body.contains("request_id"));  // of a step: nobody commanded it
  t.step = false;
  t.who = {"somebody", "run-7"};
  const auto commanded = wire::read_targets(json::parse(wire::targets_body(t, parts.table)), parts.table);
  REQUIRE(commanded);
  CHECK(commanded->who.principal == "somebody");
  CHECK(commanded->who.request_id == "run-7");
  const auto refused = [&](const char* pointer, const json& value) {
    json bad = body;
    bad[json::json_pointer(pointer)] = value;
    const auto got = wire::read_targets(bad, parts.table);
    return !got && got.error().code == "WIRE_MALFORMED";
  };
  CHECK(refused("/targets/0/weight", 1.5));
  CHECK(refused("/targets/0/weight", nullptr));
  CHECK(refused("/targets/0/purpose", std::string(core::to_string(core::Purpose::emergency))));
  CHECK(refused("/targets/0/symbol", "NO-SUCH"));
  CHECK(refused("/targets/0/decision", "x"));
  CHECK(refused("/time_ns", 1.5));
  CHECK(refused("/changed", "BTC-USD"));
  CHECK(refused("/request_id", std::string(200, 'x')));
  CHECK(refused("/principal", 5));
  CHECK_FALSE(wire::read_targets(json::parse("[]"), parts.table));
}
