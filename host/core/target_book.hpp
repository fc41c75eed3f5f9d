// Where all wishes for one product meet: at most one target of each rank, and only the live one of the highest rank
// counts. Targets are never merged (trading rules 1.2). Precedence: emergency > stop > operator > SELL > rebalancer >
// BUY, which is the order of the values of Purpose.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/prediction.hpp"

namespace bowline::core {

class TargetBook {
 public:
  explicit TargetBook(std::size_t instruments) : slots_(instruments) {}

  /// Puts a target in its rank's place, over the one before. A BUY takes the standing SELL off and the other way round:
  /// the newest prediction is the one that counts. NaN weights are refused (false), negative ones count as 0 (below_zero()).
  bool put(const Target& target);
  /// The prediction's action for a product changed: a rebalancer's target for it no longer stands.
  void action_changed(InstrumentId instrument);
  /// The live target of the highest rank: not expired at `now`, or insisted on. nullptr: the position is held.
  const Target* live(InstrumentId instrument, Nanos now) const noexcept;
  /// The target of this rank stands, whatever its valid_until, until it is given up, cleared or replaced: an exit that has
  /// to wait for an entry's cancel, or whose order ended with a rest, is not over because its prediction is. Nothing where
  /// the rank is empty.
  void insist(InstrumentId instrument, Purpose purpose) noexcept;
  /// It stands no longer than its valid_until again.
  void give_up(InstrumentId instrument, Purpose purpose) noexcept;
  bool insists(InstrumentId instrument, Purpose purpose) const noexcept;
  /// The target in this rank's place, live or not; nullptr: none.
  const Target* at(InstrumentId instrument, Purpose purpose) const noexcept;
  /// The weight that the target in this rank's place was put with, where that was below 0 and counts as 0; else 0.
  double below_zero(InstrumentId instrument, Purpose purpose) const noexcept {
    const Slot& slot = slots_[instrument.value - 1];
    return slot.by_rank[rank(purpose)] ? slot.below_zero[rank(purpose)] : 0;
  }
  bool has(InstrumentId instrument, Purpose purpose) const noexcept { return at(instrument, purpose) != nullptr; }
  /// Whether any target, live or covered by a higher rank, was made by this decision.
  bool stands(Id128 decision) const noexcept;
  /// Takes off one rank (a new plan, a done exit, an ended stop).
  void clear(InstrumentId instrument, Purpose purpose) noexcept;
  /// Takes off all targets of a rank: a rebalancer's targets stand until its next plan.
  void clear_all(Purpose purpose) noexcept;
  /// Whether targets of several ranks stand, or one fell to another in this step: the one that counts has competed.
  bool contested(InstrumentId instrument) const noexcept;
  /// The live targets that lost to `winner`, the highest rank first, and why: OUTRANKED (it stands below), REPLACED (the newest
  /// prediction took it off in this step).
  void lost(InstrumentId instrument, const Target& winner, Nanos now, std::vector<LostTarget>& out) const;
  /// A step is over: what fell in it is told no more.
  void forget_fallen() noexcept { fallen_.clear(); }
  std::size_t size() const noexcept { return slots_.size(); }

 private:
  static constexpr std::size_t ranks = 7;
  static constexpr std::size_t rank(Purpose p) noexcept { return static_cast<std::size_t>(p); }
  struct Slot {
    std::array<std::optional<Target>, ranks> by_rank{};
    std::array<bool, ranks> insists{};
    std::array<double, ranks> below_zero{};
    std::uint32_t taken = 0;  // a bit per rank that holds a target: nearly always none does, and this is asked at every step
  };
  std::vector<Slot> slots_;
  struct Fallen {
    Target target;
    bool insisted;
  };
  std::vector<Fallen> fallen_;  // in this step, to the newest prediction
  void fall(InstrumentId instrument, Purpose purpose);
  static void empty(Slot& slot, std::size_t rank) noexcept;
};

}  // namespace bowline::core
