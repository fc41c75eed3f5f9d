// The market's channels, each read by the client's decoder and held against the engine.
#include "coinbase_stream/book.hpp"
#include "coinbase_stream/sequence.hpp"
#include "stream_rig.hpp"

using namespace face_test;
using cb::Channel;

namespace {

void some_market(Rig& r) { r.market({{"99.5"_dec, "1"_dec}, {"99"_dec, "2"_dec}}, {{"100.5"_dec, "3"_dec}, {"101"_dec, "4"_dec}}, "100"_dec); }

}  // namespace

TEST_CASE("heartbeats: one each second, counted without a gap, whoever else listens") {
  StreamRig r;
  const StreamId a = r.open();
  r.subscribe(a, Channel::heartbeats);
  r.wait(2 * second + 500 * ms);
  const StreamId b = r.open();
  r.say(b, R"({"type":"subscribe","channel":"heartbeats","product_ids":["BTC-USD","NO-SUCH"]})");  // old clients name products
  r.take(b);
  r.wait(2 * second);
  const auto frames = r.take(a);
  REQUIRE(frames.size() == 5);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const cb::StreamFrame& f = r.decode(frames[i]);
    CHECK(f.timestamp_ns == start + static_cast<std::int64_t>(i) * second);
    REQUIRE(f.heartbeats.size() == 1);
    CHECK(*f.heartbeats[0].counter == static_cast<std::int64_t>(i));
    CHECK(f.heartbeats[0].current_time.find(" +0000 UTC m=+") != f.heartbeats[0].current_time.npos);
  }
  const auto late = r.take(b);
  REQUIRE(late.size() == 2);
  CHECK(*r.decode(late[0]).heartbeats[0].counter == 3);
}

TEST_CASE("level2: snapshot and changes fold to the engine's book, a level that goes is 0") {
  StreamRig r;
  some_market(r);
  const StreamId id = r.open();
  r.subscribe(id, Channel::level2, {"BTC-USD"});
  cb::Book book;
  const auto fold = [&] {
    for (const std::string& text : r.take(id)) {
      const cb::StreamFrame& f = r.decode(text);
      for (const auto& e : f.books) {
        CHECK(e.product == "BTC-USD");
        book.apply(e, {f.book_updates.data() + e.first, e.count}, f.timestamp_ns, r.now);
      }
    }
    const BookView is = *r.e.book("BTC-USD", 1000);
    REQUIRE(book.usable());
    for (const auto side : {cb::BookSide::bid, cb::BookSide::ask}) {
      const auto told = book.depth(side, 1000);
      const auto& levels = side == cb::BookSide::bid ? is.bids : is.asks;
      REQUIRE(told.size() == levels.size());
      for (std::size_t i = 0; i < told.size(); ++i) {
        CHECK(told[i].price == levels[i].price);
        CHECK(told[i].quantity == levels[i].size);
      }
    }
  };
  fold();
  const OrderNo n = r.limit(r.alice, Side::buy, "0.12345678"_dec, "99.51"_dec);
  r.settle();
  fold();
  CHECK(book.depth(cb::BookSide::bid, 1)[0].price == "99.51"_dec);
  r.cancel(r.alice, n);
  r.settle();
  const auto frames = r.take_json(id);
  REQUIRE(frames.size() == 1);
  CHECK(
      frames[0]["events"] ==
      Parsed::parse(
          R"([{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2023-11-14T22:13:20Z","price_level":"99.51","new_quantity":"0"}]}])"));
  r.market({}, {}, "100"_dec);
  r.settle();
  CHECK(r.take_json(id)[0]["events"][0]["updates"].size() == 4);
  r.settle();
  CHECK(r.take(id).empty());  // nothing changed, nothing is told
}

TEST_CASE("a product on another's book is told under the other's name, and once") {
  StreamRig r;
  some_market(r);
  const StreamId both = r.open(), one = r.open();
  for (const Channel c : {Channel::level2, Channel::market_trades, Channel::ticker, Channel::candles}) {
    r.subscribe(both, c, {"BTC-USDC", "BTC-USD"});
    r.subscribe(one, c, {"BTC-USDC"});
    CHECK(r.take(both).size() == 2);
    const auto frames = r.take(one);
    REQUIRE(frames.size() == 2);
    for (const std::string_view product : products_of(r.decode(frames[1]))) CHECK(product == "BTC-USD");
  }
  r.limit(r.alice, Side::buy, "0.5"_dec, "100.5"_dec);
  r.settle();
  r.wait(250 * ms);
  for (const StreamId id : {both, one}) {
    const auto frames = r.take(id);
    REQUIRE(frames.size() == 3);  // book, ticker, trades
    for (const std::string& f : frames) {
      const auto names = products_of(r.decode(f));
      REQUIRE(names.size() == 1);
      CHECK(names[0] == "BTC-USD");
    }
  }
  r.unsubscribe(both, Channel::level2, {"BTC-USD"});
  r.take(both);
  r.limit(r.alice, Side::buy, "0.5"_dec, "98"_dec);
  r.settle();
  CHECK(r.take(both).size() == 1);  // BTC-USDC still wants the book
}

