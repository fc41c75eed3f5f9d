// Words that the host writes into the journal's rows, and that who reads a journal knows a cause by.
#pragma once

#include <string_view>

namespace bowline::store {

/// OrderRow::text of an order that the latch held back.
inline constexpr std::string_view held_back_by_latch = "the latch HALT is set: no entry and no strategy exit leaves until an operator resumes";
/// StateRow::why of a host that was started with a quarantined instance.
inline constexpr std::string_view an_instance_is_quarantined = "an instance is quarantined";

/// StateRow::why of a host that goes on from a journal that was put back.
inline constexpr std::string_view the_journal_was_put_back = "the journal was put back from a backup: an operator lets it trade";

}  // namespace bowline::store
