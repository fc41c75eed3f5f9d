// A venue that is asked over the network answers later: how a run hears it, and when it waits for it.
#include "services/runtime/run_impl.hpp"

namespace bowline::services {

NetPort* Run::Impl::venue_port() const noexcept { return broker ? broker->net() : nullptr; }

void Run::Impl::listen_to_network() {
  if (!broker) return;
  broker->listen(instances->brokers.front().services->net());
  if (NetPort* net = venue_port()) net->on_arrival([this] { loop->post([] {}); });  // what was posted is followed by a pump
}

void Run::Impl::begin_clock() {
  if (config.mode != "live") return;
  const core::Nanos now = now_by_clock();
  if (now > facts.engine_ns.load(std::memory_order_relaxed)) facts.engine_ns.store(now, std::memory_order_relaxed);
}

// By the clock a plugin tries again what failed, and its requests bear the time.
void Run::Impl::await_venue(const std::function<bool()>& heard, std::chrono::nanoseconds most, bool also_silent) {
  loop->pump();
  NetPort* const net = venue_port();
  if (net == nullptr) return;
  const bool clock = config.mode == "live";
  const InstanceServices& venue = *instances->brokers.front().services;
  const auto until = std::chrono::steady_clock::now() + most;
  while (!heard() && !venue.has_failed() && ((also_silent && clock) || net->outstanding() != 0) && std::chrono::steady_clock::now() < until) {
    net->wait(std::chrono::milliseconds(50));
    if (clock) {
      begin_clock();
      loop->pass_time(facts.engine_ns.load(std::memory_order_relaxed));
    }
    loop->pump();
  }
}

void Run::Impl::close_network() {
  NetPort* const net = venue_port();
  if (net == nullptr) return;
  net->close();
  loop->pump();
}

}  // namespace bowline::services
