// A disk that is full for SQLite, but for what the ballast has given back: counted from the ballast's own size, so that no mount
// is needed. Files that are opened while it lives are on it, and it counts how often they are synced.
#pragma once

#include <catch2/catch.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <list>
#include <utility>

namespace bowline::test {

class FullDisk {
 public:
  explicit FullDisk(std::filesystem::path ballast) : ballast_(std::move(ballast)), real_(sqlite3_vfs_find(nullptr)) {
    REQUIRE(real_ != nullptr);
    REQUIRE(here() == nullptr);
    here() = this;
    vfs_ = *real_;
    vfs_.zName = "full_disk";
    vfs_.pNext = nullptr;
    vfs_.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
      const int rc = here()->real_->xOpen(here()->real_, name, file, flags, out);
      if (rc == SQLITE_OK && file->pMethods != nullptr) file->pMethods = here()->watched(file->pMethods);
      return rc;
    };
    REQUIRE(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK);
  }
  ~FullDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
    here() = nullptr;
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  /// From here on there is no room but what the ballast gives back.
  void fill() { full_ = true, held_ = size(), used_ = 0; }
  void free() { full_ = false; }
  std::uint64_t syncs() const { return syncs_; }

 private:
  struct Methods {
    sqlite3_io_methods ours;  // first: a file's pMethods points here
    const sqlite3_io_methods* real;
  };
  std::filesystem::path ballast_;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_{};
  std::list<Methods> methods_;  // they stay where they are: open files point to them
  bool full_ = false;
  std::uint64_t held_ = 0, used_ = 0, syncs_ = 0;

  static FullDisk*& here() {
    static FullDisk* disk = nullptr;
    return disk;
  }
  std::uint64_t size() const {
    std::error_code ec;
    const auto bytes = std::filesystem::file_size(ballast_, ec);
    return ec ? 0 : bytes;
  }
  const sqlite3_io_methods* watched(const sqlite3_io_methods* real) {
    for (const Methods& m : methods_)
      if (m.real == real) return &m.ours;
    Methods& m = methods_.emplace_back(Methods{*real, real});
    m.ours.xWrite = [](sqlite3_file* file, const void* bytes, int n, sqlite3_int64 at) {
      const auto* of = reinterpret_cast<const Methods*>(file->pMethods);
      FullDisk& d = *here();
      sqlite3_int64 had = 0;  // what a file has already takes no room a second time
      if (of->real->xFileSize(file, &had) != SQLITE_OK) return static_cast<int>(SQLITE_IOERR_FSTAT);
      const auto more = static_cast<std::uint64_t>(std::max<sqlite3_int64>(0, at + n - had));
      if (d.full_ && d.used_ + more > d.held_ - d.size()) return static_cast<int>(SQLITE_FULL);
      d.used_ += d.full_ ? more : 0;
      return of->real->xWrite(file, bytes, n, at);
    };
    m.ours.xSync = [](sqlite3_file* file, int flags) {
      ++here()->syncs_;
      return reinterpret_cast<const Methods*>(file->pMethods)->real->xSync(file, flags);
    };
    return &m.ours;
  }
};

}  // namespace bowline::test
