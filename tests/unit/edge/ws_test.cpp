#include <catch2/catch.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "fixture.hpp"
#include "raw_socket.hpp"

using namespace edge_test;

namespace {

const std::string handshake =
    "GET /stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
    "13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A client frame with an all-zero mask, so that its payload is readable.
std::string frame(int opcode, std::string_view payload) {
  std::string out{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | payload.size())};
  return out.append(4, '\0').append(payload);
}

struct Frame {
  int opcode = -1;
  std::string payload;
  int code() const {
    return payload.size() < 2
               ? 0
               : static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
  }
};

Frame read_frame(RawSocket& s) {
  const auto head = s.take(2);
  if (head.size() < 2) return {};
  std::size_t n = static_cast<unsigned char>(head[1]) & 0x7f;
  if (n >= 126) {
    const auto length = s.take(n == 126 ? 2 : 8);
    n = 0;
    for (const char c : length) n = n * 256 + static_cast<unsigned char>(c);
  }
  return {head[0] & 0x0f, s.take(n)};
}

struct WsServer : TestServer {
  Slot<std::shared_ptr<WsSession>> opened;
  Slot<std::uint16_t> closed;

  WsServer() {
    router->add_ws(doc(Method::Get, "/stream", "stream"),
                   {.guard = [](const Request& q) -> std::optional<Response> {
                      if (q.query_value("from") != "bad") return std::nullopt;
                      return error_response(400, {"PARAM_INVALID", "from must be a number"}, q.request_id);
                    },
                    .on_open =
                        [this](std::shared_ptr<WsSession> s, const Request&) {
                          s->on_message([weak = std::weak_ptr(s)](std::string_view text) {
                            if (text == "throw") throw std::runtime_error("canary");
                            if (const auto me = weak.lock())
                              me->send(std::make_shared<const std::string>("echo " + std::string(text)));
                          });
                          s->on_close([this](std::uint16_t code) { closed.put(code); });
                          opened.put(std::move(s));
                        }});
  }
  ~WsServer() { server.reset(); }  // before the slots its sessions write to
  RawSocket connect(std::uint16_t port, int receive_buffer = 0) {
    RawSocket s(port, receive_buffer);
    s.send(handshake);
    const auto answer = s.read_answer();
    CHECK(status_of(answer) == 101);
    CHECK(answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);
    CHECK(answer.find("X-Request-Id: ") != std::string::npos);
    return s;
  }
};

}  // namespace

