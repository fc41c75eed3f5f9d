#include "edge/ws_client.hpp"

#include <catch2/catch.hpp>
#include <optional>

#include "fixture.hpp"
#include "listener.hpp"

using namespace edge_test;

namespace {

struct Hub : TestServer {
  Slot<std::shared_ptr<WsSession>> opened;
  Slot<std::string> queries;
  Hub() {
    router->add_ws(doc(Method::Get, "/stream", "stream"),
                   {.on_open = [this](std::shared_ptr<WsSession> s, const Request& q) {
                     queries.put(std::string(q.query_value("from").value_or("-")));
                     s->on_message([raw = s.get()](std::string_view text) {
                       raw->send(std::make_shared<const std::string>(text));
                     });
                     opened.put(std::move(s));
                   }});
  }
  ~Hub() { server.reset(); }  // before the slots its sessions write to
};

std::string ws_url(std::uint16_t port) { return "ws://127.0.0.1:" + std::to_string(port) + "/stream"; }

struct Events {
  Slot<int> open;
  Slot<std::string> text;
  Slot<std::string> down;
  WsClientEvents calls() {
    return {.on_open = [this] { open.put(1); },
            .on_text = [this](std::string_view t) { text.put(std::string(t)); },
            .on_down = [this](const bowline::Error& e) { down.put(e.code); }};
  }
};

}  // namespace

TEST_CASE("a WebSocket client connects, sends, and gets what is broadcast, in order") {
  Hub hub;
  const auto port = hub.start();
  Events ev;
  WsClient client(hub.io, {.url = ws_url(port)}, ev.calls());
  CHECK_FALSE(client.send("not yet"));
  client.start();
  REQUIRE(ev.open.take());
  CHECK(client.connected());
  for (int i = 0; i < 500; ++i) REQUIRE(client.send(std::to_string(i)));
  for (int i = 0; i < 500; ++i) REQUIRE(ev.text.take() == std::to_string(i));
  auto session = hub.opened.take();
  const auto large = std::make_shared<const std::string>(3'000'000, 'y');
  (*session)->send(large);
  CHECK(ev.text.take() == *large);
}

TEST_CASE("it comes back after the server closed, with a fresh address each time") {
  Hub hub;
  const auto port = hub.start();
  Events ev;
  std::atomic<int> from{1};
  WsClient client(hub.io,
                  {.url_source = [&] { return ws_url(port) + "?from=" + std::to_string(from++); },
                   .backoff_min = 1ms,
                   .backoff_max = 5ms},
                  ev.calls());
  client.start();
  for (int i = 1; i <= 5; ++i) {
    REQUIRE(ev.open.take());
    CHECK(hub.queries.take() == std::to_string(i));
    (*hub.opened.take())->close(ws_going_away, "again");
    CHECK(ev.down.take() == "EDGE_CLOSED");
  }
}

TEST_CASE("it keeps trying while nothing listens, then connects") {
  IoThread io;
  std::uint16_t port;
  { port = Listener().port(); }
  Events ev;
  WsClient client(io, {.url = ws_url(port), .backoff_min = 1ms, .backoff_max = 5ms}, ev.calls());
  client.start();
  for (int i = 0; i < 3; ++i) CHECK(ev.down.take() == "EDGE_CONNECT");
  auto router = std::make_shared<Router>();
  router->add_ws(doc(Method::Get, "/stream", "s"),
                 {.on_open = [](std::shared_ptr<WsSession>, const Request&) {}});
  ServerOptions o;
  o.port = port;
  HttpServer server(io, router, o);
  REQUIRE(server.start().ok());
  CHECK(ev.open.take());
}

TEST_CASE("a server that is no WebSocket server is told apart") {
  TestServer t;
  const auto port = t.start();
  Events ev;
  WsClient client(
      t.io,
      {.url = "ws://127.0.0.1:" + std::to_string(port) + "/hello", .backoff_min = 1ms, .backoff_max = 5ms},
      ev.calls());
  client.start();
  CHECK(ev.down.take() == "EDGE_WS_REFUSED");
}

TEST_CASE("stop says goodbye, and no callback comes after it") {
  Hub hub;
  const auto port = hub.start();
  Slot<std::uint16_t> closed;
  std::optional<WsClient> client;
  {
    Events ev;
    client.emplace(hub.io, WsClientOptions{.url = ws_url(port)}, ev.calls());
    client->start();
    REQUIRE(ev.open.take());
    auto session = hub.opened.take();
    (*session)->on_close([&](std::uint16_t code) { closed.put(code); });
    client->stop();
  }  // the events are gone: a late callback would be seen by the sanitizers
  CHECK(closed.take() == 1000);
  CHECK_FALSE(client->connected());
  CHECK_FALSE(client->send("x"));
}

TEST_CASE("stop inside a callback works") {
  Hub hub;
  const auto port = hub.start();
  std::optional<WsClient> client;
  Slot<int> done;
  client.emplace(hub.io, WsClientOptions{.url = ws_url(port)}, WsClientEvents{.on_open = [&] {
                   client->stop();
                   done.put(1);
                 }});
  client->start();
  CHECK(done.take());
  CHECK(hub.wait_stats([](const ServerStats& s) { return s.ws_opened == 1 && s.ws_open == 0; }));
}

TEST_CASE("the outgoing queue is bounded") {
  Hub hub;
  const auto port = hub.start();
  Events ev;
  WsClient client(hub.io, {.url = ws_url(port), .max_queued_bytes = 10}, ev.calls());
  client.start();
  REQUIRE(ev.open.take());
  CHECK_FALSE(client.send(std::string(11, 'x')));
  CHECK(client.send(std::string(10, 'x')));
  CHECK(ev.text.take() == std::string(10, 'x'));
}
