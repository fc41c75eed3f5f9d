// The rules of a connection: who may subscribe to what, what is acknowledged, and when it is closed.
#include "stream_rig.hpp"

using namespace face_test;
using cb::Channel;

TEST_CASE("a subscription is acknowledged with the whole set, and told from its snapshot on, numbered from 0") {
  StreamRig r;
  r.market({{"99"_dec, "1"_dec}}, {{"101"_dec, "2"_dec}}, "100"_dec);
  const StreamId id = r.open();
  r.subscribe(id, Channel::level2, {"BTC-USD"});
  auto frames = r.take_json(id);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0]["channel"] == "subscriptions");
  CHECK(frames[0]["client_id"] == "");
  CHECK(frames[0]["sequence_num"] == 0);
  CHECK(frames[0]["timestamp"] == "2023-11-14T22:13:20Z");
  CHECK(frames[0]["events"] == Parsed::parse(R"([{"subscriptions":{"level2":["BTC-USD"]}}])"));
  CHECK(frames[1]["channel"] == "l2_data");
  CHECK(frames[1]["sequence_num"] == 1);
  CHECK(frames[1]["events"][0]["type"] == "snapshot");

  r.subscribe(id, Channel::heartbeats);
  r.subscribe(id, Channel::ticker, {"SHIB-USD", "BTC-USDC"});
  r.subscribe(id, Channel::user, {}, &r.alices);
  r.subscribe(id, Channel::level2, {"SHIB-USD"});
  frames = r.take_json(id);
  const Parsed set = frames[frames.size() - 2]["events"][0]["subscriptions"];
  CHECK(set == Parsed({{"level2", {"BTC-USD", "SHIB-USD"}},
                       {"heartbeats", {"heartbeats"}},
                       {"ticker", {"SHIB-USD", "BTC-USDC"}},
                       {"user", {r.e.id(r.alice)}}}));
  for (std::size_t i = 0; i < frames.size(); ++i) CHECK(frames[i]["sequence_num"] == i + 2);

  r.unsubscribe(id, Channel::level2, {"BTC-USD"});
  CHECK(r.take_json(id)[0]["events"][0]["subscriptions"]["level2"] == Parsed({"SHIB-USD"}));
  r.unsubscribe(id, Channel::level2, {"SHIB-USD"});
  CHECK_FALSE(r.take_json(id)[0]["events"][0]["subscriptions"].contains("level2"));
  r.unsubscribe(id, Channel::ticker);
  r.unsubscribe(id, Channel::user, {}, &r.alices);
  r.unsubscribe(id, Channel::heartbeats, {});
  frames = r.take_json(id);
  CHECK(frames.back()["events"] == Parsed::parse(R"([{"subscriptions":{}}])"));
  r.unsubscribe(id, Channel::candles);  // what was never there
  CHECK(r.take_json(id).size() == 1);
  r.market({{"98"_dec, "1"_dec}}, {{"101"_dec, "2"_dec}}, "98.5"_dec);
  r.wait(3 * second);
  CHECK(r.take(id).empty());
}

TEST_CASE("who does not subscribe within five seconds is closed") {
  StreamRig r;
  const StreamId silent = r.open(), prompt = r.open(), wrong = r.open(StreamKind::user);
  r.wait(second);
  CHECK(r.streams.next_due() == start + 5 * second);
  r.subscribe(prompt, Channel::heartbeats);
  r.say(wrong, R"({"type":"subscribe","channel":"full","product_ids":["BTC-USD"]})");
  CHECK(r.error(wrong) == "authentication failure");
  r.wait(4 * second - 1);
  CHECK_FALSE(r.heard[silent].closed);
  r.wait(1);
  CHECK(r.heard[silent].closed);
  CHECK(r.heard[wrong].closed);  // what was refused is no subscription
  CHECK_FALSE(r.heard[prompt].closed);
  r.subscribe(silent, Channel::heartbeats);  // it is gone
  CHECK(r.take(silent).empty());
  r.streams.closed(silent);
  r.streams.closed(12345);
}

TEST_CASE("a quiet connection is closed, one with heartbeats lives on") {
  StreamRig r;
  const StreamId quiet = r.open(), alive = r.open();
  r.subscribe(quiet, Channel::level2, {"SHIB-USD"});
  r.subscribe(alive, Channel::level2, {"SHIB-USD"});
  r.subscribe(alive, Channel::heartbeats);
  r.wait(89 * second);
  CHECK_FALSE(r.heard[quiet].closed);
  r.wait(second);
  CHECK(r.heard[quiet].closed);
  CHECK_FALSE(r.heard[alive].closed);
  r.wait(100 * second);
  CHECK_FALSE(r.heard[alive].closed);
  r.streams.closed(alive);
  CHECK(r.streams.next_due() == forever);
}

