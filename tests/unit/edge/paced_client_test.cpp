#include "edge/paced_client.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <stdexcept>
#include <thread>

#include "paced_rig.hpp"

using namespace edge_test;

TEST_CASE("requests go over kept connections, to the host that the certificate names") {
  Authority ca;
  Slot<std::string> names, requests;
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    names.put(p.server_name());
    for (std::string q; !(q = p.request()).empty();) {
      requests.put(q);
      p.reply("hello", "X-Left: 7\r\n", "201 Created");
    }
  });
  PacedRig t(ca.file());
  for (int i = 0; i < 20; ++i) {
    const auto r = t.fetch({.method = "POST", .url = server.url("/orders?x=1"), .headers = "Authorization: Bearer abc\r\nX-Two:  2 \n", .body = "{}"});
    REQUIRE(r.error.code == "");
    CHECK(r.ending == Ending::complete);
    CHECK(r.status == 201);
    CHECK(r.body == "hello");
    CHECK(r.headers == "Content-Length: 5\r\nX-Left: 7\r\n");
    CHECK(r.request == static_cast<std::uint64_t>(i + 1));
    CHECK(std::abs(r.received_ns - utc()) < 1'000'000'000);
  }
  CHECK(server.accepted() <= 3);  // the first, and the spare ones
  CHECK(names.take() == "localhost");
  CHECK(requests.take() == "POST /orders?x=1 HTTP/1.1\r\nHost: localhost:" + std::to_string(server.port()) +
                               "\r\nAuthorization: Bearer abc\r\nX-Two: 2\r\nUser-Agent: bowline\r\nContent-Length: 2\r\n\r\n{}");
}

TEST_CASE("each request goes to its own address, whatever the one before it was") {
  Authority ca;
  Slot<std::string> here, there;
  const auto tells = [](Slot<std::string>& to) {
    return [&to](Peer& p, int) {
      for (std::string q; !(q = p.request()).empty();) {
        to.put(q.substr(0, q.find(" HTTP/")));
        p.reply("");
      }
    };
  };
  TlsServer one(ca.issue(), tells(here)), other(ca.issue(), tells(there));
  PacedRig t(ca.file());
  for (const char* target : {"/a", "/a", "/b", "/a?x=1", "/"}) {
    CHECK(t.fetch({.url = one.url(target)}).ending == Ending::complete);
    CHECK(t.refusal({.url = "localhost"}) == "EDGE_BAD_URL");
    CHECK(t.fetch({.url = other.url(target)}).ending == Ending::complete);
    CHECK(t.fetch({.url = other.url(target)}).ending == Ending::complete);
    CHECK(here.take() == std::string("GET ") + target);
    CHECK(there.take() == std::string("GET ") + target);
    CHECK(there.take() == std::string("GET ") + target);
  }
}

TEST_CASE("an address is a name, too") {
  Authority ca;
  Slot<std::string> names;
  TlsServer server(ca.issue("IP:127.0.0.1"), [&](Peer& p, int n) {
    names.put(p.server_name());
    echo(p, n);
  });
  PacedRig t(ca.file());
  CHECK(t.fetch({.url = server.url("/", "127.0.0.1")}).ending == Ending::complete);
  CHECK(names.take() == "");  // RFC 6066: no address in it
}

TEST_CASE("whoever cannot prove to be that host is sent nothing") {
  Authority ca, another;
  struct Case {
    const char* what;
    Certificate shown;
  };
  const Case cases[] = {{"of an authority that is not trusted", another.issue()},
                        {"of another host", ca.issue("DNS:example.com")},
                        {"of a host that only begins so", ca.issue("DNS:localhost.example.com")},
                        {"expired", ca.issue("DNS:localhost", -7200, -3600)},
                        {"not valid yet", ca.issue("DNS:localhost", 3600, 7200)},
                        {"signed by itself", make_certificate("DNS:localhost", nullptr)},
                        {"without a name", ca.issue("")}};
  for (const Case& c : cases) {
    INFO(c.what);
    Slot<std::string> requests;
    TlsServer server(c.shown, [&](Peer& p, int) { requests.put(p.request()); });
    PacedRig t(ca.file());
    const auto r = t.fetch({.method = "POST", .url = server.url("/secret-path"), .headers = "X-Key: canary", .body = "canary"});
    CHECK(r.ending == Ending::not_sent);
    CHECK(r.error.code == "EDGE_TLS");
    CHECK(r.error.message.find("canary") == std::string::npos);
    CHECK(r.error.message.find("secret-path") == std::string::npos);
    t.client.reset();
    for (std::optional<std::string> q; requests.size() != 0 && (q = requests.take());) CHECK(q->empty());
  }
}

