// A paced client and its answers, with clocks that a test can move.
#pragma once

#include <atomic>
#include <set>
#include <string>

#include "edge/paced_client.hpp"
#include "fixture.hpp"
#include "tls_peer.hpp"

namespace edge_test {

struct Shifted {
  std::atomic<std::int64_t> by{0};  ///< ns that the clock that is never set is ahead
  Clocks clocks() {
    Clocks c;
    c.boot_ns = [this] { return read_clock(CLOCK_BOOTTIME) + by.load(); };
    return c;
  }
};

inline std::int64_t utc() { return read_clock(CLOCK_REALTIME); }
inline std::int64_t in(std::chrono::nanoseconds d) { return utc() + d.count(); }

struct PacedRig {
  Shifted time;
  IoThread io;
  Slot<PacedReply> got;
  std::optional<PacedClient> client;
  std::uint64_t last = 0;

  explicit PacedRig(const std::string& ca_file, PacedOptions o = {}, std::vector<RateLimit> budget = {{"all", 10'000, 10'000, 0}}) {
    o.ca_file = ca_file;
    o.clocks = time.clocks();
    client.emplace(io, std::move(o), [this](PacedReply r) { got.put(std::move(r)); });
    if (!budget.empty()) client->budget(std::move(budget));
  }
  std::uint64_t send(PacedCall c) {
    if (c.request == 0) c.request = ++last;
    if (c.method.empty()) c.method = "GET";
    const std::uint64_t number = c.request;
    const auto done = client->send(std::move(c));
    if (!done) throw std::runtime_error(done.error().code + ": " + done.error().message);
    return number;
  }
  PacedReply answer() {
    auto r = got.take();
    if (!r) throw std::runtime_error("no answer came");
    return std::move(*r);
  }
  PacedReply fetch(PacedCall c) {
    send(std::move(c));
    return answer();
  }
  std::string refusal(PacedCall c) {
    if (c.request == 0) c.request = ++last;
    if (c.method.empty()) c.method = "GET";
    const auto done = client->send(std::move(c));
    return done ? "accepted" : done.error().code;
  }
};

/// Polls with a bound: for what no event tells.
template <class F>
bool eventually(F holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

/// Replies to everything with the number of the connection.
inline void echo(Peer& p, int number) {
  while (!p.request().empty()) p.reply(std::to_string(number));
}

}  // namespace edge_test
