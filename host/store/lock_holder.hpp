// Who holds a database's lock: by the system's own word, for an operator who has to end it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

namespace bowline::store {

struct LockHolder {
  pid_t pid = 0;     ///< 0: of another machine or name space, so not to be named here
  std::string name;  ///< of its program; empty where it can't be read
  bool stopped = false;  ///< by a signal or a debugger: it does nothing until it is let go on
};

/// Another process's lock on the file; none: nobody holds one, or the file can't be looked at. This process must not hold one of
/// its own: the look would let go of it.
std::optional<LockHolder> lock_holder(const std::filesystem::path& file);

}  // namespace bowline::store