TEST_CASE("no handshake in an older protocol, and none with the system's anchors for an unknown authority") {
  Authority ca;
  TlsServer old(ca.issue(), echo, TLS1_1_VERSION);
  PacedRig t(ca.file());
  CHECK(t.fetch({.url = old.url("/")}).error.code == "EDGE_TLS");
  TlsServer server(ca.issue(), echo);
  PacedRig system("");
  CHECK(system.fetch({.url = server.url("/")}).error.code == "EDGE_TLS");
  PacedRig nothing("/nonexistent/ca.pem");
  const auto r = nothing.fetch({.url = server.url("/")});
  CHECK(r.ending == Ending::not_sent);
  CHECK(r.error.code == "EDGE_TLS");
}

TEST_CASE("nothing listens, no such host, a handshake that hangs: proof that no byte was sent") {
  Authority ca;
  std::uint16_t port = 0;
  { port = TlsServer(ca.issue(), echo).port(); }
  PacedOptions o;
  o.connect_ns = 300'000'000;
  PacedRig t(ca.file(), o);
  auto r = t.fetch({.url = "https://localhost:" + std::to_string(port) + "/"});
  CHECK(r.ending == Ending::not_sent);
  CHECK(r.error.code == "EDGE_CONNECT");
  r = t.fetch({.url = "https://no-such-host.invalid/"});
  CHECK(r.ending == Ending::not_sent);
  CHECK((r.error.code == "EDGE_RESOLVE" || r.error.code == "EDGE_CONNECT"));  // a resolver may itself hang
  TlsServer server(ca.issue(), echo);
  server.hold(true);
  r = t.fetch({.url = server.url("/")});
  CHECK(r.ending == Ending::not_sent);
  CHECK(r.error.code == "EDGE_TLS");
}

TEST_CASE("sessions are taken up again", "[tls]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  Authority ca;
  TlsServer server(
      ca.issue(),
      [](Peer& p, int) {
        if (!p.request().empty()) p.reply("x", "Connection: close\r\n");
        p.close();
        p.ended();
      },
      version);
  PacedOptions o;
  o.spare = 0;
  PacedRig t(ca.file(), o);
  for (int i = 0; i < 4; ++i) CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  CHECK(t.client->connections_opened() == 4);
  CHECK(t.client->sessions_resumed() == 3);
}

TEST_CASE("a kept connection that the other side has closed is replaced silently: the request goes out once") {
  Authority ca;
  Slot<std::string> requests;
  Slot<int> closed;
  std::atomic<bool> close_now{false};
  TlsServer server(ca.issue(), [&](Peer& p, int number) {
    for (std::string q; !(q = p.request()).empty();) {
      requests.put(q);
      p.reply(std::to_string(number));
      if (close_now.exchange(false)) break;  // after a reply that promised to go on
    }
    p.close();
    closed.put(number);
  });
  PacedOptions o;
  o.spare = 0;
  PacedRig t(ca.file(), o);
  CHECK(t.fetch({.url = server.url("/1")}).body == "1");
  close_now.store(true);
  CHECK(t.fetch({.url = server.url("/2")}).body == "1");
  CHECK(closed.take() == 1);  // else the next one may be written before
  const auto r = t.fetch({.method = "POST", .url = server.url("/3"), .body = "once"});
  CHECK(r.ending == Ending::complete);
  CHECK(r.body == "2");
  CHECK(requests.size() == 3);
}

