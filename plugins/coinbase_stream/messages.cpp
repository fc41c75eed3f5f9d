#include "messages.hpp"

#include <algorithm>

namespace bowline::coinbase {
namespace {

constexpr bool plain(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
}
bool all_plain(std::string_view s) noexcept { return std::all_of(s.begin(), s.end(), plain); }

/// All texts are plain, so nothing has to be escaped.
Result<std::string> message(std::string_view type, Channel channel, std::span<const std::string> products, std::string_view jwt,
                            bool product_needed) {
  const ChannelRow* const row = row_of(channel);
  if (row == nullptr || row->asked.empty())
    return Error{"STREAM_CHANNEL_WRONG", "this channel can't be asked for: take one that has a subscribe name"};
  const std::string name(row->asked);
  if (!row->by_product && !products.empty())
    return Error{"STREAM_PRODUCT_WRONG", "channel " + name + " knows no products: name none"};
  if (product_needed && products.empty())
    return Error{"STREAM_PRODUCT_WRONG", "channel " + name + " needs at least one product id"};
  std::string out = "{\"type\":\"" + std::string(type) + "\",\"channel\":\"" + name + '"';
  if (!products.empty()) {
    out += ",\"product_ids\":[";
    for (const std::string& id : products) {
      if (id.empty() || id.size() > 64 || !all_plain(id))
        return Error{"STREAM_PRODUCT_WRONG",
                     "channel " + name + ": a product id has 1 to 64 letters, digits, '-', '_' or '.', like BTC-USD"};
      if (out.back() != '[') out += ',';
      out += '"' + id + '"';
    }
    out += ']';
  }
  if (!jwt.empty()) {
    if (!all_plain(jwt)) return Error{"STREAM_TOKEN_WRONG", "the token has characters that no JWT has"};
    out += ",\"jwt\":\"";
    out += jwt;
    out += '"';
  }
  return out + '}';
}

}  // namespace

Result<std::string> subscribe_message(Channel channel, std::span<const std::string> products, std::string_view jwt) {
  const ChannelRow* const row = row_of(channel);
  return message("subscribe", channel, products, jwt, row != nullptr && row->product_needed);
}

Result<std::string> unsubscribe_message(Channel channel, std::span<const std::string> products, std::string_view jwt) {
  return message("unsubscribe", channel, products, jwt, false);
}

}  // namespace bowline::coinbase
