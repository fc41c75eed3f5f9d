#include "edge/host_door.hpp"

namespace bowline::edge {

bool own_machine(std::string_view url) noexcept {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.find('@') != std::string_view::npos) return false;
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':';
  host = host.substr(0, host.find(':'));
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<Pairs> HostDoor::headers(std::string_view url) const {
  if (token.empty()) return Pairs{};
  if (!url.starts_with("https://") && !own_machine(url))
    return Error{"HOST_PLAIN", "a token is not shown to " + std::string(url) + ": it would travel in the clear. Use https, or ask on the host's own machine"};
  return Pairs{{"Authorization", "Bearer " + token}};
}

}  // namespace bowline::edge
