// bowline check-config: everything that is wrong with a configuration, at once; nothing is started.
#include <cstdio>
#include <memory>

#include "cli/load_config.hpp"
#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"

namespace bowline::cli {

void add_check_config(CLI::App& app, Action& chosen) {
  const auto file = std::make_shared<std::string>();
  CLI::App* v = verb(app, "check-config", "everything that is wrong with a configuration, at once",
                     "bowline check-config configs/ema_simulated.yaml");
  v->add_option("config", *file, "the YAML file")->required();
  v->callback([file, &chosen] {
    chosen = [file] {
      auto loaded = load_config(*file, "var");
      if (!loaded.config) return loaded.exit_code;
      std::printf("%s: ok: mode %s, %zu instruments, %zu instances\n", file->c_str(),
                  loaded.config->mode.c_str(), loaded.config->instruments.size(),
                  loaded.config->instances.size());
      return core::exit_code::ok;
    };
  });
}

}  // namespace bowline::cli
