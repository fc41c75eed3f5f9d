// What the host hears of the mock venue when fills and acknowledgements are late, lost or doubled, when the
// link breaks, and when it asks too often.
#include <catch2/catch.hpp>

#include "desk_fixture.hpp"
#include "temp_files.hpp"

using namespace plugin_tests;
using Words = std::vector<std::string>;

TEST_CASE("rule 7: a fill told twice has one id, and comes again behind the end of its order") {
  DeskBench b;
  b.faults().duplicate_fill_probability = 1;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  b.said.clear();
  b.bar(10'000, 10'000, 9'800, 9'900);
  CHECK(b.words() == Words{"fill mock-1-1", "done a filled", "fill mock-1-1", "balance 1", "balance 2"});
  CHECK(std::memcmp(&b.said[0].fill, &b.said[2].fill, sizeof(bl_fill)) == 0);
  CHECK(b.desk->venue().fills() == 1);
  b.said.clear();
  b.flat_bar();
  CHECK(b.said.empty());
}

TEST_CASE("rule 7: a late fill is told behind the end of its order, when its delay has passed") {
  DeskBench b;
  b.faults().late_fill_probability = 1;
  b.faults().late_fill_delay_ns = 7 * minute;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "2", "99")).empty());
  b.said.clear();
  b.bar(10'000, 10'000, 9'800, 9'900, 10);  // one of two
  CHECK(b.orders_said().empty());           // the order has not ended
  const std::int64_t first = b.now;
  b.flat_bar();
  b.said.clear();
  b.bar(10'000, 10'000, 9'800, 9'900, 10);
  const std::int64_t end = b.now;
  CHECK(b.orders_said() == Words{"done a filled"});
  CHECK(text(b.said[0].exec.cum_qty) == "2");  // the venue says the truth of its sums
  b.said.clear();
  b.until(end + 7 * minute - 1);
  CHECK(b.said.empty());
  b.until(end + 7 * minute);
  REQUIRE(b.words() == Words{"fill mock-1-1", "fill mock-1-2"});
  CHECK(b.said[0].h.ts_event == first);
  CHECK(b.said[0].h.ts_recv == end + 7 * minute);
  CHECK(b.desk->venue().fill(1).told_ns == end + 7 * minute);
  b.said.clear();
  b.flat_bar();
  CHECK(b.said.empty());
}

TEST_CASE("a late fill without a delay still comes behind the end, and when no timer comes a bar brings it") {
  DeskBench b;
  b.faults().late_fill_probability = 1;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  b.said.clear();
  b.bar(10'000, 10'000, 9'800, 9'900);
  CHECK(b.orders_said() == Words{"done a filled", "fill mock-1-1"});
  b.faults().late_fill_delay_ns = minute;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  b.bar(10'000, 10'000, 9'800, 9'900);
  b.said.clear();
  b.armed = INT64_MAX;  // the host has no timers
  b.flat_bar();         // nothing is open: but for what is held back it would be passed over
  CHECK(b.orders_said() == Words{"fill mock-1-1"});
  CHECK(b.said[0].h.ts_recv == b.now - bar_ns + minute);
}

TEST_CASE("a lost fill is told to who asks, and to nobody else") {
  DeskBench b;
  b.faults().lost_fill_probability = 1;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  b.said.clear();
  b.bar(10'000, 10'000, 9'800, 9'900);
  CHECK(b.orders_said() == Words{"done a filled"});
  b.until(b.now + 1'000 * bar_ns);
  CHECK(b.orders_said() == Words{"done a filled"});
  REQUIRE(b.ask(4).empty());
  CHECK(b.words() == Words{"fill mock-1-1"});
  CHECK((b.said[0].h.flags & 2) == 2);
  CHECK_FALSE(b.desk->venue().fill(1).told_ns.has_value());
}

TEST_CASE("a late acknowledgement is overtaken by fills and the end, and says what was true then") {
  DeskBench b;
  b.faults().late_ack_probability = 1;
  b.faults().late_ack_delay_ns = 8 * minute;
  b.open();
  const std::int64_t sent = b.now;
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  CHECK(b.orders_said().empty());
  b.bar(10'000, 10'000, 9'800, 9'900);
  b.until(sent + 8 * minute);
  CHECK(b.orders_said() == Words{"fill mock-1-1", "done a filled", "accepted a"});
  const bl_exec& e = b.said.back().exec;
  CHECK(e.state == BL_S_OPEN);
  CHECK(text(e.cum_qty) == "0");
  CHECK(e.h.ts_event == sent);
  CHECK(e.h.ts_recv == sent + 8 * minute);
  b.said.clear();
  REQUIRE(b.send(b.limit("bad", BL_BUY, "1", "0")).empty());
  CHECK(b.orders_said() == Words{"rejected bad"});  // only acceptances are late
}

TEST_CASE("what was held back is told at its time among what happens meanwhile") {
  DeskBench b;
  b.faults().late_ack_probability = 1;
  b.faults().late_ack_delay_ns = 2 * minute;
  b.options.venue.latency_ns = minute;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "50")).empty());  // accepted at +1, told at +3
  b.now += minute;
  b.armed = INT64_MAX;  // no timers: the next bar brings all of it
  REQUIRE(b.cancel("a").empty());
  b.armed = INT64_MAX;
  b.now -= minute;  // cancelled at +2
  b.said.clear();
  b.bar(10'000, 10'000, 9'900, 10'000);
  CHECK(b.orders_said() == Words{"done a cancelled", "accepted a"});
}

