#include "cli/try_plugins.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "cli/plugin_facts.hpp"
#include "services/runtime/instances.hpp"

namespace bowline::cli {
namespace {

namespace fs = std::filesystem;

/// A folder that goes away again: a check must not leave anything behind.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "bowline-check-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

}  // namespace

Result<void> try_plugins(const config::RunConfig& full, const LoadedConfig& loaded) {
  config::RunConfig config = full;
  std::erase_if(config.instances, [&full](const auto& i) { return !services::loads(full, i); });
  auto table = services::instrument_table(config);
  if (!table) return table.error();
  services::RunFacts facts;
  if (auto done = stand_still(facts, *table, loaded); !done) return done.error();
  auto catalogue = loader::Catalogue::scan(config.plugins.path);
  if (!catalogue) return catalogue.error();
  const Scratch scratch;
  if (scratch.path().empty()) return Error{"RUN_VAR_UNUSABLE", "no folder can be made in " + fs::temp_directory_path().string()};
  services::InstancesOptions options;
  options.var = scratch.path();
  options.without_broker = true;  // how many there have to be was asked of the file
  options.alert = [](const loader::Overrun& o) {
    std::fprintf(stderr, "bowline: PLUGIN_OVERRUN: instance %s (plugin %s) did not return from %.*s within %lld ms\n", o.instance.id.c_str(),
                 o.instance.plugin.c_str(), static_cast<int>(o.call.size()), o.call.data(), static_cast<long long>(o.limit_ns / 1'000'000));
  };
  auto made = services::Instances::make(config, *catalogue, facts, std::move(options));
  return made ? Result<void>{} : Result<void>(made.error());
}

}  // namespace bowline::cli
