// One connection of a stream: what it subscribed to, and its numbers.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exchange/face/channels.hpp"
#include "exchange/face/streams.hpp"

namespace bowline::exchange {

/// What a subscription names.
struct Wanted {
  std::string id;
  std::uint32_t product = 0, book = 0;  ///< numbers of the engine
};
struct Subscription {
  std::vector<Wanted> products;  ///< in the order in which they were named
  bool all = false;              ///< of user and status: none was named, and all are told

  void add(const Wanted& wanted);
  void remove(std::string_view id);
  bool has_product(std::uint32_t product) const noexcept;
  bool has_book(std::uint32_t book) const noexcept;
};

/// Counts frames: one line for the connection, or one for each product.
class FrameNumbers {
 public:
  /// The number of a frame that tells of these products. In scope `product` a frame of several has a number above all that any of them
  /// had, and one of none is on a line of its own.
  std::uint64_t next(SequenceScope scope, const std::set<std::string>& products);

 private:
  std::map<std::string, std::uint64_t> lines_;
};

struct Connection {
  StreamKind kind = StreamKind::market;
  std::int64_t opened_ns = 0, sent_ns = 0;
  bool subscribed_once = false;
  std::map<StreamChannel, Subscription> channels;
  std::optional<UserId> user;  ///< of channel user
  FrameNumbers numbers;
  std::map<std::uint32_t, std::vector<TradePrinted>> trades;  ///< by book: not told yet, oldest first
  std::int64_t trades_due_ns = forever;
  std::set<std::uint32_t> moved;  ///< books that traded since ticker_batch was told

  const Subscription* find(StreamChannel channel) const noexcept;
  bool wants_book(StreamChannel channel, std::uint32_t book) const noexcept;
};

}  // namespace bowline::exchange