TEST_CASE(
    "disconnect: the link goes down as a bar closes; nothing is heard and nothing can be sent until it is "
    "up") {
  DeskBench b;
  b.faults().disconnect_probability = 1;
  b.faults().disconnect_duration_ns = 7 * minute;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  REQUIRE(b.send(b.limit("b", BL_BUY, "1", "97")).empty());
  REQUIRE(b.send(b.limit("c", BL_BUY, "1", "96")).empty());
  b.said.clear();
  b.bar(10'000, 10'000, 9'800, 9'900);  // fills a
  const std::int64_t down = b.now;
  REQUIRE(b.words() == Words{"down"});
  const bl_link l = b.said[0].link;
  CHECK(l.h.size == sizeof(bl_link));
  CHECK(l.h.ts_event == down);
  CHECK(l.scope == 2);
  CHECK(l.why.status == BL_E_IO);
  CHECK(std::string(l.why.message).rfind("LINK_DOWN", 0) == 0);
  CHECK(b.desk->venue().fills() == 1);
  CHECK_FALSE(b.desk->venue().fill(1).told_ns.has_value());

  CHECK(b.send(b.limit("d", BL_BUY, "1", "99")) == "LINK_DOWN");
  CHECK(b.cancel("b") == "LINK_DOWN");
  CHECK(b.amend("b", b.limit("b", BL_BUY, "2", "97")) == "LINK_DOWN");
  CHECK(b.ask(2) == "LINK_DOWN");
  b.bar(10'000, 10'000, 9'650, 9'900);  // fills b, unheard
  CHECK(b.desk->venue().fills() == 2);
  CHECK(b.words() == Words{"down"});
  b.until(down + 7 * minute - 1);
  CHECK(b.send(b.limit("d", BL_BUY, "1", "99")) == "LINK_DOWN");
  b.until(down + 7 * minute);
  REQUIRE(b.words() == Words{"down", "up"});
  CHECK(b.said[1].h.ts_event == down + 7 * minute);
  CHECK(b.said[1].link.scope == 2);
  CHECK(b.said[1].link.why.status == 0);
  // What happened meanwhile is told only to who asks.
  REQUIRE(b.ask(2 | 4, "", down).empty());
  CHECK(b.words() == Words{"snapshot c open", "fill mock-1-1", "fill mock-2-1"});
  CHECK(b.desk->venue().orders() == 3);  // none of the refused requests arrived
  CHECK(b.send(b.limit("d", BL_BUY, "1", "95")).empty());
  CHECK(b.failures.empty());
}

TEST_CASE("rule 7: disconnect with replays: what happened meanwhile is told behind LINK up, in order") {
  DeskBench b;
  b.faults().disconnect_probability = 1;
  b.faults().disconnect_duration_ns = 7 * minute;
  b.faults().disconnect_replays = true;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  REQUIRE(b.send(b.limit("b", BL_BUY, "1", "97")).empty());
  b.said.clear();
  b.bar(10'000, 10'000, 9'800, 9'900);
  const std::int64_t down = b.now;
  b.bar(10'000, 10'000, 9'600, 9'900);
  CHECK(b.words() == Words{"down"});
  b.said.clear();
  b.until(down + 7 * minute);
  CHECK(b.words() == Words{"up", "fill mock-1-1", "done a filled", "balance 1", "balance 2", "fill mock-2-1",
                           "done b filled", "balance 1", "balance 2"});
  CHECK(b.said[1].h.ts_event == down);
  CHECK(b.said[1].h.ts_recv == down + 7 * minute);
  CHECK(b.desk->venue().fill(1).told_ns == down + 7 * minute);
}

