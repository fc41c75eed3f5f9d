// What no source tells of Coinbase's streams: both settings of each.
#include "coinbase_stream/sequence.hpp"
#include "stream_rig.hpp"

using namespace face_test;
using cb::Channel;

TEST_CASE("option: numbers per connection or per product, each without a gap for a client that counts so") {
  for (const bool per_product : {false, true}) {
    FaceOptions o;
    o.sequence_scope = per_product ? SequenceScope::product : SequenceScope::connection;
    StreamRig r(o);
    const StreamId id = r.open(), users = r.open(StreamKind::user);
    cb::SequenceTracker::Options t;
    t.scope = per_product ? cb::SequenceTracker::Scope::product : cb::SequenceTracker::Scope::connection;
    cb::SequenceTracker here(t), there(t);
    r.subscribe(users, Channel::user, {}, &r.alices);
    r.subscribe(id, Channel::heartbeats);
    r.subscribe(id, Channel::level2, {"BTC-USD", "SHIB-USD"});
    r.subscribe(id, Channel::ticker, {"BTC-USD"});
    r.subscribe(id, Channel::market_trades, {"SHIB-USD", "BTC-USD"});
    Dice dice(3);
    for (int i = 0; i < 60; ++i) {
      OrderRequest q = r.request(dice.one_in(2) ? Side::buy : Side::sell, Config::limit_gtc, "1"_dec,
                                 Decimal::from_int(static_cast<std::int64_t>(100 + dice(5))));
      if (dice.one_in(3)) q.product_id = "SHIB-USD", q.base_size = "50"_dec;
      if (dice.one_in(4)) q.product_id = "BTC-USDC";
      (void)r.place(dice.one_in(2) ? r.alice : r.bob, q);
      if (dice.one_in(2)) r.settle();
      r.wait(static_cast<std::int64_t>(dice(400)) * ms);
    }
    std::size_t repeats = 0, frames = 0;
    std::set<std::uint64_t> seen;
    for (const std::string& text : r.take(id)) {
      const auto step = here.note(r.decode(text));
      CHECK((step.action == cb::SequenceAction::take));
      repeats += seen.insert(*r.decode(text).sequence).second ? 0 : 1;
      ++frames;
    }
    for (const std::string& text : r.take(users)) CHECK((there.note(r.decode(text)).action == cb::SequenceAction::take));
    CHECK(frames > 60);
    CHECK(here.gaps() == 0);
    CHECK(here.ignored() == 0);
    CHECK(there.gaps() == 0);
    CHECK(there.ignored() == 0);
    CHECK((repeats > 0) == per_product);
  }
}

TEST_CASE("option: the acknowledgement comes first, or behind the first data") {
  for (const bool first : {true, false}) {
    FaceOptions o;
    o.ack_first = first;
    StreamRig r(o);
    const StreamId id = r.open();
    r.subscribe(id, Channel::level2, {"BTC-USD"});
    const auto frames = r.take_json(id);
    REQUIRE(frames.size() == 2);
    CHECK((frames[0]["channel"] == "subscriptions") == first);
    CHECK(frames[0]["sequence_num"] == 0);
    CHECK(frames[1]["sequence_num"] == 1);
  }
}

TEST_CASE("option: client_id is told or not, and the client needs it neither way") {
  for (const bool told : {true, false}) {
    FaceOptions o;
    o.client_id_sent = told;
    StreamRig r(o);
    const StreamId id = r.open();
    r.subscribe(id, Channel::ticker, {"BTC-USD"});
    for (const std::string& text : r.take(id)) {
      CHECK(Parsed::parse(text).contains("client_id") == told);
      r.decode(text);
    }
  }
}

TEST_CASE("option: the user endpoint serves every channel, or its own alone") {
  for (const bool alone : {false, true}) {
    FaceOptions o;
    o.user_endpoint_alone = alone;
    StreamRig r(o);
    const StreamId users = r.open(StreamKind::user), market = r.open(StreamKind::market);
    r.subscribe(users, Channel::level2, {"BTC-USD"});
    CHECK(r.decode(r.take(users)[0]).is_error == alone);
    r.subscribe(users, Channel::status);
    CHECK(r.decode(r.take(users)[0]).is_error == alone);
    r.subscribe(users, Channel::heartbeats);
    CHECK_FALSE(r.decode(r.take(users)[0]).is_error);
    r.subscribe(market, Channel::user, {}, &r.alices);
    CHECK_FALSE(r.decode(r.take(market)[0]).is_error);
    r.subscribe(market, Channel::level2, {"BTC-USD"});
    CHECK_FALSE(r.decode(r.take(market)[0]).is_error);
  }
}

TEST_CASE("option: empty buckets of channel candles") {
  for (const bool flat : {false, true}) {
    FaceOptions o;
    o.empty_buckets = flat ? EmptyBuckets::repeat_close : EmptyBuckets::skip;
    o.quiet_ns = forever;
    StreamRig r(o);
    const std::int64_t b = r.now / second / 300 * 300;
    r.tape.put("BTC-USD", Granularity::m5, {b - 900, "9"_dec, "11"_dec, "10"_dec, "10.5"_dec, "1"_dec});
    const StreamId id = r.open();
    r.subscribe(id, Channel::candles, {"BTC-USD"});
    CHECK(r.take_json(id)[1]["events"][0]["candles"].size() == (flat ? 4u : 1u));
    r.now = (b + 300) * second;
    r.wait(second);
    const auto frames = r.take_json(id);
    REQUIRE(frames.empty() == !flat);
    if (flat) {
      const Parsed c = frames[0]["events"][0]["candles"].back();
      CHECK(c["start"] == std::to_string(b + 300));
      CHECK(c["open"] == "10.5");
      CHECK(c["volume"] == "0");
    }
  }
}

TEST_CASE("option: beats and limits of time") {
  FaceOptions o;
  o.subscribe_within_ns = forever;
  o.quiet_ns = forever;
  o.heartbeat_ns = 0;  // no less than a millisecond
  o.trades_ns = 0;
  StreamRig r(o);
  const StreamId id = r.open(), other = r.open();
  r.wait(1000 * second);
  CHECK_FALSE(r.heard[id].closed);
  r.subscribe(id, Channel::heartbeats);
  r.take(id);
  r.wait(10 * ms);
  CHECK(r.take(id).size() == 10);
  r.market({{"99"_dec, "1"_dec}}, {{"100"_dec, "1"_dec}});
  r.subscribe(other, Channel::market_trades, {"BTC-USD"});
  r.take(other);
  r.limit(r.alice, Side::buy, "0.1"_dec, "100"_dec);
  r.settle();
  CHECK(r.only(other, Channel::market_trades).trades.size() == 1);
}
