// The rig with streams: connections that read what they are sent with the client's decoder.
#pragma once

#include "coinbase_stream/decoder.hpp"
#include "coinbase_stream/messages.hpp"
#include "exchange/face/streams.hpp"
#include "rig.hpp"
#include "unit/exchange/random_acts.hpp"

namespace face_test {

struct Hearing {
  std::vector<std::string> frames;
  bool closed = false;
};

struct StreamRig : Rig {
  Streams streams;
  std::map<StreamId, Hearing> heard;
  cb::StreamDecoder decoder;

  explicit StreamRig(FaceOptions o = {}, const Options& engine = {}) : Rig(std::move(o), engine), streams(e, gate, face) { settle(); }

  /// What a server does behind every act: events, then frames.
  void settle() {
    e.advance(now);
    const std::vector<Event> what = events();
    streams.happened(what, now);
    collect();
  }
  void collect() {
    std::vector<Frame> frames;
    streams.take_frames(frames);
    for (Frame& f : frames) {
      Hearing& h = heard[f.stream];
      CHECK_FALSE(h.closed);  // nothing comes behind a close
      if (!f.text.empty()) h.frames.push_back(std::move(f.text));
      h.closed = h.closed || f.close_after;
    }
  }
  /// Time passes in steps of what is due.
  void wait(std::int64_t ns) {
    const std::int64_t until = now + ns;
    while (std::min(streams.next_due(), e.next_due()) < until) {
      now = std::max(now, std::min(streams.next_due(), e.next_due()));
      settle();
    }
    now = until;
    settle();
  }
  StreamId open(StreamKind kind = StreamKind::market) { return streams.open(kind, now); }
  void say(StreamId id, const std::string& text) {
    settle();
    streams.said(id, text, now);
    collect();
  }
  void subscribe(StreamId id, cb::Channel channel, std::vector<std::string> products = {}, Client* c = nullptr) {
    say(id, *cb::subscribe_message(channel, products, c ? *c->tokens.ws_token() : ""));
  }
  void unsubscribe(StreamId id, cb::Channel channel, std::vector<std::string> products = {}, Client* c = nullptr) {
    say(id, *cb::unsubscribe_message(channel, products, c ? *c->tokens.ws_token() : ""));
  }
  /// The texts that came, and no more of them.
  std::vector<std::string> take(StreamId id) { return std::exchange(heard[id].frames, {}); }
  std::vector<Parsed> take_json(StreamId id) {
    std::vector<Parsed> out;
    for (const std::string& s : take(id)) out.push_back(Parsed::parse(s));
    return out;
  }
  const cb::StreamFrame& decode(const std::string& text) {
    const auto f = decoder.decode(text);
    INFO(text.substr(0, 500));
    INFO((f ? "" : f.error().code + ": " + f.error().message));
    REQUIRE(f.ok());
    return **f;
  }
  /// The only frame that came, of this channel.
  const cb::StreamFrame& only(StreamId id, cb::Channel channel) {
    const auto frames = take(id);
    REQUIRE(frames.size() == 1);
    const cb::StreamFrame& f = decode(frames[0]);
    CHECK(f.channel == channel);
    return f;
  }
  std::string error(StreamId id) {
    const auto frames = take(id);
    REQUIRE(frames.size() == 1);
    const cb::StreamFrame& f = decode(frames[0]);
    CHECK(f.is_error);
    return std::string(f.error_message);
  }
};

inline constexpr std::int64_t ms = 1'000'000;

}  // namespace face_test
