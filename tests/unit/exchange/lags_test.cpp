// What takes time at the venue: arrival, visibility, cancels, listed fills, expiry.
#include "unit/exchange/venue.hpp"

using namespace exchange_test;

TEST_CASE("an order is pending until it arrives, and holds its funds meanwhile") {
  Options o;
  o.pending_ns = 3 * second;
  Venue v(o);
  const OrderNo n = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  CHECK(v.status(n) == Status::pending);
  CHECK(str(v.hold(v.alice, "USD")) == "100.6");
  CHECK(v.e.book("BTC-USD", 9)->bids.empty());
  CHECK(v.e.next_due() == v.now + 3 * second);
  v.pass(3 * second - 1);
  CHECK(v.status(n) == Status::pending);
  v.pass(1);
  CHECK(v.status(n) == Status::open);
  const auto events = v.events();
  CHECK(std::get<OrderChanged>(events.at(0).what).state.status == Status::pending);
  CHECK(std::get<OrderChanged>(events.at(1).what).state.status == Status::open);
  CHECK(events.at(1).time_ns == start + 3 * second);
}

TEST_CASE("a post only order that the market reached on its way fails; a market order pays no more than was held") {
  Options o;
  o.pending_ns = second;
  Venue v(o);
  v.market({}, {{"100"_dec, "5"_dec}});
  OrderRequest r = v.request(Side::buy, Config::limit_gtc, "1"_dec, "99"_dec);
  r.post_only = true;
  const OrderNo post = v.put(v.alice, r), market = v.put(v.alice, v.request(Side::buy, Config::market_ioc, "1"_dec));
  CHECK(str(v.hold(v.alice, "USD")) == str("99.594"_dec + "100.6"_dec));
  v.market({}, {{"98"_dec, "0.1"_dec}, {"110"_dec, "5"_dec}});
  v.pass(second);
  CHECK(v.status(post) == Status::failed);
  CHECK(v.state(post).note == EndNote::post_only);
  CHECK(v.status(market) == Status::cancelled);
  CHECK(v.state(market).note == EndNote::no_funds);
  CHECK(v.state(market).filled_value + v.state(market).fees <= "100.6"_dec);
  CHECK(v.state(market).filled_value + v.state(market).fees > "100.59"_dec);
  CHECK(v.hold(v.alice, "USD").is_zero());
}

TEST_CASE("a stop that the market passed on the order's way is triggered when it arrives") {
  Options o;
  o.pending_ns = second;
  Venue v(o);
  v.market({{"99"_dec, "5"_dec}}, {}, "100"_dec);
  const OrderNo n = v.put(v.alice, v.stop(Side::sell, "1"_dec, "80"_dec, "95"_dec, StopDirection::down));
  v.market({{"90"_dec, "5"_dec}}, {}, "91"_dec);
  CHECK_FALSE(v.state(n).triggered);
  v.pass(second);
  CHECK(v.status(n) == Status::filled);
}

TEST_CASE("a cancel is queued until it works, and a fill can come first") {
  Options o;
  o.cancel_ns = 2 * second;
  Venue v(o);
  const OrderNo n = v.limit(v.alice, Side::buy, "2"_dec, "100"_dec), lost = v.limit(v.alice, Side::buy, "1"_dec, "101"_dec);
  CHECK(v.cancel(v.alice, n) == CancelReason::none);
  CHECK(v.cancel(v.alice, lost) == CancelReason::none);
  CHECK(v.status(n) == Status::cancel_queued);
  CHECK(v.cancel(v.alice, n) == CancelReason::duplicate);
  CHECK(v.edit(v.alice, n, "1"_dec, "100"_dec).reason == EditReason::not_open);
  v.traded("99"_dec, "1.5"_dec);
  CHECK(v.status(lost) == Status::filled);
  CHECK(v.status(n) == Status::cancel_queued);
  CHECK(str(v.state(n).filled_size) == "0.5");
  v.pass(2 * second);
  CHECK(v.status(n) == Status::cancelled);
  CHECK(v.status(lost) == Status::filled);
  CHECK(v.cancel(v.alice, n) == CancelReason::duplicate);
  CHECK(v.cancel(v.alice, lost) == CancelReason::fully_filled);
}

