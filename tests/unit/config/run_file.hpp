// A configuration written to a folder of its own, loaded with an environment and a schema the test chooses.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "config/load.hpp"

namespace bowline::config {

/// Enough for a run; tests add to it.
inline const std::string base =
    "instruments: [BTC-USD]\n"
    "plugins: {path: [plugins]}\n";
inline const std::string no_instances = "instances: []\n";

class RunFile {
 public:
  std::map<std::string, std::string, std::less<>> env;
  bool complete = false;
  std::string only_kind{};
  std::function<bool(const RunConfig&)> canary{};
  std::string schema = R"({"type":"object","additionalProperties":false,"properties":{}})";

  RunFile() {
    std::string name = (std::filesystem::temp_directory_path() / "bowline_config_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
  }
  ~RunFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RunFile(const RunFile&) = delete;
  RunFile& operator=(const RunFile&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path file() const { return folder_ / "run.yaml"; }
  std::function<std::optional<std::string>(std::string_view)> environment() const {
    return [this](std::string_view name) -> std::optional<std::string> {
      const auto it = env.find(name);
      return it == env.end() ? std::nullopt : std::optional<std::string>(it->second);
    };
  }
  Loaded load(const std::string& yaml) const {
    std::ofstream(file()) << yaml;
    LoadOptions options;
    options.env = environment();
    options.schema = [this](const RunConfig&, const std::string&, const std::string&) {
      return Result<std::string>(schema);
    };
    options.state = "/var/run-state";
    options.complete = complete;
    options.only_kind = only_kind;
    options.canary = canary;
    return config::load(file(), options);
  }
  /// One instance with these params, in flow style, on line 4 of the file.
  Loaded load_params(const std::string& params) const {
    return load(base + "instances:\n  - {id: a, kind: signal, plugin: p, params: " + params + "}\n");
  }

 private:
  std::filesystem::path folder_;
};

inline const Problem* about(const Loaded& loaded, std::string_view path) {
  const auto it = std::find_if(loaded.problems.begin(), loaded.problems.end(),
                               [&](const Problem& p) { return p.path == path; });
  return it == loaded.problems.end() ? nullptr : &*it;
}

inline std::string all_text(const Loaded& loaded) {
  std::string out;
  for (const Problem& p : loaded.problems) out += p.text() + "\n";
  return out;
}

}  // namespace bowline::config
