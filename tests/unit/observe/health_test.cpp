#include "observe/health.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace bowline::observe;

TEST_CASE("the worst component decides; degraded still serves") {
  HealthBoard b({.service = "trade-execution", .version = "0.1.0", .mode = "mock"});
  CHECK(b.report().first);
  b.set("store", Health::Ok);
  b.set("feed", Health::Degraded, "FEED_STALE", "no bar for 12 minutes");
  CHECK(b.overall() == Health::Degraded);
  CHECK(b.report().first);
  b.set("journal", Health::Down, "JOURNAL_READ_ONLY", "cannot write var/journal.db");
  const auto [ok, text] = b.report();
  CHECK_FALSE(ok);
  const auto d = nlohmann::json::parse(text);
  CHECK(d["status"] == "down");
  CHECK(d["service"] == "trade-execution");
  CHECK(d["mode"] == "mock");
  CHECK(d["components"]["feed"]["code"] == "FEED_STALE");
  CHECK(d["components"]["store"]["status"] == "ok");
  b.set("journal", Health::Ok);
  CHECK(b.report().first);
}

TEST_CASE("trading readiness is shown and is never a reason for 503") {
  HealthBoard b({});
  b.set_trading_ready(false, {"RECONCILE_PENDING", "GATE_CLOSED"});
  CHECK(b.report().first);
  auto d = nlohmann::json::parse(b.json());
  CHECK(d["trading"]["ready"] == false);
  CHECK(d["trading"]["reasons"] == nlohmann::json({"RECONCILE_PENDING", "GATE_CLOSED"}));
  b.set_trading_ready(true);
  d = nlohmann::json::parse(b.json());
  CHECK(d["trading"]["ready"] == true);
  CHECK(d["trading"]["reasons"].empty());
}

TEST_CASE("a loop that stands still is not alive, and the service is down") {
  std::int64_t now = 0;
  HealthBoard b({.live_limit_ns = 1000, .monotonic_ns = [&] { return now; }});
  now = 1000;
  CHECK(b.live());
  now = 1001;
  CHECK_FALSE(b.live());
  CHECK_FALSE(b.report().first);
  b.beat();
  CHECK(b.live());
  CHECK(b.report().first);
}

TEST_CASE("ready is what was set") {
  HealthBoard b({});
  CHECK_FALSE(b.ready());
  b.set_ready(true);
  CHECK(b.ready());
}

TEST_CASE("what was set as ready is not, once it may not be: a stop has begun") {
  bool accepting = true;
  HealthBoard b({.may_be_ready = [&] { return accepting; }});
  CHECK_FALSE(b.ready());
  b.set_ready(true);
  CHECK(b.ready());
  accepting = false;
  CHECK_FALSE(b.ready());
  CHECK(b.json().find("\"ready\":false") != std::string::npos);
}

TEST_CASE("the components are listed with their status, sorted by name") {
  HealthBoard b({});
  b.set("venue", Health::Down, "VENUE_LINK_DOWN", "no connection");
  b.set("journal", Health::Ok);
  CHECK(b.components() == std::vector<std::pair<std::string, Health>>{{"journal", Health::Ok}, {"venue", Health::Down}});
}
