#include "stream_line.hpp"

#include <algorithm>

#include "coinbase_stream/messages.hpp"

namespace bowline::feed_coinbase {
namespace {

using coinbase::Channel;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t first_wait = second, most_wait = 60 * second;
constexpr std::int64_t sound_after = 60 * second;  // a connection that lived this long was no failure
constexpr std::int64_t books_apart = second;       // between two requests for books: the venue counts messages

}  // namespace

StreamLine::StreamLine(const Ws& ws, const FeedOptions& options, coinbase::TokenMaker* tokens, StreamUser& user)
    : ws_(ws), options_(options), tokens_(tokens), user_(user), backoff_(options.seed, first_wait, most_wait) {}

void StreamLine::want(Channel channel, std::vector<std::string> products) { wanted_.emplace_back(channel, std::move(products)); }

void StreamLine::open(std::int64_t now_ns) {
  bl_error why{};
  ++conn_;
  state_ = State::opening;
  heard_ = false;
  if (ws_.open(conn_, options_.stream, {}, 0, &why) < 0)
    down(Error{"FEED_STREAM_REFUSED", why.message[0] != '\0' ? why.message : "the host opens no WebSocket now"}, now_ns);
}

void StreamLine::opened(std::int64_t now_ns) {
  state_ = State::open;
  opened_ns_ = now_ns;
  ++counts_.connections;
  decoder_ = std::make_unique<coinbase::StreamDecoder>();
  sequence_.reset();
  watch_ = {};
  asked_again_.clear();
  books_.clear();
  watch_.watch_connection(options_.silence_ns, now_ns);
  ask(Channel::heartbeats, {}, false, now_ns);
  for (const auto& [channel, products] : wanted_) ask(channel, products, false, now_ns);
}

// One message per channel; what was subscribed is ended first, since only a new subscription brings a snapshot.
void StreamLine::ask(Channel channel, const std::vector<std::string>& products, bool again, std::int64_t now_ns) {
  const auto send = [&](auto make) -> Result<void> {
    std::string jwt;
    if (tokens_ != nullptr) {
      auto token = tokens_->ws_token();
      if (!token) return token.error();
      jwt = std::move(*token);
    }
    const auto message = make(channel, products, jwt);
    if (!message) return message.error();
    static_cast<void>(ws_.send(conn_, *message));  // one that is gone says so itself
    return {};
  };
  if (again) {
    ++counts_.asked_again;
    if (auto sent = send(coinbase::unsubscribe_message); !sent) return user_.note(4, sent.error());
  }
  if (auto sent = send(coinbase::subscribe_message); !sent) return user_.note(4, sent.error());
  for (const std::string& p : products) watch_.watch(channel, p, options_.quiet_ns, now_ns);
  if (channel == Channel::level2) user_.books_asked(products);
}

void StreamLine::down(const Error& why, std::int64_t now_ns) {
  if (state_ == State::open && now_ns - opened_ns_ >= sound_after) backoff_.reset();
  state_ = State::down;
  heard_ = false;
  open_after_ns_ = now_ns + backoff_.next();
  user_.note(3, why);
  user_.lost();
}

void StreamLine::hear(const WsFrame& frame, std::int64_t now_ns) {
  if (frame.conn() != conn_ || state_ == State::down || state_ == State::ended) return;  // the last words of one that was given up
  const std::int64_t at = frame.received_ns() > 0 ? std::min(frame.received_ns(), now_ns) : now_ns;
  switch (frame.what()) {
    case WsFrame::What::open: return opened(now_ns);
    case WsFrame::What::text:
      if (state_ == State::open) text(frame.data(), at);
      return;
    case WsFrame::What::closed: return down(Error{"FEED_STREAM_CLOSED", std::string(frame.data().substr(0, 200))}, now_ns);
    case WsFrame::What::other: return;
  }
}

void StreamLine::miss() {
  ++counts_.gaps;
  user_.lost();
}

void StreamLine::text(std::string_view data, std::int64_t at_ns) {
  const auto decoded = decoder_->decode(data);
  if (!decoded) {
    ++counts_.refused_frames;
    user_.note(3, decoded.error());
    if (const auto number = decoder_->last_sequence()) static_cast<void>(sequence_.note(*number));
    watch_.heard_connection(at_ns);
    return miss();
  }
  const coinbase::StreamFrame& frame = **decoded;
  if (frame.is_error) {
    ++counts_.venue_errors;
    watch_.heard_connection(at_ns);
    return user_.note(4, Error{"FEED_VENUE_ERROR", "the venue refuses what was asked for: " + std::string(frame.error_message.substr(0, 200))});
  }
  const coinbase::SequenceStep step = sequence_.note(frame);
  watch_.heard(frame, at_ns);
  if (step.action == coinbase::SequenceAction::ignore) return;
  if (step.action == coinbase::SequenceAction::mend) {
    counts_.lost_frames += step.lost;
    miss();
  }
  heard_ = true;
  user_.frame(frame, at_ns);
}

void StreamLine::told(Channel channel, const std::string& product, std::int64_t at_ns) {
  watch_.watch(channel, product, options_.quiet_ns, at_ns);
  if (!asked_again_.empty()) asked_again_.erase({channel, product});
}

void StreamLine::look(std::int64_t now_ns) {
  std::map<Channel, std::vector<std::string>> silent;
  for (const coinbase::StaleStream& s : watch_.check(now_ns)) {
    const bool whole = s.channel == Channel::unknown;
    if (!whole && asked_again_.insert({s.channel, s.product}).second) {
      silent[s.channel].push_back(s.product);
      continue;
    }
    static_cast<void>(ws_.close(conn_));
    const std::string what = whole ? "the stream" : std::string(coinbase::row_of(s.channel)->asked) + " of " + s.product + ", asked for again,";
    return down(Error{"FEED_STREAM_SILENT", what + " has said nothing for " + std::to_string(s.silent_ns / second) + " s"}, now_ns);
  }
  for (const auto& [channel, products] : silent) ask(channel, products, true, now_ns);
  if (books_.empty() || now_ns < books_after_ns_) return;
  books_after_ns_ = now_ns + books_apart;
  const std::vector<std::string> books(books_.begin(), books_.end());
  books_.clear();
  ask(Channel::level2, books, true, now_ns);
}

void StreamLine::turn(std::int64_t now_ns) {
  if (state_ == State::down && now_ns >= open_after_ns_) open(now_ns);
  if (state_ == State::open) look(now_ns);
}

void StreamLine::close() {
  if (state_ == State::opening || state_ == State::open) static_cast<void>(ws_.close(conn_));
  state_ = State::ended;
}

}  // namespace bowline::feed_coinbase
