// Every channel of the stream, and the liberties that the venue takes with it.
#include "frames.hpp"

using namespace bowline;
using namespace bowline::literals;
using namespace stream_tests;

TEST_CASE("an error of the venue is told first, whatever else the frame holds, and has no number") {
  StreamDecoder d;
  const StreamFrame& f = taken(d, R"({"type":"error","message":"authentication failure"})");
  CHECK(f.is_error);
  CHECK(f.error_message == "authentication failure");
  CHECK_FALSE(f.sequence);
  const StreamFrame& g = taken(d, R"({"channel":"l2_data","sequence_num":3,"message":"say \"please\"","type":"error"})");
  CHECK(g.is_error);
  CHECK(g.error_message == "say \"please\"");
  CHECK(g.channel == Channel::unknown);
  CHECK(d.counts().venue_errors == 2);
  CHECK_FALSE(taken(d, envelope("heartbeats", 1, "{}")).is_error);  // and it leaves nothing behind
}

TEST_CASE("the envelope: client_id may be missing, the order of keys is free, more keys do not matter") {
  StreamDecoder d;
  const std::string event = book_event("update", "BTC-USD", {level("bid", "68900.00", "1.5")});
  for (const std::string& text :
       {envelope("l2_data", 7, event),
        R"({"channel":"l2_data","timestamp":"2026-04-07T14:30:00.123456Z","sequence_num":7,"events":[)" + event + "]}",
        R"({"events":[)" + event +
            R"(],"sequence_num":7,"extra":{"a":[1,{"b":null}]},"timestamp":"2026-04-07T14:30:00.123456Z","channel":"l2_data"})",
        R"( { "sequence_num" : "7" , "channel" : "l2_data" , "timestamp":"2026-04-07T14:30:00.123456Z","events" : [ )" + event +
            " ] } \n"}) {
    const StreamFrame& f = taken(d, text);
    CHECK(f.channel == Channel::level2);
    CHECK(f.channel_name == "l2_data");
    CHECK(f.sequence == 7U);
    CHECK(f.timestamp_ns == t0 + 123'456'000);
    REQUIRE(f.books.size() == 1);
    CHECK(f.books[0].product == "BTC-USD");
    REQUIRE(f.book_updates.size() == 1);
    CHECK(f.book_updates[0].price.decimal() == "68900"_dec);
  }
  CHECK_FALSE(taken(d, R"({"channel":"heartbeats","events":[]})").sequence);
  CHECK(taken(d, R"({"channel":"heartbeats","events":null,"timestamp":null,"sequence_num":null})").timestamp_ns == 0);
}

TEST_CASE("an acknowledgement is the complete set, under the names that were asked for") {
  StreamDecoder d;
  const StreamFrame& f = taken(
      d,
      envelope(
          "subscriptions", 0,
          R"({"subscriptions":{"level2":["BTC-USD","ETH-USD"],"user":["7e1f"],"heartbeats":["heartbeats"],"new":[],"old":null}})"));
  REQUIRE(f.subscriptions.size() == 5);
  CHECK(f.subscriptions[0].channel == Channel::level2);
  CHECK(f.subscriptions[0].ids == std::vector<std::string_view>{"BTC-USD", "ETH-USD"});
  CHECK(f.subscriptions[1].channel == Channel::user);
  CHECK(f.subscriptions[2].channel == Channel::heartbeats);
  CHECK(f.subscriptions[3].channel == Channel::unknown);
  CHECK(f.subscriptions[3].name == "new");
  CHECK(taken(d, envelope("subscriptions", 1, R"({"subscriptions":{}})")).subscriptions.empty());
}