TEST_CASE("market_trades: the past as a snapshot, then batches of 250 ms, newest first, with the maker's side") {
  StreamRig r;
  some_market(r);
  r.limit(r.alice, Side::buy, "0.1"_dec, "100.5"_dec);
  const StreamId id = r.open();
  r.subscribe(id, Channel::market_trades, {"BTC-USD", "SHIB-USD"});
  auto frames = r.take(id);
  REQUIRE(frames.size() == 3);
  const cb::StreamFrame& past = r.decode(frames[1]);
  REQUIRE(past.trades.size() == 1);
  CHECK(past.trades[0].snapshot);
  CHECK(past.trades[0].maker == cb::StreamSide::sell);
  CHECK(r.decode(frames[2]).trades.empty());

  r.limit(r.alice, Side::buy, "0.2"_dec, "100.5"_dec);
  r.settle();
  r.wait(100 * ms);
  r.limit(r.alice, Side::sell, "0.3"_dec, "99.5"_dec);
  r.settle();
  CHECK(r.take(id).empty());
  CHECK(r.streams.next_due() == start + 250 * ms);
  r.wait(150 * ms);
  const cb::StreamFrame& f = r.only(id, Channel::market_trades);
  REQUIRE(f.trades.size() == 2);
  CHECK(f.trades[0].size.decimal() == "0.3"_dec);
  CHECK(f.trades[0].maker == cb::StreamSide::buy);
  CHECK(f.trades[0].price.decimal() == "99.5"_dec);
  CHECK(f.trades[0].time_ns == start + 100 * ms);
  CHECK(f.trades[1].size.decimal() == "0.2"_dec);
  CHECK_FALSE(f.trades[1].snapshot);
  CHECK(f.trades[1].trade_id == std::to_string((*r.e.trades("BTC-USD", 2))[1].trade));

  // A new snapshot has what was still to be told; nothing is told twice.
  r.limit(r.alice, Side::buy, "0.4"_dec, "100.5"_dec);
  r.settle();
  r.subscribe(id, Channel::market_trades, {"BTC-USD"});
  frames = r.take(id);
  CHECK(r.decode(frames[1]).trades.size() == 4);
  r.wait(second);
  CHECK(r.take(id).empty());
  r.limit(r.alice, Side::buy, "0.4"_dec, "100.5"_dec);
  r.settle();
  r.unsubscribe(id, Channel::market_trades);
  r.take(id);
  r.wait(second);
  CHECK(r.take(id).empty());
}

