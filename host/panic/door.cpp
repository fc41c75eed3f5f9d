#include "panic/door.hpp"

#include <cstdlib>
#include <optional>

#include "config/load.hpp"
#include "config/secret.hpp"

namespace bowline::panic {
namespace {

std::optional<std::string> environment(std::string_view name) {
  const char* v = std::getenv(std::string(name).c_str());
  return v != nullptr ? std::optional<std::string>(v) : std::nullopt;
}

}  // namespace

Result<edge::HostDoor> door_of(const std::string& token, const std::string& ca, const std::string& config) {
  std::string reference = token;
  edge::HostDoor door{.ca_file = ca};
  if (!config.empty() && (token.empty() || ca.empty())) {
    config::LoadOptions options;
    options.env = environment;
    options.only_kind = "broker";
    // What is wrong elsewhere in the file is told by who needs it.
    const config::RunConfig read = config::load(config, options).config;
    if (token.empty()) reference = read.listen.tokens.emergency;
    if (ca.empty()) door.ca_file = read.listen.tls.certificate.string();
  }
  if (reference.empty()) return door;
  if (!reference.starts_with("secret://")) return Error{"USAGE_TOKEN", "--token and BOWLINE_TOKEN take secret://NAME, never the token itself"};
  const auto secret = config::find_secret(reference, environment);
  if (!secret) return secret.error();
  door.token = secret->reveal();
  return door;
}

}  // namespace bowline::panic