TEST_CASE("text messages go both ways and in order, from any thread") {
  WsServer t;
  auto s = t.connect(t.start());
  auto session = t.opened.take();
  REQUIRE(session);
  s.send(frame(1, "one") + frame(1, "two"));
  CHECK(read_frame(s).payload == "echo one");
  CHECK(read_frame(s).payload == "echo two");
  for (int i = 0; i < 1000; ++i)
    REQUIRE((*session)->send(std::make_shared<const std::string>(std::to_string(i))));
  for (int i = 0; i < 1000; ++i) REQUIRE(read_frame(s).payload == std::to_string(i));
  const auto long_text = std::make_shared<const std::string>(100'000, 'x');
  (*session)->send(long_text);
  CHECK(read_frame(s).payload == *long_text);  // one frame, not fragments
}

TEST_CASE("a close by the client is answered and told once") {
  WsServer t;
  auto s = t.connect(t.start());
  auto session = t.opened.take();
  s.send(frame(8, std::string("\x03\xe8", 2)));
  CHECK(read_frame(s).code() == 1000);
  s.close();
  CHECK(t.closed.take() == 1000);
  CHECK_FALSE((*session)->open());
  CHECK_FALSE((*session)->send(std::make_shared<const std::string>("x")));
  CHECK(t.wait_stats([](const ServerStats& x) { return x.ws_open == 0 && x.open_connections == 0; }));
  CHECK(t.closed.size() == 0);
}

TEST_CASE("a client that says goodbye and then keeps the connection is cut off") {
  WsServer t;
  auto s = t.connect(t.start());
  REQUIRE(t.opened.take());
  s.send(frame(8, std::string("\x03\xe8", 2)));
  CHECK(t.closed.take() == 1000);
}

TEST_CASE("a client that just disappears ends its session with 1006") {
  WsServer t;
  auto s = t.connect(t.start());
  REQUIRE(t.opened.take());
  s.close();
  CHECK(t.closed.take() == 1006);
}

TEST_CASE("a close by the server goes out behind what was queued before it") {
  WsServer t;
  auto s = t.connect(t.start());
  auto session = t.opened.take();
  (*session)->send(std::make_shared<const std::string>("last"));
  (*session)->close(ws_policy, "enough");
  CHECK_FALSE((*session)->send(std::make_shared<const std::string>("after")));
  CHECK(read_frame(s).payload == "last");
  const auto bye = read_frame(s);
  CHECK(bye.code() == 1008);
  CHECK(bye.payload.substr(2) == "enough");
}

TEST_CASE("a slow reader is closed with 1013 and counted, the others go on") {
  WsServer t;
  ServerOptions o;
  o.ws_max_queued_bytes = 1'000'000;
  const auto port = t.start(o);
  auto slow = t.connect(port, 4096);
  auto slow_session = t.opened.take();
  auto good = t.connect(port);
  auto good_session = t.opened.take();
  // One broadcast: the same bytes to both. The good one reads along, the slow one does not read at all.
  const auto bytes = std::make_shared<const std::string>(50'000, 'x');
  int sent = 0;
  while ((*slow_session)->send(bytes) && sent < 10'000) {
    ++sent;
    REQUIRE((*good_session)->send(bytes));
    REQUIRE(read_frame(good).payload.size() == bytes->size());
  }
  CHECK(sent < 10'000);
  CHECK((*slow_session)->queued_bytes() <= o.ws_max_queued_bytes);
  CHECK(t.wait_stats([](const ServerStats& x) { return x.ws_slow_closed == 1; }));
  CHECK(t.closed.take() == 1013);
  CHECK((*good_session)->send(std::make_shared<const std::string>("still here")));
  CHECK(read_frame(good).payload == "still here");
}

TEST_CASE("a slow reader that wakes up in time sees 1013") {
  WsServer t;
  ServerOptions o;
  o.ws_max_queued_bytes = 10'000'000;
  auto s = t.connect(t.start(o), 4096);
  auto session = t.opened.take();
  const auto bytes = std::make_shared<const std::string>(500'000, 'x');
  while ((*session)->send(bytes)) {
  }
  Frame f;
  do f = read_frame(s);
  while (f.opcode == 1);
  CHECK(f.opcode == 8);
  CHECK(f.code() == 1013);
}

TEST_CASE("a silent peer gets a ping; one that does not answer is cut off") {
  WsServer t;
  ServerOptions o;
  o.ws_idle_timeout = 300ms;
  auto s = t.connect(t.start(o));
  REQUIRE(t.opened.take());
  const auto ping = read_frame(s);
  CHECK(ping.opcode == 9);
  s.send(frame(10, ping.payload));
  CHECK(read_frame(s).opcode == 9);  // the pong kept it alive for another round
  CHECK(t.closed.take() == 1006);    // this one stays unanswered
}

TEST_CASE("a message over the limit closes with 1009, a binary one with 1003") {
  WsServer t;
  ServerOptions o;
  o.ws_max_message = 50;
  const auto port = t.start(o);
  auto a = t.connect(port);
  a.send(frame(1, std::string(60, 'x')));
  CHECK(read_frame(a).code() == 1009);
  auto b = t.connect(port);
  b.send(frame(2, "x"));
  CHECK(read_frame(b).code() == 1003);
}

TEST_CASE("frames that break the protocol end the session, not the server") {
  WsServer t;
  const auto port = t.start();
  for (const auto& bad :
       {std::string("\x81\x01x", 3), std::string(20, '\xff'), frame(1, "\xff\xfe"), frame(3, "x")}) {
    auto s = t.connect(port);
    s.send(bad);
    CHECK(s.ended());
  }
  RawSocket s(port);
  CHECK(status_of(s.exchange(get("/hello"))) == 200);
}

TEST_CASE("a session whose client breaks the protocol while goodbye is said is let go") {
  WsServer t;
  auto s = t.connect(t.start());
  auto session = t.opened.take();
  REQUIRE(session);
  s.send(std::string("\x01\x84\0\0\0\0text", 10));  // the first part of a message
  (*session)->close(1000, "enough");
  CHECK(read_frame(s).code() == 1000);
  s.send(std::string("\x83\x80\0\0\0\0", 6));  // a frame of no kind
  CHECK(t.closed.take());
  const std::weak_ptr<WsSession> left = *session;
  session.reset();
  for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
       !left.expired() && std::chrono::steady_clock::now() < until;)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(left.expired());
}

TEST_CASE("an exception in a message handler closes with 1011") {
  WsServer t;
  auto s = t.connect(t.start());
  s.send(frame(1, "throw"));
  const auto bye = read_frame(s);
  CHECK(bye.code() == 1011);
  CHECK(bye.payload.find("canary") == std::string::npos);
}

TEST_CASE(
    "a WebSocket path asked for with plain HTTP is 426, a guard may refuse, a broken handshake is 400") {
  WsServer t;
  const auto port = t.start();
  RawSocket s(port);
  const auto a = s.exchange(get("/stream"));
  CHECK(status_of(a) == 426);
  CHECK(nlohmann::json::parse(body_of(a)).at("error").at("code") == "WS_UPGRADE_REQUIRED");
  auto refused = handshake;
  refused.replace(refused.find("/stream"), 7, "/stream?from=bad");
  const auto b = s.exchange(refused);
  CHECK(status_of(b) == 400);
  CHECK(nlohmann::json::parse(body_of(b)).at("error").at("code") == "PARAM_INVALID");
  CHECK(status_of(s.exchange(get("/hello"))) == 200);
  RawSocket no_key(port);
  no_key.send(
      "GET /stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n");
  CHECK(status_of(no_key.read_to_end()) == 400);
  RawSocket early(port);
  early.send(handshake + frame(1, "too early"));
  CHECK(status_of(early.read_to_end()) == 400);
  CHECK(t.opened.size() == 0);
}

TEST_CASE("drain closes WebSockets with 1001 and waits for the goodbye") {
  WsServer t;
  auto s = t.connect(t.start());
  REQUIRE(t.opened.take());
  auto drained = std::async(std::launch::async, [&] { return t.server->drain(10s); });
  const auto bye = read_frame(s);
  CHECK(bye.code() == 1001);
  s.send(frame(8, bye.payload));
  CHECK(drained.get());
  CHECK(t.closed.take() == 1001);
}

TEST_CASE("stop ends sessions and tells their handlers before it returns") {
  WsServer t;
  auto s = t.connect(t.start());
  auto session = t.opened.take();
  t.server->stop();
  CHECK(t.closed.size() == 1);
  CHECK(s.ended());
  CHECK_FALSE((*session)->send(std::make_shared<const std::string>("x")));
}
