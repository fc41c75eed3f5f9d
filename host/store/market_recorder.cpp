#include "store/market_recorder.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace bowline::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t full_frame = 192 * 1024;
constexpr std::chrono::milliseconds look{100};

std::uint64_t free_of_disk(const fs::path& folder) {
  struct statvfs about {};
  if (::statvfs(folder.c_str(), &about) != 0) return 0;
  return static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
}

}  // namespace

MarketRecorder::MarketRecorder(MarketRecorderOptions options)
    : options_(std::move(options)), places_(options_.places), frame_(options_.header.instruments.size()), thread_([this] { run(); }) {}

MarketRecorder::~MarketRecorder() { stop(nullptr); }

[[gnu::hot]] void MarketRecorder::take(std::uint32_t feed, const core::MarketEvent& event, std::uint64_t rows) noexcept {
  const std::uint64_t at = put_.load(std::memory_order_relaxed);
  taken_.store(++number_, std::memory_order_relaxed);
  if (at - got_seen_ >= places_.size() / 2) {
    got_seen_ = got_.load(std::memory_order_acquire);
    // Half full it is not left to look by itself. One that is told while it does not wait looks all the same.
    if (at - got_seen_ >= places_.size() / 2) bell_.notify_one();
    if (at - got_seen_ >= places_.size()) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  HeardEvent& place = places_[at % places_.size()];
  place.event = event;
  place.number = number_;
  place.rows = rows;
  place.feed = feed;
  put_.store(at + 1, std::memory_order_release);
}

void MarketRecorder::close(const MarketEnd& end) { stop(&end); }

void MarketRecorder::stop(const MarketEnd* end) {
  {
    const std::scoped_lock hold(lock_);
    closing_ = true;
    if (end != nullptr) end_ = *end;
    end_number_ = number_ + 1;
  }
  bell_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::string MarketRecorder::why() const {
  const std::scoped_lock hold(lock_);
  return why_.empty() && lost() != 0 ? "events came faster than they could be written" : why_;
}

void MarketRecorder::lose(std::string why) {
  const std::scoped_lock hold(lock_);
  if (why_.empty()) why_ = std::move(why);
}

bool MarketRecorder::has_room() const {
  return (options_.free_bytes ? options_.free_bytes(options_.folder) : free_of_disk(options_.folder)) >= options_.leave_bytes;
}

void MarketRecorder::run() {
  std::error_code ec;
  fs::create_directories(options_.folder, ec);  // what comes of it shows when the first segment is made
  for (bool closing = false;;) {
    {
      std::unique_lock hold(lock_);
      if (!closing_) bell_.wait_for(hold, look);
      closing = closing_;
    }
    write_waiting();
    const std::int64_t now = options_.wall_ns();
    if (closing) break;
    if (!frame_.empty() && (now - frame_since_ >= options_.flush_ns || now < frame_since_)) write_frame();
    if (segment_ && (segment_->bytes() >= options_.segment_bytes || now - segment_since_ >= options_.segment_ns)) end_segment();
  }
  std::optional<MarketEnd> end;
  std::uint64_t number = 0;
  {
    const std::scoped_lock hold(lock_);
    end = end_;
    number = end_number_;
  }
  if (end) {
    if (!frame_.follows(number)) write_frame();
    frame_.add(*end, number);
  }
  if (!frame_.empty()) write_frame();
  if (end) end_segment();
}

void MarketRecorder::write_waiting() {
  std::uint64_t at = got_.load(std::memory_order_relaxed);
  const std::uint64_t put = put_.load(std::memory_order_acquire);
  for (; at != put; ++at) {
    const HeardEvent& heard = places_[at % places_.size()];
    if (!frame_.follows(heard.number) || frame_.size() >= full_frame) write_frame();
    if (frame_.empty()) frame_since_ = options_.wall_ns();
    frame_.add(heard);
    ++in_frame_;
    got_.store(at + 1, std::memory_order_release);
  }
}

// What is not written leaves a gap in the numbers: the next frame that is tells of it.
void MarketRecorder::write_frame() {
  const std::uint64_t events = std::exchange(in_frame_, 0);
  const std::string frame = frame_.take();
  auto done = has_room() ? put_in_segment(frame)
                         : Result<void>(Error{"MARKET_LOG_WRITE", "the disk of " + options_.folder.string() + " is nearly full"});
  if (done) return;
  lose(done.error().message);
  unwritten_.fetch_add(events, std::memory_order_relaxed);
}

Result<void> MarketRecorder::put_in_segment(const std::string& frame) {
  if (!segment_) {
    if (next_segment_ == 0) {
      const auto there = segments_in(options_.folder);
      next_segment_ = there.empty() ? 1 : there.back().number + 1;
    }
    auto made = SegmentWriter::create(segment_file(options_.folder, next_segment_), options_.header);
    if (!made) return made.error();
    ++next_segment_;
    segment_.emplace(std::move(*made));
    segment_since_ = options_.wall_ns();
    drop_old();
  }
  auto done = segment_->write(frame);
  if (!done) segment_.reset();  // another one is begun
  return done;
}

void MarketRecorder::end_segment() {
  if (!segment_) return;
  if (auto done = segment_->finish(); !done) lose(done.error().message);
  segment_.reset();
}

// The one that is being written stays.
void MarketRecorder::drop_old() {
  auto all = segments_in(options_.folder);
  std::uint64_t bytes = 0;
  std::vector<struct stat> abouts(all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    if (::stat(all[i].file.c_str(), &abouts[i]) == 0) bytes += static_cast<std::uint64_t>(abouts[i].st_size);
  const std::int64_t now = options_.wall_ns();
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const struct stat& about = abouts[i];
    const std::int64_t written = std::int64_t{about.st_mtim.tv_sec} * 1'000'000'000 + about.st_mtim.tv_nsec;
    const bool old = options_.keep_ns != 0 && now - written > options_.keep_ns, many = options_.keep_bytes != 0 && bytes > options_.keep_bytes;
    if (!old && !many) return;  // the younger ones stay, too: there is no hole
    std::error_code ec;
    if (!fs::remove(all[i].file, ec)) return;
    bytes -= static_cast<std::uint64_t>(about.st_size);
  }
}

}  // namespace bowline::store
