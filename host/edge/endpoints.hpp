// Where a host listens, told in its state folder: who has the folder finds the host without knowing its ports. The file is
// locked while the host lives, so that one left behind by a process that died leads nobody to whoever has its port now.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace bowline::edge {

class Endpoints {
 public:
  /// Writes <var>/endpoints.json and holds its lock: addresses by service, https ones with `tls`. An address that stands for every interface
  /// is told as 127.0.0.1. Errors: EDGE_ENDPOINTS (also where another host holds it).
  static Result<Endpoints> tell(const std::filesystem::path& var, const std::string& host, const std::map<std::string, std::uint16_t>& ports,
                                bool tls = false);
  /// The file goes: nobody is to be asked there any more.
  ~Endpoints();
  Endpoints(Endpoints&& o) noexcept : file_(std::move(o.file_)), fd_(o.fd_) { o.fd_ = -1; }
  Endpoints& operator=(Endpoints&&) = delete;

 private:
  Endpoints(std::string file, int fd) : file_(std::move(file)), fd_(fd) {}
  std::string file_;
  int fd_;
};

/// "http://127.0.0.1:8024" of a service of the host that lives on this folder. Errors: EDGE_ENDPOINTS.
Result<std::string> read_endpoint(const std::filesystem::path& var, const std::string& service);

}  // namespace bowline::edge
