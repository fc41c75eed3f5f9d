// The control port: what a test tells the venue while it runs. Pure: a request goes in, an answer and what the sockets have to do comes
// out. The addresses are in README.md.
#pragma once

#include <cstdint>

#include "exchange/face/web.hpp"
#include "exchange/server/venue.hpp"

namespace bowline::exchange {

struct ControlAnswer {
  WebReply reply;
  enum class Then : std::uint8_t {
    nothing,
    kill,                ///< the process exits at once, without an answer and without an orderly end
    stop,                ///< it ends in order, behind the answer
    disconnect_streams,  ///< all WebSocket connections are cut
    disconnect_all,      ///< all connections of the venue are cut; the control port's stay
  } then = Then::nothing;
};

/// Errors are {"error": CODE, "message": ...} with 400, or 404 for what is not there.
ControlAnswer control(Venue& venue, const WebRequest& request, std::int64_t now_ns);

}  // namespace bowline::exchange
