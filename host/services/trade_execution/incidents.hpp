// What went wrong between the host, its journal and the venue without ending the run. Each incident is counted by its
// code, stored in core_events with its words, and told in the log without them: a venue's words may hold an amount.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bowline::services {

struct IncidentCode {
  std::string_view code;
  bool grave;                ///< ERROR, else WARNING: somebody has to look at the venue or at the disk
  std::string_view meaning;  ///< one sentence, never an amount
};

/// Every code an incident may carry, sorted: the documentation's table.
std::span<const IncidentCode> incident_codes() noexcept;
/// The row of that code, or null.
const IncidentCode* find_incident(std::string_view code) noexcept;
/// The log line of the nth incident of this code; see worth_a_line(). `order`: the id of the order it is of; may be empty.
void log_incident(std::string_view code, std::uint64_t n, std::string_view order = {});

}  // namespace bowline::services
