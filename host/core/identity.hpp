// Ids made from facts (trading rules 2.1): the same decision has the same id in every run, process and restart.
#pragma once

#include "core/types.hpp"

namespace bowline::core {

/// Decision id = hash(run seed, instrument symbol, decision event time, source instance id, model id). XXH3, 128 bits.
Id128 decision_id(std::uint64_t run_seed, std::string_view symbol, Nanos time, std::string_view source,
                  std::string_view model) noexcept;

/// client_order_id = prefix + hash(store epoch, account, decision, purpose, leg, attempt). `attempt` rises only after
/// the one before is durably terminal; a new store epoch (restore) makes new ids.
ClientOrderId client_order_id(std::uint64_t store_epoch, std::string_view account, Id128 decision, Purpose purpose,
                              std::uint32_t leg, std::uint32_t attempt) noexcept;

}  // namespace bowline::core
