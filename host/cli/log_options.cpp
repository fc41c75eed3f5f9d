#include "cli/log_options.hpp"

#include "observe/log.hpp"

namespace bowline::cli {

void add_log_options(CLI::App& verb, LogChoice& to) {
  verb.add_option("--log-file", to.file, "append the log to this file instead of stderr");
  verb.add_option("--log-level", to.level, "DEBUG, INFO, WARNING, ERROR or CRITICAL; over the file's");
}

Result<void> start_log(const LogChoice& choice, const config::RunConfig::Log& config) {
  observe::log::Options log;
  log.file = !choice.file.empty() ? choice.file : config.file;
  auto level = observe::log::parse_level(choice.level.empty() ? config.level : choice.level);
  if (!level) return Error{"CONFIG_LOG_LEVEL", level.error().message};
  log.level = *level;
  log.background = true;
  return observe::log::init(log);
}

}  // namespace bowline::cli
