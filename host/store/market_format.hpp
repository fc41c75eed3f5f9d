// The bytes of a recorded market: what was heard, packed into frames that check themselves. A frame is whole or it does not
// count; each one is read without those before it. Nothing here knows of files.
#pragma once

#include <array>
#include <bowline/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/market_event.hpp"
#include "core/types.hpp"
#include "store/journal.hpp"

namespace bowline::store {

/// One event as the core took it. All that the event says is kept, but what the core fills in itself (h.id) and padding.
struct HeardEvent {
  core::MarketEvent event{};
  std::uint64_t number = 0;  ///< among those of its process, from 1
  std::uint64_t rows = 0;    ///< how many rows the journal had in front of it
  std::uint32_t feed = 0;    ///< who told it, in the order of the header
};

/// How the process that heard it came to its end.
struct MarketEnd {
  std::string how;       ///< as the journal's last row says it: end_of_data, stopped, ...
  std::string code, why; ///< of a failure; else empty
  bool operator==(const MarketEnd&) const = default;
};

/// What stands in front of a segment's frames. Numbers of instruments and feeds in it are places in these lists.
struct MarketHeader {
  std::string run;                       ///< of the process
  Stamp stamp;
  bool resumed = false;                  ///< it went on from the journal of an earlier process
  std::vector<std::string> instruments;  ///< 1 is the first
  std::vector<std::string> feeds;        ///< 0 is the first
};

/// Longest payload of a frame, and longest header, that a reader takes; a writer makes none of half that size.
inline constexpr std::size_t most_frame_bytes = 1 << 20, most_market_header_bytes = 1 << 20;
inline constexpr std::size_t most_market_names = 65'535;

/// Magic, version, length, header, check.
std::string text_of(const MarketHeader& header);
/// How many bytes text_of() made, by its first ones: nothing while there are too few of them. Errors: MARKET_LOG_FORMAT (it is
/// none, or too long), MARKET_LOG_NEWER.
Result<std::optional<std::size_t>> header_size(std::string_view begin);
/// The inverse of text_of(), of exactly those bytes. Errors: as above.
Result<MarketHeader> read_header(std::string_view bytes);

/// What was written of each instrument last, as words: the next one says only how it differs.
class LastWords {
 public:
  static constexpr std::size_t most = 20;
  using Words = std::array<std::uint64_t, most>;
  explicit LastWords(std::size_t instruments) : all_(types * (instruments + 1)) {}
  /// Of an event of that kind, from 0; instruments that the header does not list share one place. All 0 after clear().
  Words& of(std::size_t kind, std::uint64_t instrument);
  void clear() noexcept;

 private:
  static constexpr std::size_t types = 3;
  std::vector<Words> all_;
  std::vector<std::size_t> touched_;
};

/// Fills one frame at a time. The numbers of its events follow each other: with a gap another one is begun.
class FrameWriter {
 public:
  /// `instruments`: how many the header lists.
  explicit FrameWriter(std::size_t instruments);
  bool empty() const noexcept { return body_.empty(); }
  /// Of the payload so far. [bytes]
  std::size_t size() const noexcept { return body_.size(); }
  /// Whether that event may stand in this frame.
  bool follows(std::uint64_t number) const noexcept { return body_.empty() || number == next_; }
  /// Precondition: follows(heard.number), and a bar, quote or observation.
  void add(const HeardEvent& heard);
  /// `number`: that of the event that would have come next.
  void add(const MarketEnd& end, std::uint64_t number);
  /// The frame, with its length and check; then another one is begun.
  std::string take();

 private:
  LastWords last_;
  std::string body_;
  std::uint64_t next_ = 0;
  void begin(std::uint64_t number);
};

/// What a frame holds.
struct MarketFrame {
  std::vector<HeardEvent> events;
  std::optional<MarketEnd> end;  ///< nothing of its process stands behind it
  std::uint64_t next = 0;        ///< number of the event behind it
};

class FrameReader {
 public:
  /// `instruments`, `feeds`: how many the header lists.
  FrameReader(std::size_t instruments, std::size_t feeds) : feeds_(feeds), last_(instruments) {}
  /// Takes the first frame of `bytes` into `frame`, and gives its length in bytes; nothing when it is not whole. Errors:
  /// MARKET_LOG_FORMAT: what is there was never written so.
  Result<std::optional<std::size_t>> read(std::string_view bytes, MarketFrame& frame);

 private:
  std::size_t feeds_;
  LastWords last_;
  Result<void> payload(std::string_view bytes, MarketFrame& frame);
};

}  // namespace bowline::store