TEST_CASE("after a byte was written nothing is tried again, and the outcome is unknown") {
  Authority ca;
  struct Case {
    const char* what;
    std::function<void(Peer&)> act;
    const char* code;
  };
  const std::string big(2'000'000, 'x');
  const Case cases[] = {
      {"closed instead of a reply", [](Peer& p) { p.close(); }, "EDGE_CLOSED"},
      {"reset instead of a reply", [](Peer& p) { p.reset(); }, "EDGE_CLOSED"},
      {"half a status line", [](Peer& p) { p.send("HTTP/1.1 2"), p.close(); }, "EDGE_CLOSED"},
      {"half the headers", [](Peer& p) { p.send("HTTP/1.1 200 OK\r\nContent-"), p.close(); }, "EDGE_CLOSED"},
      {"half the body", [](Peer& p) { p.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), p.close(); }, "EDGE_CLOSED"},
      {"half a chunk", [](Peer& p) { p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), p.close(); }, "EDGE_CLOSED"},
      {"no last chunk", [](Peer& p) { p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"), p.close(); }, "EDGE_CLOSED"},
      {"without a length, cut off", [](Peer& p) { p.send("HTTP/1.1 200 OK\r\n\r\nhalf"), p.cut(); }, "EDGE_CLOSED"},
      {"no HTTP", [](Peer& p) { p.send("SSH-2.0-OpenSSH\r\n\r\n"), p.ended(); }, "EDGE_BAD_REPLY"},
      {"two lengths", [](Peer& p) { p.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), p.ended(); }, "EDGE_BAD_REPLY"},
      {"a chunk of no length", [](Peer& p) { p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), p.ended(); }, "EDGE_BAD_REPLY"},
      {"too large by its length", [](Peer& p) { p.send("HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n"), p.ended(); }, "EDGE_TOO_LARGE"},
      {"too large in chunks", [&](Peer& p) { p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n" + big), p.ended(); }, "EDGE_TOO_LARGE"},
      {"too large without a length", [&](Peer& p) { p.send("HTTP/1.1 200 OK\r\n\r\n" + big), p.close(); }, "EDGE_TOO_LARGE"},
      {"headers without end", [&](Peer& p) { p.send("HTTP/1.1 200 OK\r\nX: " + big), p.ended(); }, "EDGE_TOO_LARGE"},
      {"a chunk's line without end", [&](Peer& p) { p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + big), p.ended(); }, "EDGE_TOO_LARGE"},
      {"trailers without end", [&](Peer& p) { p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + big), p.ended(); }, "EDGE_TOO_LARGE"},
      {"silence", [](Peer& p) { p.ended(); }, "EDGE_DEADLINE"},
      {"drop by drop",
       [](Peer& p) {
         for (int i = 0; i < 200 && p.send("H"); ++i) std::this_thread::sleep_for(5ms);
       },
       nullptr}};
  for (const Case& c : cases) {
    INFO(c.what);
    std::atomic<int> requests{0};
    TlsServer server(ca.issue(), [&](Peer& p, int) {
      if (p.request().empty()) return;
      ++requests;
      c.act(p);
    });
    PacedRig t(ca.file());
    const auto r = t.fetch({.method = "GET", .url = server.url("/"), .deadline_ns = in(400ms), .max_bytes = 1'000'000});
    CHECK(r.ending == Ending::unknown);
    CHECK(r.body.empty());
    if (c.code != nullptr) CHECK(r.error.code == c.code);
    t.client.reset();
    CHECK(requests.load() == 1);
  }
}

TEST_CASE("a kept connection that breaks after our bytes is not tried again either") {
  Authority ca;
  std::atomic<int> requests{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    for (std::string q; !(q = p.request()).empty();) {
      ++requests;
      if (q.starts_with("GET /gone")) return p.reset();
      p.reply("x");
    }
  });
  PacedRig t(ca.file());
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  CHECK(t.fetch({.url = server.url("/gone")}).ending == Ending::unknown);
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  CHECK(requests.load() == 3);
}

TEST_CASE("replies in all their shapes are whole") {
  Authority ca;
  const std::string big(5'000'000, 'y');
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    for (std::string q; !(q = p.request()).empty();) {
      if (q.find(" /chunked ") != q.npos) p.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n");
      else if (q.find(" /interim ") != q.npos) p.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), p.reply("after");
      else if (q.find(" /none ") != q.npos) p.send("HTTP/1.1 204 No Content\r\n\r\n");
      else if (q.starts_with("HEAD")) p.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
      else if (q.find(" /big ") != q.npos) p.reply(big);
      else if (q.find(" /busy ") != q.npos) p.reply("wait", "Retry-After: 3\r\nx-ratelimit-remaining: 0\r\n", "429 Too Many Requests");
      else if (q.find(" /dribble") != q.npos) {  // each byte is a record of its own: the client sees them one after the other
        std::string slowly = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        if (q.find("-nothing ") != q.npos) slowly = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        if (q.find("-trailers ") != q.npos) slowly = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\nY: 2\r\n\r\n";
        if (q.find("-chunks ") != q.npos) slowly = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nok\r\n000\r\nX: 1\r\n\r\n";
        for (const char c : slowly) p.send({&c, 1});
      } else {
        p.send("HTTP/1.1 200 OK\r\n\r\nto the end"), p.close();
        return;
      }
    }
  });
  PacedRig t(ca.file());
  CHECK(t.fetch({.url = server.url("/chunked")}).body == "abcde");
  CHECK(t.fetch({.url = server.url("/interim")}).body == "after");
  CHECK(t.fetch({.method = "DELETE", .url = server.url("/none")}).status == 204);
  CHECK(t.fetch({.method = "HEAD", .url = server.url("/head")}).body.empty());
  CHECK(t.fetch({.url = server.url("/big")}).body == big);
  CHECK(t.fetch({.url = server.url("/dribble")}).body == "ok");
  for (const char* what : {"-nothing", "-trailers", "-chunks"}) {
    INFO(what);
    const auto r = t.fetch({.url = server.url(std::string("/dribble") + what)});
    CHECK(r.ending == Ending::complete);
    CHECK(r.body == (std::string_view(what) == "-chunks" ? "ok" : ""));
  }
  CHECK(t.fetch({.url = server.url("/to-the-end")}).body == "to the end");
  const auto busy = t.fetch({.url = server.url("/busy")});
  CHECK(busy.status == 429);  // the caller's to judge
  CHECK(busy.headers.find("Retry-After: 3\r\nx-ratelimit-remaining: 0\r\n") != std::string::npos);
}

