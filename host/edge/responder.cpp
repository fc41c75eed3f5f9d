#include "edge/responder.hpp"

#include <utility>

namespace bowline::edge {

Responder::Responder(std::shared_ptr<ResponseSink> sink, std::uint64_t ticket) noexcept
    : sink_(std::move(sink)), ticket_(ticket) {}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    abandon();
    sink_ = std::move(other.sink_);
    ticket_ = other.ticket_;
  }
  return *this;
}

Responder::~Responder() { abandon(); }

void Responder::operator()(Response response) {
  if (const auto sink = std::exchange(sink_, nullptr)) sink->deliver(ticket_, std::move(response));
}

void Responder::error(int status, const Error& error) {
  if (const auto sink = std::exchange(sink_, nullptr)) sink->deliver_error(ticket_, status, error);
}

void Responder::abandon() noexcept {
  if (!sink_) return;
  try {
    error(500, {"INTERNAL_NO_ANSWER",
                "the service ended without an answer to this request; look for its id in the log"});
  } catch (...) {  // out of memory while saying so: the request time-out answers instead
    sink_.reset();
  }
}

}  // namespace bowline::edge
