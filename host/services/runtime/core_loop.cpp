#include "services/runtime/core_loop.hpp"

#include <chrono>

namespace bowline::services {

void CoreLoop::stop() noexcept {
  stops_.fetch_add(1, std::memory_order_acq_rel);
  wake();
}

void CoreLoop::wake() noexcept {
  {
    const std::scoped_lock hold(lock_);
    rung_ = true;
  }
  arrived_.notify_one();
}

bool CoreLoop::post(std::function<void()> work) {
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

[[gnu::hot]] bool CoreLoop::run_posted() {
  if (!has_posted_.load(std::memory_order_acquire)) return false;
  std::vector<std::function<void()>> work;
  {
    const std::scoped_lock hold(lock_);
    work.swap(posted_);
    has_posted_.store(false, std::memory_order_release);
  }
  for (const auto& w : work) w();
  return !work.empty();
}

void CoreLoop::wait() {
  std::unique_lock hold(lock_);
  arrived_.wait_for(hold, std::chrono::milliseconds(200), [this] { return rung_; });
  rung_ = false;
}

std::size_t CoreLoop::waiting() const {
  const std::scoped_lock hold(lock_);
  return posted_.size();
}

void CoreLoop::close() {
  closed_to_all_.store(true, std::memory_order_release);
  const std::scoped_lock hold(lock_);
  over_ = true;
}

}  // namespace bowline::services