TEST_CASE("the deadline counts from the waiting on") {
  Authority ca;
  TlsServer server(ca.issue(), echo);
  PacedRig t(ca.file(), {}, {{"slow", 1, 1, 0}});
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  const auto r = t.fetch({.url = server.url("/"), .deadline_ns = in(100ms)});
  CHECK(r.ending == Ending::not_sent);
  CHECK(r.error.code == "EDGE_DEADLINE");
  const auto past = t.fetch({.url = server.url("/"), .deadline_ns = 1});
  CHECK(past.ending == Ending::not_sent);
}

TEST_CASE("after its last moment no first byte is written") {
  Authority ca;
  std::atomic<int> requests{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    while (!p.request().empty()) ++requests, p.reply("x");
  });
  SECTION("passed when it is asked for") {
    PacedRig t(ca.file());
    const auto r = t.fetch({.url = server.url("/"), .not_after_ns = in(-1ms)});
    CHECK(r.ending == Ending::too_late);
    CHECK(r.error.code == "EDGE_TOO_LATE");
    CHECK(t.fetch({.url = server.url("/"), .not_after_ns = std::numeric_limits<std::int64_t>::min()}).ending == Ending::too_late);
    CHECK(requests.load() == 0);
    CHECK(t.fetch({.url = server.url("/"), .not_after_ns = in(1h)}).ending == Ending::complete);
    CHECK(t.fetch({.url = server.url("/"), .not_after_ns = std::numeric_limits<std::int64_t>::max()}).ending == Ending::complete);
  }
  SECTION("while hands are shaken, by a clock that goes on while the machine sleeps") {
    PacedRig t(ca.file());
    server.hold(true);
    t.send({.url = server.url("/"), .deadline_ns = in(24h), .not_after_ns = in(1h)});
    REQUIRE(eventually([&] { return server.accepted() > 0; }));
    t.time.by.store(3'601'000'000'000);
    server.hold(false);
    const auto r = t.answer();
    CHECK(r.ending == Ending::too_late);
    const auto opened = t.client->connections_opened();
    CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
    CHECK(requests.load() == 1);
    CHECK(t.client->connections_opened() <= opened + 1);  // what nothing was written on is as good as before
  }
  SECTION("while it waits for the budget") {
    PacedRig t(ca.file(), {}, {{"slow", 1, 1, 0}});
    CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
    CHECK(t.fetch({.url = server.url("/"), .not_after_ns = in(50ms)}).ending == Ending::too_late);
    CHECK(requests.load() == 1);
  }
  SECTION("afterwards it may take as long as it takes") {
    PacedRig t(ca.file());
    CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
    t.send({.url = server.url("/"), .not_after_ns = in(200ms)});
    CHECK(t.answer().ending == Ending::complete);
  }
}

TEST_CASE("exits and cancels overtake entries that wait, and entries cannot use up what is kept for them") {
  Authority ca;
  Slot<std::string> order;
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    for (std::string q; !(q = p.request()).empty();) {
      order.put(q.substr(5, q.find(' ', 5) - 5));
      p.reply("x");
    }
  });
  PacedRig t(ca.file(), {}, {{"orders", 20, 10, 0}});
  for (int i = 0; i < 40; ++i) t.send({.url = server.url("/entry")});
  for (int i = 0; i < 8; ++i) REQUIRE(t.answer().ending == Ending::complete);  // the entries' share of the burst
  for (int i = 0; i < 4; ++i) t.send({.urgent = true, .url = server.url("/exit")});
  for (int i = 0; i < 36; ++i) REQUIRE(t.answer().ending == Ending::complete);
  int last_exit = 0;
  for (int i = 0; i < 44; ++i)
    if (*order.take() == "exit") last_exit = i;
  CHECK(last_exit <= 13);  // two at once out of what was kept; an entry may have gone with each refill before they came
}