TEST_CASE("an order can be cancelled on its way to the book") {
  Options o;
  o.pending_ns = 5 * second;
  o.cancel_ns = second;
  Venue v(o);
  const OrderNo n = v.limit(v.alice, Side::buy, "2"_dec, "100"_dec);
  CHECK(v.cancel(v.alice, n) == CancelReason::none);
  v.pass(second);
  CHECK(v.status(n) == Status::cancelled);
  v.pass(10 * second);
  CHECK(v.status(n) == Status::cancelled);
  CHECK(v.hold(v.alice, "USD").is_zero());
}

TEST_CASE("an edit is queued until it works: price, size and hold are those of before, and it is one at a time") {
  Options o;
  o.edit_ns = 2 * second;
  Venue v(o);
  const OrderNo n = v.limit(v.alice, Side::buy, "2"_dec, "100"_dec), behind = v.limit(v.bob, Side::buy, "1"_dec, "100"_dec);
  v.events();
  REQUIRE(v.edit(v.alice, n, "3"_dec, "101"_dec).ok());
  CHECK(v.status(n) == Status::edit_queued);
  CHECK(str(v.state(n).limit_price) == "100");
  CHECK(str(v.hold(v.alice, "USD")) == "201.2");
  CHECK(v.e.book("BTC-USD", 9)->bids == std::vector<LevelView>{{"100"_dec, "3"_dec}});
  CHECK(v.e.order(n).edits.empty());
  CHECK(v.edit(v.alice, n, "4"_dec, "101"_dec).reason == EditReason::being_replaced);
  CHECK(v.cancel(v.alice, n) == CancelReason::being_replaced);
  CHECK(v.e.preview_edit(v.alice, {v.e.order_id(n), "102"_dec, "2"_dec}, v.now).first.reason == EditReason::being_replaced);
  CHECK(v.e.next_due() == v.now + 2 * second);
  v.pass(2 * second - 1);
  CHECK(v.status(n) == Status::edit_queued);
  v.traded("99"_dec, "0.5"_dec);  // it still stands where it stood
  CHECK(str(v.state(n).filled_size) == "0.5");
  CHECK(v.status(n) == Status::edit_queued);
  v.pass(1);
  CHECK(v.status(n) == Status::open);
  CHECK(v.e.book("BTC-USD", 9)->bids == std::vector<LevelView>{{"101"_dec, "2.5"_dec}, {"100"_dec, "1"_dec}});
  REQUIRE(v.e.order(n).edits.size() == 1);
  CHECK(v.e.order(n).edits[0].accepted_ns == v.now);
  CHECK(v.status(behind) == Status::open);
  std::vector<Status> told;
  for (const Event& e : v.events())
    if (const auto* c = std::get_if<OrderChanged>(&e.what); c != nullptr && c->order == n) told.push_back(c->state.status);
  CHECK(told == std::vector<Status>{Status::edit_queued, Status::edit_queued, Status::open});
  CHECK(v.cancel(v.alice, n) == CancelReason::none);
}

TEST_CASE("an edit that is not possible any more when its time comes leaves the order as it was") {
  Options o;
  o.edit_ns = second;
  Venue v(o);
  const OrderNo filled = v.limit(v.alice, Side::buy, "2"_dec, "100"_dec);
  REQUIRE(v.edit(v.alice, filled, "1.5"_dec, "100"_dec).ok());
  v.traded("99"_dec, "1.6"_dec);  // beyond what it was to have
  v.pass(second);
  CHECK(v.status(filled) == Status::open);
  CHECK(str(v.state(filled).size) == "2");
  CHECK(v.e.order(filled).edits.empty());
  REQUIRE(v.edit(v.alice, filled, "5"_dec, "100"_dec).ok());
  REQUIRE(v.e.withdraw(v.alice, "USD", v.available(v.alice, "USD"), v.now).ok());  // the money goes
  v.pass(second);
  CHECK(v.status(filled) == Status::open);
  CHECK(str(v.state(filled).size) == "2");
  const OrderNo gone = v.limit(v.bob, Side::sell, "1"_dec, "110"_dec);
  REQUIRE(v.edit(v.bob, gone, "2"_dec, "111"_dec).ok());
  v.traded("120"_dec);
  CHECK(v.status(gone) == Status::filled);
  v.pass(second);
  CHECK(v.status(gone) == Status::filled);
  CHECK(v.e.next_due() == forever);
}

