// What goes wrong without ending the run is counted by its code, told in the log without amounts, and in the summary.
#include "services/trade_execution/incidents.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "services/plugin_errors.hpp"
#include "services/runtime/summary.hpp"
#include "services/throttle.hpp"
#include "unit/observe/log_file.hpp"
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Desk;
using test::LogFile;

TEST_CASE("an incident is one line with its code and no amount, and is counted by its code") {
  LogFile log;
  Desk d;
  d.want(Purpose::entry, 0.05);
  Intent bad = d.last();
  bad.abi.side = BL_SELL;
  d.fill(bad, "1.337"_dec, "100.1337"_dec);
  d.fill(d.last(), "13371.337"_dec, "100"_dec);
  d.report(d.last(), BL_X_CANCEL_REJECTED);
  CHECK(d.exec->counts().incidents == 3);
  CHECK(d.exec->counts().by_incident == std::map<std::string, std::uint64_t, std::less<>>{
                                            {"FILL_BEYOND_ORDER", 1}, {"FILL_MISMATCH", 1}, {"ORDER_EVENT_UNEXPECTED", 1}});
  const auto lines = log.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["code"] == "FILL_MISMATCH");
  CHECK(lines[1]["code"] == "FILL_BEYOND_ORDER");
  for (const auto& line : lines) {
    CHECK(line["level"] == "ERROR");
    CHECK(line["service"] == "trade-execution");
    CHECK(line["component"] == "incident");
    CHECK(line.dump().find("1337") == std::string::npos);
  }
}

TEST_CASE("what a venue says with every bar does not fill the log, and its number is still told") {
  LogFile log;
  for (std::uint64_t n = 1; n <= 5000; ++n) services::log_incident("BROKER_EVENT_FAILED", n);
  const auto lines = log.lines();
  CHECK(lines.size() == 22);
  CHECK(lines.back()["count"] == 1000);
  CHECK(lines.back()["level"] == "WARNING");
}

TEST_CASE("an incident without a row in the table is told as grave") {
  LogFile log;
  services::log_incident("SOMETHING_NEW", 1);
  const auto lines = log.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["level"] == "ERROR");
  CHECK(lines[0]["code"] == "SOMETHING_NEW");
}

