#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "fixture.hpp"
#include "raw_socket.hpp"

using namespace edge_test;

TEST_CASE("a known route is answered and the connection is kept") {
  TestServer t;
  RawSocket s(t.start());
  for (int i = 0; i < 3; ++i) {
    const auto a = s.exchange(get("/hello"));
    CHECK(status_of(a) == 200);
    CHECK(body_of(a) == R"({"hello":1})");
    CHECK(a.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(a.find("Connection: close") == std::string::npos);
  }
  CHECK(t.server->stats().accepted == 1);
  CHECK(t.server->stats().routes[0].by_class[1] == 3);
}

TEST_CASE(
    "pipelined requests are answered in order, also when the first answer comes later from another thread") {
  TestServer t;
  RawSocket s(t.start());
  s.send(get("/hold") + get("/orders/7") + post("/echo", "abc"));
  auto held = t.held.take();
  REQUIRE(held);
  std::thread other([&] { (**held)(Response::text(200, "late")); });
  CHECK(body_of(s.read_answer()) == "late");
  CHECK(body_of(s.read_answer()) == "7");
  CHECK(body_of(s.read_answer()) == "abc");
  other.join();
}

TEST_CASE("two hundred pipelined requests in one write all get their answer") {
  TestServer t;
  RawSocket s(t.start());
  std::string all;
  for (int i = 0; i < 200; ++i) all += get("/orders/" + std::to_string(i));
  s.send(all);
  for (int i = 0; i < 200; ++i) REQUIRE(body_of(s.read_answer()) == std::to_string(i));
}

TEST_CASE("a request that arrives byte by byte is one request") {
  TestServer t;
  RawSocket s(t.start());
  for (const char c : post("/echo", "hello")) s.send({&c, 1});
  CHECK(body_of(s.read_answer()) == "hello");
}

TEST_CASE("a chunked body is put together") {
  TestServer t;
  RawSocket s(t.start());
  const auto a = s.exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n");
  CHECK(body_of(a) == "abcdefg");
  CHECK(status_of(s.exchange(get("/hello"))) == 200);
}

TEST_CASE("a chunked body that arrives byte by byte, with nothing in it or with trailers, is one request") {
  TestServer t;
  RawSocket s(t.start());
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body : {"0\r\n\r\n", "0\r\nX: 1\r\n\r\n", "00;x=y\r\n\r\n", "2\r\nab\r\n0\r\n\r\n"}) {
    INFO(body);
    s.send(head);
    for (const char c : std::string_view(body)) {
      std::this_thread::sleep_for(3ms);  // so that, as a rule, the server sees each of them alone
      s.send({&c, 1});
    }
    const auto a = s.read_answer();
    CHECK(status_of(a) == 200);
    CHECK(body_of(a) == (body[0] == '2' ? "ab" : ""));
  }
}

TEST_CASE("HEAD is GET without the body") {
  TestServer t;
  RawSocket s(t.start());
  s.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto a = s.read_answer(true);
  CHECK(status_of(a) == 200);
  CHECK(a.find("Content-Length: 11\r\n") != std::string::npos);
  CHECK(body_of(s.exchange(get("/orders/1"))) == "1");  // nothing of a body was in between
}

