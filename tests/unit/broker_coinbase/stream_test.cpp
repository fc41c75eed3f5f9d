// The stream of the account: a hint. What it says is looked up; what it loses is found all the same.
#include "desk.hpp"

using namespace bowline;
using namespace broker_tests;

namespace {

struct Streamed : Desk {
  std::uint64_t sequence = 0;
  explicit Streamed(const Json& more = Json{{"sweep", 3'600'000'000'000}, {"sweep_alone", 3'600'000'000'000}}) : Desk(more) {}
  std::uint64_t conn() const { return host.sockets.back().conn; }
  void frame(std::uint32_t what, const std::string& data = "") {
    if (what == 3) host.end_socket(conn());
    const auto f = testing::ws_frame(conn(), what, data, host.now);
    broker->on_event(f.h, host.sink);
    pump();
  }
  void up() {
    sequence = 0;
    frame(1);
    user("snapshot", {});
  }
  void user(const std::string& type, const std::vector<Json>& list, std::uint64_t skip = 0) {
    sequence += skip;
    frame(2, Json{{"channel", "user"}, {"client_id", ""}, {"timestamp", "2026-04-07T14:30:00.1Z"}, {"sequence_num", sequence++}, {"events", {{{"type", type}, {"orders", list}}}}}.dump());
  }
  static Json row(const ModelOrder& o, const char* status) {
    return {{"order_id", o.id}, {"client_order_id", o.client}, {"status", status}, {"product_id", o.product}, {"order_side", o.side}, {"order_type", "Limit"},
            {"cumulative_quantity", o.filled().to_string()}, {"leaves_quantity", "0"}, {"avg_price", o.fills.empty() ? "0" : "100"}, {"total_fees", "0"}, {"number_of_fills", std::to_string(o.fills.size())}};
  }
};

}  // namespace

TEST_CASE("both channels are subscribed to, each with a token of its own; again after a break, after a wait") {
  Streamed d;
  REQUIRE(d.host.sockets.size() == 1);
  CHECK(d.host.sockets[0].url == "wss://stream.example");
  d.up();
  REQUIRE(d.host.sockets[0].sent.size() == 2);
  std::set<std::string> tokens;
  std::vector<std::string> channels;
  for (const auto& text : d.host.sockets[0].sent) {
    const Json m = Json::parse(text);
    CHECK(m.at("type") == "subscribe");
    channels.push_back(m.at("channel"));
    tokens.insert(m.at("jwt").get<std::string>());
  }
  CHECK(channels == std::vector<std::string>{"user", "heartbeats"});
  CHECK(tokens.size() == 2);
  d.frame(3, "EDGE_CLOSED: gone");
  CHECK(d.host.sockets.size() == 1);
  d.run(second);
  REQUIRE(d.host.sockets.size() == 2);
  CHECK(d.host.sockets[1].conn != d.host.sockets[0].conn);
  d.up();
  CHECK(d.host.sockets[1].sent.size() == 2);
}

TEST_CASE("a fill and an end that the stream hints at are told from the venue's own lists, once") {
  Streamed d;
  d.up();
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(5 * second);
  auto& o = d.venue.orders[0];
  d.venue.fill(o, Decimal::from_mantissa(2, -1), Decimal::from_int(100), d.host.now);
  d.user("update", {Streamed::row(o, "OPEN")});
  d.run(second);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(2, -1));
  CHECK(d.orders["bl-1"].fills.begin()->first == "entry-1");  // the venue's id, and no derived one
  d.venue.fill(o, Decimal::from_mantissa(3, -1), Decimal::from_int(100), d.host.now);
  d.user("update", {Streamed::row(o, "FILLED")});
  d.user("update", {Streamed::row(o, "FILLED")});  // told twice
  d.user("update", {Streamed::row(o, "OPEN")});    // and out of order
  d.run(5 * second);
  CHECK(d.orders["bl-1"].fills.size() == 2);
  CHECK(d.orders["bl-1"].state == BL_S_FILLED);
  CHECK(std::count(d.orders["bl-1"].kinds.begin(), d.orders["bl-1"].kinds.end(), std::uint32_t{BL_X_DONE}) == 1);
}

