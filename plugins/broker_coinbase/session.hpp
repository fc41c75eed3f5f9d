// Requests to the venue, each with a token of its own, and what became of them; and how the key and the connection stand.
#pragma once

#include <bowline/network.hpp>
#include <bowline/result.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "coinbase/endpoints.hpp"
#include "coinbase/jwt.hpp"
#include "coinbase/outcome.hpp"
#include "later.hpp"
#include "params.hpp"
#include "token_stock.hpp"

namespace bowline::broker_coinbase {

/// The rate classes of bowline.venue/1.
enum : std::uint32_t { class_key = 0, class_open = 1 };
enum : std::uint32_t { lane_normal = 0, lane_urgent = 1 };

/// How a request ended. The body is good during the call alone.
struct Answer {
  coinbase::Outcome outcome;
  bool too_late = false;  ///< denied: its last moment had passed
  std::string_view body;
  std::int64_t sent_ns = 0, received_ns = 0;
  std::int64_t retry_after_ns = 0;  ///< what the venue asks to wait before the next one; 0: it does not say, or says what nobody would wait
  bool done() const noexcept { return outcome.verdict == coinbase::Verdict::done; }
};
using Then = std::function<void(const Answer&)>;

/// All on the lane but the constructor, which is [control].
class Session {
 public:
  Session(const Host& host, const Options& options, Later& later, Backoff& backoff, coinbase::Credentials credentials);

  /// One try. `not_after_ns` 0: no last moment. BL_PENDING: `then` is called once. Negative: nothing was sent, it is never called, and
  /// `why` says what it was (BL_E_AGAIN: the host's queue is full).
  bl_status send(const coinbase::Request& request, coinbase::Call call, std::uint32_t lane, std::int64_t not_after_ns, Then then,
                 bl_error* why = nullptr);
  /// A question: tried again, with waits between, until something was learned or the tries are used up; `then` is called once.
  void read(coinbase::Request request, std::uint32_t lane, Then then);
  /// Whether the answer was one of ours. Twice told is told once.
  bool on_reply(const HttpReply& reply);

  /// To be called on a wake-up, which it asks for itself when a token is to be made ahead: it makes one, and asks again if that was not the
  /// last, so that what has arrived meanwhile is heard between two signatures.
  void stock_up();
  /// Orders are to be expected from now on: the stock of their tokens is looked after.
  void expect_orders();

  /// For one message of the stream.
  Result<std::string> ws_token() { return tokens_.ws_token(); }
  /// The venue's clock against ours, from the middle of the way.
  void note_server_time(std::int64_t venue_ns, const Answer& a);
  std::int64_t skew_ns() const noexcept { return skew_ns_; }
  bool clock_told() const noexcept { return clock_told_; }  ///< the venue has told its time at least once
  const coinbase::Standing& standing() const noexcept { return standing_; }
  bool link_up() const noexcept { return link_up_; }
  std::size_t outstanding() const noexcept { return pending_.size(); }

  /// The way to the venue broke or came back: up, what it is (BL_E_IO, BL_E_AUTH), and a word.
  std::function<void(bool, bl_status, std::string_view)> on_link;

 private:
  struct Pending {
    coinbase::Call call;
    std::int64_t sent_ns;
    bool open;
    Then then;
  };
  struct Question;
  std::int64_t venue_s() const noexcept;  ///< the venue's clock, which tokens are made by
  Result<std::string> token_of(const coinbase::Request& request);
  void look_at_stock();
  void keep_stock();
  void ask(std::shared_ptr<Question> q);
  void answered(std::shared_ptr<Question> q, const Answer& a);
  /// `broke`: why there was no whole reply, in the host's words; "" when there was one.
  void note(const Answer& a, bool open, std::string_view broke);

  const Host& host_;
  const Options& options_;
  Later& later_;
  Backoff& backoff_;
  Http http_;
  std::int64_t skew_ns_ = 0;  // before tokens_, whose clock reads it
  coinbase::TokenMaker tokens_;
  TokenStock stock_;
  coinbase::Standing standing_;
  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t last_ = 0;
  std::uint32_t failures_ = 0;
  bool link_up_ = true, clock_told_ = false, stocks_ = false;
};

}  // namespace bowline::broker_coinbase
