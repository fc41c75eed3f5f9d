// Double entry, asset by asset: an amount moves from one account to another, so the accounts of an asset add up to zero
// whatever happens. What is at the venue is two of them; the others say where it came from and where it went.
#pragma once

#include <array>
#include <bowline/decimal.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/contract.hpp"
#include "core/types.hpp"

namespace bowline::core {

enum class Account : std::uint8_t {
  wallet,      // at the venue and no position's: cash of a quote asset, unmanaged inventory of a base asset (rules 5.6)
  position,    // at the venue and managed: bought by our orders, or adopted
  traded,      // the other side of every fill: negative for what trades have brought
  fees,        // what was paid in fees
  deposit,     // changes without a trade, by class (rules 5.6): negative for what came, positive for what went
  withdrawal,
  reward,
  conversion,
  correction,
  opening      // what the venue told when the book began: the book starts at zero
};
inline constexpr std::size_t account_count = 10;
std::string_view to_string(Account) noexcept;

class Ledger {
 public:
  explicit Ledger(std::size_t assets);

  /// What an account may hold at most, either way: with it the sum of an asset's accounts is always a number.
  static constexpr Decimal largest = Decimal::from_mantissa(1, 19);
  /// Moves `amount` of `asset`; a negative one moves the other way, zero does nothing. False, and nothing moved, where it
  /// is not set or an account would pass `largest`.
  [[nodiscard]] bool move(AssetId asset, Account from, Account to, Decimal amount);

  /// Zero for an asset that nothing was ever posted of.
  Decimal balance(AssetId asset, Account account) const noexcept {
    const std::vector<Decimal>& row = rows_[static_cast<std::size_t>(account)];
    return asset.value >= 1 && asset.value <= row.size() ? row[asset.value - 1] : Decimal::zero();
  }
  /// All of it that is at the venue, managed and unmanaged: what a balance told by the venue is held against.
  Decimal venue(AssetId asset) const noexcept { return balance(asset, Account::wallet) + balance(asset, Account::position); }
  /// By asset id - 1.
  const std::vector<Decimal>& row(Account account) const noexcept { return rows_[static_cast<std::size_t>(account)]; }
  /// Whether every asset's accounts add up to zero. Ten additions an asset.
  bool balanced() const noexcept;
  std::size_t assets() const noexcept { return rows_[0].size(); }
  /// How many amounts were moved.
  std::uint64_t postings() const noexcept { return postings_; }

 private:
  std::array<std::vector<Decimal>, account_count> rows_;
  std::uint64_t postings_ = 0;
};

}  // namespace bowline::core
