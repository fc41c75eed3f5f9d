// How a program of this machine's operator gets in at a host: the token it shows, and whom it trusts to be the host.
#pragma once

#include <bowline/result.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "edge/message.hpp"

namespace bowline::edge {

struct HostDoor {
  std::string token{};    ///< empty: none is shown
  std::string ca_file{};  ///< trust anchors in PEM; empty: the system's

  /// The headers of a request to `url`. Error HOST_PLAIN: a token is shown over TLS, or to this machine alone.
  Result<Pairs> headers(std::string_view url) const;
};

/// Whether the host of that URL is this machine by its address.
bool own_machine(std::string_view url) noexcept;

}  // namespace bowline::edge
