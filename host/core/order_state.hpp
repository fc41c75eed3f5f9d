// The only place an order changes state: one table of {from, event, to, why}. A pair that is not in it is an error
// value, never a guess. The documentation's table is generated from this one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bowline::core {

enum class OrderState : std::uint8_t {
  recorded,          // durable in the journal, not yet handed to the broker
  submitted,         // handed over; the venue has not answered
  open,              // the venue has it
  partially_filled,  // some of it is done, the rest is at the venue
  cancel_pending,    // a cancel was sent; fills may still come
  unknown,           // sent without an answer: it may be live
  not_placed,        // proved absent from the venue
  filled,            // terminal: all of it
  cancelled,         // terminal: the rest will not fill
  rejected,          // terminal: the venue refused it
  expired,           // terminal: its time ran out
  denied             // terminal: never left this host
};

enum class OrderEvent : std::uint8_t {
  handed_over,    // the broker took it
  deny,           // the broker edge refused before any byte was written
  acked,          // the venue reports it working
  rejected,       // the venue refused it
  timed_out,      // sent, no answer
  fill_part,      // a fill that leaves a rest
  fill_all,       // a fill that leaves nothing
  cancel_sent,    // we asked for a cancel
  cancel_refused, // the venue would not cancel
  cancelled,      // the venue reports it cancelled
  expired,        // the venue reports its time ran out
  found,          // a query saw it working
  proved_absent   // no byte written, or k unfiltered polls with holds unchanged
};

struct Transition {
  OrderState from;
  OrderEvent event;
  OrderState to;
  std::string_view why;
};

