#include "services/stand_in/stand_in_options.hpp"

#include <bowline/plugin.h>

namespace bowline::services {
namespace {
/// How often the venue is asked for all it has: an answer that was lost must not hold up a stop.
constexpr core::Nanos orders_every = 5'000'000'000;
}  // namespace

ExecutionOptions stand_in_options(const config::RunConfig& config, std::uint64_t seed, std::uint64_t caps, bool sells) {
  ExecutionOptions o;
  o.seed = seed;
  o.account = config.execution.account;
  o.interval = config.interval_ns;
  o.time_by_data = false;  // nothing tells the same twice here: what the venue says is news, whenever it was
  o.exit_wait = config.execution.exit.wait_ns;
  o.exit_collar = config.execution.exit.collar;
  o.orders_every = orders_every;
  o.in_flight = {0, 0};  // it trades nothing that would need the room
  o.stops.at_venue = config.execution.stops.owner == "venue";
  o.stops.can = {(caps & BL_CAN_REST_STOP) != 0, (caps & BL_CAN_REST_BRACKET) != 0};
  o.stops.fill_within = config.execution.stops.fill_within_ns;
  // Who came to stop sends nothing, also nothing again that died on its way. A sale of the liquidation's own may go again.
  if (!sells) o.resend_window = -1;
  return o;
}

}  // namespace bowline::services
