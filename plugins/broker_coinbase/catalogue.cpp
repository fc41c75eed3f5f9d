#include "catalogue.hpp"

namespace bowline::broker_coinbase {

Catalogue::Catalogue(const Host& host) {
  for (std::uint32_t i = 1;; ++i) {
    const auto p = host.product(i);
    if (!p) break;
    list_.push_back({i, p->base, p->quote, std::string(from_abi(p->symbol)), std::nullopt, Stops::not_asked, false, false});
    by_symbol_.emplace(list_.back().symbol, list_.size() - 1);
  }
}

Listed* Catalogue::of(std::uint32_t instrument) noexcept {
  return instrument == 0 || instrument > list_.size() ? nullptr : &list_[instrument - 1];
}
Listed* Catalogue::of(std::string_view product_id) noexcept {
  const auto it = by_symbol_.find(product_id);
  return it == by_symbol_.end() ? nullptr : &list_[it->second];
}
std::vector<std::string> Catalogue::symbols() const {
  std::vector<std::string> out;
  for (const Listed& l : list_) out.push_back(l.symbol);
  return out;
}

}  // namespace bowline::broker_coinbase
