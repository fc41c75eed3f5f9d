// bowline: the one binary. One file per verb beside this one.
#include <cstdio>
#include <exception>
#include <string>

#include "cli/data.hpp"
#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"

namespace {
/// The verbs that were understood, each with a space behind it: whose --help explains what was wrong.
std::string verbs_of(const CLI::App& app) {
  for (const CLI::App* sub : app.get_subcommands()) return sub->get_name() + " " + verbs_of(*sub);
  return {};
}
}  // namespace

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
  cli::add_data(app, chosen);
  cli::add_db(app, chosen);
  cli::add_explain(app, chosen);
  cli::add_journal(app, chosen);
  cli::add_emergency(app, chosen);
  cli::add_reconcile(app, chosen);
  cli::add_inventory(app, chosen);
  cli::add_ramp(app, chosen);
  cli::add_rollout(app, chosen);
  cli::add_doctor(app, chosen);
  cli::add_docs(app, chosen);
  cli::add_train(app, chosen);
  cli::add_version(app, chosen);
  // CLI11 would say that a verb is missing.
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands([verb = argv[1]](CLI::App* a) { return a->check_name(verb); }).empty())
    return cli::fail({"USAGE_INVALID", "there is no verb " + std::string(argv[1]) + ": see bowline --help"});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    return cli::fail({"USAGE_INVALID", std::string(e.what()) + ": see bowline " + verbs_of(app) + "--help"});
  }
  try {
    return chosen ? chosen() : core::exit_code::usage;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bowline: INTERNAL: %s\n", e.what());
    return core::exit_code::internal;
  }
}
