#include "services/runtime/rerun.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace bowline::services {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Feeds that give the same events again, and pace them by a param `speed`.
constexpr auto repeated = std::to_array<std::string_view>({"bowline.feed.replay", "bowline.feed.simulated"});

bool below(const fs::path& file, const fs::path& folder) {
  const fs::path relative = file.lexically_normal().lexically_relative(folder.lexically_normal());
  return !relative.empty() && *relative.begin() != "..";
}

void redirect(json& value, const fs::path& from, const fs::path& to) {
  if (value.is_string() && value.get_ref<const std::string&>() == from.string()) value = to.string();
  if (value.is_structured())
    for (json& inner : value) redirect(inner, from, to);
}

// The recorded run's own file is the last thing that a re-run may write to.
void keep_apart(config::InstanceConfig& instance, const fs::path& scratch) {
  json params = json::parse(instance.params_json);
  std::size_t n = 0;
  for (fs::path& file : instance.state_files) {
    ++n;
    if (below(file, scratch)) continue;
    const fs::path own = scratch / (instance.id + "-" + std::to_string(n) + "-" + file.filename().string());
    redirect(params, file, own);
    file = own;
  }
  instance.params_json = params.dump();
}

}  // namespace

bool comes_again(std::string_view plugin) noexcept { return std::find(repeated.begin(), repeated.end(), plugin) != repeated.end(); }

Result<config::RunConfig> rerun_config(config::RunConfig config, const fs::path& scratch) {
  if (config.mode == "live")
    return Error{"MODE_REPLAY_LIVE", "a run of mode: live can't be run again: its events were the world's, and its orders would be real"};
  for (config::InstanceConfig& i : config.instances) {
    if (i.kind == "feed") {
      if (!comes_again(i.plugin))
        return Error{"FEED_NOT_REPEATED", "instance " + i.id + ": what plugin " + i.plugin + " gave the recorded run is not known to come again: " +
                                              std::string(repeated[0]) + " and " + std::string(repeated[1]) + " give the same events each time"};
      json params = json::parse(i.params_json);
      params["speed"] = "max";
      i.params_json = params.dump();
    }
    keep_apart(i, scratch);
  }
  config.journal = "file";
  config.execution.ballast_bytes = 0;  // nothing is bought or sold in it
  config.store = {"none", "none"};
  config.listen.enabled = false;
  config.log.file.clear();
  config.services = {"signal-generator", "signal-bridge", "trade-execution", "portfolio-rebalancer"};
  config.peers.clear();
  return config;
}

Result<RerunEnd> run_again(const config::RunConfig& config, RunOptions options, core::Nanos settled,
                           const std::function<void(Run*)>& made, const std::function<void(core::Nanos)>& progress) {
  options.repeats = true;
  auto opened = Run::make(config, std::move(options));
  if (!opened) return opened.error();
  Run& run = **opened;
  const store::Journal& journal = *run.parts().journal;
  RerunEnd reached;
  run.loop().after_step = [&](core::Nanos t, bool) {
    if (t <= settled) {
      reached.last = t;
      reached.settled_rows = journal.rows();
    } else if (!reached.beyond) {
      reached.beyond = true;
      run.stop();
    }
    if (progress) progress(t);
  };
  made(&run);
  const Summary summary = run.execute();
  made(nullptr);
  reached.end = summary.end;
  reached.error = summary.error;
  return reached;
}

}  // namespace bowline::services
