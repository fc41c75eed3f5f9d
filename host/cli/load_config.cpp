#include "cli/load_config.hpp"

#include <unistd.h>

#include <cstdio>
#include <map>

#include "cli/canary_facts.hpp"
#include "cli/environment.hpp"
#include "cli/verbs.hpp"
#include "config/load.hpp"
#include "config/secret.hpp"
#include "core/exit_codes.hpp"
#include "loader/catalogue.hpp"
#include "loader/plugin_file.hpp"
#include "services/runtime/instances.hpp"

namespace bowline::cli {
LoadedConfig read_config(const std::string& file, const std::filesystem::path& state, For purpose) {
  namespace fs = std::filesystem;
  config::LoadOptions options;
  options.env = environment;
  options.state = fs::absolute(state);
  options.complete = purpose == For::run || purpose == For::again;
  if (purpose == For::venue) options.only_kind = "broker";
  Error no_canary;
  Result<std::string> broker_schema = Error{"CONFIG_KEY_MISSING", "plugins.path names no folder"};  // until it is asked for
  options.canary = [&](const config::RunConfig& config) {
    if (purpose == For::again) return true;  // it sends nothing
    const auto passed = canary_of_run(config, options.state, broker_schema);
    if (!passed) no_canary = passed.error();
    return static_cast<bool>(passed);
  };
  // Reading a schema loads the file, and loading copies it: into a folder that goes away again, since a check
  // must not leave anything behind.
  std::string scratch = (fs::temp_directory_path() / "bowline-config-XXXXXX").string();
  if (::mkdtemp(scratch.data()) == nullptr) scratch.clear();
  std::optional<Result<loader::Catalogue>> catalogue;
  const auto schema_of = [&](const config::RunConfig& so_far, const std::string& id, const std::string& kind) -> Result<std::string> {
    if (!catalogue) catalogue.emplace(loader::Catalogue::scan(so_far.plugins.path));
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
    trust.pins = so_far.plugins.pins;
    trust.pins_required = so_far.mode == "live";
    auto module = loader::load_plugin_file(offer->file, trust);
    if (!module) return module.error();
    if (auto fits = services::fits_host(**module, id, kinds.at(kind), so_far.mode); !fits) return fits.error();
    auto schema = (*module)->schema(id);
    if (!schema) return schema.error();
    return std::string(*schema);
  };
  options.schema = [&](const config::RunConfig& so_far, const std::string& id, const std::string& kind) {
    auto schema = schema_of(so_far, id, kind);
    if (kind == "broker") broker_schema = schema;
    return schema;
  };
  config::Loaded loaded = config::load(file, options);
  std::error_code ignored;
  if (!scratch.empty()) fs::remove_all(scratch, ignored);
  LoadedConfig out;
  out.notes = std::move(loaded.notes);
  out.live_facts = loaded.live_facts;
  if (!no_canary.code.empty()) out.notes.push_back(no_canary.code + ": " + no_canary.message);
  out.secret = [](std::string_view reference) -> Result<std::string> {
    auto found = config::find_secret(reference, environment);
    if (!found) return found.error();
    return found->reveal();
  };
  if (purpose == For::venue) {
    out.guards_unmet = std::erase_if(loaded.problems, [](const config::Problem& p) { return p.code.starts_with("LIVE_"); });
    std::erase_if(loaded.config.instances, [](const config::InstanceConfig& i) { return i.kind != "broker"; });
    if (const std::size_t n = loaded.config.instances.size(); loaded.problems.empty() && n != 1)
      loaded.problems.push_back({file, 0, 0, "instances", "RUN_BROKER_COUNT", "the venue is the one instance of kind broker, and here are " + std::to_string(n)});
  }
  if (loaded.problems.empty()) {
    out.config = std::move(loaded.config);
    return out;
  }
  out.exit_code = loaded.live_guard ? core::exit_code::live_guard : core::exit_code::config;
  if (!loaded.live_guard)
    if (const std::string& code = loaded.problems.front().code; code.starts_with("PLUGIN_") || code.starts_with("MODE_"))
      out.exit_code = exit_code_of({code, ""});
  out.problems = std::move(loaded.problems);
  return out;
}

LoadedConfig load_config(const std::string& file, const std::filesystem::path& state, For purpose) {
  LoadedConfig loaded = read_config(file, state, purpose);
  for (const std::string& note : loaded.notes) std::fprintf(stderr, "bowline: note: %s\n", note.c_str());
  for (const config::Problem& p : loaded.problems)
    std::fprintf(stderr, "bowline: %s: %s\n", p.code.c_str(), p.text().c_str());
  if (const std::size_t n = loaded.problems.size(); n != 0)
    std::fprintf(stderr, "%zu problem%s in %s\n", n, n == 1 ? "" : "s", file.c_str());
  return loaded;
}

}  // namespace bowline::cli
