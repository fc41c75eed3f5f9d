// How long the requests of a plugin take, and why the last one that failed did: for who looks at the way to a venue.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/runtime/net_port.hpp"

namespace bowline::services {

/// What was measured. [any]
class NetTimes {
 public:
  /// Of requests that had a whole reply, from when they were handed over to when it was here, in the order of their ends: the wait
  /// for their turn is in it. ns.
  std::vector<std::int64_t> round_trips() const;
  /// Why the last request that had none failed, as `CODE: words`, without path and headers; "" when none has.
  std::string last_failure() const;
  std::uint64_t failed() const;

  void took(std::int64_t ns);
  void failed_by(std::string why);

 private:
  mutable std::mutex lock_;
  std::vector<std::int64_t> took_;  // the newest most_kept
  std::string failure_;
  std::uint64_t failed_ = 0;
};

/// The share `of` (0 to 100) of the times that took no longer: the nearest one that was measured, 0 when none was.
std::int64_t percentile(std::vector<std::int64_t> times, unsigned of);

/// Ports as `inner` makes them, whose requests are timed into `into` by `wall_ns` (UTC).
NetMaker timed_network(NetMaker inner, std::shared_ptr<NetTimes> into, std::function<std::int64_t()> wall_ns);

}  // namespace bowline::services
