#include "edge/endpoints.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace bowline::edge {
namespace {

std::string file_of(const std::filesystem::path& var) { return (var / "endpoints.json").string(); }

}  // namespace

Result<Endpoints> Endpoints::tell(const std::filesystem::path& var, const std::string& host, const std::map<std::string, std::uint16_t>& ports,
                                  bool tls) {
  const bool any = host == "0.0.0.0" || host == "::";
  const bool v6 = host.find(':') != std::string::npos;
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const auto& [service, port] : ports)
    all[service] = (tls ? "https://" : "http://") + (any ? std::string("127.0.0.1") : v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  const std::string text = all.dump(2) + "\n", file = file_of(var);
  Endpoints told(file, ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  bool locked = false;
  // Somebody who looks whether a host lives holds it for a moment.
  for (int i = 0; told.fd_ >= 0 && !locked && i < 5; ++i)
    if (locked = ::flock(told.fd_, LOCK_EX | LOCK_NB) == 0; !locked) ::usleep(5'000);
  if (locked && ::ftruncate(told.fd_, 0) == 0 &&
      ::write(told.fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()))
    return told;
  told.file_.clear();  // it may be another host's
  return Error{"EDGE_ENDPOINTS", file + " cannot be written: bowline emergency and bowline-panic need --url to find this host"};
}

Endpoints::~Endpoints() {
  if (fd_ < 0) return;
  if (!file_.empty()) static_cast<void>(::unlink(file_.c_str()));
  ::close(fd_);
}

Result<std::string> read_endpoint(const std::filesystem::path& var, const std::string& service) {
  const std::string file = file_of(var);
  const auto none = [&](const char* why) { return Error{"EDGE_ENDPOINTS", "no host that is " + service + " lives on " + var.string() + " (" + why + "): give --url if one does"}; };
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return none("it has no endpoints.json");
  std::string text(65'536, '\0');
  const ssize_t n = ::read(fd, text.data(), text.size());
  // Whoever gets the lock has proved that nobody holds it.
  const bool alive = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  if (!alive) return none("its endpoints.json was left behind by a process that is gone");
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  const auto all = nlohmann::json::parse(text, nullptr, false);
  if (!all.is_object() || !all.contains(service) || !all[service].is_string()) return none("its endpoints.json does not name it");
  return all[service].get<std::string>();
}

}  // namespace bowline::edge
