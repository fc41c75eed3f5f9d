#include "edge/openapi.hpp"
#include "edge/ws_client.hpp"
#include "fixture.hpp"
#include "services/runtime/route_help.hpp"
#include "unit/edge/fixture.hpp"

using namespace routes_test;

namespace {

core::Prediction prediction(std::uint32_t instrument, core::Action action) {
  core::Prediction p;
  p.id = {7, instrument};
  p.instrument = {instrument};
  p.action = action;
  p.time = Parts::start;
  p.p_up = 0.75;
  p.ref_px = "100.5"_dec;
  p.model = std::make_shared<const std::string>("a \"model\"");
  return p;
}

}  // namespace

TEST_CASE("the latest signals are there before and after the first step") {
  Desk d;
  CHECK(d.get("/signals/latest").body["signals"].empty());
  const auto step = std::vector{prediction(1, core::Action::buy), prediction(2, core::Action::hold)};
  d.latest.take(step);
  const Got all = d.get("/signals/latest");
  REQUIRE(all.body["signals"].size() == 2);
  const json& p = all.body["signals"][0];
  CHECK(p["action"] == "BUY");
  CHECK(p["ref_price"] == "100.5");
  CHECK(p["p_up"] == 0.75);
  CHECK(p["weight"].is_null());
  CHECK(p["model"] == "a \"model\"");
  CHECK(p["time"] == "2022-01-01T00:05:00Z");
  d.latest.take(std::vector{prediction(1, core::Action::sell)});  // the other one stays
  CHECK(d.get("/signals/latest").body["signals"].size() == 2);
  const Got one = d.get("/signals/latest?symbol=BTC-USD");
  REQUIRE(one.body["signals"].size() == 1);
  CHECK(one.body["signals"][0]["action"] == "SELL");
  CHECK(d.get("/signals/latest?symbol=NO-SUCH").status == 404);
  CHECK(d.get("/signals/latest?symbl=BTC-USD").code() == "PARAM_UNKNOWN");
}

TEST_CASE("the stream sends each prediction, and again from an id on") {
  Desk d;
  services::publish_signals(
      d.stream, std::vector{prediction(1, core::Action::buy), prediction(2, core::Action::buy)}, d.table);
  edge_test::Slot<std::string> texts;
  edge::WsClient client(d.io,
                        {.url = "ws://127.0.0.1:" + std::to_string(d.port()) + "/signals/stream?from=2"},
                        {.on_text = [&](std::string_view t) { texts.put(std::string(t)); }});
  client.start();
  const auto kept = texts.take();
  REQUIRE(kept);
  CHECK(json::parse(*kept)["event_id"] == 2);
  services::publish_signals(d.stream, std::vector{prediction(1, core::Action::sell)}, d.table);
  const auto fresh = texts.take();
  REQUIRE(fresh);
  const json m = json::parse(*fresh);
  CHECK(m["event_id"] == 3);
  CHECK(m["type"] == "signal");
  CHECK(m["time_ns"] == Parts::start);
  CHECK(m["signal"]["action"] == "SELL");
  CHECK(d.stream.sessions() == 1);
  client.stop();
  CHECK(d.get("/signals/stream?from=x").status >= 400);
}

TEST_CASE("the stream keeps what was said just before the first listener, and for a minute after the last") {
  Desk d;
  const auto step = std::vector{prediction(1, core::Action::buy)};
  services::publish_signals(d.stream, step, d.table);
  CHECK(d.stream.next_id() == 2);
  services::Broadcaster none(16, std::chrono::milliseconds(0));
  services::publish_signals(none, step, d.table);
  CHECK(none.next_id() == 2);  // the id is used up: who comes later sees that something is missing
  edge_test::Slot<std::string> texts;
  {
    edge::WsClient client(d.io, {.url = "ws://127.0.0.1:" + std::to_string(d.port()) + "/signals/stream?from=1"},
                          {.on_text = [&](std::string_view t) { texts.put(std::string(t)); }});
    client.start();
    REQUIRE(texts.take());
    client.stop();
  }
  CHECK_FALSE(d.stream.skip_unheard());
}

