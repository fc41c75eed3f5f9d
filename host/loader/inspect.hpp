// What `bowline plugin list`, `bowline plugin inspect` and `bowline plugin schema` print.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "loader/catalogue.hpp"
#include "loader/plugin_file.hpp"

namespace bowline::loader {

/// One description in two forms.
struct Description {
  std::string text;  ///< lines for a person
  std::string json;  ///< one JSON object, keys sorted
};

/// Describes a plugin file from its note, ELF tables and bytes (size, SHA-256), without running it.
/// Errors: as read_header(), PLUGIN_MISSING, PLUGIN_UNREADABLE. [any]
Result<Description> inspect(const std::filesystem::path& file);

/// Describes what the folders of a catalogue offer, and which files were refused: `bowline plugin list`.
/// [any]
Description describe(const Catalogue& catalogue);

/// The JSON Schema of the params of plugin `id` in `file`, pretty-printed. This loads the file, so its static
/// initialisers run. Errors: as load_plugin_file(), PLUGIN_ID_UNKNOWN. [control]
Result<std::string> module_schema(const std::filesystem::path& file, std::string_view id,
                                  const TrustPolicy& policy);

}  // namespace bowline::loader
