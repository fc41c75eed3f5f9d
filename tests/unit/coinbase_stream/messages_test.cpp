// What is sent over the stream.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "coinbase_stream/messages.hpp"

using namespace bowline::coinbase;
using Json = nlohmann::json;

TEST_CASE("a subscription names one channel, its products, and the caller's token") {
  const std::vector<std::string> two{"BTC-USD", "ETH-USDC"};
  const auto text = subscribe_message(Channel::level2, two, "aa.bb-_.cc");
  REQUIRE(text.ok());
  CHECK(*text == R"({"type":"subscribe","channel":"level2","product_ids":["BTC-USD","ETH-USDC"],"jwt":"aa.bb-_.cc"})");
  const auto ended = unsubscribe_message(Channel::level2, std::span(two).first(1), "aa.bb.cc");
  REQUIRE(ended.ok());
  CHECK(*ended == R"({"type":"unsubscribe","channel":"level2","product_ids":["BTC-USD"],"jwt":"aa.bb.cc"})");
}

TEST_CASE("every channel that can be asked for gives a message that parses, under its subscribe name") {
  const std::vector<std::string> one{"BTC-USD"};
  for (const ChannelRow& row : channel_rows) {
    if (row.asked.empty()) continue;
    INFO(row.asked);
    const auto text =
        subscribe_message(row.channel, row.by_product ? std::span<const std::string>(one) : std::span<const std::string>{}, "");
    REQUIRE(text.ok());
    const Json m = Json::parse(*text);
    CHECK(m.at("type") == "subscribe");
    CHECK(m.at("channel") == std::string(row.asked));
    CHECK(m.contains("product_ids") == row.by_product);
    CHECK_FALSE(m.contains("jwt"));
    CHECK(unsubscribe_message(row.channel, {}, "").ok());  // the whole channel
  }
}

TEST_CASE("heartbeats need no product, user without one means all, the market's channels need one") {
  CHECK(*subscribe_message(Channel::heartbeats, {}, "t") == R"({"type":"subscribe","channel":"heartbeats","jwt":"t"})");
  CHECK(*subscribe_message(Channel::user, {}, "t") == R"({"type":"subscribe","channel":"user","jwt":"t"})");
  for (const Channel c : {Channel::level2, Channel::market_trades, Channel::ticker, Channel::ticker_batch, Channel::candles})
    CHECK(subscribe_message(c, {}, "t").error().code == "STREAM_PRODUCT_WRONG");
}

TEST_CASE("what can't be asked for, or would not be plain text, is refused and not repeated") {
  const std::vector<std::string> one{"BTC-USD"};
  CHECK(subscribe_message(Channel::unknown, one, "").error().code == "STREAM_CHANNEL_WRONG");
  CHECK(subscribe_message(Channel::subscriptions, one, "").error().code == "STREAM_CHANNEL_WRONG");
  CHECK(subscribe_message(Channel::heartbeats, one, "").error().code == "STREAM_PRODUCT_WRONG");
  for (const char* bad : {"", "BTC USD", "BTC\"USD", "BTC\\USD", "BTC\nUSD"}) {
    const std::vector<std::string> products{"ETH-USD", bad};
    CHECK(subscribe_message(Channel::ticker, products, "").error().code == "STREAM_PRODUCT_WRONG");
  }
  const std::vector<std::string> long_one{std::string(65, 'A')};
  CHECK(subscribe_message(Channel::ticker, long_one, "").error().code == "STREAM_PRODUCT_WRONG");
  const auto token = subscribe_message(Channel::ticker, one, "secret\"token");
  CHECK(token.error().code == "STREAM_TOKEN_WRONG");
  CHECK(token.error().message.find("secret") == std::string::npos);
}

TEST_CASE("a channel is known by the name it is asked for and by the name it is told under") {
  CHECK(channel_told("l2_data") == Channel::level2);
  CHECK(channel_told("level2") == Channel::level2);
  CHECK(channel_told("subscriptions") == Channel::subscriptions);
  CHECK(channel_told("full") == Channel::unknown);
  CHECK(channel_told("") == Channel::unknown);
}
