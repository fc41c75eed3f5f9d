// Requests of a paced client: what goes out, once, and what is said of each.
#include "edge/paced_client.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "paced_rig.hpp"

using namespace edge_test;

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
