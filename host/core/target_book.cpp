#include "core/target_book.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/contract.hpp"

namespace bowline::core {

void TargetBook::empty(Slot& slot, std::size_t rank) noexcept {
  slot.by_rank[rank].reset();
  slot.insists[rank] = false;
  slot.taken &= ~(1u << rank);
}

bool TargetBook::put(const Target& target) {
  BOWLINE_EXPECTS(target.instrument.value >= 1 && target.instrument.value <= slots_.size());
  if (std::isnan(target.weight) || target.weight > 1.0) return false;
  Slot& slot = slots_[target.instrument.value - 1];
  Target t = target;
  const double below_zero = t.weight < 0 ? t.weight : 0;
  if (t.weight < 0) t.weight = 0;
  if (t.purpose == Purpose::entry) fall(t.instrument, Purpose::exit);
  if (t.purpose == Purpose::exit) fall(t.instrument, Purpose::entry);
  slot.by_rank[rank(t.purpose)] = t;
  slot.below_zero[rank(t.purpose)] = below_zero;
  slot.insists[rank(t.purpose)] = false;
  slot.taken |= 1u << rank(t.purpose);
  return true;
}

void TargetBook::action_changed(InstrumentId instrument) { fall(instrument, Purpose::rebalance); }

void TargetBook::fall(InstrumentId instrument, Purpose purpose) {
  if (const Target* t = at(instrument, purpose)) fallen_.push_back({*t, insists(instrument, purpose)});
  clear(instrument, purpose);
}

bool TargetBook::contested(InstrumentId instrument) const noexcept {
  return std::popcount(slots_[instrument.value - 1].taken) > 1 ||
         std::any_of(fallen_.begin(), fallen_.end(), [instrument](const Fallen& f) { return f.target.instrument == instrument; });
}

void TargetBook::lost(InstrumentId instrument, const Target& winner, Nanos now, std::vector<LostTarget>& out) const {
  const Slot& slot = slots_[instrument.value - 1];
  const auto add = [&out](const Target& t, std::string_view why) { out.push_back({t.decision, t.purpose, t.weight, t.valid_until, why}); };
  for (std::size_t r = ranks; r-- > 0;) {
    const auto& t = slot.by_rank[r];
    if (t && t->purpose != winner.purpose && (slot.insists[r] || t->valid_until > now)) add(*t, "OUTRANKED");
  }
  for (const auto& [t, insisted] : fallen_)
    if (t.instrument == instrument && (insisted || t.valid_until > now)) add(t, "REPLACED");
}

[[gnu::hot]] const Target* TargetBook::live(InstrumentId instrument, Nanos now) const noexcept {
  const Slot& slot = slots_[instrument.value - 1];
  for (std::uint32_t left = slot.taken; left != 0;) {
    const auto r = static_cast<std::size_t>(std::bit_width(left) - 1);
    if (const auto& t = slot.by_rank[r]; t && (slot.insists[r] || t->valid_until > now)) return &*t;
    left &= ~(1u << r);
  }
  return nullptr;
}

bool TargetBook::stands(Id128 decision) const noexcept {
  for (const Slot& s : slots_)
    for (const auto& t : s.by_rank)
      if (t && t->decision == decision) return true;
  return false;
}

void TargetBook::insist(InstrumentId instrument, Purpose purpose) noexcept {
  Slot& slot = slots_[instrument.value - 1];
  slot.insists[rank(purpose)] = slot.by_rank[rank(purpose)].has_value();
}

void TargetBook::give_up(InstrumentId instrument, Purpose purpose) noexcept {
  slots_[instrument.value - 1].insists[rank(purpose)] = false;
}

bool TargetBook::insists(InstrumentId instrument, Purpose purpose) const noexcept {
  return slots_[instrument.value - 1].insists[rank(purpose)];
}

const Target* TargetBook::at(InstrumentId instrument, Purpose purpose) const noexcept {
  const auto& t = slots_[instrument.value - 1].by_rank[rank(purpose)];
  return t ? &*t : nullptr;
}

void TargetBook::clear(InstrumentId instrument, Purpose purpose) noexcept {
  empty(slots_[instrument.value - 1], rank(purpose));
}

void TargetBook::clear_all(Purpose purpose) noexcept {
  for (Slot& s : slots_) empty(s, rank(purpose));
}

}  // namespace bowline::core
