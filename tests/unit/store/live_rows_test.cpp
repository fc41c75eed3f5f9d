// The rows of the ramp and of a process's end (trading rules 3.5, 6): they come back as they were, and what would bound nothing
// by mistake is refused.
#include "store/live_rows.hpp"

#include <catch2/catch.hpp>

using namespace bowline;
using namespace bowline::store;
using namespace bowline::literals;

TEST_CASE("rule 6: a ramp comes back from its row as it was, with what was configured then") {
  const RampRow r{"500.5"_dec, 20, "100"_dec, 10, "ops", "three \"good\" days", "r-1"};
  const auto back = read_ramp(line(r));
  if (!back) FAIL(back.error().message);
  CHECK(line(*back) == line(r));
  CHECK(back->usd_per_day == "500.5"_dec);
  CHECK(back->orders_per_day == 20);
  CHECK(back->configured_usd_per_day == "100"_dec);
  CHECK(back->configured_orders_per_day == 10);
  CHECK(back->who == "ops");
  CHECK(back->why == "three \"good\" days");
  CHECK(back->request == "r-1");
}

TEST_CASE("rule 6: what is not bounded is not in the row, and comes back so") {
  const RampRow none{Decimal::not_set(), 0, Decimal::not_set(), 0, "ops", "lifted", ""};
  const auto back = read_ramp(line(none));
  REQUIRE(back);
  CHECK_FALSE(back->usd_per_day.is_set());
  CHECK(back->orders_per_day == 0);
  CHECK(line(none).find("per_day") == std::string::npos);
}

TEST_CASE("rule 6: a row whose ramp can't be is refused, and is not taken for no ramp") {
  const std::string rest = R"(,"who":"o","why":"w","request":""})";
  for (const char* wrong : {R"({"usd_per_day":"0")", R"({"usd_per_day":"-5")", R"({"usd_per_day":"many")", R"({"orders_per_day":0)", R"({"orders_per_day":-1)",
                            R"({"orders_per_day":4294967296)", R"({"orders_per_day":"20")", R"({"configured_orders_per_day":1.5)"}) {
    INFO(wrong);
    CHECK(read_ramp(wrong + rest).error().code == "JOURNAL_ROW");
  }
  CHECK(read_ramp(R"({"usd_per_day":"5"})").error().code == "JOURNAL_ROW");
  CHECK(read_ramp("").error().code == "JOURNAL_ROW");
}

TEST_CASE("rule 3.5: an end comes back with the roll-out that it was for, and without one where it was for none") {
  const EndRow planned{"stopped", Rollout{42, "ops", "version end_of_data"}};
  const auto back = read_end(line(planned));
  if (!back) FAIL(back.error().message);
  CHECK(back->end == "stopped");
  REQUIRE(back->rollout);
  CHECK(back->rollout->until == 42);
  CHECK(back->rollout->who == "ops");
  CHECK(back->rollout->why == "version end_of_data");
  CHECK(line(EndRow{"stopped", {}}) == R"({"end":"stopped"})");  // as it ever was
  CHECK_FALSE(read_end(R"({"end":"stopped"})")->rollout);
  CHECK(read_end(R"({"end":"stopped","rollout":{"until":42}})").error().code == "JOURNAL_ROW");
  CHECK(read_end("{}").error().code == "JOURNAL_ROW");
}
