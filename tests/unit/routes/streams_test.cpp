#include "edge/ws_client.hpp"
#include "fixture.hpp"
#include "services/runtime/stream_routes.hpp"
#include "unit/edge/fixture.hpp"

using namespace routes_test;
namespace wire = services::wire;

namespace {

struct Streams : Desk {
  services::MarketStream market;
  services::EventsStream events{hello("trade-execution"), table};
  std::atomic<int> stops{0};

  explicit Streams(std::vector<std::string> followers) : market(hello("signal-generator"), table, std::move(followers)) {
    market.on_stop = [this] { ++stops; };
    services::add_market_stream_route(router, market);
    services::add_events_stream_route(router, events);
    services::add_targets_route(router, backend);
  }
  ~Streams() { server.reset(); }  // before the streams that its sessions speak to
  static wire::Hello hello(std::string service) { return {std::move(service), "run-1", 7, 300, {"BTC-USD", "ETH-USD"}}; }
};

struct Ear {
  edge_test::Slot<std::string> texts;
  edge::WsClient client;
  Ear(Streams& s, const std::string& target)
      : client(s.io, {.url = "ws://127.0.0.1:" + std::to_string(s.port()) + target},
               {.on_text = [this](std::string_view t) { texts.put(std::string(t)); }}) {
    client.start();
  }
  json next() {
    const auto text = texts.take();
    REQUIRE(text);
    return json::parse(*text);
  }
};

template <class F>
bool soon(F&& f) {
  for (int i = 0; i < 500; ++i) {
    if (f()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("the barrier opens when every follower has joined, and has settled the step") {
  Streams s({"signal-bridge", "trade-execution"});
  CHECK_FALSE(s.market.settled(0));
  Ear bridge(s, "/market/stream?from=1&as=signal-bridge");
  CHECK(bridge.next()["run"] == "run-1");
  CHECK_FALSE(s.market.settled(0));
  Ear execution(s, "/market/stream?from=1&as=trade-execution");
  CHECK(execution.next()["type"] == "hello");
  CHECK(s.market.settled(0));
  s.market.close(5, true, {});
  CHECK(bridge.next()["time_ns"] == 5);
  CHECK_FALSE(s.market.settled(5));
  CHECK(bridge.client.send(R"({"type":"settled","time_ns":5})"));
  CHECK(bridge.client.send("no JSON"));
  CHECK(execution.client.send(R"({"type":"settled","time_ns":4})"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_FALSE(s.market.settled(5));
  CHECK(execution.client.send(R"({"type":"settled","time_ns":5})"));
  CHECK(soon([&] { return s.market.settled(5); }));
  // A follower that comes back hears what it missed, and what it settled stays settled.
  bridge.client.stop();
  s.market.close(6, false, {});
  Ear again(s, "/market/stream?from=2&as=signal-bridge");
  CHECK(again.next()["type"] == "hello");
  CHECK(again.next()["event_id"] == 2);
  CHECK(s.market.settled(5));
  CHECK(again.client.send(R"({"type":"stop"})"));
  CHECK(soon([&] { return s.stops == 1; }));
  s.market.end(services::RunEnd::end_of_data, 6);
  CHECK(again.next()["end"] == "end_of_data");
  CHECK_FALSE(s.market.all_left());
  CHECK(again.client.send(R"({"type":"ended"})"));
  execution.client.stop();
  CHECK(soon([&] { return s.market.all_left(); }));
  again.client.stop();
}

TEST_CASE("a role is one service's: a second joiner is refused while the first is alive, and only it may stop the run") {
  Streams s({"signal-bridge", "trade-execution"});
  Ear bridge(s, "/market/stream?as=signal-bridge");
  CHECK(bridge.next()["type"] == "hello");
  Ear onlooker(s, "/market/stream");
  CHECK(onlooker.next()["type"] == "hello");
  Ear second(s, "/market/stream?as=signal-bridge");  // asks again and again, like any client of ours
  Ear execution(s, "/market/stream?as=trade-execution");
  CHECK(execution.next()["type"] == "hello");
  CHECK(s.market.settled(0));
  s.market.close(5, true, {});
  CHECK(execution.client.send(R"({"type":"settled","time_ns":5})"));
  CHECK(onlooker.client.send(R"({"type":"settled","time_ns":5})"));
  CHECK(onlooker.client.send(R"({"type":"stop"})"));
  CHECK(bridge.client.send(R"({"type":5})"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(second.texts.size() == 0);
  CHECK_FALSE(s.market.settled(5));  // the first one still holds the barrier
  CHECK(s.stops == 0);
  CHECK(bridge.client.send(R"({"type":"settled","time_ns":5})"));
  CHECK(soon([&] { return s.market.settled(5); }));
  bridge.client.stop();
  CHECK(second.next()["type"] == "hello");  // its turn has come
  CHECK(second.client.send(R"({"type":"stop"})"));
  CHECK(soon([&] { return s.stops == 1; }));
  second.client.stop();
  execution.client.stop();
  onlooker.client.stop();
}

namespace {
struct FakeSession final : edge::WsSession {
  int sent = 0;
  std::uint16_t closed_with = 0;
  std::string reason, id;
  std::function<void(std::string_view)> message;
  std::function<void(std::uint16_t)> end;
  bool send(std::shared_ptr<const std::string>) override { return ++sent, true; }
  void close(std::uint16_t code, std::string_view why) override { closed_with = code, reason = why; }
  void on_message(std::function<void(std::string_view)> call) override { message = std::move(call); }
  void on_close(std::function<void(std::uint16_t)> call) override { end = std::move(call); }
  std::size_t queued_bytes() const override { return 0; }
  bool open() const noexcept override { return true; }
  const std::string& request_id() const noexcept override { return id; }
};
}  // namespace

TEST_CASE("of two that were let in at the same moment the second is closed, and hears and says nothing") {
  Parts parts;
  services::MarketStream market(Streams::hello("signal-generator"), parts.table, {"signal-bridge"});
  int stops = 0;
  market.on_stop = [&] { ++stops; };
  const auto first = std::make_shared<FakeSession>(), second = std::make_shared<FakeSession>();
  CHECK_FALSE(market.refuses("signal-bridge"));
  market.join(first, "signal-bridge", {});
  market.join(second, "signal-bridge", {});
  CHECK(first->closed_with == 0);
  CHECK(second->closed_with == services::ws_role_taken);
  CHECK(second->reason.starts_with("FOLLOWER_TAKEN"));
  CHECK(second->sent == 0);
  CHECK_FALSE(second->message);
  REQUIRE(market.refuses("signal-bridge"));
  CHECK(market.refuses("signal-bridge")->code == "FOLLOWER_TAKEN");
  // Who lost the role may no longer stop the run.
  first->end(1006);
  const auto third = std::make_shared<FakeSession>();
  market.join(third, "signal-bridge", {});
  first->message(R"({"type":"stop"})");
  CHECK(stops == 0);
  third->message(R"({"type":"stop"})");
  CHECK(stops == 1);
}

TEST_CASE("anybody may look on without holding the barrier, nobody may follow under another name") {
  Streams s({});
  CHECK(s.market.settled(100));
  Ear onlooker(s, "/market/stream");
  CHECK(onlooker.next()["instruments"].size() == 2);
  CHECK(soon([&] { return s.market.listeners() == 1; }));
  CHECK(s.market.settled(100));
  CHECK(s.market.all_left());
  onlooker.client.stop();
  for (const char* role : {"signal-bridge", "trade-execution", "portfolio-rebalancer", "nobody"})
    CHECK(s.market.refuses(role)->code == "FOLLOWER_UNKNOWN");
  CHECK(s.get("/market/stream?form=1").status >= 400);
}

TEST_CASE("orders, fills and portfolio versions are told; the store gets them too") {
  Streams s({});
  Ear ear(s, "/events/stream?from=1");
  CHECK(ear.next()["service"] == "trade-execution");
  struct Store final : core::RecordSink {
    std::size_t got = 0;
    bool wanted() const noexcept override { return true; }
    void put(core::Record&&) override { ++got; }
    void end_step(core::Nanos) override {}
  } store;
  services::EventsTap tap(s.events, store);
  core::OrderRecord order;
  order.id = core::ClientOrderId("bl-1");
  order.instrument = {1};
  order.qty = "2.5"_dec;
  order.state = "open";
  order.updated_ns = Parts::start;
  tap.put(order);
  core::FillRecord fill;
  fill.instrument = {1};
  fill.px = "100"_dec;
  fill.qty = "1"_dec;
  fill.time = Parts::start;
  fill.fee_asset = {1};
  tap.put(fill);
  tap.put(core::AuditRecord{});
  CHECK(store.got == 3);
  const json o = ear.next();
  CHECK(o["type"] == "order");
  CHECK(o["order"]["qty"] == "2.5");
  CHECK(ear.next()["fill"]["fee_asset"] == "USD");
  s.events.portfolio(Parts::start, s.execution->view());
  const json v = ear.next();
  CHECK(v["type"] == "portfolio");
  CHECK(v["event_id"] == 3);
  CHECK(v["balances"][0]["total"] == "100000");
  ear.client.stop();
}

TEST_CASE("where nobody listens no message is made, and who comes later sees that some are missing") {
  Streams s({});
  services::Broadcaster quiet(16, std::chrono::seconds(0));
  CHECK(quiet.skip_unheard());
  CHECK(quiet.next_id() == 2);
  s.market.close(5, true, {});
  Ear late(s, "/market/stream?from=1");
  CHECK(late.next()["type"] == "hello");
  CHECK(soon([&] { return s.market.listeners() == 1; }));
  s.market.close(6, true, {});
  CHECK(late.next()["event_id"] == 2);
  late.client.stop();
}

TEST_CASE("targets are taken from another process only where the run is parted") {
  Streams s({});
  const json body = {{"from", "signal-bridge"}, {"time_ns", 1}, {"step", true}, {"plan", false},
                     {"targets", json::array()}, {"changed", json::array()}};
  const auto post = [&](const json& b, edge::Pairs headers) { return s.ask(Method::Post, "/targets", b.dump(), std::move(headers)); };
  CHECK(post(body, {{"Idempotency-Key", "k"}}).code() == "TARGETS_LOCAL");
  CHECK(post(body, {}).code() == "IDEMPOTENCY_KEY_MISSING");
  int asked = 0;
  s.backend.take_targets = [&](const wire::Targets& t, const std::string& key, const std::string&) -> Result<bool> {
    CHECK(t.from == "signal-bridge");
    CHECK(key == "k");
    if (++asked == 3) return Error{"STEP_NOT_OPEN", "no"};
    return asked == 2;
  };
  CHECK(post(body, {{"Idempotency-Key", "k"}}).body["replayed"] == false);
  CHECK(post(body, {{"Idempotency-Key", "k"}}).body["replayed"] == true);
  CHECK(post(body, {{"Idempotency-Key", "k"}}).status == 409);
  CHECK(post(json::object(), {{"Idempotency-Key", "k"}}).code() == "WIRE_MALFORMED");
}