TEST_CASE("heartbeats count as number or as text; their time is Go's and not read") {
  StreamDecoder d;
  const StreamFrame& f = taken(
      d, envelope("heartbeats", 4,
                  R"({"current_time":"2023-06-23 20:31:56.121961769 +0000 UTC m=+91717.525857105","heartbeat_counter":3049})"));
  REQUIRE(f.heartbeats.size() == 1);
  CHECK(f.heartbeats[0].counter == 3049);
  CHECK(taken(d, envelope("heartbeats", 5, R"({"heartbeat_counter":"3050"})")).heartbeats[0].counter == 3050);
  CHECK_FALSE(taken(d, envelope("heartbeats", 5, R"({"heartbeat_counter":""})")).heartbeats[0].counter);
  CHECK(d.counts().odd_times == 0);
}

TEST_CASE("level2: snapshots and updates of several products in one frame, numbers as text or as numbers, all exact") {
  StreamDecoder d;
  const StreamFrame& f = taken(
      d,
      envelope(
          "l2_data", 1,
          book_event("snapshot", "BTC-USD",
                     {level("bid", "21921.74", "0.06317902", "1970-01-01T00:00:00Z"), level("offer", "21921.8", "1")}) +
              "," +
              R"({"type":"update","product_id":"PEPE-USD","updates":[{"side":"ask","price_level":0.00000123456789,"new_quantity":123456789012345.6789,"more":1}]})"));
  REQUIRE(f.books.size() == 2);
  CHECK(f.books[0].snapshot);
  CHECK((f.books[0].first == 0 && f.books[0].count == 2));
  CHECK_FALSE(f.books[1].snapshot);
  CHECK((f.books[1].first == 2 && f.books[1].count == 1));
  CHECK(f.book_updates[0].side == BookSide::bid);
  CHECK(f.book_updates[0].event_ns == 0);
  CHECK(f.book_updates[1].side == BookSide::ask);
  CHECK(f.book_updates[1].event_ns == t0 + 123'456'000);
  CHECK(f.book_updates[2].price.decimal() == "0.00000123456789"_dec);  // a double would say ...6788999
  CHECK(f.book_updates[2].quantity.decimal() == "123456789012345.6789"_dec);
  CHECK(products_of(f) == std::vector<std::string_view>{"BTC-USD", "PEPE-USD"});
}

TEST_CASE("level2: type and product may stand behind the list, and a product may be written with escapes") {
  StreamDecoder d;
  const StreamFrame& f = taken(
      d,
      envelope(
          "l2_data", 1,
          R"({"updates":[{"new_quantity":"0.00000000","side":"offer","price_level":"1"}],"product_id":"BTC\u002dUSD","type":"snapshot"})"));
  REQUIRE(f.books.size() == 1);
  CHECK(f.books[0].snapshot);
  CHECK(f.books[0].product == "BTC-USD");
  CHECK(f.book_updates[0].quantity.sign() == 0);
}