TEST_CASE("a connection is kept for exits while all others are busy") {
  Authority ca;
  std::atomic<int> hanging{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    for (std::string q; !(q = p.request()).empty();) {
      if (q.find("/hang") != q.npos) {
        ++hanging;
        p.ended();
        return;
      }
      p.reply("x");
    }
  });
  PacedOptions o;
  o.connections = 3;
  PacedRig t(ca.file(), o);
  for (int i = 0; i < 5; ++i) t.send({.url = server.url("/hang")});
  REQUIRE(eventually([&] { return hanging.load() == 2; }));
  CHECK(t.fetch({.urgent = true, .url = server.url("/exit")}).ending == Ending::complete);
  CHECK(t.client->outstanding() == 5);
  t.client->close();
  std::map<Ending, int> endings;
  for (int i = 0; i < 5; ++i) ++endings[t.answer().ending];
  CHECK(endings == std::map<Ending, int>{{Ending::not_sent, 3}, {Ending::unknown, 2}});
}

TEST_CASE("an hour's quota holds, and the hour after it there is a new one") {
  Authority ca;
  std::atomic<int> requests{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    while (!p.request().empty()) ++requests, p.reply("x");
  });
  PacedRig t(ca.file(), {}, {{"orders", 1000, 1000, 10}});
  for (int i = 0; i < 12; ++i) t.send({.url = server.url("/"), .deadline_ns = in(24h)});
  for (int i = 0; i < 8; ++i) CHECK(t.answer().ending == Ending::complete);
  for (int i = 0; i < 3; ++i) t.send({.urgent = true, .url = server.url("/"), .deadline_ns = in(24h)});
  for (int i = 0; i < 2; ++i) CHECK(t.answer().ending == Ending::complete);
  CHECK(requests.load() == 10);
  CHECK(t.client->outstanding() == 5);
  t.time.by.store(62 * 60'000'000'000);
  for (int i = 0; i < 5; ++i) CHECK(t.answer().ending == Ending::complete);
  CHECK(requests.load() == 15);
}

TEST_CASE("a queue that is full refuses, each lane by itself, and says nothing later") {
  Authority ca;
  PacedOptions o;
  o.queue = 3;
  PacedRig t(ca.file(), o, {});  // without a budget everything waits
  for (int i = 0; i < 3; ++i) t.send({.url = "https://localhost:1/"});
  CHECK(t.refusal({.url = "https://localhost:1/"}) == "EDGE_QUEUE_FULL");
  for (int i = 0; i < 3; ++i) t.send({.urgent = true, .url = "https://localhost:1/"});
  CHECK(t.refusal({.urgent = true, .url = "https://localhost:1/"}) == "EDGE_QUEUE_FULL");
  CHECK(t.client->outstanding() == 6);
  t.client->close();
  CHECK(t.got.size() == 6);
}

TEST_CASE("what waits for a budget goes when it is known, and what is of no class of it ends") {
  Authority ca;
  TlsServer server(ca.issue(), echo);
  PacedRig t(ca.file(), {}, {});
  t.send({.request = 1, .url = server.url("/")});
  t.send({.request = 2, .rate_class = 7, .url = server.url("/")});
  t.send({.request = 3, .cost = 50, .url = server.url("/")});
  t.client->budget({{"all", 10, 10, 0}});
  std::map<std::uint64_t, std::string> endings;
  for (int i = 0; i < 3; ++i) {
    const auto r = t.answer();
    endings[r.request] = r.ending == Ending::complete ? "complete" : r.error.code;
  }
  CHECK(endings == std::map<std::uint64_t, std::string>{{1, "complete"}, {2, "EDGE_RATE_CLASS"}, {3, "EDGE_RATE_CLASS"}});
  CHECK(t.refusal({.rate_class = 1, .url = server.url("/")}) == "EDGE_RATE_CLASS");
  CHECK(t.refusal({.cost = 11, .url = server.url("/")}) == "EDGE_RATE_CLASS");
}