TEST_CASE("ticker: at each match, with the best prices; ticker_batch every five seconds without them") {
  StreamRig r;
  some_market(r);
  const std::int64_t b = r.now / second / 300 * 300;
  r.tape.put("BTC-USD", Granularity::m5, {b - 3000, "95"_dec, "105"_dec, "96"_dec, "99"_dec, "12.5"_dec});
  r.tape.put("BTC-USD", Granularity::d1, {r.now / second / 86'400 * 86'400 - 200 * 86'400, "10"_dec, "250"_dec, "20"_dec, "30"_dec, "1"_dec});
  const StreamId at_once = r.open(), batch = r.open();
  r.subscribe(at_once, Channel::ticker, {"BTC-USD"});
  r.subscribe(batch, Channel::ticker_batch, {"BTC-USD"});
  const auto first = r.take(at_once);
  const cb::StreamFrame& f = r.decode(first[1]);
  REQUIRE(f.tickers.size() == 1);
  const cb::StreamTicker t = f.tickers[0];
  CHECK(t.snapshot);
  CHECK(t.price == "100"_dec);
  CHECK(t.best_bid == "99.5"_dec);
  CHECK(t.best_bid_quantity == "1"_dec);
  CHECK(t.best_ask == "100.5"_dec);
  CHECK(t.best_ask_quantity == "3"_dec);
  CHECK(t.volume_24h == "12.5"_dec);
  CHECK(t.low_24h == "95"_dec);
  CHECK(t.high_24h == "105"_dec);
  CHECK(t.low_52w == "10"_dec);
  CHECK(t.high_52w == "250"_dec);
  CHECK(t.change_24h_percent == "4.16666666666667"_dec);
  CHECK_FALSE(r.take_json(batch)[1]["events"][0]["tickers"][0].contains("best_bid"));

  for (int i = 0; i < 3; ++i) {
    r.limit(r.alice, Side::buy, "0.1"_dec, "100.5"_dec);
    r.settle();
  }
  const auto updates = r.take(at_once);
  REQUIRE(updates.size() == 3);
  const cb::StreamFrame& last = r.decode(updates[2]);
  CHECK_FALSE(last.tickers[0].snapshot);
  CHECK(last.tickers[0].price == "100.5"_dec);
  CHECK(last.tickers[0].best_ask_quantity == "2.7"_dec);
  CHECK(r.take(batch).empty());
  r.wait(5 * second);
  CHECK(r.only(batch, Channel::ticker_batch).tickers[0].price == "100.5"_dec);
  r.wait(20 * second);
  CHECK(r.take(batch).empty());  // nothing traded
  CHECK(r.take(at_once).empty());

  const StreamId unborn = r.open();
  r.subscribe(unborn, Channel::ticker, {"SHIB-USD"});
  const auto none = r.take(unborn);
  CHECK(r.decode(none[1]).tickers[0].empty());
}

TEST_CASE("candles: buckets of five minutes, told each second when they changed") {
  FaceOptions o;
  o.quiet_ns = forever;
  StreamRig r(o);
  const std::int64_t b = r.now / second / 300 * 300;
  const auto put = [&](std::int64_t at, const Decimal& close, const Decimal& volume) {
    r.tape.put("BTC-USD", Granularity::m5, {at, "90"_dec, "110"_dec, "100"_dec, close, volume});
  };
  for (int i = 0; i < 200; ++i) put(b - i * 300, "101"_dec, "1"_dec);
  const StreamId id = r.open();
  r.subscribe(id, Channel::candles, {"BTC-USD"});
  auto frames = r.take(id);
  const cb::StreamFrame& f = r.decode(frames[1]);
  REQUIRE(f.candles.size() == 100);
  CHECK(f.candles[0].start_s == b);
  CHECK(f.candles[0].snapshot);
  CHECK(f.candles[99].start_s == b - 99 * 300);
  r.wait(3 * second);
  CHECK(r.take(id).empty());
  put(b, "102.5"_dec, "1.5"_dec);
  r.wait(second);
  {
    const cb::StreamFrame& u = r.only(id, Channel::candles);
    REQUIRE(u.candles.size() == 1);
    CHECK(u.candles[0].close.decimal() == "102.5"_dec);
    CHECK(u.candles[0].volume.decimal() == "1.5"_dec);
    CHECK_FALSE(u.candles[0].snapshot);
    CHECK(u.candles[0].product == "BTC-USD");
  }
  // Into the next bucket: a last change of the old one is told beside the new one.
  put(b, "103"_dec, "2"_dec);
  r.now = (b + 300) * second;
  put(b + 300, "104"_dec, "0.1"_dec);
  r.wait(0);
  frames = r.take(id);
  REQUIRE_FALSE(frames.empty());
  const cb::StreamFrame& both = r.decode(frames.back());
  CHECK(both.candles.back().start_s == b + 300);
  bool old_told = false;
  for (const std::string& text : frames)
    for (const auto& c : r.decode(text).candles) old_told = old_told || (c.start_s == b && c.close.decimal() == "103"_dec);
  CHECK(old_told);
  CHECK(r.tape.largest <= most_candles);
}

TEST_CASE("status: every product or those that are named, and again when its flags change") {
  StreamRig r;
  const StreamId all = r.open(), one = r.open();
  r.subscribe(all, Channel::status);
  r.subscribe(one, Channel::status, {"BTC-USDC"});
  auto frames = r.take(all);
  const cb::StreamFrame& f = r.decode(frames[1]);
  REQUIRE(f.products.size() == 3);
  CHECK(f.products[1].id == "BTC-USDC");
  CHECK(f.products[1].status == "online");
  CHECK(f.products[2].base_increment == "1"_dec);
  CHECK(f.products[0].min_market_funds == "1"_dec);
  CHECK(r.take_json(one)[1]["events"][0]["products"].size() == 1);
  ProductFlags flags;
  flags.status = ProductStatus::offline;
  REQUIRE(r.e.set_flags("SHIB-USD", flags, r.now).ok());
  r.settle();
  const cb::StreamFrame& u = r.only(all, Channel::status);
  REQUIRE(u.products.size() == 1);
  CHECK(u.products[0].id == "SHIB-USD");
  CHECK(u.products[0].status == "offline");
  CHECK(r.take(one).empty());
}
