#include "core/ledger.hpp"

namespace bowline::core {
namespace {
constexpr std::array<std::string_view, account_count> names{"wallet",     "position", "traded",     "fees",       "deposit",
                                                            "withdrawal", "reward",   "conversion", "correction", "opening"};
static_assert(!names.back().empty() && names.size() == static_cast<std::size_t>(Account::opening) + 1);
}  // namespace

std::string_view to_string(Account a) noexcept { return names[static_cast<std::size_t>(a)]; }

Ledger::Ledger(std::size_t assets) {
  for (auto& row : rows_) row.assign(assets, Decimal::zero());
}

bool Ledger::move(AssetId asset, Account from, Account to, Decimal amount) {
  BOWLINE_EXPECTS(asset.value >= 1 && from != to);
  if (amount.is_zero()) return true;
  if (asset.value > assets())
    for (auto& row : rows_) row.resize(asset.value, Decimal::zero());
  Decimal& out = rows_[static_cast<std::size_t>(from)][asset.value - 1];
  Decimal& in = rows_[static_cast<std::size_t>(to)][asset.value - 1];
  const Decimal less = out - amount, more = in + amount;
  const auto fits = [](Decimal d) { return d.is_set() && d <= largest && d >= -largest; };
  if (!fits(less) || !fits(more)) return false;
  out = less;
  in = more;
  ++postings_;
  return true;
}

bool Ledger::balanced() const noexcept {
  for (std::size_t i = 0; i < assets(); ++i) {
    Decimal sum = Decimal::zero();
    for (const auto& row : rows_) sum = sum + row[i];
    if (!sum.is_zero()) return false;
  }
  return true;
}

}  // namespace bowline::core
