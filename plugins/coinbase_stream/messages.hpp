// What is sent over the stream: one message per channel, each with a token of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "channels.hpp"

namespace bowline::coinbase {

/// {"type":"subscribe","channel":...,"product_ids":[...],"jwt":...}. No products: none are named, which `user` and `status`
/// take as all. `jwt`: the caller's token as text, empty = left out (public channels); it is neither checked nor kept.
/// Errors: STREAM_CHANNEL_WRONG (not one to ask for), STREAM_PRODUCT_WRONG (missing where needed, not to be named, or with
/// characters that no product id has), STREAM_TOKEN_WRONG (characters that no token has; the token is not repeated).
Result<std::string> subscribe_message(Channel channel, std::span<const std::string> products, std::string_view jwt);

/// The same to end a subscription; without products the whole channel. Same errors.
Result<std::string> unsubscribe_message(Channel channel, std::span<const std::string> products, std::string_view jwt);

}  // namespace bowline::coinbase