TEST_CASE("disconnect: a request on its way arrives; its answer is not heard") {
  DeskBench b;
  b.faults().disconnect_probability = 1;
  b.faults().disconnect_duration_ns = 7 * minute;
  b.options.venue.latency_ns = 6 * minute;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  b.flat_bar();
  b.until(b.now + 4 * minute);
  CHECK(b.words() == Words{"down"});
  CHECK(b.order("a").state == State::open);
}

TEST_CASE("disconnect: a question that was not answered yet ends, incomplete") {
  DeskBench b;
  b.faults().disconnect_probability = 1;
  b.faults().disconnect_duration_ns = 7 * minute;
  b.open();
  bl_query q{};
  q.size = sizeof q;
  q.scope = 2 | 8 | 16;
  q.request = 5;
  REQUIRE(b.desk->reach(1).ok());
  b.desk->query(q);
  b.wakes = 0;  // the bar comes first
  b.flat_bar();
  b.work();
  REQUIRE(b.done.size() == 1);
  CHECK(b.done[0].request == 5);
  CHECK(b.done[0].status == BL_E_IO);
  CHECK(b.done[0].complete == 0);
  CHECK(b.words() == Words{"down"});
}

TEST_CASE("disconnect: late words that fall into it wait for its end") {
  DeskBench b;
  b.faults().disconnect_probability = 1;
  b.faults().disconnect_duration_ns = 7 * minute;
  b.faults().late_ack_probability = 1;
  b.faults().late_ack_delay_ns = 6 * minute;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "50")).empty());
  b.said.clear();
  b.flat_bar();
  const std::int64_t down = b.now;
  b.until(down + 6 * minute);
  CHECK(b.words() == Words{"down"});
  b.until(down + 7 * minute);
  CHECK(b.words() == Words{"down", "up", "accepted a"});
}

TEST_CASE(
    "disconnects are drawn once per moment, whatever the number of instruments, and without an order too") {
  DeskBench b;
  b.faults().disconnect_probability = 0.2;
  b.faults().disconnect_duration_ns = minute;
  b.open();
  for (int i = 0; i < 500; ++i) {
    b.flat_bar();
    b.give(2, 5'000, 5'000, 5'000, 5'000, 1);
  }
  std::ptrdiff_t down = 0, up = 0;
  for (const std::string& w : b.words()) (w == "down" ? down : up) += 1;
  CHECK(down > 60);
  CHECK(down < 140);
  CHECK(std::abs(down - up) <= 1);
  CHECK(b.failures.empty());
}

TEST_CASE("disconnect: a late bar draws nothing: its moment has passed") {
  DeskBench b;
  b.faults().disconnect_probability = 1;
  b.faults().disconnect_duration_ns = minute;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "50")).empty());  // so that no bar is passed over
  b.said.clear();
  b.flat_bar();
  b.until(b.now + 2 * minute);
  CHECK(b.words() == Words{"down", "up"});
  b.now -= 3 * minute;
  b.give(1, 10'000, 10'000, 10'000, 10'000, 1);
  b.now += 3 * minute;
  b.until(b.now + bar_ns / 2);
  CHECK(b.words() == Words{"down", "up"});
}

TEST_CASE("rate limit: beyond it nothing is sent; time gives it back; what is refused here costs nothing") {
  DeskBench b;
  b.options.rate_limit = 2;
  b.options.rate_burst = 3;
  b.open();
  bl_intent odd = b.limit("odd", BL_BUY, "1", "99");
  odd.tif = 77;
  for (int i = 0; i < 10; ++i) CHECK(b.send(odd) == "ORDER_UNSUPPORTED");
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  bl_intent other = b.limit("a", BL_BUY, "2", "99");
  for (int i = 0; i < 10; ++i) CHECK(b.send(other) == "CLIENT_ID_REUSED");
  REQUIRE(b.amend("a", other).empty());
  REQUIRE(b.ask(2).empty());
  CHECK(b.send(b.limit("b", BL_BUY, "1", "99")) == "RATE_LIMITED");
  CHECK(b.amend("a", b.limit("a", BL_BUY, "3", "99")) == "RATE_LIMITED");
  CHECK(b.cancel("a") == "RATE_LIMITED");
  CHECK(b.ask(2) == "RATE_LIMITED");
  CHECK(b.desk->venue().orders() == 1);
  CHECK(text(*b.order("a").spec.qty) == "2");
  b.now += 499'999'999;
  CHECK(b.cancel("a") == "RATE_LIMITED");
  b.now += 1;
  CHECK(b.cancel("a").empty());
  CHECK(b.order("a").state == State::cancelled);
  CHECK(b.send(b.limit("b", BL_BUY, "1", "99")) == "RATE_LIMITED");
}

