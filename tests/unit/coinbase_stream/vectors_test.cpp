// The recorded and documented frames, with what each of them holds.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "frames.hpp"

using namespace bowline;
using namespace bowline::literals;
using namespace stream_tests;

namespace {

/// The folder of the frames; nullopt and a word about it without one.
std::optional<std::filesystem::path> folder() {
  const char* data = std::getenv("BOWLINE_DATA");
  const auto path = data ? std::filesystem::path(data) / "reference" / "coinbase" / "vectors" / "ws" : std::filesystem::path();
  if (data && std::filesystem::is_directory(path)) return path;
  if (const char* must = std::getenv("BOWLINE_REQUIRE_DATA"); must && std::string_view(must) == "1")
    FAIL("BOWLINE_REQUIRE_DATA is set, and BOWLINE_DATA names no folder with reference/coinbase/vectors/ws");
  WARN("skipped: recorded frames: BOWLINE_DATA (folder of reference/coinbase/vectors) is not set");
  return std::nullopt;
}

nlohmann::json file(const std::filesystem::path& path) {
  std::ifstream in(path);
  INFO(path);
  REQUIRE(in.good());
  return nlohmann::json::parse(in);
}

}  // namespace

TEST_CASE("every frame of the vectors is taken, with blanks and without") {
  const auto at = folder();
  if (!at) return;
  std::size_t frames = 0;
  StreamDecoder d;
  for (const auto& entry : std::filesystem::directory_iterator(*at)) {
    const nlohmann::json all = file(entry.path());
    std::vector<nlohmann::json> found;
    if (all.contains("channel") || all.contains("type")) found.push_back(all);
    for (const auto& [key, value] : all.items()) {
      if (key == "client_send") continue;
      if (value.is_object() && (value.contains("channel") || value.contains("type"))) found.push_back(value);
      if (value.is_array() && key != "events") found.insert(found.end(), value.begin(), value.end());
    }
    REQUIRE_FALSE(found.empty());
    for (const auto& frame : found) {
      const StreamFrame& f = taken(d, frame.dump());
      CHECK((f.is_error || f.channel != Channel::unknown));
      taken(d, frame.dump(2));
      ++frames;
    }
  }
  CHECK(frames >= 15);
  CHECK(d.counts().odd_times == 0);
  CHECK(d.counts().refused == 0);
}

TEST_CASE("the recorded candle, ticker and order are read field by field") {
  const auto at = folder();
  if (!at) return;
  StreamDecoder d;
  {
    const StreamFrame& f = taken(d, file(*at / "nautilus_ws_candles.json").dump());
    REQUIRE(f.candles.size() == 1);
    const StreamCandle& c = f.candles[0];
    CHECK(c.product == "BTC-USD");
    CHECK(c.start_s == 1'775'521'800);
    CHECK(c.open.decimal() == "68900"_dec);
    CHECK(c.high.decimal() == "68950"_dec);
    CHECK(c.low.decimal() == "68850"_dec);
    CHECK(c.close.decimal() == "68920.5"_dec);
    CHECK(c.volume.decimal() == "42.15"_dec);
    CHECK_FALSE(c.snapshot);
  }
  {
    const StreamFrame& f = taken(d, file(*at / "jkorf_Ticker.json").at("server_event").at(0).dump());
    REQUIRE(f.tickers.size() == 1);
    const StreamTicker& t = f.tickers[0];
    CHECK(t.product == "ETH-USDT");
    CHECK(t.price == "21932.98"_dec);
    CHECK(t.best_bid == "21931.98"_dec);
    CHECK(t.best_bid_quantity == "8000.21"_dec);
    CHECK(t.best_ask == "21933.98"_dec);
    CHECK(t.best_ask_quantity == "8038.07770938"_dec);
    CHECK(t.volume_24h == "16038.28770938"_dec);
    CHECK(t.low_24h == "21835.29"_dec);
    CHECK(t.high_24h == "23011.18"_dec);
    CHECK(t.low_52w == "15460"_dec);
    CHECK(t.high_52w == "48240"_dec);
    CHECK(t.change_24h_percent == "-4.15775596190603"_dec);
    CHECK(t.snapshot);
  }
  {
    const StreamFrame& f = taken(d, file(*at / "nautilus_ws_user.json").dump());
    REQUIRE((f.user_events.size() == 1 && f.orders.size() == 1));
    CHECK(f.user_events[0].snapshot);
    const UserOrder& o = f.orders[0];
    CHECK(o.order_id == "a1b2c3d4-e5f6-7890-abcd-ef1234567890");
    CHECK(o.client_order_id == "11111-000000-000001");
    CHECK(o.status == UserOrderStatus::open);
    CHECK(o.kind == UserOrderKind::limit);
    CHECK(o.force == UserOrderForce::gtc);
    CHECK(o.side == StreamSide::buy);
    CHECK(o.cumulative == Decimal::zero());
    CHECK(o.leaves == "0.001"_dec);
    CHECK(o.total_value_after_fees == "68.9005"_dec);
    CHECK_FALSE(o.limit_price.is_set());  // this frame has none
    CHECK_FALSE(o.post_only);
    CHECK(o.created_ns == 1'775'572'195'123'456'000);
  }
  {
    const nlohmann::json samples = file(*at / "ccxt_samples.json");
    const StreamFrame& empty = taken(d, samples.at("subscriptions_after_last_unsubscribe").dump());
    CHECK(empty.channel == Channel::subscriptions);
    CHECK(empty.subscriptions.empty());
    CHECK(empty.sequence == 3U);
    const StreamFrame& book = taken(d, samples.at("l2_snapshot_epoch_event_time").dump());
    REQUIRE(book.book_updates.size() == 2);
    CHECK(book.book_updates[0].event_ns == 0);
    CHECK(book.book_updates[0].quantity.decimal() == "0.06317902"_dec);
    const StreamFrame& error = taken(d, samples.at("auth_error").dump());
    CHECK(error.is_error);
    CHECK(error.error_message == "authentication failure");
    CHECK_FALSE(error.sequence);
  }
}
