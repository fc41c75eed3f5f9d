// Lists of orders and fills: filters, and pages that lose nothing and tell nothing twice.
#include <set>

#include "readers.hpp"

using namespace face_test;

namespace {

/// 25 orders of alice: 10 open, 5 cancelled, 5 filled in two parts each, 5 that wait; and some of bob.
struct History : Rig {
  std::vector<std::string> all, open, cancelled, filled;
  explicit History(FaceOptions o = {}) : Rig(std::move(o)) {
    market({{"99.99"_dec, "50"_dec}}, {{"100.01"_dec, "0.25"_dec}, {"100.02"_dec, "50"_dec}}, "100"_dec);
    const auto note = [&](OrderNo n, std::vector<std::string>& list) {
      all.push_back(order_id(n));
      list.push_back(all.back());
      pass(second);
    };
    for (int i = 0; i < 10; ++i) note(limit(alice, Side::buy, "0.1"_dec, Decimal::from_int(90 + i)), open);
    for (int i = 0; i < 5; ++i) {
      const OrderNo n = limit(alice, Side::sell, "0.1"_dec, Decimal::from_int(110 + i));
      REQUIRE(cancel(alice, n) == CancelReason::none);
      note(n, cancelled);
    }
    for (int i = 0; i < 5; ++i) {
      market({{"99.99"_dec, "50"_dec}}, {{"100.01"_dec, "0.25"_dec}, {"100.02"_dec, "50"_dec}}, "100"_dec);
      OrderRequest q = request(Side::buy, Config::limit_ioc, "0.5"_dec, "100.02"_dec);
      if (i % 2 == 1) q.product_id = "BTC-USDC";
      note(put(alice, q), filled);
    }
    for (int i = 0; i < 5; ++i) note(put(alice, stop(Side::sell, "0.1"_dec, "80"_dec, "81"_dec, StopDirection::down)), open);
    for (int i = 0; i < 3; ++i) limit(bob, Side::buy, "0.1"_dec, "50"_dec);
  }
  std::vector<std::string> walk(cb::OrdersQuery q) {
    std::vector<std::string> out;
    while (true) {
      const auto page = must(cb::parse_orders(send(alices, cb::orders(q)).body));
      CHECK(page.orders.size() <= (q.limit ? q.limit : 1000));
      for (const auto& o : page.orders) out.push_back(o.order_id);
      if (!page.next_cursor) return out;
      q.cursor = *page.next_cursor;
    }
  }
  std::size_t count(const std::string& query) {
    return json_of(signed_get(alices, std::string(root) + "/orders/historical/batch?" + query))["orders"].size();
  }
};

template <class T>
std::vector<T> backwards(std::vector<T> v) {
  return {v.rbegin(), v.rend()};
}

}  // namespace

TEST_CASE("orders: pages of any size are the whole list, newest first, and of nobody else") {
  History h;
  for (const std::uint32_t limit : {0u, 1u, 4u, 5u, 24u, 25u, 26u, 5000u}) {
    INFO(limit);
    cb::OrdersQuery q;
    q.limit = limit;
    CHECK(h.walk(q) == backwards(h.all));
  }
  cb::OrdersQuery q;
  q.statuses = {cb::OrderStatus::open};
  q.limit = 4;
  CHECK(h.walk(q) == backwards(h.open));
  q.statuses = {cb::OrderStatus::filled, cb::OrderStatus::cancelled};
  auto wanted = h.cancelled;
  wanted.insert(wanted.end(), h.filled.begin(), h.filled.end());
  CHECK(h.walk(q) == backwards(wanted));
  const Parsed first = json_of(h.signed_get(h.alices, std::string(root) + "/orders/historical/batch?limit=24"));
  CHECK(first["has_next"] == true);
  CHECK(first["cursor"] != "");
  CHECK(first["sequence"] == "0");
  const Parsed rest =
      json_of(h.signed_get(h.alices, std::string(root) + "/orders/historical/batch?limit=24&cursor=" + first["cursor"].get<std::string>()));
  CHECK(rest["has_next"] == false);
  CHECK(rest["cursor"] == "");
  CHECK(rest["orders"].size() == 1);
}

