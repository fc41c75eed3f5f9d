#include "services/runtime/pipeline.hpp"

#include <chrono>

namespace bowline::services {

Pipeline::Pipeline(PipelineParts parts) : p_(std::move(parts)), seen_(p_.instruments + 1) {}

void Pipeline::stop() noexcept {
  stop_.store(true, std::memory_order_release);
  wake();
}

void Pipeline::wake() noexcept {
  {
    const std::scoped_lock hold(lock_);
    rung_ = true;
  }
  arrived_.notify_one();
}

bool Pipeline::post(std::function<void()> work) {
  {
    const std::scoped_lock hold(lock_);
    if (over_) return false;
    posted_.push_back(std::move(work));
    rung_ = true;
    // Under the lock: what was accepted before the end must be seen by the last look, after it.
    has_posted_.store(true, std::memory_order_release);
  }
  arrived_.notify_one();
  return true;
}

void Pipeline::run_posted() {
  if (!has_posted_.load(std::memory_order_acquire)) return;
  std::vector<std::function<void()>> work;
  {
    const std::scoped_lock hold(lock_);
    work.swap(posted_);
    has_posted_.store(false, std::memory_order_release);
  }
  for (const auto& w : work) w();
  pump();
  p_.sink->end_step(closed_);
}

void Pipeline::wait() {
  std::unique_lock hold(lock_);
  arrived_.wait_for(hold, std::chrono::milliseconds(200), [this] { return rung_; });
  rung_ = false;
}

void Pipeline::pump() {
  do {
    p_.broker_inbox->drain([this](const bl_event& e) { p_.execution->on_broker_event(e); });
  } while (p_.broker->wake());
  p_.broker_inbox->drain([this](const bl_event& e) { p_.execution->on_broker_event(e); });
}

bool Pipeline::failed() {
  for (const Listener& l : p_.listeners)
    if (l.services->has_failed()) {
      error_ = Error{"INSTANCE_FAILED", "a plugin instance failed: the log says which and why"};
      return true;
    }
  return false;
}

RunEnd Pipeline::run() {
  const RunEnd end = turn();
  {
    const std::scoped_lock hold(lock_);
    over_ = true;
  }
  run_posted();  // what was accepted before is answered
  return end;
}

RunEnd Pipeline::turn() {
  std::uint64_t turns = 0;
  for (;;) {
    run_posted();
    if (stop_.load(std::memory_order_acquire)) return RunEnd::stopped;  // half a step decides nothing
    if ((++turns & 0xfff) == 0 && beat) beat();
    // The earliest front of all feeds, by (time known, configuration position). While one feed's front is not known
    // yet nothing can be said to be the earliest.
    FeedReader* best = nullptr;
    const MarketEvent* next = nullptr;
    bool waiting = false;
    for (FeedReader* feed : p_.feeds) {
      const MarketEvent* e = nullptr;
      switch (feed->front(e)) {
        case FeedReader::Front::event:
          if (next == nullptr || e->h.ts_recv < next->h.ts_recv) {
            next = e;
            best = feed;
          }
          break;
        case FeedReader::Front::nothing_yet: waiting = true; break;
        case FeedReader::Front::ended: break;
        case FeedReader::Front::failed:
          if (open_ != 0) close_step();
          error_ = feed->error();
          return RunEnd::feed_failed;
      }
    }
    if (waiting) {
      if (failed()) return RunEnd::instance_failed;
      if (beat) beat();
      wait();
      continue;
    }
    if (next == nullptr) {
      if (open_ != 0) close_step();
      return RunEnd::end_of_data;
    }
    if (open_ != 0 && next->h.ts_recv > open_) {
      close_step();
      if (failed()) return RunEnd::instance_failed;
      continue;  // commands and timers come between two steps
    }
    fire_timers(next->h.ts_recv);
    const MarketEvent event = *next;
    best->pop();
    handle(event);
    if (open_ != 0 && seen_count_ == p_.instruments) {
      close_step();
      if (failed()) return RunEnd::instance_failed;
    }
  }
}

// Timers due before the next event fire now, in the order of (due, configuration position, id). Engine time stands at 0
// until the first event: what was armed before it is overdue by decades then and fires once, not once a period.
void Pipeline::fire_timers(core::Nanos before) {
  if (p_.facts->engine_ns.load(std::memory_order_relaxed) == 0) p_.facts->engine_ns.store(before, std::memory_order_relaxed);
  for (;;) {
    Listener* first = nullptr;
    std::uint64_t id = 0;
    std::int64_t due = before;
    for (Listener& l : p_.listeners)
      for (const auto& [timer, t] : l.services->timers())
        if (t.due < due) {
          first = &l;
          id = timer;
          due = t.due;
        }
    if (first == nullptr) return;
    auto& timers = first->services->timers();
    const core::Nanos now = std::max(due, p_.facts->engine_ns.load(std::memory_order_relaxed));
    if (const auto it = timers.find(id); it->second.period > 0)
      it->second.due += it->second.period * (1 + (now - due) / it->second.period);
    else
      timers.erase(it);
    p_.facts->engine_ns.store(now, std::memory_order_relaxed);
    bl_timer e{};
    e.h.size = sizeof e;
    e.h.type = BL_EV_TIMER;
    e.h.id = ++events_;
    e.h.ts_event = due;
    e.h.ts_recv = now;
    e.timer = id;
    if (first->timer) first->timer(e.h);
    pump();
  }
}

void Pipeline::handle(MarketEvent event) {
  event.h.id = ++events_;
  if (event.h.ts_recv > p_.facts->engine_ns.load(std::memory_order_relaxed))
    p_.facts->engine_ns.store(event.h.ts_recv, std::memory_order_relaxed);
  switch (event.h.type) {
    case BL_EV_BAR: on_bar(event.bar); break;
    case BL_EV_QUOTE:
      p_.execution->on_quote(event.quote);
      pump();
      p_.generator->on_event(event.h);
      break;
    default: p_.generator->on_event(event.h); break;
  }
  for (const Listener& l : p_.listeners)
    if (l.market) l.market(event.h);
}

void Pipeline::on_bar(bl_bar& bar) {
  if (bar.h.instrument == 0 || bar.h.instrument > p_.instruments || bar.is_final == 0) return;
  const core::Nanos t = bar.h.ts_recv;
  if (first_ == 0) first_ = t;
  ++bars_;
  const bool replayed = (bar.h.flags & 1u) != 0;
  const bool late = bar.close_ns <= closed_ || (p_.max_bar_delay > 0 && t - bar.close_ns > p_.max_bar_delay);
  if (late) ++late_;
  const bool act = !late && !replayed;
  if (open_ == 0) open_ = t;
  p_.execution->on_bar(bar);
  pump();
  p_.generator->on_bar(bar, act);
  p_.rebalancer->on_event(bar.h);
  if (act) acted_ = true;
  // A late bar does not stand for the one in time, which would find its step closed.
  if (!late && !seen_[bar.h.instrument]) {
    seen_[bar.h.instrument] = true;
    ++seen_count_;
  }
}

void Pipeline::close_step() {
  const core::Nanos t = open_;
  const core::PortfolioView& view = p_.execution->publish(t);
  predictions_ = p_.generator->predict(t);
  if (acted_) {
    ++acted_steps_;
    targets_.clear();
    plan_.clear();
    changed_.clear();
    p_.bridge->decide(t, predictions_, view, targets_, changed_);
    const bool planned = p_.rebalancer->decide(t, predictions_, view, plan_);
    for (const core::InstrumentId id : changed_) p_.execution->action_changed(id);
    p_.execution->take_targets(targets_, false);
    if (planned) p_.execution->take_targets(plan_, true);
    p_.execution->trade(t);
    pump();
  }
  p_.execution->settle(t);
  p_.sink->end_step(t);
  ++steps_;
  closed_ = t;
  if (after_step) after_step(t, acted_);
  open_ = 0;
  acted_ = false;
  seen_count_ = 0;
  seen_.assign(seen_.size(), false);
}

}  // namespace bowline::services
