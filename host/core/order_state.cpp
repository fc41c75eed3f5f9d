#include "core/order_state.hpp"

namespace bowline::core {
namespace {
constexpr std::array<std::string_view, order_state_count> state_names{
    "recorded",   "submitted", "open",      "partially_filled", "cancel_pending", "unknown",
    "not_placed", "filled",    "cancelled", "rejected",         "expired",        "denied"};
constexpr std::array<std::string_view, order_event_count> event_names{
    "handed_over",    "deny",      "acked",        "rejected",    "timed_out", "fill_part",     "fill_all",     "cancel_sent",
    "cancel_refused", "cancelled", "expired",      "found",       "proved_absent", "cancel_taken", "amend_sent",  "amended",
    "amend_refused",  "triggered", "filled_short", "fill_undone", "absent",    "restarted"};
// A name of an enumerator that was forgotten would be empty, and a shifted one stand in the wrong place.
static_assert(!state_names.back().empty() && state_names.size() == static_cast<std::size_t>(OrderState::denied) + 1);
static_assert(!event_names.back().empty() && event_names.size() == static_cast<std::size_t>(OrderEvent::restarted) + 1);
}  // namespace

std::string_view to_string(OrderState s) noexcept { return state_names[static_cast<std::size_t>(s)]; }
std::string_view to_string(OrderEvent e) noexcept { return event_names[static_cast<std::size_t>(e)]; }

std::optional<OrderState> order_state_from(std::string_view text) noexcept {
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (state_names[i] == text) return static_cast<OrderState>(i);
  return std::nullopt;
}

std::optional<OrderEvent> order_event_from(std::string_view text) noexcept {
  for (std::size_t i = 0; i < event_names.size(); ++i)
    if (event_names[i] == text) return static_cast<OrderEvent>(i);
  return std::nullopt;
}

std::string order_states_markdown() {
  std::string out = "| from | event | to | why |\n|---|---|---|---|\n";
  for (const Transition& t : order_transitions) {
    out.append("| ").append(to_string(t.from)).append(" | ").append(to_string(t.event)).append(" | ");
    out.append(to_string(t.to)).append(" | ").append(t.why).append(" |\n");
  }
  return out;
}

}  // namespace bowline::core
