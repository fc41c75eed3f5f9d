// A small reader of ELF64 shared libraries for hostile input: it answers what the loader must know before any
// code runs, and nothing else.
#pragma once

#include <bowline/result.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::loader {

/// Bytes that can be read at an offset: a buffer, or an open file (borrowed).
class ByteSource {
 public:
  explicit ByteSource(std::span<const std::byte> bytes) noexcept : bytes_(bytes), size_(bytes.size()) {}
  ByteSource(int fd, std::uint64_t size) noexcept : fd_(fd), size_(size) {}
  std::uint64_t size() const noexcept { return size_; }
  /// Whether [offset, offset + count) lies inside; free of overflow.
  bool holds(std::uint64_t offset, std::uint64_t count) const noexcept {
    return offset <= size_ && count <= size_ - offset;
  }
  /// Fills `out`; false when it lies outside or cannot be read.
  bool read(std::uint64_t offset, std::span<std::byte> out) const noexcept;

 private:
  std::span<const std::byte> bytes_{};
  int fd_ = -1;
  std::uint64_t size_;
};

/// What was found in a sound file for this machine.
struct ElfFacts {
  std::vector<std::string> notes;    ///< descriptors of the notes named "bowline" of type 1
  std::vector<std::string> needed;   ///< DT_NEEDED
  std::vector<std::string> entries;  ///< exported names that begin with "bowline_module_v"
  bool entries_known = false;        ///< whether there was a symbol table to look into
};

/// Errors: PLUGIN_NOT_ELF, PLUGIN_TRUNCATED, PLUGIN_WRONG_MACHINE, PLUGIN_NOT_LIBRARY, PLUGIN_NOTE_INVALID.
Result<ElfFacts> read_elf(const ByteSource& source, std::string_view file);

}  // namespace bowline::loader