TEST_CASE("orders: every filter, in both spellings where clients use both") {
  History h;
  CHECK(h.count("") == 25);
  CHECK(h.count("order_status=OPEN") == 15);
  CHECK(h.count("order_status=OPEN&start_date=2030-01-01T00:00:00Z") == 15);  // dates are not looked at
  CHECK(h.count("order_status=FILLED") == 5);
  CHECK(h.count("orderStatus=FILLED&order_status=CANCELLED") == 10);
  CHECK(h.count("order_status=QUEUED") == 0);
  CHECK(h.count("order_status=QUEUED&order_status=FILLED") == 5);
  CHECK(h.count("product_ids=BTC-USDC") == 2);
  CHECK(h.count("product_id=BTC-USDC") == 2);
  CHECK(h.count("product_ids=BTC-USDC&product_ids=BTC-USD") == 25);
  CHECK(h.count("asset_filters=USDC") == 2);
  CHECK(h.count("asset_filters=BTC") == 25);
  CHECK(h.count("asset_filters=USDC&product_ids=BTC-USD") == 0);
  CHECK(h.count("asset_filters=SHIB&asset_filters=USD") == 23);
  CHECK(h.count("asset_filters=NONE") == 0);
  CHECK(h.count("product_type=SPOT") == 25);
  CHECK(h.count("product_type=FUTURE") == 0);
  CHECK(h.count("order_side=SELL") == 10);
  CHECK(h.count("order_types=STOP_LIMIT") == 5);
  CHECK(h.count("order_types=TWAP") == 0);
  CHECK(h.count("time_in_forces=IMMEDIATE_OR_CANCEL") == 5);
  CHECK(h.count("order_placement_source=RETAIL_SIMPLE") == 0);
  CHECK(h.count("order_placement_source=RETAIL_ADVANCED") == 25);
  CHECK(h.count("order_ids=" + h.all[3] + "&order_ids=" + h.all[7]) == 2);
  cb::OrdersQuery q;
  q.start_ns = start + 2 * second;  // at or behind it
  q.end_ns = start + 4 * second;    // before it
  CHECK(h.walk(q) == std::vector<std::string>{h.all[3], h.all[2]});
  CHECK(h.count("end_date=2023-11-14T22:13:23.000%2B00:00") == 3);
  CHECK(h.count("start_date=2023-11-15T00:13:23+02:00&end_date=2023-11-14T22:13:25Z") == 2);
  for (const char* bad : {"order_status=open", "order_status=OPEN&order_status=FILLED", "order_types=X", "time_in_forces=X", "order_side=B",
                          "start_date=yesterday", "end_date=2023-13-01T00:00:00Z", "order_placement_source=X", "limit=-1", "cursor=abc", "cursor=0",
                          "cursor=-5", "cursor=99999999999999999999999", "sort_by=NAME", "product_type=X"}) {
    INFO(bad);
    check_refused(h.signed_get(h.alices, std::string(root) + "/orders/historical/batch?" + bad), 400, "INVALID_ARGUMENT");
  }
}

TEST_CASE("orders: sorted lists are paged whole, too") {
  History h;
  const auto walk = [&](const std::string& sort, const std::string& limit) {
    std::vector<std::string> out;
    std::string cursor;
    do {
      const Parsed v = json_of(h.signed_get(h.alices, std::string(root) + "/orders/historical/batch?sort_by=" + sort + "&limit=" + limit +
                                                          (cursor.empty() ? "" : "&cursor=" + cursor)));
      for (const auto& o : v["orders"]) out.push_back(o["order_id"]);
      cursor = v["cursor"];
      CHECK(v["has_next"] == !cursor.empty());
    } while (!cursor.empty());
    return out;
  };
  const auto by_price = walk("LIMIT_PRICE", "7");
  CHECK(std::set<std::string>(by_price.begin(), by_price.end()) == std::set<std::string>(h.all.begin(), h.all.end()));
  CHECK(by_price.size() == 25);
  CHECK(by_price.front() == h.cancelled.back());  // at 114
  const auto by_fill = walk("LAST_FILL_TIME", "25");
  CHECK(by_fill.size() == 25);
  CHECK(by_fill.front() == h.filled.back());
}