inline constexpr auto order_transitions = [] {
  using S = OrderState;
  using E = OrderEvent;
  return std::to_array<Transition>({
      {S::recorded, E::handed_over, S::submitted, "its record is durable, so the broker may have it"},
      {S::recorded, E::deny, S::denied, "refused on this side before a byte was written"},
      {S::recorded, E::proved_absent, S::not_placed, "after a restart: it never left"},
      {S::submitted, E::deny, S::denied, "the broker refused it without sending"},
      {S::submitted, E::acked, S::open, "the venue has it"},
      {S::submitted, E::rejected, S::rejected, "the venue refused it"},
      {S::submitted, E::timed_out, S::unknown, "sent, no answer: it may be live"},
      {S::submitted, E::fill_part, S::partially_filled, "the fill overtook the acknowledgement"},
      {S::submitted, E::fill_all, S::filled, "the fill overtook the acknowledgement"},
      {S::submitted, E::cancel_sent, S::cancel_pending, "cancelled before it was acknowledged"},
      {S::submitted, E::cancelled, S::cancelled, "ended by the venue at once (IOC, post-only, self-trade)"},
      {S::submitted, E::expired, S::expired, "its time ran out before the acknowledgement came"},
      {S::open, E::acked, S::open, "told twice"},
      {S::open, E::found, S::open, "a query agrees"},
      {S::open, E::fill_part, S::partially_filled, "part of it is done"},
      {S::open, E::fill_all, S::filled, "all of it is done"},
      {S::open, E::cancel_sent, S::cancel_pending, "we asked for a cancel"},
      {S::open, E::cancelled, S::cancelled, "the venue ended it"},
      {S::open, E::expired, S::expired, "good-til-date has passed"},
      {S::open, E::rejected, S::rejected, "refused after it was acknowledged: venues do that"},
      {S::open, E::timed_out, S::open, "a query without an answer proves nothing"},
      {S::partially_filled, E::acked, S::partially_filled, "the acknowledgement came after the fill"},
      {S::partially_filled, E::found, S::partially_filled, "a query agrees"},
      {S::partially_filled, E::fill_part, S::partially_filled, "another part"},
      {S::partially_filled, E::fill_all, S::filled, "the last part"},
      {S::partially_filled, E::cancel_sent, S::cancel_pending, "the rest is to go"},
      {S::partially_filled, E::cancelled, S::cancelled, "the rest is gone, what filled stays"},
      {S::partially_filled, E::expired, S::expired, "the rest ran out of time, what filled stays"},
      {S::partially_filled, E::timed_out, S::partially_filled, "a query without an answer proves nothing"},
      {S::cancel_pending, E::acked, S::cancel_pending, "the acknowledgement came late"},
      {S::cancel_pending, E::found, S::cancel_pending, "still working while the cancel travels"},
      {S::cancel_pending, E::fill_part, S::cancel_pending, "a fill in the cancel's flight"},
      {S::cancel_pending, E::fill_all, S::filled, "the cancel lost the race"},
      {S::cancel_pending, E::cancel_sent, S::cancel_pending, "asked again"},
      {S::cancel_pending, E::cancel_refused, S::open, "the venue would not: it works on"},
      {S::cancel_pending, E::cancelled, S::cancelled, "done as asked"},
      {S::cancel_pending, E::expired, S::expired, "its time ran out first"},
      {S::cancel_pending, E::rejected, S::rejected, "it had been refused all along"},
      {S::cancel_pending, E::timed_out, S::cancel_pending, "no answer: ask the venue"},
      {S::unknown, E::acked, S::open, "the answer came late"},
      {S::unknown, E::found, S::open, "a query saw it"},
      {S::unknown, E::rejected, S::rejected, "the answer came late: refused"},
      {S::unknown, E::fill_part, S::partially_filled, "it was live after all"},
      {S::unknown, E::fill_all, S::filled, "it was live after all"},
      {S::unknown, E::cancel_sent, S::unknown, "a cancel of what may be there"},
      {S::unknown, E::cancelled, S::cancelled, "it was there, and is gone"},
      {S::unknown, E::expired, S::expired, "it was there, and ran out of time"},
      {S::unknown, E::timed_out, S::unknown, "still no answer"},
      {S::unknown, E::proved_absent, S::not_placed, "k unfiltered polls with holds unchanged"},
      {S::not_placed, E::found, S::open, "it showed up after all: adopt, cancel, alert"},
      {S::not_placed, E::acked, S::open, "it showed up after all: adopt, cancel, alert"},
      {S::not_placed, E::fill_part, S::partially_filled, "it showed up by filling: adopt, cancel, alert"},
      {S::not_placed, E::fill_all, S::filled, "it showed up by filling: adopt, alert"},
      {S::cancelled, E::fill_part, S::cancelled, "a late report of a fill before the cancel"},
      {S::cancelled, E::fill_all, S::filled, "the cancel lost the race: happens on every venue"},
      {S::cancelled, E::cancelled, S::cancelled, "told twice"},
      {S::cancelled, E::cancel_refused, S::cancelled, "nothing left to cancel"},
      {S::cancelled, E::acked, S::cancelled, "an old report came late"},
      {S::expired, E::fill_part, S::expired, "a late report of a fill before the end"},
      {S::expired, E::fill_all, S::filled, "the last fill was reported late"},
      {S::expired, E::expired, S::expired, "told twice"},
      {S::expired, E::cancelled, S::expired, "some venues call it cancelled too"},
      {S::expired, E::cancel_refused, S::expired, "nothing left to cancel"},
      {S::expired, E::acked, S::expired, "an old report came late"},
      {S::filled, E::fill_part, S::filled, "a fill that was missing when the venue said it was filled"},
      {S::filled, E::fill_all, S::filled, "the last fill that was missing"},
      {S::filled, E::acked, S::filled, "an old report came late"},
      {S::filled, E::found, S::filled, "a query lags the fill"},
      {S::filled, E::cancel_refused, S::filled, "too late to cancel"},
      {S::filled, E::cancelled, S::filled, "nothing was left to cancel"},
      {S::filled, E::expired, S::filled, "nothing was left to expire"},
      {S::rejected, E::rejected, S::rejected, "told twice"},
      {S::rejected, E::cancel_refused, S::rejected, "nothing to cancel"},
      {S::rejected, E::fill_part, S::partially_filled, "filled though reported as refused: adopt, alert"},
      {S::rejected, E::fill_all, S::filled, "filled though reported as refused: adopt, alert"},
  });
}();

/// The state after `event`, or nothing when the table has no such row (an incident the caller reports).
constexpr std::optional<OrderState> next_state(OrderState from, OrderEvent event) noexcept {
  for (const Transition& t : order_transitions)
    if (t.from == from && t.event == event) return t.to;
  return std::nullopt;
}
/// Nothing more is expected, though late reports may still come.
constexpr bool is_terminal(OrderState s) noexcept {
  return s == OrderState::filled || s == OrderState::cancelled || s == OrderState::rejected ||
         s == OrderState::expired || s == OrderState::denied || s == OrderState::not_placed;
}

std::string_view to_string(OrderState) noexcept;
std::string_view to_string(OrderEvent) noexcept;
/// The inverse of to_string, for the reader of a stored run.
std::optional<OrderState> order_state_from(std::string_view) noexcept;
std::optional<OrderEvent> order_event_from(std::string_view) noexcept;
/// The table as Markdown, for the documentation.
std::string order_states_markdown();

}  // namespace bowline::core
