// A change of the book while it is drawn up, and what is reckoned for it; shared by the files that book fills and flows.
#pragma once

#include <array>

#include "core/contract.hpp"
#include "core/portfolio.hpp"

namespace bowline::core {

/// What of `cost` belongs to `part` of `whole` > 0. The product may pass 128 bits for cheap, plentiful assets: then the
/// ratio is taken first, which loses at most 10^-18 of the cost.
inline Decimal share(Decimal cost, Decimal part, Decimal whole) {
  if (part == whole) return cost;
  const Decimal product = mul(cost, part, Rounding::half_even);
  return product.is_set() ? div(product, whole, Rounding::half_even)
                          : mul(cost, div(part, whole, Rounding::half_even), Rounding::half_even);
}

inline bool beyond(Decimal amount) noexcept { return !amount.is_set() || abs(amount) > Ledger::largest; }

/// What the book will be. It is written down whole, with the ledger's moves, or not at all.
struct Portfolio::Draft {
  struct Move {
    AssetId asset;
    Account from = Account::wallet, to = Account::wallet;
    Decimal amount;
  };
  Position p;
  Decimal realised, fees;
  Decimal px;      // for a position that opens with it
  Nanos time = 0;
  std::array<Move, 6> moves{};
  std::size_t n = 0;

  void move(AssetId asset, Account from, Account to, Decimal amount) {
    if (amount.is_zero()) return;
    BOWLINE_INVARIANT(n < moves.size());
    moves[n++] = {asset, from, to, amount};
  }
  void realise(Decimal gain) {
    p.realised = p.realised + gain;
    realised = realised + gain;
  }
  void spend(Decimal worth) {
    p.fees = p.fees + worth;
    fees = fees + worth;
  }
  bool is_number() const {
    return p.qty.is_set() && p.cost.is_set() && p.realised.is_set() && p.fees.is_set() && realised.is_set() && fees.is_set();
  }
};

}  // namespace bowline::core
