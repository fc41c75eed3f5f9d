// A venue that is asked over the network answers later: how a run hears it, and when it waits for it.
#include "services/runtime/run_impl.hpp"

namespace bowline::services {

NetPort* Run::Impl::venue_port() const noexcept { return broker ? broker->net() : nullptr; }

void Run::Impl::listen_to_network() {
  if (!broker) return;
  broker->listen(instances->brokers.front().services->net());
  if (NetPort* net = venue_port()) net->on_arrival([this] { loop->post([] {}); });  // what was posted is followed by a pump
}

void Run::Impl::await_venue(const std::function<bool()>& heard, std::chrono::nanoseconds most) {
  loop->pump();
  NetPort* const net = venue_port();
  if (net == nullptr) return;
  const auto until = std::chrono::steady_clock::now() + most;
  while (!heard() && net->outstanding() != 0 && std::chrono::steady_clock::now() < until) {
    net->wait(std::chrono::milliseconds(50));
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
