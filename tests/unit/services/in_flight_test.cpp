// Orders whose fate is not known are asked about in turn: so many in a period and in an hour, the oldest first, none for ever
// behind the others (trading rules 2.3).
#include "services/trade_execution/in_flight_turns.hpp"

#include <map>
#include <set>

#include "unit/services/mute_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using namespace bowline::test;
using services::InFlightQuota;

namespace {

/// Of ten products.
struct Wide : Mute {
  std::vector<InstrumentId> products;
  explicit Wide(services::ExecutionOptions o = {}) : Mute(o) {
    for (int i = 0; i < 10; ++i) products.push_back(*m.table.add("P" + std::to_string(i) + "-USD", m.table[m.btc].rules));
    use({});
    exec->begin();
    for (const InstrumentId id : products) price(id, 10000);
    step();
  }
};

/// A purchase of the operator of each of `n` products that was handed over, and nobody knows whether it arrived.
std::vector<std::string> unknown(Wide& d, std::size_t n) {
  std::vector<std::string> ids;
  d.broker.answer = services::HandOver::unknown;
  for (std::size_t i = 0; i < n; ++i) {
    services::TradeRequest q = d.request(Side::buy, "0.1"_dec, "k" + std::to_string(i));
    q.instrument = d.products[i];
    q.type = OrderType::limit;
    q.tif = TimeInForce::gtc;
    q.limit_px = "90"_dec;
    const auto done = d.exec->execute(q, d.now);
    if (!done) FAIL(done.error().code << ": " << done.error().message);
    ids.emplace_back(done->order.view());
    REQUIRE(d.state(d.last()) == OrderState::unknown);
  }
  d.broker.answer = services::HandOver::taken;
  d.broker.asked.clear();
  return ids;
}

services::ExecutionOptions with(Nanos every, InFlightQuota quota) {
  services::ExecutionOptions o;
  o.in_flight_every = every;
  o.in_flight = quota;
  return o;
}

}  // namespace

TEST_CASE("rule 2.3: an order of unknown fate is asked about once in the period that the configuration says") {
  Wide d(with(5 * second, {10, 0}));
  unknown(d, 1);
  std::vector<int> at;
  for (int s = 1; s <= 20; ++s) {
    d.tick();
    if (!d.broker.asked.empty()) at.push_back(s);
    d.broker.asked.clear();
  }
  REQUIRE(at.size() >= 4);
  for (std::size_t i = 1; i < at.size(); ++i) CHECK(at[i] - at[i - 1] == 5);
  Wide usual;  // as it always was: two seconds
  unknown(usual, 1);
  usual.tick();
  usual.broker.asked.clear();
  usual.tick();
  CHECK(usual.broker.asked.empty());
  usual.tick();
  CHECK(usual.broker.asked.size() == 1);
}

TEST_CASE("rule 2.3: no more are asked about in a period than its quota, the oldest first, and none waits for ever") {
  Wide d(with(2 * second, {2, 0}));
  const auto ids = unknown(d, 7);
  std::vector<std::string> asked;
  for (int period = 0; period < 4; ++period) {
    d.broker.asked.clear();
    d.tick();
    d.tick();
    CHECK(d.broker.asked.size() <= 2);
    asked.insert(asked.end(), d.broker.asked.begin(), d.broker.asked.end());
  }
  REQUIRE(asked.size() == 8);
  for (std::size_t i = 0; i < 6; ++i) CHECK(asked[i] == ids[i]);
  CHECK(std::set<std::string>{asked[6], asked[7]} == std::set<std::string>{ids[6], ids[0]});  // and again from the front
  // A step between two looks has no quota of its own.
  d.broker.asked.clear();
  d.tick();
  d.tick();
  d.price(d.m.btc, 10000);
  d.step();
  CHECK(d.broker.asked.size() <= 2);
}

TEST_CASE("rule 2.3: all of them are proved absent in the end, few as may be asked about at once") {
  Wide d(with(2 * second, {2, 0}));
  const auto ids = unknown(d, 6);
  std::map<std::string, Intent> sent;
  for (const Intent& i : d.broker.sent) sent.emplace(i.client_id(), i);
  const auto known = [&] {
    std::size_t n = 0;
    for (const std::string& id : ids) n += d.exec->orders().find(ClientOrderId(id))->state == OrderState::not_placed;
    return n;
  };
  for (int s = 0; s < 600 && known() < ids.size(); ++s) {
    d.broker.asked.clear();
    d.tick();
    CHECK(d.broker.asked.size() <= 2);
    for (const std::string& id : std::vector<std::string>(d.broker.asked)) d.report(sent.at(id), BL_X_ABSENT);
    while (!d.exec->reconciled() && !d.broker.queries.empty()) {
      d.done(d.broker.queries.back().request);
      d.broker.queries.pop_back();
    }
  }
  CHECK(known() == ids.size());
}

TEST_CASE("rule 2.3: over an hour no more are asked about than the hour has room for, and every order has its turn") {
  Wide d(with(2 * second, {10, 60}));
  const auto ids = unknown(d, 5);
  std::map<std::string, int> times;
  int all = 0;
  for (int s = 0; s < 3600; ++s) {
    d.broker.asked.clear();
    d.tick();
    for (const std::string& id : d.broker.asked) ++times[id], ++all;
  }
  CHECK(all <= 60);
  CHECK(all >= 50);
  for (const std::string& id : ids) CHECK(times[id] >= 10);
}

TEST_CASE("rule 2.3: where time moves by data every order of unknown fate is asked about in each step") {
  Desk d;
  d.options.in_flight = {1, 1};
  d.use({});
  d.broker.answer = services::HandOver::unknown;
  d.want({d.target(Purpose::entry, 0.05, d.m.btc)});
  d.price(d.m.bnb, 10000);
  d.want({d.target(Purpose::entry, 0.05, d.m.bnb)});
  REQUIRE(d.broker.sent.size() == 2);
  d.broker.asked.clear();
  d.now += bar_ns;
  d.step();
  CHECK(std::set<std::string>(d.broker.asked.begin(), d.broker.asked.end()).size() == 2);
}