TEST_CASE("204 has no body and no length") {
  TestServer t;
  RawSocket s(t.start());
  s.send("DELETE /orders/7 HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto a = s.read_answer();
  CHECK(status_of(a) == 204);
  CHECK(a.find("Content-Length") == std::string::npos);
  CHECK(status_of(s.exchange(get("/hello"))) == 200);
}

TEST_CASE("Connection: close and HTTP/1.0 are honoured") {
  TestServer t;
  const auto port = t.start();
  RawSocket a(port);
  a.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(a.read_to_end().find("Connection: close\r\n") != std::string::npos);
  RawSocket b(port);
  b.send("GET /hello HTTP/1.0\r\n\r\n");
  CHECK(status_of(b.read_to_end()) == 200);
  RawSocket c(port);
  c.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(c.read_answer().find("Connection: keep-alive\r\n") != std::string::npos);
}

TEST_CASE("Expect: 100-continue is answered before the body is sent") {
  TestServer t;
  RawSocket s(t.start());
  s.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(s.take(25) == "HTTP/1.1 100 Continue\r\n\r\n");
  s.send("abc");
  CHECK(body_of(s.read_answer()) == "abc");
}

TEST_CASE("a sane request id is taken over, any other is replaced") {
  TestServer t;
  RawSocket s(t.start());
  auto with_id = [&](const std::string& id) {
    const auto a = s.exchange("GET /nowhere HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + id + "\r\n\r\n");
    const auto body = nlohmann::json::parse(body_of(a));
    const auto given = body["error"]["request_id"].get<std::string>();
    CHECK(a.find("X-Request-Id: " + given + "\r\n") != std::string::npos);
    return given;
  };
  CHECK(with_id("trace-1.A_b") == "trace-1.A_b");
  CHECK(with_id("has space") != "has space");
  CHECK(with_id(std::string(65, 'a')).size() == 16);
  CHECK(with_id("a<script>").size() == 16);
  CHECK(with_id("a b") != with_id("a b"));
}

TEST_CASE("unknown route is 404 and wrong method 405 with Allow, in the one error shape") {
  TestServer t;
  RawSocket s(t.start());
  const auto missing = s.exchange(get("/nope"));
  CHECK(status_of(missing) == 404);
  const auto e = nlohmann::json::parse(body_of(missing)).at("error");
  CHECK(e.at("code") == "HTTP_NOT_FOUND");
  CHECK(e.at("details").is_object());
  CHECK(e.size() == 4);
  const auto wrong = s.exchange(post("/orders/7", ""));
  CHECK(status_of(wrong) == 405);
  CHECK(wrong.find("Allow: GET, HEAD, DELETE\r\n") != std::string::npos);
  CHECK(nlohmann::json::parse(body_of(wrong)).at("error").at("code") == "HTTP_METHOD");
  CHECK(status_of(s.exchange("BREW /orders/7 HTTP/1.1\r\nHost: x\r\n\r\n")) == 405);
}

TEST_CASE("an answer may be dropped: the caller gets 500, not silence") {
  TestServer t;
  RawSocket s(t.start());
  s.send(get("/hold"));
  auto held = t.held.take();
  REQUIRE(held);
  held->reset();
  const auto a = s.read_answer();
  CHECK(status_of(a) == 500);
  CHECK(nlohmann::json::parse(body_of(a)).at("error").at("code") == "INTERNAL_NO_ANSWER");
}

TEST_CASE("only the first answer counts") {
  TestServer t;
  RawSocket s(t.start());
  s.send(get("/hold"));
  auto held = t.held.take();
  REQUIRE(held);
  (**held)(Response::text(200, "one"));
  (**held)(Response::text(200, "two"));
  CHECK(body_of(s.read_answer()) == "one");
  CHECK(body_of(s.exchange(get("/orders/3"))) == "3");
}

TEST_CASE("an exception in a handler is 500 and its text reaches neither the caller nor the log hook") {
  TestServer t;
  std::string told;
  ServerOptions o;
  o.on_problem = [&](std::string_view code, std::string_view text, std::string_view) {
    told.append(code).append(text);
  };
  RawSocket s(t.start(o));
  const auto a = s.exchange(get("/throw"));
  CHECK(status_of(a) == 500);
  CHECK(a.find("canary") == std::string::npos);
  t.server->stop();
  CHECK(told.find("INTERNAL_EXCEPTION") != std::string::npos);
  CHECK(told.find("canary") == std::string::npos);
}

TEST_CASE("a large shared body goes out whole, in pieces, without blocking others") {
  TestServer t;
  const auto port = t.start();
  RawSocket slow(port);
  slow.send(get("/big"));
  RawSocket other(port);
  CHECK(status_of(other.exchange(get("/hello"))) == 200);
  CHECK(body_of(slow.read_answer()).size() == 8'000'000);
  CHECK(status_of(slow.exchange(get("/hello"))) == 200);
}

TEST_CASE("a line break in a header value is not sent") {
  TestServer t;
  t.router->add(doc(Method::Get, "/split", "split"), [](const Request&, Responder r) {
    auto answer = Response::text(200, "x");
    answer.headers = {{"X-Good", "1"}, {"X-Bad", "a\r\nSet-Cookie: b"}};
    r(std::move(answer));
  });
  RawSocket s(t.start());
  const auto a = s.exchange(get("/split"));
  CHECK(a.find("X-Good: 1\r\n") != std::string::npos);
  CHECK(a.find("Set-Cookie") == std::string::npos);
}
