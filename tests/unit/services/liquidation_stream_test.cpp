// A liquidation's stream (trading rules 3.6): each thing that moves is told when it moves, nothing that does not, and at last the
// receipt.
#include "services/trade_execution/liquidation_stream.hpp"

#include "unit/services/liquidation_desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::test;

namespace {

/// What a listener gets.
struct Ear final : edge::WsSession {
  std::vector<json> got;
  std::uint16_t closed = 0;
  bool takes = true;
  bool send(std::shared_ptr<const std::string> text) override {
    if (!takes) return false;
    got.push_back(json::parse(*text));
    return true;
  }
  void close(std::uint16_t code, std::string_view) override { closed = code; }
  void on_message(std::function<void(std::string_view)>) override {}
  void on_close(std::function<void(std::uint16_t)>) override {}
  std::size_t queued_bytes() const override { return 0; }
  bool open() const noexcept override { return closed == 0; }
  const std::string& request_id() const noexcept override { return id; }
  std::string id;
};

}  // namespace

TEST_CASE("rule 3.6: a liquidation is told as it goes on, each message whole, and at last its receipt; then it is closed") {
  Desk d;
  d.hold(0.05);
  services::LiquidationStream stream(*d.exec);
  const auto ear = std::make_shared<Ear>();
  Venue v{d};
  auto q = ask();
  q.max_slice = "200"_dec;
  begin(d, q);
  stream.join(ear, "e1");
  REQUIRE(ear->got.size() == 1);  // how far it is, at once
  CHECK(ear->got[0]["type"] == "progress");
  CHECK(ear->got[0]["event_id"] == 1);
  CHECK(ear->got[0]["liquidation"]["phase"] == "reading");
  for (int i = 0; i < 40 && d.exec->liquidating(); ++i) {
    const bool sells = !d.broker.sent.empty() && d.last().purpose == Purpose::emergency && !is_terminal(d.state(d.last()));
    if (sells) fill_last(d);
    static_cast<void>(d.exec->look_at_liquidation(d.now));
    stream.look();
    v.answer();
    d.now += 1'000'000'000;
  }
  REQUIRE_FALSE(d.exec->liquidating());
  stream.look();
  CHECK(ear->closed == edge::ws_normal);
  std::vector<std::string> sold;
  for (std::size_t i = 0; i < ear->got.size(); ++i) {
    const json& m = ear->got[i];
    CHECK(m["event_id"] == i + 1);
    CHECK(m["type"] == (i + 1 < ear->got.size() ? "progress" : "receipt"));
    CHECK(m["liquidation"]["id"] == "e1");
    const std::string now = product(m["liquidation"], "BTC-USD")["sold"];
    if (sold.empty() || sold.back() != now) sold.push_back(now);
  }
  CHECK(sold.size() == 4);  // none, and after each of three slices
  CHECK(ear->got.back()["liquidation"] == receipt(d));
  const std::size_t n = ear->got.size();
  stream.look();
  CHECK(ear->got.size() == n);
}

TEST_CASE("rule 3.6: where nothing moves nothing is told, whatever the journal takes meanwhile") {
  Desk d;
  d.hold(0.05);
  services::LiquidationStream stream(*d.exec);
  const auto ear = std::make_shared<Ear>();
  begin(d, ask());
  stream.join(ear, "e1");
  REQUIRE(d.journal->note("test", d.now, "{}"));
  for (int i = 0; i < 5; ++i) stream.look();
  CHECK(ear->got.size() == 1);
}

TEST_CASE("rule 3.6: who comes when it is over gets the receipt, who asks for another one is sent away, and a slow reader holds nobody up") {
  Desk d;
  d.hold(0.05);
  services::LiquidationStream stream(*d.exec);
  const auto unknown = std::make_shared<Ear>(), slow = std::make_shared<Ear>(), late = std::make_shared<Ear>();
  stream.join(unknown, "e1");
  CHECK(unknown->closed == services::ws_liquidation_unknown);
  CHECK(unknown->got.empty());
  Venue v{d};
  begin(d, ask());
  stream.join(slow, "e1");
  slow->takes = false;
  auto gone = std::make_shared<Ear>();
  stream.join(gone, "e1");
  gone.reset();
  v.turn();
  stream.look();
  CHECK(slow->got.size() == 1);
  fill_last(d);
  v.turn();
  REQUIRE_FALSE(d.exec->liquidating());
  stream.look();
  stream.join(late, "e1");
  REQUIRE(late->got.size() == 1);
  CHECK(late->got[0]["type"] == "receipt");
  CHECK(late->got[0]["liquidation"]["phase"] == "done");
  CHECK(late->closed == edge::ws_normal);
}
