#include "exchange/face/streams.hpp"

#include <algorithm>

#include "exchange/face/streams_parts.hpp"
#include "exchange/face/times.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t shortest_ns = 1'000'000;

std::int64_t period(std::int64_t ns) noexcept { return std::max(ns, shortest_ns); }

}  // namespace

// ---- frames ------------------------------------------------------------------------------------------------------------------

Streams::Parts::Parts(Engine& e, TokenGate& g, FaceOptions o)
    : engine(e),
      gate(g),
      options(std::move(o)),
      stats(engine, options),
      heartbeat{period(options.heartbeat_ns)},
      candles{period(options.candles_ns)},
      batch{period(options.ticker_batch_ns)} {}

FrameBody Streams::Parts::body(const Json& event, std::set<std::string> named) const {
  return {"[" + dump(event) + "]", std::move(named)};
}

void Streams::Parts::send(StreamId id, Connection& c, std::string_view channel, const FrameBody& body) {
  std::string text = "{\"channel\":\"" + std::string(channel) + "\"";
  if (options.client_id_sent) text += ",\"client_id\":\"\"";
  text += ",\"timestamp\":\"" + rfc3339(now_ns) + "\",\"sequence_num\":" + std::to_string(c.numbers.next(options.sequence_scope, body.products)) +
          ",\"events\":" + body.events + "}";
  c.sent_ns = now_ns;
  frames.push_back({id, std::move(text), false});
}

void Streams::Parts::send_error(StreamId id, Connection& c, std::string_view message) {
  c.sent_ns = now_ns;
  frames.push_back({id, dump({{"type", "error"}, {"message", std::string(message)}}), false});
}

// ---- time --------------------------------------------------------------------------------------------------------------------

bool Streams::Parts::anyone(StreamChannel channel) const noexcept {
  return std::any_of(connections.begin(), connections.end(), [&](const auto& each) { return each.second.find(channel) != nullptr; });
}

std::int64_t Streams::Parts::due_of(const Connection& c) const noexcept {
  const std::int64_t quiet = Options::after(c.sent_ns, options.quiet_ns);
  return c.subscribed_once ? quiet : std::min(quiet, Options::after(c.opened_ns, options.subscribe_within_ns));
}

std::int64_t Streams::Parts::next_due() const noexcept {
  std::int64_t due = forever;
  for (const auto& [id, c] : connections) due = std::min({due, due_of(c), c.trades_due_ns});
  if (anyone(StreamChannel::heartbeats)) due = std::min(due, heartbeat.next_ns);
  if (anyone(StreamChannel::candles)) due = std::min(due, candles.next_ns);
  if (anyone(StreamChannel::ticker_batch)) due = std::min(due, batch.next_ns);
  return due;
}

/// All that is due at now_ns. What is told comes before a close: a connection that is told something is not quiet.
void Streams::Parts::step() {
  for (auto& [id, c] : connections)
    if (c.trades_due_ns <= now_ns) tell_trades(id, c);
  const auto beat = [&](Beat& b, StreamChannel channel, void (Parts::*tell)()) {
    if (b.next_ns > now_ns) return;
    b.start(now_ns);
    if (anyone(channel)) (this->*tell)();
  };
  beat(heartbeat, StreamChannel::heartbeats, &Parts::tell_heartbeats);
  beat(candles, StreamChannel::candles, &Parts::tell_candles);
  beat(batch, StreamChannel::ticker_batch, &Parts::tell_batch);
  for (auto it = connections.begin(); it != connections.end();) {
    if (due_of(it->second) > now_ns) {
      ++it;
      continue;
    }
    frames.push_back({it->first, "", true});
    it = connections.erase(it);
  }
}

// ---- the outside -------------------------------------------------------------------------------------------------------------

Streams::Streams(Engine& engine, TokenGate& gate, FaceOptions options)
    : parts_(std::make_unique<Parts>(engine, gate, std::move(options))) {}
Streams::~Streams() = default;

StreamId Streams::open(StreamKind kind, std::int64_t now_ns) {
  advance(now_ns);
  Parts& p = *parts_;
  if (p.first_ns < 0) p.first_ns = p.now_ns;
  Connection c;
  c.kind = kind;
  c.opened_ns = c.sent_ns = p.now_ns;
  p.connections.emplace(++p.last, std::move(c));
  return p.last;
}

void Streams::closed(StreamId stream) { parts_->connections.erase(stream); }

void Streams::said(StreamId stream, std::string_view text, std::int64_t now_ns) {
  advance(now_ns);
  Parts& p = *parts_;
  const auto it = p.connections.find(stream);
  if (it == p.connections.end()) return;
  const auto message = parse_stream_message(text);
  if (message) p.handle(stream, it->second, *message);
  else p.send_error(stream, it->second, message.error().message);
}

void Streams::happened(std::span<const Event> events, std::int64_t now_ns) {
  Parts& p = *parts_;
  advance(now_ns);
  p.tell_flags(events);
  p.tell_books(events);
  p.note_trades(events);
  p.tell_orders(events);
  advance(now_ns);
}

void Streams::advance(std::int64_t now_ns) {
  Parts& p = *parts_;
  for (std::int64_t due = p.next_due(); due <= now_ns; due = p.next_due()) {
    p.clock(due);
    p.step();
  }
  p.clock(now_ns);
}

std::int64_t Streams::next_due() const { return parts_->next_due(); }

void Streams::take_frames(std::vector<Frame>& to) {
  Parts& p = *parts_;
  to.insert(to.end(), std::make_move_iterator(p.frames.begin()), std::make_move_iterator(p.frames.end()));
  p.frames.clear();
}

}  // namespace bowline::exchange
