// Who is let in where, and what becomes of requests that no client of good will sends.
#include "exchange/face/replies.hpp"
#include "exchange/face/routes.hpp"
#include "exchange/face/target.hpp"
#include "exchange/face/times.hpp"
#include "readers.hpp"
#include "unit/exchange/random_acts.hpp"

using namespace face_test;

namespace {

/// A route's address with something in its gaps.
std::string filled(std::string_view path) {
  std::string out(path);
  for (auto at = out.find("{}"); at != out.npos; at = out.find("{}")) out.replace(at, 2, "BTC-USD");
  return out;
}
WebReply call(Rig& r, Client* c, const Route& route) {
  const std::string path = filled(route.path), method(route.method);
  WebHeaders headers{{"Host", dialled}};
  if (c != nullptr) headers.emplace_back("Authorization", c->bearer(method.c_str(), path));
  return r.raw({method, path, headers, ""});
}

}  // namespace

TEST_CASE("each address lets in who may, and nobody else") {
  Rig r;
  for (const Route& route : routes()) {
    INFO(route.method << " " << route.path);
    const auto status = [&](Client* c) { return call(r, c, route).status; };
    const auto in = [](int s) { return s != 401 && s != 403; };
    if (route.access == Access::open) {
      CHECK(in(status(nullptr)));
      CHECK(in(status(&r.alices)));
      continue;
    }
    CHECK(status(nullptr) == 401);
    CHECK(in(status(&r.alices)));
    CHECK(in(status(&r.bobs)));
    CHECK(status(&r.strangers) == 401);  // a key that is good and nobody's
    CHECK((status(&r.readers) == 403) == (route.access == Access::trade));
    CHECK((status(&r.traders) == 403) == (route.access == Access::view));
  }
  const WebReply no = call(r, &r.readers, *find_route("POST", {"api", "v3", "brokerage", "orders"}).route);
  REQUIRE(no.status == 403);
  CHECK(no.body.find(R"("error_details":"Missing required scopes")") != no.body.npos);  // literal bytes that a client looks for
  CHECK(cb::outcome_of(cb::Call::create, {cb::Reply::Delivery::whole, 403, no.body}).verdict == cb::Verdict::unauthorised);
}

TEST_CASE("whatever is wrong with a token, the answer is bare text; the log knows more") {
  Rig r;
  const std::string path = std::string(root) + "/accounts";
  const auto with = [&](const std::string& authorization, const std::string& target) {
    return r.raw({"GET", target, {{"HOST", dialled}, {"AUTHORIZATION", authorization}}, ""});
  };
  const auto check = [&](const WebReply& reply, const char* why) {
    CHECK(reply.status == 401);
    CHECK(reply.body == "Unauthorized");
    CHECK(find_header(reply.headers, "content-type")->starts_with("text/plain"));
    CHECK(reply.note == why);
  };
  CHECK(with(r.alices.bearer("GET", path), path + "?limit=1").status == 200);
  check(r.get(path), "no_header");
  check(with("Basic abc", path), "not_bearer");
  check(with("Bearer a.b.c", path), "not_base64url");
  check(with(r.alices.bearer("POST", path), path), "other_method");
  check(with(r.alices.bearer("GET", path), path + "/x"), "other_uri");
  check(with("Bearer " + *r.strangers.tokens.token("GET", dialled, path), path), "no_holder");
  check(r.raw({"GET", path, {{"Host", dialled}, {"cb-access-key", "k"}}, ""}), "legacy_key");
  check(r.raw({"GET", path, {{"Host", "elsewhere:1"}, {"Authorization", r.alices.bearer("GET", path)}}, ""}), "other_uri");
  const std::string old = r.alices.bearer("GET", path);
  r.now += 200 * second;
  check(with(old, path), "expired");
  check(r.raw({"GET", std::string(root) + "/time", {{"Host", dialled}, {"Authorization", old}}, ""}), "expired");  // open, yet a wrong token
  r.holders.erase("keys/alice");
  check(with(r.alices.bearer("GET", path), path), "no_holder");
}

TEST_CASE("addresses and methods that are none") {
  Rig r;
  check_refused(r.get("/"), 404, "NOT_FOUND");
  check_refused(r.get("/api/v3/brokerage"), 404, "NOT_FOUND");
  check_refused(r.get("/api/v3/brokerage/time/"), 404, "NOT_FOUND");
  check_refused(r.get("/api/v3/brokerage/market/products/"), 404, "NOT_FOUND");
  check_refused(r.get("//api/v3/brokerage/time"), 404, "NOT_FOUND");
  check_refused(r.get("/api/v3/brokerage/orders/historical/a/b"), 404, "NOT_FOUND");
  check_refused(r.get("/api/v3/brokerage/portfolios/move_funds/x"), 404, "NOT_FOUND");
  for (const char* method : {"POST", "PUT", "DELETE", "HEAD", "", "get"}) {
    const WebReply reply = r.raw({method, "/api/v3/brokerage/time", {}, ""});
    CHECK(reply.status == 405);
    CHECK(*find_header(reply.headers, "Allow") == "GET");
  }
  CHECK(r.raw({"GET", "/api/v3/brokerage/orders", {}, ""}).status == 405);
}

