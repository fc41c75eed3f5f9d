#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"

namespace bowline::cli {

CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& summary,
               const std::string& example) {
  CLI::App* v = parent.add_subcommand(name, summary);
  v->footer("Example:\n  " + example);
  return v;
}

int exit_code_of(const std::string& code) {
  namespace ec = core::exit_code;
  static constexpr auto first_words = std::to_array<std::pair<std::string_view, int>>({
      {"CONFIG", ec::config},
      {"PARAMS", ec::config},
      {"SECRET", ec::config},
      {"INSTRUMENT", ec::config},
      {"RUN", ec::config},
      {"MODE", ec::live_guard},
      {"LIVE", ec::live_guard},
      {"PLUGIN", ec::plugin},
      {"INSTANCE", ec::plugin},
      {"FEED", ec::data},
      {"DATA", ec::data},
      {"MODEL", ec::model},
      {"STORE", ec::store},
      {"JOURNAL", ec::store},
      {"EDGE", ec::port},
      {"USAGE", ec::usage},
      {"PEER", ec::data},
  });
  // A plugin that refuses its configuration says why in its own words; what it is about decides the code.
  if (code.starts_with("PLUGIN_CONFIGURE")) return ec::config;
  for (const auto& [word, number] : first_words)
    if (code.starts_with(word)) return number;
  return ec::internal;
}

int fail(const Error& error) {
  std::fprintf(stderr, "bowline: %s: %s\n", error.code.c_str(), error.message.c_str());
  return exit_code_of(error.code);
}

std::string own_plugin_folder() {
  namespace fs = std::filesystem;
  std::error_code ec;
  const fs::path self = fs::read_symlink("/proc/self/exe", ec);
  for (const char* where : {"../plugins", "../../plugins", "../lib/bowline/plugins"}) {
    const fs::path p = (self.parent_path() / where).lexically_normal();
    if (fs::is_directory(p, ec)) return p.string();
  }
  return "plugins";
}

}  // namespace bowline::cli
