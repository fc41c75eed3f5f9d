// A venue that only recites: one reply for each path that the broker asks at its start, and for a new order the acknowledgement
// in the shape that was recorded of the real one, with the order's own names in it.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "unit/edge/tls_peer.hpp"

namespace bench {

/// The body that this request, whole as it was read, is answered with; "" for a path that the venue does not know. The same
/// order has the same answer each time.
std::string recited(std::string_view request);

/// Kept TLS connections on 127.0.0.1, each served by a thread of its own.
class CannedVenue {
 public:
  CannedVenue();
  std::string url() const { return server_.url(""); }
  std::uint16_t port() const { return server_.port(); }
  const std::string& ca_file() const { return ca_.file(); }
  /// The orders that came since the last call, each whole as it was read. [any]
  std::vector<std::string> take_orders();

 private:
  void serve(edge_test::Peer& peer);

  edge_test::Authority ca_;
  std::mutex lock_;
  std::vector<std::string> orders_;
  edge_test::TlsServer server_;  // last: its threads use the rest
};

}  // namespace bench