TEST_CASE("rate limit: a cancel costs one request per hundred orders") {
  CHECK(Desk::cancel_cost(1) == 1);
  CHECK(Desk::cancel_cost(100) == 1);
  CHECK(Desk::cancel_cost(101) == 2);
  CHECK(Desk::cancel_cost(0) == 1);
}

TEST_CASE("amend at the desk: refused at once when it cannot be meant") {
  DeskBench b;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  CHECK(b.amend("a", b.limit("b", BL_BUY, "2", "99")) == "AMEND_ID_OTHER");
  CHECK(b.amend("", b.limit("", BL_BUY, "2", "99")) == "ORDER_REF_MISSING");
  bl_intent late = b.limit("a", BL_BUY, "2", "99");
  late.not_after_ns = b.now - 1;
  CHECK(b.amend("a", late) == "NOT_AFTER_PASSED");
  late.not_after_ns = 0;
  late.tif = 9;
  CHECK(b.amend("a", late) == "ORDER_UNSUPPORTED");
  b.said.clear();
  CHECK(b.amend("a", b.limit("", BL_BUY, "2", "98")).empty());
  REQUIRE(b.words() == Words{"amended a", "balance 1"});
  CHECK(b.said[0].exec.state == BL_S_OPEN);
  CHECK(text(b.said[0].exec.qty) == "2");
  CHECK(text(b.said[0].exec.limit_px) == "98");
  b.said.clear();
  CHECK(b.amend("a", b.limit("a", BL_SELL, "2", "98")).empty());
  REQUIRE(b.words() == Words{"amend_rejected a"});
  CHECK(b.said[0].exec.reason == 15);
  CHECK(std::string(b.said[0].exec.text) == "NOT_AMENDABLE");
}

TEST_CASE("an answer that was lost is told as BL_X_UNKNOWN, with nothing that is not known") {
  DeskBench b;
  b.faults().timeout_probability = 1;
  b.open();
  REQUIRE(b.send(b.limit("a", BL_BUY, "1", "99")).empty());
  REQUIRE(b.orders_said() == Words{"unknown a"});
  const bl_exec& e = b.said[0].exec;
  CHECK(e.state == BL_S_UNKNOWN);
  CHECK(e.h.instrument == 1);
  CHECK(e.venue_id[0] == '\0');
  CHECK(std::string(e.text) == "NO_ANSWER");
  CHECK(text(e.qty) == "-");
  CHECK(text(e.cum_qty) == "-");
}

TEST_CASE("a bracket and a fill-or-kill order are told as what they are") {
  DeskBench b;
  b.open();
  bl_intent i = b.limit("a", BL_SELL, "1", "110");
  i.type = BL_BRACKET;
  i.stop_px = A("90");
  REQUIRE(b.send(i).empty());
  CHECK(b.said[0].exec.type == BL_BRACKET);
  CHECK(text(b.said[0].exec.limit_px) == "110");
  CHECK(text(b.said[0].exec.stop_px) == "90");
  i.type = BL_LIMIT;
  i.tif = BL_FOK;
  i.side = BL_BUY;
  std::strcpy(i.client_id, "b");
  b.said.clear();
  REQUIRE(b.send(i).empty());
  CHECK(b.said[0].exec.kind == BL_X_ACCEPTED);
  CHECK(b.said[0].exec.tif == BL_FOK);
}

TEST_CASE("faults off: not a byte differs from a desk that knows none") {
  const auto run = [](bool with_teller) {
    DeskBench b;
    if (with_teller) b.faults().late_ack_probability = 1e-300;  // the whole machinery, and never a hit
    b.open();
    for (int i = 0; i < 60; ++i) {
      const std::string id = "o" + std::to_string(i);
      bl_intent o = b.limit(id.c_str(), i % 3 == 2 ? BL_SELL : BL_BUY, "0.5", i % 2 ? "101" : "97");
      if (i % 4 == 0) {
        o.tif = BL_GTD;
        o.expire_ns = b.now + minute;
      }
      REQUIRE(b.send(o).empty());
      if (i % 5 == 0) REQUIRE(b.cancel(id.c_str()).empty());
      b.bar(10'000, 10'200, 9'600, 10'000);
    }
    std::vector<std::string> bytes;
    for (const AnyEvent& e : b.said)
      bytes.push_back(std::string(reinterpret_cast<const char*>(&e), e.h.size));
    return bytes;
  };
  const auto plain = run(false);
  CHECK(plain.size() > 150);
  CHECK(plain == run(true));
}
