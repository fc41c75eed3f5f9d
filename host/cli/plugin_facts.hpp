// What plugins are told that are made to be asked, not to run: no clock goes, secrets and features are there.
#pragma once

#include "cli/load_config.hpp"
#include "services/runtime/instance_services.hpp"
#include "services/runtime/selected_features.hpp"

namespace bowline::cli {

/// Both must outlive `facts`.
inline void stand_still(services::RunFacts& facts, const core::InstrumentTable& table, const LoadedConfig& loaded) {
  facts.instruments = &table;
  facts.wall_ns = [] { return std::int64_t{0}; };
  facts.secret = loaded.secret;
  facts.select = services::select_features;
}

}  // namespace bowline::cli
