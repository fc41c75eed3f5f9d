#include "edge/http_client.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "fixture.hpp"
#include "listener.hpp"
#include "raw_socket.hpp"

using namespace edge_test;

namespace {
std::string url(std::uint16_t port, std::string_view target) {
  return "http://127.0.0.1:" + std::to_string(port) + std::string(target);
}
}  // namespace

TEST_CASE("client and server understand each other, over one kept connection") {
  TestServer t;
  const auto port = t.start();
  HttpClient client(t.io);
  for (int i = 0; i < 20; ++i) {
    const auto r =
        client.fetch({.method = Method::Post, .url = url(port, "/echo"), .body = std::to_string(i)});
    REQUIRE(r.complete());
    CHECK(r.status == 200);
    CHECK(r.body == std::to_string(i));
  }
  CHECK(client.fetch({.url = url(port, "/orders/a%20b?x=1")}).body == "a b");
  CHECK(client.fetch({.url = url(port, "/nope")}).status == 404);
  CHECK(client.fetch({.method = Method::Delete, .url = url(port, "/orders/1")}).status == 204);
  CHECK(client.fetch({.method = Method::Head, .url = url(port, "/hello")}).body.empty());
  CHECK(client.connections_opened() == 1);
  CHECK(client.fetch({.url = url(port, "/hello"), .headers = {{"X-Request-Id", "mine"}}})
            .headers.find("x-request-id") == "mine");
}

TEST_CASE("many calls at once all get their own reply") {
  TestServer t;
  const auto port = t.start();
  HttpClient client(t.io);
  Slot<std::pair<int, std::string>> got;
  for (int i = 0; i < 100; ++i)
    client.send({.url = url(port, "/orders/" + std::to_string(i))}, [&got, i](HttpReply r) {
      got.put({i, r.body});
    });
  for (int i = 0; i < 100; ++i) {
    const auto g = got.take();
    REQUIRE(g);
    CHECK(std::to_string(g->first) == g->second);
  }
}

TEST_CASE("nothing listens: proof that no byte was sent") {
  IoThread io;
  HttpClient client(io);
  std::uint16_t port;
  { port = Listener().port(); }
  const auto r = client.fetch({.url = url(port, "/")});
  CHECK(r.outcome == Outcome::NotSent);
  CHECK(r.error.code == "EDGE_CONNECT");
}

TEST_CASE("a name that does not resolve and a bad URL are not sent either") {
  IoThread io;
  HttpClient client(io);
  CHECK(client.fetch({.url = "http://no-such-host.invalid/", .deadline = 8s}).outcome == Outcome::NotSent);
  for (const auto* bad : {"", "127.0.0.1", "ftp://x/", "ws://x/", "http://", "http://x:99999/"}) {
    const auto r = client.fetch({.url = bad});
    INFO(bad);
    CHECK(r.outcome == Outcome::NotSent);
    CHECK(r.error.code == "EDGE_BAD_URL");
  }
  CHECK(client.fetch({.url = "http://127.0.0.1:1/", .headers = {{"X", "a\r\nY: b"}}}).error.code ==
        "EDGE_BAD_URL");
}

TEST_CASE("the server reads the request and closes: unknown, it may have been done") {
  IoThread io;
  HttpClient client(io);
  Listener l;
  std::thread server([&] { l.accept_one([](RawConnection& c) { c.read_until("\r\n\r\nbody"); }); });
  const auto r = client.fetch({.method = Method::Post, .url = url(l.port(), "/"), .body = "body"});
  server.join();
  CHECK(r.outcome == Outcome::Unknown);
  CHECK(r.error.code == "EDGE_CLOSED");
}

