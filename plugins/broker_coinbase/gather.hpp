// What is asked for by itself while little is on its way, and together with others while more is: the venue's limit counts requests, and
// one of them may ask for many orders.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "kit.hpp"
#include "pace.hpp"

namespace bowline::broker_coinbase {

/// How what is alike is put together.
struct GatherLimits {
  std::size_t most_together = 50;  ///< of one request
  std::size_t most_flying = 2;     ///< requests under way; one more for what is urgent
  std::int64_t patience_ns = 1'000'000'000;  ///< one without an answer for so long does not hold the others up any longer
  std::uint32_t share = 8;   ///< its requests are one in so many of those that the key may make, once `at_once` have gone
  std::uint32_t at_once = 0;  ///< 0: half a second's worth, and whatever there is room for while less than `most_flying` of any kind are under way
};

/// On the lane. What is urgent goes first, else what was put in first.
template <class T>
class Gather {
 public:
  /// Asks for these, in the lane of exits if one of them is urgent; `answered` is called at least once, when the answer is there.
  using Ask = std::function<void(std::vector<T> wanted, std::uint32_t lane, std::function<void()> answered)>;

  Gather(Kit& kit, GatherLimits limits, Ask ask)
      : kit_(kit),
        limits_(limits),
        ask_(std::move(ask)),
        pace_(std::int64_t{limits.share} * 1'000'000'000 / std::max(kit.options.rate, 1u), limits.at_once != 0 ? limits.at_once : std::max(kit.options.rate / 2, 2u)) {}
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;

  void add(T wanted, std::uint32_t lane) {
    put(std::move(wanted), lane);
    go();
  }
  /// Goes with the next request, what is urgent before the others: call go() behind the last of them.
  void put(T wanted, std::uint32_t lane) {
    const auto behind = lane == lane_urgent ? std::find_if(waiting_.begin(), waiting_.end(), [](const Waiting& w) { return w.lane != lane_urgent; }) : waiting_.end();
    waiting_.insert(behind, {std::move(wanted), lane});
  }
  /// What waits already is urgent from now on: the first of which `is` says so.
  template <class Is>
  void raise(Is&& is) {
    const auto it = std::find_if(waiting_.begin(), waiting_.end(), [&is](const Waiting& w) { return w.lane != lane_urgent && is(w.wanted); });
    if (it == waiting_.end()) return;
    T wanted = std::move(it->wanted);
    waiting_.erase(it);
    add(std::move(wanted), lane_urgent);
  }
  void go() {
    while (!waiting_.empty()) {
      const std::size_t n = std::min(waiting_.size(), limits_.most_together);
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(n);
      const bool urgent = std::any_of(waiting_.begin(), end, [](const Waiting& w) { return w.lane == lane_urgent; });
      if (flying_ >= limits_.most_flying + (urgent ? 1 : 0)) return;  // an answer goes on
      const std::int64_t now = kit_.host.now_ns();
      if (limits_.at_once != 0 || kit_.session.outstanding() >= limits_.most_flying)
        if (const std::int64_t wait = pace_.take(now, urgent); wait > 0) return go_at(now + wait);
      std::vector<T> wanted;
      wanted.reserve(n);
      for (auto it = waiting_.begin(); it != end; ++it) wanted.push_back(std::move(it->wanted));
      waiting_.erase(waiting_.begin(), end);
      ++flying_;
      const auto answered = [this, over = std::make_shared<bool>(false)] {
        if (std::exchange(*over, true)) return;
        --flying_;
        go();
      };
      kit_.later.after(limits_.patience_ns, answered);
      ask_(std::move(wanted), urgent ? lane_urgent : lane_normal, answered);
    }
  }

 private:
  struct Waiting {
    T wanted;
    std::uint32_t lane;
  };
  void go_at(std::int64_t at_ns) {
    if (at_ns_ != 0 && at_ns_ <= at_ns) return;
    at_ns_ = at_ns;
    kit_.later.after(at_ns - kit_.host.now_ns(), [this, at_ns] {
      if (at_ns_ != at_ns) return;  // an earlier time took its place
      at_ns_ = 0;
      go();
    });
  }

  Kit& kit_;
  GatherLimits limits_;
  Ask ask_;
  Pace pace_;
  std::vector<Waiting> waiting_;
  std::size_t flying_ = 0;
  std::int64_t at_ns_ = 0;  ///< 0: no time was asked for
};

}  // namespace bowline::broker_coinbase
