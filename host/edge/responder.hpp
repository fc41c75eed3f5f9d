// The right to answer one request, once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "edge/message.hpp"

namespace bowline::edge {

/// Where an answer goes; implemented by the server's connections.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  /// [any thread] Answer to request number `ticket` of this connection; a late or second one is dropped.
  virtual void deliver(std::uint64_t ticket, Response&& response) = 0;
  /// Error answer, with the request's id put in by the sink.
  virtual void deliver_error(std::uint64_t ticket, int status, const Error& error) = 0;
};

/// Movable, usable once, from any thread. Destroyed without an answer it sends 500 INTERNAL_NO_ANSWER.
/// Answering on the I/O thread inside the handler is the fast path: no queue, no allocation.
class Responder {
 public:
  Responder(std::shared_ptr<ResponseSink> sink, std::uint64_t ticket) noexcept;
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  /// Sends the answer. A second call does nothing.
  void operator()(Response response);
  /// Sends the one error shape with this request's id.
  void error(int status, const Error& error);
  bool answered() const noexcept { return sink_ == nullptr; }

 private:
  void abandon() noexcept;
  std::shared_ptr<ResponseSink> sink_;
  std::uint64_t ticket_;
};

}  // namespace bowline::edge