TEST_CASE("tokens: needed for user, never for the market, and right wherever they are") {
  StreamRig r;
  const StreamId id = r.open();
  r.say(id, R"({"type":"subscribe","channel":"user"})");
  CHECK(r.error(id) == "authentication failure");
  r.say(id, R"({"type":"subscribe","channel":"user","jwt":"a.b.c"})");
  CHECK(r.error(id) == "authentication failure");
  r.subscribe(id, Channel::user, {}, &r.strangers);
  CHECK(r.error(id) == "authentication failure");
  r.subscribe(id, Channel::user, {}, &r.traders);  // it may trade and not look
  CHECK(r.error(id) == "authentication failure");
  r.say(id, R"({"type":"subscribe","channel":"user","jwt":")" + *r.alices.tokens.token("GET", dialled, "/x") + "\"}");
  CHECK(r.error(id) == "authentication failure");  // bound to an address
  r.say(id, R"({"type":"subscribe","channel":"level2","product_ids":["BTC-USD"],"jwt":"a.b.c"})");
  CHECK(r.error(id) == "authentication failure");
  const std::string old = *r.alices.tokens.ws_token();
  r.subscribe(id, Channel::level2, {"BTC-USD"}, &r.strangers);  // a good token, and nobody has to be behind it
  CHECK(r.take(id).size() == 2);
  r.subscribe(id, Channel::user, {}, &r.alices);
  CHECK(r.take(id).size() == 2);
  r.subscribe(id, Channel::user, {}, &r.bobs);  // one connection is of one user
  CHECK(r.error(id) == "authentication failure");
  r.say(id, R"({"type":"unsubscribe","channel":"user"})");
  CHECK(r.error(id) == "authentication failure");
  r.unsubscribe(id, Channel::user, {}, &r.alices);
  r.subscribe(id, Channel::user, {}, &r.bobs);
  CHECK(r.take(id).size() == 3);
  r.wait(40 * second);
  r.now += 120 * second;
  const StreamId other = r.open();
  r.say(other, R"({"type":"subscribe","channel":"user","jwt":")" + old + "\"}");
  CHECK(r.error(other) == "authentication failure");
}

TEST_CASE("a subscription lives on when its token has expired") {
  StreamRig r;
  const StreamId id = r.open();
  r.subscribe(id, Channel::user, {}, &r.alices);
  r.subscribe(id, Channel::heartbeats);
  r.wait(400 * second);
  r.take(id);
  r.limit(r.alice, Side::buy, "1"_dec, "99"_dec);
  r.settle();
  CHECK(r.only(id, Channel::user).orders.back().status == cb::UserOrderStatus::open);
}

TEST_CASE("what is no message, or names nothing, is answered with an error, and the connection stays") {
  StreamRig r;
  const StreamId id = r.open();
  r.subscribe(id, Channel::heartbeats);
  r.take(id);
  const std::string deep(3000, '[');
  for (const std::string& bad : {std::string(),
                                 std::string("x"),
                                 std::string("[]"),
                                 std::string("{}"),
                                 std::string("{\"type\":"),
                                 deep,
                                 "{\"a\":" + deep,
                                 std::string("\xff\xfe"),
                                 std::string(R"({"type":1,"channel":"level2"})"),
                                 std::string(R"({"type":"subscribe","channel":["level2"]})"),
                                 std::string(R"({"type":"subscribe","channel":"level2","product_ids":"BTC-USD"})"),
                                 std::string(R"({"type":"subscribe","channel":"level2","product_ids":[1]})"),
                                 std::string(R"({"type":"subscribe","channel":"level2"})"),
                                 std::string(R"({"type":"subscribe","channel":"level2","product_ids":[]})"),
                                 std::string(R"({"type":"subscribe","channel":"level2","product_ids":["BTC-USD","NONE-USD"]})"),
                                 std::string(R"({"type":"subscribe","channel":"level2","product_ids":["btc-usd"]})"),
                                 std::string(R"({"type":"subscribe","channel":"l2_data","product_ids":["BTC-USD"]})"),
                                 std::string(R"({"type":"subscribe","channel":"heartbeat"})"),
                                 std::string(R"({"type":"subscribe","channel":"subscriptions"})"),
                                 std::string(R"({"type":"hello","channel":"level2"})"),
                                 std::string(R"({"type":"subscribe","channel":"level2","jwt":5,"product_ids":["BTC-USD"]})")}) {
    INFO(bad.substr(0, 100));
    r.say(id, bad);
    CHECK_FALSE(r.error(id).empty());
  }
  r.subscribe(id, Channel::level2, {"BTC-USD"});
  CHECK(r.take_json(id)[0]["events"][0]["subscriptions"]["level2"].size() == 1);
  Dice dice(11);
  const std::string alphabet = "{}[]\":,typesubscribechannel \x00\xff";
  for (int i = 0; i < 2000; ++i) {
    std::string s;
    for (std::uint64_t k = dice(60); k > 0; --k) s.push_back(alphabet[dice(alphabet.size())]);
    r.say(id, s);
    r.error(id);
  }
  // Both spellings, as the gateway takes them; a product named twice is one.
  r.say(id, R"({"type":"subscribe","channel":"ticker","productIds":["BTC-USD","BTC-USD"]})");
  CHECK(r.take_json(id).size() == 2);
}

TEST_CASE("time never runs backwards, whatever it is told") {
  StreamRig r;
  const StreamId id = r.open();
  r.subscribe(id, Channel::heartbeats);
  r.wait(10 * second);
  r.take(id);
  r.streams.advance(0);
  r.streams.said(id, *cb::subscribe_message(Channel::status, {}, ""), 5);
  r.collect();
  const auto frames = r.take_json(id);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0]["timestamp"] == "2023-11-14T22:13:30Z");
}