TEST_CASE("targets that no client of good will sends") {
  Rig r;
  for (const std::string& bad :
       {std::string(), std::string("x"), std::string("http://h/api/v3/brokerage/time"), std::string("/api/v3/brokerage/time?%"),
        std::string("/api/v3/brokerage/time?%4"), std::string("/%zz"), std::string("/api/v3/broker age/time"), std::string("/a\nb"),
        std::string("/a\0b", 4), std::string("/x?a=\x7f"), std::string("*")}) {
    INFO(bad);
    check_refused(r.get(bad), 400, "INVALID_ARGUMENT");
  }
  CHECK(r.get("/api/v3/brokerage/market/products/BTC%2DUSD").status == 200);
  check_refused(r.get("/api/v3/brokerage/market/products/BTC%2FUSD"), 404, "NOT_FOUND");
  check_refused(r.get("/api/v3/brokerage/market/products/%ff%00%0a"), 404, "NOT_FOUND");
  check_refused(r.get("/api/v3/brokerage/market/products/" + std::string(100'000, 'A')), 404, "NOT_FOUND");
  CHECK(r.get("/api/v3/brokerage/market/products?&&=&a&product_ids=%ff&limit=").status == 200);
  std::string many = "/api/v3/brokerage/market/products?";
  for (int i = 0; i < 5000; ++i) many += "product_ids=P" + std::to_string(i) + "&";
  CHECK(json_of(r.get(many))["products"].empty());
  // A body with a GET is passed over: some clients send {} with everything.
  CHECK(r.raw({"GET", "/api/v3/brokerage/time", {{"Content-Length", "2"}}, "{}"}).status == 200);
}

TEST_CASE("random bytes as requests: an answer each time, and never a server's fault") {
  Rig r;
  Dice dice(7);
  const std::string alphabet = "/?&=%{}[]\":,.-_ \t\r\n0129azAZ\x00\xff\xc3";
  for (int i = 0; i < 3000; ++i) {
    const auto noise = [&](std::uint64_t n) {
      std::string s;
      for (std::uint64_t k = dice(n); k > 0; --k) s.push_back(alphabet[dice(alphabet.size())]);
      return s;
    };
    const Route& route = routes()[dice(routes().size())];
    const std::string path = filled(route.path);
    const std::string target = dice.one_in(3) ? "/" + noise(40) : path + "?" + noise(60);
    const std::string method(route.method);
    const WebReply reply = r.raw({method, target, {{"Host", dialled}, {"Authorization", r.alices.bearer(method.c_str(), path)}}, noise(80)});
    CHECK((reply.status == 200 || (reply.status >= 400 && reply.status < 500)));
    if (reply.status != 401) CHECK_FALSE(Parsed::parse(reply.body, nullptr, false).is_discarded());
  }
  r.audit();
}

TEST_CASE("times are written and read as the API has them") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
  CHECK(rfc3339(1'700'000'000'100'000'000) == "2023-11-14T22:13:20.100Z");
  CHECK(rfc3339(1'700'000'000'000'001'000) == "2023-11-14T22:13:20.000001Z");
  CHECK(rfc3339(1'700'000'000'000'000'001) == "2023-11-14T22:13:20.000000001Z");
  CHECK(go_time(1'687'552'316'121'961'769, 91'717'525'857'105) == "2023-06-23 20:31:56.121961769 +0000 UTC m=+91717.525857105");
  CHECK(*parse_time("2023-11-14T22:13:20.1Z") == 1'700'000'000'100'000'000);
  CHECK(*parse_time("2023-11-15T00:13:20+02:00") == start);
  CHECK(*parse_time("2023-11-14T20:13:20.000000000-02:00") == start);
  CHECK(*parse_time("0001-01-01T00:00:00Z") == 0);
  CHECK(*parse_time("9999-12-31T23:59:59Z") == forever);
  for (const std::int64_t t : {std::int64_t{0}, start + 1, start + 999'999'999, std::int64_t{9'000'000'000'000'000'000}})
    CHECK(*parse_time(rfc3339(t)) == t);
  for (const char* bad :
       {"", "2023-11-14", "2023-11-14T22:13:20", "2023-02-29T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20.Z",
        "2023-11-14T22:13:20.1234567890Z", "2023-11-14T22:13:20ZZ", "2023-11-14T22:13:20+2:00", "+023-11-14T22:13:20Z", " 2023-11-14T22:13:20Z"})
    CHECK_FALSE(parse_time(bad));
}

TEST_CASE("rate limits: the envelope, and both readings of the reset header") {
  WebReply reply = too_many_requests();
  CHECK(reply.status == 429);
  CHECK(reply.body == R"({"errors":[{"id":"rate_limit_exceeded","message":"Too many requests"}]})");
  CHECK(cb::outcome_of(cb::Call::create, {cb::Reply::Delivery::whole, 429, reply.body}).verdict == cb::Verdict::throttled);
  put_rate_headers(reply, 30, 0, start + 1, start, ResetUnit::seconds_left);
  CHECK(*find_header(reply.headers, "X-RateLimit-Limit") == "30");
  CHECK(*find_header(reply.headers, "x-ratelimit-remaining") == "0");
  CHECK(*find_header(reply.headers, "x-ratelimit-reset") == "1");
  WebReply other;
  put_rate_headers(other, 10, 3, start + 1, start, ResetUnit::unix_seconds);
  CHECK(*find_header(other.headers, "x-ratelimit-reset") == "1700000001");
}
