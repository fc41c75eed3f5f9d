// What a plugin file says of itself, read without running any of its code: the ELF note "bowline" and the few
// facts of the ELF headers that decide whether the file can be loaded at all. The input is hostile: every
// offset is checked against the file's real size, every count has a bound, and nothing is ever mapped
// executable.
//
// The note is JSON, written by bowline_add_plugin() or by BL_MANIFEST():
//   {"abi":1,"min_host_minor":0,
//    "plugins":[{"id":"bowline.signal.ema_cross","kind":"signal","version":"1.0.0"}],
//    "venue_class":"simulated","needed":["libxgboost.so.0"]}
// `venue_class` and `needed` may be absent. Keys that this host does not know are ignored (a newer SDK may
// add some).
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::loader {

/// The five kinds; the values are those of the ABI.
enum class Kind : std::uint32_t {
  Feed = BL_FEED,
  Signal = BL_SIGNAL,
  Risk = BL_RISK,
  Broker = BL_BROKER,
  Rebalancer = BL_REBALANCER,
};
/// "feed", "signal", "risk", "broker" or "rebalancer"; "unknown" for any other value.
std::string_view to_string(Kind kind) noexcept;
/// The reverse; empty for any other text.
std::optional<Kind> kind_from(std::string_view text) noexcept;

/// What kind of venue a broker trades at. A note that does not say counts as real: mode mock then refuses it.
enum class VenueClass { Real, Simulated };
/// "real" or "simulated".
std::string_view to_string(VenueClass venue) noexcept;

/// One plugin that the file offers.
struct ManifestPlugin {
  std::string id;  ///< reverse-domain id, unique within the file
  Kind kind = Kind::Feed;
  std::string version;  ///< SemVer
};

/// The note, checked and typed.
struct Manifest {
  std::uint32_t abi = 0;             ///< ABI major the file was built for
  std::uint32_t min_host_minor = 0;  ///< oldest host minor it runs on
  std::vector<ManifestPlugin> plugins;
  VenueClass venue_class = VenueClass::Real;
  std::vector<std::string> needed;  ///< distribution libraries it may link beyond the C and C++ run time

  /// The entry of `id`, or nullptr.
  const ManifestPlugin* find(std::string_view id) const noexcept;
};

/// The note together with what the ELF tables say.
struct PluginHeader {
  Manifest manifest;
  std::vector<std::string> needed;   ///< DT_NEEDED, in file order
  std::vector<std::string> entries;  ///< exported symbols that begin with "bowline_module_v"
  bool entries_known = false;        ///< false when the file has no section table: entries is then empty
};

/// Reads header, note and tables of a whole file in memory. `file` is only used in messages.
/// Errors: PLUGIN_NOT_ELF, PLUGIN_TRUNCATED, PLUGIN_WRONG_MACHINE, PLUGIN_NOT_LIBRARY, PLUGIN_NO_NOTE,
/// PLUGIN_NOTE_INVALID, PLUGIN_ABI_MAJOR, PLUGIN_HOST_TOO_OLD, PLUGIN_DUPLICATE_ID. [any]
Result<PluginHeader> read_header(std::span<const std::byte> image, std::string_view file);

/// The same through bounded reads at offsets of `fd` (borrowed, its position is not moved); a few kB are read
/// however large the file is. Also PLUGIN_UNREADABLE. [any]
Result<PluginHeader> read_header(int fd, std::string_view file);

/// Only the JSON text of a note; separate so that it can be tested and fuzzed by itself. Same errors from
/// PLUGIN_NOTE_INVALID on.
Result<Manifest> parse_manifest(std::string_view json, std::string_view file);

}  // namespace bowline::loader
