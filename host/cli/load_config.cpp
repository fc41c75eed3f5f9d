#include "cli/load_config.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "cli/verbs.hpp"
#include "config/load.hpp"
#include "config/secret.hpp"
#include "core/exit_codes.hpp"
#include "loader/catalogue.hpp"
#include "loader/plugin_file.hpp"

namespace bowline::cli {
namespace {
std::optional<std::string> environment(std::string_view name) {
  const char* v = std::getenv(std::string(name).c_str());
  return v != nullptr ? std::optional<std::string>(v) : std::nullopt;
}
}  // namespace

LoadedConfig load_config(const std::string& file, const std::filesystem::path& state) {
  namespace fs = std::filesystem;
  config::LoadOptions options;
  options.env = environment;
  options.state = fs::absolute(state);
  // Reading a schema loads the file, and loading copies it: into a folder that goes away again, since a check
  // must not leave anything behind.
  std::string scratch = (fs::temp_directory_path() / "bowline-config-XXXXXX").string();
  if (::mkdtemp(scratch.data()) == nullptr) scratch.clear();
  std::optional<Result<loader::Catalogue>> catalogue;
  options.schema = [&](const config::RunConfig::Plugins& plugins, const std::string& id,
                       const std::string& kind) -> Result<std::string> {
    if (!catalogue) catalogue.emplace(loader::Catalogue::scan(plugins.path));
    if (!*catalogue) return catalogue->error();
    static const std::map<std::string, loader::Kind> kinds{{"feed", loader::Kind::Feed},
                                                           {"signal", loader::Kind::Signal},
                                                           {"risk", loader::Kind::Risk},
                                                           {"broker", loader::Kind::Broker},
                                                           {"rebalancer", loader::Kind::Rebalancer}};
    auto offer = (*catalogue)->find(id, kinds.at(kind));
    if (!offer) return offer.error();
    loader::TrustPolicy trust;
    trust.var = scratch;
    trust.pins = plugins.pins;
    auto module = loader::load_plugin_file(offer->file, trust);
    if (!module) return module.error();
    auto schema = (*module)->schema(id);
    if (!schema) return schema.error();
    return std::string(*schema);
  };
  config::Loaded loaded = config::load(file, options);
  std::error_code ignored;
  if (!scratch.empty()) fs::remove_all(scratch, ignored);
  LoadedConfig out;
  out.secret = [](std::string_view reference) -> Result<std::string> {
    auto found = config::find_secret(reference, environment);
    if (!found) return found.error();
    return found->reveal();
  };
  if (loaded.problems.empty()) {
    out.config = std::move(loaded.config);
    return out;
  }
  for (const config::Problem& p : loaded.problems) std::fprintf(stderr, "%s\n", p.text().c_str());
  std::fprintf(stderr, "bowline: %zu problem%s in %s\n", loaded.problems.size(),
               loaded.problems.size() == 1 ? "" : "s", file.c_str());
  out.exit_code = loaded.live_guard ? core::exit_code::live_guard : core::exit_code::config;
  if (!loaded.live_guard && loaded.problems.front().code.starts_with("PLUGIN_"))
    out.exit_code = core::exit_code::plugin;
  return out;
}

}  // namespace bowline::cli
