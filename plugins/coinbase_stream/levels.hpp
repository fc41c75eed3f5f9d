// One side of a book: price levels in order of price, in blocks, so that a change anywhere moves little memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace bowline::coinbase {

/// T is an ordered number: std::int64_t, or Decimal. A level with quantity T{} does not exist.
template <class T>
class Levels {
 public:
  struct Level {
    T price{}, quantity{};
  };

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  const Level& lowest() const noexcept { return blocks_.front().front(); }  ///< not empty
  const Level& highest() const noexcept { return blocks_.back().back(); }   ///< not empty
  void clear() noexcept {
    blocks_.clear();
    size_ = 0;
  }

  /// Puts, replaces or (quantity T{}) removes the level at a price.
  void set(const T& price, const T& quantity) {
    // The first block whose highest price is not below this one; above all of them it is the last.
    auto block =
        std::lower_bound(blocks_.begin(), blocks_.end(), price, [](const Block& b, const T& p) { return b.back().price < p; });
    if (block == blocks_.end()) {
      if (quantity == T{}) return;
      if (blocks_.empty()) blocks_.emplace_back();
      block = blocks_.end() - 1;
    }
    const auto at =
        std::lower_bound(block->begin(), block->end(), price, [](const Level& l, const T& p) { return l.price < p; });
    const bool there = at != block->end() && at->price == price;
    if (quantity == T{}) {
      if (there) remove(block, at);
    } else if (there) {
      at->quantity = quantity;
    } else {
      block->insert(at, Level{price, quantity});
      ++size_;
      if (block->size() > most) split(block);
    }
  }

  /// The whole side at once, in any order; of two levels with one price the later counts.
  void assign(std::vector<Level>&& levels) {
    clear();
    std::stable_sort(levels.begin(), levels.end(), [](const Level& a, const Level& b) { return a.price < b.price; });
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (i + 1 < levels.size() && levels[i + 1].price == levels[i].price) continue;
      if (levels[i].quantity == T{}) continue;
      if (blocks_.empty() || blocks_.back().size() >= most / 2) {
        blocks_.emplace_back();
        blocks_.back().reserve(most / 2);
      }
      blocks_.back().push_back(levels[i]);
      ++size_;
    }
  }

  /// f(level) -> bool in order of price, upward or downward, until it says false.
  template <class F>
  void upward(F&& f) const {
    for (const Block& b : blocks_)
      for (const Level& l : b)
        if (!f(l)) return;
  }
  template <class F>
  void downward(F&& f) const {
    for (auto b = blocks_.rbegin(); b != blocks_.rend(); ++b)
      for (auto l = b->rbegin(); l != b->rend(); ++l)
        if (!f(*l)) return;
  }
  /// f(Level&) for all; it may not change their order.
  template <class F>
  void each(F&& f) {
    for (Block& b : blocks_)
      for (Level& l : b) f(l);
  }

 private:
  using Block = std::vector<Level>;
  static constexpr std::size_t most = 256;  ///< levels of a block: 4 KiB of the narrow ones

  void split(typename std::vector<Block>::iterator block) {
    Block upper(block->begin() + most / 2, block->end());
    block->resize(most / 2);
    blocks_.insert(block + 1, std::move(upper));
  }
  void remove(typename std::vector<Block>::iterator block, typename Block::iterator at) {
    block->erase(at);
    --size_;
    if (block->empty()) {
      blocks_.erase(block);
    } else if (block->size() < most / 8 && block + 1 != blocks_.end() && block->size() + (block + 1)->size() <= most / 2) {
      block->insert(block->end(), (block + 1)->begin(), (block + 1)->end());
      blocks_.erase(block + 1);
    }
  }

  std::vector<Block> blocks_;
  std::size_t size_ = 0;
};

}  // namespace bowline::coinbase
