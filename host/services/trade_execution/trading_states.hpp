// Trading states, global and per product, and what an operator has locked (trading rules 3.4). Of the two states that a
// product has, its own and everybody's, the stricter one counts.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace bowline::services {

/// A state with its author: who wanted it, since when (engine time, 0 = from the start) and why.
struct StandingState {
  core::TradingState state = core::TradingState::active;
  bool frozen = false;  ///< no exits either; goes with halted alone
  core::Nanos since = 0;
  std::string who = "host", why = "the run began so", request{};
};

/// Nothing more is bought of the product until then; exits run.
struct ProductLock {
  core::Nanos until = 0;  ///< engine time; 0 = until it is unlocked
  core::Nanos since = 0;
  std::string who, why;
};

class TradingStates {
 public:
  explicit TradingStates(std::size_t products) : own_(products), locks_(products), locked_(products, false), listed_(products, true) {}

  const StandingState& global() const noexcept { return global_; }
  const StandingState& own(core::InstrumentId id) const noexcept { return own_[id.value - 1]; }
  void set_global(StandingState s) { global_ = std::move(s); }
  void set_own(core::InstrumentId id, StandingState s) { own_[id.value - 1] = std::move(s); }

  /// What counts for the product.
  core::TradingState of(core::InstrumentId id) const noexcept { return std::max(global_.state, own(id).state); }
  bool frozen(core::InstrumentId id) const noexcept { return global_.frozen || own(id).frozen; }

  void lock(core::InstrumentId id, ProductLock lock) {
    locks_[id.value - 1] = std::move(lock);
    locked_[id.value - 1] = true;
  }
  void unlock(core::InstrumentId id) { locked_[id.value - 1] = false; }
  /// The lock that stands at `now`; null: none, or it has expired.
  const ProductLock* lock_of(core::InstrumentId id, core::Nanos now) const noexcept {
    const ProductLock& l = locks_[id.value - 1];
    return locked_[id.value - 1] && (l.until == 0 || now < l.until) ? &l : nullptr;
  }

  /// The configuration's allow- and deny-list in one: false = nothing is bought of it in this run.
  void list(core::InstrumentId id, bool listed) { listed_[id.value - 1] = listed; }
  bool listed(core::InstrumentId id) const noexcept { return listed_[id.value - 1]; }

 private:
  StandingState global_;
  std::vector<StandingState> own_;  // by instrument
  std::vector<ProductLock> locks_;
  std::vector<bool> locked_, listed_;
};

}  // namespace bowline::services
