// bowline doctor --venue: what a run's venue, its key and the way to it are like. Nothing is ordered.
#include <stdlib.h>

#include <filesystem>
#include <utility>

#include "cli/canary_facts.hpp"
#include "cli/doctor.hpp"
#include "cli/venue_desk.hpp"

namespace bowline::cli {
namespace {

namespace fs = std::filesystem;

/// For the plugin's copy: it goes away again.
class Scratch {
 public:
  Scratch() {
    std::error_code ignored;
    std::string name = (fs::temp_directory_path(ignored) / "bowline-venue-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

}  // namespace

std::vector<Finding> venue_config_findings(const LoadedConfig& loaded, const std::string& file) {
  std::vector<Finding> out;
  for (const config::Problem& p : loaded.problems)
    out.push_back({p.code == "CONFIG_SECRET" ? "secret" : "configuration", false, p.code + ": " + p.text(),
                   p.code == "CONFIG_SECRET" ? "put it into a file of the folder that BOWLINE_SECRETS names, readable by this user" : "correct it in " + file});
  if (!out.empty()) return out;
  const std::size_t n = loaded.guards_unmet;
  out.push_back({"configuration", true, file + (n == 0 ? std::string() : ": " + std::to_string(n) + " guards of mode: live are not met yet (bowline check-config tells them)"), ""});
  return out;
}

Finding key_finding(const Result<std::string>& fingerprint) {
  if (!fingerprint) return {"secret", false, fingerprint.error().code + ": " + fingerprint.error().message, "give the key as its venue's portal gave it"};
  return {"secret", true, "the key is there and can be read; SHA-256 of its public id: " + *fingerprint, ""};
}

std::vector<Finding> venue(const std::string& file, const std::string& var) {
  const LoadedConfig loaded = read_config(file, var, For::venue);
  std::vector<Finding> out = venue_config_findings(loaded, file);
  if (!loaded.config) return out;
  const auto key = key_fingerprint(*loaded.config);
  out.push_back(key_finding(key));
  if (!key) return out;
  const Scratch scratch;
  if (scratch.path().empty()) {
    out.push_back({"state folder", false, "no folder can be made for temporary files", "free some room there"});
    return out;
  }
  auto desk = VenueDesk::make(loaded, scratch.path());
  Result<void> started = desk ? (*desk)->start({}) : Result<void>(desk.error());
  if (!started) {
    out.push_back({"plugin", false, started.error().code + ": " + started.error().message, "correct what it names"});
    return out;
  }
  for (services::VenueFinding& f : (*desk)->check()) out.push_back({std::move(f.check), f.ok, std::move(f.text), std::move(f.mend)});
  return out;
}

}  // namespace bowline::cli
