// Any bytes at all, read as a plugin file: the reader must answer and must not touch memory that is not its
// own.
#include <cstddef>
#include <cstdint>
#include <span>

#include "loader/note.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)bowline::loader::read_header(std::as_bytes(std::span(data, size)), "fuzzed.so");
  return 0;
}
