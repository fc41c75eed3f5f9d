// The connection to the venue's stream: opened, subscribed, watched, and opened again. What its frames say is for its user.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <bowline/network.hpp>

#include "backoff.hpp"
#include "coinbase/jwt.hpp"
#include "coinbase_stream/decoder.hpp"
#include "coinbase_stream/sequence.hpp"
#include "coinbase_stream/stream_watch.hpp"
#include "options.hpp"

namespace bowline::feed_coinbase {

/// Who hears what the stream says. Every call comes on the lane.
class StreamUser {
 public:
  virtual ~StreamUser() = default;
  /// A frame to be used. `at_ns`: when it arrived.
  virtual void frame(const coinbase::StreamFrame& frame, std::int64_t at_ns) = 0;
  /// Something of the stream is missing, or the stream is down: what hangs together of what was told may not be whole.
  virtual void lost() = 0;
  /// The order books of these products were asked for anew, and their snapshots come.
  virtual void books_asked(const std::vector<std::string>& products) = 0;
  /// Worth a line in the log; `level` as in bl_host.log. Never an amount or a price.
  virtual void note(std::uint32_t level, const Error& what) = 0;
};

/// One thread at a time. All times are the caller's clock.
class StreamLine {
 public:
  struct Counts {
    std::uint64_t connections = 0, refused_frames = 0, gaps = 0, lost_frames = 0, asked_again = 0, venue_errors = 0;
  };
  /// `tokens`: null where there is no key. All are borrowed.
  StreamLine(const Ws& ws, const FeedOptions& options, coinbase::TokenMaker* tokens, StreamUser& user);

  /// What is subscribed at each connection beside the heartbeats. Before the first turn().
  void want(coinbase::Channel channel, std::vector<std::string> products);
  void hear(const WsFrame& frame, std::int64_t now_ns);
  /// A frame of `channel` told of that product, maybe under another's name: it is not silent.
  void told(coinbase::Channel channel, const std::string& product, std::int64_t at_ns);
  /// The book of that product has to be asked for anew.
  void book_lost(const std::string& product) { books_.insert(product); }
  /// Opens, asks again and gives up, as time has passed.
  void turn(std::int64_t now_ns);
  /// Closes it for good.
  void close();

  bool up() const noexcept { return state_ == State::open; }
  /// A frame has come since it was opened.
  bool speaks() const noexcept { return up() && heard_; }
  const Counts& counts() const noexcept { return counts_; }

 private:
  enum class State : std::uint8_t { down, opening, open, ended };
  using Key = std::pair<coinbase::Channel, std::string>;

  void open(std::int64_t now_ns);
  void opened(std::int64_t now_ns);
  void down(const Error& why, std::int64_t now_ns);
  void text(std::string_view data, std::int64_t at_ns);
  void look(std::int64_t now_ns);
  void ask(coinbase::Channel channel, const std::vector<std::string>& products, bool again, std::int64_t now_ns);
  void miss();

  const Ws& ws_;
  const FeedOptions& options_;
  coinbase::TokenMaker* tokens_;
  StreamUser& user_;
  std::vector<std::pair<coinbase::Channel, std::vector<std::string>>> wanted_;
  State state_ = State::down;
  std::uint64_t conn_ = 0;  ///< of the connection that counts; those before it are not heard
  Backoff backoff_;
  std::int64_t open_after_ns_ = 0, opened_ns_ = 0, books_after_ns_ = 0;
  bool heard_ = false;
  std::unique_ptr<coinbase::StreamDecoder> decoder_;
  coinbase::SequenceTracker sequence_;
  coinbase::StreamWatch watch_;
  std::set<Key> asked_again_;
  std::set<std::string> books_;  ///< to be asked for anew
  Counts counts_;
};

}  // namespace bowline::feed_coinbase
