#include "services/runtime/feed_reader.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace bowline::services {
namespace {
constexpr std::int64_t longest_wait = 200'000'000;  // how late a stop may be seen

struct Taker {
  std::vector<MarketEvent>* batch;
  std::uint64_t ignored = 0, malformed = 0;
};

bl_status take(void* ctx, const bl_event* e) noexcept {
  auto& taker = *static_cast<Taker*>(ctx);
  if (!loader::well_formed(e)) {
    ++taker.malformed;
    return BL_E_INVALID;
  }
  if (e->type != BL_EV_BAR && e->type != BL_EV_QUOTE && e->type != BL_EV_OBSERVATION) {
    ++taker.ignored;  // raw trades, links and unknown types do not enter the core from a feed
    return BL_OK;
  }
  if (taker.batch->size() == taker.batch->capacity()) return BL_E_AGAIN;
  MarketEvent& slot = taker.batch->emplace_back();
  if (e->type == BL_EV_BAR && e->size >= sizeof(bl_bar)) {  // nearly all of them: a copy of known size
    slot.bar = *reinterpret_cast<const bl_bar*>(e);
    slot.h.size = sizeof(bl_bar);
    return BL_OK;
  }
  std::memset(static_cast<void*>(&slot), 0, sizeof slot);
  const std::size_t whole = e->type == BL_EV_BAR ? sizeof(bl_bar) : e->type == BL_EV_QUOTE ? sizeof(bl_quote) : sizeof(bl_observation);
  std::memcpy(&slot, e, std::min<std::size_t>(e->size, whole));
  slot.h.size = static_cast<std::uint32_t>(whole);
  return BL_OK;
}
}  // namespace

Error wrong_interval(const std::string& instance, std::int64_t bar_ns, std::int64_t interval_ns) {
  const auto seconds = [](std::int64_t ns) {
    const std::int64_t ms = ns / 1'000'000;
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
  };
  return {"FEED_INTERVAL", "instance " + instance + ": gave a bar of " + seconds(bar_ns) + ", and the run's interval is " +
                               seconds(interval_ns) + ": set `interval` to the length of the feed's bars, or give it others"};
}

FeedReader::FeedReader(loader::FeedInstance& feed, std::function<std::int64_t()> clock, std::function<void()> waker)
    : feed_(feed), clock_(std::move(clock)), waker_(std::move(waker)) {}

FeedReader::~FeedReader() { stop(); }

FeedReader::State FeedReader::state() const {
  const std::scoped_lock hold(lock_);
  return !failure_.code.empty() ? State::failed : ended_ ? State::ended : State::delivering;
}

std::size_t FeedReader::waiting() const {
  const std::scoped_lock hold(lock_);
  return full_.size();
}

void FeedReader::start() { thread_ = std::thread([this] { run(); }); }

void FeedReader::stop() {
  {
    const std::scoped_lock hold(lock_);
    stopping_ = true;
  }
  room_.notify_all();
  stop_wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FeedReader::run() {
  bl_sink sink{};
  Taker taker{};
  delivered_ns_.store(clock_(), std::memory_order_relaxed);
  sink.size = sizeof sink;
  sink.ctx = &taker;
  sink.event = take;
  sink.prediction = [](void*, const bl_prediction*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  sink.target = [](void*, const bl_target*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  sink.stop = [](void*, const bl_stop*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  for (;;) {
    Batch batch;
    {
      std::unique_lock hold(lock_);
      // Once full it sleeps until most is used up: to wake a thread costs the core as much as dozens of bars do.
      if (full_.size() >= most_batches) room_.wait(hold, [this] { return stopping_ || full_.size() <= few_batches; });
      if (stopping_) return;
      if (!spare_.empty()) {
        batch = std::move(spare_.front());
        spare_.pop_front();
      }
    }
    batch.clear();
    batch.reserve(batch_size);
    taker.batch = &batch;
    std::int64_t next_ns = 0;
    bl_error why{};
    const bl_status status = feed_.pull(batch_size, sink, next_ns, why);
    ignored_.store(taker.ignored, std::memory_order_relaxed);
    malformed_.store(taker.malformed, std::memory_order_relaxed);
    if (!batch.empty()) delivered_ns_.store(clock_(), std::memory_order_relaxed);
    {
      const std::scoped_lock hold(lock_);
      if (!batch.empty()) full_.push_back(std::move(batch));
      if (status == BL_E_NOT_FOUND) ended_ = true;
      else if (status < 0 && status != BL_E_AGAIN) {
        failure_ = feed_.status_error("PLUGIN_CALL_FAILED", "feed.pull", status, why);
        failure_.code = "FEED_FAILED";  // data, not the plugin, is what a person looks at first
      }
      if (stopping_) return;
    }
    waker_();
    if (status == BL_E_NOT_FOUND || (status < 0 && status != BL_E_AGAIN)) return;
    if (status == BL_E_AGAIN) {
      std::unique_lock hold(lock_);
      const std::int64_t wait = std::clamp<std::int64_t>(next_ns - clock_(), 0, longest_wait);
      stop_wake_.wait_for(hold, std::chrono::nanoseconds(wait), [this] { return stopping_; });
      if (stopping_) return;
    }
  }
}

[[gnu::hot]] FeedReader::Front FeedReader::front(MarketEvent*& event) {
  if (at_ < current_.size()) {
    event = &current_[at_];
    return Front::event;
  }
  bool ring = false;
  {
    const std::scoped_lock hold(lock_);
    if (full_.empty()) {
      if (!failure_.code.empty()) {
        error_ = failure_;
        return Front::failed;
      }
      return ended_ ? Front::ended : Front::nothing_yet;
    }
    if (current_.capacity() != 0) spare_.push_back(std::move(current_));
    current_ = std::move(full_.front());
    full_.pop_front();
    ring = full_.size() == few_batches;
  }
  if (ring) room_.notify_one();  // outside the lock: it would wake only to wait for it
  at_ = 0;
  event = &current_[0];
  return Front::event;
}

}  // namespace bowline::services
