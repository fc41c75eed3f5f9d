// What plugins are told that are made to be asked, not to run: no clock goes, secrets and features are there.
#pragma once

#include "cli/load_config.hpp"
#include "services/runtime/instance_services.hpp"
#include "services/runtime/instances.hpp"
#include "services/runtime/selected_features.hpp"

namespace bowline::cli {

/// Both must outlive `facts`. Error INSTRUMENT_DATA.
inline Result<void> stand_still(services::RunFacts& facts, const core::InstrumentTable& table, const LoadedConfig& loaded) {
  facts.instruments = &table;
  auto data = services::data_symbols(*loaded.config, table);
  if (!data) return data.error();
  facts.data = std::move(*data);
  facts.wall_ns = [] { return std::int64_t{0}; };
  facts.secret = loaded.secret;
  facts.select = services::select_features;
  return {};
}

}  // namespace bowline::cli