TEST_CASE("a queued edit survives the end of the venue, in its state and in its calls") {
  Options o;
  o.edit_ns = 5 * second;
  Venue v(o);
  const std::string before = v.e.save();
  std::string calls;
  v.e.write_calls(&calls);
  const OrderNo n = v.limit(v.alice, Side::buy, "2"_dec, "100"_dec);
  REQUIRE(v.edit(v.alice, n, "1"_dec, "99"_dec).ok());
  v.pass(second);
  auto kept = Engine::load(v.e.save(), o), again = Engine::load(before, o);
  REQUIRE((kept.ok() && again.ok()));
  REQUIRE(again->replay(calls).ok());
  for (Engine* e : {&*kept, &*again}) {
    CHECK(e->order(n).state.status == Status::edit_queued);
    e->advance(v.now + 4 * second);
    CHECK(e->order(n).state.status == Status::open);
    CHECK(str(e->order(n).state.limit_price) == "99");
    CHECK(e->audit().ok());
  }
  v.pass(4 * second);
  CHECK(kept->save() == v.e.save());
}

TEST_CASE("queries find an order, and list its fills, only after their lags") {
  Options o;
  o.visible_ns = 2 * second;
  o.listed_ns = 3 * second;
  Venue v(o);
  v.market({}, {{"100"_dec, "5"_dec}});
  const OrderNo n = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  const std::string client = v.e.order(n).request.client_order_id;
  CHECK(v.status(n) == Status::filled);
  const auto found = [&] {
    return std::array{v.e.order(v.alice, v.e.order_id(n)) != nullptr, v.e.order_by_client_id(v.alice, client) != nullptr,
                      v.e.orders({}).orders.size() == 1, v.e.fills({v.alice}).fills.size() == 1};
  };
  CHECK(found() == std::array{false, false, false, false});
  v.pass(2 * second);
  CHECK(found() == std::array{true, true, true, false});
  v.pass(second);
  CHECK(found() == std::array{true, true, true, true});
}

TEST_CASE("a GTD order ends at its time, before what happens at that time") {
  Venue v;
  OrderRequest r = v.request(Side::buy, Config::limit_gtd, "1"_dec, "100"_dec);
  r.end_ns = v.now + 10 * second;
  const OrderNo n = v.put(v.alice, r);
  v.now += 10 * second;
  v.traded("90"_dec, "5"_dec);
  CHECK(v.status(n) == Status::expired);
  CHECK(v.state(n).changed_ns == r.end_ns);
  CHECK(v.hold(v.alice, "USD").is_zero());
}

TEST_CASE("time does not step back") {
  Venue v;
  v.pass(100 * second);
  v.now -= 50 * second;
  const OrderNo n = v.limit(v.alice, Side::buy, "1"_dec, "100"_dec);
  CHECK(v.e.order(n).created_ns == start + 100 * second);
  CHECK(v.e.now() == start + 100 * second);
}

TEST_CASE("one order more than may be open fails") {
  Options o;
  o.max_open_orders = 2;
  Venue v(o);
  for (int i = 0; i < 2; ++i) v.limit(v.alice, Side::buy, "0.1"_dec, "100"_dec);
  const OrderNo n = v.limit(v.alice, Side::buy, "0.1"_dec, "100"_dec);
  CHECK(v.status(n) == Status::failed);
  CHECK(name(v.state(n).reject) == "TOO_MANY_OPEN_ORDERS");
  CHECK(v.status(v.limit(v.bob, Side::buy, "0.1"_dec, "100"_dec)) == Status::open);
}
