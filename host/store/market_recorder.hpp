// Records the market as the core takes it (trading rules 4.4), event by event in its order, in segments below a folder. What is
// kept is written by a thread of its own: the core only puts each event in a place that is there already, and never waits. What
// can't be kept is lost, and the numbers of the events tell where.
#pragma once

#include <atomic>
#include <bowline/result.hpp>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/market_segment.hpp"

namespace bowline::store {

struct MarketRecorderOptions {
  std::filesystem::path folder;              ///< made when it is not there
  MarketHeader header;                       ///< of each segment
  std::int64_t keep_ns = 0;                  ///< segments that were written last so long ago go; 0: none does
  std::uint64_t keep_bytes = 0;              ///< of all segments together: beyond it the oldest go; 0: none does
  std::uint64_t leave_bytes = 64 << 20;      ///< free on the disk: with less nothing is written, others need it more
  std::function<std::int64_t()> wall_ns;     ///< the clock that ages are told by
  std::function<std::uint64_t(const std::filesystem::path&)> free_bytes{};  ///< on the folder's disk; empty: asked of the system
  std::uint64_t segment_bytes = 64 << 20;    ///< a longer segment is ended,
  std::int64_t segment_ns = 3'600'000'000'000;  ///< and so is an older one
  std::int64_t flush_ns = 1'000'000'000;     ///< how long an event may wait to be written
  std::size_t places = 1 << 14;              ///< events that may wait
};

class MarketRecorder {
 public:
  /// Begins its thread. What fails fails there, and is told by lost().
  explicit MarketRecorder(MarketRecorderOptions options);
  ~MarketRecorder();  ///< writes what waits; how the run ended stays untold, as after a crash
  MarketRecorder(const MarketRecorder&) = delete;
  MarketRecorder& operator=(const MarketRecorder&) = delete;

  /// A bar, quote or observation that the core is about to handle. `feed`: its place in the header's list; `rows`: what the
  /// journal has in front of it. Never waits; without a place it is lost. [core thread]
  void take(std::uint32_t feed, const core::MarketEvent& event, std::uint64_t rows) noexcept;
  /// Nothing comes any more: writes what waits and how it ended, and ends the segment. [core thread]
  void close(const MarketEnd& end);

  /// Events taken, and those of them that no segment has. [any]
  std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  std::uint64_t lost() const noexcept { return dropped_.load(std::memory_order_relaxed) + unwritten_.load(std::memory_order_relaxed); }
  /// Why the first of them was lost; empty while none was. [any]
  std::string why() const;

 private:
  const MarketRecorderOptions options_;
  std::vector<HeardEvent> places_;
  // The core's side: the number of its event and where it goes.
  alignas(64) std::atomic<std::uint64_t> put_{0};
  std::uint64_t number_ = 0, got_seen_ = 0;
  std::atomic<std::uint64_t> taken_{0}, dropped_{0};
  // The writer's.
  alignas(64) std::atomic<std::uint64_t> got_{0};
  std::atomic<std::uint64_t> unwritten_{0};
  FrameWriter frame_;
  std::uint64_t in_frame_ = 0, next_segment_ = 0;
  std::int64_t frame_since_ = 0, segment_since_ = 0;
  std::optional<SegmentWriter> segment_;
  // Between the two.
  mutable std::mutex lock_;
  std::condition_variable bell_;
  bool closing_ = false;          // under lock_
  std::optional<MarketEnd> end_;  // under lock_
  std::uint64_t end_number_ = 0;  // under lock_
  std::string why_;               // under lock_
  std::thread thread_;

  void run();
  void write_waiting();
  void write_frame();
  void end_segment();
  Result<void> put_in_segment(const std::string& frame);
  void drop_old();
  bool has_room() const;
  void lose(std::string why);
  void stop(const MarketEnd* end);
};

}  // namespace bowline::store
