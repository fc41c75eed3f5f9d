// GET /risk/state of the rules: what each limit came to, by the rule's own word where it has one; a plugin's word may be anything.
#include <functional>

#include "fixture.hpp"
#include "services/trade_execution/risk_state.hpp"

using namespace routes_test;

namespace {

/// Lets everything through but what is too large, and says of itself what the test wants.
struct Telling : core::RiskRule {
  core::SharedText name_ = std::make_shared<const std::string>("limits");
  const std::string& said;
  explicit Telling(const std::string& what) : said(what) {}
  const core::SharedText& name() const override { return name_; }
  bool check(const bl_intent& intent, const bl_portfolio&, bl_verdict& v) override {
    v.action = Decimal::from_raw(intent.qty) > "3"_dec ? 0 : 1;
    if (v.action == 0) std::memcpy(v.code, "TOO_LARGE", 10);
    v.value = intent.qty;
    v.limit = "3"_dec.raw();
    return true;
  }
  std::string assessment() { return said; }
};

struct Told : Desk {
  std::string said;
  Told() {
    std::vector<std::unique_ptr<core::RiskRule>> rules;
    rules.push_back(std::make_unique<Telling>(said));
    // Behind the routes another desk stands: this one is asked directly.
    execution = std::make_unique<services::Execution>(services::ExecutionOptions{}, table, core::AssetId{1}, "0.0005"_dec, std::move(rules),
                                                      core::FloorLimits{}, broker, *journal, sink);
  }
  json rule() {
    const json r = json::parse(services::risk_json(*execution, Parts::start));
    for (const json& one : r.at("rules"))
      if (one.at("rule") == "limits") return one;
    return {};
  }
  json checks() { return rule().value("checks", json("none")); }
};

}  // namespace

TEST_CASE("the risk state shows each limit of each rule with value, limit, headroom, product and time, before anything was refused") {
  Told d;
  d.said = R"({"checks":[
{"code":"POSITION_LIMIT","rule":6,"unit":"share_of_equity","bound":"most","value":"0.03","limit":"0.05","instrument":2,"at_ns":1640995500000000000},
{"code":"CASH_RESERVE_LIMIT","rule":18,"unit":"share_of_equity","bound":"least","value":"0.3","limit":"0.1","instrument":1,"at_ns":1640995500000000000},
{"code":"DAY_NOTIONAL_LIMIT","rule":20,"unit":"quote_amount","bound":"most","value":null,"limit":"1000","instrument":null,"at_ns":null}]})";
  const json rows = d.checks();
  REQUIRE(rows.is_array());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["code"] == "POSITION_LIMIT");
  CHECK(rows[0]["unit"] == "share_of_equity");
  CHECK(rows[0]["value"] == "0.03");
  CHECK(rows[0]["limit"] == "0.05");
  CHECK(rows[0]["headroom"] == "0.02");
  CHECK(rows[0]["instrument"] == "ETH-USD");
  CHECK(rows[0]["time"] == "2022-01-01T00:05:00Z");
  CHECK(rows[1]["bound"] == "least");
  CHECK(rows[1]["headroom"] == "0.2");
  CHECK(rows[2]["value"].is_null());
  CHECK(rows[2]["headroom"].is_null());
  CHECK(rows[2]["instrument"].is_null());
  CHECK(rows[2]["time"].is_null());
}

