#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/doctor.hpp"
#include "cli/load_config.hpp"
#include "cli/try_plugins.hpp"
#include "observe/log.hpp"

namespace bowline::cli {
namespace {

/// Why a service could not listen there now; empty when it could.
std::string listening(const std::string& host, std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &at.sin_addr) != 1) return {};  // another family: not asked here
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int rc = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  const int why = errno;
  ::close(fd);
  if (rc == 0) return {};
  return why == EADDRINUSE ? "is taken by another process" : std::strerror(why);
}

Finding ports(const config::RunConfig& c) {
  if (!c.listen.enabled) return {"ports", true, "none is opened (listen.enabled: off)", ""};
  std::string list, taken;
  for (const std::string& service : c.services) {
    const std::uint16_t port = c.listen.ports.at(service);
    if (port == 0) continue;
    if (const std::string why = listening(c.listen.host, port); !why.empty())
      taken += (taken.empty() ? "" : "; ") + service + ": port " + std::to_string(port) + " on " + c.listen.host + " " + why;
    list += (list.empty() ? "" : ", ") + std::to_string(port);
  }
  if (!taken.empty())
    return {"ports", false, taken, "end that process, which may be another run, or give other ports under listen.ports"};
  return {"ports", true, list.empty() ? "any free ones" : list + " are free", ""};
}

Finding files(const config::RunConfig& c) {
  std::size_t n = 0;
  for (const config::InstanceConfig& i : c.instances)
    for (const std::filesystem::path& file : i.read_files) {
      std::error_code ec;
      const bool folder = std::filesystem::is_directory(file, ec);
      if (::access(file.c_str(), folder ? R_OK | X_OK : R_OK) != 0)
        return {"files", false, "instance " + i.id + ": " + file.string() + ": " + std::strerror(errno),
                "correct the path, or give this user the right to read it"};
      ++n;
    }
  return {"files", true, n == 0 ? "none is named" : std::to_string(n) + " that it names can be read", ""};
}

}  // namespace

std::vector<Finding> configuration(const std::string& file, const std::string& var) {
  const LoadedConfig loaded = read_config(file, var, For::run);
  std::vector<Finding> out;
  const auto secret = [](const config::Problem& p) { return p.code == "CONFIG_SECRET"; };
  const auto& all = loaded.problems;
  if (const auto bad = std::find_if(all.begin(), all.end(), secret); bad != all.end())
    out.push_back({"secrets", false, bad->text(), "put it into a file of the folder that BOWLINE_SECRETS names, readable by this user"});
  else
    out.push_back({"secrets", true, "every one that it names can be read", ""});
  if (const auto bad = std::find_if_not(all.begin(), all.end(), secret); bad != all.end())
    out.push_back({"configuration", false, bad->code + ": " + bad->text(), "bowline check-config " + file + " tells all of it"});
  if (!loaded.config) return out;
  out.push_back({"configuration", true, file, ""});
  out.push_back(ports(*loaded.config));
  out.push_back(files(*loaded.config));
  if (!out.back().ok) return out;  // the plugin that needs it would say the same
  if (auto asked = try_plugins(*loaded.config, loaded); !asked)
    out.push_back({"instances", false, asked.error().code + ": " + asked.error().message, "correct what it names"});
  else
    out.push_back({"instances", true, std::to_string(loaded.config->instances.size()) + " take their params", ""});
  return out;
}

}  // namespace bowline::cli
