#include "services/runtime/feed_reader.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace bowline::services {
namespace {
constexpr std::int64_t longest_wait = 200'000'000;  // how late a stop, or a clock that was set, may be seen
constexpr std::int64_t most_ahead = 1'000'000'000;  // of the clock: what is further ahead says a time that was not

/// A sink whose slots but `event` refuse.
bl_sink sink_to(void* ctx, bl_status (*event)(void*, const bl_event*) noexcept) {
  bl_sink sink{};
  sink.size = sizeof sink;
  sink.ctx = ctx;
  sink.event = event;
  sink.prediction = [](void*, const bl_prediction*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  sink.target = [](void*, const bl_target*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  sink.stop = [](void*, const bl_stop*) noexcept -> bl_status { return BL_E_UNSUPPORTED; };
  return sink;
}

void copy_to(MarketEvent& slot, const bl_event& e) {
  if (e.type == BL_EV_BAR && e.size >= sizeof(bl_bar)) {  // nearly all of them: a copy of known size
    slot.bar = reinterpret_cast<const bl_bar&>(e);
    slot.h.size = sizeof(bl_bar);
    return;
  }
  std::memset(static_cast<void*>(&slot), 0, sizeof slot);
  const std::size_t whole = e.type == BL_EV_BAR ? sizeof(bl_bar) : e.type == BL_EV_QUOTE ? sizeof(bl_quote) : sizeof(bl_observation);
  std::memcpy(&slot, &e, std::min<std::size_t>(e.size, whole));
  slot.h.size = static_cast<std::uint32_t>(whole);
}
}  // namespace

struct FeedReader::Taker {
  FeedReader* reader;
  Batch* batch;
};

// Raw trades and unknown types do not enter the core from a feed; what it says of its link is for those who watch it.
bool FeedReader::fits(const bl_event* e) noexcept {
  if (!loader::well_formed(e)) {
    malformed_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  if (e->type == BL_EV_BAR || e->type == BL_EV_QUOTE || e->type == BL_EV_OBSERVATION) return true;
  if (e->type == BL_EV_LINK) {
    const auto& link = *reinterpret_cast<const bl_link*>(e);
    constexpr std::uint32_t data = 1, up = 1;
    if (e->instrument == 0 && (link.scope == 0 || (link.scope & data) != 0)) says_stale_.store(link.state != up, std::memory_order_relaxed);
    return false;
  }
  ignored_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bl_status FeedReader::take(void* ctx, const bl_event* e) noexcept {
  const auto& taker = *static_cast<Taker*>(ctx);
  if (!taker.reader->fits(e)) return loader::well_formed(e) ? BL_OK : BL_E_INVALID;
  if (taker.batch->size() == taker.batch->capacity()) return BL_E_AGAIN;
  copy_to(taker.batch->emplace_back(), *e);
  return BL_OK;
}

Error wrong_interval(const std::string& instance, std::int64_t bar_ns, std::int64_t interval_ns) {
  const auto seconds = [](std::int64_t ns) {
    const std::int64_t ms = ns / 1'000'000;
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
  };
  return {"FEED_INTERVAL", "instance " + instance + ": gave a bar of " + seconds(bar_ns) + ", and the run's interval is " +
                               seconds(interval_ns) + ": set `interval` to the length of the feed's bars, or give it others"};
}

FeedReader::FeedReader(loader::FeedInstance& feed, std::function<std::int64_t()> clock, std::function<void()> waker, InstanceServices* ears)
    : feed_(feed), clock_(std::move(clock)), waker_(std::move(waker)), ears_(ears != nullptr && feed.has_on_event() ? ears : nullptr) {
  if (ears_ == nullptr) return;
  ears_->on_wake = [this] {
    wake_.store(true, std::memory_order_release);
    ring_bell();
  };
  ears_->on_publish = [this] { ring_bell(); };
}

FeedReader::~FeedReader() { stop(); }

FeedReader::State FeedReader::state() const {
  const std::scoped_lock hold(lock_);
  return !failure_.code.empty() ? State::failed : ended_ ? State::ended : State::delivering;
}

std::size_t FeedReader::waiting() const {
  const std::scoped_lock hold(lock_);
  return full_.size();
}

void FeedReader::start() {
  if (ears_ != nullptr) ears_->listen([this] { ring_bell(); });
  thread_ = std::thread([this] { run(); });
}

void FeedReader::stop() {
  {
    const std::scoped_lock hold(lock_);
    stopping_ = true;
  }
  room_.notify_all();
  stop_wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (ears_ != nullptr) ears_->listen({});
}

void FeedReader::ring_bell() {
  {
    const std::scoped_lock hold(lock_);
    rung_ = true;
  }
  stop_wake_.notify_one();
}

void FeedReader::run() {
  delivered_ns_.store(clock_(), std::memory_order_relaxed);
  for (Batch batch; make_room(batch);) {
    hear();
    if (broken_ || !pull(batch)) break;
    const std::int64_t wait = nap();
    if (wait <= 0) continue;
    std::unique_lock hold(lock_);
    stop_wake_.wait_for(hold, std::chrono::nanoseconds(wait), [this] { return stopping_ || rung_; });
    rung_ = false;
  }
  if (ears_ == nullptr) return;
  // Whatever it asked for has an answer, also when the run ends.
  if (NetPort* net = ears_->net()) {
    net->close();
    net->drain([this](const bl_event& e) { tell(e); });
  }
}

// Once full it sleeps until most is used up: to wake a thread costs the core as much as dozens of bars do.
bool FeedReader::make_room(Batch& batch) {
  std::unique_lock hold(lock_);
  if (full_.size() >= most_batches) room_.wait(hold, [this] { return stopping_ || full_.size() <= few_batches; });
  if (stopping_) return false;
  hold.unlock();
  batch.clear();
  batch.reserve(batch_size);
  return true;
}

// What came first is heard first: a timer that watches for silence must not fire before what has broken it.
void FeedReader::hear() {
  if (ears_ == nullptr) return;
  if (NetPort* net = ears_->net()) net->drain([this](const bl_event& e) { tell(e); });
  fire_timers();
  if (!broken_ && wake_.exchange(false, std::memory_order_acq_rel)) feed_.on_wake();
  take_heard();
}

void FeedReader::tell(const bl_event& event) {
  if (broken_) return;
  const bl_sink sink = sink_to(ears_->inbox, [](void* ctx, const bl_event* e) noexcept -> bl_status {
    try {
      return e != nullptr && static_cast<EventInbox*>(ctx)->put(*e) ? BL_OK : BL_E_INVALID;
    } catch (...) {
      return BL_E_INTERNAL;
    }
  });
  const bl_status status = feed_.on_event(event, sink);
  if (status >= 0) return;
  broken_ = true;
  if (feed_.state() != loader::State::Failed) put_failure("feed.on_event", status, bl_error{});  // else it has said why itself
}

// Those due now, each once: one that arms itself anew in the past waits for the next turn.
void FeedReader::fire_timers() {
  const std::int64_t now = clock_();
  std::vector<std::pair<std::int64_t, std::uint64_t>> due;
  for (const auto& [id, t] : ears_->timers())
    if (t.due <= now) due.emplace_back(t.due, id);
  std::sort(due.begin(), due.end());
  for (const auto& [at, id] : due) {
    const auto still = ears_->timers().find(id);
    if (broken_ || still == ears_->timers().end() || still->second.due != at) continue;
    ears_->fired(id, now);
    bl_timer e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_TIMER;
    e.h.flags = 4;  // the core does not record it
    e.h.ts_event = at;
    e.h.ts_recv = now;
    e.timer = id;
    tell(e.h);
  }
}

// Known is what the core has no earlier than what came before it, and not in the future: events of a peer bear times of many clocks.
void FeedReader::take_heard() {
  if (!ears_->inbox->some()) return;
  const std::int64_t now = clock_();
  heard_.clear();
  ears_->inbox->drain([&](const bl_event& e) {
    if (!fits(&e)) return;
    MarketEvent& slot = heard_.emplace_back();
    copy_to(slot, e);
    if (slot.h.ts_recv <= 0 || slot.h.ts_recv > now + most_ahead) slot.h.ts_recv = now;
    slot.h.ts_recv = last_ns_ = std::max(slot.h.ts_recv, last_ns_);
  });
  hand_over(heard_);
}

bool FeedReader::pull(Batch& batch) {
  if (!feed_.pulled()) return true;
  Taker taker{this, &batch};
  const bl_sink sink = sink_to(&taker, take);
  next_ns_ = 0;
  bl_error why{};
  const bl_status status = feed_.pull(batch_size, sink, next_ns_, why);
  if (ears_ != nullptr) take_heard();  // published in between
  hand_over(batch);
  more_ = status >= 0;
  if (status >= 0 || status == BL_E_AGAIN) return true;
  if (status == BL_E_NOT_FOUND) {
    const std::scoped_lock hold(lock_);
    ended_ = true;
  } else {
    put_failure("feed.pull", status, why);
  }
  waker_();
  return false;
}

// Few events at a time would fill the places with batches of one.
void FeedReader::hand_over(Batch& batch) {
  if (batch.empty()) return;
  delivered_ns_.store(clock_(), std::memory_order_relaxed);
  {
    const std::scoped_lock hold(lock_);
    if (!full_.empty() && full_.back().size() + batch.size() <= batch_size) {
      full_.back().insert(full_.back().end(), batch.begin(), batch.end());
      batch.clear();
    } else {
      full_.push_back(std::move(batch));
      batch = Batch{};
      if (!spare_.empty()) {
        batch = std::move(spare_.front());
        spare_.pop_front();
        batch.clear();
      }
    }
  }
  waker_();
}

void FeedReader::put_failure(std::string_view call, bl_status status, const bl_error& why) {
  {
    const std::scoped_lock hold(lock_);
    failure_ = feed_.status_error("PLUGIN_CALL_FAILED", call, status, why);
    failure_.code = "FEED_FAILED";  // data, not the plugin, is what a person looks at first
  }
  waker_();
}

/// How long nothing is to be done; 0: something is.
std::int64_t FeedReader::nap() const {
  const std::int64_t now = clock_();
  std::int64_t wait = longest_wait;
  if (feed_.pulled()) wait = more_ ? 0 : std::clamp<std::int64_t>(next_ns_ - now, 0, longest_wait);
  if (ears_ != nullptr)
    for (const auto& [id, t] : ears_->timers()) wait = std::min(wait, std::max<std::int64_t>(t.due - now, 0));
  return wait;
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
    if (current_.capacity() != 0 && spare_.size() < most_batches) spare_.push_back(std::move(current_));
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