TEST_CASE("market_trades: the side told is the maker's, and old trades are marked") {
  StreamDecoder d;
  const std::string rows =
      R"("trades":[{"trade_id":"995098701","product_id":"BTC-USD","price":"68900.50","size":"0.00150000","side":"BUY","time":"2026-04-07T14:30:02.8Z"},)"
      R"({"trade_id":995098700,"product_id":"BTC-USD","price":"68900","size":"2","side":"SELL","time":"2026-04-07T14:30:02.7Z"},)"
      R"({"trade_id":"1","product_id":"ETH-USD","price":"2000","size":"2","side":"","time":"x"}])";
  const StreamFrame& f = taken(d, envelope("market_trades", 5, R"({"type":"update",)" + rows + "}"));
  REQUIRE(f.trades.size() == 3);
  CHECK(f.trades[0].maker == StreamSide::buy);
  CHECK(f.trades[0].aggressor() == StreamSide::sell);
  CHECK(f.trades[0].time_ns == t0 + 2'800'000'000);
  CHECK(f.trades[0].size.decimal() == "0.0015"_dec);
  CHECK_FALSE(f.trades[0].snapshot);
  CHECK(f.trades[1].trade_id == "995098700");
  CHECK(f.trades[1].aggressor() == StreamSide::buy);
  CHECK(f.trades[2].aggressor() == StreamSide::unknown);
  CHECK(f.trades[2].time_ns == 0);
  CHECK(d.counts().odd_times == 1);
  const StreamFrame& s = taken(d, envelope("market_trades", 6, "{" + rows + R"(,"type":"snapshot"})"));
  for (const StreamTrade& t : s.trades) CHECK(t.snapshot);
}

TEST_CASE("ticker: what is \"\" or missing is not told; a batch has no best prices; all may be \"\"") {
  StreamDecoder d;
  const StreamFrame& f = taken(
      d,
      envelope(
          "ticker_batch", 1,
          R"({"type":"update","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"68900.5","volume_24_h":"","price_percent_chg_24_h":"-0.28"},)"
          R"({"type":"ticker","product_id":"NEW-USD","price":"","volume_24_h":"","low_24_h":"","high_24_h":"","low_52_w":"","high_52_w":"",)"
          R"("price_percent_chg_24_h":"","best_bid":"","best_bid_quantity":"","best_ask":"","best_ask_quantity":""},)"
          R"({"product_id":"ETH-USD","price":2000.25,"best_bid":null}]})"));
  CHECK(f.channel == Channel::ticker_batch);
  REQUIRE(f.tickers.size() == 3);
  CHECK(f.tickers[0].price == "68900.5"_dec);
  CHECK_FALSE(f.tickers[0].best_bid.is_set());
  CHECK_FALSE(f.tickers[0].volume_24h.is_set());
  CHECK(f.tickers[0].change_24h_percent == "-0.28"_dec);
  CHECK_FALSE(f.tickers[0].empty());
  CHECK(f.tickers[1].empty());
  CHECK(f.tickers[2].price == "2000.25"_dec);
  CHECK(taken(d, envelope("ticker", 2, R"({"tickers":[{"product_id":"A-B","best_ask":"1"}]})")).channel == Channel::ticker);
}

TEST_CASE("candles: start as text or as number") {
  StreamDecoder d;
  for (const char* start : {"\"1775572200\"", "1775572200"}) {
    const StreamFrame& f =
        taken(d, envelope("candles", 1,
                          R"({"type":"snapshot","candles":[{"start":)" + std::string(start) +
                              R"(,"high":"2","low":"1","open":"1.5","close":"1.75","volume":"0","product_id":"BTC-USD"}]})"));
    REQUIRE(f.candles.size() == 1);
    CHECK(f.candles[0].start_s == t0 / second);
    CHECK(f.candles[0].snapshot);
    CHECK(f.candles[0].volume.sign() == 0);
  }
}

TEST_CASE("status: products with their steps") {
  StreamDecoder d;
  const StreamFrame& f = taken(
      d,
      envelope(
          "status", 1,
          R"({"type":"snapshot","products":[{"product_type":"SPOT","id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","base_increment":"0.00000001",)"
          R"("quote_increment":"0.01","display_name":"BTC/USD","status":"online","status_message":"","min_market_funds":"1"}]})"));
  REQUIRE(f.products.size() == 1);
  CHECK(f.products[0].id == "BTC-USD");
  CHECK(f.products[0].status == "online");
  CHECK(f.products[0].base_increment == "0.00000001"_dec);
  CHECK(f.products[0].min_market_funds == "1"_dec);
  CHECK(products_of(f) == std::vector<std::string_view>{"BTC-USD"});
}

