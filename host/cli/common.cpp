#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
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

namespace {
/// The first word of a code: CATEGORY of CATEGORY_CONDITION.
std::string_view category(std::string_view code) { return code.substr(0, code.find('_')); }

/// The code that a plugin put in front of its own words ("MODEL_CORRUPT: ..."); empty when it gave none.
std::string_view own_code(const Error& error) {
  for (const auto& [key, text] : error.details) {
    if (key != "plugin_message") continue;
    const std::string_view code = std::string_view(text).substr(0, text.find(": "));
    const bool plain = code.size() < text.size() && code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == code.npos;
    return plain ? code : std::string_view{};
  }
  return {};
}

std::optional<int> of_category(std::string_view word) {
  namespace ec = core::exit_code;
  static constexpr auto known = std::to_array<std::pair<std::string_view, int>>({
      {"CONFIG", ec::config},
      {"PARAMS", ec::config},
      {"SECRET", ec::config},
      {"INSTRUMENT", ec::config},
      {"LOG", ec::config},
      {"RUN", ec::config},
      {"MODE", ec::live_guard},
      {"LIVE", ec::live_guard},
      {"PLUGIN", ec::plugin},
      {"INSTANCE", ec::plugin},
      {"RECONCILE", ec::plugin},  // the venue's plugin owes the answer
      {"FEED", ec::data},
      {"DATA", ec::data},
      {"TRAIN", ec::data},
      {"MODEL", ec::model},
      {"STORE", ec::store},
      {"JOURNAL", ec::store},
      {"EDGE", ec::port},
      {"USAGE", ec::usage},
      {"PEER", ec::data},
      {"HOST", ec::host},
      {"RECEIPT", ec::data},
  });
  for (const auto& [name, number] : known)
    if (word == name) return number;
  return std::nullopt;
}
}  // namespace

int exit_code_of(const Error& error) {
  namespace ec = core::exit_code;
  const bool params = error.code == "PLUGIN_CONFIGURE_FAILED";
  // What it is about decides, not that a plugin said it. A plugin that refuses its params has seen no data yet.
  if (const auto own = of_category(category(own_code(error)))) return params && *own == ec::data ? ec::config : *own;
  return params ? ec::config : of_category(category(error.code)).value_or(ec::internal);
}

int fail(const Error& error) {
  std::fprintf(stderr, "bowline: %s: %s\n", error.code.c_str(), error.message.c_str());
  return exit_code_of(error);
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