TEST_CASE("history and explanations come from the store, or say that there is none") {
  Desk none;
  for (const char* path : {"/signals", "/signals/1/explain", "/decisions", "/decisions/1/explain",
                           "/orders/1/explain", "/portfolio/history", "/rebalance/history"}) {
    const Got got = none.get(path);
    CHECK(got.status == 503);
    CHECK(got.code() == "STORE_ABSENT");
  }
  CHECK(none.get("/orders").status == 200);  // from memory

  Desk d;
  store::PageAsk asked;
  const auto note = [&](const store::PageAsk& ask) -> Result<store::Page> {
    asked = ask;
    return store::Page{{{{5, "a"}, R"({"n":1})"}}, true, store::Place{5, "a"}};
  };
  d.backend.signals = d.backend.decisions = d.backend.portfolio_history = d.backend.rebalances = note;
  d.backend.explain_decision = [](const std::string& id) -> services::Backend::Json {
    if (id == "1") return std::string(R"({"code":"HOLD"})");
    return Error{"DECISION_NOT_FOUND", "no decision of this id is stored"};
  };
  const Got got = d.get("/signals?since=2022-01-01T00:05:00Z&symbol=ETH-USD&limit=7&before=9~x");
  CHECK(got.body == json{{"signals", {{{"n", 1}}}}, {"more", true}, {"next_before", "5~a"}});
  CHECK(asked.since_ns == Parts::start);
  CHECK(asked.only == "ETH-USD");
  CHECK(asked.limit == 7);
  CHECK(asked.before == store::Place{9, "x"});
  for (const auto& [path, name] : {std::pair{"/decisions", "decisions"}, std::pair{"/portfolio/history", "history"},
                                   std::pair{"/rebalance/history", "rebalances"}}) {
    INFO(path);
    CHECK(d.get(path).body[name].size() == 1);
    CHECK(asked.since_ns == 0);
    CHECK(asked.only.empty());
    CHECK(asked.limit == 100);
    CHECK_FALSE(asked.before);
    CHECK(d.get(std::string(path) + "?before=yesterday").code() == "PARAM_INVALID");
    CHECK(d.get(std::string(path) + "?since=yesterday").code() == "PARAM_INVALID");
  }
  d.backend.signals = [](const store::PageAsk&) -> Result<store::Page> { return Error{"STORE_LOCKED", "busy"}; };
  CHECK(d.get("/signals").status == 500);  // a store that cannot be read is not an empty list
  CHECK(d.get("/rebalance/history?limit=1000").status == 200);
  CHECK(d.get("/rebalance/history?limit=1001").status == 400);
  CHECK(d.get("/decisions/1/explain").body["code"] == "HOLD");
  CHECK(d.get("/decisions/2/explain").status == 404);
  CHECK(d.get("/signals?since=yesterday").status == 400);
  CHECK(d.get("/decisions?symbol=NO-SUCH").status == 404);
}

TEST_CASE("a plan is shown without effect, and run through the same gates as any target") {
  Desk d;
  const Got plan = d.get("/rebalance/plan");
  REQUIRE(plan.status == 200);
  CHECK(plan.body["dry_run"] == true);
  CHECK(plan.body["targets"][0]["symbol"] == "BTC-USD");
  CHECK(plan.body["targets"][0]["weight"] == 0.5);
  CHECK(plan.body["targets"][0]["valid_until"].is_null());
  CHECK(d.rebalancer->plans_made() == 0);
  CHECK(d.ask(Method::Post, "/rebalance/run", R"({"now":true})").code() == "JSON_KEY_UNKNOWN");
  const Got run = d.ask(Method::Post, "/rebalance/run");
  CHECK(run.status == 202);
  CHECK(d.rebalancer->plans_made() == 1);
  // The same but for the decision: each plan that is carried out is one of its own.
  auto run_targets = run.body["targets"], planned = plan.body["targets"];
  for (std::size_t i = 0; i < planned.size(); ++i) {
    CHECK(run_targets[i]["decision"] != planned[i]["decision"]);
    run_targets[i].erase("decision");
    planned[i].erase("decision");
  }
  CHECK(run_targets == planned);

  Desk without(false);
  const Got absent = without.get("/rebalance/plan");
  CHECK(absent.status == 409);
  CHECK(absent.code() == "REBALANCER_ABSENT");
  without.backend.take_plan = nullptr;
  CHECK(without.ask(Method::Post, "/rebalance/run", "{}").code() == "EXECUTION_ABSENT");
}

