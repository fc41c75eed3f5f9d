// The journal's rows of what a run that starts reducing goes by: the ramp of its first days, and how the process before
// ended (trading rules 3.5, 6). Like journal_rows.hpp: one struct a kind, its line of text, and the way back.
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace bowline::store {

namespace journal_kind {
inline constexpr std::string_view ramp = "ramp";
}  // namespace journal_kind

/// The ramp from here on, and what the configuration said then: a later one is compared with that.
struct RampRow {
  Decimal usd_per_day = Decimal::not_set();             ///< not set: the amount is not bounded
  std::uint32_t orders_per_day = 0;                     ///< 0: nor the number
  Decimal configured_usd_per_day = Decimal::not_set();
  std::uint32_t configured_orders_per_day = 0;
  std::string who, why, request{};
};

/// A planned roll-out: a stop and the start behind it, both until then.
struct Rollout {
  core::Nanos until = 0;  ///< engine time, which is the clock's where time is real
  std::string who, why;
};

/// The last row of a process that came to its end.
struct EndRow {
  std::string end;                 ///< as services::RunEnd is called
  std::optional<Rollout> rollout;  ///< it was stopped for one
};

std::string line(const RampRow&);
std::string line(const EndRow&);

/// The inverse of line(). Errors: JOURNAL_ROW, with what is missing or wrong in it.
Result<RampRow> read_ramp(std::string_view payload);
Result<EndRow> read_end(std::string_view payload);

/// What a ramp lets through, in words; a limit that is not set, or 0 orders: any.
std::string ramp_words(Decimal usd_per_day, std::uint32_t orders_per_day);

}  // namespace bowline::store
