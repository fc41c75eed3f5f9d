// The built file of the correlation through the C ABI: its params, and what it refuses.
#include <catch2/catch.hpp>

#include <cstring>
#include <string>

#include "risk_file.hpp"

using namespace plugin_tests;
using namespace plugin_tests::risk_files;

TEST_CASE(
    "risk_correlation file: two products that move alike become one cluster once their history is there") {
  Risk p("risk_correlation");
  p.host.symbols.push_back("ADA-USD");
  p.run({{"min_history", 10},
         {"window", 50},
         {"max_correlation", 1.0},
         {"shrinkage", 0.0},
         {"max_cluster", 0.2}});
  CHECK(p.mask() == 1ull << BL_EV_BAR);
  CHECK(p.warmup() == 12 * 11);
  for (std::uint32_t i = 1; i <= 3; ++i) p.account.mark(i, D("100"));
  p.account.hold(1, D("15"), D("100"));
  CHECK(px(p.check(buy(2, "10")).max_qty) == "5");  // nothing is known: everything is one
  CHECK(px(p.check(buy(3, "10")).max_qty) == "5");
  CHECK(p.assessment().at("unknown").size() == 3);
  std::int64_t px_1 = 10'000, px_3 = 10'000;
  for (int h = 1; h <= 12; ++h)
    for (int k = 1; k <= 12; ++k) {
      const std::int64_t at = h * hour + k * bar_ns;
      if (k == 12) {
        px_1 += h % 2 != 0 ? 130 : -110;
        px_3 += (h / 2) % 2 != 0 ? 140 : -120;
      }
      p.bar(1, at, px_1);
      p.bar(2, at, 2 * px_1);
      p.bar(3, at, px_3);
    }
  CHECK(std::string(p.check(buy(2, "10")).code) == "CLUSTER_LIMIT");
  CHECK(px(p.check(buy(2, "10")).max_qty) == "5");
  CHECK(p.check(buy(3, "10")).action == 1);
  const Json stands = p.assessment();
  CHECK(stands.at("clusters") == Json::array({Json::array({"BTC-USD", "ETH-USD"})}));
  CHECK(stands.at("unknown").empty());
  CHECK(stands.at("alike").empty());
}

TEST_CASE("risk_correlation file: a refusal names the product that is there") {
  Risk p("risk_correlation");
  p.run({{"max_correlation", 0.9}});
  for (std::uint32_t i = 1; i <= 2; ++i) p.account.mark(i, D("100"));
  p.account.hold(2, D("3"), D("100"));
  const bl_verdict v = p.check(buy(1, "1"));
  CHECK(v.action == 0);
  CHECK(std::string(v.code) == "CORRELATION_LIMIT");
  CHECK(std::string(v.reason) == "it moves like ETH-USD, of which enough is held or being bought");
  CHECK(px(v.value) == "1");
}

TEST_CASE("risk_correlation file: params that cannot be are refused") {
  Risk p("risk_correlation");
  const auto refused = [&](const Json& own, const char* code) {
    CHECK(p.configure(own) == BL_E_CONFIG);
    CHECK(p.message().rfind(std::string(code) + ": ", 0) == 0);
  };
  refused({{"interval", 301'000'000'000}}, "CORRELATION_INTERVAL");
  refused({{"window", 100}, {"min_history", 101}}, "CORRELATION_HISTORY");
  refused({{"min_notional", "-1"}}, "MIN_NOTIONAL_INVALID");
}
