// One function per verb. Each adds its options to the command line and runs when it is chosen; the exit code
// is what it returns (core/exit_codes.hpp).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include <bowline/result.hpp>

namespace bowline::cli {

/// What the chosen verb wants done, and its exit code.
using Action = std::function<int()>;

/// `name` `summary` and an example under --help. The verb's options are added by the caller; `chosen` is set
/// when it is picked.
CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& summary,
               const std::string& example);

void add_run(CLI::App& app, Action& chosen);
void add_check_config(CLI::App& app, Action& chosen);
void add_new(CLI::App& app, Action& chosen);
void add_plugin(CLI::App& app, Action& chosen);
void add_quarantine(CLI::App& app, Action& chosen);
void add_db(CLI::App& app, Action& chosen);
void add_explain(CLI::App& app, Action& chosen);
void add_journal(CLI::App& app, Action& chosen);
void add_emergency(CLI::App& app, Action& chosen);
void add_reconcile(CLI::App& app, Action& chosen);
void add_inventory(CLI::App& app, Action& chosen);
void add_ramp(CLI::App& app, Action& chosen);
void add_rollout(CLI::App& app, Action& chosen);
void add_doctor(CLI::App& app, Action& chosen);
void add_docs(CLI::App& app, Action& chosen);
void add_train(CLI::App& app, Action& chosen);
void add_version(CLI::App& app, Action& chosen);

/// Prints `bowline: CODE: message` to stderr and gives the exit code that belongs to it.
int fail(const Error& error);
/// By the first word of the code that a plugin put in front of its words, where it did, else of the error's own.
int exit_code_of(const Error& error);

/// The folder the project's own plugins lie in: beside the binary (build tree) or ../lib/bowline/plugins
/// (installed).
std::string own_plugin_folder();

}  // namespace bowline::cli
