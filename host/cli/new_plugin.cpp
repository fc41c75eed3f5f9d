// bowline new plugin <kind> <name>: a project that builds, tests and runs, from the templates inside this
// binary.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/templates.hpp"
#include "cli/verbs.hpp"
#include "config/problem.hpp"
#include "core/exit_codes.hpp"

namespace bowline::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string kind, name, dir;
  bool json = false;
};

constexpr std::size_t longest_name = 48;

/// Targets that a generated build makes itself, and types that the templates nest: such a project would not
/// build.
constexpr auto taken_names = std::to_array<std::string_view>({
    "all",
    "clean",
    "edit_cache",
    "help",
    "install",
    "order",
    "package",
    "package_source",
    "params",
    "rebuild_cache",
    "state",
    "test",
});

bool well_formed_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name || name.front() < 'a' || name.front() > 'z' ||
      name.back() == '_')
    return false;
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return std::ranges::all_of(name, fits) && name.find("__") == std::string_view::npos;
}

/// "My-Signal" -> "my_signal"; empty when nothing usable is left.
std::string mended(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9' && !out.empty()))
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.substr(0, longest_name);
}

/// my_signal -> MySignal: no keyword and no function of the C library is written so.
std::string type_name(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '_';
  }
  return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// As the inside of a YAML text in double quotes.
std::string yaml_inside(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// Where this build's or installation's SDK lies, for the advice that is printed.
std::string sdk_prefix() {
  std::error_code ec;
  const fs::path self = fs::read_symlink("/proc/self/exe", ec);
  for (const char* where : {"../sdk-prefix", ".."}) {
    const fs::path p = (self.parent_path() / where).lexically_normal();
    if (fs::exists(p / "include/bowline/plugin.h", ec)) return p.string();
  }
  return "<where the SDK is installed>";
}

Result<void> check(const Options& o) {
  std::vector<std::string> kinds;
  for (const TemplateFile& f : template_files())
    if (std::ranges::find(kinds, f.kind) == kinds.end()) kinds.emplace_back(f.kind);
  if (std::ranges::find(kinds, o.kind) == kinds.end()) {
    const std::string near = config::nearest(o.kind, kinds);
    return Error{"USAGE_KIND_UNKNOWN", "there is no kind " + o.kind + " of plugin" +
                                           (near.empty() ? ": feed, signal, risk, broker or rebalancer"
                                                         : "; did you mean " + near + "?")};
  }
  if (!well_formed_name(o.name)) {
    const std::string better = mended(o.name);
    return Error{"USAGE_NAME",
                 "the name " + o.name +
                     " cannot be used: small letters, digits and single underscores, a letter first, " +
                     std::to_string(longest_name) + " at most" +
                     (well_formed_name(better) ? "; did you mean " + better + "?" : "")};
  }
  if (std::ranges::find(taken_names, o.name) != taken_names.end())
    return Error{"USAGE_NAME", "the name " + o.name +
                                   " means something else in a build: take another, such as my_" + o.name};
  return {};
}

Result<std::vector<std::string>> write_project(const Options& o, const fs::path& folder) {
  std::error_code ec;
  if (fs::exists(fs::symlink_status(folder, ec)))
    return Error{"USAGE_FOLDER_EXISTS",
                 "the folder " + folder.string() + " exists: name another with --dir, nothing was written"};
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), ec);
  if (!fs::create_directory(folder, ec))
    return Error{"USAGE_FOLDER", "the folder " + folder.string() + " cannot be made: " + ec.message()};
  std::vector<std::string> written;
  for (const TemplateFile& f : template_files()) {
    if (f.kind != o.kind) continue;
    const auto filled = [&o](std::string_view text) {
      std::string out = replaced(std::string(text), "@NAME@", o.name);
      out = replaced(std::move(out), "@TYPE@", type_name(o.name));
      return replaced(std::move(out), "@PLUGINS@",
                      yaml_inside(fs::absolute(own_plugin_folder()).lexically_normal().string()));
    };
    written.push_back(filled(f.path));
    std::ofstream out(folder / written.back(), std::ios::binary);
    out << filled(f.text);
    out.close();
    if (!out) {
      fs::remove_all(folder, ec);
      return Error{"USAGE_FOLDER",
                   "the folder " + folder.string() + " cannot be written: give it space and permission"};
    }
  }
  return written;
}

int make(const Options& o) {
  if (auto fine = check(o); !fine) return fail(fine.error());
  const fs::path folder = o.dir.empty() ? fs::path(o.name) : fs::path(o.dir);
  auto written = write_project(o, folder);
  if (!written) return fail(written.error());
  if (o.json) {
    std::printf("%s\n", nlohmann::ordered_json{{"id", "local." + o.kind + "." + o.name},
                                               {"folder", fs::absolute(folder).string()},
                                               {"files", *written}}
                            .dump(2)
                            .c_str());
    return core::exit_code::ok;
  }
  std::printf("%s is a new project of kind %s:\n", folder.c_str(), o.kind.c_str());
  for (const std::string& file : *written) std::printf("  %s\n", file.c_str());
  std::printf(
      "next:\n  cd %s\n  cmake -B build -DCMAKE_PREFIX_PATH=%s\n  cmake --build build && ctest --test-dir "
      "build\n"
      "  bowline run run.yaml --var var/first\n",
      folder.c_str(), sdk_prefix().c_str());
  return core::exit_code::ok;
}

}  // namespace

void add_new(CLI::App& app, Action& chosen) {
  CLI::App* group = app.add_subcommand("new", "begin a project");
  group->require_subcommand(1);
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(*group, "plugin", "a project of one plugin that builds, tests itself and runs",
                     "bowline new plugin signal my_signal");
  v->add_option("kind", o->kind, "feed, signal, risk, broker or rebalancer")->required();
  v->add_option("name", o->name,
                "small letters, digits and underscores; the plugin becomes local.KIND.NAME")
      ->required();
  v->add_option("--dir", o->dir, "folder to make; default: the name, in the current folder");
  v->add_flag("--json", o->json, "what was written, as one JSON object");
  v->callback([o, &chosen] { chosen = [o] { return make(*o); }; });
}

}  // namespace bowline::cli
