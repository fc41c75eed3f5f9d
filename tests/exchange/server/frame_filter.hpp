// Between the venue's streams and the sockets: what is sent of the frames that were made, when, and in which order, by the rules of
// misbehaviour. Where no rule was ever about a stream its frames pass untouched.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "exchange/face/streams.hpp"
#include "exchange/server/mischief.hpp"

namespace bowline::exchange {

/// What the socket is told to do; in their order for each stream.
struct FrameOut {
  enum class Kind : std::uint8_t {
    text,   ///< a text message, as any other
    torn,   ///< the head of a frame that announces more than `text` has, `text`, and then the connection is cut
    cut,    ///< the connection is cut
  };
  StreamId stream = 0;
  Kind kind = Kind::text;
  std::string text;
  bool close_after = false;  ///< a proper close behind it
};

class FrameFilter {
 public:
  explicit FrameFilter(Mischief& rules) : rules_(rules) {}
  /// A frame that is to be sent at `now_ns`; what is due at once goes behind what is in `to`.
  void take(Frame frame, std::int64_t now_ns, std::vector<FrameOut>& to);
  /// What was delayed and is due by now.
  void advance(std::int64_t now_ns, std::vector<FrameOut>& to);
  /// When the next one is due; `forever` = none.
  std::int64_t next_due() const noexcept { return late_.empty() ? forever : late_.begin()->first; }
  void closed(StreamId stream);

 private:
  struct Line {
    std::int64_t shift = 0;  ///< by which its sequence numbers differ from those that were made
    bool mute = false;
    std::vector<FrameOut> behind;  ///< waiting for the next frame
  };
  void send(Line& line, FrameOut out, std::vector<FrameOut>& to);
  Mischief& rules_;
  std::map<StreamId, Line> lines_;  ///< those that a rule was about
  std::multimap<std::int64_t, FrameOut> late_;
};

/// The text with another sequence_num, moved by `shift`; one without that field stays as it is.
std::string renumbered(std::string text, std::int64_t shift);

}  // namespace bowline::exchange
