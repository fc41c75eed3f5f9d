// What a configuration is told of its canary before any plugin runs: also why nothing can be told.
#include "cli/canary_facts.hpp"

#include <catch2/catch.hpp>

#include "store/canary_record.hpp"
#include "unit/store/store_folder.hpp"

using namespace bowline;

namespace {

constexpr const char* marked = R"({"type":"object","properties":{"key_name":{"type":"string","x-bowline-key":"name"}}})";

config::RunConfig live(const std::string& key) {
  config::RunConfig c;
  c.mode = "live";
  c.services = {"trade-execution"};
  config::InstanceConfig broker;
  broker.id = "venue";
  broker.kind = "broker";
  broker.plugin = "somebody.broker.else";
  broker.key_name = key;
  c.instances.push_back(broker);
  return c;
}
Error why(const Result<void>& r) { return r ? Error{} : r.error(); }

}  // namespace

TEST_CASE("a canary counts for the key that the params name; another one is said to be another") {
  test::StoreFolder var;
  const auto key = cli::key_fingerprint(live("k1"));
  REQUIRE(key);
  REQUIRE(store::note_canary(var.path(), {BOWLINE_VERSION, "1.3", "somebody.broker.else", std::string(64, 'b'), *key, "mine", "p-1", "BTC-USD", "canary-1", 1}));
  CHECK(cli::canary_of_run(live("k1"), var.path(), std::string(marked)));
  const Error other = why(cli::canary_of_run(live("k2"), var.path(), std::string(marked)));
  CHECK(other.code == "CANARY_MISSING");
  CHECK(other.message.find("another key") != std::string::npos);
}

TEST_CASE("where the plugin's schema was not read its key is not known, and no other key is blamed") {
  test::StoreFolder var;
  const auto key = cli::key_fingerprint(live("k1"));
  REQUIRE(key);
  REQUIRE(store::note_canary(var.path(), {BOWLINE_VERSION, "1.3", "somebody.broker.else", std::string(64, 'b'), *key, "mine", "p-1", "BTC-USD", "canary-1", 1}));
  const Error pin{"PLUGIN_PIN_MISSING", "libelse.so: mode live needs a pin for libelse.so and plugins.pins has none"};
  Error unread = why(cli::canary_of_run(live(""), var.path(), pin));
  CHECK(unread.code == "CANARY_KEY_UNKNOWN");
  CHECK(unread.message.find("PLUGIN_PIN_MISSING: libelse.so: mode live needs a pin") != std::string::npos);
  CHECK(unread.message.find("another key") == std::string::npos);
  unread = why(cli::canary_of_run(live(""), var.path(), std::string(marked)));  // its params could not be read
  CHECK(unread.code == "CANARY_KEY_UNKNOWN");
  CHECK(unread.message.find("another key") == std::string::npos);
  // A plugin that has no key at a venue is another matter.
  CHECK(why(cli::canary_of_run(live(""), var.path(), std::string(R"({"type":"object"})"))).code == "CANARY_MISSING");
}