TEST_CASE("every code that execution, order table and portfolio give an incident has its row") {
  std::set<std::string> codes;
  const std::pair<const char*, const char*> places[] = {
      {"/host/services/trade_execution/execution.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_marks.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_targets.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_frame.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_commands.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_adopt.cpp", R"((?:incident|block)\([^";]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_close.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_latch.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_liquidate.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_final_read.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_states.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_reports.cpp", R"((?:incident|block)\([^"]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_answer.cpp", R"((?:incident|block)\([^";]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_balances.cpp", R"((?:incident|block|products_of)\([^";]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_external.cpp", R"((?:incident|block)\([^";]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_reconcile.cpp", R"((?:incident|block)\([^";]*"([A-Z_]+)\")"},
      {"/host/services/trade_execution/execution_booking.cpp", R"((?:incident|block)\([^";]*"([A-Z_]+)\")"},
      {"/host/core/booking.cpp", R"(refused\([^"]*"([A-Z_]+)\")"},
      {"/host/core/portfolio.cpp", R"(Error\{"([A-Z_]+)\")"},
      {"/host/core/portfolio_flows.cpp", R"(Error\{"([A-Z_]+)\")"},
      {"/host/core/order.cpp", R"(Error\{"([A-Z_]+)\")"},
  };
  for (const auto& [file, pattern] : places) {
    std::ifstream in(SOURCE_DIR + std::string(file));
    REQUIRE(in);
    std::stringstream all;
    all << in.rdbuf();
    const std::string text = all.str();
    const std::regex code(pattern);
    for (std::sregex_iterator i(text.begin(), text.end(), code), end; i != end; ++i) codes.insert((*i)[1]);
  }
  CHECK(codes.size() > 8);
  for (const std::string& code : codes) {
    INFO(code);
    CHECK(services::find_incident(code) != nullptr);
  }
  CHECK(services::find_incident("NOTHING") == nullptr);
}

TEST_CASE("a plugin's errors are counted by instance and reason, and told") {
  LogFile log;
  services::PluginErrors errors;
  for (int n = 0; n < 1500; ++n) errors.add("signal-generator", "cross", "PLUGIN_CALL_FAILED", "it said no");
  errors.add("portfolio-rebalancer", "balance", "REBALANCE_SUM", "more than 1");
  CHECK(errors.of("cross") == 1500);
  CHECK(errors.of("nobody") == 0);
  CHECK(errors.counts().at("balance").at("REBALANCE_SUM") == 1);
  const auto lines = log.lines();
  REQUIRE(lines.size() == 23);
  CHECK(lines[0]["service"] == "signal-generator");
  CHECK(lines[0]["instance"] == "cross");
  CHECK(lines[0]["msg"] == "instance cross: PLUGIN_CALL_FAILED: it said no");
  CHECK(lines[22]["code"] == "REBALANCE_SUM");
}

TEST_CASE("the summary says which incidents and whose errors there were") {
  services::Summary s;
  CHECK(s.text().find("incidents         none\n") != std::string::npos);
  s.incidents = 3;
  s.incident_codes = {{"CANCEL_FAILED", 1}, {"JOURNAL_WRITE", 2}};
  s.plugin_errors["cross"]["PLUGIN_CALL_FAILED"] = 7;
  CHECK(s.text().find("incidents         3 (CANCEL_FAILED 1, JOURNAL_WRITE 2)\n") != std::string::npos);
  CHECK(s.text().find("plugin errors     cross: PLUGIN_CALL_FAILED 7\n") != std::string::npos);
  const auto json = nlohmann::json::parse(s.json());
  CHECK(json["incidents"] == 3);
  CHECK(json["incident_codes"]["JOURNAL_WRITE"] == 2);
  CHECK(json["plugin_errors"]["cross"]["PLUGIN_CALL_FAILED"] == 7);
}

TEST_CASE("order state changes, fills by side and verdicts by rule are counted") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const Intent buy = d.last();
  d.report(buy, BL_X_ACCEPTED);
  d.fill(buy, "5"_dec, "99.95"_dec);
  d.want(Purpose::exit, 0);
  d.fill(d.last(), "5"_dec, "99"_dec);
  const services::ExecutionCounts& c = d.exec->counts();
  const auto moves = [&](Purpose p, OrderState s) { return c.moves[static_cast<std::size_t>(p)][static_cast<std::size_t>(s)]; };
  CHECK(moves(Purpose::entry, OrderState::submitted) == 1);
  CHECK(moves(Purpose::entry, OrderState::open) == 1);
  CHECK(moves(Purpose::entry, OrderState::filled) == 1);
  CHECK(moves(Purpose::exit, OrderState::filled) == 1);
  CHECK(moves(Purpose::exit, OrderState::rejected) == 0);
  CHECK(c.fills_by_side[static_cast<std::size_t>(Side::buy)] == 1);
  CHECK(c.fills_by_side[static_cast<std::size_t>(Side::sell)] == 1);
  std::map<std::string, std::uint64_t> verdicts;
  for (const auto& r : c.verdicts.rows()) verdicts[*r.rule + " " + std::to_string(r.action) + r.code] = r.n;
  CHECK(verdicts == std::map<std::string, std::uint64_t>{{"exit_floor 1", 1}, {"floor 1", 1}});
  d.exec->set_state(TradingState::halted, d.now, "me", "a drill");
  d.want(Purpose::entry, 0.05);
  bool refused = false;
  for (const auto& r : c.verdicts.rows()) refused = refused || (*r.rule == "floor" && r.action == 0 && r.code == "STATE_HALTED" && r.n == 1);
  CHECK(refused);
}

TEST_CASE("a rule that makes up a code for each verdict does not fill the memory") {
  services::VerdictCounts counts;
  std::uint64_t n = 0;
  for (int i = 0; i < 2000; ++i) {
    CheckRecord c;
    c.rule_source = test::text("wild");
    c.code = "CODE_" + std::to_string(i);
    counts.add(std::span(&c, 1), core::InstrumentId{1}, 1);
  }
  CHECK(counts.rows().size() == services::VerdictCounts::most_rows + 1);
  CHECK(counts.rows().back().code == "OTHER");
  for (const auto& r : counts.rows()) n += r.n;
  CHECK(n == 2000);
}
