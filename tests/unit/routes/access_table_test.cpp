// What each route asks of who calls it: no route without a row, and no row without a route (trading rules 6).
#include "services/runtime/access_table.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "edge/common_routes.hpp"
#include "edge/openapi.hpp"
#include "fixture.hpp"
#include "services/runtime/stream_routes.hpp"

using namespace bowline;
using edge::Method;
using edge::Scope;

namespace {

std::string key(Method m, std::string_view path) { return std::string(edge::method_name(m)) + " " + std::string(path); }

/// Every route that a host of all four services has. What its handlers would look at is never called here.
struct AllRoutes : routes_test::Desk {
  services::wire::Hello hello{"all", "run-1", 7, 300, {"BTC-USD", "ETH-USD"}};
  services::MarketStream market{hello, table, {}};
  services::EventsStream events{hello, table};
  services::LiquidationStream liquidation{*execution};

  AllRoutes() {
    services::add_market_stream_route(router, market);
    services::add_events_stream_route(router, events);
    services::add_targets_route(router, backend);
    services::add_liquidation_stream_route(*router, liquidation, backend);
    edge::register_common_routes(router, {.service = "all", .version = "1", .description = "all",
                                          .health = [] { return std::pair(true, std::string("{}")); }, .live = [] { return true; },
                                          .ready = [] { return true; }, .metrics = [] { return std::string(); }});
  }
};

}  // namespace

TEST_CASE("rule 6: every route of the four services has its row in the table, and every row its route") {
  const AllRoutes all;
  std::set<std::string> routes, rows;
  for (const auto& route : all.router->routes()) {
    INFO(key(route->doc.method, route->doc.path) << " has no row in host/services/runtime/access_table.cpp");
    CHECK(services::scope_of_route(route->doc.method, route->doc.path).has_value());
    routes.insert(key(route->doc.method, route->doc.path));
  }
  for (const services::AccessRow& row : services::access_table()) {
    INFO(key(row.method, row.path));
    CHECK(rows.insert(key(row.method, row.path)).second);
    CHECK(routes.contains(key(row.method, row.path)));
  }
  CHECK(routes.size() == rows.size());
}

TEST_CASE("rule 6: looking is read, moving is trade, selling all and going on is emergency; stopping is easy; two answers are anybody's") {
  const std::map<std::string, Scope> own{{"GET /livez", Scope::Open},
                                         {"GET /readyz", Scope::Open},
                                         {"POST /emergency/resume", Scope::Emergency},
                                         {"POST /emergency/liquidate-all", Scope::Emergency}};
  for (const services::AccessRow& row : services::access_table()) {
    const std::string k = key(row.method, row.path);
    INFO(k);
    if (const auto it = own.find(k); it != own.end()) CHECK(row.scope == it->second);
    else CHECK(row.scope == (row.method == Method::Get ? Scope::Read : Scope::Trade));
  }
  CHECK(services::scope_of_route(Method::Post, "/emergency/stop") == Scope::Trade);
  CHECK_FALSE(services::scope_of_route(Method::Post, "/nothing"));
  CHECK_FALSE(services::scope_of_route(Method::Get, "/orders/7"));  // a pattern, not a path
}

TEST_CASE("rule 6: the API document says of every route what it asks") {
  const AllRoutes all;
  all.router->set_scopes(services::scope_of_route);
  const auto d = nlohmann::json::parse(edge::openapi_json("all", "1", "x", *all.router));
  CHECK(d["components"]["securitySchemes"]["token"]["scheme"] == "bearer");
  for (const auto& [path, methods] : d["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      INFO(method << " " << path);
      REQUIRE(operation.contains("security"));
      const bool open = path == "/livez" || path == "/readyz";
      CHECK(operation["security"].empty() == open);
      if (!open) CHECK(operation["security"][0]["token"].size() == 1);
    }
  CHECK(d["paths"]["/orders/{id}"]["delete"]["security"][0]["token"][0] == "trade");
  CHECK(d["paths"]["/emergency/resume"]["post"]["security"][0]["token"][0] == "emergency");
}

TEST_CASE("rule 6: each route is opened by its own scope and refused below it, and a command is the token's") {
  AllRoutes all;
  all.router->set_scopes(services::scope_of_route);
  const std::map<Scope, std::string> tokens{{Scope::Read, std::string(40, 'r')}, {Scope::Trade, std::string(40, 't')}, {Scope::Emergency, std::string(40, 'e')}};
  edge::AccessTokens known;
  for (const auto& [scope, token] : tokens) known.set(scope, token);
  edge::ServerOptions o;
  o.access = std::make_shared<edge::AccessCheck>(known);
  all.server.emplace(all.io, all.router, o);
  REQUIRE(all.server->start().ok());
  all.client.emplace(all.io);
  for (const services::AccessRow& row : services::access_table()) {
    if (row.path == "/openapi.json" || row.path == "/metrics") continue;  // no JSON error, or no small answer: the same check
    std::string at(row.path);
    for (auto open = at.find('{'); open != std::string::npos; open = at.find('{')) at.replace(open, at.find('}') - open + 1, "none");
    for (const auto& [scope, token] : tokens) {
      INFO(key(row.method, row.path) << " with " << edge::scope_name(scope));
      // Where it is let in the handler has its own word: an empty body, no key, nothing of that name, no upgrade.
      const auto got = all.ask(row.method, at, row.method == Method::Get ? "" : "{}", {{"Authorization", "Bearer " + token}});
      CHECK((got.status == 403 && got.code() == "AUTH_SCOPE") == (scope < row.scope));
      CHECK(got.status != 401);
    }
    const auto without = all.ask(row.method, at, row.method == Method::Get ? "" : "{}");
    INFO(key(row.method, row.path));
    CHECK((without.status == 401) == (row.scope != Scope::Open));
  }
  // What the caller says of himself does not become who he is.
  const auto stop = [&](Scope s) {
    return all.ask(Method::Post, "/emergency/stop", R"({"reason":"I am the operator"})", {{"Authorization", "Bearer " + tokens.at(s)}, {"X-Principal", "root"}});
  };
  CHECK(stop(Scope::Trade).status == 200);
  const auto state = all.ask(Method::Get, "/trading/state", "", {{"Authorization", "Bearer " + tokens.at(Scope::Read)}});
  CHECK(state.body["who"] == "token:trade");
  CHECK(stop(Scope::Emergency).status == 200);
  all.server.reset();
}
