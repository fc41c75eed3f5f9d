// A host that offers nothing, and a folder of its own for the copies of the plugins.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "loader/instance_host.hpp"

namespace bench {

class SilentHost : public bowline::loader::InstanceHost {
 public:
  bool offers(bowline::loader::Service) const noexcept override { return false; }
  std::int64_t now_ns() noexcept override { return 0; }
  void wake() noexcept override {}
  void log(std::uint32_t, std::string_view) noexcept override {}
  void failed(const bowline::Error&) noexcept override {}
};

struct StateFolder {
  std::filesystem::path path;
  StateFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "bowline-bench-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~StateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace bench
