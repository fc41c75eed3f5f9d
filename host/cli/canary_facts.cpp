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

Error key_unknown(const config::InstanceConfig& broker, const std::string& why) {
  return {"CANARY_KEY_UNKNOWN", "whether a canary has passed with the key of " + broker.id + " is not known: " + why};
}

}  // namespace

Result<std::string> key_fingerprint(const config::RunConfig& config) {
  const config::InstanceConfig* broker = broker_of(config);
  if (broker == nullptr) return Error{"RUN_BROKER_COUNT", "there is no instance of kind broker: orders go nowhere"};
  const auto id = config::venue_key_id(*broker, environment);
  if (!id) return id.error();
  return loader::sha256_hex(std::as_bytes(std::span(id->data(), id->size())));
}

Result<void> canary_of_run(const config::RunConfig& config, const std::filesystem::path& state, const Result<std::string>& schema) {
  const config::InstanceConfig* broker = broker_of(config);
  if (broker == nullptr || !services::loads(config, *broker)) return {};
  if (const auto catalogue = loader::Catalogue::scan(config.plugins.path); catalogue)
    if (const auto offer = catalogue->find(broker->plugin, loader::Kind::Broker); offer && offer->venue_class == loader::VenueClass::Simulated) return {};
  if (!schema)
    return key_unknown(*broker, "which param names the key is in the schema of " + broker->plugin + ", and that was not read: " +
                                    schema.error().code + ": " + schema.error().message);
  const bool names_a_key = schema->find("\"x-bowline-key\"") != std::string::npos;
  if (names_a_key && broker->key_file.empty() && broker->key_name.empty())
    return key_unknown(*broker, "its params name none, or can't be read: correct instances[].params first");
  const auto key = key_fingerprint(config);
  if (!key) return key.error();
  return store::canary_passed(state, BOWLINE_VERSION, *key);
}

}  // namespace bowline::cli