TEST_CASE("what cannot be sent is refused at once") {
  PacedRig t("");
  const std::string ok = "https://localhost:1/";
  CHECK(t.refusal({.url = "ftp://localhost/"}) == "EDGE_BAD_URL");
  CHECK(t.refusal({.url = "localhost"}) == "EDGE_BAD_URL");
  CHECK(t.refusal({.url = ""}) == "EDGE_BAD_URL");
  CHECK(t.refusal({.url = "http://example.com/"}) == "EDGE_BAD_URL");  // plain text, to somebody else
  CHECK(t.refusal({.url = "http://127.0.0.1.example.com/"}) == "EDGE_BAD_URL");
  CHECK(t.refusal({.url = "https://localhost/a b"}) == "EDGE_BAD_URL");
  CHECK(t.refusal({.method = "get", .url = ok}) == "EDGE_BAD_REQUEST");
  CHECK(t.refusal({.method = "CONNECT", .url = ok}) == "EDGE_BAD_REQUEST");
  CHECK(t.refusal({.method = "GET / HTTP/1.1\r\nX:", .url = ok}) == "EDGE_BAD_REQUEST");
  for (const char* header : {"no colon", ": no name", "a b: c", "X: a\x01", "X: a\rY: b", "Host: other", "content-length: 0", "Transfer-Encoding: chunked",
                             "Connection: close", "Expect: 100-continue", "Upgrade: websocket", "Proxy-Authorization: x"}) {
    INFO(header);
    CHECK(t.refusal({.url = ok, .headers = header}) == "EDGE_BAD_REQUEST");
  }
  t.client->budget({{"none", 1, 1, 0}});
  CHECK(t.refusal({.request = 77, .cost = 0, .url = ok}) == "accepted");
  t.client->close();
  CHECK(t.refusal({.url = ok}) == "EDGE_CLOSED");
}

TEST_CASE("a number is not used twice at a time") {
  PacedRig t("", {}, {});
  t.send({.request = 5, .url = "https://localhost:1/"});
  CHECK(t.refusal({.request = 5, .url = "https://localhost:1/"}) == "EDGE_BAD_REQUEST");
  CHECK(t.client->cancel(5));
  CHECK(t.answer().error.code == "EDGE_CANCELLED");
  CHECK_FALSE(t.client->cancel(5));
  t.send({.request = 5, .url = "https://localhost:1/"});
}

TEST_CASE("a withdrawn request ends at once, and says whether a byte was sent") {
  Authority ca;
  std::atomic<int> requests{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    while (!p.request().empty()) ++requests;
  });
  PacedRig t(ca.file());
  const auto sent = t.send({.url = server.url("/")});
  REQUIRE(eventually([&] { return requests.load() == 1; }));
  CHECK(t.client->cancel(sent));
  auto r = t.answer();
  CHECK(r.ending == Ending::unknown);
  CHECK(r.error.code == "EDGE_CANCELLED");
  server.hold(true);
  TlsServer slow(ca.issue(), echo);
  slow.hold(true);
  const auto connecting = t.send({.url = slow.url("/")});
  REQUIRE(eventually([&] { return slow.accepted() > 0; }));
  CHECK(t.client->cancel(connecting));
  r = t.answer();
  CHECK(r.request == connecting);
  CHECK(r.ending == Ending::not_sent);
}

TEST_CASE("connections are opened ahead of need: no handshake stands in the way") {
  Authority ca;
  std::atomic<int> open{0};
  std::atomic<bool> close_all{false};
  TlsServer server(ca.issue(), [&](Peer& p, int number) {
    ++open;
    while (!p.request().empty()) {
      p.reply(std::to_string(number), close_all ? "Connection: close\r\n" : "");
      if (close_all) break;
    }
    --open;
  });
  PacedRig t(ca.file());
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  REQUIRE(eventually([&] { return open.load() >= 2; }));
  std::this_thread::sleep_for(50ms);  // the client's half of the handshake
  close_all.store(true);
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);  // takes one away
  close_all.store(false);
  REQUIRE(eventually([&] { return open.load() >= 2; }));
  std::this_thread::sleep_for(50ms);
  server.hold(true);  // from here on no handshake comes to its end
  CHECK(t.fetch({.url = server.url("/"), .deadline_ns = in(2s)}).ending == Ending::complete);
  CHECK(t.fetch({.url = server.url("/"), .deadline_ns = in(2s)}).ending == Ending::complete);
}

TEST_CASE("a host that takes connections and ends them at once is not stormed") {
  Authority ca;
  std::atomic<bool> ending{false};
  std::atomic<int> open{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    if (ending.load()) return p.close();
    ++open;
    for (std::string q; !(q = p.request()).empty();) {
      const bool last = q.starts_with("GET /last");
      p.reply("x", last ? "Connection: close\r\n" : "");
      if (last) return p.close();
    }
  });
  PacedRig t(ca.file());
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  REQUIRE(eventually([&] { return open.load() == 3; }));  // those go on
  ending.store(true);
  CHECK(t.fetch({.url = server.url("/last")}).ending == Ending::complete);  // from here on one is missing
  const auto began = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(1s);
  const int accepted = server.accepted();
  CHECK(accepted < 10 + 3 * std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count());
  ending.store(false);
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
}

