// The venue's books: what the account owns per asset, and what of it is set aside for open orders.
#pragma once

#include <cstdint>
#include <vector>

#include "order.hpp"

namespace bowline::broker_mock {

struct Balance {
  Decimal total = Decimal::zero(), hold = Decimal::zero();
};

/// Balances by asset number (1..n). Two rules hold after every call: 0 <= hold <= total. A call that would
/// break them throws std::logic_error: the venue checks before it moves money, so a throw is a defect, not an
/// outcome.
class Ledger {
 public:
  explicit Ledger(std::uint32_t assets)
      : balances_(assets + 1), changed_(assets + 1, false), loud_(assets + 1, false) {}

  std::uint32_t assets() const noexcept { return static_cast<std::uint32_t>(balances_.size()) - 1; }
  const Balance& of(std::uint32_t asset) const { return balances_.at(asset); }
  Decimal available(std::uint32_t asset) const;
  /// Sets a balance as a whole: the first cash, or what a state file holds.
  void set(std::uint32_t asset, const Balance& b);
  /// Replaces one order's hold `before` by `after`.
  void rehold(std::uint32_t asset, const Decimal& before, const Decimal& after);
  void credit(std::uint32_t asset, const Decimal& amount);
  void debit(std::uint32_t asset, const Decimal& amount);

  /// Assets changed since the last call of clear_changed(), ascending.
  std::vector<std::uint32_t> changed() const;
  bool any_changed() const noexcept { return any_changed_; }
  /// Whether one of those changes is to be told; false when all of them were made under a Quiet.
  bool loud(std::uint32_t asset) const { return loud_.at(asset); }
  void clear_changed();

  /// While it lives (and `on`), changes are kept but not told: an external hand moves money.
  class Quiet {
    Ledger& ledger_;
    bool before_;

   public:
    Quiet(Ledger& ledger, bool on) noexcept : ledger_(ledger), before_(ledger.quiet_) { ledger.quiet_ = on; }
    ~Quiet() { ledger_.quiet_ = before_; }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
  };

 private:
  void check(std::uint32_t asset);
  std::vector<Balance> balances_;
  std::vector<bool> changed_, loud_;
  bool any_changed_ = false, quiet_ = false;
};

}  // namespace bowline::broker_mock
