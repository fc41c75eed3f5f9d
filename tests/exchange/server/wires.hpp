// The venue's sockets: the TLS port with REST and WebSocket, and the control port in plain HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <bowline/result.hpp>

#include "exchange/server/authority.hpp"
#include "exchange/server/hub.hpp"

namespace bowline::exchange {

/// HTTP/1.1 and WebSocket over TLS 1.2 and 1.3. All hosts of the real venue are one port here: a connection that wants to be a WebSocket
/// is one to the user's endpoint when its path is /user or its Host begins with advanced-trade-ws-user, and to market data otherwise;
/// whatever else comes is for REST.
class TlsWire {
 public:
  /// Listens at once. The hub is borrowed. LISTEN_FAILED, TLS_FAILED.
  static Result<std::unique_ptr<TlsWire>> open(Hub& hub, const std::string& address, std::uint16_t port, const Identity& identity);
  virtual ~TlsWire() = default;
  virtual std::uint16_t port() const = 0;
};

/// The control port, on 127.0.0.1.
class ControlWire {
 public:
  /// LISTEN_FAILED.
  static Result<std::unique_ptr<ControlWire>> open(Hub& hub, std::uint16_t port);
  virtual ~ControlWire() = default;
  virtual std::uint16_t port() const = 0;
};

}  // namespace bowline::exchange
