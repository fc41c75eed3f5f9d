#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fixture.hpp"
#include "raw_socket.hpp"

using namespace edge_test;

namespace {

/// Sends, expects this status in the one error shape, the connection closed, and the server still well.
void refused(TestServer& t, std::string_view bytes, int status, std::string_view code) {
  RawSocket s(t.server->port());
  s.send(bytes);
  const auto a = s.read_to_end();
  INFO(std::string(bytes.substr(0, 80)));
  CHECK(status_of(a) == status);
  CHECK(nlohmann::json::parse(body_of(a)).at("error").at("code") == code);
  CHECK(a.find("Connection: close\r\n") != std::string::npos);
  RawSocket next(t.server->port());
  CHECK(status_of(next.exchange(get("/hello"))) == 200);
}

}  // namespace

TEST_CASE("malformed requests are 400 and the connection ends") {
  TestServer t;
  t.start();
  const std::string host = "Host: x\r\n";
  const std::vector<std::string> broken = {
      "\x16\x03\x01\x02\x00\x01\x00\x01",  // a TLS client
      "hello\r\n\r\n",
      "GET\r\n\r\n",
      "GET /hello\r\n\r\n",
      "GET /hello HTTP/2.0\r\n" + host + "\r\n",
      "GET /hello HTTP/1.1\n" + host + "\r\n\r\n",
      "GET hello HTTP/1.1\r\n" + host + "\r\n",
      "GET /%zz HTTP/1.1\r\n" + host + "\r\n",
      "GET /a%00b HTTP/1.1\r\n" + host + "\r\n",
      "GET /orders/a%2Fb HTTP/1.1\r\n" + host + "\r\n",
      "GET /hello HTTP/1.1\r\nNo-Colon\r\n\r\n",
      "GET /hello HTTP/1.1\r\n\r\n",                     // no Host
      "GET /hello HTTP/1.1\r\n" + host + host + "\r\n",  // two
      "GET /hello HTTP/1.1\r\n" + host + "Bad Name: 1\r\n\r\n",
      "POST /echo HTTP/1.1\r\n" + host + "Content-Length: abc\r\n\r\n",
      "POST /echo HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
      "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
      "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n",
      "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  for (const auto& bytes : broken) refused(t, bytes, 400, "HTTP_MALFORMED");
  CHECK(t.server->stats().malformed == broken.size());
}

TEST_CASE("a body over the limit is 413, announced or chunked; within the limit it passes") {
  TestServer t;
  ServerOptions o;
  o.max_body = 1000;
  t.start(o);
  refused(t, post("/echo", std::string(1001, 'a')), 413, "HTTP_BODY_TOO_LARGE");
  refused(t, post("/echo", "X: y\r\nContent-Length: 1\r\n\r\n" + std::string(1001, 'a')), 413,
          "HTTP_BODY_TOO_LARGE");
  refused(t, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413,
          "HTTP_BODY_TOO_LARGE");
  refused(
      t,
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'a'),
      413, "HTTP_BODY_TOO_LARGE");
  RawSocket s(t.server->port());
  CHECK(body_of(s.exchange(post("/echo", std::string(1000, 'a')))).size() == 1000);
}

TEST_CASE("an answer to a refused upload is not lost while the sender is still sending") {
  TestServer t;
  t.start();
  RawSocket s(t.server->port());
  s.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
  s.send(std::string(4'000'000, 'a'));  // read and thrown away by the server
  CHECK(status_of(s.read_to_end()) == 413);
}

TEST_CASE("headers over the limit are 431") {
  TestServer t;
  ServerOptions o;
  o.header_limit = 8192;
  t.start(o);
  refused(t, "GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(9000, 'a') + "\r\n\r\n", 431,
          "HTTP_HEADER_TOO_LARGE");
  refused(t, "GET /" + std::string(20000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431,
          "HTTP_HEADER_TOO_LARGE");
  RawSocket s(t.server->port());
  CHECK(status_of(s.exchange("GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(7000, 'a') +
                             "\r\n\r\n")) == 200);
}

TEST_CASE("neither a chunk's line nor trailers may be longer than headers") {
  TestServer t;
  ServerOptions o;
  o.header_limit = 8192;
  t.start(o);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  refused(t, head + "1;" + std::string(20'000, 'a'), 431, "HTTP_HEADER_TOO_LARGE");
  refused(t, head + "0\r\nX: " + std::string(20'000, 'a'), 431, "HTTP_HEADER_TOO_LARGE");
}

TEST_CASE("a header that comes too slowly is 408 and does not keep its place (slow loris)") {
  TestServer t;
  ServerOptions o;
  o.header_timeout = 150ms;
  t.start(o);
  refused(t, "GET /hello HTTP/1.1\r\nHost: x\r\nX-", 408, "HTTP_SLOW_REQUEST");
  // A byte now and then does not renew the deadline.
  RawSocket s(t.server->port());
  s.send("GET /hello HTTP/1.1\r\n");
  bool open = true;
  for (int i = 0; open && i < 1000; ++i) {
    open = s.send("X");
    pollfd p{s.fd(), POLLIN, 0};
    if (::poll(&p, 1, 10) > 0) break;
  }
  CHECK(status_of(s.read_to_end()) == 408);
  CHECK(t.server->stats().timeouts == 2);
}

TEST_CASE("a body that does not come is 408") {
  TestServer t;
  ServerOptions o;
  o.body_timeout = 100ms;
  t.start(o);
  refused(t, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", 408, "HTTP_SLOW_REQUEST");
}

TEST_CASE("an idle connection is closed after its time, without a word") {
  TestServer t;
  ServerOptions o;
  o.idle_timeout = 100ms;
  RawSocket s(t.start(o));
  CHECK(s.read_to_end().empty());
  CHECK(t.wait_stats([](const ServerStats& x) { return x.open_connections == 0; }));
}

TEST_CASE("a reader that does not take its answer is cut off") {
  TestServer t;
  ServerOptions o;
  o.write_timeout = 200ms;
  RawSocket s(t.start(o), 4096);
  s.send(get("/big"));
  CHECK(t.wait_stats([](const ServerStats& x) { return x.accepted == 1 && x.open_connections == 0; }));
}

TEST_CASE("a handler that does not answer is 504, and its late answer is dropped and counted") {
  TestServer t;
  ServerOptions o;
  o.request_timeout = 100ms;
  RawSocket s(t.start(o));
  s.send(get("/hold"));
  auto held = t.held.take();
  REQUIRE(held);
  const auto a = s.read_answer();
  CHECK(status_of(a) == 504);
  CHECK(nlohmann::json::parse(body_of(a)).at("error").at("code") == "HTTP_TIMEOUT");
  (**held)(Response::text(200, "too late"));
  CHECK(t.wait_stats([](const ServerStats& x) { return x.late_answers == 1; }));
  CHECK(s.read_to_end().empty());
}

TEST_CASE("a client that leaves before its answer does no harm") {
  TestServer t;
  RawSocket s(t.start());
  s.send(get("/hold"));
  auto held = t.held.take();
  REQUIRE(held);
  s.close();
  (**held)(Response::text(200, std::string(1'000'000, 'x')));
  CHECK(t.wait_stats([](const ServerStats& x) { return x.open_connections == 0; }));
}
