// What a power cut takes away: every change of a file's bytes or length since the last sync of that file. Names are kept
// (files that were made, renamed or removed stay so), and so is what is written through a mapping.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "point.hpp"

namespace crash {

class Unsynced {
  struct Change {
    std::uint64_t number;
    std::string path;
    std::int64_t at;             // where bytes change; -1: only the length does
    std::string before, after;   // the bytes there
    std::int64_t length_before, length_after;  // of the file; length_after of a truncation only
  };
  std::vector<Change> changes_;
  std::uint64_t next_ = 1;

 public:
  /// A write or truncation that is about to happen.
  void about_to(pid_t thread, const Call& call);
  /// What a sync that begins now will have covered when it returns.
  std::uint64_t mark() const noexcept { return next_; }
  /// The sync returned: what changed before `mark` is safe.
  void synced(const std::string& path, std::uint64_t mark);
  void renamed(const std::string& from, const std::string& to);
  void removed(const std::string& path);
  /// The cut, once the process is gone. `torn`: every second change had reached the disk by itself.
  /// How many changes were lost.
  std::size_t cut(bool torn);
};

}  // namespace crash
