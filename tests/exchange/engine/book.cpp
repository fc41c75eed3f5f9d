#include "book.hpp"

#include <algorithm>

namespace bowline::exchange {

Book::Level& Book::level(Side side, const Decimal& price) {
  Level& l = sides_[index(side)][key(side, price)];
  l.price = price;
  return l;
}

void Book::touched(Side side, const Decimal& price) {
  const std::pair<Side, Decimal> what{side, key(side, price)};
  if (dirty_.empty() || dirty_.back() != what) dirty_.push_back(what);
}

void Book::tidy_changes() {
  if (dirty_.size() < 2) return;
  std::sort(dirty_.begin(), dirty_.end());
  dirty_.erase(std::unique(dirty_.begin(), dirty_.end()), dirty_.end());
}

void Book::drop_if_empty(Side side, const Decimal& price) {
  Levels& levels = sides_[index(side)];
  const auto it = levels.find(key(side, price));
  if (it != levels.end() && it->second.first == 0 && it->second.market.is_zero()) levels.erase(it);
}

std::uint32_t Book::add(Side side, const Decimal& price, OrderNo order, const Decimal& leaves) {
  std::uint32_t n = 0;
  if (free_.empty()) {
    n = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    n = free_.back();
    free_.pop_back();
  }
  Level& l = level(side, price);
  nodes_[n] = {order, leaves, l.last, 0};
  if (l.last != 0) nodes_[l.last].behind = n;
  if (l.first == 0) l.first = n;
  l.last = n;
  l.users += leaves;
  touched(side, price);
  return n;
}

void Book::remove(Side side, const Decimal& price, std::uint32_t n) {
  Level& l = level(side, price);
  Node& it = nodes_[n];
  (it.before != 0 ? nodes_[it.before].behind : l.first) = it.behind;
  (it.behind != 0 ? nodes_[it.behind].before : l.last) = it.before;
  l.users -= it.leaves;
  it = {};
  free_.push_back(n);
  touched(side, price);
  drop_if_empty(side, price);
}

void Book::reduce(Side side, const Decimal& price, std::uint32_t n, const Decimal& size) {
  level(side, price).users -= size;
  nodes_[n].leaves -= size;
  touched(side, price);
}

void Book::reduce_market(Side side, const Decimal& price, const Decimal& size) {
  level(side, price).market -= size;
  touched(side, price);
  drop_if_empty(side, price);
}

void Book::set_market(Side side, const std::vector<LevelView>& levels) {
  // Only what differs is touched: a market that is set again as it was tells nothing.
  std::map<Decimal, Decimal> wanted;
  for (const LevelView& v : levels) wanted[key(side, v.price)] = v.size;
  Levels& all = sides_[index(side)];
  for (auto it = all.begin(); it != all.end();) {
    Level& l = it->second;
    const auto w = wanted.find(it->first);
    const Decimal size = w == wanted.end() ? Decimal::zero() : w->second;
    if (w != wanted.end()) wanted.erase(w);
    if (l.market != size) touched(side, l.price);
    l.market = size;
    it = l.first == 0 && size.is_zero() ? all.erase(it) : std::next(it);
  }
  for (const auto& [k, size] : wanted) {
    const Decimal price = side == Side::buy ? -k : k;
    level(side, price).market = size;
    touched(side, price);
  }
}

const Book::Level* Book::best(Side side) const noexcept {
  const Levels& levels = sides_[index(side)];
  return levels.empty() ? nullptr : &levels.begin()->second;
}

Decimal Book::size_at(Side side, const Decimal& price) const {
  const Levels& levels = sides_[index(side)];
  const auto it = levels.find(key(side, price));
  return it == levels.end() ? Decimal::zero() : it->second.size();
}

std::vector<LevelView> Book::levels(Side side, std::size_t limit) const {
  std::vector<LevelView> out;
  walk(side, [&](const Level& l) {
    if (out.size() == limit) return false;
    out.push_back({l.price, l.size()});
    return true;
  });
  return out;
}

}  // namespace bowline::exchange
