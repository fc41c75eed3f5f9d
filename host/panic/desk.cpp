#include "panic/desk.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "core/exit_codes.hpp"
#include "services/runtime/plugin_network.hpp"

namespace bowline::panic {
namespace {

namespace ec = core::exit_code;
namespace fs = std::filesystem;
using core::Nanos;

constexpr std::int64_t second = 1'000'000'000;

}  // namespace

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}
std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int exit_of(const Error& why) {
  static constexpr auto known = std::to_array<std::pair<std::string_view, int>>({
      {"CONFIG", ec::config}, {"PARAMS", ec::config}, {"SECRET", ec::config}, {"INSTRUMENT", ec::config}, {"RUN", ec::config},
      {"MODE", ec::live_guard}, {"LIVE", ec::live_guard}, {"PLUGIN", ec::plugin}, {"INSTANCE", ec::plugin}, {"JOURNAL", ec::store},
      {"LATCH", ec::store}, {"STORE", ec::store}, {"EXIT", ec::host}, {"EMERGENCY", ec::host}});
  const std::string_view word = std::string_view(why.code).substr(0, why.code.find('_'));
  for (const auto& [name, number] : known)
    if (word == name) return number;
  return ec::internal;
}

Outcome refused(Error why, int code) {
  Outcome o;
  o.code = code;
  o.error = std::move(why);
  o.json = {{"done", false}};
  return o;
}

std::string name_of(const store::LockHolder& h) {
  return h.pid == 0 ? "a process that can't be seen from here" : "process " + std::to_string(h.pid) + (h.name.empty() ? "" : " (" + h.name + ")");
}

services::VenueLine::Options line_options(const Command& c, const VenueConfig& from) {
  services::VenueLine::Options o;
  o.var = fs::absolute(c.var);
  o.wall_ns = wall_ns;
  o.secret = from.secret;
  o.network = services::network_maker(from.config->plugins.network, wall_ns);
  o.alert = [](const loader::Overrun& overrun) {
    std::fprintf(stderr, "bowline-panic: PLUGIN_OVERRUN: instance %s (plugin %s) did not return from %.*s: the process ends. The latch is set; "
                 "begin again\n", overrun.instance.id.c_str(), overrun.instance.plugin.c_str(), static_cast<int>(overrun.call.size()), overrun.call.data());
  };
  return o;
}

bool real_time(const config::RunConfig& config) { return config.mode == "live" || config.time == "real"; }

Desk::Desk(services::VenueLine& line, services::StandInClock& clock, std::function<void(const bl_event&)> heard, std::int64_t within_s)
    : line_(line), clock_(clock), heard_(std::move(heard)), until_(within_s == 0 ? INT64_MAX : steady_ns() + within_s * second) {}

void Desk::turn(Nanos now) {
  for (;;) {
    line_.turn(now, [this](const bl_event& e) {
      clock_.heard(std::max(e.ts_event, e.ts_recv));
      heard_(e);
    });
    const Nanos later = clock_.now();
    if (later <= now) return;
    now = later;
  }
}

void Desk::wait() {
  const std::int64_t until = steady_ns() + second / 5;
  for (std::int64_t left = second / 5; left > 0; left = until - steady_ns()) {
    line_.wait(std::chrono::milliseconds(std::max<std::int64_t>(1, left / 1'000'000)));
    turn(clock_.now());
  }
}

bool Desk::enough() const { return steady_ns() >= until_; }

}  // namespace bowline::panic
