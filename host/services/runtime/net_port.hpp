// What the services http and ws of one plugin instance are made of, as the runtime sees them; the edge is behind it.
#pragma once

#include <bowline/plugin.h>

#include <bowline/result.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "loader/extensions.hpp"

namespace bowline::services {

/// Every accepted request is answered by one BL_EV_HTTP, every accepted connection ended by one BL_EV_WS of 3 (closed). They
/// come in the order of their arrival with ts_recv, and bit 2 of the flags: the core records none of them.
class NetPort {
 public:
  virtual ~NetPort() = default;

  // ---- the plugin's side; see loader::InstanceHost [any]
  virtual bl_status http_send(const bl_http_request& request, Error& why) = 0;
  virtual bl_status http_cancel(std::uint64_t request) = 0;
  virtual bl_status ws_open(std::uint64_t conn, std::string_view url, std::string_view headers, std::uint64_t max_frame, Error& why) = 0;
  virtual bl_status ws_send(std::uint64_t conn, std::string_view text) = 0;
  virtual bl_status ws_close(std::uint64_t conn) = 0;

  // ---- the run's side
  /// What the other side lets through; no classes: one of ten requests a second. No request is sent before it is told.
  /// [control]
  virtual void budget(const loader::VenueRates& rates) = 0;
  /// `bell` is rung, from any thread, when something came and nothing was there; at once when something is. Empty: nobody. When
  /// it returns the one before is not rung any more. [control]
  virtual void on_arrival(std::function<void()> bell) = 0;
  /// Whether something came that was not drained. [any]
  virtual bool some() const noexcept = 0;
  /// Calls `f` for each event that has come so far. What it points at is valid during the call. [lane]
  virtual void drain(const std::function<void(const bl_event&)>& f) = 0;
  /// Requests accepted whose answers were not drained. [any]
  virtual std::size_t outstanding() const = 0;
  /// Waits until some(), at most for so long. [any]
  virtual void wait(std::chrono::milliseconds most) = 0;
  /// Ends everything: when it returns all answers are there to be drained, and nothing more is taken. [control]
  virtual void close() = 0;
};

/// Makes the port of the instance of that host id.
using NetMaker = std::function<std::unique_ptr<NetPort>(std::uint32_t source)>;

}  // namespace bowline::services
