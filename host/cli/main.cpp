// bowline: the one binary. One file per verb beside this one.
#include <cstdio>
#include <exception>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"

int main(int argc, char** argv) {
  using namespace bowline;
  CLI::App app{
      "bowline: a plugin-based trading host\n\nExample:\n  bowline run configs/ema_simulated.yaml --var "
      "/tmp/run1"};
  app.require_subcommand(1);
  cli::Action chosen;
  cli::add_run(app, chosen);
  cli::add_check_config(app, chosen);
  cli::add_new(app, chosen);
  cli::add_plugin(app, chosen);
  cli::add_quarantine(app, chosen);
  cli::add_db(app, chosen);
  cli::add_explain(app, chosen);
  cli::add_doctor(app, chosen);
  cli::add_docs(app, chosen);
  cli::add_train(app, chosen);
  cli::add_version(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? core::exit_code::ok : core::exit_code::usage;
  }
  try {
    return chosen ? chosen() : core::exit_code::usage;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bowline: INTERNAL: %s\n", e.what());
    return core::exit_code::internal;
  }
}
