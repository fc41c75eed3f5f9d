#include "services/runtime/rerun.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "services/runtime/repeated_feeds.hpp"

namespace bowline::services {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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

bool hears_once(const config::RunConfig& config) noexcept { return config.time == "real"; }

Result<std::unique_ptr<store::MarketTape>> recorded_market(const config::RunConfig& config, const fs::path& var, const store::Stamp& stamp) {
  auto table = instrument_table(config);
  if (!table) return table.error();
  auto tape = store::MarketTape::open(market_folder(var), stamp, *table);
  if (!tape)
    return Error{"FEED_NOT_REPEATED", "what the feeds of a run of `time: real` gave comes again only where it was recorded: " + tape.error().code + ": " + tape.error().message};
  return tape;
}

Result<config::RunConfig> rerun_config(config::RunConfig config, const fs::path& scratch, bool heard) {
  if (config.mode == "live")
    return Error{"MODE_REPLAY_LIVE", "a run of mode: live can't be run again: its events were the world's, and its orders would be real"};
  for (config::InstanceConfig& i : config.instances) {
    if (i.kind == "feed" && !heard) {
      if (!comes_again(i.plugin))
        return Error{"FEED_NOT_REPEATED", "instance " + i.id + ": what plugin " + i.plugin + " gave the recorded run is not known to come again: " +
                                              std::string(repeated_feeds()[0]) + " and " + std::string(repeated_feeds()[1]) + " give the same events each time"};
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
  const store::MarketTape* const tape = options.tape;
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
  if (tape != nullptr) reached.unheard = tape->why();
  return reached;
}

// Where it has no step at that time, or no data until then, it fell short by itself: also its end is a difference.
store::Rerun::Behind behind(const store::JournalExtent& recorded, const RerunEnd& again, bool cut, bool heard) noexcept {
  using Behind = store::Rerun::Behind;
  if (cut || !again.unheard.empty()) return Behind::nothing;
  return (recorded.whole && !heard) || again.last < recorded.settled ? Behind::all : Behind::own_end;
}

}  // namespace bowline::services
