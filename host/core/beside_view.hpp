// A portfolio view with orders in it that are not made yet: what a rule is shown to be asked what would be. It borrows the
// view it was made of, which must stand.
#pragma once

#include <bowline/decimal.hpp>
#include <deque>
#include <vector>

#include "core/types.hpp"

namespace bowline::core {

class BesideView {
  const bl_portfolio& base_;
  bl_portfolio head_;
  std::deque<bl_intent> intents_;   // rows stay where they are: they are pointed to
  std::deque<bl_working> rows_;
  std::vector<const bl_working*> shown_;

 public:
  explicit BesideView(const bl_portfolio& base) : base_(base), head_(base) {}
  BesideView(const BesideView&) = delete;
  BesideView& operator=(const BesideView&) = delete;

  /// One more order, in flight; `qty` of it.
  void add(const bl_intent& intent, Decimal qty) {
    if (rows_.empty()) shown_.assign(base_.working, base_.working + base_.n_working);
    bl_intent& i = intents_.emplace_back(intent);
    i.qty = qty.raw();
    bl_working& w = rows_.emplace_back();
    w.size = sizeof w;
    w.state = BL_S_PENDING;
    w.intent = &i;
    w.cum_qty = Decimal::zero().raw();
    w.leaves_qty = i.qty;
    shown_.push_back(&w);
    head_.working = shown_.data();
    head_.n_working = static_cast<std::uint32_t>(shown_.size());
  }
  /// What it was made of again.
  void clear() {
    intents_.clear();
    rows_.clear();
    head_ = base_;
  }
  const bl_portfolio& get() const noexcept { return head_; }
};

}  // namespace bowline::core
