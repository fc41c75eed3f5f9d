// Ids made from facts (trading rules 2.1): the same decision has the same id in every run, process and restart.
#pragma once

#include <array>

#include "core/types.hpp"

namespace bowline::core {

/// Room for any list of facts: a text longer than 96 bytes counts by its own hash.
using FactBytes = std::array<unsigned char, 512>;

/// The facts of a decision id without the time, hashed once for the many decisions that differ in nothing else.
class DecisionFacts {
 public:
  DecisionFacts(std::uint64_t run_seed, std::string_view symbol, std::string_view source, std::string_view model) noexcept;
  /// decision_id of these facts at `time`.
  Id128 at(Nanos time) const noexcept;

 private:
  Id128 key_;
};

/// Decision id = hash(run seed, instrument symbol, decision event time, source instance id, model id): XXH3 with 128 bits
/// over that of all facts but the time, and the time.
Id128 decision_id(std::uint64_t run_seed, std::string_view symbol, Nanos time, std::string_view source,
                  std::string_view model) noexcept;

/// client_order_id = prefix + hash(store epoch, account, decision, purpose, leg, attempt). `attempt` rises only after
/// the one before is durably terminal; a new store epoch (restore) makes new ids.
ClientOrderId client_order_id(std::uint64_t store_epoch, std::string_view account, Id128 decision, Purpose purpose,
                              std::uint32_t leg, std::uint32_t attempt) noexcept;

/// The name here of an order that the venue knows by its own id alone: prefix + hash(venue id), the same in every run.
ClientOrderId external_order_id(std::string_view venue_id) noexcept;

}  // namespace bowline::core
