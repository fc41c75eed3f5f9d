// Who is let in: the check by itself, and in front of a server.
#include "edge/access.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "edge/host_door.hpp"
#include "fixture.hpp"
#include "raw_socket.hpp"

using namespace edge_test;

namespace {

const std::string read_token = "r" + std::string(40, '1'), trade_token = "t" + std::string(40, '2'), emergency_token = "e" + std::string(40, '3');
constexpr std::int64_t second = 1'000'000'000;
constexpr auto all = {Scope::Read, Scope::Trade, Scope::Emergency};

AccessTokens tokens() {
  AccessTokens t;
  t.set(Scope::Read, read_token);
  t.set(Scope::Trade, trade_token);
  t.set(Scope::Emergency, emergency_token);
  return t;
}

const std::string& token_of(Scope s) { return s == Scope::Read ? read_token : s == Scope::Trade ? trade_token : emergency_token; }

Headers with(const std::string& value) {
  Headers h;
  h.add("Host", "x");
  h.add("authorization", value);
  return h;
}

/// A server with a route for each scope, one that nobody has given a scope, and a stream.
struct Guarded : TestServer {
  std::shared_ptr<AccessCheck> check = std::make_shared<AccessCheck>(tokens());
  Slot<std::string> principals, problems;
  int bodies = 0;

