// The only place an order changes state: one table of {from, event, to, why}. A pair that is not in it is an error
// value, never a guess. The documentation's table is generated from this one.
//
// What is in it: every event that the venue can tell, or be asked for, in every state in which it can; doubled, late and
// out of order ones too. What is not: a step of this host out of its turn (a cancel of what has ended), and the venue's
// answer to what can't have been asked of it (a refused cancel of an order that was not yet acknowledged).
//
// An amend has no state of its own. While it travels the order goes on living, and fills, cancels and ends come as they
// did: the order notes what was asked for beside its state (core/order.hpp). A stop that triggers stays working, too.
#pragma once

#include <array>
#include <cstddef>
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
  unknown,           // sent without an answer, or found without an intent of ours: it may be live
  not_placed,        // proved absent from the venue
  filled,            // terminal: all of it
  cancelled,         // terminal: the rest will not fill; with fills it is a partial end
  rejected,          // terminal: the venue refused it
  expired,           // terminal: its time ran out; with fills it is a partial end
  denied             // terminal: never left this host
};

enum class OrderEvent : std::uint8_t {
  handed_over,    // the broker took it
  deny,           // the broker edge refused before any byte was written
  acked,          // the venue reports it working
  rejected,       // the venue refused it
  timed_out,      // sent or asked, no answer
  fill_part,      // a fill that leaves a rest
  fill_all,       // a fill that leaves nothing
  cancel_sent,    // we asked for a cancel
  cancel_refused, // the venue would not cancel
  cancelled,      // the venue reports it cancelled
  expired,        // the venue reports its time ran out
  found,          // a query saw it working; an answer to a question older than its known end is dropped before
  proved_absent,  // no byte written, or k unfiltered polls with holds unchanged
  cancel_taken,   // the venue reports that a cancel of it is being worked, ours or somebody else's
  amend_sent,     // we asked for other terms
  amended,        // the venue reports other terms in force
  amend_refused,  // the venue would not amend
  triggered,      // its stop price was reached: a stop-limit order, or the stop leg of a bracket
  filled_short,   // the venue ended it as filled, with less than its quantity
  fill_undone,    // the venue took a fill back, or corrected it to less
  absent,         // a query did not find it: evidence, not proof
  restarted       // this host came back: whatever it was doing with the order is over
};

