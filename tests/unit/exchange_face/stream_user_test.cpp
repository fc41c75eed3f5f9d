// Channel user: snapshots in batches, every state of every order, and nobody else's.
#include "stream_rig.hpp"

using namespace face_test;
using cb::Channel;

namespace {

/// Sizes of the snapshot's batches; the ids in them are counted into `ids`.
std::vector<std::size_t> batches(StreamRig& r, StreamId id, std::set<std::string>& ids) {
  std::vector<std::size_t> out;
  const auto frames = r.take(id);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const cb::StreamFrame& f = r.decode(frames[i]);
    REQUIRE(f.user_events.size() == 1);
    CHECK(f.user_events[0].snapshot);
    out.push_back(f.orders.size());
    for (const auto& o : f.orders) ids.insert(std::string(o.order_id));
  }
  return out;
}

}  // namespace

TEST_CASE("the snapshot is every order that is not over, fifty a message, and ends with a shorter one") {
  for (const bool short_end : {true, false}) {
    FaceOptions o;
    o.short_batch_ends = short_end;
    StreamRig r(o);
    const auto sizes = [&] {
      const StreamId id = r.open(StreamKind::user);
      r.subscribe(id, Channel::user, {}, &r.alices);
      std::set<std::string> ids;
      const auto out = batches(r, id, ids);
      std::size_t open = 0;
      OrderFilter all;
      all.limit = SIZE_MAX;
      for (const Order* x : r.e.orders(all).orders)
        if (x->user == r.alice && !is_final(x->state.status)) open += ids.count(r.order_id(x->number));
      CHECK(open == ids.size());
      r.streams.closed(id);
      return out;
    };
    using Sizes = std::vector<std::size_t>;
    CHECK(sizes() == Sizes{0});
    for (int i = 0; i < 49; ++i) r.limit(r.alice, Side::buy, "0.1"_dec, "50"_dec);
    r.limit(r.bob, Side::buy, "0.1"_dec, "50"_dec);
    CHECK(sizes() == Sizes{49});
    const OrderNo last = r.limit(r.alice, Side::buy, "0.1"_dec, "50"_dec);
    CHECK(sizes() == (short_end ? Sizes{50, 0} : Sizes{50}));
    for (int i = 0; i < 59; ++i) r.limit(r.alice, Side::buy, "0.1"_dec, "50"_dec);
    CHECK(sizes() == Sizes{50, 50, 9});
    r.cancel(r.alice, last);
    CHECK(sizes() == Sizes{50, 50, 8});
  }
}

TEST_CASE("each state of an order is told to the last decimal, and to its user alone") {
  StreamRig r;
  r.market({{"99"_dec, "5"_dec}}, {{"100"_dec, "0.4"_dec}, {"101"_dec, "5"_dec}}, "100"_dec);
  const StreamId mine = r.open(StreamKind::user), market = r.open(), bobs = r.open(StreamKind::user);
  r.subscribe(mine, Channel::user, {}, &r.alices);
  r.subscribe(market, Channel::user, {}, &r.readers);  // the market's endpoint serves it, too; a key that may look is enough
  r.subscribe(bobs, Channel::user, {}, &r.bobs);
  for (const StreamId id : {mine, market, bobs}) r.take(id);

  OrderRequest q = r.request(Side::buy, Config::limit_gtd, "1.00000001"_dec, "100.5"_dec);
  q.end_ns = r.now + 100 * second;
  q.post_only = false;
  const OrderNo n = r.put(r.alice, q);
  r.settle();
  CHECK(r.take(bobs).empty());
  CHECK(r.take(market).size() == 1);
  const auto frames = r.take(mine);
  REQUIRE(frames.size() == 1);
  const cb::StreamFrame& f = r.decode(frames[0]);
  REQUIRE(f.orders.size() >= 2);  // accepted, and filled in part
  CHECK_FALSE(f.user_events[0].snapshot);
  CHECK(f.orders[0].status == cb::UserOrderStatus::pending);
  const cb::UserOrder& u = f.orders.back();
  const OrderState& is = r.state(n);
  CHECK(u.order_id == r.order_id(n));
  CHECK(u.client_order_id == q.client_order_id);
  CHECK(u.product == "BTC-USD");
  CHECK(u.side == cb::StreamSide::buy);
  CHECK(u.status == cb::UserOrderStatus::open);
  CHECK(u.kind == cb::UserOrderKind::limit);
  CHECK(u.force == cb::UserOrderForce::gtd);
  CHECK(u.cumulative == "0.4"_dec);
  CHECK(u.leaves == "0.60000001"_dec);
  CHECK(u.average_price == "100"_dec);
  CHECK(u.filled_value == "40"_dec);
  CHECK(u.total_fees == is.fees);
  CHECK(u.total_value_after_fees == is.filled_value + is.fees);
  CHECK(u.limit_price == "100.5"_dec);
  CHECK(u.stop_price == "0"_dec);
  CHECK(u.outstanding_hold == is.hold);
  CHECK(*u.number_of_fills == 1);
  CHECK(*u.post_only == false);
  CHECK(u.created_ns == r.now);
  CHECK(u.end_ns == q.end_ns);
  CHECK(u.start_ns == 0);
  const Parsed raw = Parsed::parse(frames[0]);
  CHECK(raw["events"][0]["orders"].back()["order_type"] == "Limit");
  CHECK(raw["events"][0]["orders"].back()["post_only"] == "false");
  CHECK(raw["events"][0]["orders"].back()["completion_percentage"] == "39.99");
  CHECK(raw["events"][0]["positions"] == Parsed::parse(R"({"perpetual_futures_positions":[],"expiring_futures_positions":[]})"));

  r.cancel(r.alice, n);
  r.settle();
  const cb::StreamFrame& end = r.only(mine, Channel::user);
  CHECK(end.orders.back().status == cb::UserOrderStatus::cancelled);
  CHECK(end.orders.back().leaves == "0"_dec);  // of what is over nothing is left, whatever was not filled
  CHECK(end.orders.back().cancel_reason == "User requested cancel");
  CHECK(end.orders.back().outstanding_hold == "0"_dec);
}

