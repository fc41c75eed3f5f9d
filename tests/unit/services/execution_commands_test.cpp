// What the operator says.
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::bar_ns;
using test::Desk;

namespace {
std::string code(const Result<services::TradeAnswer>& r) { return r ? "" : r.error().code; }
}  // namespace

TEST_CASE("the same Idempotency-Key with the same body is answered again and makes no second order") {
  Desk d;
  const auto q = d.request(Side::buy, "1"_dec);
  const auto first = d.exec->execute(q, d.now);
  REQUIRE(first);
  CHECK_FALSE(first->replayed);
  const auto again = d.exec->execute(q, d.now + bar_ns);
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK(again->order == first->order);
  CHECK(d.broker.sent.size() == 1);
}

TEST_CASE("the same Idempotency-Key with another body is refused") {
  Desk d;
  REQUIRE(d.exec->execute(d.request(Side::buy, "1"_dec), d.now));
  CHECK(code(d.exec->execute(d.request(Side::buy, "2"_dec), d.now)) == "IDEMPOTENCY_KEY_REUSED");
  CHECK(code(d.exec->execute(d.request(Side::sell, "1"_dec), d.now)) == "IDEMPOTENCY_KEY_REUSED");
  auto q = d.request(Side::buy, "1"_dec);
  q.reason = "another";
  CHECK(code(d.exec->execute(q, d.now)) == "IDEMPOTENCY_KEY_REUSED");
  CHECK(d.broker.sent.size() == 1);
}

TEST_CASE("a dry run is judged like an order, sends nothing, records nothing and changes nothing") {
  Desk d;
  auto q = d.request(Side::buy, "1"_dec);
  q.dry_run = true;
  const std::size_t records = d.sink.records.size();
  const auto tried = d.exec->execute(q, d.now);
  REQUIRE(tried);
  CHECK_FALSE(tried->checks.empty());
  CHECK(d.broker.sent.empty());
  CHECK(d.journal->rows() == 0);
  CHECK(d.sink.records.size() == records);
  q.dry_run = false;
  const auto real = d.exec->execute(q, d.now);
  REQUIRE(real);
  CHECK(real->order == tried->order);  // the same facts
  CHECK_FALSE(real->replayed);
}

TEST_CASE("an operator's order is one order: refused while another of the product works") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  CHECK(code(d.exec->execute(d.request(Side::buy, "1"_dec), d.now)) == "ORDER_WORKING");
}

TEST_CASE("each malformed request has its code and sends nothing") {
  Desk d;
  const auto with = [&](auto change) {
    auto q = d.request(Side::buy, "1"_dec);
    change(q);
    return code(d.exec->execute(q, d.now));
  };
  CHECK(with([](auto& q) { q.qty = Decimal::not_set(); }) == "ORDER_QUANTITY");
  CHECK(with([](auto& q) { q.quote_qty = "5"_dec; }) == "ORDER_QUANTITY");
  CHECK(with([](auto& q) { q.qty = "-1"_dec; }) == "ORDER_QUANTITY");
  CHECK(with([](auto& q) { q.qty = "0.00005"_dec; }) == "ORDER_QUANTITY_STEP");
  CHECK(with([](auto& q) { q.limit_px = "5"_dec; }) == "ORDER_PRICES");
  CHECK(with([](auto& q) { q.type = OrderType::limit; }) == "ORDER_PRICES");
  CHECK(with([](auto& q) { q.type = OrderType::limit; q.limit_px = "5.001"_dec; }) == "ORDER_PRICE_STEP");
  CHECK(with([](auto& q) { q.tif = TimeInForce::gtd; }) == "ORDER_EXPIRE");
  CHECK(with([&](auto& q) { q.tif = TimeInForce::gtd; q.expire_ns = d.now; }) == "ORDER_EXPIRE");
  CHECK(with([](auto& q) { q.type = OrderType::bracket; }) == "ORDER_PRICES");
  CHECK(with([](auto& q) { q.qty = "1.69e18"_dec; }) == "QUOTE_BALANCE_SHORT");
  CHECK(with([](auto& q) { q.side = Side::sell; }) == "EXIT_BEYOND_POSITION");
  CHECK(d.broker.sent.empty());
}

TEST_CASE("the operator's buys count in the day's cap") {
  FloorLimits limits;
  limits.max_day = "250"_dec;
  Desk d(limits);
  REQUIRE(d.exec->execute(d.request(Side::buy, "2"_dec), d.now));  // 200.10 at the ask
  d.fill(d.last(), "2"_dec, "100.05"_dec);
  CHECK(code(d.exec->execute(d.request(Side::buy, "1"_dec, "k2"), d.now)) == "DAY_NOTIONAL_LIMIT");
  CHECK(code(d.exec->execute(d.request(Side::buy, "1"_dec, "k3"), d.now + 288 * bar_ns)) == "");  // a new day
}