TEST_CASE("the risk state takes a plugin's word about itself for what it is: what is no row is passed over") {
  Told d;
  for (const char* said : {"", "null", "[]", "{", "{\"checks\":{}}", "{\"checks\":[1,null,\"x\",[],{},{\"code\":7}]}", "{\"checks\":\"all\"}", "\xff\xfe"}) {
    d.said = said;
    INFO(said);
    const json rows = d.checks();
    REQUIRE(rows.is_array());
    CHECK(rows.empty());
  }
  d.said = R"({"checks":[{"code":"A","value":12,"limit":"many","instrument":99,"at_ns":-5,"unit":[],"bound":"x"},{"code":"B","instrument":-1,"value":"1e999","limit":"1"}]})";
  const json rows = d.checks();
  REQUIRE(rows.size() == 2);
  for (const char* key : {"value", "limit", "headroom", "instrument", "time", "unit"}) CHECK(rows[0][key].is_null());
  CHECK(rows[0]["bound"] == "most");
  CHECK(rows[1]["value"].is_null());
  d.said = R"({"checks":[)";
  for (int i = 0; i < 6000; ++i) d.said += (i == 0 ? "" : ",") + std::string(R"({"code":"C"})");
  d.said += "]}";
  CHECK(d.checks().size() == 5000);
  d.said = std::string(100'000, '[');
  CHECK(d.checks().empty());
}

TEST_CASE("the risk state of a rule that says nothing of itself has what its verdicts told, with product and time") {
  Desk d;
  REQUIRE(d.trade(limit_buy("2")).status == 202);
  REQUIRE(d.trade(limit_buy("4", "ETH-USD"), "k2").code() == "TOO_LARGE");
  const Got r = d.get("/risk/state");
  REQUIRE(r.status == 200);
  for (const json& rule : r.body["rules"]) REQUIRE(rule.contains("checks"));
  services::VerdictCounts counts;
  core::CheckRecord c;
  c.rule_source = std::make_shared<const std::string>("limits");
  c.action = 0;
  c.code = "TOO_LARGE";
  c.value = "4"_dec;
  c.limit = "3"_dec;
  counts.add({&c, 1}, core::InstrumentId{2}, Parts::start);
  c.action = 2;
  c.value = "3.5"_dec;
  counts.add({&c, 1}, core::InstrumentId{1}, Parts::start + 1);
  c.code.clear();  // of what has no code nothing is told
  counts.add({&c, 1}, core::InstrumentId{2}, Parts::start + 2);
  REQUIRE(counts.told().size() == 1);
  CHECK(counts.told()[0].value == "3.5"_dec);
  CHECK(counts.told()[0].instrument == core::InstrumentId{1});
  CHECK(counts.told()[0].time == Parts::start + 1);
  for (std::size_t i = 0; i < 2 * services::VerdictCounts::most_rows; ++i) {
    c.code = "CODE_" + std::to_string(i);
    counts.add({&c, 1}, core::InstrumentId{1}, Parts::start);
  }
  CHECK(counts.told().size() == services::VerdictCounts::most_rows);
}

TEST_CASE("a dry run of an emergency stop tells what it would cancel and what would follow, and does nothing") {
  Desk d;
  REQUIRE(d.trade(limit_buy("2")).status == 202);
  d.sink.keep = true;
  const auto post = [&d](const char* path) { return d.ask(Method::Post, path, R"({"reason":"a look"})"); };
  const Got plan = post("/emergency/stop?dry_run=true");
  REQUIRE(plan.status == 200);
  CHECK(plan.body["dry_run"] == true);
  CHECK(plan.body["state"] == "halted");
  CHECK(plan.body["gate_open"] == false);
  CHECK(plan.body["state_now"] == "active");
  CHECK(plan.body["gate_open_now"] == true);
  CHECK(plan.body["cancels"] == 1);
  REQUIRE(plan.body["would_cancel"].size() == 1);
  CHECK(plan.body["would_cancel"][0]["instrument"] == "BTC-USD");
  CHECK(plan.body["would_cancel"][0]["left"] == "2");
  CHECK(plan.body["would_stay"].empty());
  CHECK(plan.body["refused"].is_null());
  CHECK(d.broker.cancels == 0);
  CHECK(d.sink.records.empty());
  CHECK(d.get("/trading/state").body["state"] == "active");
  CHECK(d.get("/trading/state").body["gate_open"] == true);
  CHECK(post("/emergency/stop?dry_run=perhaps").status == 400);
  CHECK(post("/emergency/stop?dryrun=true").status == 400);
  CHECK(d.ask(Method::Post, "/emergency/stop?dry_run=true", "{}").status == 400);  // what would be refused is refused
  REQUIRE(post("/emergency/stop?dry_run=false").status == 200);
  CHECK(d.broker.cancels == 1);
  CHECK(d.get("/trading/state").body["state"] == "halted");
}

TEST_CASE("a dry run of a resume tells what would follow, and why it would be refused, and does nothing") {
  Desk d;
  const auto post = [&d](const char* path, const char* id) { return d.ask(Method::Post, path, R"({"reason":"a look"})", {{"X-Request-Id", id}}); };
  REQUIRE(post("/emergency/stop", "stop-1").status == 200);
  d.sink.keep = true;
  const Got plan = post("/emergency/resume?dry_run=true", "look-1");
  REQUIRE(plan.status == 200);
  CHECK(plan.body["state"] == "active");
  CHECK(plan.body["gate_open"] == true);
  CHECK(plan.body["state_now"] == "halted");
  CHECK(plan.body["refused"].is_null());
  CHECK(d.sink.records.empty());
  CHECK(d.get("/trading/state").body["state"] == "halted");
  REQUIRE(post("/emergency/resume", "resume-1").status == 200);
  REQUIRE(post("/emergency/stop", "stop-2").status == 200);
  const Got again = post("/emergency/resume?dry_run=true", "resume-1");
  REQUIRE(again.status == 200);
  CHECK(again.body["refused"]["code"] == "REQUEST_REPEATED");
  CHECK(again.body["state"] == "halted");
  CHECK(again.body["gate_open"] == false);
  CHECK(d.get("/trading/state").body["state"] == "halted");
  // What was only looked at may be done under the same id.
  REQUIRE(post("/emergency/resume?dry_run=true", "resume-2").body["refused"].is_null());
  CHECK(post("/emergency/resume", "resume-2").status == 200);
}