TEST_CASE("half a reply is unknown; so is one that is not HTTP, or too large, or late") {
  IoThread io;
  HttpClient client(io);
  const auto reply_with = [&](std::string text, HttpCall call) {
    Listener l;
    Slot<int> done;
    std::thread server([&] {
      l.accept_one([&](RawConnection& c) {
        c.read_until("\r\n\r\n");
        c.send(text);
        if (text.empty()) done.take();  // says nothing until the client has given up
      });
    });
    call.url = url(l.port(), "/");
    auto r = client.fetch(std::move(call));
    done.put(1);
    server.join();
    CHECK(r.outcome == Outcome::Unknown);
    return r.error.code;
  };
  CHECK(reply_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", {}) == "EDGE_CLOSED");
  CHECK(reply_with("HTTP/1.1 200 OK\r\nConte", {}) == "EDGE_CLOSED");
  CHECK(reply_with("SSH-2.0-OpenSSH\r\n\r\n", {}) == "EDGE_BAD_REPLY");
  CHECK(reply_with("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'),
                   {.max_response = 999}) == "EDGE_TOO_LARGE");
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", long_line(1'000'000, 'x');
  CHECK(reply_with(chunked + "1;" + long_line, {}) == "EDGE_TOO_LARGE");
  CHECK(reply_with(chunked + "0\r\nX: " + long_line, {}) == "EDGE_TOO_LARGE");
  CHECK(reply_with("", {.deadline = 100ms}) == "EDGE_DEADLINE");
}

TEST_CASE("a reply without length ends with the connection; interim replies are passed over") {
  IoThread io;
  HttpClient client(io);
  Listener l;
  std::thread server([&] {
    l.accept_one([](RawConnection& c) {
      c.read_until("\r\n\r\n");
      c.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end");
    });
  });
  const auto r = client.fetch({.url = url(l.port(), "/")});
  server.join();
  REQUIRE(r.complete());
  CHECK(r.body == "to the end");
}

TEST_CASE("a chunked reply that arrives byte by byte, with nothing in it or with trailers, is whole") {
  IoThread io;
  HttpClient client(io);
  Listener l;
  for (const char* body : {"0\r\n\r\n", "0\r\nX: 1\r\n\r\n", "2\r\nab\r\n0\r\n\r\n"}) {
    INFO(body);
    std::thread server([&] {
      l.accept_one([&](RawConnection& c) {
        c.read_until("\r\n\r\n");
        c.send("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (const char one : std::string_view(body)) {
          std::this_thread::sleep_for(3ms);  // so that, as a rule, the client sees each of them alone
          c.send({&one, 1});
        }
      });
    });
    const auto r = client.fetch({.url = url(l.port(), "/")});
    server.join();
    CHECK(r.complete());
    CHECK(r.body == (body[0] == '2' ? "ab" : ""));
  }
}

TEST_CASE(
    "a kept connection that died is replaced for a GET and for what is declared idempotent, never for a "
    "POST") {
  IoThread io;
  HttpClient client(io);
  Listener l;
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  // Each connection answers one request, reads the next and closes without a word.
  std::thread server([&] {
    for (int i = 0; i < 4; ++i)
      l.accept_one([&](RawConnection& c) {
        c.read_until("\r\n\r\n");
        c.send(ok);
        c.read_until("\r\n\r\n");
      });
  });
  CHECK(client.fetch({.url = url(l.port(), "/1")}).complete());
  CHECK(client.fetch({.url = url(l.port(), "/2")}).complete());  // second connection
  CHECK(client.fetch({.method = Method::Post, .url = url(l.port(), "/3"), .idempotent = true})
            .complete());  // third
  const auto r = client.fetch({.method = Method::Post, .url = url(l.port(), "/4")});
  CHECK(r.outcome == Outcome::Unknown);
  CHECK(client.connections_opened() == 3);
  CHECK(client.fetch({.url = url(l.port(), "/5")}).complete());
  CHECK_FALSE(client.fetch({.method = Method::Post, .url = url(l.port(), "/6")}).complete());
  server.join();
}

TEST_CASE("a kept connection closed while idle is noticed before anything is sent") {
  IoThread io;
  HttpClient client(io);
  Listener l;
  Slot<int> closed;
  std::thread server([&] {
    for (int i = 0; i < 2; ++i) {
      l.accept_one([](RawConnection& c) {
        c.read_until("\r\n\r\n");
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      });
      closed.put(i);
    }
  });
  CHECK(client.fetch({.url = url(l.port(), "/")}).complete());
  closed.take();  // loopback: the FIN has arrived when close() has returned
  CHECK(client.fetch({.method = Method::Post, .url = url(l.port(), "/")}).complete());
  CHECK(client.connections_opened() == 2);
  server.join();
}

TEST_CASE("the caller may withdraw just before the first byte") {
  TestServer t;
  const auto port = t.start();
  HttpClient client(t.io);
  const auto r =
      client.fetch({.method = Method::Post, .url = url(port, "/echo"), .may_send = [] { return false; }});
  CHECK(r.outcome == Outcome::NotSent);
  CHECK(r.error.code == "EDGE_TOO_LATE");
  CHECK(t.server->stats().routes[1].by_class[1] == 0);
}

TEST_CASE("more calls than allowed at once are refused unsent; a client that goes away ends its calls") {
  TestServer t;
  const auto port = t.start();
  Slot<HttpReply> replies;
  decltype(t.held.take()) first, second;
  {
    HttpClient client(t.io, {.max_in_flight = 2});
    for (int i = 0; i < 3; ++i)
      client.send({.url = url(port, "/hold")}, [&](HttpReply r) { replies.put(std::move(r)); });
    const auto busy = replies.take();
    REQUIRE(busy);
    CHECK(busy->error.code == "EDGE_BUSY");
    CHECK(busy->outcome == Outcome::NotSent);
    // Kept until the client is gone: a responder that dies answers 500, which may win the race.
    first = t.held.take();
    second = t.held.take();
  }
  CHECK(replies.size() == 2);  // the destructor waited for them
  CHECK(replies.take()->outcome == Outcome::Unknown);
  CHECK(replies.take()->error.code == "EDGE_CLOSED");
}
