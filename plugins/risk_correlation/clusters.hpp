// Whether an entry would put too much into products that move as one. Exact money; what moves with what is
// looked up, not computed.
#pragma once

#include <cstdint>
#include <vector>

#include <bowline/decimal.hpp>

#include "common/account.hpp"
#include "common/last_checks.hpp"
#include "common/verdict.hpp"
#include "relations.hpp"

namespace bowline::risk_correlation {

/// Shares of equity; min_notional in quote currency.
struct Limits {
  Decimal max_cluster;       ///< in one cluster
  Decimal max_correlation;   ///< above it two products are too alike
  Decimal correlated_share;  ///< so much of the one may be there before the other is refused
  Decimal min_notional;
};

/// What a check writes on: room for every instrument, so that it allocates nothing.
class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(std::size_t instruments) : sums_(instruments + 1), touched_() {
    touched_.reserve(instruments + 1);
    marks.reserve(static_cast<std::uint32_t>(instruments));
  }
  risk::Marks marks;

  void begin() noexcept {
    for (const std::uint32_t i : touched_) sums_[i].there = false;
    touched_.clear();
  }
  /// All that are numbered beyond the table share one sum: nothing tells them apart.
  void add(std::uint32_t instrument, const Decimal& amount) {
    const std::uint32_t i = instrument < sums_.size() ? instrument : 0;
    Sum& s = sums_[i];
    if (!s.there) {
      s = {Decimal::zero(), true};
      touched_.push_back(i);
    }
    s.amount = money::plus(s.amount, amount);
  }
  const std::vector<std::uint32_t>& touched() const noexcept { return touched_; }
  const Decimal& sum(std::uint32_t i) const noexcept { return sums_[i].amount; }

 private:
  struct Sum {
    Decimal amount;
    bool there = false;
  };
  std::vector<Sum> sums_{1};
  std::vector<std::uint32_t> touched_;
};

/// `other`: of a CORRELATION_LIMIT the product that is there already; 0 = one beyond the table.
struct Judged {
  risk::Answer answer;
  std::uint32_t other = 0;
};

/// Judges one order; sells pass. Held at its mark and being bought in full, the order at the dearer of mark
/// and limit, sums against the order. `last`: what each limit came to is left there; null: nobody asks.
Judged judge(const bl_intent& intent, const bl_portfolio& portfolio, const Limits& limits,
             const Relations& relations, Scratch& scratch, risk::LastChecks* last = nullptr) noexcept;

}  // namespace bowline::risk_correlation