TEST_CASE("user: both spellings of the order types, every status, times of none, flags as text") {
  StreamDecoder d;
  const auto one = [&](const std::string& more) {
    return taken(d, envelope("user", 1, user_event("update", {order("o1", "OPEN", more)}))).orders.at(0);
  };
  for (const char* limit : {"Limit", "LIMIT", "limit"})
    CHECK(one(R"("order_type":")" + std::string(limit) + '"').kind == UserOrderKind::limit);
  for (const char* stop : {"Stop Limit", "STOP_LIMIT", "Stop_Limit"})
    CHECK(one(R"("order_type":")" + std::string(stop) + '"').kind == UserOrderKind::stop_limit);
  CHECK(one(R"("order_type":"Market")").kind == UserOrderKind::market);
  CHECK(one(R"("order_type":"BRACKET")").kind == UserOrderKind::bracket);
  CHECK(d.counts().unknown_words == 0);
  CHECK(one(R"("order_type":"UNKNOWN_ORDER_TYPE")").kind == UserOrderKind::unknown);
  CHECK(d.counts().unknown_words == 1);
  const UserOrder o = one(
      R"("order_side":"SELL","post_only":"false","time_in_force":"GOOD_UNTIL_DATE_TIME","end_time":"2026-04-07T15:30:00Z","start_time":"0001-01-01T00:00:00Z",)"
      R"("number_of_fills":"2","limit_price":"","stop_price":"0","avg_price":"8.5959999999999997","cumulative_quantity":0.5770494951509377)");
  CHECK(o.side == StreamSide::sell);
  CHECK(o.post_only == false);
  CHECK(o.force == UserOrderForce::gtd);
  CHECK(o.end_ns == t0 + 60 * minute);
  CHECK(o.start_ns == 0);
  CHECK(o.number_of_fills == 2);
  CHECK_FALSE(o.limit_price.is_set());
  CHECK(o.stop_price == Decimal::zero());
  CHECK(o.average_price == "8.5959999999999997"_dec);
  CHECK(o.cumulative == "0.5770494951509377"_dec);
  CHECK_FALSE(o.total_fees.is_set());
  const std::pair<const char*, UserOrderStatus> all[] = {{"PENDING", UserOrderStatus::pending},
                                                         {"QUEUED", UserOrderStatus::queued},
                                                         {"OPEN", UserOrderStatus::open},
                                                         {"EDIT_QUEUED", UserOrderStatus::edit_queued},
                                                         {"CANCEL_QUEUED", UserOrderStatus::cancel_queued},
                                                         {"FILLED", UserOrderStatus::filled},
                                                         {"CANCELLED", UserOrderStatus::cancelled},
                                                         {"EXPIRED", UserOrderStatus::expired},
                                                         {"FAILED", UserOrderStatus::failed},
                                                         {"NEXT_YEARS", UserOrderStatus::unknown}};
  for (const auto& [word, status] : all) {
    const StreamFrame& f = taken(d, envelope("user", 1, user_event("update", {order("o1", word)})));
    CHECK(f.orders[0].status == status);
    CHECK(f.orders[0].status_text == word);
  }
}

TEST_CASE("user: an empty snapshot and an event of positions alone are normal") {
  StreamDecoder d;
  const StreamFrame& f = taken(
      d,
      envelope(
          "user", 1,
          R"({"type":"snapshot","orders":[],"positions":{"perpetual_futures_positions":[],"expiring_futures_positions":[]}},{"type":"update","positions":{}})"));
  REQUIRE(f.user_events.size() == 2);
  CHECK(f.user_events[0].snapshot);
  CHECK(f.user_events[0].count == 0);
  CHECK_FALSE(f.user_events[1].snapshot);
}

TEST_CASE("a channel that is not known is taken, counted and not read") {
  StreamDecoder d;
  const StreamFrame& f =
      taken(d, envelope("futures_balance_summary", 9, R"({"type":"snapshot","fcm_balance_summary":{"x":"1"}})"));
  CHECK(f.channel == Channel::unknown);
  CHECK(f.channel_name == "futures_balance_summary");
  CHECK(f.sequence == 9U);  // the tracker needs it
  taken(d, R"({"channel":"brand_new"})");
  taken(d, R"({"events":[1,2,{"a":"b"}],"channel":"brand_new"})");
  CHECK(d.counts().unknown_channels == 3);
  CHECK(d.counts().refused == 0);
}