TEST_CASE("what was kept ready is replaced as soon as it is taken, and the last of it is for exits") {
  Authority ca;
  std::atomic<int> open{0}, hanging{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    ++open;  // the client has ended its half of the handshake before
    for (std::string q; !(q = p.request()).empty();) {
      if (q.starts_with("GET /hang")) {
        ++hanging;
        p.ended();
        return;
      }
      p.reply("x");
    }
  });
  PacedOptions o;
  o.tick_ns = 3'600'000'000'000;  // nothing is looked after in passing
  PacedRig t(ca.file(), o);
  const PacedCall hang{.url = server.url("/hang"), .deadline_ns = in(1h)};
  CHECK(t.fetch({.url = server.url("/"), .deadline_ns = in(1h)}).ending == Ending::complete);
  REQUIRE(eventually([&] { return open.load() == 3; }));
  for (int i = 0; i < 2; ++i) t.send(hang);
  REQUIRE(eventually([&] { return open.load() == 4; }));  // two in use, and two that are ready
  server.hold(true);                                      // from here on no handshake comes to its end
  for (int i = 0; i < 2; ++i) t.send(hang);
  REQUIRE(eventually([&] { return hanging.load() == 3; }));
  CHECK(t.fetch({.urgent = true, .url = server.url("/exit"), .deadline_ns = in(5s)}).ending == Ending::complete);
  CHECK(hanging.load() == 3);
}

TEST_CASE("what waited for a handshake is paid for when it goes, not when it began to wait") {
  Authority ca;
  std::atomic<int> requests{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    while (!p.request().empty()) ++requests, p.reply("x");
  });
  PacedRig t(ca.file(), {}, {{"slow", 1, 10, 0}});
  server.hold(true);
  for (int i = 0; i < 30; ++i) t.send({.url = server.url("/"), .deadline_ns = in(24h)});
  REQUIRE(eventually([&] { return server.accepted() >= 5; }));  // so many are under way
  const auto began = std::chrono::steady_clock::now();
  t.time.by.store(3'000'000'000);  // the bucket is full again; no handshake is given up yet
  server.hold(false);
  REQUIRE(eventually([&] { return requests.load() >= 8; }));  // all of it, but for what is kept for exits
  std::this_thread::sleep_for(300ms);
  const int went = requests.load();
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
  CHECK(went <= 8 + 1 + passed);
}

namespace {

/// Listens, takes nobody, and has no room for another one: who connects waits for an answer that does not come.
struct Deaf {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port = 0;
  std::vector<int> waiting{};
  Deaf() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 0) != 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &length) != 0)
      throw std::runtime_error("cannot listen");
    port = ntohs(at.sin_port);
    for (int i = 0; i < 8; ++i) {
      waiting.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      static_cast<void>(!::connect(waiting.back(), reinterpret_cast<sockaddr*>(&at), sizeof at));
    }
  }
  ~Deaf() {
    for (const int w : waiting) ::close(w);
    ::close(fd);
  }
};

}  // namespace

TEST_CASE("an address that does not answer is not waited for to the end, and the one that did is tried first from then on") {
  Authority ca;
  const auto one = [](Peer& p, int) {
    p.request();
    p.reply("x", "Connection: close\r\n");
  };
  TlsServer server(ca.issue(), one), another(ca.issue(), one);
  Deaf deaf;
  std::atomic<int> lookups{0};
  PacedOptions o;
  o.spare = 0;
  o.connect_ns = 3'000'000'000;
  o.lookup = [&](const std::string&, const std::string&, const auto& found) {
    found({{"127.0.0.1", ++lookups == 1 ? deaf.port : another.port()}, {"127.0.0.1", server.port()}});
  };
  PacedRig t(ca.file(), o);
  for (int i = 0; i < 3; ++i) CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  CHECK(lookups.load() == 3);
  CHECK(server.accepted() == 3);
  CHECK(another.accepted() == 0);
}

TEST_CASE("where a name is not found any more, what was good before is") {
  Authority ca;
  TlsServer server(ca.issue(), [](Peer& p, int) {
    p.request();
    p.reply("x", "Connection: close\r\n");
  });
  std::atomic<int> lookups{0};
  PacedOptions o;
  o.spare = 0;
  o.connect_ns = 2'000'000'000;
  std::vector<std::function<void(std::vector<Address>)>> unanswered;
  o.lookup = [&](const std::string&, const std::string&, const auto& found) {
    const int which = ++lookups;
    if (which == 1) return found({{"127.0.0.1", server.port()}});
    if (which == 2) return found({});
    unanswered.push_back(found);  // and no answer
  };
  PacedRig t(ca.file(), o);
  for (int i = 0; i < 3; ++i) CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  CHECK(lookups.load() == 3);
  const auto another = t.fetch({.url = "https://elsewhere.example/"});  // never found
  CHECK(another.ending == Ending::not_sent);
  t.client.reset();
}

