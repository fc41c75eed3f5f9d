// The account as a risk rule counts it, read where the host wrote it: no row is copied, and once the index of
// marks has its size nothing is allocated. An order that is in flight, resting or of unknown outcome counts
// as if it will fill (trading rules 5.5); what cannot be valued is said to be unknown and never counts
// nothing.
#pragma once

#include <bowline/plugin.h>

#include <cstring>
#include <optional>
#include <vector>

#include <bowline/views.hpp>

#include "money.hpp"
#include "shell.hpp"

namespace bowline::risk {

/// Validated marks by instrument, read once per call. Scratch: what one call read, the next does not see.
class Marks {
  struct Slot {
    std::uint64_t call = 0;
    Decimal px;
  };
  std::vector<Slot> slots_;
  std::uint64_t call_ = 0;

 public:
  /// Makes room for instruments 1..n, so that no call has to.
  void reserve(std::uint32_t n) {
    if (n < plugin_common::most_instruments && n >= slots_.size()) slots_.resize(std::size_t{n} + 1);
  }
  void read(const bl_portfolio& p) {
    ++call_;
    for (const bl_mark& m : Portfolio(p).marks()) {
      const Decimal px = Decimal::from_raw(m.px);
      if (!px.is_positive() || m.instrument >= plugin_common::most_instruments) continue;
      if (m.instrument >= slots_.size()) reserve(m.instrument);
      slots_[m.instrument] = {call_, px};
    }
  }
  /// nullptr: there is no mark above 0.
  const Decimal* of(std::uint32_t instrument) const noexcept {
    return instrument < slots_.size() && slots_[instrument].call == call_ ? &slots_[instrument].px : nullptr;
  }
};

/// What one unit of base is counted as: the dearer of mark and limit. `limit` may be not set.
inline Decimal dearer(const Decimal& mark, const Decimal& limit) noexcept {
  return limit.is_set() && limit > mark ? limit : mark;
}
/// The price an order is bounded by; not set for a market order.
inline Decimal bound_px(const bl_intent& i) noexcept {
  return i.type == BL_MARKET ? Decimal::not_set() : Decimal::from_raw(i.limit_px);
}

/// Orders two client ids as strncmp does. Nearly all differ in their first eight bytes, and each check
/// compares hundreds: those are compared as one number, where neither id ends within them.
inline int compare_ids(const char* a, const char* b) noexcept {
  std::uint64_t x = 0, y = 0;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  const auto ends = [](std::uint64_t w) { return ((w - ones) & ~w & tops) != 0; };
  if (x != y && !ends(x) && !ends(y)) return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
  return std::strncmp(a, b, sizeof bl_intent::client_id);
}

/// Whether a working order is the one that is being judged: it does not count against itself.
inline bool is_same(const bl_working& w, const bl_intent& judged) noexcept {
  return judged.client_id[0] != '\0' && compare_ids(w.intent->client_id, judged.client_id) == 0;
}
/// What may still fill, in base: what the host says is left, else the whole order.
inline Decimal leaves_of(const bl_working& w) noexcept {
  const Decimal leaves = Decimal::from_raw(w.leaves_qty), qty = Decimal::from_raw(w.intent->qty);
  return leaves.is_set() ? leaves : qty.is_set() ? qty : Decimal::zero();
}
/// What a buy by cost may take, fee inside; not set for an order by quantity.
inline Decimal cost_of(const bl_intent& i) noexcept {
  return Decimal::from_raw(i.qty).is_set() ? Decimal::not_set() : Decimal::from_raw(i.quote_qty);
}

/// What is held of one instrument, in quote, rounded up. An instrument without a mark is valued at what was
/// paid for it. nullopt: it cannot be valued.
inline std::optional<Decimal> worth(const bl_position& p, const Decimal* mark) {
  const Decimal qty = Decimal::from_raw(p.qty);
  if (!qty.is_positive()) return Decimal::zero();
  if (mark != nullptr) return money::times(qty, *mark, money::Round::up);
  const Decimal paid = Decimal::from_raw(p.avg_px);
  if (!paid.is_positive()) return std::nullopt;
  return money::times(qty, paid, money::Round::up);
}

/// What a working buy may come to, in quote, rounded up. nullopt: it cannot be valued.
inline std::optional<Decimal> worth(const bl_working& w, const Decimal* mark) {
  if (const Decimal cost = cost_of(*w.intent); cost.is_set()) return cost;
  const Decimal limit = bound_px(*w.intent);
  if (mark == nullptr && !limit.is_set()) return std::nullopt;
  return money::times(leaves_of(w), mark != nullptr ? dearer(*mark, limit) : limit, money::Round::up);
}

}  // namespace bowline::risk