inline constexpr std::size_t order_state_count = 12, order_event_count = 22;

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
      {S::recorded, E::restarted, S::unknown, "the record is durable, its hand-over need not be: it may have left"},
      {S::recorded, E::timed_out, S::unknown, "whether it left is not known"},
      {S::recorded, E::proved_absent, S::not_placed, "after a restart: it never left"},
      {S::recorded, E::absent, S::recorded, "not found: evidence, not proof"},
      {S::recorded, E::acked, S::open, "after a restart: it had left, and the venue has it"},
      {S::recorded, E::found, S::open, "after a restart: it had left, and a query saw it"},
      {S::recorded, E::triggered, S::open, "after a restart: it had left, and its stop has triggered"},
      {S::recorded, E::cancel_taken, S::cancel_pending, "after a restart: it had left, and is being cancelled"},
      {S::recorded, E::fill_part, S::partially_filled, "after a restart: it had left, and was filled in part"},
      {S::recorded, E::fill_all, S::filled, "after a restart: it had left, and was filled"},
      {S::recorded, E::filled_short, S::cancelled, "after a restart: it ended as filled, below its quantity"},
      {S::recorded, E::rejected, S::rejected, "after a restart: it had left, and was refused"},
      {S::recorded, E::cancelled, S::cancelled, "after a restart: it had left, and was ended"},
      {S::recorded, E::expired, S::expired, "after a restart: it had left, and ran out of time"},

      {S::submitted, E::deny, S::denied, "the broker refused it without sending"},
      {S::submitted, E::acked, S::open, "the venue has it"},
      {S::submitted, E::found, S::open, "a query saw it before its acknowledgement came"},
      {S::submitted, E::rejected, S::rejected, "the venue refused it"},
      {S::submitted, E::timed_out, S::unknown, "sent, no answer: it may be live"},
      {S::submitted, E::restarted, S::unknown, "the answer was for the run before: it may be live"},
      {S::submitted, E::absent, S::submitted, "not found yet: evidence, not proof"},
      {S::submitted, E::proved_absent, S::not_placed, "no byte was written, or k unfiltered polls with holds unchanged"},
      {S::submitted, E::fill_part, S::partially_filled, "the fill overtook the acknowledgement"},
      {S::submitted, E::fill_all, S::filled, "the fill overtook the acknowledgement"},
      {S::submitted, E::filled_short, S::cancelled, "ended as filled at once, below its quantity: a partial end"},
      {S::submitted, E::cancel_sent, S::cancel_pending, "cancelled before it was acknowledged"},
      {S::submitted, E::cancel_taken, S::cancel_pending, "it is there, and somebody else is cancelling it"},
      {S::submitted, E::cancelled, S::cancelled, "ended by the venue at once (IOC, FOK, post-only, self-trade)"},
      {S::submitted, E::expired, S::expired, "its time ran out before the acknowledgement came"},
      {S::submitted, E::triggered, S::open, "its stop triggered before the acknowledgement came"},
      {S::submitted, E::amended, S::open, "it is there, and somebody else has amended it"},

      {S::open, E::acked, S::open, "told twice"},
      {S::open, E::found, S::open, "a query agrees"},
      {S::open, E::fill_part, S::partially_filled, "part of it is done"},
      {S::open, E::fill_all, S::filled, "all of it is done"},
      {S::open, E::filled_short, S::cancelled, "ended as filled, below its quantity: a partial end"},
      {S::open, E::cancel_sent, S::cancel_pending, "we asked for a cancel"},
      {S::open, E::cancel_taken, S::cancel_pending, "somebody else asked for a cancel"},
      {S::open, E::cancel_refused, S::open, "the refusal was told twice"},
      {S::open, E::cancelled, S::cancelled, "the venue ended it"},
      {S::open, E::expired, S::expired, "good-til-date has passed"},
      {S::open, E::rejected, S::rejected, "refused after it was acknowledged: venues do that"},
      {S::open, E::timed_out, S::open, "a query without an answer proves nothing"},
      {S::open, E::amend_sent, S::open, "we asked for other terms; either may be in force"},
      {S::open, E::amended, S::open, "other terms are in force, asked for by us or by somebody else"},
      {S::open, E::amend_refused, S::open, "the terms stay"},
      {S::open, E::triggered, S::open, "its stop was reached: it works as a limit order now"},
      {S::open, E::absent, S::open, "not in this listing: evidence, not proof"},
      {S::open, E::proved_absent, S::cancelled, "it was there, and no listing has it any more: ended unseen"},
      {S::open, E::restarted, S::open, "it is at the venue, whoever runs here"},

      {S::partially_filled, E::acked, S::partially_filled, "the acknowledgement came after the fill"},
      {S::partially_filled, E::found, S::partially_filled, "a query agrees"},
      {S::partially_filled, E::fill_part, S::partially_filled, "another part"},
      {S::partially_filled, E::fill_all, S::filled, "the last part"},
      {S::partially_filled, E::filled_short, S::cancelled, "ended as filled, below its quantity: a partial end"},
      {S::partially_filled, E::fill_undone, S::partially_filled, "a fill was taken back; with none left it is open"},
      {S::partially_filled, E::cancel_sent, S::cancel_pending, "the rest is to go"},
      {S::partially_filled, E::cancel_taken, S::cancel_pending, "somebody else asked for a cancel of the rest"},
      {S::partially_filled, E::cancel_refused, S::partially_filled, "the refusal was told twice"},
      {S::partially_filled, E::cancelled, S::cancelled, "the rest is gone, what filled stays"},
      {S::partially_filled, E::expired, S::expired, "the rest ran out of time, what filled stays"},
      {S::partially_filled, E::rejected, S::cancelled, "the rest was refused, what filled stays: a partial end"},
      {S::partially_filled, E::timed_out, S::partially_filled, "a query without an answer proves nothing"},
      {S::partially_filled, E::amend_sent, S::partially_filled, "we asked for other terms; either may be in force"},
      {S::partially_filled, E::amended, S::partially_filled, "other terms are in force; cut to what filled, it is filled"},
      {S::partially_filled, E::amend_refused, S::partially_filled, "the terms stay; with nothing left of them it is filled"},
      {S::partially_filled, E::triggered, S::partially_filled, "the stop leg of a bracket, after a part of its target"},
      {S::partially_filled, E::absent, S::partially_filled, "not in this listing: evidence, not proof"},
      {S::partially_filled, E::proved_absent, S::cancelled, "no listing has the rest any more: ended unseen"},
      {S::partially_filled, E::restarted, S::partially_filled, "it is at the venue, whoever runs here"},

      {S::cancel_pending, E::acked, S::cancel_pending, "the acknowledgement came late"},
      {S::cancel_pending, E::found, S::cancel_pending, "still working while the cancel travels"},
      {S::cancel_pending, E::fill_part, S::cancel_pending, "a fill in the cancel's flight"},
      {S::cancel_pending, E::fill_all, S::filled, "the cancel lost the race"},
      {S::cancel_pending, E::filled_short, S::cancelled, "ended as filled, below its quantity: a partial end"},
      {S::cancel_pending, E::fill_undone, S::cancel_pending, "a fill was taken back in the cancel's flight"},
      {S::cancel_pending, E::cancel_sent, S::cancel_pending, "asked again"},
      {S::cancel_pending, E::cancel_taken, S::cancel_pending, "the venue is at it"},
      {S::cancel_pending, E::cancel_refused, S::open, "the venue would not: it works on"},
      {S::cancel_pending, E::cancelled, S::cancelled, "done as asked"},
      {S::cancel_pending, E::expired, S::expired, "its time ran out first"},
      {S::cancel_pending, E::rejected, S::rejected, "it had been refused all along"},
      {S::cancel_pending, E::timed_out, S::cancel_pending, "no answer: ask the venue"},
      {S::cancel_pending, E::amended, S::cancel_pending, "an amend was answered first; the cancel travels on"},
      {S::cancel_pending, E::amend_refused, S::cancel_pending, "too late to amend; the cancel travels on"},
      {S::cancel_pending, E::triggered, S::cancel_pending, "its stop was reached in the cancel's flight"},
      {S::cancel_pending, E::absent, S::cancel_pending, "not in this listing: it may be gone, or still coming"},
      {S::cancel_pending, E::proved_absent, S::cancelled, "nothing of it is left at the venue, as asked; not_placed if the venue never told of it"},
      {S::cancel_pending, E::restarted, S::cancel_pending, "the cancel may be lost: ask again"},

      {S::unknown, E::handed_over, S::unknown, "sent again, the same bytes under the same id: the first may be live"},
      {S::unknown, E::deny, S::unknown, "the second sending did not leave; the first may have"},
      {S::unknown, E::acked, S::open, "the answer came late"},
      {S::unknown, E::found, S::open, "a query saw it"},
      {S::unknown, E::rejected, S::rejected, "the answer came late: refused"},
      {S::unknown, E::fill_part, S::partially_filled, "it was live after all"},
      {S::unknown, E::fill_all, S::filled, "it was live after all"},
      {S::unknown, E::filled_short, S::cancelled, "it was live, and ended as filled below its quantity"},
      {S::unknown, E::cancel_sent, S::unknown, "a cancel of what may be there"},
      {S::unknown, E::cancel_taken, S::cancel_pending, "it is there, and is being cancelled"},
      {S::unknown, E::cancel_refused, S::unknown, "too late, or never there: the refusal does not say which"},
      {S::unknown, E::cancelled, S::cancelled, "it was there, and is gone"},
      {S::unknown, E::expired, S::expired, "it was there, and ran out of time"},
      {S::unknown, E::timed_out, S::unknown, "still no answer"},
      {S::unknown, E::amended, S::open, "it is there, and was amended"},
      {S::unknown, E::amend_refused, S::unknown, "asked in another run; the refusal does not say whether it is there"},
      {S::unknown, E::triggered, S::open, "it is there, and its stop has triggered"},
      {S::unknown, E::absent, S::unknown, "not found: evidence, not proof"},
      {S::unknown, E::proved_absent, S::not_placed, "k unfiltered polls with holds unchanged"},
      {S::unknown, E::restarted, S::unknown, "still not known"},

      {S::not_placed, E::found, S::open, "it showed up after all: adopt, cancel, alert"},
      {S::not_placed, E::acked, S::open, "it showed up after all: adopt, cancel, alert"},
      {S::not_placed, E::triggered, S::open, "it showed up by triggering: adopt, cancel, alert"},
      {S::not_placed, E::amended, S::open, "it showed up, amended: adopt, cancel, alert"},
      {S::not_placed, E::cancel_taken, S::cancel_pending, "it showed up in a cancel's flight: adopt, alert"},
      {S::not_placed, E::fill_part, S::partially_filled, "it showed up by filling: adopt, cancel, alert"},
      {S::not_placed, E::fill_all, S::filled, "it showed up by filling: adopt, alert"},
      {S::not_placed, E::filled_short, S::cancelled, "it had been there, and ended as filled below its quantity: alert"},
      {S::not_placed, E::cancelled, S::cancelled, "it had been there, and is gone: alert"},
      {S::not_placed, E::expired, S::expired, "it had been there, and ran out of time: alert"},
      {S::not_placed, E::rejected, S::rejected, "the venue's own word for it came late"},
      {S::not_placed, E::cancel_refused, S::not_placed, "nothing to cancel, as proved"},
      {S::not_placed, E::amend_refused, S::not_placed, "nothing to amend, as proved"},
      {S::not_placed, E::timed_out, S::not_placed, "an old question ran out of time"},
      {S::not_placed, E::absent, S::not_placed, "still not there"},
      {S::not_placed, E::proved_absent, S::not_placed, "proved twice"},

      {S::filled, E::fill_part, S::filled, "a fill that was missing when the venue said it was filled"},
      {S::filled, E::fill_all, S::filled, "the last fill that was missing"},
      {S::filled, E::filled_short, S::filled, "its fills say that nothing is missing"},
      {S::filled, E::fill_undone, S::cancelled, "a fill was taken back, and the rest will not fill: a partial end"},
      {S::filled, E::acked, S::filled, "an old report came late"},
      {S::filled, E::found, S::filled, "a query lags the fill; with a larger quantity in force it works on"},
      {S::filled, E::triggered, S::filled, "an old report came late"},
      {S::filled, E::amended, S::filled, "an old report came late; with a larger quantity in force it works on"},
      {S::filled, E::amend_refused, S::filled, "too late to amend"},
      {S::filled, E::cancel_taken, S::filled, "too late to cancel"},
      {S::filled, E::cancel_refused, S::filled, "too late to cancel"},
      {S::filled, E::cancelled, S::filled, "nothing was left to cancel"},
      {S::filled, E::expired, S::filled, "nothing was left to expire"},
      {S::filled, E::rejected, S::filled, "what was filled can't be refused: an old report"},
      {S::filled, E::timed_out, S::filled, "an old question ran out of time"},
      {S::filled, E::absent, S::filled, "what has ended leaves the listings"},
      {S::filled, E::proved_absent, S::filled, "what has ended leaves the listings"},

      {S::cancelled, E::fill_part, S::cancelled, "a late report of a fill before the cancel"},
      {S::cancelled, E::fill_all, S::filled, "the cancel lost the race: happens on every venue"},
      {S::cancelled, E::filled_short, S::cancelled, "ended either way, with what filled"},
      {S::cancelled, E::fill_undone, S::cancelled, "a fill before the cancel was taken back"},
      {S::cancelled, E::cancelled, S::cancelled, "told twice"},
      {S::cancelled, E::expired, S::cancelled, "some venues call it expired too"},
      {S::cancelled, E::rejected, S::cancelled, "ended either way"},
      {S::cancelled, E::cancel_refused, S::cancelled, "nothing left to cancel"},
      {S::cancelled, E::cancel_taken, S::cancelled, "an old report came late"},
      {S::cancelled, E::acked, S::cancelled, "an old report came late"},
      {S::cancelled, E::triggered, S::cancelled, "an old report came late"},
      {S::cancelled, E::amended, S::cancelled, "an amend was answered before the end"},
      {S::cancelled, E::amend_refused, S::cancelled, "too late to amend"},
      {S::cancelled, E::timed_out, S::cancelled, "an old question ran out of time"},
      {S::cancelled, E::absent, S::cancelled, "what has ended leaves the listings"},
      {S::cancelled, E::proved_absent, S::cancelled, "what has ended leaves the listings"},
      {S::cancelled, E::found, S::open, "asked after its end it works all the same: adopt, cancel, alert"},

      {S::expired, E::fill_part, S::expired, "a late report of a fill before the end"},
      {S::expired, E::fill_all, S::filled, "the last fill was reported late"},
      {S::expired, E::filled_short, S::expired, "ended either way, with what filled"},
      {S::expired, E::fill_undone, S::expired, "a fill before the end was taken back"},
      {S::expired, E::expired, S::expired, "told twice"},
      {S::expired, E::cancelled, S::expired, "some venues call it cancelled too"},
      {S::expired, E::rejected, S::expired, "ended either way"},
      {S::expired, E::cancel_refused, S::expired, "nothing left to cancel"},
      {S::expired, E::cancel_taken, S::expired, "an old report came late"},
      {S::expired, E::acked, S::expired, "an old report came late"},
      {S::expired, E::triggered, S::expired, "an old report came late"},
      {S::expired, E::amended, S::expired, "an amend was answered before the end"},
      {S::expired, E::amend_refused, S::expired, "too late to amend"},
      {S::expired, E::timed_out, S::expired, "an old question ran out of time"},
      {S::expired, E::absent, S::expired, "what has ended leaves the listings"},
      {S::expired, E::proved_absent, S::expired, "what has ended leaves the listings"},
      {S::expired, E::found, S::open, "asked after its end it works all the same: adopt, cancel, alert"},

      {S::rejected, E::rejected, S::rejected, "told twice"},
      {S::rejected, E::fill_part, S::partially_filled, "filled though reported as refused: adopt, alert"},
      {S::rejected, E::fill_all, S::filled, "filled though reported as refused: adopt, alert"},
      {S::rejected, E::filled_short, S::cancelled, "it had been there, and ended as filled below its quantity: alert"},
      {S::rejected, E::cancelled, S::cancelled, "it had been there, and is gone: its fills may still come"},
      {S::rejected, E::expired, S::expired, "it had been there, and ran out of time: its fills may still come"},
      {S::rejected, E::cancel_refused, S::rejected, "nothing to cancel"},
      {S::rejected, E::cancel_taken, S::rejected, "an old report came late"},
      {S::rejected, E::acked, S::rejected, "an old report came late: the refusal came after it"},
      {S::rejected, E::triggered, S::rejected, "it was refused when its stop was reached"},
      {S::rejected, E::amended, S::rejected, "an amend was answered before the refusal"},
      {S::rejected, E::amend_refused, S::rejected, "nothing to amend"},
      {S::rejected, E::timed_out, S::rejected, "an old question ran out of time"},
      {S::rejected, E::absent, S::rejected, "nothing is there, as told"},
      {S::rejected, E::proved_absent, S::rejected, "nothing is there, as told"},
      {S::rejected, E::found, S::open, "asked after its refusal it works all the same: adopt, cancel, alert"},

      {S::denied, E::acked, S::open, "the broker said that nothing left, and the venue has it: adopt, cancel, alert"},
      {S::denied, E::found, S::open, "the broker said that nothing left, and a query saw it: adopt, cancel, alert"},
      {S::denied, E::triggered, S::open, "the broker said that nothing left, and it triggered: adopt, cancel, alert"},
      {S::denied, E::amended, S::open, "the broker said that nothing left, and it was amended: adopt, cancel, alert"},
      {S::denied, E::cancel_taken, S::cancel_pending, "the broker said that nothing left, and it is being cancelled: alert"},
      {S::denied, E::fill_part, S::partially_filled, "the broker said that nothing left, and it fills: adopt, cancel, alert"},
      {S::denied, E::fill_all, S::filled, "the broker said that nothing left, and it was filled: adopt, alert"},
      {S::denied, E::filled_short, S::cancelled, "the broker said that nothing left, and it was filled in part: alert"},
      {S::denied, E::timed_out, S::unknown, "denied, and then its outcome is not known: it may be live"},
      {S::denied, E::cancelled, S::cancelled, "it had been there, and is gone: its fills may still come"},
      {S::denied, E::expired, S::expired, "it had been there, and ran out of time: its fills may still come"},
      {S::denied, E::rejected, S::rejected, "refused at the venue, too"},
      {S::denied, E::absent, S::denied, "nothing is there, as told"},
      {S::denied, E::proved_absent, S::denied, "nothing is there, as told"},
  });
}();