TEST_CASE("emergency stop closes the gate, halts and cancels entries; what rests as a sale stays") {
  Desk d;
  d.hold(0.05);
  const Intent protective = d.own_stop();
  d.price(d.m.bnb, 10000);
  d.want(Purpose::entry, 0.05, d.m.bnb);
  const Intent entry = d.last();
  d.report(entry, BL_X_ACCEPTED);

  CHECK(d.exec->emergency_stop(d.now, "operator", "test", "r1").asked == 1);
  CHECK_FALSE(d.exec->gate_open());
  CHECK(d.exec->state() == TradingState::halted);
  CHECK(d.broker.cancelled == std::vector<std::string>{std::string(entry.client_id())});
  CHECK(d.state(protective) == OrderState::open);
  CHECK(d.state(entry) == OrderState::cancel_pending);
  CHECK(d.exec->emergency_stop(d.now, "operator", "test", "r2").asked == 1);  // the first may have been lost
  CHECK(d.broker.cancelled.size() == 2);
  CHECK(d.state(entry) == OrderState::cancel_pending);
  d.report(entry, BL_X_DONE, BL_S_CANCELLED);

  const std::size_t sent = d.broker.sent.size();
  d.now += bar_ns;
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.broker.sent.size() == sent);
  CHECK(d.why("GATE_CLOSED") == 1);
  CHECK(d.journal->latest("state").find("halted") != std::string::npos);
  const auto audits = d.sink.all<AuditRecord>();
  REQUIRE_FALSE(audits.empty());
  CHECK(audits.back().principal == "operator");
  CHECK(audits.back().reason == "test");

  d.exec->emergency_resume(d.now, "operator", "over", "r3");
  CHECK(d.exec->gate_open());
  d.want(Purpose::entry, 0.05, d.m.bnb);
  CHECK(d.broker.sent.size() == sent + 1);
}

TEST_CASE("halted, the operator may still sell") {
  Desk d;
  d.hold(0.05);
  static_cast<void>(d.exec->emergency_stop(d.now, "operator", "test", "r1"));
  CHECK(code(d.exec->execute(d.request(Side::buy, "1"_dec), d.now)) == "GATE_CLOSED");
  CHECK(code(d.exec->execute(d.request(Side::sell, "5"_dec, "k2"), d.now)) == "");
}

TEST_CASE("a cancel that is asked again goes again; of an unknown or ended order it is refused by name") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  const ClientOrderId id(d.last().client_id());
  CHECK(d.exec->cancel(ClientOrderId("bl-none"), d.now, "operator", "r").error().code == "ORDER_NOT_FOUND");
  REQUIRE(d.exec->cancel(id, d.now, "operator", "r"));
  REQUIRE(d.exec->cancel(id, d.now, "operator", "r"));
  CHECK(d.broker.cancelled.size() == 2);
  CHECK(d.state(d.last()) == OrderState::cancel_pending);
  d.report(d.last(), BL_X_DONE, BL_S_CANCELLED);
  d.report(d.last(), BL_X_CANCEL_REJECTED);  // of the second: nothing was left
  CHECK(d.state(d.last()) == OrderState::cancelled);
  CHECK(d.exec->counts().cancelled == 1);
  CHECK(d.exec->counts().incidents == 0);
  CHECK(d.exec->cancel(id, d.now, "operator", "r").error().code == "ORDER_ENDED");
}

TEST_CASE("a cancel that the broker does not take is an error and an incident, and the order works on") {
  Desk d;
  d.want(Purpose::entry, 0.05);
  d.report(d.last(), BL_X_ACCEPTED);
  d.broker.takes_cancels = false;
  CHECK(d.exec->cancel(ClientOrderId(d.last().client_id()), d.now, "operator", "r").error().code == "CANCEL_FAILED");
  CHECK(d.state(d.last()) == OrderState::open);
  const services::Cancels c = d.exec->emergency_stop(d.now, "operator", "test", "r1");
  CHECK(c.asked == 0);
  CHECK(c.failed == 1);
  CHECK(d.exec->counts().incidents == 2);
}

TEST_CASE("rule 2.1: an Idempotency-Key that comes back after ten thousand others makes no second order") {
  Desk d;
  d.broker.answer = services::HandOver::denied;  // it ends at once, and was made all the same
  for (int i = 0; i <= 10'000; ++i) {
    d.now += 1'000'000'000;
    REQUIRE(d.exec->execute(d.request(Side::buy, "1"_dec, "key " + std::to_string(i)), d.now));
  }
  const std::size_t sent = d.broker.sent.size();
  CHECK(code(d.exec->execute(d.request(Side::buy, "1"_dec, "key 0"), d.now)) == "IDEMPOTENCY_KEY_FORGOTTEN");
  CHECK(code(d.exec->execute(d.request(Side::sell, "2"_dec, "key 0"), d.now)) == "IDEMPOTENCY_KEY_FORGOTTEN");
  services::CloseRequest close;
  close.instrument = d.m.btc;
  close.key = "key 0";
  CHECK(d.exec->close_position(close, d.now).error().code == "IDEMPOTENCY_KEY_FORGOTTEN");
  CHECK(d.broker.sent.size() == sent);
  const auto again = d.exec->execute(d.request(Side::buy, "1"_dec, "key 1"), d.now);
  REQUIRE(again);
  CHECK(again->replayed);
}
