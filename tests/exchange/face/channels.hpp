// The channels of the stream, under the names by which they are asked for and told.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bowline::exchange {

enum class StreamChannel : std::uint8_t { heartbeats, level2, market_trades, ticker, ticker_batch, candles, status, user };

struct ChannelRow {
  StreamChannel channel;
  std::string_view asked, told;
  bool needs_products;  ///< a subscription has to name some
  bool market;          ///< tells of a book: under the name of the product whose book it is
  bool needs_key;
};
inline constexpr auto channel_rows = std::to_array<ChannelRow>({
    {StreamChannel::heartbeats, "heartbeats", "heartbeats", false, false, false},
    {StreamChannel::level2, "level2", "l2_data", true, true, false},
    {StreamChannel::market_trades, "market_trades", "market_trades", true, true, false},
    {StreamChannel::ticker, "ticker", "ticker", true, true, false},
    {StreamChannel::ticker_batch, "ticker_batch", "ticker_batch", true, true, false},
    {StreamChannel::candles, "candles", "candles", true, true, false},
    {StreamChannel::status, "status", "status", false, false, false},
    {StreamChannel::user, "user", "user", false, false, true},
});

constexpr const ChannelRow& row(StreamChannel c) noexcept { return channel_rows[static_cast<std::size_t>(c)]; }
constexpr const ChannelRow* find_channel(std::string_view asked) noexcept {
  for (const ChannelRow& r : channel_rows)
    if (r.asked == asked) return &r;
  return nullptr;
}

}  // namespace bowline::exchange