namespace detail {
inline constexpr std::uint8_t no_state = 0xff;
/// The table as a matrix, for the step itself. Two rows of one pair do not compile.
inline constexpr auto order_matrix = [] {
  std::array<std::array<std::uint8_t, order_event_count>, order_state_count> m{};
  for (auto& row : m) row.fill(no_state);
  for (const Transition& t : order_transitions) {
    std::uint8_t& to = m[static_cast<std::size_t>(t.from)][static_cast<std::size_t>(t.event)];
    if (to != no_state) throw "two rows of one pair";
    to = static_cast<std::uint8_t>(t.to);
  }
  return m;
}();
}  // namespace detail

/// The state after `event`, or nothing when the table has no such row (an incident the caller reports).
constexpr std::optional<OrderState> next_state(OrderState from, OrderEvent event) noexcept {
  const std::uint8_t to = detail::order_matrix[static_cast<std::size_t>(from)][static_cast<std::size_t>(event)];
  return to == detail::no_state ? std::nullopt : std::optional(static_cast<OrderState>(to));
}
/// Nothing more is expected, though late reports may still come.
constexpr bool is_terminal(OrderState s) noexcept {
  return s == OrderState::filled || s == OrderState::cancelled || s == OrderState::rejected ||
         s == OrderState::expired || s == OrderState::denied || s == OrderState::not_placed;
}
/// It was over, and works: at the venue is what nobody counted. Cancel it and alert (trading rules 2.3).
constexpr bool came_back(OrderState from, OrderState to) noexcept { return is_terminal(from) && !is_terminal(to); }
/// It was held never to have been at the venue, and was: somebody has to look, whether it works or not.
constexpr bool was_there_after_all(OrderState from, OrderState to) noexcept {
  const auto never = [](OrderState s) {
    return s == OrderState::not_placed || s == OrderState::rejected || s == OrderState::denied;
  };
  return never(from) && !never(to);
}

std::string_view to_string(OrderState) noexcept;
std::string_view to_string(OrderEvent) noexcept;
/// The inverse of to_string, for the reader of a stored run.
std::optional<OrderState> order_state_from(std::string_view) noexcept;
std::optional<OrderEvent> order_event_from(std::string_view) noexcept;
/// The table as Markdown, for the documentation.
std::string order_states_markdown();

}  // namespace bowline::core
