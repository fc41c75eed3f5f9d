// What was recorded of the venue, as it was written there, through the whole plugin.
#include "rig.hpp"
#include "unit/coinbase/vectors.hpp"

using namespace feed_test;
using bowline::coinbase_test::vector_json;

namespace {
/// A recorded frame at another time and number.
void plays(Rig& r, json frame) {
  frame["sequence_num"] = r.number++;
  frame["timestamp"] = stamp(r.host.now);
  r.says(frame.dump());
}
}  // namespace

TEST_CASE("recorded: acknowledgement, heartbeat and candle of the stream make the bar") {
  const auto candle = vector_json("ws/nautilus_ws_candles.json"), beat = vector_json("ws/nautilus_ws_heartbeats.json"),
             acknowledged = vector_json("ws/nautilus_ws_subscriptions.json");
  if (!candle || !beat || !acknowledged) return;
  const json row = candle->at("events").at(0).at("candles").at(0);
  const std::int64_t open = std::stoll(row.at("start").get<std::string>()) * second;
  Rig r(json{{"history", 0}}, 1u << BL_EV_BAR, {1}, open + 290 * second, {"", row.at("product_id").get<std::string>()});
  r.run(r.host.now);
  r.opened();
  plays(r, *acknowledged);
  plays(r, *beat);
  plays(r, *candle);
  for (int i = 0; i < 14; ++i) {
    r.run(r.host.now + second);
    plays(r, *beat);
  }
  const auto bars = r.bars();
  REQUIRE(bars.size() == 1);
  CHECK(bars[0].acted_on);
  CHECK(bars[0].open_ns == open);
  const auto same_number = [](const std::string& a, const json& b) {
    return *Decimal::parse(a) == *Decimal::parse(b.get<std::string>());
  };
  CHECK(same_number(bars[0].open, row.at("open")));
  CHECK(same_number(bars[0].high, row.at("high")));
  CHECK(same_number(bars[0].low, row.at("low")));
  CHECK(same_number(bars[0].close, row.at("close")));
  CHECK(same_number(bars[0].volume, row.at("volume")));
}

TEST_CASE("recorded: a REST answer becomes history, with flat bars for what it leaves out") {
  const auto answer = vector_json("rest/nautilus_http_candles.json");
  if (!answer) return;
  const json newest = answer->at("candles").front(), oldest = answer->at("candles").back();
  const auto open = [](const json& c) { return std::stoll(c.at("start").get<std::string>()) * second; };
  const std::int64_t from = open(oldest), until = open(newest);
  Rig r(json{{"history", (until - from) / bucket + 1}}, 1u << BL_EV_BAR, {1}, until + bucket + 60 * second);
  r.run(r.host.now);
  REQUIRE(r.host.requests.size() == 1);
  r.reply(0, answer->dump());
  const auto bars = r.bars();
  REQUIRE(bars.size() == static_cast<std::size_t>((until - from) / bucket + 1));
  CHECK(bars.front().open_ns == from);
  CHECK(bars.back().open_ns == until);
  CHECK(*Decimal::parse(bars.back().close) == *Decimal::parse(newest.at("close").get<std::string>()));
  CHECK(*Decimal::parse(bars[1].open) == *Decimal::parse(oldest.at("close").get<std::string>()));
  CHECK(bars[1].volume == "0");
  for (const Bar& b : bars) CHECK_FALSE(b.acted_on);
}

TEST_CASE("recorded: a book's snapshot and its update give the quotes at its top") {
  const auto snapshot = vector_json("ws/nautilus_ws_l2_data_snapshot.json"), update = vector_json("ws/nautilus_ws_l2_data_update.json");
  if (!snapshot || !update) return;
  Rig r(json{{"history", 0}}, (1u << BL_EV_BAR) | (1u << BL_EV_QUOTE), {1}, base + second,
        {"", snapshot->at("events").at(0).at("product_id").get<std::string>()});
  r.run(r.host.now);
  r.opened();
  plays(r, *snapshot);
  const auto quotes = r.all<bl_quote>(BL_EV_QUOTE);
  REQUIRE(quotes.size() == 1);
  Decimal bid = Decimal::zero(), ask = Decimal::not_set();
  for (const json& u : snapshot->at("events").at(0).at("updates")) {
    const Decimal px = *Decimal::parse(u.at("price_level").get<std::string>());
    if (u.at("side") == "bid") bid = bid < px ? px : bid;
    else ask = !ask.is_set() || px < ask ? px : ask;
  }
  CHECK(Decimal::from_mantissa(quotes[0].bid, quotes[0].px_exp) == bid);
  CHECK(Decimal::from_mantissa(quotes[0].ask, quotes[0].px_exp) == ask);
  plays(r, *update);
  CHECK(r.link() == 1);
}
