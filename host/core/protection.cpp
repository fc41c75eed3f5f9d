#include "core/protection.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace bowline::core {
namespace {

bool same(const SharedText& a, const SharedText& b) noexcept { return a == b || (a && b && *a == *b); }

}  // namespace

void ProtectionBook::taken(Held& h, const SharedText& source, Decimal px) {
  const auto known = std::find_if(h.taken.begin(), h.taken.end(), [&](const auto& t) { return same(t.first, source); });
  if (known == h.taken.end()) h.taken.emplace_back(source, px);
  else known->second = max(known->second, px);
}

bool ProtectionBook::want(const ProtectionWish& wish, const SharedText& source) {
  BOWLINE_EXPECTS(wish.instrument.value >= 1 && wish.instrument.value <= held_.size());
  BOWLINE_EXPECTS(wish.stop_px.is_set() && wish.stop_px.is_positive());
  Held& h = held_[wish.instrument.value - 1];
  bool changed = false;
  if (!h.stop_px.is_set() || wish.stop_px > h.stop_px) {
    if (!h.stop_px.is_set()) ++protected_;
    h.stop_px = wish.stop_px;
    h.source = source;
    h.rule = wish.rule;
    changed = true;
  }
  if (wish.taken_px.is_set()) taken(h, source, wish.taken_px);
  const auto known = std::find_if(h.takes.begin(), h.takes.end(), [&](const Take& t) { return same(t.source, source); });
  const bool done = wish.take_px.is_set() && std::any_of(h.taken.begin(), h.taken.end(), [&](const auto& t) { return same(t.first, source) && wish.take_px <= t.second; });
  if (!wish.take_px.is_set() || done) {
    if (known == h.takes.end()) return changed;
    h.takes.erase(known);
    return true;
  }
  const Take now{source, wish.take_px, wish.share, wish.rule};
  if (known == h.takes.end()) {
    h.takes.push_back(now);
    return true;
  }
  if (known->px == now.px && known->share == now.share) return changed;
  *known = now;
  return true;
}

Decimal ProtectionBook::stop_px(InstrumentId id) const noexcept { return held_[id.value - 1].stop_px; }

std::optional<Protection> ProtectionBook::of(InstrumentId id) const {
  const Held& h = held_[id.value - 1];
  if (!h.stop_px.is_set()) return std::nullopt;
  Protection p{h.stop_px, Decimal::not_set(), h.source, h.rule};
  const Take* lowest = nullptr;
  for (const Take& t : h.takes)
    if (lowest == nullptr || t.px < lowest->px) lowest = &t;
  if (lowest != nullptr && (lowest->share == 0 || lowest->share >= whole_share)) p.take_px = lowest->px;
  return p;
}

std::optional<ProtectionDue> ProtectionBook::due(InstrumentId id, Decimal bid) const {
  const Held& h = held_[id.value - 1];
  if (!bid.is_set() || !h.stop_px.is_set()) return std::nullopt;
  if (h.stop_px >= bid) return ProtectionDue{true, h.source, h.rule, h.stop_px, 0};
  const Take* lowest = nullptr;
  for (const Take& t : h.takes)
    if (t.px <= bid && (lowest == nullptr || t.px < lowest->px)) lowest = &t;
  if (lowest == nullptr) return std::nullopt;
  return ProtectionDue{false, lowest->source, lowest->rule, lowest->px, lowest->share};
}

ProtectionWish ProtectionBook::take(InstrumentId id, const SharedText& source) {
  Held& h = held_[id.value - 1];
  ProtectionWish left;
  for (const Take& t : h.takes)
    if (same(t.source, source)) left.taken_px = t.px;
  if (left.taken_px.is_set()) taken(h, source, left.taken_px);
  std::erase_if(h.takes, [&](const Take& t) { return same(t.source, source); });
  left.instrument = id;
  left.stop_px = h.stop_px;
  left.rule = h.rule;
  return left;
}

void ProtectionBook::clear(InstrumentId id) noexcept {
  Held& h = held_[id.value - 1];
  if (h.stop_px.is_set()) --protected_;
  h = Held{};
}

}  // namespace bowline::core
