#include "loader/module_check.hpp"

#include <array>
#include <cstring>
#include <set>
#include <span>
#include <string>

#include "loader/plugin_file.hpp"
#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

// The sizes of ABI 1.0, written out: sizeof of a later header grows, what may be demanded of a plugin does
// not.
constexpr std::uint32_t module_1_0 = 40, plugin_1_0 = 72, base_1_0 = 80;
static_assert(sizeof(bl_module) >= module_1_0 && sizeof(bl_plugin) >= plugin_1_0 &&
              sizeof(bl_base) >= base_1_0);

struct Slot {
  std::size_t offset;
  const char* name;
  bool required;
};
struct TableRule {
  const char* name;
  std::uint32_t least;
  std::span<const Slot> slots;
};

#define SLOT(T, f, required) \
  Slot { offsetof(T, f), #f, required }
constexpr auto base_slots = std::to_array<Slot>(
    {SLOT(bl_base, create, true), SLOT(bl_base, configure, true), SLOT(bl_base, start, true),
     SLOT(bl_base, stop, true), SLOT(bl_base, destroy, true), SLOT(bl_base, on_wake, false),
     SLOT(bl_base, save, false), SLOT(bl_base, load, false), SLOT(bl_base, extension, false)});
constexpr auto feed_slots =
    std::to_array<Slot>({SLOT(bl_feed_v1, subscribe, true), SLOT(bl_feed_v1, pull, false), SLOT(bl_feed_v1, on_event, false)});
constexpr auto signal_slots =
    std::to_array<Slot>({SLOT(bl_signal_v1, needs, true), SLOT(bl_signal_v1, on_event, true)});
constexpr auto risk_slots = std::to_array<Slot>(
    {SLOT(bl_risk_v1, needs, true), SLOT(bl_risk_v1, check, true), SLOT(bl_risk_v1, on_event, true)});
constexpr auto broker_slots = std::to_array<Slot>(
    {SLOT(bl_broker_v1, submit, true), SLOT(bl_broker_v1, cancel, true), SLOT(bl_broker_v1, amend, false),
     SLOT(bl_broker_v1, query, true), SLOT(bl_broker_v1, on_event, false)});
constexpr auto rebalancer_slots =
    std::to_array<Slot>({SLOT(bl_rebalancer_v1, on_event, false), SLOT(bl_rebalancer_v1, plan, true)});
#undef SLOT

constexpr TableRule base_rule{"bl_base", base_1_0, base_slots};
static_assert(sizeof(bl_feed_v1) >= 24 && sizeof(bl_signal_v1) >= 24 && sizeof(bl_risk_v1) >= 32 &&
              sizeof(bl_broker_v1) >= 56 && sizeof(bl_rebalancer_v1) >= 24);

const TableRule* rule_of(bl_kind kind) {
  static constexpr TableRule feed{"bl_feed_v1", 24, feed_slots}, signal{"bl_signal_v1", 24, signal_slots},
      risk{"bl_risk_v1", 32, risk_slots}, broker{"bl_broker_v1", 56, broker_slots},
      rebalancer{"bl_rebalancer_v1", 24, rebalancer_slots};
  switch (kind) {
    case BL_FEED:
      return &feed;
    case BL_SIGNAL:
      return &signal;
    case BL_RISK:
      return &risk;
    case BL_BROKER:
      return &broker;
    case BL_REBALANCER:
      return &rebalancer;
    default:
      return nullptr;
  }
}

struct Checker {
  const MappedObject& object;
  const Manifest& manifest;
  std::string_view file;

  Error foreign(const std::string& what) const {
    return refuse("PLUGIN_POINTER_FOREIGN", file,
                  what + " needs to point into the plugin's own file and does not",
                  "publish only static objects of the plugin");
  }
  Error mismatch(const std::string& what) const {
    return refuse("PLUGIN_NOTE_MISMATCH", file, what,
                  "rebuild it, so that note and code come from one source");
  }

  // A table: aligned, inside the file, at least as large as 1.0 demands, and its size true of what is mapped.
  Result<void> table(const void* at, std::uint32_t least, const std::string& what) const {
    if (at == nullptr)
      return refuse("PLUGIN_SLOT_MISSING", file, what + " is NULL and is required", "fill it in and rebuild");
    if (reinterpret_cast<std::uintptr_t>(at) % alignof(void*) != 0 || !object.holds(at, least))
      return foreign(what);
    std::uint32_t size = 0;
    std::memcpy(&size, at, sizeof size);
    if (size < least || !object.holds(at, size))
      return refuse("PLUGIN_TABLE_SIZE", file,
                    what + " states a size of " + std::to_string(size) + " bytes, ABI 1.0 needs " +
                        std::to_string(least) +
                        (size < least ? " or more" : ", and that many are not in the file"),
                    "set its size member to sizeof and rebuild");
    return {};
  }

  // The table is sound as far as its size says. A slot behind that came after the minor it was built with: it is not there.
  Result<void> slots(const void* at, const TableRule& rule, const std::string& id) const {
    std::uint32_t size = 0;
    std::memcpy(&size, at, sizeof size);
    for (const Slot& slot : rule.slots) {
      if (!slot.required && slot.offset + sizeof(void*) > size) continue;
      const void* function = nullptr;
      std::memcpy(&function, static_cast<const char*>(at) + slot.offset, sizeof function);
      const std::string what = std::string(rule.name) + "." + slot.name + " of " + id;
      if (function == nullptr) {
        if (slot.required)
          return refuse("PLUGIN_SLOT_MISSING", file, what + " is NULL and is required",
                        "implement it and rebuild");
      } else if (!object.holds_code(function)) {
        return foreign(what);
      }
    }
    return {};
  }

  Result<std::string_view> text(bl_str s, const std::string& what) const {
    if (s.len == 0) return std::string_view{};
    if (s.ptr == nullptr || !object.holds(s.ptr, s.len)) return foreign(what);
    return std::string_view(s.ptr, s.len);
  }

  Result<void> plugin(const bl_plugin* at, std::size_t number, std::set<std::string>& seen) const {
    const std::string where = "plugin " + std::to_string(number + 1);
    if (auto sound = table(at, plugin_1_0, "bl_plugin of " + where); !sound) return sound;
    const auto id_text = text(at->id, "the id of " + where);
    if (!id_text) return id_text.error();
    const std::string id(id_text->substr(0, 128));
    const ManifestPlugin* noted = manifest.find(id);
    if (!seen.insert(id).second)
      return refuse("PLUGIN_DUPLICATE_ID", file, "offers " + id + " twice, and an id needs to be unique",
                    "give one of the two another id");
    if (noted == nullptr)
      return mismatch("its module offers an id that its note does not list (" + where + ")");
    const TableRule* rule = rule_of(at->kind);
    if (rule == nullptr || static_cast<Kind>(at->kind) != noted->kind)
      return mismatch("its module gives " + id + " another kind than its note, which says " +
                      std::string(to_string(noted->kind)));
    const auto version = text(at->version, "the version of " + id);
    if (!version) return version.error();
    if (*version != noted->version)
      return mismatch("its module gives " + id + " another version than its note, which says " +
                      noted->version);
    if (auto sound = table(at->base, base_1_0, "bl_base of " + id); !sound) return sound;
    if (auto sound = slots(at->base, base_rule, id); !sound) return sound;
    if (auto sound = table(at->vtable, rule->least, std::string(rule->name) + " of " + id); !sound)
      return sound;
    if (auto sound = slots(at->vtable, *rule, id); !sound) return sound;
    const auto schema = text(at->config_schema, "the params schema of " + id);
    if (!schema) return schema.error();
    return check_schema(*schema, file, id);
  }

  Result<void> all(const bl_module* module) const {
    if (auto sound = table(module, module_1_0, "bl_module"); !sound) return sound;
    if (module->min_host_minor > BL_ABI_MINOR)
      return refuse(
          "PLUGIN_HOST_TOO_OLD", file,
          "needs host ABI 1." + std::to_string(module->min_host_minor) + " or newer, this host has 1." +
              std::to_string(BL_ABI_MINOR),
          "update bowline, or rebuild the plugin with min_host_minor " + std::to_string(BL_ABI_MINOR));
    if (module->n_plugins != manifest.plugins.size())
      return mismatch("its module offers " + std::to_string(module->n_plugins) + " plugins, its note lists " +
                      std::to_string(manifest.plugins.size()));
    if (const auto build = text(module->build, "bl_module.build"); !build) return build.error();
    const std::uint64_t list_bytes = std::uint64_t{module->n_plugins} * sizeof(void*);
    if (reinterpret_cast<std::uintptr_t>(module->plugins) % alignof(void*) != 0 ||
        !object.holds(module->plugins, list_bytes))
      return foreign("bl_module.plugins");
    std::set<std::string> seen;
    for (std::uint32_t i = 0; i < module->n_plugins; ++i)
      if (auto sound = plugin(module->plugins[i], i, seen); !sound) return sound;
    return {};
  }
};

}  // namespace

Result<void> check_module(const bl_module* module, const MappedObject& object, const Manifest& manifest,
                          std::string_view file) {
  return Checker{object, manifest, file}.all(module);
}

}  // namespace bowline::loader
