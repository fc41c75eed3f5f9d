// What is to be done at a later time of the host's: one timer of its for all of it; and how long to wait before something is tried again.
#pragma once

#include <algorithm>
#include <bowline/services.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace bowline::broker_coinbase {

/// On the lane. What is due at one moment runs in the order in which it was asked for.
class Later {
 public:
  static constexpr std::uint64_t timer_id = 1;
  explicit Later(const Host& host) noexcept : host_(host) {}

  void after(std::int64_t wait_ns, std::function<void()> work) {
    due_.emplace(host_.now_ns() + std::max<std::int64_t>(wait_ns, 0), std::move(work));
    arm();
  }
  /// At BL_EV_TIMER. What is asked for meanwhile waits for its own time, even if that is now.
  void run() {
    armed_ns_ = 0;
    const std::int64_t now = host_.now_ns();
    std::multimap<std::int64_t, std::function<void()>> mature;
    while (!due_.empty() && due_.begin()->first <= now) mature.insert(mature.end(), due_.extract(due_.begin()));
    for (auto& [at, work] : mature) work();
    arm();
  }
  void clear() noexcept { due_.clear(); }
  std::size_t waiting() const noexcept { return due_.size(); }

 private:
  void arm() {
    if (due_.empty() || (armed_ns_ != 0 && armed_ns_ <= due_.begin()->first)) return;
    const auto* timer = host_.service<bl_timer_v1>(BL_SVC_TIMER);
    if (timer == nullptr) return;
    armed_ns_ = due_.begin()->first;
    timer->arm(host_.raw_host().ctx, timer_id, armed_ns_, 0);
  }
  const Host& host_;
  std::multimap<std::int64_t, std::function<void()>> due_;
  std::int64_t armed_ns_ = 0;
};

/// Doubles from wait to wait, up to a limit, and takes between the half and the whole of it: drawn from a seeded row, so that a run
/// repeated waits alike, and two instances do not knock together.
class Backoff {
 public:
  Backoff(std::uint64_t seed, std::int64_t first_ns, std::int64_t most_ns) noexcept : state_(seed), first_ns_(first_ns), most_ns_(most_ns) {}
  /// `tries`: how many there were, at least 1.
  std::int64_t wait_ns(std::uint32_t tries) noexcept {
    std::int64_t whole = first_ns_;
    for (std::uint32_t i = 1; i < tries && whole < most_ns_; ++i) whole *= 2;
    whole = std::min(whole, most_ns_);
    return whole / 2 + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(whole / 2 + 1));
  }

 private:
  std::uint64_t next() noexcept {  // splitmix64
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
  std::int64_t first_ns_, most_ns_;
};

}  // namespace bowline::broker_coinbase
