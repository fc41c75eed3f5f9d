#include "services/runtime/remote/follower_loop.hpp"

#include <algorithm>
#include <chrono>

namespace bowline::services {
namespace {
/// How long the owner of event time may take to end a run it was asked to end.
constexpr std::chrono::seconds patience{10};
}  // namespace

void FollowerLoop::add(Follower& follower) {
  follower.after_step = [this, f = &follower](core::Nanos t, bool acted) {
    if (f != followers_.front()) return;  // one tells for all: they are in the same step
    first_ = f->first_time();
    bars_ = f->bars();
    steps_ = f->steps();
    acted_steps_ += acted ? 1 : 0;
    closed_ = t;
    if (after_step) after_step(t, acted);
  };
  followers_.push_back(&follower);
}

void FollowerLoop::pump() {
  for (Follower* f : followers_) f->pump();
}

void FollowerLoop::pass_time(core::Nanos until) {
  for (Follower* f : followers_) f->pass_time(until);
}

bool FollowerLoop::serve() {
  if (!run_posted()) return false;
  pump();
  sink_.end_step(closed_);
  return true;
}

RunEnd FollowerLoop::run() {
  const RunEnd end = turn();
  close();
  serve();
  return end;
}

RunEnd FollowerLoop::turn() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point give_up{};
  for (;;) {
    if (!serve()) wait();
    tick();
    for (Follower* f : followers_)
      if (!f->error().code.empty()) {
        error_ = f->error();
        static_cast<void>(followers_.front()->ask_stop());  // without this role nobody gets any further
        return error_.code == "INSTANCE_FAILED" ? RunEnd::instance_failed : RunEnd::peer_failed;
      }
    if (std::all_of(followers_.begin(), followers_.end(), [](const Follower* f) { return f->finished(); }))
      return followers_.front()->end();
    if (!stopping()) continue;
    if (give_up == Clock::time_point{}) {
      // A role that leaves alone would hold up all the others: so the run ends, and this role with it.
      if (!followers_.front()->ask_stop()) return RunEnd::stopped;
      give_up = Clock::now() + patience;
    }
    if (stopping_at_once() || Clock::now() >= give_up) return RunEnd::stopped;
  }
}

}  // namespace bowline::services
