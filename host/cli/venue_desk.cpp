#include "cli/venue_desk.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "services/runtime/plugin_network.hpp"

namespace bowline::cli {
namespace {

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<std::unique_ptr<VenueDesk>> VenueDesk::make(const LoadedConfig& loaded, const std::filesystem::path& var) {
  const config::RunConfig& config = *loaded.config;
  std::unique_ptr<VenueDesk> made(new VenueDesk(config, var));
  auto table = services::instrument_table(config);
  if (!table) return table.error();
  made->table_ = std::move(*table);
  services::VenueLine::Options o;
  o.var = var;
  o.wall_ns = wall_ns;
  o.secret = loaded.secret;
  o.network = services::timed_network(services::network_maker(config.plugins.network, wall_ns), made->times_, wall_ns);
  o.alert = [](const loader::Overrun& overrun) {
    std::fprintf(stderr, "bowline: PLUGIN_OVERRUN: instance %s (plugin %s) did not return from %.*s: the process ends\n", overrun.instance.id.c_str(), overrun.instance.plugin.c_str(),
                 static_cast<int>(overrun.call.size()), overrun.call.data());
  };
  auto line = services::VenueLine::make(config, made->table_, std::move(o));
  if (!line) return line.error();
  made->line_ = std::move(*line);
  made->broker_ = std::make_unique<services::LatchedBroker>(made->line_->broker(), made->latch_);
  return made;
}

Result<void> VenueDesk::start(std::function<Error()> interrupted) {
  services::VenueTalk::Parts parts{*broker_, [this] { return now(); }, {}, {}, {}};
  parts.wait = [this] {
    line_->wait(std::chrono::milliseconds(50));
    turn();
  };
  parts.fault = [this] { return line_->fault(); };
  parts.interrupted = std::move(interrupted);
  talk_ = std::make_unique<services::VenueTalk>(std::move(parts));
  if (auto done = line_->start(now()); !done) return done;
  turn();
  return {};
}

// A clock that is set back stands still here.
core::Nanos VenueDesk::now() {
  last_ = std::max(last_, wall_ns());
  return last_;
}

void VenueDesk::turn() {
  line_->turn(now(), [this](const bl_event& e) { talk_->hear(e); });
}

std::vector<services::VenueFinding> VenueDesk::check() {
  return services::check_venue({*talk_, config_, table_, [this] { return line_->standing(); }, [this] { return line_->rates(); }, times_});
}

}  // namespace bowline::cli
