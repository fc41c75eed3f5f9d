// What the sender of a plan says about it: taken, refused for certain, or nobody knows.
#include <catch2/catch.hpp>

#include "edge/http_server.hpp"
#include "services/runtime/remote/follower.hpp"
#include "unit/edge/fixture.hpp"

using namespace bowline;
using edge_test::Slot;

namespace {

/// A core thread that does what is posted and nothing else.
class BareLoop final : public services::CoreLoop {
 public:
  services::RunEnd run() override {
    while (!stopping())
      if (!run_posted()) wait();
    close();
    run_posted();
    return services::RunEnd::stopped;
  }
  void pump() override {}
  void pass_time(core::Nanos) override {}
};

/// trade-execution's stand-in: answers each POST /targets as it is told to.
struct Peer {
  edge::IoThread io;
  BareLoop loop;
  std::thread core{[this] { static_cast<void>(loop.run()); }};
  std::function<void(const edge::Request&, edge::Responder)> answer;
  std::optional<edge::HttpServer> server;
  std::optional<services::TargetsSender> sender;
  Slot<Result<void>> told;

  ~Peer() {
    sender.reset();
    server.reset();
    loop.stop();
    core.join();
  }
  /// "" when taken, else the code; what is asked is over when it returns.
  std::string send(std::chrono::milliseconds patience, std::uint16_t port = 0) {
    if (port == 0) {
      auto router = std::make_shared<edge::Router>();
      router->add({.method = edge::Method::Post, .path = "/targets", .operation_id = "t", .summary = "t"},
                  [this](const edge::Request& q, edge::Responder r) { answer(q, std::move(r)); });
      server.emplace(io, router, edge::ServerOptions{});
      REQUIRE(server->start().ok());
      port = server->port();
    }
    sender.emplace(io, loop, "http://127.0.0.1:" + std::to_string(port));
    sender->send_within(patience, "key-1", "{}", [this](const Result<void>& r) { told.put(r); });
    const auto got = told.take();
    REQUIRE(got);
    return *got ? "" : got->error().code;
  }
};

using namespace std::chrono_literals;

}  // namespace

TEST_CASE("a plan that nobody answers for may have been traded: its outcome is unknown, not refused") {
  Peer p;
  Slot<std::shared_ptr<edge::Responder>> held;
  p.answer = [&](const edge::Request&, edge::Responder r) { held.put(std::make_shared<edge::Responder>(std::move(r))); };
  CHECK(p.send(300ms) == "REBALANCE_OUTCOME_UNKNOWN");
  CHECK(held.size() >= 1);
  CHECK(p.told.size() == 0);  // told once
  while (held.size() > 0) held.take();
}

TEST_CASE("a fault that came after the targets were read leaves the outcome unknown") {
  Peer p;
  p.answer = [](const edge::Request&, edge::Responder r) { r.error(500, {"INTERNAL_X", "x"}); };
  CHECK(p.send(150ms) == "REBALANCE_OUTCOME_UNKNOWN");
}

TEST_CASE("where nobody listens, or nothing is taken, nothing was handed over") {
  Peer p;
  SECTION("nobody listens") { CHECK(p.send(150ms, 1) == "EXECUTION_ABSENT"); }
  SECTION("it is ending") {
    p.answer = [](const edge::Request&, edge::Responder r) { r.error(503, {"SERVICE_STOPPING", "x"}); };
    CHECK(p.send(150ms) == "EXECUTION_ABSENT");
  }
}

TEST_CASE("a refusal is one, also after a try that was not answered") {
  Peer p;
  std::atomic<int> tries{0};
  p.answer = [&](const edge::Request&, edge::Responder r) {
    if (++tries == 1) return r.error(500, {"INTERNAL_X", "x"});
    r.error(409, {"PROPOSER_UNKNOWN", "x"});
  };
  CHECK(p.send(5s) == "PEER_REFUSED");
  CHECK(tries == 2);
}

TEST_CASE("it is asked again under the same key until it is answered") {
  Peer p;
  std::atomic<int> tries{0};
  Slot<std::string> keys;
  p.answer = [&](const edge::Request& q, edge::Responder r) {
    keys.put(std::string(q.headers.find("Idempotency-Key").value_or("")));
    if (++tries < 3) return r.error(500, {"INTERNAL_X", "x"});
    r(edge::Response::json(200, R"({"taken":1,"replayed":true})"));
  };
  CHECK(p.send(5s).empty());
  CHECK(tries == 3);
  for (int i = 0; i < 3; ++i) CHECK(keys.take() == "key-1");
}
