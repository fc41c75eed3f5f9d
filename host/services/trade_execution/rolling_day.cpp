#include "services/trade_execution/rolling_day.hpp"

#include <algorithm>
#include <charconv>

namespace bowline::services {
namespace {

bool same(const RollingDay::Mark& a, const RollingDay::Mark& b) { return a.equity == b.equity && a.flows == b.flows; }

Error unreadable(std::string_view text) { return {"JOURNAL_ROW", "marks of the rolling day can't be read: " + std::string(text.substr(0, 80))}; }

bool number(std::string_view& text, std::int64_t& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  if (error != std::errc() || to < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

[[gnu::hot]] void RollingDay::push(const Mark& mark) {
  while (size_ > 0 && at(0).slot < mark.slot - slots) {
    head_ = (head_ + 1) % ring_.size();
    --size_;
  }
  ring_[(head_ + size_) % ring_.size()] = mark;
  ++size_;
  newest_ = mark.slot;
  opening_ = at(0);
}

[[gnu::hot]] void RollingDay::mark(core::Nanos now, Decimal equity, Decimal flows) {
  const std::int64_t slot = now / slot_ns;
  if (slot <= newest_ || !equity.is_set() || !flows.is_set()) return;
  push({slot, equity, flows});
  unwritten_ = std::min(unwritten_ + 1, size_);
}

// "5469984+11:10000:0": the mark of that slot and of the eleven behind it.
std::string RollingDay::unwritten() {
  std::string text;
  for (std::size_t n = size_ - unwritten_; n < size_;) {
    const Mark& first = at(n);
    std::int64_t more = 0;
    while (n + static_cast<std::size_t>(more) + 1 < size_) {
      const Mark& next = at(n + static_cast<std::size_t>(more) + 1);
      if (next.slot != first.slot + more + 1 || !same(next, first)) break;
      ++more;
    }
    if (!text.empty()) text += ' ';
    text += std::to_string(first.slot);
    if (more > 0) text.append("+").append(std::to_string(more));
    text += ':';
    first.equity.append_to(text);
    text += ':';
    first.flows.append_to(text);
    n += static_cast<std::size_t>(more) + 1;
  }
  unwritten_ = 0;
  return text;
}

Result<void> RollingDay::restore(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    Mark mark;
    std::int64_t more = 0;
    if (!number(word, mark.slot)) return unreadable(text);
    if (word.starts_with('+')) {
      word.remove_prefix(1);
      if (!number(word, more) || more > slots) return unreadable(text);
    }
    const std::size_t second = word.find(':', 1);
    if (!word.starts_with(':') || second == std::string_view::npos || mark.slot <= newest_) return unreadable(text);
    const auto equity = Decimal::try_parse(word.substr(1, second - 1)), flows = Decimal::try_parse(word.substr(second + 1));
    if (!equity || !flows) return unreadable(text);
    mark.equity = *equity;
    mark.flows = *flows;
    for (; more >= 0; --more, ++mark.slot) push(mark);
  }
  return {};
}

}  // namespace bowline::services
