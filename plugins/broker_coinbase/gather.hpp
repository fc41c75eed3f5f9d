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

#include "later.hpp"

namespace bowline::broker_coinbase {

/// On the lane. What is added goes in that order.
template <class T>
class Gather {
 public:
  static constexpr std::size_t most_flying = 2, most_together = 50;
  /// One without an answer for so long does not hold the others up any longer.
  static constexpr std::int64_t patience_ns = 1'000'000'000;
  /// Asks for these; `answered` is called at least once, when the answer is there.
  using Ask = std::function<void(std::vector<T> wanted, std::function<void()> answered)>;

  Gather(Later& later, Ask ask) : later_(later), ask_(std::move(ask)) {}
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;

  void add(T wanted) {
    waiting_.push_back(std::move(wanted));
    go();
  }

 private:
  void go() {
    while (!waiting_.empty() && flying_ < most_flying) {
      const auto n = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), most_together));
      std::vector<T> wanted(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.begin() + n));
      waiting_.erase(waiting_.begin(), waiting_.begin() + n);
      ++flying_;
      const auto answered = [this, over = std::make_shared<bool>(false)] {
        if (std::exchange(*over, true)) return;
        --flying_;
        go();
      };
      later_.after(patience_ns, answered);
      ask_(std::move(wanted), answered);
    }
  }

  Later& later_;
  Ask ask_;
  std::vector<T> waiting_;
  std::size_t flying_ = 0;
};

}  // namespace bowline::broker_coinbase
