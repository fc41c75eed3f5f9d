#include "ledger.hpp"

#include <stdexcept>

#include "common/money.hpp"

namespace bowline::broker_mock {

Decimal Ledger::available(std::uint32_t asset) const {
  const Balance& b = balances_.at(asset);
  return money::minus(b.total, b.hold);
}

void Ledger::check(std::uint32_t asset) {
  const Balance& b = balances_.at(asset);
  if (b.hold < Decimal::zero() || b.hold > b.total)
    throw std::logic_error("mock venue: a hold exceeds its balance");
  changed_[asset] = true;
  if (!quiet_) loud_[asset] = true;
  any_changed_ = true;
}

void Ledger::set(std::uint32_t asset, const Balance& b) {
  balances_.at(asset) = b;
  check(asset);
}

void Ledger::rehold(std::uint32_t asset, const Decimal& before, const Decimal& after) {
  if (before == after) return;
  Balance& b = balances_.at(asset);
  b.hold = money::plus(money::minus(b.hold, before), after);
  check(asset);
}

void Ledger::credit(std::uint32_t asset, const Decimal& amount) {
  balances_.at(asset).total = money::plus(balances_.at(asset).total, amount);
  check(asset);
}

void Ledger::debit(std::uint32_t asset, const Decimal& amount) {
  balances_.at(asset).total = money::minus(balances_.at(asset).total, amount);
  check(asset);
}

std::vector<std::uint32_t> Ledger::changed() const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t a = 1; a < changed_.size(); ++a)
    if (changed_[a]) out.push_back(a);
  return out;
}

void Ledger::clear_changed() {
  changed_.assign(changed_.size(), false);
  loud_.assign(loud_.size(), false);
  any_changed_ = false;
}

}  // namespace bowline::broker_mock