TEST_CASE("the stream may be quicker than the venue's lists: it is looked again until they agree") {
  Streamed d;
  d.up();
  d.submit(intent("bl-1", "0.5", "100"));
  d.run(5 * second);
  ModelOrder ahead = d.venue.orders[0];
  ahead.fills.push_back({"entry-x", "t", "FILL", Decimal::from_int(100), Decimal::from_mantissa(5, -1), Decimal::zero(), d.host.now, false});
  d.user("update", {Streamed::row(ahead, "FILLED")});
  CHECK_FALSE(d.orders["bl-1"].over);
  d.run(second);
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.run(10 * second);
  CHECK(d.orders["bl-1"].state == BL_S_FILLED);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(5, -1));
}

TEST_CASE("the stream may be quicker than the reply to the order") {
  Streamed d;
  d.up();
  d.hold_answers = true;
  d.submit(intent("bl-1", "0.5", "100"));
  d.venue.answer(d.host.requests[d.served], d.host.now);  // it has arrived; its answer is under way
  d.user("update", {Streamed::row(d.venue.orders[0], "OPEN")});
  d.hold_answers = false;
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(5, -1), Decimal::from_int(100), d.host.now);
  d.run(10 * second);
  CHECK(d.orders["bl-1"].state == BL_S_FILLED);
  CHECK_FALSE(d.orders["bl-1"].unknown);
  CHECK(d.venue.creates == 1);
}

TEST_CASE("that an order works on is no news: it is read once after it was placed, and not for each word of the stream") {
  Streamed d;
  d.up();
  d.submit(intent("bl-1", "0.5", "100"));
  d.pump();
  auto& o = d.venue.orders[0];
  d.user("update", {Streamed::row(o, "PENDING")});
  d.user("update", {Streamed::row(o, "OPEN")});
  d.run(5 * second);
  CHECK(d.count("GET", "/orders/historical/venue-1") == 1);
  d.user("update", {Streamed::row(o, "CANCEL_QUEUED")});  // somebody cancels it
  d.run(second / 10);
  CHECK(d.count("GET", "/orders/historical/venue-1") == 2);
  d.venue.fill(o, Decimal::from_mantissa(2, -1), Decimal::from_int(100), d.host.now);
  d.user("update", {Streamed::row(o, "OPEN")});
  d.run(2 * second);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(2, -1));
}

TEST_CASE("the first snapshot tells of many orders of others: none is asked for by itself, and none that the host's question reads") {
  Desk before;
  for (int i = 0; i < 40; ++i) {
    before.submit(intent("bl-" + std::to_string(i), "0.5", "100"));
    before.pump();
  }
  before.venue.fill(before.venue.orders[7], Decimal::from_mantissa(2, -1), Decimal::from_int(100), before.host.now);
  Streamed d;
  d.venue.orders = before.venue.orders;
  std::vector<Json> rows;
  for (const auto& o : d.venue.orders) rows.push_back(Streamed::row(o, "OPEN"));
  d.frame(1);
  d.user("snapshot", rows);
  d.run(second);
  CHECK(d.count("GET", "/orders/historical/venue-") == 1);  // the one that has filled: its fills may be new
  CHECK(d.count("GET", "/orders/historical/venue-8") == 1);
  SECTION("the host asks") {
    const auto q = d.ask(2);
    d.run(10 * second);
    CHECK(d.done(q)->complete == 1);
    CHECK(d.orders.size() == 40);
    CHECK(d.count("GET", "order_ids=venue-1&") == 0);
  }
  SECTION("it does not: they are swept") {
    CHECK(d.orders.size() == 1);
    d.run(10 * second);
    CHECK(d.orders.size() == 40);
    CHECK(d.count("GET", "/orders/historical/venue-") == 1);
  }
}

TEST_CASE("after a gap, a frame that can't be read, and a break, what was missed is looked for") {
  for (const int how : {0, 1, 2}) {
    INFO(how);
    Streamed d;
    d.up();
    d.submit(intent("bl-1", "0.5", "100"));
    d.run(5 * second);
    d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(2, -1), Decimal::from_int(100), d.host.now);
    d.venue.orders[0].status = "CANCELLED";
    if (how == 0) d.user("update", {}, 3);
    if (how == 1) d.frame(2, R"({"channel":"user","sequence_num":2,"events":[{"type":"update","orders":[{"order_id")");
    if (how == 2) {
      d.frame(3, "EDGE_CLOSED: gone");
      d.run(2 * second);
      d.up();
    }
    d.run(10 * second);
    CHECK(d.orders["bl-1"].state == BL_S_CANCELLED);
    CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(2, -1));
  }
}