TEST_CASE("an old idle connection is replaced by a young one, with no request in between lost") {
  Authority ca;
  TlsServer server(ca.issue(), echo);
  PacedOptions o;
  o.idle_ns = 200'000'000;
  o.spare = 1;
  PacedRig t(ca.file(), o);
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
  REQUIRE(eventually([&] { return t.client->connections_opened() >= 1 && server.accepted() >= 4; }));
  CHECK(t.fetch({.url = server.url("/")}).ending == Ending::complete);
}

TEST_CASE("plain text is for this machine alone") {
  TestServer plain;
  const auto port = plain.start();
  PacedRig t("");
  const auto r = t.fetch({.method = "POST", .url = "http://127.0.0.1:" + std::to_string(port) + "/echo", .body = "a simulator"});
  CHECK(r.ending == Ending::complete);
  CHECK(r.body == "a simulator");
}

TEST_CASE("every accepted request is answered once, whatever happens") {
  Authority ca;
  std::atomic<unsigned> turn{0};
  TlsServer server(ca.issue(), [&](Peer& p, int) {
    for (std::string q; !(q = p.request()).empty();) {
      const std::string body = q.substr(q.find("\r\n\r\n") + 4);
      switch (++turn % 11) {
        case 0: return p.close();
        case 1: return p.reset();
        case 2: p.reply(body); return p.close();
        case 3: p.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"); return p.cut();
        case 4: std::this_thread::sleep_for(30ms); p.reply(body); break;
        case 5: p.reply(body, "Connection: close\r\n"); return;
        default: p.reply(body);
      }
    }
  });
  for (unsigned seed = 1; seed <= 4; ++seed) {
    INFO("seed " << seed);
    std::mt19937 engine(seed);
    const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
    PacedOptions o;
    o.queue = 40;
    o.jitter_seed = seed;
    PacedRig t(ca.file(), o, {{"a", 300, 50, 0}, {"b", 300, 20, 0}});
    std::set<std::uint64_t> accepted;
    for (std::uint64_t i = 1; i <= 400; ++i) {
      PacedCall c{.request = i, .urgent = random() % 4 == 0, .rate_class = random() % 2, .cost = random() % 3, .method = "POST",
                  .url = server.url("/"), .body = "body " + std::to_string(i)};
      if (random() % 5 == 0) c.deadline_ns = in(std::chrono::milliseconds(random() % 40));
      if (random() % 7 == 0) c.not_after_ns = in(std::chrono::milliseconds(random() % 20));
      if (t.client->send(std::move(c))) accepted.insert(i);
      if (random() % 9 == 0) t.client->cancel(1 + random() % i);
      if (random() % 16 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(random() % 15));
    }
    if (seed % 2 == 0) REQUIRE(eventually([&] { return t.client->outstanding() == 0; }));
    t.client->close();
    CHECK(t.client->outstanding() == 0);
    std::set<std::uint64_t> answered;
    int complete = 0;
    while (t.got.size() != 0) {
      const auto r = t.answer();
      CHECK(answered.insert(r.request).second);
      if (r.ending != Ending::complete) {
        CHECK_FALSE(r.error.code.empty());
        continue;
      }
      ++complete;
      CHECK(r.body == "body " + std::to_string(r.request));
    }
    CHECK(answered == accepted);
    if (seed % 2 == 0) CHECK(complete > 20);  // else it ended as soon as all was handed over
  }
}

TEST_CASE("requests from many threads, and an end in the middle of them") {
  Authority ca;
  TlsServer server(ca.issue(), echo);
  PacedRig t(ca.file());
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (std::uint64_t k = 1; k <= 4; ++k)
    threads.emplace_back([&, k] {
      for (std::uint64_t i = 0; i < 200; ++i)
        if (t.client->send({.request = k * 1000 + i, .urgent = i % 2 == 0, .method = "GET", .url = server.url("/")})) ++accepted;
    });
  std::this_thread::sleep_for(20ms);
  t.client->close();
  for (auto& thread : threads) thread.join();
  CHECK(static_cast<int>(t.got.size()) == accepted.load());
}

TEST_CASE("the I/O thread may end first") {
  Authority ca;
  PacedRig t(ca.file(), {}, {});
  t.send({.url = "https://localhost:1/"});
  t.io.stop();
  CHECK(t.refusal({.url = "https://localhost:1/"}) == "EDGE_CLOSED");
  t.client->close();
  CHECK(t.answer().ending == Ending::not_sent);
}
