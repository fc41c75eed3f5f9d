// Lanes of a paced client: what overtakes what, and what a budget holds back.
#include "edge/paced_client.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "paced_rig.hpp"

using namespace edge_test;

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
