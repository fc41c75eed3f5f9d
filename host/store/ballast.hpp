// Room that is kept for exits (trading rules 4.1): a file of real blocks beside the journal. When the journal finds none left
// it is given back to the file system a part at a time, as much as the rows need that are to be written.
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>

namespace bowline::store {

class Ballast {
 public:
  /// What give() gives back at once: a sixteenth of the whole, and this at least. What else runs on the disk takes what is free.
  static constexpr std::uint64_t parts = 16, least_part = 64 * 1024;

  /// Of `bytes`, above 0. Nothing is made before fill().
  Ballast(std::filesystem::path file, std::uint64_t bytes);
  ~Ballast();
  Ballast(const Ballast&) = delete;
  Ballast& operator=(const Ballast&) = delete;

  /// Makes the file whole: its blocks are there, written and synced when this returns. One that is whole already is not written
  /// again. On error what it held before is kept. Errors: BALLAST_NO_ROOM, BALLAST_FILE (can't be opened or written).
  Result<void> fill();
  /// Gives the next part back, durably. False: nothing is left, or it can't be given back.
  bool give();
  /// All of it is there.
  bool whole() const noexcept { return left_ == bytes_; }
  /// Bytes that it holds.
  std::uint64_t left() const noexcept { return left_; }
  const std::filesystem::path& file() const noexcept { return file_; }

 private:
  std::filesystem::path file_;
  std::uint64_t bytes_, left_ = 0;
  int fd_ = -1;  // kept open: giving back must not need another one

  Result<void> write_all();
  Error fault(int why, const char* what) const;
  void close_file() noexcept;
};

}  // namespace bowline::store
