// The mock broker's params: what a schema's defaults and a config's words become.
#include <catch2/catch.hpp>

#include "broker_mock/params.hpp"
#include "broker_mock/schema.hpp"
#include "common/money.hpp"

using namespace bowline::broker_mock;
using Json = nlohmann::json;

namespace {
Json with_external(const Json& entries) { return {{"external_orders", entries}}; }
std::string refusal(const Json& entry) {
  const auto r = options_of(
      with_external(Json::array({{{"at", "2022-01-01"}, {"do", "cancel"}, {"product", "A-B"}}, entry})));
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "EXTERNAL_ORDERS_INVALID");
  return r.error().message;
}
}  // namespace

TEST_CASE("params: by default nothing goes wrong") {
  const auto o = options_of(Json::object());
  REQUIRE(o.ok());
  CHECK_FALSE(o->venue.faults.distort_telling());
  CHECK(o->venue.faults.timeout_probability == 0);
  CHECK(o->venue.faults.cancel_reject_probability == 0);
  CHECK(o->rate_limit == 0);
  CHECK(o->script.empty());
  CHECK_FALSE(o->memory);
  CHECK(o->venue.seed == 1);
}

TEST_CASE("params: each one reaches its place") {
  const auto o = options_of({{"timeout_probability", 0.01},
                             {"timeout_lost_share", 0.02},
                             {"cancel_reject_probability", 0.03},
                             {"duplicate_fill_probability", 0.04},
                             {"late_fill_probability", 0.05},
                             {"late_fill_delay", 6},
                             {"lost_fill_probability", 0.07},
                             {"late_ack_probability", 0.08},
                             {"late_ack_delay", 9},
                             {"disconnect_probability", 0.10},
                             {"disconnect_duration", 11},
                             {"disconnect_replays", true},
                             {"rate_limit", 12},
                             {"rate_burst", 13},
                             {"latency", 14},
                             {"seed", 15}});
  REQUIRE(o.ok());
  const FaultOptions& f = o->venue.faults;
  CHECK(f.timeout_probability == 0.01);
  CHECK(f.timeout_lost_share == 0.02);
  CHECK(f.cancel_reject_probability == 0.03);
  CHECK(f.duplicate_fill_probability == 0.04);
  CHECK(f.late_fill_probability == 0.05);
  CHECK(f.late_fill_delay_ns == 6);
  CHECK(f.lost_fill_probability == 0.07);
  CHECK(f.late_ack_probability == 0.08);
  CHECK(f.late_ack_delay_ns == 9);
  CHECK(f.disconnect_probability == 0.10);
  CHECK(f.disconnect_duration_ns == 11);
  CHECK(f.disconnect_replays);
  CHECK(o->rate_limit == 12);
  CHECK(o->rate_burst == 13);
  CHECK(o->venue.latency_ns == 14);
  CHECK(o->venue.seed == 15);
  CHECK(options_of({{"rate_limit", 12}})->rate_burst == 12);  // 0 = as many as the rate
}

TEST_CASE("params: external entries, each kind, with a line of their own") {
  const auto o = options_of(with_external(
      Json::array({{{"at", "2022-01-03T12:00:00Z"},
                    {"do", "order"},
                    {"product", "BTC-USD"},
                    {"side", "sell"},
                    {"qty", "0.50"},
                    {"px", "50000"}},
                   {{"at", "2022-01-03T12:00:00Z"},
                    {"do", "order"},
                    {"product", "BTC-USD"},
                    {"side", "buy"},
                    {"type", "market"},
                    {"qty", "1"}},
                   {{"at", "1641211200"},
                    {"do", "fill"},
                    {"product", "BTC-USD"},
                    {"side", "buy"},
                    {"qty", "1"},
                    {"px", "3"},
                    {"told", false}},
                   {{"at", "2022-01-04"}, {"do", "cancel"}, {"product", "BTC-USD"}},
                   {{"at", "2022-01-05"}, {"do", "withdrawal"}, {"asset", "USD"}, {"qty", "500"}}})));
  if (!o) FAIL(o.error().message);
  REQUIRE(o->script.size() == 5);
  std::vector<std::string> lines;
  for (const ScriptLine& l : o->script) lines.push_back(l.act.script);
  CHECK(lines == std::vector<std::string>{"1641211200000000000 order BTC-USD SELL LIMIT 0.5 @ 50000",
                                          "1641211200000000000 order BTC-USD BUY MARKET 1",
                                          "1641211200000000000 fill BTC-USD BUY LIMIT 1 @ 3 untold",
                                          "1641254400000000000 cancel BTC-USD",
                                          "1641340800000000000 withdrawal USD 500"});
  CHECK(o->script[0].act.side == Side::sell);
  CHECK(o->script[0].act.told);
  CHECK(o->script[1].act.type == Type::market);
  CHECK_FALSE(o->script[1].act.px.has_value());
  CHECK_FALSE(o->script[2].act.told);
  CHECK(o->script[4].asset == "USD");
}

TEST_CASE("params: what others trade has a product, a quantity and a price, and no side") {
  const auto o = options_of(with_external(Json::array(
      {{{"at", "2022-01-03T12:00:00Z"}, {"do", "trade"}, {"product", "A-B"}, {"qty", "5"}, {"px", "3"}}})));
  REQUIRE(o.ok());
  REQUIRE(o->script.size() == 1);
  CHECK(o->script[0].act.what == ExternalAct::What::trade);
  CHECK(bowline::money::text(*o->script[0].act.px) == "3");
  CHECK(o->script[0].act.script == "1641211200000000000 trade A-B 5 @ 3");
  CHECK(refusal({{"at", "2022-01-01"}, {"do", "trade"}, {"product", "A-B"}, {"qty", "1"}}).find("needs px") !=
        std::string::npos);
}

TEST_CASE("params: an external entry that is not whole is refused with its number and what it lacks") {
  CHECK(refusal({{"at", "2022-01-01"}, {"do", "dance"}}).rfind("external_orders[1] needs do:", 0) == 0);
  CHECK(refusal({{"at", "soon"}, {"do", "cancel"}, {"product", "A-B"}}).find("needs at:") !=
        std::string::npos);
  CHECK(refusal({{"at", "2022-01-01"}, {"do", "cancel"}}).find("needs product") != std::string::npos);
  CHECK(refusal({{"at", "2022-01-01"}, {"do", "deposit"}, {"product", "A-B"}, {"qty", "1"}})
            .find("needs asset") != std::string::npos);
  CHECK(refusal({{"at", "2022-01-01"}, {"do", "order"}, {"product", "A-B"}, {"qty", "1"}, {"px", "1"}})
            .find("needs side") != std::string::npos);
  CHECK(refusal({{"at", "2022-01-01"}, {"do", "order"}, {"product", "A-B"}, {"side", "buy"}, {"px", "1"}})
            .find("needs qty") != std::string::npos);
  CHECK(refusal({{"at", "2022-01-01"}, {"do", "order"}, {"product", "A-B"}, {"side", "buy"}, {"qty", "1"}})
            .find("needs px") != std::string::npos);
  CHECK(refusal({{"at", "2022-01-01"},
                 {"do", "fill"},
                 {"product", "A-B"},
                 {"side", "buy"},
                 {"type", "market"},
                 {"qty", "1"}})
            .find("needs px") != std::string::npos);
  CHECK(
      refusal({{"at", "2022-01-01"}, {"do", "deposit"}, {"asset", "USD"}, {"qty", "-1"}}).find("needs qty") !=
      std::string::npos);
}
