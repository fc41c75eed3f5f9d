// Every key of a recorded frame is in ours, with the same JSON type.
#include "stream_rig.hpp"
#include "unit/coinbase/vectors.hpp"

using namespace face_test;
using cb::Channel;
using coinbase_test::vector_json;

namespace {

void compare(const Parsed& recorded, const Parsed& ours, const std::string& where) {
  INFO(where);
  const auto kind = [](const Parsed& v) { return v.is_number() ? std::string("number") : std::string(v.type_name()); };
  CHECK(kind(recorded) == kind(ours));
  if (recorded.is_object() && ours.is_object())
    for (const auto& [key, value] : recorded.items()) {
      INFO(key);
      CHECK(ours.contains(key));
      if (ours.contains(key)) compare(value, ours[key], where + "." + key);
    }
  if (recorded.is_array() && ours.is_array() && !recorded.empty()) {
    REQUIRE_FALSE(ours.empty());
    compare(recorded[0], ours[0], where + "[0]");
  }
}

}  // namespace

TEST_CASE("shapes of recorded frames") {
  const auto l2 = vector_json("ws/nautilus_ws_l2_data_snapshot.json");
  if (!l2) return;
  StreamRig r;
  r.market({{"99"_dec, "5"_dec}}, {{"100"_dec, "5"_dec}}, "100"_dec);
  r.tape.put("BTC-USD", Granularity::m5, {r.now / second / 300 * 300, "9"_dec, "11"_dec, "10"_dec, "10.5"_dec, "1"_dec});
  r.limit(r.alice, Side::buy, "0.1"_dec, "98"_dec);
  r.limit(r.alice, Side::buy, "0.1"_dec, "100"_dec);
  r.settle();
  const StreamId id = r.open();
  const auto snapshot = [&](Channel c, Client* who = nullptr) {
    const bool named = cb::row_of(c)->product_needed;
    r.subscribe(id, c, named ? std::vector<std::string>{"BTC-USD"} : std::vector<std::string>{}, who);
    const auto frames = r.take_json(id);
    REQUIRE(frames.size() >= 2);
    return std::pair(frames[0], frames[1]);
  };
  const auto [ack, book] = snapshot(Channel::level2);
  compare(*l2, book, "l2_data");
  Parsed set = *vector_json("ws/nautilus_ws_subscriptions.json");
  set["events"][0]["subscriptions"].erase("market_trades");
  compare(set, ack, "subscriptions");
  compare(*vector_json("ws/nautilus_ws_market_trades.json"), snapshot(Channel::market_trades).second, "market_trades");
  compare(*vector_json("ws/nautilus_ws_ticker.json"), snapshot(Channel::ticker).second, "ticker");
  compare((*vector_json("ws/jkorf_Ticker.json"))["server_event"][0], snapshot(Channel::ticker).second, "ticker");
  compare(*vector_json("ws/nautilus_ws_candles.json"), snapshot(Channel::candles).second, "candles");
  compare((*vector_json("ws/jkorf_Klines.json"))["server_event"][0], snapshot(Channel::candles).second, "candles");
  compare(*vector_json("ws/nautilus_ws_user.json"), snapshot(Channel::user, &r.alices).second, "user");
  r.limit(r.alice, Side::buy, "0.1"_dec, "97"_dec);
  r.settle();
  for (const Parsed& f : r.take_json(id))
    if (f["channel"] == "l2_data") compare(*vector_json("ws/nautilus_ws_l2_data_update.json"), f, "l2_data");
  r.subscribe(id, Channel::heartbeats);
  r.take(id);
  r.wait(second);
  compare(*vector_json("ws/nautilus_ws_heartbeats.json"), r.take_json(id).front(), "heartbeats");

  const Parsed recorded = *vector_json("ws/ccxt_samples.json");
  r.say(id, R"({"type":"subscribe","channel":"full"})");
  CHECK(r.take_json(id)[0] == recorded["auth_error"]);  // to the byte
  const StreamId other = r.open();
  r.subscribe(other, Channel::heartbeats);
  r.unsubscribe(other, Channel::heartbeats);
  compare(recorded["subscriptions_after_last_unsubscribe"], r.take_json(other).back(), "subscriptions");
}
