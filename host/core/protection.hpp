// Where each position is protected: the highest stop that anybody asked for, and where profit is taken (trading rules
// 3.3). A book of wishes, watched by trade-execution; it makes no orders. A stop never moves down: it rises, or ends with
// the position.
#pragma once

#include <bowline/decimal.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/records.hpp"
#include "core/types.hpp"

namespace bowline::core {

/// A take-profit's share of the position is counted in ten-thousandths.
inline constexpr std::uint32_t whole_share = 10'000;

/// What a risk rule wants for the whole position of one product. It replaces this rule's wish of before, but for a stop
/// that is lower.
struct ProtectionWish {
  InstrumentId instrument;
  Decimal stop_px;                       // > 0; at or above the bid it means now
  Decimal take_px = Decimal::not_set();  // the next take-profit; not set: none
  std::uint32_t share = 0;               // ten-thousandths of what is held then that are sold there; 0 = all
  std::uint32_t rule = 0;                // the plugin's own number, for the reader
  Decimal taken_px = Decimal::not_set(); // not a wish: the take-profit at this price is carried out. One of the same source at or
                                         // below it is not taken any more, whoever forgot that it was
};

/// What is due at a price.
struct ProtectionDue {
  bool stop = true;         // false: a take-profit
  SharedText source;        // who asked for it
  std::uint32_t rule = 0;
  Decimal px;               // the price that was asked for
  std::uint32_t share = 0;  // of a take-profit, as in the wish
};

/// How the whole of a position is protected.
struct Protection {
  Decimal stop_px;
  Decimal take_px = Decimal::not_set();  // of the lowest take-profit, if it sells all of it; a share of it is not in here
  SharedText source;                     // of the stop
  std::uint32_t rule = 0;
};

class ProtectionBook {
 public:
  explicit ProtectionBook(std::size_t instruments) : held_(instruments) {}

  /// Whether it changed anything: the stop rose, or the source's take-profit is another than before. A take-profit that was
  /// carried out already is none.
  bool want(const ProtectionWish& wish, const SharedText& source);
  /// The stop, not set where there is none.
  Decimal stop_px(InstrumentId id) const noexcept;
  bool any() const noexcept { return protected_ != 0; }
  /// None where there is no stop.
  std::optional<Protection> of(InstrumentId id) const;
  /// What is due at this bid, the stop before a take-profit, the lowest of these first. Without a bid nothing can be.
  std::optional<ProtectionDue> due(InstrumentId id, Decimal bid) const;
  /// The source's take-profit is being carried out: it stands no longer. The wish that says so, for the journal.
  ProtectionWish take(InstrumentId id, const SharedText& source);
  /// The position is over, and its protection with it.
  void clear(InstrumentId id) noexcept;
  std::size_t size() const noexcept { return held_.size(); }

 private:
  struct Take {
    SharedText source;
    Decimal px;
    std::uint32_t share = 0, rule = 0;
  };
  struct Held {
    Decimal stop_px = Decimal::not_set();
    SharedText source;
    std::uint32_t rule = 0;
    std::vector<Take> takes;  // at most one a source, in the order they first asked
    std::vector<std::pair<SharedText, Decimal>> taken;  // the highest that was carried out, by source
  };
  static void taken(Held& h, const SharedText& source, Decimal px);
  std::vector<Held> held_;
  std::size_t protected_ = 0;  // how many have a stop: mostly none, and this is asked at every price
};

}  // namespace bowline::core
