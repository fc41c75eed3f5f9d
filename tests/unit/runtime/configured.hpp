// A configuration as a run gets it: read from a file, its params held against the schemas of the built plugins.
#pragma once

#include <fstream>
#include <optional>
#include <string>

#include "config/load.hpp"
#include "loader/catalogue.hpp"
#include "loader/plugin_file.hpp"
#include "unit/runtime/rig.hpp"

namespace bowline::test {

inline config::RunConfig configured(const Folder& folder, const std::string& yaml) {
  std::ofstream(folder.path() / "run.yaml") << yaml;
  config::LoadOptions o;
  o.env = [](std::string_view) { return std::optional<std::string>(); };
  o.state = folder.path() / "var";
  o.canary = [](const config::RunConfig&) { return true; };  // of mode: live
  o.schema = [&](const config::RunConfig& so_far, const std::string& id, const std::string&) -> Result<std::string> {
    auto all = loader::Catalogue::scan(so_far.plugins.path);
    if (!all) return all.error();
    auto offer = all->find(id);
    if (!offer) return offer.error();
    loader::TrustPolicy trust;
    trust.var = folder.path() / "schemas";
    auto module = loader::load_plugin_file(offer->file, trust);
    if (!module) return module.error();
    return std::string(*(*module)->schema(id));
  };
  auto loaded = config::load(folder.path() / "run.yaml", o);
  for (const auto& p : loaded.problems) UNSCOPED_INFO(p.text());
  REQUIRE(loaded.problems.empty());
  return loaded.config;
}

}  // namespace bowline::test
