// Files a test makes in a folder of its own, removed at the end.
#pragma once

#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace plugin_tests {

class TempDir {
  std::filesystem::path path_;

 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "bowline-plugins-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string at(std::string_view name) const { return (path_ / name).string(); }

  std::string write(std::string_view name, std::string_view text) const {
    std::ofstream(at(name), std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
    return at(name);
  }
  std::string write_gz(std::string_view name, std::string_view text) const {
    gzFile f = gzopen(at(name).c_str(), "wb");
    if (!text.empty()) gzwrite(f, text.data(), static_cast<unsigned>(text.size()));
    gzclose(f);
    return at(name);
  }
  /// Cuts a file to `keep` bytes.
  void cut(std::string_view name, std::uintmax_t keep) const { std::filesystem::resize_file(at(name), keep); }
};

inline constexpr std::string_view candle_header = "time_utc_epoch_s,open,high,low,close,volume\n";

}  // namespace plugin_tests
