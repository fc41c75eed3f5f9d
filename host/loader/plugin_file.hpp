// From a file to a module in this process, one check after the other, each with its own refusal: ownership
// and permissions, SHA-256 against the pin, ELF note, a verified private copy, the dynamic loader, and then
// what the module itself says. Modules are never unloaded.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "loader/note.hpp"

namespace bowline::loader {

/// Which files this run trusts.
struct TrustPolicy {
  std::filesystem::path var;  ///< state folder; copies go to <var>/plugins/<sha256>/<file name>
  std::map<std::string, std::string>
      pins;                    ///< file name -> SHA-256 (64 hex digits); a file named here must match
  bool pins_required = false;  ///< mode: live. Then every file, and every library its note lists, needs a pin
};

/// A loaded and checked plugin file. Immutable; may be shared between threads. Everything that module()
/// reaches is static in the mapped file and stays valid until the process ends.
class Module {
 public:
  /// The file that was asked for, the copy that is mapped, and the SHA-256 of both (lower-case hex).
  const std::filesystem::path& file() const noexcept { return file_; }
  const std::filesystem::path& copy() const noexcept { return copy_; }
  const std::string& sha256() const noexcept { return sha256_; }
  const Manifest& manifest() const noexcept { return manifest_; }
  const bl_module& module() const noexcept { return *module_; }
  /// Compiler, SDK version and git hash as the plugin states them; for diagnostics.
  std::string_view build() const noexcept;

  /// The plugin of this id. Error: PLUGIN_ID_UNKNOWN naming those that the file has.
  Result<const bl_plugin*> plugin(std::string_view id) const;
  /// Its JSON Schema (valid JSON, closed: checked when the file was loaded). Error as above.
  Result<std::string_view> schema(std::string_view id) const;

  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

 private:
  struct Library;
  Module();
  friend Result<std::shared_ptr<const Module>> load_plugin_file(const std::filesystem::path&,
                                                                const TrustPolicy&);

  std::filesystem::path file_, copy_;
  std::string sha256_;
  Manifest manifest_;
  const bl_module* module_ = nullptr;
  std::unique_ptr<Library> library_;
};

/// Loads `file`. The same bytes under the same name give the same mapped module, however often they are
/// loaded; two different files are two modules. Runs the file's static initialisers, and only after every
/// check that needs no code. Errors: each row of refusals() that speaks of a file. [control]
Result<std::shared_ptr<const Module>> load_plugin_file(const std::filesystem::path& file,
                                                       const TrustPolicy& policy);

/// Checks that `json` is a JSON Schema that a host can hold a configuration against: an object schema with
/// `additionalProperties: false`, and every object schema inside it closed (false, or one schema for a map).
/// Errors: PLUGIN_SCHEMA_INVALID, PLUGIN_SCHEMA_OPEN.
Result<void> check_schema(std::string_view json, std::string_view file, std::string_view plugin_id);

}  // namespace bowline::loader
