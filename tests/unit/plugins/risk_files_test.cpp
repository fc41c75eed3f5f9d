// The built risk files through the C ABI: what they have in common.
#include <catch2/catch.hpp>

#include <string>

#include "risk_file.hpp"

using namespace plugin_tests;
using namespace plugin_tests::risk_files;

TEST_CASE("risk_correlation and risk_stops file: their assessments have their limits with what they came to last") {
  Risk c("risk_correlation");
  c.run({{"max_correlation", 1}, {"max_cluster", 0.25}});
  c.account.mark(1, D("100"));
  CHECK(row_of(c.assessment(), "CLUSTER_LIMIT").at("value").is_null());
  CHECK(c.code(buy(1, "10")).empty());
  const Json cluster = row_of(c.assessment(), "CLUSTER_LIMIT", 1);
  REQUIRE(cluster.is_object());
  CHECK(cluster.at("value") == "0.1");
  CHECK(cluster.at("limit") == "0.25");
  Risk s("risk_stops");
  s.run({{"require_history", true}, {"bars", 20}});
  CHECK(s.code(buy(1, "1")) == "STOP_HISTORY_MISSING");
  const Json history = row_of(s.assessment(), "STOP_HISTORY_MISSING", 1);
  REQUIRE(history.is_object());
  CHECK(history.at("value") == "0");
  CHECK(history.at("limit") == "20");
  CHECK(history.at("bound") == "least");
}

TEST_CASE("risk files: the same tape twice gives the same stops and verdicts") {
  for (const char* folder : {"risk_limits", "risk_stops", "risk_correlation"}) {
    std::string said[2];
    for (std::string& s : said) {
      Risk p(folder);
      p.run(Json::object());
      std::uint64_t x = 9;
      const auto below = [&x](std::uint64_t n) { return (x ^= x << 13, x ^= x >> 7, x ^= x << 17) % n; };
      for (std::uint32_t i = 1; i <= 2; ++i) p.account.mark(i, D("100"));
      p.account.hold(1, D("3"), D("100"));
      std::int64_t close = 10'000;
      for (int i = 1; i <= 3'000; ++i) {
        close += static_cast<std::int64_t>(below(41)) - 20;
        const std::int64_t at = p.account.now_ns / hour * hour + i * bar_ns;
        p.bar(1, at, close, 10);
        p.bar(2, at, close + static_cast<std::int64_t>(below(100)), 10);
        bl_bar odd = bar_at(0xFFFFFFFFu, at, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MAX);
        p.tell(odd.h);
        const bl_verdict v = p.check(buy(2, std::to_string(1 + below(30)).c_str()));
        s += std::to_string(v.action) + v.code + px(v.max_qty) + px(v.value);
      }
      for (const bl_stop& w : p.host.stops) s += px(w.stop_px);
    }
    INFO(folder);
    CHECK(said[0] == said[1]);
    CHECK(said[0].size() > 3'000);
  }
}
