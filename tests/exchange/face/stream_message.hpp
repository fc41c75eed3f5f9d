// What a client says on a stream: it wants a channel, or no longer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <bowline/result.hpp>

#include "exchange/face/channels.hpp"

namespace bowline::exchange {

/// The text for whatever is wrong with a token, and for a channel that is none: Coinbase makes no difference.
inline constexpr const char* authentication_failure = "authentication failure";

struct StreamMessage {
  bool subscribe = true;  ///< or unsubscribe
  const ChannelRow* channel = nullptr;
  std::vector<std::string> product_ids;  ///< each once, as named; empty = none named
  std::string jwt;
};
/// Errors: STREAM_MESSAGE, whose message is the text for the client.
Result<StreamMessage> parse_stream_message(std::string_view text);

}  // namespace bowline::exchange
