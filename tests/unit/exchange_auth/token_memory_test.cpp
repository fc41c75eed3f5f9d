// A token that is remembered costs less, and may no more than before.
#include "exchange/auth/token_memory.hpp"

#include <atomic>
#include <thread>

#include "exchange/auth/token_gate.hpp"
#include "unit/exchange_auth/signing.hpp"

using namespace bowline::exchange;
using namespace auth_test;

namespace {

constexpr std::int64_t now = 1'790'000'000;
constexpr const char* path = "/api/v3/brokerage/orders";
const GateCall order{.method = "POST", .host = "localhost:8443", .path = path};

std::string token(const Key& key, const std::string& name, const std::string& uri, int nonce = 0) { return make_token(key, name, uri, now, nonce); }

struct Rig {
  Key p256 = p256_key(), ed = ed25519_key();
  TokenGate gate;
  explicit Rig(GateOptions options = {}) : gate(std::move(options)) {
    REQUIRE(gate.keys().add("a", public_pem(p256)).ok());
    REQUIRE(gate.keys().add("e", public_pem(ed)).ok());
  }
  std::string bearer(int nonce = 0) { return "Bearer " + token(p256, "a", std::string("POST localhost:8443") + path, nonce); }
  TokenFault check(const std::string& authorization, const GateCall& call = order, std::int64_t at = now) {
    return gate.check(call, authorization, at).fault;
  }
};

}  // namespace

TEST_CASE("a token that comes again is known, and is judged by the request and the time as at first") {
  Rig r;
  const std::string b = r.bearer();
  CHECK(r.gate.remembered() == 0);
  for (int i = 0; i < 3; ++i) {
    CHECK(r.check(b) == TokenFault::none);
    CHECK(r.gate.remembered() == 1);
    CHECK(r.gate.check(order, b, now).key_name == "a");
    CHECK(r.check(b, {.method = "GET", .host = "localhost:8443", .path = path}) == TokenFault::other_method);
    CHECK(r.check(b, {.method = "POST", .host = "localhost:8444", .path = path}) == TokenFault::other_uri);
    CHECK(r.check(b, {.method = "POST", .host = "localhost:8443", .path = "/api/v3/brokerage/orders/edit"}) == TokenFault::other_uri);
    CHECK(r.check(b, order, now - 31) == TokenFault::not_yet);
    CHECK(r.check(b, order, now + 150) == TokenFault::expired);
    CHECK(r.gate.check_stream(b.substr(7), now).fault == TokenFault::uri_in_stream);
  }
  CHECK(r.gate.remembered() == 1);
}

TEST_CASE("read ahead, it is known before it is asked of; what is wrong is never known") {
  Rig r;
  const std::string b = r.bearer();
  r.gate.read_ahead(b);
  CHECK(r.gate.remembered() == 1);
  CHECK(r.check(b) == TokenFault::none);
  std::string bad = b;
  bad[bad.size() - 10] = bad[bad.size() - 10] == 'A' ? 'B' : 'A';
  const std::string strange = "Bearer " + token(p256_key(), "a", std::string("POST localhost:8443") + path);
  const std::string nobody = "Bearer " + token(r.p256, "nobody", std::string("POST localhost:8443") + path);
  for (const std::string& each : {bad, strange, nobody, std::string("Bearer x"), std::string("Bearer "), std::string(), "Basic " + b.substr(7)})
    r.gate.read_ahead(each);
  r.gate.read_ahead(std::nullopt);
  CHECK(r.gate.remembered() == 1);
  for (int i = 0; i < 2; ++i) {
    CHECK(r.check(bad) == TokenFault::bad_signature);
    CHECK(r.check(strange) == TokenFault::bad_signature);
    CHECK(r.check(nobody) == TokenFault::unknown_key);
  }
  CHECK(r.gate.remembered() == 1);
}

TEST_CASE("a key that is taken away takes its tokens with it, and another one of its name has none of them") {
  Rig r;
  const std::string b = r.bearer();
  CHECK(r.check(b) == TokenFault::none);
  REQUIRE(r.gate.keys().remove("a"));
  CHECK(r.check(b) == TokenFault::unknown_key);
  REQUIRE(r.gate.keys().add("a", public_pem(p256_key())).ok());
  CHECK(r.check(b) == TokenFault::bad_signature);
  REQUIRE(r.gate.keys().remove("a"));
  REQUIRE(r.gate.keys().add("a", public_pem(r.ed)).ok());
  CHECK(r.check(b) == TokenFault::wrong_algorithm);
}

TEST_CASE("the newest are known, as many as the options say") {
  Rig none({.remembered = 0}), two({.remembered = 2});
  for (int i = 0; i < 5; ++i) {
    CHECK(none.check(none.bearer(i)) == TokenFault::none);
    CHECK(two.check(two.bearer(i)) == TokenFault::none);
    CHECK(none.gate.remembered() == 0);
    CHECK(two.gate.remembered() == std::min<std::size_t>(static_cast<std::size_t>(i) + 1, 2));
  }
  TokenMemory memory(2);
  const auto make = [](const std::string& text) {
    auto t = std::make_shared<GoodToken>();
    t->text = text;
    return t;
  };
  const auto first = make("1");
  for (const auto& each : {first, make("2"), first, make("1"), make("3")}) memory.keep(each);
  CHECK(memory.size() == 2);
  CHECK(memory.find("1") == nullptr);
  CHECK(memory.find("2") != nullptr);
  CHECK(memory.find("3")->text == "3");
  CHECK(memory.find("") == nullptr);
}

TEST_CASE("whose token it is is read from one that is known and from one that is not, believed or not") {
  Rig r;
  const std::string b = r.bearer(), e = "bearer " + token(r.ed, "e", "");
  CHECK(r.gate.named_key(b) == "a");
  r.gate.read_ahead(b);
  CHECK(r.gate.named_key(b) == "a");
  CHECK(r.gate.named_key(e) == "e");
  CHECK(r.gate.named_key(b.substr(0, b.size() - 2)) == "a");  // a wrong signature
  CHECK(r.gate.named_key("Bearer x").empty());
  CHECK(r.gate.named_key(b.substr(7)).empty());
  CHECK(r.gate.named_key(std::nullopt).empty());
}

TEST_CASE("many threads read and check at once") {
  Rig r({.remembered = 8});
  std::vector<std::string> all;
  for (int i = 0; i < 24; ++i) all.push_back(i % 2 == 0 ? r.bearer(i) : "Bearer " + token(r.ed, "e", std::string("POST localhost:8443") + path, i));
  all.push_back("Bearer x.y.z");
  std::atomic<std::size_t> in{0}, out{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 3 * all.size(); ++i) {
        const std::string& b = all[(i + 7 * t) % all.size()];
        r.gate.read_ahead(b);
        ++(r.gate.check(order, b, now).ok() ? in : out);
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(in == 4 * 3 * 24);
  CHECK(out == 4 * 3);
  CHECK(r.gate.remembered() == 8);
}
