// What a run hears where time is real is recorded, since nobody gives it again (trading rules 4.4).
#include <nlohmann/json.hpp>

#include "observe/log.hpp"
#include "services/runtime/run_impl.hpp"

namespace bowline::services {
namespace {
namespace out = observe::log;
constexpr std::uint64_t leave_bytes = 64 << 20;
}  // namespace

std::filesystem::path market_folder(const std::filesystem::path& var) { return var / "market"; }

void Run::Impl::record_market() {
  if (!config.market_log.enabled || options.repeats) return;
  store::MarketRecorderOptions o;
  o.folder = market_folder(options.var);
  o.header.run = run_id;
  o.header.stamp = {config.mode, "none", config.execution.account};
  for (const config::InstanceConfig& i : config.instances)
    if (i.kind == "broker") o.header.stamp.venue = i.plugin;
  o.header.resumed = resumed;
  for (const core::Instrument& i : table.all()) o.header.instruments.push_back(i.symbol);
  for (const auto& r : readers) o.header.feeds.push_back(r->id());
  o.keep_ns = config.market_log.keep_ns;
  o.keep_bytes = static_cast<std::uint64_t>(config.market_log.keep_bytes);
  // What is given back of the ballast is for exits.
  o.leave_bytes = leave_bytes + static_cast<std::uint64_t>(config.execution.ballast_bytes);
  o.wall_ns = facts.wall_ns;
  recorder = std::make_unique<store::MarketRecorder>(std::move(o));
}

void Run::Impl::look_at_market() {
  if (!recorder || market_loss_told || recorder->lost() == 0) return;
  market_loss_told = true;
  const std::string why = recorder->why();
  const out::Scope scope({.service = "signal-generator"});
  out::Event(out::Level::Error, "incident").field("code", "MARKET_LOG_LOST").msg("MARKET_LOG_LOST: {}: what is heard is not recorded whole, and a re-run ends there; trading goes on", why);
  if (!sink().wanted()) return;
  core::EventRecord r;
  r.time = facts.engine_ns.load(std::memory_order_relaxed);
  r.type = "incident";
  r.payload = nlohmann::json{{"code", "MARKET_LOG_LOST"}, {"text", why}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  sink().put(std::move(r));
}

void Run::Impl::end_market() {
  if (!recorder) return;
  recorder->close({std::string(to_string(end)), error.code, error.message});
  look_at_market();
}

}  // namespace bowline::services
