// `bowline-panic liquidate --everything`: sells all that the account holds of the configuration's products, because the operator says
// that it is all his, where the journal that would know it is missing, damaged, or held by a host that hangs (trading rules 3.7).
#pragma once

#include "core/instrument.hpp"
#include "panic/alone.hpp"
#include "panic/venue_config.hpp"

namespace bowline::panic {

/// The latch is set, and says stop or more. Refused with nothing sent: CONFIRM_ACCOUNT, when the account was not named as the
/// configuration has it; JOURNAL_STAMP, when a journal that can be read is another account's; HOST_BUSY, when somebody does it already.
/// A journal is never written to: of one that is sound the lock is taken, so that no host can start beside it.
Outcome act_on_everything(const Command& command, const VenueConfig& from, const core::InstrumentTable& table);

}  // namespace bowline::panic
