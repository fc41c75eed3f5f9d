// Reads frames of the stream. Exact, order of keys and extra fields do not matter, and a frame is taken whole or refused
// whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

#include "frame.hpp"

namespace bowline::coinbase {

/// What was read and what was not; nothing is left out in silence.
struct DecoderCounts {
  std::uint64_t frames = 0;            ///< taken, errors of the venue among them
  std::uint64_t refused = 0;           ///< no frame: decode() gave an error
  std::uint64_t venue_errors = 0;      ///< type "error"
  std::uint64_t unknown_channels = 0;  ///< taken, nothing read but the envelope
  std::uint64_t odd_times = 0;         ///< a time that is none: taken as not told
  std::uint64_t unknown_words = 0;     ///< a status, order type or the like that this version does not know
};

/// One per connection; one thread at a time. Memory grows to some four times the largest frame, and is given back when
/// small ones follow.
class StreamDecoder {
 public:
  struct Options {
    std::size_t max_bytes = std::size_t{100} << 20;  ///< a longer frame is refused; snapshots above 10 MiB are real
    std::size_t keep_bytes = std::size_t{4} << 20;   ///< what was needed for frames above this is given back
  };
  StreamDecoder();
  explicit StreamDecoder(const Options& options);
  ~StreamDecoder();
  StreamDecoder(const StreamDecoder&) = delete;
  StreamDecoder& operator=(const StreamDecoder&) = delete;

  /// The frame in `text`, which is copied. The result belongs to the decoder and is valid until the next call. Errors:
  /// FRAME_TOO_LARGE, FRAME_MALFORMED (no JSON object, or cut), FRAME_FIELD_MISSING, FRAME_FIELD_WRONG; the message names
  /// the channel and the field, the details have what the envelope told ("channel", "sequence_num", "product"). What was
  /// decoded before stays as it was; the refused frame's content is lost, so for whoever keeps state it is a gap.
  Result<const StreamFrame*> decode(std::string_view text);

  /// The number of the last frame, also when it was refused, if it came so far: the tracker wants it.
  std::optional<std::uint64_t> last_sequence() const noexcept;
  /// The channel of the last frame, likewise.
  Channel last_channel() const noexcept;
  const DecoderCounts& counts() const noexcept;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace bowline::coinbase
