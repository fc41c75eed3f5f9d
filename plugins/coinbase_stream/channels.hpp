// The channels of the stream: what they are called when asked for, and what their frames are called.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bowline::coinbase {

enum class Channel : std::uint8_t {
  unknown,
  subscriptions,
  heartbeats,
  level2,
  market_trades,
  ticker,
  ticker_batch,
  candles,
  status,
  user
};

/// One row per channel. `asked`: the name in a subscribe message and in an acknowledgement, empty = can't be asked for.
/// `told`: the name its frames bear. `by_product`: a subscription names products; optional for `user`, where none is all.
struct ChannelRow {
  Channel channel;
  std::string_view asked, told;
  bool by_product, product_needed;
};

inline constexpr auto channel_rows = std::to_array<ChannelRow>({
    {Channel::subscriptions, "", "subscriptions", false, false},
    {Channel::heartbeats, "heartbeats", "heartbeats", false, false},
    {Channel::level2, "level2", "l2_data", true, true},  // the one channel that is told under another name
    {Channel::market_trades, "market_trades", "market_trades", true, true},
    {Channel::ticker, "ticker", "ticker", true, true},
    {Channel::ticker_batch, "ticker_batch", "ticker_batch", true, true},
    {Channel::candles, "candles", "candles", true, true},
    {Channel::status, "status", "status", true, false},
    {Channel::user, "user", "user", true, false},
});

/// The row of a channel; nullptr for `unknown`.
constexpr const ChannelRow* row_of(Channel channel) noexcept {
  for (const ChannelRow& row : channel_rows)
    if (row.channel == channel) return &row;
  return nullptr;
}

/// The channel that a frame names, by either of its names; `unknown` for all others.
constexpr Channel channel_told(std::string_view name) noexcept {
  for (const ChannelRow& row : channel_rows)
    if (row.told == name || (!row.asked.empty() && row.asked == name)) return row.channel;
  return Channel::unknown;
}

}  // namespace bowline::coinbase
