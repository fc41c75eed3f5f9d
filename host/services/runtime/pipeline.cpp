#include "services/runtime/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "services/runtime/summary.hpp"

namespace bowline::services {

namespace {
constexpr std::int64_t second = 1'000'000'000;
/// How long followers are waited for once the run is to end: one that has gone must not hold the others.
constexpr std::int64_t patience = 5 * second;

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

Pipeline::Pipeline(PipelineParts parts) : p_(std::move(parts)), seen_(p_.instruments + 1), pump_([this] { pump(); }) {}

void Pipeline::go_on_after(core::Nanos settled, std::function<void(core::Nanos)> recalls, std::function<void()> ends) {
  settled_ = settled;
  recalls_ = std::move(recalls);
  history_ends_ = std::move(ends);
}

[[gnu::hot]] void Pipeline::pump() {
  if (p_.others_pump) p_.others_pump();
  if (p_.broker == nullptr) return;
  p_.execution->release(p_.facts->engine_ns.load(std::memory_order_relaxed));
  // Asked several times a step: nearly always there is nothing to hear.
  if (!p_.broker_inbox->some() && !p_.broker->wants_wake()) return;
  pump_broker(*p_.broker, *p_.broker_inbox, *p_.execution);
}

[[gnu::hot]] void Pipeline::pass_time(core::Nanos until) {
  if (p_.facts->timers.load(std::memory_order_relaxed) == 0 && p_.facts->engine_ns.load(std::memory_order_relaxed) != 0) return;
  fire_timers(p_.listeners, *p_.facts, until, events_, pump_);
}

[[gnu::hot]] bool Pipeline::serve() {
  if (!run_posted()) return false;
  pump();
  p_.sink->end_step(closed_);
  return true;
}

[[gnu::hot]] bool Pipeline::failed() {
  if (!p_.facts->some_failed.load(std::memory_order_acquire) && !p_.fault) return false;  // asked at every step
  if (p_.fault)
    if (Error why = p_.fault(); !why.code.empty()) {
      error_ = std::move(why);
      return true;
    }
  for (const Listener& l : p_.listeners)
    if (l.services->has_failed()) {
      error_ = l.services->failure();
      if (error_.code.empty()) error_ = Error{"INSTANCE_FAILED", "a plugin instance failed: the log says which and why"};
      return true;
    }
  return false;
}

RunEnd Pipeline::run() {
  const RunEnd end = turn();
  wait_for_followers(end);
  close();
  serve();  // what was accepted before is answered
  while ((end == RunEnd::end_of_data || tape_ended_) && repeats && repeats(nullptr)) {
  }
  return end;
}

bool Pipeline::timer_due(core::Nanos before) const noexcept {
  if (p_.facts->timers.load(std::memory_order_relaxed) == 0) return false;
  return std::any_of(p_.listeners.begin(), p_.listeners.end(), [before](const Listener& l) {
    if (l.services->by_clock()) return false;
    const auto& timers = l.services->timers();
    return std::any_of(timers.begin(), timers.end(), [before](const auto& t) { return t.second.due < before; });
  });
}

// Of bars that come late, or are recalled, nothing is decided: they wait as they always did.
bool Pipeline::step_is_over(core::Nanos now) const noexcept { return open_ != 0 && acted_ && !history(open_) && now - open_ >= second; }

void Pipeline::tick_of_clock(core::Nanos now, bool recorded) {
  auto& engine = p_.facts->engine_ns;
  const bool moves = now > engine.load(std::memory_order_relaxed), over = step_is_over(now);
  p_.execution->tick_begins(now, recorded || over || timer_due(now));
  fire_timers(p_.listeners, *p_.facts, now, events_, pump_);
  engine.store(std::max(now, engine.load(std::memory_order_relaxed)), std::memory_order_relaxed);
  if (over) close_step();
  p_.execution->tick();
  pump();
  const bool came = p_.execution->tick_ends();
  ticked_ = std::max(ticked_, now);
  if (came) silent_ = 0;
  else if (moves) silent_ = now;  // where events had moved time already they do so again
  if (came) p_.sink->end_step(closed_);
}

// The wall clock; but where that was set back engine time is ahead of it, never goes back, and goes on at half its pace until
// the wall has caught up: else what waits for its time would wait for as long as the clock was wrong.
core::Nanos Pipeline::clock_now() {
  const std::int64_t wall = p_.clock(), passed = wall_ == 0 ? 0 : std::max<std::int64_t>(0, wall - wall_);
  const core::Nanos ahead = std::max(clock_, core::Nanos{p_.facts->engine_ns.load(std::memory_order_relaxed)});
  wall_ = wall;
  return clock_ = wall >= ahead ? wall : ahead + passed / 2;
}

// What trade-execution counts, and by which a tick's place is told.
bool Pipeline::hears(const MarketEvent& e) const noexcept {
  return e.h.type == BL_EV_BAR ? usable(e.bar, p_.instruments) : e.h.type == BL_EV_QUOTE && usable(e.quote, p_.instruments);
}

// A feed that tells what happens now has nothing of before the restart, and one that is down gives nothing at all: what an
// earlier process left to be done does not wait for it.
bool Pipeline::nothing_to_recall() {
  const std::int64_t now = steady_ns();
  if (quiet_since_ == 0) quiet_since_ = now;
  return now - quiet_since_ >= p_.feed_patience;
}

// Where time is real what is resumed then is resumed now, however long ago the last step was: what is sent with the time of
// that step would not leave any more.
void Pipeline::end_history(core::Nanos now) {
  if (open_ != 0) close_step();
  const auto ends = std::exchange(history_ends_, nullptr);
  if (!p_.clock || p_.execution == nullptr) return ends();
  auto& engine = p_.facts->engine_ns;
  engine.store(std::max(now, engine.load(std::memory_order_relaxed)), std::memory_order_relaxed);
  ticked_ = now;
  p_.execution->tick_begins(now, true);
  ends();
  static_cast<void>(p_.execution->tick_ends());
  p_.sink->end_step(closed_);
}

// What is due is done once in each second of engine time, whatever moves that: the clock while no event is there to be taken
// (`next` is null) or what comes is long over, else the events. Whether it was. While an earlier process's steps are recalled
// there is only waited for the end of that.
bool Pipeline::look_at_clock(const MarketEvent* next) {
  if (!p_.clock || p_.execution == nullptr) return false;
  const core::Nanos known = p_.facts->engine_ns.load(std::memory_order_relaxed);
  if (history_ends_) {
    if (next != nullptr || !nothing_to_recall()) return false;
    end_history(clock_now());
    return true;
  }
  if (known == 0) return false;
  if (ticked_ == 0) ticked_ = known;
  core::Nanos now = known;
  if (next == nullptr || next->h.ts_recv + second <= known) {
    const core::Nanos clock = clock_now();
    now = std::max(known, clock - clock % second);
  } else if (next->h.ts_recv == known && hears(*next)) {
    return false;  // it belongs to this moment
  }
  if (now / second <= ticked_ / second) return false;
  tick_of_clock(now, false);
  return true;
}

bool Pipeline::patience_over() {
  if (stopping_at_once()) return true;
  if (patience_ends_ == 0) patience_ends_ = steady_ns() + patience;
  return steady_ns() >= patience_ends_;
}

// The barrier of trading rules 4.4: nothing of t+1 before everybody has settled t.
[[gnu::hot]] bool Pipeline::followers_settled() { return p_.market == nullptr || p_.market->settled(closed_); }

// The last step is settled and everybody knows that it was the last one, or has gone.
void Pipeline::wait_for_followers(RunEnd end) {
  if (p_.market == nullptr) return;
  const bool orderly = end == RunEnd::end_of_data;
  while (!followers_settled() && !(orderly && !stopping() ? failed() : patience_over())) {
    tick();
    if (!serve()) wait();
  }
  p_.market->end(end, closed_);
  patience_ends_ = 0;
  while (!p_.market->all_left() && !patience_over())
    if (!serve()) wait();
}

// In the order in which the recorded run took them, whoever told them and whatever their times are. Nothing is given while there
// is one, and when the data have ended; else how it all ends here.
std::optional<RunEnd> Pipeline::front_of_tape(MarketEvent*& next) {
  using Front = store::MarketTape::Front;
  const Front front = p_.tape->front(next);
  if (front == Front::event) return std::nullopt;
  tape_ended_ = front == Front::ended;
  if (!tape_ended_) return RunEnd::stopped;  // what came next may have belonged to the open step
  const store::MarketEnd& end = p_.tape->end();
  if (end.how == to_string(RunEnd::end_of_data)) return std::nullopt;
  if (end.how != to_string(RunEnd::feed_failed)) return RunEnd::stopped;
  error_ = Error{end.code, end.why};
  return RunEnd::feed_failed;
}

[[gnu::hot]] inline void Pipeline::record(const FeedReader* feed, const MarketEvent& event) {
  if (p_.recorder == nullptr) return;
  const auto at = std::find(p_.feeds.begin(), p_.feeds.end(), feed);
  p_.recorder->take(static_cast<std::uint32_t>(at - p_.feeds.begin()), event, p_.journal->rows());
}

[[gnu::hot]] RunEnd Pipeline::turn() {
  std::uint64_t turns = 0;
  bool looked = false;
  for (;;) {
    serve();
    if (!followers_settled() && !(stopping() && patience_over())) {
      if (failed()) return end_of_failure();
      tick();
      wait();
      continue;
    }
    if (stopping()) return RunEnd::stopped;  // half a step decides nothing
    if ((++turns & 0xfff) == 0) tick();
    // The earliest front of all feeds, by (time known, configuration position). While one feed's front is not known
    // yet nothing can be said to be the earliest.
    FeedReader* best = nullptr;
    MarketEvent* next = nullptr;
    bool waiting = false;
    for (FeedReader* feed : p_.feeds) {
      MarketEvent* e = nullptr;
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
    if (p_.tape != nullptr) {
      if (const auto end = front_of_tape(next)) {
        if (tape_ended_ && repeats && repeats(nullptr)) continue;
        if (*end == RunEnd::feed_failed && open_ != 0) close_step();
        return *end;
      }
    }
    // By the clock it is known when nothing earlier can be meant to come any more: a mute feed does not hold up the others.
    if (waiting && next != nullptr && p_.clock && next->h.ts_recv + second <= clock_now()) waiting = false;
    if (waiting) {
      if (failed()) return end_of_failure();
      if (next == nullptr) look_at_clock(nullptr);  // else it is taken in a moment, and moves time itself
      tick();
      wait();
      timed_ = static_cast<bool>(predicted);
      continue;
    }
    if (repeats && repeats(next != nullptr ? &next->h : nullptr)) continue;
    if (next != nullptr && !looked) {
      looked = true;  // once an event: a clock that runs fast does not keep it from being taken
      if (look_at_clock(next)) continue;
    }
    if (next == nullptr) {
      if (open_ != 0) close_step();
      // All of it was settled before the restart: what is left to do at the end is no history.
      if (history_ends_) end_history(p_.facts->engine_ns.load(std::memory_order_relaxed));
      return RunEnd::end_of_data;
    }
    if (open_ != 0 && next->h.ts_recv > open_) {
      close_step();
      if (failed()) return end_of_failure();
      continue;  // commands and timers come between two steps
    }
    if (next->h.type == BL_EV_BAR && usable(next->bar, p_.instruments) && next->bar.close_ns - next->bar.open_ns != p_.interval) {
      // What is half begun is not decided: with bars of another length nothing of it can be trusted.
      record(best, *next);
      error_ = wrong_interval(best != nullptr ? best->id() : p_.tape->feed(), next->bar.close_ns - next->bar.open_ns, p_.interval);
      return RunEnd::feed_failed;
    }
    if (silent_ != 0) {
      // It had been received before that tick, which had no row: now something comes of it.
      if (next->h.ts_recv < silent_) p_.execution->time_moved(silent_);
      silent_ = 0;
    }
    record(best, *next);
    pass_time(next->h.ts_recv);
    if (best != nullptr) best->pop();
    else p_.tape->pop();
    looked = false;
    if (timed_) last_event_ns_ = steady_ns();
    const std::uint64_t bars_before = bars_;
    handle(*next);
    if (best != nullptr) {
      if (bars_ != bars_before) ++best->bars;
      else if (next->h.type == BL_EV_BAR || (next->h.type == BL_EV_QUOTE && !usable(next->quote, p_.instruments))) ++best->unusable;
    }
    if (open_ != 0 && seen_count_ == p_.instruments) {
      close_step();
      if (failed()) return end_of_failure();
    }
  }
}

[[gnu::hot]] void Pipeline::handle(MarketEvent& event) {
  event.h.id = ++events_;
  quiet_since_ = 0;
  if (history(event.h.ts_recv)) {
    if (recalls_) recalls_(event.h.ts_recv);
    if (event.h.type == BL_EV_BAR) recall(event.bar);
    else if (event.h.type == BL_EV_QUOTE && usable(event.quote, p_.instruments)) p_.execution->recall_quote(event.quote);
    if (event.h.type != BL_EV_BAR) p_.generator->on_event(event.h);
    p_.execution->recall_positions(event.h.ts_recv);
    event.h.flags |= 1u;  // to the rules it is history: what they wanted of it then is in the journal
    for (const Listener& l : p_.listeners)
      if (l.market) l.market(event.h);
    return;
  }
  if (history_ends_) end_history(std::max(event.h.ts_recv, p_.facts->engine_ns.load(std::memory_order_relaxed)));
  if (event.h.ts_recv > p_.facts->engine_ns.load(std::memory_order_relaxed))
    p_.facts->engine_ns.store(event.h.ts_recv, std::memory_order_relaxed);
  if (p_.market != nullptr) p_.market->event(event);
  switch (event.h.type) {
    case BL_EV_BAR: on_bar(event.bar); break;
    case BL_EV_QUOTE:
      if (!usable(event.quote, p_.instruments)) return;
      if (p_.execution != nullptr) p_.execution->on_quote(event.quote);
      pump();
      p_.generator->on_event(event.h);
      break;
    default: p_.generator->on_event(event.h); break;
  }
  for (const Listener& l : p_.listeners)
    if (l.market) l.market(event.h);
}

[[gnu::hot]] bool Pipeline::is_late(const bl_bar& bar, core::Nanos known) const noexcept {
  return bar.close_ns <= closed_ || (p_.max_bar_delay > 0 && known - bar.close_ns > p_.max_bar_delay);
}

[[gnu::hot]] void Pipeline::on_bar(bl_bar& bar) {
  if (!usable(bar, p_.instruments)) return;
  const core::Nanos t = bar.h.ts_recv;
  if (first_ == 0) first_ = t;
  ++bars_;
  const bool replayed = (bar.h.flags & 1u) != 0;
  // Engine time is beyond what the feed says of when it had the bar where the clock has moved it: the later one counts.
  const bool late = is_late(bar, p_.facts->engine_ns.load(std::memory_order_relaxed));
  if (late) ++late_;
  const bool act = !late && !replayed;
  if (open_ == 0) open_ = t;
  if (p_.execution != nullptr) p_.execution->on_bar(bar);
  pump();
  p_.generator->on_bar(bar, act);
  if (p_.rebalancer != nullptr) p_.rebalancer->on_event(bar.h);
  if (act) acted_ = true;
  // A late bar does not stand for the one in time, which would find its step closed.
  if (!late && !seen_[bar.h.instrument]) {
    seen_[bar.h.instrument] = true;
    ++seen_count_;
  }
}

// A bar of a step that was settled before the restart: features, models and prices learn from it, nothing is done.
void Pipeline::recall(bl_bar& bar) {
  if (!usable(bar, p_.instruments)) return;
  if (open_ == 0) open_ = bar.h.ts_recv;
  ++bars_;
  p_.execution->recall_bar(bar);
  const bool late = is_late(bar, bar.h.ts_recv);
  if (late) ++late_;
  if (first_ == 0) first_ = bar.h.ts_recv;
  p_.generator->on_bar(bar, !late && (bar.h.flags & 1u) == 0);
  if (p_.rebalancer != nullptr) p_.rebalancer->on_event(bar.h);
  if (!late) acted_ = true;
  if (!late && !seen_[bar.h.instrument]) {
    seen_[bar.h.instrument] = true;
    ++seen_count_;
  }
}

[[gnu::hot]] void Pipeline::decide(core::Nanos t, const core::PortfolioView& view) {
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

[[gnu::hot]] void Pipeline::predict(core::Nanos t) {
  predictions_ = p_.generator->predict(t);
  if (timed_ && last_event_ns_ != 0) predicted_ns_ = steady_ns();
}

[[gnu::hot]] void Pipeline::close_step() {
  const core::Nanos t = open_;
  if (history(t)) {
    predict(t);
    if (acted_) {
      p_.bridge->recall(predictions_);
      p_.rebalancer->recall(predictions_);
    }
  } else if (p_.execution != nullptr) {
    const core::PortfolioView& view = p_.execution->publish(t);
    if (p_.events != nullptr) p_.events->portfolio(t, view);
    predict(t);
    if (p_.market != nullptr) p_.market->close(t, acted_, predictions_);
    if (acted_) decide(t, view);
    p_.execution->settle(t);
    if (acted_ && p_.generator->explains()) p_.generator->explain(p_.execution->ordered());
  } else {
    // v(t) is made elsewhere at the same time: what the signals say does not depend on it.
    predict(t);
    p_.market->close(t, acted_, predictions_);
    if (acted_ && p_.generator->explains()) p_.generator->explain({});
  }
  if (timed_ && predicted_ns_ != 0) predicted(static_cast<double>(predicted_ns_ - last_event_ns_) * 1e-9);
  p_.sink->end_step(t);
  ++steps_;
  // Where data are waited for every step is timed. A replay at full speed would feel the clock: there it is each 64th.
  timed_ = predicted && (steps_ & 63) == 0;
  predicted_ns_ = last_event_ns_ = 0;
  acted_steps_ += acted_ ? 1 : 0;
  closed_ = t;
  if (after_step) after_step(t, acted_);
  open_ = 0;
  acted_ = false;
  seen_count_ = 0;
  std::fill(seen_.begin(), seen_.end(), false);
}

}  // namespace bowline::services
