// bowline version
#include <bowline/plugin.h>

#include <cstdio>
#include <memory>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"

namespace bowline::cli {

void add_version(CLI::App& app, Action& chosen) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* v = verb(app, "version", "version of this binary and of the plugin ABI it speaks",
                     "bowline version --json");
  v->add_flag("--json", *json, "one JSON object");
  v->callback([json, &chosen] {
    chosen = [json] {
      std::printf(*json ? "{\"version\":\"%s\",\"abi\":\"%u.%u\",\"compiler\":\"%s\"}\n"
                        : "bowline %s, plugin ABI %u.%u, compiled with %s\n",
                  BOWLINE_VERSION, BL_ABI_MAJOR, BL_ABI_MINOR, __VERSION__);
      return core::exit_code::ok;
    };
  });
}

}  // namespace bowline::cli
