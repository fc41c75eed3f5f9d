#include "panic/venue_config.hpp"

#include <unistd.h>

#include <cstdlib>

#include "config/load.hpp"
#include "config/secret.hpp"
#include "loader/catalogue.hpp"
#include "loader/plugin_file.hpp"
#include "services/runtime/instances.hpp"

namespace bowline::panic {
namespace {

std::optional<std::string> environment(std::string_view name) {
  const char* v = std::getenv(std::string(name).c_str());
  return v != nullptr ? std::optional<std::string>(v) : std::nullopt;
}

/// The broker's schema: loading its file copies it, into a folder that goes away again.
Result<std::string> broker_schema(const config::RunConfig& so_far, const std::string& id, const std::string& scratch) {
  const auto catalogue = loader::Catalogue::scan(so_far.plugins.path);
  if (!catalogue) return catalogue.error();
  const auto offer = catalogue->find(id, loader::Kind::Broker);
  if (!offer) return offer.error();
  loader::TrustPolicy trust;
  trust.var = scratch;
  trust.pins = so_far.plugins.pins;
  trust.pins_required = so_far.mode == "live";
  const auto module = loader::load_plugin_file(offer->file, trust);
  if (!module) return module.error();
  if (auto fits = services::fits_host(**module, id, loader::Kind::Broker, so_far.mode); !fits) return fits.error();
  const auto schema = (*module)->schema(id);
  if (!schema) return schema.error();
  return std::string(*schema);
}

}  // namespace

VenueConfig read_venue_config(const std::string& file, const std::filesystem::path& var) {
  namespace fs = std::filesystem;
  std::string scratch = (fs::temp_directory_path() / "bowline-panic-XXXXXX").string();
  if (::mkdtemp(scratch.data()) == nullptr) scratch.clear();
  config::LoadOptions options;
  options.env = environment;
  options.state = fs::absolute(var);
  options.only_kind = "broker";
  options.schema = [&scratch](const config::RunConfig& so_far, const std::string& id, const std::string&) {
    return broker_schema(so_far, id, scratch);
  };
  config::Loaded loaded = config::load(file, options);
  std::error_code ignored;
  if (!scratch.empty()) fs::remove_all(scratch, ignored);
  VenueConfig out;
  out.secret = [](std::string_view reference) -> Result<std::string> {
    auto found = config::find_secret(reference, environment);
    if (!found) return found.error();
    return found->reveal();
  };
  out.problems = std::move(loaded.problems);
  out.live_guard = loaded.live_guard;
  if (!out.problems.empty()) return out;
  std::erase_if(loaded.config.instances, [](const config::InstanceConfig& i) { return i.kind != "broker"; });
  if (loaded.config.instances.size() != 1) {
    out.problems.push_back({file, 0, 0, "instances", "RUN_BROKER_COUNT",
                            "the venue is the one instance of kind broker, and here are " + std::to_string(loaded.config.instances.size())});
    return out;
  }
  out.config = std::move(loaded.config);
  return out;
}

}  // namespace bowline::panic
