// What passed between host and venue about an order and moved nothing is written down all the same.
#include "services/trade_execution/venue_trail.hpp"

#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::core;
using namespace bowline::literals;
using test::Desk;
using services::HandOver;

namespace {

std::vector<ExchangeRecord> trail(const Desk& d, std::string_view way, std::string_view what = {}) {
  std::vector<ExchangeRecord> out;
  for (const ExchangeRecord& r : d.sink.all<ExchangeRecord>())
    if (r.way == way && (what.empty() || r.what == what)) out.push_back(r);
  return out;
}

}  // namespace

TEST_CASE("trail: an order is sent with its terms, and with what handing it over came to") {
  for (const HandOver answer : {HandOver::taken, HandOver::denied, HandOver::unknown}) {
    Desk d;
    d.broker.answer = answer;
    d.want(Purpose::entry, 0.05);
    const auto sent = trail(d, "sent", "submit");
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].order.view() == d.last().client_id());
    CHECK(sent[0].time == d.now);
    CHECK(sent[0].state == (answer == HandOver::taken ? "taken" : answer == HandOver::denied ? "denied" : "unknown"));
    CHECK(sent[0].text.find("qty 5") != std::string::npos);
    CHECK(sent[0].text.find("limit_price 99.95") != std::string::npos);
    CHECK((sent[0].text.find("as the test wants") != std::string::npos) == (answer != HandOver::taken));
  }
}

TEST_CASE("trail: a cancel is sent, and one that the plugin did not take is told as that") {
  for (const bool takes : {true, false}) {
    Desk d;
    const Intent entry = d.resting();
    d.broker.takes_cancels = takes;
    d.exec->cancel_entries(d.now);
    const auto sent = trail(d, "sent", "cancel");
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].order.view() == entry.client_id());
    CHECK(sent[0].state == (takes ? "taken" : "denied"));
  }
}

TEST_CASE("trail: a report that moves the order is an event, and one that moves nothing an exchange, never both") {
  Desk d;
  const Intent entry = d.resting();
  const auto events = d.sink.all<OrderEventRecord>().size();
  CHECK(trail(d, "told").empty());
  Intent other = entry;
  other.abi.qty = "7"_dec.raw();
  d.report(other, BL_X_ACCEPTED);  // another order than was sent
  const auto mismatch = trail(d, "told", "ACCEPTED");
  REQUIRE(mismatch.size() == 1);
  CHECK(mismatch[0].order.view() == entry.client_id());
  CHECK(mismatch[0].state == to_string(OrderState::open));
  CHECK(mismatch[0].text.find("qty 7") != std::string::npos);
  d.report(entry, BL_X_CANCEL_PENDING);
  CHECK(trail(d, "told", "CANCEL_PENDING").size() == 1);
  CHECK(d.sink.all<OrderEventRecord>().size() == events);
  d.report(entry, BL_X_DONE, BL_S_CANCELLED);
  CHECK(d.sink.all<OrderEventRecord>().size() > events);
  CHECK(trail(d, "told", "DONE").empty());
}

TEST_CASE("trail: a fill that is told again, or can't be booked, is told with why") {
  Desk d;
  const Intent entry = d.resting();
  const bl_fill fill = d.fill_of(entry, "1"_dec, entry.limit_px(), "f-1");
  d.exec->on_broker_event(fill.h);
  CHECK(trail(d, "told", "fill").empty());
  d.exec->on_broker_event(fill.h);
  d.exec->on_broker_event(d.fill_of(entry, "1000"_dec, entry.limit_px(), "f-2").h);
  const auto told = trail(d, "told", "fill");
  REQUIRE(told.size() == 2);
  CHECK(told[0].text.find("f-1") != std::string::npos);
  CHECK(told[0].text.find("known") != std::string::npos);
  CHECK(told[1].text.find("FILL_BEYOND_ORDER") != std::string::npos);
  d.exec->on_broker_event(fill.h);  // a poll tells it again and again
  CHECK(trail(d, "told", "fill").size() == 2);
}

TEST_CASE("trail: a question about an order, and an answer that says what is known, again and again, are one row each and a count") {
  Desk d;
  d.broker.answer = HandOver::unknown;
  d.want(Purpose::entry, 0.05);
  const Intent entry = d.last();
  d.step();
  REQUIRE_FALSE(d.broker.asked.empty());
  const auto asked = trail(d, "sent", "query");
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].order.view() == entry.client_id());
  for (int n = 0; n < 125; ++n) d.report(entry, BL_X_CANCEL_PENDING);
  auto told = trail(d, "told");
  REQUIRE(told.size() == 2);
  CHECK(told[0].again == 0);
  CHECK(told[1].again == 100);
  d.report(entry, BL_X_CANCEL_PENDING, BL_S_PENDING);  // another word
  told = trail(d, "told");
  REQUIRE(told.size() == 3);
  CHECK(told[2].again == 124);
  CHECK(told[2].text.find("pending") != std::string::npos);
  d.report(entry, BL_X_CANCEL_PENDING);
  CHECK(trail(d, "told").back().again == 0);
}

TEST_CASE("trail: what is kept to tell repeats is bounded; what was forgotten is told once more") {
  test::Sink sink;
  services::VenueTrail t(sink);
  OrderTable orders;
  const auto order = [&](int n) -> Order& {
    Intent i = blank_intent();
    test::put_text(i.abi.client_id, "bl-" + std::to_string(n));
    i.abi.instrument = 1;
    i.abi.side = BL_BUY;
    const auto made = orders.add(i, 1, 1);
    REQUIRE(made.ok());
    return **made;
  };
  const bl_exec word{};
  Order& first = order(0);
  t.told(first, word, {1, 1});
  t.told(first, word, {1, 1});
  CHECK(sink.records.size() == 1);
  for (int n = 1; n <= 5'000; ++n) t.told(order(n), word, {1, 1});
  CHECK(sink.records.size() == 5'001);
  t.told(first, word, {1, 1});
  CHECK(sink.records.size() == 5'002);
}

TEST_CASE("trail: an order that is sent again is there as often as it was sent") {
  test::Sink sink;
  services::VenueTrail t(sink);
  OrderTable orders;
  Intent i = blank_intent();
  test::put_text(i.abi.client_id, "bl-1");
  i.abi.instrument = 1;
  i.abi.side = BL_BUY;
  const auto made = orders.add(i, 1, 1);
  REQUIRE(made.ok());
  for (std::uint64_t n = 1; n <= 3; ++n) t.submitted(**made, HandOver::taken, {}, {n, static_cast<Nanos>(n)});
  CHECK(sink.records.size() == 3);
}
