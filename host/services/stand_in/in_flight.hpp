// Which orders of a host are on their way or work, by its journal: for who sells beside it and must not write there. The journal is
// read as a copy, since a host that hangs lets nobody else open it.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <vector>

#include "core/instrument.hpp"
#include "core/types.hpp"
#include "store/journal.hpp"

namespace bowline::services {

struct InFlight {
  core::ClientOrderId id;
  core::InstrumentId instrument;
  core::Side side{};
  Decimal qty = Decimal::not_set();  ///< base; not set: of a purchase by its cost
  core::Nanos decided = 0;
};

struct HostOrders {
  store::Stamp stamp;
  std::vector<InFlight> in_flight;   ///< in order of their making
  core::Nanos last = 0;              ///< time of the newest row
  std::uint64_t rows = 0;
};

/// Reads the whole of it, chain and all; `table`: orders of other products are passed over. Nothing is written but the copy, which
/// goes away again. Errors: those of copy_journal and JournalFile, JOURNAL_ROW: then nothing of it is to be believed.
Result<HostOrders> orders_in_flight(const std::filesystem::path& journal, const core::InstrumentTable& table);

}  // namespace bowline::services
