// Open files and their bytes: the few lines of POSIX that the loader's steps share.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <utility>

#include "loader/elf_image.hpp"

namespace bowline::loader {

/// An owned file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A whole file in memory: hashed, parsed and copied from here, so that all three see the same bytes.
struct FileBytes {
  std::unique_ptr<std::byte[]> data;
  std::size_t size = 0;
  std::span<const std::byte> view() const noexcept { return {data.get(), size}; }
};

/// Reads `size` bytes of `fd`; data is null when they cannot be read.
inline FileBytes read_all(int fd, std::size_t size) {
  FileBytes bytes{std::make_unique_for_overwrite<std::byte[]>(size), size};
  if (!ByteSource(fd, size).read(0, {bytes.data.get(), size})) bytes.data.reset();
  return bytes;
}

}  // namespace bowline::loader
