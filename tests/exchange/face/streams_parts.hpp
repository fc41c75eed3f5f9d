// The inside of Streams, shared by its files.
#pragma once

#include "exchange/face/connection.hpp"
#include "exchange/face/json.hpp"
#include "exchange/face/market_stats.hpp"
#include "exchange/face/stream_message.hpp"

namespace bowline::exchange {

/// The events of a frame, as text that any number of connections can be sent, and the products that they tell of.
struct FrameBody {
  std::string events;
  std::set<std::string> products;
};

/// A moment that comes again and again, on whole multiples of its period.
struct Beat {
  std::int64_t period_ns, next_ns = forever;
  void start(std::int64_t now_ns) noexcept { next_ns = (now_ns / period_ns + 1) * period_ns; }
};

struct Streams::Parts {
  Parts(Engine& e, TokenGate& g, FaceOptions o);

  Engine& engine;
  TokenGate& gate;
  FaceOptions options;
  MarketStats stats;
  std::map<StreamId, Connection> connections;
  std::vector<Frame> frames;
  StreamId last = 0;
  std::int64_t now_ns = 0, first_ns = -1;  ///< first: when the first connection came; heartbeats count from there
  Beat heartbeat, candles, batch;
  std::set<OrderNo> hidden;  ///< accepted, and perhaps not yet shown to the engine's questions: a stream is not late with them
  std::map<std::uint32_t, std::map<std::int64_t, Candle>> told_candles;  ///< by book, then start: the last two that were told

  // streams.cpp: frames and time
  void clock(std::int64_t at_ns) { now_ns = std::max(now_ns, at_ns); }
  FrameBody body(const Json& event, std::set<std::string> products = {}) const;
  void send(StreamId id, Connection& c, std::string_view channel, const FrameBody& body);
  void send_error(StreamId id, Connection& c, std::string_view message);
  bool anyone(StreamChannel channel) const noexcept;
  std::int64_t due_of(const Connection& c) const noexcept;
  std::int64_t next_due() const noexcept;
  void step();

  // streams_subscribe.cpp: what clients ask for
  void handle(StreamId id, Connection& c, const StreamMessage& m);
  void subscribe(StreamId id, Connection& c, const StreamMessage& m);
  void unsubscribe(StreamId id, Connection& c, const StreamMessage& m);
  void acknowledge(StreamId id, Connection& c);
  void snapshot(StreamId id, Connection& c, const ChannelRow& row, const std::vector<Wanted>& named);
  void snapshot_orders(StreamId id, Connection& c);
  std::vector<const Order*> live_orders(UserId user);
  void forget_shown();
  std::string_view refuse_token(const StreamMessage& m, const Connection& c, std::optional<UserId>& user) const;

  // streams_tell.cpp: what is told
  FrameBody book_snapshot(std::uint32_t book) const;
  FrameBody trades_snapshot(std::uint32_t book) const;
  FrameBody candles_snapshot(std::uint32_t book);
  FrameBody tickers(const char* type, std::uint32_t book, bool best);
  FrameBody products(const char* type, const std::vector<std::uint32_t>& numbers) const;
  FrameBody orders(const char* type, Json rows, std::set<std::string> named) const;
  void tell_books(std::span<const Event> events);
  void tell_orders(std::span<const Event> events);
  void tell_flags(std::span<const Event> events);
  void note_trades(std::span<const Event> events);
  void tell_trades(StreamId id, Connection& c);
  void tell_heartbeats();
  void tell_candles();
  void tell_batch();
};

}  // namespace bowline::exchange