TEST_CASE("what is left of a purchase for an amount is told in that currency, and a stop in its own words") {
  StreamRig r;
  r.market({{"99"_dec, "5"_dec}}, {{"100"_dec, "0.01"_dec}}, "100"_dec);
  const StreamId id = r.open();
  r.subscribe(id, Channel::user, {}, &r.alices);
  r.take(id);
  r.put(r.alice, r.spend("10"_dec));
  r.put(r.alice, r.stop(Side::sell, "0.5"_dec, "90"_dec, "95"_dec, StopDirection::down));
  r.settle();
  const auto frames = r.take(id);
  REQUIRE(frames.size() == 1);
  const Parsed rows = Parsed::parse(frames[0])["events"][0]["orders"];
  CHECK(rows[0]["order_type"] == "Market");
  CHECK(rows[0]["leaves_quantity"] == "10");
  CHECK(rows[0]["limit_price"] == "0");
  const Parsed& stop = rows.back();
  CHECK(stop["order_type"] == "Stop Limit");
  CHECK(stop["stop_price"] == "95");
  CHECK(stop["trigger_status"] == "STOP_PENDING");
  CHECK(stop["end_time"] == "0001-01-01T00:00:00Z");
  r.traded("94"_dec);
  r.settle();
  bool triggered = false;
  for (const Parsed& f : r.take_json(id))
    for (const auto& row : f["events"][0]["orders"]) triggered = triggered || row["trigger_status"] == "STOP_TRIGGERED";
  CHECK(triggered);
}

TEST_CASE("an order that questions do not show yet is in the snapshot all the same, once") {
  Options slow;
  slow.visible_ns = 10 * second;
  StreamRig r({}, slow);
  const auto told = [&] {
    const StreamId id = r.open(StreamKind::user);
    r.subscribe(id, Channel::user, {}, &r.alices);
    const std::size_t n = r.take_json(id)[1]["events"][0]["orders"].size();
    r.streams.closed(id);
    return n;
  };
  const OrderNo n = r.limit(r.alice, Side::buy, "1"_dec, "50"_dec);
  r.limit(r.bob, Side::buy, "1"_dec, "50"_dec);
  r.settle();
  CHECK(r.e.order(r.alice, r.order_id(n)) == nullptr);
  CHECK(told() == 1);
  r.wait(10 * second);
  CHECK(told() == 1);
  const OrderNo gone = r.limit(r.alice, Side::buy, "1"_dec, "50"_dec);
  r.settle();
  CHECK(told() == 2);
  r.cancel(r.alice, gone);
  r.settle();
  CHECK(told() == 1);
}

TEST_CASE("user by products: those that are named, in snapshot and updates") {
  StreamRig r;
  const auto buy = [&](const char* product) {
    OrderRequest q = r.request(Side::buy, Config::limit_gtc, "0.1"_dec, "50"_dec);
    q.product_id = product;
    return r.put(r.alice, q);
  };
  buy("BTC-USD");
  buy("BTC-USDC");
  const StreamId id = r.open(StreamKind::user);
  r.subscribe(id, Channel::user, {"BTC-USDC"}, &r.alices);
  auto frames = r.take_json(id);
  REQUIRE(frames[1]["events"][0]["orders"].size() == 1);
  CHECK(frames[1]["events"][0]["orders"][0]["product_id"] == "BTC-USDC");  // user keeps the name that was submitted
  buy("BTC-USD");
  r.settle();
  CHECK(r.take(id).empty());
  buy("BTC-USDC");
  r.settle();
  CHECK(r.take(id).size() == 1);
}

TEST_CASE("orders over REST and their stream, in the order in which a server calls") {
  StreamRig r;
  const StreamId id = r.open(StreamKind::user);
  r.subscribe(id, Channel::user, {}, &r.alices);
  r.take(id);
  const WebReply reply = r.send(r.alices, cb::create_order(new_order("mine", cb::Side::buy, cb::Configuration::limit_gtc, "0.5"_dec, "42"_dec)));
  r.settle();
  const std::string order_id = Parsed::parse(reply.body)["success_response"]["order_id"];
  const auto frames = r.take(id);
  REQUIRE(frames.size() == 1);
  const cb::StreamFrame& f = r.decode(frames[0]);
  CHECK(f.orders.back().order_id == order_id);
  CHECK(f.orders.back().status == cb::UserOrderStatus::open);
  const std::vector<std::string> ids{order_id};
  r.send(r.alices, (*cb::batch_cancel(ids))[0]);
  r.settle();
  CHECK(r.only(id, Channel::user).orders.back().status == cb::UserOrderStatus::cancelled);
}
