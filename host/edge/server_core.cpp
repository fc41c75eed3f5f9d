#include "edge/server_core.hpp"

#include <array>
#include <ctime>
#include <random>

namespace bowline::edge {

ServerCore::ServerCore(IoThread::Impl& io_impl, std::shared_ptr<const Router> table, ServerOptions opts)
    : io(io_impl), options(std::move(opts)), router(std::move(table)) {
  std::random_device random;  // request ids need to differ between processes, nothing more
  id_base_ = (static_cast<std::uint64_t>(random()) << 32) | random();
  for (const auto& route : router->routes()) {
    auto& r = stats.routes.emplace_back();
    r.method = method_name(route->doc.method);
    r.path = route->doc.path;
  }
  renew_date();
}

void ServerCore::enroll(Peer& peer) {
  peer.place_ = peers.insert(peers.end(), &peer);
  peer.enrolled_ = true;
}

void ServerCore::leave(Peer& peer) {
  if (!peer.enrolled_) return;
  peer.enrolled_ = false;
  peers.erase(peer.place_);
  tell_if_empty();
}

void ServerCore::tell_if_empty() {
  if (!draining || !peers.empty()) return;
  if (const auto call = std::exchange(on_empty, nullptr)) call();
}

void ServerCore::for_each(const std::function<void(Peer&)>& act) {
  std::vector<std::shared_ptr<Peer>> now;
  now.reserve(peers.size());
  for (Peer* p : peers) now.push_back(p->self());
  for (const auto& p : now)
    if (p->enrolled_) act(*p);
}

void ServerCore::sweep(Clock::time_point now) {
  // A peer that is cut off leaves the list, and nothing else changes it here: the next place is taken first.
  for (auto at = peers.begin(); at != peers.end();) {
    Peer* peer = *at++;
    const auto keep = peer->self();
    peer->sweep(now);
  }
  renew_date();
}

void ServerCore::renew_date() {
  const std::time_t t = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&t, &utc);
  std::array<char, 64> text{};
  date.assign(text.data(),
              std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc));
}

void ServerCore::make_request_id(std::string& out) {
  // An odd multiplier permutes the 64-bit numbers: no two counts give the same id.
  std::uint64_t v = id_base_ ^ (++id_count_ * 0x9E3779B97F4A7C15ull);
  out.resize(16);
  for (int i = 15; i >= 0; --i, v >>= 4) out[static_cast<std::size_t>(i)] = "0123456789abcdef"[v & 15];
}

void ServerCore::problem(std::string_view code, std::string_view text, std::string_view request_id) const {
  if (options.on_problem) options.on_problem(code, text, request_id);
}

std::string remote_name(const boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code ec;
  const auto end = socket.remote_endpoint(ec);
  if (ec) return {};
  const auto address = end.address().to_string(ec);
  const bool v6 = end.address().is_v6();
  return (v6 ? "[" : "") + address + (v6 ? "]:" : ":") + std::to_string(end.port());
}

}  // namespace bowline::edge
