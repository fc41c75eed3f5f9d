// bowline version, and bowline --version
#include <bowline/plugin.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"

namespace bowline::cli {

void add_version(CLI::App& app, Action& chosen) {
  const auto line = [] {
    return "bowline " BOWLINE_VERSION ", plugin ABI " + std::to_string(BL_ABI_MAJOR) + "." + std::to_string(BL_ABI_MINOR) +
           ", compiled with " __VERSION__;
  };
  app.set_version_flag("--version", line, "the same as bowline version");
  const auto json = std::make_shared<bool>(false);
  CLI::App* v = verb(app, "version", "version of this binary and of the plugin ABI it speaks",
                     "bowline version --json");
  v->add_flag("--json", *json, "one JSON object");
  v->callback([json, line, &chosen] {
    chosen = [json, line] {
      if (*json)
        std::printf("{\"version\":\"%s\",\"abi\":\"%u.%u\",\"compiler\":\"%s\"}\n", BOWLINE_VERSION, BL_ABI_MAJOR, BL_ABI_MINOR, __VERSION__);
      else
        std::puts(line().c_str());
      return core::exit_code::ok;
    };
  });
}

}  // namespace bowline::cli