TEST_CASE("fills: pages end with an empty cursor, and each fill is as the engine's") {
  History h;
  const auto walk = [&](cb::FillsQuery q) {
    std::vector<cb::VenueFill> out;
    while (true) {
      const auto page = must(cb::parse_fills(h.send(h.alices, cb::fills(q)).body));
      out.insert(out.end(), page.fills.begin(), page.fills.end());
      if (!page.next_cursor) return out;
      q.cursor = *page.next_cursor;
    }
  };
  FillFilter f;
  f.user = h.alice;
  const auto is = h.e.fills(f).fills;
  REQUIRE(is.size() == 10);
  for (const std::uint32_t limit : {0u, 1u, 3u, 10u, 11u}) {
    cb::FillsQuery q;
    q.limit = limit;
    const auto told = walk(q);
    REQUIRE(told.size() == is.size());
    for (std::size_t i = 0; i < is.size(); ++i) {
      CHECK(told[i].entry_id == h.e.fill_id(*is[i]));
      CHECK(told[i].trade_id == h.e.trade_id(*is[i]));
      CHECK(told[i].order_id == h.order_id(is[i]->order));
      CHECK(told[i].product_id == h.e.products()[is[i]->product].id);
      CHECK(told[i].type == cb::TradeType::fill);
      CHECK(told[i].price == is[i]->price);
      CHECK(told[i].size == is[i]->size);
      CHECK_FALSE(told[i].size_in_quote);
      CHECK(*told[i].commission == is[i]->commission);
      CHECK(told[i].side == cb::Side::buy);
      CHECK(told[i].time_ns == is[i]->time_ns);
      CHECK(told[i].retail_portfolio_id == h.e.id(h.alice));
    }
  }
  cb::FillsQuery q;
  q.order_ids = {h.filled[0], h.filled[1]};
  CHECK(walk(q).size() == 4);
  q = {};
  q.product_ids = {"BTC-USDC"};
  CHECK(walk(q).size() == 4);
  q = {};
  q.trade_ids = {h.e.trade_id(*is[0])};
  CHECK(walk(q).size() == 1);
  q = {};
  q.start_ns = is[3]->time_ns;
  CHECK(walk(q).size() == 4);
  q.end_ns = is[1]->time_ns;
  CHECK(walk(q).size() == 2);
  const auto count = [&](const std::string& query) {
    return json_of(h.signed_get(h.alices, std::string(root) + "/orders/historical/fills?" + query))["fills"].size();
  };
  CHECK(count("product_id=BTC-USDC") == 4);
  CHECK(count("order_id=" + h.filled[2]) == 2);
  CHECK(count("sort_by=TRADE_TIME") == 10);
  const Parsed dear = json_of(h.signed_get(h.alices, std::string(root) + "/orders/historical/fills?sort_by=PRICE&limit=6"));
  CHECK(dear["fills"][0]["price"] == "100.02");
  CHECK(dear["fills"][5]["price"] == "100.01");
  CHECK(dear["cursor"] == "6");
  CHECK_FALSE(dear.contains("has_next"));
  CHECK(json_of(h.signed_get(h.bobs, std::string(root) + "/orders/historical/fills"))["fills"].empty());
  for (const char* bad : {"cursor=x", "limit=1e3", "start_sequence_timestamp=now", "sort_by=SIZE"})
    check_refused(h.signed_get(h.alices, std::string(root) + "/orders/historical/fills?" + bad), 400, "INVALID_ARGUMENT");
}

TEST_CASE("a fresh order is not found for a while, where the venue is slow to show it") {
  Options slow;
  slow.visible_ns = second;
  Rig r({}, slow);
  const WebReply made = r.send(r.alices, cb::create_order(new_order("a", cb::Side::buy, cb::Configuration::limit_gtc, "1"_dec, "99"_dec)));
  const std::string id = must(cb::parse_create(made.body)).placed->order_id;
  check_refused(r.send(r.alices, cb::order(id)), 404, "NOT_FOUND");
  r.now += second;  // and the answer itself moves the engine on
  CHECK(must(cb::parse_order(r.send(r.alices, cb::order(id)).body)).order_id == id);
}
