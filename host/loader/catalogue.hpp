// Which plugin file offers which plugin: the folders of plugins.path, read by ELF note only. Nothing is
// executed and nothing is loaded; a file that no instance names stays a file.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/note.hpp"

namespace bowline::loader {

/// One plugin in one file.
struct Offer {
  std::filesystem::path file;  ///< absolute
  ManifestPlugin plugin;
  VenueClass venue_class = VenueClass::Real;
};

class Catalogue {
 public:
  /// Reads every *.so of `folders` (not recursive; a file reached twice counts once), in folder order and by
  /// name. A file that cannot be read as a plugin is kept as a problem, not an error: it matters only to who
  /// wants it. Error: PLUGIN_FOLDER_MISSING. [any]
  static Result<Catalogue> scan(std::span<const std::filesystem::path> folders);

  /// The file that offers `id` as `kind`. Errors: PLUGIN_NOT_FOUND (with the nearest id, and the files that
  /// could not be read), PLUGIN_DUPLICATE_ID (two files offer it: both are named), PLUGIN_KIND_MISMATCH.
  Result<Offer> find(std::string_view id, Kind kind) const;
  /// The same when any kind will do.
  Result<Offer> find(std::string_view id) const;

  /// Everything found, ordered by plugin id, then file.
  const std::vector<Offer>& offers() const noexcept { return offers_; }
  /// The files that were refused, and ids that two files offer.
  const std::vector<Error>& problems() const noexcept { return problems_; }

 private:
  std::vector<std::filesystem::path> folders_;
  std::vector<Offer> offers_;
  std::vector<Error> problems_;
};

}  // namespace bowline::loader