  Guarded() {
    const auto add = [this](Method m, std::string path, std::optional<Scope> scope) {
      RouteDoc d = doc(m, path, path + std::string(method_name(m)));
      d.scope = scope;
      router->add(d, [this](const Request& q, Responder r) {
        principals.put(q.principal);
        bodies += q.body.empty() ? 0 : 1;
        CHECK(q.headers.find("Authorization").value_or("").find_first_not_of('\0') == std::string_view::npos);
        r(Response::json(200, "{}"));
      });
    };
    add(Method::Get, "/open", Scope::Open);
    add(Method::Get, "/look", Scope::Read);
    add(Method::Post, "/move", Scope::Trade);
    add(Method::Post, "/sell-all", Scope::Emergency);
    add(Method::Get, "/forgotten", std::nullopt);
    RouteDoc d = doc(Method::Get, "/stream", "stream");
    d.scope = Scope::Read;
    router->add_ws(d, {.on_open = [this](std::shared_ptr<WsSession> s, const Request& q) {
                         principals.put(q.principal);
                         CHECK(q.headers.find("Authorization").value_or("").find_first_not_of('\0') == std::string_view::npos);
                         s->send(std::make_shared<const std::string>("hello"));
                       }});
    ServerOptions o;
    o.access = check;
    o.on_problem = [this](std::string_view code, std::string_view text, std::string_view) { problems.put(std::string(code) + " " + std::string(text)); };
    start(o);
  }
  static std::string request(std::string_view line, const std::string& token, std::string_view more = "") {
    return std::string(line) + " HTTP/1.1\r\nHost: x\r\n" + (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + std::string(more) + "\r\n";
  }
  std::string ask(std::string_view line, const std::string& token = {}) {
    RawSocket s(server->port());
    return s.exchange(request(line, token, line.starts_with("POST") ? "Content-Length: 0\r\n" : ""));
  }
};

std::string code_of(const std::string& answer) { return nlohmann::json::parse(body_of(answer)).at("error").at("code"); }

constexpr const char* upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

}  // namespace

TEST_CASE("rule 6: each token opens its scope and those before it, and no other") {
  AccessCheck check(tokens());
  for (const Scope has : all)
    for (const Scope needed : {Scope::Open, Scope::Read, Scope::Trade, Scope::Emergency}) {
      Scope who = Scope::Emergency;
      const auto refused = check.judge(with("Bearer " + token_of(has)), needed, "127.0.0.1:1", 0, who);
      INFO(scope_name(has) << " at " << scope_name(needed));
      CHECK(refused.has_value() == (has < needed));
      if (needed != Scope::Open) CHECK(who == has);
      if (!refused) continue;
      CHECK(refused->status == 403);
      CHECK(refused->error.code == "AUTH_SCOPE");
      CHECK(refused->error.message.find(scope_name(needed)) != std::string::npos);
      CHECK(refused->challenge.find("scope=\"" + std::string(scope_name(needed)) + "\"") != std::string::npos);
    }
}

TEST_CASE("rule 6: without a token, or with a wrong one, every route but the open ones is refused, and the token is not told") {
  AccessCheck check(tokens());
  Scope who{};
  Headers none;
  CHECK_FALSE(check.judge(none, Scope::Open, "127.0.0.1:1", 0, who));
  for (const Scope needed : all) {
    const auto missing = check.judge(none, needed, "127.0.0.1:1", 0, who);
    REQUIRE(missing);
    CHECK(missing->status == 401);
    CHECK(missing->error.code == "AUTH_MISSING");
    CHECK(missing->challenge == "Bearer realm=\"bowline\"");
    CHECK(who == Scope::Open);
  }
  std::int64_t now = 0;
  for (const std::string& value : {std::string("Bearer"), std::string("Bearer "), std::string("bearer  "), "Basic " + read_token, read_token, "Bearer" + read_token,
                                  "Bearer " + read_token + " ", "Bearer " + read_token + "x", "Bearer " + read_token.substr(1), "Bearer " + read_token + " " + read_token,
                                  "Bearer " + std::string(16'000, 'a'), std::string("Bearer ") + std::string(41, '\0'), "Bearer \"" + read_token + "\"",
                                  "Bearer " + std::string("R") + std::string(40, '1'), std::string()}) {
    now += 10 * second;
    const auto wrong = check.judge(with(value), Scope::Read, "127.0.0.1:1", now, who);
    INFO(value.substr(0, 60));
    REQUIRE(wrong);
    CHECK(wrong->status == 401);
    CHECK(wrong->error.code == "AUTH_INVALID");
    CHECK(wrong->challenge.find("error=\"invalid_token\"") != std::string::npos);
    CHECK(wrong->error.message.find("111") == std::string::npos);
    CHECK(who == Scope::Open);
  }
  Headers twice = with("Bearer " + read_token);
  twice.add("Authorization", "Bearer " + emergency_token);
  const auto both = check.judge(twice, Scope::Read, "127.0.0.1:1", now + 10 * second, who);
  REQUIRE(both);
  CHECK(both->error.code == "AUTH_INVALID");
  CHECK_FALSE(check.judge(with("bEARER   " + read_token), Scope::Read, "127.0.0.1:1", now + 10 * second, who));  // the scheme has no case
}

TEST_CASE("rule 6: tokens are compared by their whole hash; a host that knows none lets nobody in") {
  const AccessTokens t = tokens();
  for (const Scope s : all) CHECK(t.scope_of(token_of(s)) == s);
  for (std::size_t i = 0; i < trade_token.size(); ++i) {  // whatever single character is another one
    std::string near = trade_token;
    near[i] ^= 1;
    CHECK(t.scope_of(near) == Scope::Open);
  }
  CHECK(t.scope_of("") == Scope::Open);
  const AccessTokens none;
  CHECK(none.scope_of("") == Scope::Open);
  // The hash of what was never set is all zeros: no text may pass for it, whatever it hashes to; there being none is what counts.
  AccessTokens one;
  one.set(Scope::Trade, trade_token);
  CHECK(one.scope_of(read_token) == Scope::Open);
  CHECK(one.scope_of(trade_token) == Scope::Trade);
  one.set(Scope::Trade, read_token);
  CHECK(one.scope_of(trade_token) == Scope::Open);
  CHECK(one.scope_of(read_token) == Scope::Trade);
  // What is kept of a token is no part of its text.
  const std::string_view bytes(reinterpret_cast<const char*>(&t), sizeof t);
  for (const Scope s : all) CHECK(bytes.find(token_of(s).substr(1, 8)) == std::string_view::npos);
}

TEST_CASE("wrong tokens of one address are slowed down; right ones and other addresses are not") {
  AccessCheck check(tokens());
  Scope who{};
  const auto wrong = [&](const char* from, std::int64_t now) { return check.judge(with("Bearer wrong"), Scope::Read, from, now, who); };
  for (std::uint32_t i = 0; i < AccessCheck::wrong_at_once; ++i) CHECK(wrong("10.0.0.1:77", 0)->status == 401);
  const auto throttled = wrong("10.0.0.1:78", 0);
  CHECK(throttled->status == 429);
  CHECK(throttled->error.code == "AUTH_THROTTLED");
  CHECK(throttled->tell);
  CHECK_FALSE(wrong("10.0.0.1:78", 0)->tell);  // once
  CHECK(wrong("10.0.0.2:77", 0)->status == 401);
  CHECK_FALSE(check.judge(with("Bearer " + emergency_token), Scope::Emergency, "10.0.0.1:79", 0, who));
  CHECK(check.judge({}, Scope::Read, "10.0.0.1:79", 0, who)->status == 401);  // no token is no guess
  CHECK(wrong("10.0.0.1:80", 2 * second)->status == 401);
  CHECK(wrong("10.0.0.1:80", 2 * second)->status == 401);
  CHECK(wrong("10.0.0.1:80", 2 * second)->status == 429);
}

TEST_CASE("a caller is an address, of IPv6 the network; many of them do not grow the table") {
  CHECK(caller_of("127.0.0.1:5123") == "127.0.0.1");
  CHECK(caller_of("[::ffff:10.1.2.3]:5123") == "10.1.2.3");
  CHECK(caller_of("[2001:db8:1:2:3:4:5:6]:1") == "2001:db8:1:2::/64");
  CHECK(caller_of("[2001:db8:1:2:ffff::9]:1") == caller_of("[2001:db8:1:2:3:4:5:6]:2"));
  CHECK(caller_of("[fe80::1%eth0]:1") == "fe80::/64");
  CHECK(caller_of("") == "");
  AccessCheck check(tokens());
  Scope who{};
  for (int i = 0; i < 5000; ++i) {
    const std::string from = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":1";
    CHECK(check.judge(with("Bearer wrong"), Scope::Read, from, i, who)->status == 401);
  }
}

TEST_CASE("rule 6: a server lets in by the route's scope, says who it was, and forgets what was shown") {
  Guarded g;
  struct One {
    const char* line;
    std::optional<Scope> needed;
  };
  for (const One& one : {One{"GET /open", Scope::Open}, One{"GET /look", Scope::Read}, One{"HEAD /look", Scope::Read}, One{"POST /move", Scope::Trade},
                         One{"POST /sell-all", Scope::Emergency}, One{"GET /forgotten", Scope::Emergency}})
    for (const Scope has : {Scope::Open, Scope::Read, Scope::Trade, Scope::Emergency}) {
      INFO(one.line << " with " << scope_name(has));
      const std::string line = one.line;
      const bool head = line.starts_with("HEAD");
      RawSocket s(g.server->port());
      s.send(Guarded::request(line, has == Scope::Open ? "" : token_of(has), line.starts_with("POST") ? "Content-Length: 0\r\n" : ""));
      const auto a = s.read_answer(head);
      if (has >= *one.needed) {
        CHECK(status_of(a) == 200);
        CHECK(g.principals.take() == (*one.needed == Scope::Open ? "" : "token:" + std::string(scope_name(has))));
      } else {
        CHECK(status_of(a) == (has == Scope::Open ? 401 : 403));
        CHECK(a.find("WWW-Authenticate: Bearer realm=\"bowline\"") != std::string::npos);
        if (!head) CHECK(code_of(a) == (has == Scope::Open ? "AUTH_MISSING" : "AUTH_SCOPE"));
        CHECK(a.find("Connection: close") == std::string::npos);  // nothing of a body is outstanding
        s.send(Guarded::request("GET /look", read_token));
        CHECK(status_of(s.read_answer()) == 200);
        CHECK(g.principals.take() == "token:read");
      }
    }
  CHECK(g.server->stats().unauthenticated == 5);
  CHECK(g.server->stats().forbidden == 5);
}

TEST_CASE("rule 6: who has no token learns of no path, and no byte of a body is waited for") {
  Guarded g;
  CHECK(code_of(g.ask("GET /nothing")) == "AUTH_MISSING");
  CHECK(code_of(g.ask("DELETE /look")) == "AUTH_MISSING");
  CHECK(code_of(g.ask("GET /nothing", read_token)) == "HTTP_NOT_FOUND");
  CHECK(code_of(g.ask("DELETE /look", read_token)) == "HTTP_METHOD");
  for (const char* more : {"Content-Length: 500000\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\nExpect: 100-continue\r\n"}) {
    INFO(more);
    RawSocket s(g.server->port());
    s.send(Guarded::request("POST /move", "", more));  // and not a byte more
    const auto a = s.read_answer();
    CHECK(status_of(a) == 401);
    CHECK(a.find("Connection: close\r\n") != std::string::npos);
    CHECK(a.find("100 Continue") == std::string::npos);
    CHECK(s.ended());
  }
  CHECK(g.bodies == 0);
  RawSocket s(g.server->port());
  CHECK(status_of(s.exchange(Guarded::request("POST /move", trade_token, "Content-Length: 2\r\n") + "{}")) == 200);
  CHECK(g.bodies == 1);
}

TEST_CASE("rule 6: pipelined requests are judged one by one, each by what it shows itself") {
  Guarded g;
  RawSocket s(g.server->port());
  s.send(Guarded::request("GET /look", read_token) + Guarded::request("GET /look", "") + Guarded::request("GET /look", trade_token) + Guarded::request("GET /open", ""));
  CHECK(status_of(s.read_answer()) == 200);
  CHECK(status_of(s.read_answer()) == 401);
  CHECK(status_of(s.read_answer()) == 200);
  CHECK(status_of(s.read_answer()) == 200);
  CHECK(g.principals.take() == "token:read");
  CHECK(g.principals.take() == "token:trade");
  CHECK(g.principals.take() == "");
}

TEST_CASE("rule 6: a stream is opened by its scope alone") {
  Guarded g;
  for (const std::string& token : {std::string(), std::string(40, 'z')}) {
    RawSocket s(g.server->port());
    const auto a = s.exchange(Guarded::request("GET /stream", token, upgrade));
    CHECK(status_of(a) == 401);
    CHECK(code_of(a) == (token.empty() ? "AUTH_MISSING" : "AUTH_INVALID"));
  }
  RawSocket s(g.server->port());
  CHECK(status_of(s.exchange(Guarded::request("GET /stream", read_token, upgrade))) == 101);
  CHECK(s.take(7).substr(2) == "hello");
  CHECK(g.principals.take() == "token:read");
}

TEST_CASE("a wrong token is told in the log by its address, and never by itself; many of them are 429 and the end of the connection") {
  Guarded g;
  const std::string canary = "canarycanarycanarycanarycanarycanary";
  std::string last;
  for (std::uint32_t i = 0; i < AccessCheck::wrong_at_once + 3; ++i) {
    last = g.ask("GET /look", canary);
    CHECK(last.find("canary") == std::string::npos);
  }
  CHECK(status_of(last) == 429);
  CHECK(code_of(last) == "AUTH_THROTTLED");
  CHECK(last.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(last.find("Connection: close\r\n") != std::string::npos);
  CHECK(status_of(g.ask("POST /sell-all", emergency_token)) == 200);
  CHECK(g.problems.size() <= AccessCheck::wrong_at_once + 3);
  const auto told = g.problems.take();
  REQUIRE(told);
  CHECK(*told == "AUTH_INVALID from 127.0.0.1");
}

TEST_CASE("what a header held can be overwritten, and nothing beside it") {
  Headers h = with("Bearer secret");
  h.add("X-Other", "kept");
  h.blot("Authorization");
  CHECK(h.find("Authorization") == std::string(13, '\0'));
  CHECK(h.find("Host") == "x");
  CHECK(h.find("X-Other") == "kept");
}

TEST_CASE("a client shows its token over TLS or to its own machine, and else to nobody") {
  const HostDoor door{.token = trade_token};
  for (const char* good : {"https://trader.example:8024", "http://127.0.0.1:8024/x", "http://127.9.9.9", "http://[::1]:8024", "http://[::1]"}) {
    INFO(good);
    const auto h = door.headers(good);
    REQUIRE(h);
    REQUIRE(h->size() == 1);
    CHECK((*h)[0].second == "Bearer " + trade_token);
  }
  for (const char* bad : {"http://trader.example:8024", "http://10.0.0.1:8024", "http://127.0.0.1.example", "http://127.0.0.1@evil.example/", "http://localhost:8024",
                          "http://[::1].example", "http://[::11]:1", "httpsx://a", "127.0.0.1:8024"}) {
    INFO(bad);
    const auto h = door.headers(bad);
    REQUIRE_FALSE(h);
    CHECK(h.error().code == "HOST_PLAIN");
    CHECK(h.error().message.find(trade_token) == std::string::npos);
  }
  CHECK(HostDoor{}.headers("http://trader.example")->empty());
}
