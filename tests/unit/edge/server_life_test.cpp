#include <dirent.h>
#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "edge/common_routes.hpp"
#include "fixture.hpp"
#include "raw_socket.hpp"

using namespace edge_test;

namespace {

std::size_t open_descriptors() {
  std::size_t n = 0;
  DIR* dir = ::opendir("/proc/self/fd");
  while (::readdir(dir)) ++n;
  ::closedir(dir);
  return n;
}

}  // namespace

TEST_CASE("a taken port is one clear error that names it") {
  TestServer t;
  const auto port = t.start();
  ServerOptions o;
  o.port = port;
  o.service = "trade-execution";
  HttpServer second(t.io, t.router, o);
  const auto r = second.start();
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "EDGE_PORT_TAKEN");
  CHECK(r.error().message.find(std::to_string(port)) != std::string::npos);
  CHECK(r.error().message.find("trade-execution") != std::string::npos);
}

TEST_CASE("a bind address that is none is refused") {
  TestServer t;
  ServerOptions o;
  o.bind = "localhost:80";
  HttpServer server(t.io, t.router, o);
  const auto r = server.start();
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == "EDGE_BIND_FAILED");
}

TEST_CASE("several servers share one thread; a port is free again after stop") {
  TestServer t;
  const auto first = t.start();
  ServerOptions o;
  HttpServer second(t.io, t.router, o);
  REQUIRE(second.start().ok());
  RawSocket a(first);
  RawSocket b(second.port());
  CHECK(status_of(a.exchange(get("/hello"))) == 200);
  CHECK(status_of(b.exchange(get("/hello"))) == 200);
  o.port = second.port();
  second.stop();
  HttpServer third(t.io, t.router, o);
  CHECK(third.start().ok());
  CHECK(b.ended());
}

TEST_CASE("connections over the cap get 503 and the ones inside go on") {
  TestServer t;
  ServerOptions o;
  o.max_connections = 2;
  const auto port = t.start(o);
  RawSocket a(port), b(port);
  CHECK(status_of(a.exchange(get("/hello"))) == 200);
  CHECK(status_of(b.exchange(get("/hello"))) == 200);
  RawSocket c(port);
  const auto refusal = c.read_to_end();
  CHECK(status_of(refusal) == 503);
  const auto length = refusal.find("Content-Length: ");
  REQUIRE(length != std::string::npos);
  CHECK(std::stoul(refusal.substr(length + 16)) == body_of(refusal).size());
  CHECK(nlohmann::json::parse(body_of(refusal)).at("error").at("code") == "HTTP_OVER_CAPACITY");
  CHECK(status_of(a.exchange(get("/hello"))) == 200);
  CHECK(t.server->stats().over_cap == 1);
}

TEST_CASE("10,000 connections opened and dropped leave nothing behind") {
  TestServer t;
  const auto port = t.start();
  const auto before = open_descriptors();
  for (int round = 0; round < 10; ++round) {
    std::vector<RawSocket> batch;
    for (int i = 0; i < 1000; ++i) {
      batch.emplace_back(port);
      if (i % 3 == 0) batch.back().send("GET /hello HT");  // half a request
      if (i % 3 == 1) batch.back().send(get("/hello"));    // a whole one whose answer nobody reads
    }
  }
  CHECK(t.wait_stats([](const ServerStats& x) { return x.accepted == 10'000 && x.open_connections == 0; }));
  CHECK(open_descriptors() == before);
  RawSocket s(port);
  CHECK(status_of(s.exchange(get("/hello"))) == 200);
}

TEST_CASE("drain lets a running request finish, closes idle connections and accepts nothing new") {
  TestServer t;
  const auto port = t.start();
  RawSocket idle(port), busy(port);
  CHECK(status_of(idle.exchange(get("/hello"))) == 200);
  busy.send(get("/hold"));
  auto held = t.held.take();
  REQUIRE(held);
  auto drained = std::async(std::launch::async, [&] { return t.server->drain(10s); });
  CHECK(idle.ended());
  CHECK_THROWS(RawSocket(port));
  (**held)(Response::text(200, "finished"));
  const auto a = busy.read_to_end();
  CHECK(body_of(a) == "finished");
  CHECK(a.find("Connection: close") != std::string::npos);
  CHECK(drained.get());
}

TEST_CASE("drain gives up at its deadline and says so") {
  TestServer t;
  RawSocket busy(t.start());
  busy.send(get("/hold"));
  auto held = t.held.take();
  REQUIRE(held);
  CHECK_FALSE(t.server->drain(50ms));
  CHECK(busy.ended());
  (**held)(Response::text(200, "nobody is there"));
}

TEST_CASE("drain without connections is done at once") {
  TestServer t;
  t.start();
  CHECK(t.server->drain(10s));
}

TEST_CASE("an answer after the server and its thread have gone is dropped") {
  TestServer t;
  RawSocket s(t.start());
  s.send(get("/hold"));
  auto held = t.held.take();
  REQUIRE(held);
  t.server->stop();
  t.io.stop();
  (**held)(Response::text(200, "x"));
  held->reset();
}

TEST_CASE("the common routes show what their sources say") {
  TestServer t;
  std::atomic<bool> well{true};
  register_common_routes(t.router, {.service = "signal-generator",
                                    .version = "0.1.0",
                                    .description = "test",
                                    .health =
                                        [&] {
                                          return std::pair{well.load(), std::string(R"({"status":"ok"})")};
                                        },
                                    .live = [] { return true; },
                                    .ready = [&] { return well.load(); },
                                    .metrics = [] { return std::string("# HELP x\n"); }});
  RawSocket s(t.start());
  CHECK(status_of(s.exchange(get("/health"))) == 200);
  CHECK(body_of(s.exchange(get("/livez"))) == R"({"ok":true})");
  const auto metrics = s.exchange(get("/metrics"));
  CHECK(body_of(metrics) == "# HELP x\n");
  CHECK(metrics.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  well = false;
  CHECK(status_of(s.exchange(get("/health"))) == 503);
  CHECK(status_of(s.exchange(get("/readyz"))) == 503);
  CHECK(status_of(s.exchange(get("/livez"))) == 200);
  const auto api = nlohmann::json::parse(body_of(s.exchange(get("/openapi.json"))));
  CHECK(api.at("info").at("title") == "signal-generator");
  CHECK(api.at("paths").contains("/orders/{id}"));
}
