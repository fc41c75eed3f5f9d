// A place in a process's life: the n-th system call of one kind on one file. What a thread does concurrently shifts the
// order of all calls, but hardly that of the calls on one file: so a point found in one run is found again in the next.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace crash {

enum class Kind : std::uint8_t { write, sync, truncate, rename, unlink, send, receive };

struct Call {
  Kind kind = Kind::write;
  std::string path;         ///< as the kernel names it: an absolute path, or "socket:[n]"
  std::string other;        ///< of a rename: what it was called before
  std::string name;         ///< below the state folder, without what differs from run to run; "socket" for any socket
  std::uint64_t bytes = 0;  ///< to be written or received at most; of a truncation: the new length
  std::int64_t at = -1;     ///< where a write begins in its file
  std::uint64_t from = 0;   ///< where its bytes lie in the process; 0 = in several places
};

const char* word_of(Kind kind) noexcept;

/// What a system call that is about to happen does to the state folder or to a socket; nothing if neither.
std::optional<Call> call_of(pid_t thread, std::uint64_t number, const std::array<std::uint64_t, 6>& arguments, const std::string& root);

/// The numbers of all system calls that call_of() knows.
std::pair<const int*, std::size_t> watched_calls() noexcept;

/// Counts calls by kind and name.
class Ordinals {
  std::map<std::pair<Kind, std::string>, std::uint64_t> seen_;

 public:
  std::uint64_t next(const Call& call) { return ++seen_[{call.kind, call.name}]; }
};

/// "kind:name:ordinal"
struct Point {
  std::string kind, name;
  std::uint64_t ordinal = 0;
  static std::optional<Point> parse(const std::string& text);
  bool same_place(const Call& call) const { return kind == word_of(call.kind) && name == call.name; }
};

}  // namespace crash
