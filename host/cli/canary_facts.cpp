#include "cli/canary_facts.hpp"

#include <algorithm>
#include <span>

#include "cli/environment.hpp"
#include "config/venue_key.hpp"
#include "loader/catalogue.hpp"
#include "loader/sha256.hpp"
#include "services/runtime/instances.hpp"
#include "store/canary_record.hpp"

namespace bowline::cli {
namespace {

const config::InstanceConfig* broker_of(const config::RunConfig& config) {
  const auto is = [](const config::InstanceConfig& i) { return i.kind == "broker"; };
  const auto found = std::find_if(config.instances.begin(), config.instances.end(), is);
  return found == config.instances.end() ? nullptr : &*found;
}

}  // namespace

Result<std::string> key_fingerprint(const config::RunConfig& config) {
  const config::InstanceConfig* broker = broker_of(config);
  if (broker == nullptr) return Error{"RUN_BROKER_COUNT", "there is no instance of kind broker: orders go nowhere"};
  const auto id = config::venue_key_id(*broker, environment);
  if (!id) return id.error();
  return loader::sha256_hex(std::as_bytes(std::span(id->data(), id->size())));
}

Result<void> canary_of_run(const config::RunConfig& config, const std::filesystem::path& state) {
  const config::InstanceConfig* broker = broker_of(config);
  if (broker == nullptr || !services::loads(config, *broker)) return {};
  if (const auto catalogue = loader::Catalogue::scan(config.plugins.path); catalogue)
    if (const auto offer = catalogue->find(broker->plugin, loader::Kind::Broker); offer && offer->venue_class == loader::VenueClass::Simulated) return {};
  const auto key = key_fingerprint(config);
  if (!key) return key.error();
  return store::canary_passed(state, BOWLINE_VERSION, *key);
}

}  // namespace bowline::cli
