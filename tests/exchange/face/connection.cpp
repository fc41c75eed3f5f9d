#include "exchange/face/connection.hpp"

#include <algorithm>

namespace bowline::exchange {

void Subscription::add(const Wanted& w) {
  if (std::none_of(products.begin(), products.end(), [&](const Wanted& x) { return x.id == w.id; })) products.push_back(w);
}
void Subscription::remove(std::string_view id) {
  std::erase_if(products, [&](const Wanted& x) { return x.id == id; });
}
bool Subscription::has_product(std::uint32_t product) const noexcept {
  return all || std::any_of(products.begin(), products.end(), [&](const Wanted& x) { return x.product == product; });
}
bool Subscription::has_book(std::uint32_t book) const noexcept {
  return std::any_of(products.begin(), products.end(), [&](const Wanted& x) { return x.book == book; });
}

std::uint64_t FrameNumbers::next(SequenceScope scope, const std::set<std::string>& products) {
  if (scope == SequenceScope::connection || products.empty()) return lines_[""]++;
  std::uint64_t n = 0;
  for (const std::string& p : products) n = std::max(n, lines_[p]);
  for (const std::string& p : products) lines_[p] = n + 1;
  return n;
}

const Subscription* Connection::find(StreamChannel channel) const noexcept {
  const auto it = channels.find(channel);
  return it == channels.end() ? nullptr : &it->second;
}
bool Connection::wants_book(StreamChannel channel, std::uint32_t book) const noexcept {
  const Subscription* s = find(channel);
  return s != nullptr && s->has_book(book);
}

}  // namespace bowline::exchange
