// The account's stream: a hint that something happened to an order, quicker than asking. Each hint leads to a look; nothing is told to
// the host from here, and without the stream the clock finds the same.
#pragma once

#include <bowline/network.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "coinbase_stream/decoder.hpp"
#include "coinbase_stream/order_tracker.hpp"
#include "coinbase_stream/sequence.hpp"
#include "kit.hpp"
#include "look.hpp"
#include "start.hpp"

namespace bowline::broker_coinbase {

struct StreamCounts {
  std::uint64_t opened = 0, closed = 0, gaps = 0, refused = 0, errors = 0;
};

class Stream {
 public:
  Stream(Kit& kit, Look& look, Start& start) : kit_(kit), look_(look), start_(start), ws_(kit.host) {}

  /// [control]
  void begin();
  void end();
  /// Whether the frame was of this stream's connection.
  bool on_frame(const WsFrame& f);
  /// An order of ours is to be sent: its size is what the stream's words are held against.
  void own(std::string_view client_id, const coinbase::OrderTerms& sent) { tracker_.own(client_id, sent.base_size.value_or(Decimal::not_set()), sent.quote_size.value_or(Decimal::not_set())); }
  const StreamCounts& counts() const noexcept { return counts_; }

 private:
  void open();
  void subscribe();
  bool ask(coinbase::Channel channel);
  void heard(std::string_view text);
  void hints(const coinbase::UserNews& news);
  void lost_something();
  void watch();
  void reopen();

  Kit& kit_;
  Look& look_;
  Start& start_;
  Ws ws_;
  coinbase::StreamDecoder decoder_;
  coinbase::SequenceTracker sequence_;
  coinbase::OrderTracker tracker_;
  StreamCounts counts_;
  std::uint64_t conn_ = 0;
  std::uint32_t failures_ = 0;
  std::int64_t heard_ns_ = 0;
  bool up_ = false, ending_ = false;
};

}  // namespace bowline::broker_coinbase
