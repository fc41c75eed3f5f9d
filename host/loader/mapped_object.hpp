// A shared library as it is mapped in this process: which addresses are its own, and which file it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bowline::loader {

class MappedObject {
 public:
  /// The object that holds `address`; empty() when none does.
  static MappedObject of(const void* address);

  bool empty() const noexcept { return segments_.empty(); }
  /// Whether [p, p + size) lies in one loaded segment of the object.
  bool holds(const void* p, std::uint64_t size) const noexcept;
  /// Whether `p` points at code of the object.
  bool holds_code(const void* p) const noexcept;

 private:
  struct Segment {
    std::uintptr_t begin, end;
    bool code;
  };
  std::vector<Segment> segments_;
};

/// Whether `address` is mapped from the file behind `fd`, by device and inode. The kernel is asked for both
/// in the same place, because on overlay and btrfs what fstat says differs from what a mapping says. `path`
/// is the file's name for the case that /proc is not mounted.
bool mapped_from(const void* address, int fd, const std::filesystem::path& path);

/// The file that a library needed by the process was loaded from, by its soname; empty when it is not loaded.
std::filesystem::path loaded_library(const std::string& soname);

}  // namespace bowline::loader
