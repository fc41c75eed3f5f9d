// The HTTP and WebSocket face of a run: one port per service over one I/O thread, with health and metrics. Reads and
// commands go to the core thread; the store is read on a worker.
#pragma once

#include <bowline/result.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "edge/access.hpp"
#include "edge/tls_identity.hpp"
#include "services/runtime/run.hpp"

namespace bowline::services {

struct HttpFaceOptions {
  std::string host = "127.0.0.1", version, mode;
  std::map<std::string, std::uint16_t> ports;  ///< service -> port; 0 = any free one
  StoreFiles store;                            ///< empty: no history and no explanations
  std::shared_ptr<edge::AccessCheck> access{}; ///< null: nobody is asked who he is
  std::shared_ptr<edge::TlsIdentity> tls{};    ///< null: the ports speak plain HTTP
};

class HttpFace {
 public:
  /// Opens the ports. `run` is borrowed, must outlive this, and may not be executing yet. Errors: EDGE_PORT_TAKEN,
  /// EDGE_BIND_FAILED, STORE_OPEN.
  static Result<std::unique_ptr<HttpFace>> open(Run& run, HttpFaceOptions options);
  /// Drains: no new connection, running requests finish, then everything is closed.
  ~HttpFace();
  /// All instances run: the services can take commands.
  void set_ready(bool ready);
  /// Ports in use, by service.
  std::map<std::string, std::uint16_t> ports() const;

 private:
  struct Impl;
  explicit HttpFace(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::services