TEST_CASE("who commanded a plan stands in the audit trail, and who only looked at one does not") {
  Desk d;
  d.sink.keep = true;
  const auto trail = [&d] {
    std::vector<core::AuditRecord> all;
    for (const core::Record& r : d.sink.records)
      if (const auto* a = std::get_if<core::AuditRecord>(&r)) all.push_back(*a);
    return all;
  };
  REQUIRE(d.get("/rebalance/plan").status == 200);
  CHECK(trail().empty());
  REQUIRE(d.ask(Method::Post, "/rebalance/run", "", {{"X-Request-Id", "run-7"}}).status == 202);
  REQUIRE(trail().size() == 1);
  const core::AuditRecord a = trail()[0];
  CHECK(a.action == "rebalance_run");
  CHECK(a.subject == "1 target");
  CHECK(a.request_id == "run-7");
  CHECK(a.principal.empty());  // nobody is authenticated yet
  CHECK(a.time == Parts::start);
}

TEST_CASE("a plan whose outcome nobody knows is never told as refused") {
  Desk d;
  std::string code;
  d.backend.take_plan = [&](std::span<const core::Target>, core::Nanos, const services::Asker&, const services::Backend::Taken& taken) {
    taken(Error{code, "why"});
  };
  for (const auto& [given, status] :
       {std::pair{"REBALANCE_OUTCOME_UNKNOWN", 504}, std::pair{"EXECUTION_ABSENT", 503}, std::pair{"PEER_REFUSED", 422}}) {
    code = given;
    const Got got = d.ask(Method::Post, "/rebalance/run");
    CHECK(got.status == status);
    CHECK(got.code() == given);
  }
  // The answer may come later, and the core thread does other work meanwhile.
  services::Backend::Taken later;
  d.backend.take_plan = [&](std::span<const core::Target>, core::Nanos, const services::Asker&, services::Backend::Taken taken) {
    later = std::move(taken);
  };
  std::thread waiting([&] { CHECK(d.ask(Method::Post, "/rebalance/run").status == 202); });
  edge_test::Slot<bool> told;
  while (told.size() == 0) {
    REQUIRE(d.core.post([&] {
      if (later && told.size() == 0) std::exchange(later, nullptr)({}), told.put(true);
    }));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  waiting.join();
}

TEST_CASE("times are read as they are written, and impossible ones are refused") {
  using services::parse_time;
  CHECK(*parse_time("2022-01-01T00:05:00Z", "t") == Parts::start);
  CHECK(*parse_time("1640995500000000000", "t") == Parts::start);
  CHECK(*parse_time("2022-01-01T00:05:00.25Z", "t") == Parts::start + 250'000'000);
  CHECK(*parse_time(core::format_time(Parts::start + 1), "t") == Parts::start + 1);
  for (const char* bad : {"", "now", "2022-02-30T00:00:00Z", "2022-01-01T25:00:00Z", "2022-01-01 00:05:00Z",
                          "2022-01-01T00:05:00", "2022-01-01T00:05:00.Z", "99999999999999999999", "-5"})
    CHECK_FALSE(parse_time(bad, "t").ok());
}

TEST_CASE("every route is documented") {
  Desk d;
  const json doc = json::parse(edge::openapi_json("all", "0.1.0", "x", *d.router));
  for (const auto& [path, methods] : doc["paths"].items())
    for (const auto& [method, op] : methods.items()) {
      INFO(method << " " << path);
      CHECK_FALSE(op["operationId"].get<std::string>().empty());
      CHECK_FALSE(op["summary"].get<std::string>().empty());
      for (const auto& p : op.value("parameters", json::array()))
        CHECK_FALSE(p.value("description", "").empty());
    }
}
