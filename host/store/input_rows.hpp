// The journal's rows of what moved the core and came neither from the feeds nor from the venue: an operator's commands as
// they were asked, and ticks of the clock that something came of. Each names its place among the events, so that a run that
// is run again is asked the same at the same place (trading rules 1.5, 4.1). What a command led to stands behind it, in
// rows of its own; a command that was refused, or only tried, changed nothing and has no row.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/types.hpp"

namespace bowline::store {

namespace journal_kind {
inline constexpr std::string_view asked = "asked", tick = "tick";
}  // namespace journal_kind

/// Where among the events of one process something came: behind so many bars and quotes that trade-execution heard, and so
/// many steps that it settled, at that engine time.
struct EventPlace {
  core::Nanos at = 0;
  std::uint64_t heard = 0, steps = 0;
  bool within = false;  ///< in the middle of a step, which is possible only where the services are several processes
};

/// What was asked.
enum class Ask : std::uint8_t {
  trade, cancel, plan, close, lock, unlock, state, stop, resume,
  latch,  ///< nobody asked here: the file HALT was found
  inventory, venue, adoption, amend, ramp, rollout, reclassify
};
std::string_view to_string(Ask) noexcept;

/// One target of a plan that was commanded; the rest of a target is the plan's own.
struct PlanTarget {
  std::string symbol;
  double weight = 0;
  core::Nanos valid_until = 0;
  core::Id128 decision;
  Decimal ref_px = Decimal::not_set();
};

/// A command as it was asked. Which of the fields of the second half it has is its `what`'s.
struct AskedRow {
  EventPlace place;
  Ask what{};
  std::string who, why{}, request{};  ///< principal, reason, request id

  std::string key{};                ///< trade, amend, close, inventory, adoption, reclassify: the Idempotency-Key; latch: the id in it
  std::string symbol{};             ///< empty: of all products, or of none
  std::string asset{};              ///< reclassify; its amount is qty
  std::string order{};              ///< cancel, amend: its client id
  std::string side{}, type{}, tif{};  ///< trade
  Decimal qty = Decimal::not_set(), quote_qty = Decimal::not_set(), limit_px = Decimal::not_set(),
          stop_px = Decimal::not_set();  ///< trade, amend
  Decimal px = Decimal::not_set();  ///< inventory: not set: its price then
  core::Nanos until = 0;            ///< trade, amend: its expiry; lock; rollout
  std::uint32_t count = 0;          ///< ramp: entries a day, 0 = not bounded; its amount is quote_qty
  core::TradingState state{};       ///< state
  bool flag = false;                ///< trade: post-only; state: frozen; inventory: adopt; reclassify: a deposit was a reward; plan: made in another process
  std::vector<PlanTarget> plan{};
};

/// The clock moved engine time, and something came of it.
struct TickRow {
  EventPlace place;
  enum class Of : std::uint8_t {
    clock,  ///< what was due by then was done
    time,   ///< nothing was due; what came next had been received before it
    latch   ///< what rested under the latch was cancelled again
  } of = Of::clock;
};

std::string line(const AskedRow&);
std::string line(const TickRow&);

/// The inverse of line(). Errors: JOURNAL_ROW, with what is missing or wrong in it.
Result<AskedRow> read_asked(std::string_view payload);
Result<TickRow> read_tick(std::string_view payload);

/// Either, in the order of the file.
using Input = std::variant<AskedRow, TickRow>;
inline const EventPlace& place_of(const Input& input) {
  return std::visit([](const auto& row) -> const EventPlace& { return row.place; }, input);
}
/// With the number of its row.
struct RecordedInput {
  Input input;
  std::uint64_t row = 0;
};
/// The input that such a row is. Errors: JOURNAL_ROW; of another kind as well.
Result<Input> read_input(std::string_view kind, std::string_view payload);

}  // namespace bowline::store