TEST_CASE("an order that has ended unseen by the stream is looked for once, and not at each connection") {
  Streamed d;
  d.up();
  for (const char* id : {"bl-1", "bl-2"}) d.submit(intent(id, "0.5", "100"));
  d.run(5 * second);
  d.user("update", {Streamed::row(d.venue.orders[0], "OPEN"), Streamed::row(d.venue.orders[1], "OPEN")});
  d.run(second);
  const auto reconnect = [&d] {
    d.frame(3, "EDGE_CLOSED: gone");
    d.run(20 * second);
    d.up();
    d.run(20 * second);
  };
  d.frame(3, "EDGE_CLOSED: gone");
  d.venue.orders[0].status = "EXPIRED";  // while it is down
  d.run(20 * second);
  d.up();
  d.run(20 * second);
  REQUIRE(d.orders["bl-1"].state == BL_S_EXPIRED);
  const auto asked = [&d](const char* id) { return d.count("GET", std::string("/orders/historical/") + id) + d.count("GET", std::string("order_ids=") + id); };
  const std::size_t before = asked("venue-1"), working = asked("venue-2");
  for (int i = 0; i < 3; ++i) reconnect();
  CHECK(asked("venue-1") == before);
  CHECK(asked("venue-2") >= working + 3);
  // What the stream tells of it late is no news; more that was filled is.
  d.user("update", {Streamed::row(d.venue.orders[0], "OPEN")});
  d.user("update", {Streamed::row(d.venue.orders[0], "EXPIRED")});
  d.run(20 * second);
  reconnect();
  CHECK(asked("venue-1") == before);
  d.venue.fill(d.venue.orders[0], Decimal::from_mantissa(1, -1), Decimal::from_int(100), d.host.now);
  d.user("update", {Streamed::row(d.venue.orders[0], "EXPIRED")});
  d.run(20 * second);
  CHECK(d.orders["bl-1"].filled() == Decimal::from_mantissa(1, -1));
}

TEST_CASE("a silent stream, and one that refuses the subscription, are made anew") {
  Streamed d;
  d.up();
  d.run(30 * second);
  CHECK(d.host.closed_by_plugin.size() >= 1);
  d.frame(3, "EDGE_CLOSED: as asked");
  d.run(second);
  REQUIRE(d.host.sockets.size() == 2);
  d.frame(1);
  const std::size_t closed = d.host.closed_by_plugin.size();
  d.frame(2, R"({"type":"error","message":"authentication failure"})");
  CHECK(d.host.closed_by_plugin.size() == closed + 1);
}

TEST_CASE("a frame of a connection before is not heard, nor one that is no frame") {
  Streamed d;
  d.up();
  const std::uint64_t old = d.conn();
  d.frame(3, "EDGE_CLOSED: gone");
  d.run(2 * second);
  d.up();
  const auto f = testing::ws_frame(old, 3, "late");
  const std::size_t sockets = d.host.sockets.size();
  d.broker->on_event(f.h, d.host.sink);
  d.run(10 * second);
  CHECK(d.host.sockets.size() == sockets);
  for (const char* text : {"", "null", "[]", "{}", R"({"channel":"user"})", R"({"channel":"user","sequence_num":-1,"events":7})", "\xff"}) d.frame(2, text);
  CHECK(d.broker->stream().counts().refused >= 5);
}

TEST_CASE("with a sound stream an order that rests is looked at after two seconds, one that ends at once as soon as ever") {
  const auto looked = [](bool sound, const bl_intent& i, std::int64_t after) {
    Streamed d;
    if (sound) d.up();
    d.run(5 * second);
    d.submit(i);
    d.pump();
    d.run(after);
    return d.count("GET", "/orders/historical/venue-1") != 0;
  };
  const bl_intent rests = intent("bl-1", "0.5", "50");
  CHECK_FALSE(looked(true, rests, 19 * second / 10));
  CHECK(looked(true, rests, 21 * second / 10));
  CHECK(looked(false, rests, second / 2));
  CHECK(looked(true, market("bl-1", "0.1"), second / 2));
}
