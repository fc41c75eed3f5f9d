// Connections of a paced client: to whom, kept, opened ahead, and where an address does not answer.
#include "edge/paced_client.hpp"

#include <catch2/catch.hpp>
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
