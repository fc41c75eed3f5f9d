// The venue's state on disk: a snapshot, and behind it a log of what was asked of the engine since. What is answered is in the log before;
// nothing is synced: it is the process that dies, not the machine.
//
//   STATE        "bowline-venue 1 N", a line of JSON (options, portfolios, the market's origin), the engine's text
//   STATE.log.N  records: "LENGTH CHECKSUM", the calls; the last one may be torn, then nobody was answered
//   STATE.lock   held while a venue uses it
// A new snapshot begins a new log under the next number; the step from one to the other is the renaming of STATE.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/result.hpp>

#include "exchange/engine/engine.hpp"

namespace bowline::exchange {

/// What belongs to a state beside the engine's own text.
struct KeptHead {
  Options options;                      ///< under which the log's calls were made
  std::vector<std::string> portfolios;  ///< names of the users, from first_user on
  std::int64_t origin_s = 0;            ///< when the venue began: played markets go on from there
};

struct KeptState {
  KeptHead head;
  std::string engine;  ///< as Engine::save() gives it
  std::string calls;   ///< for Engine::replay(), whole records alone
  bool torn = false;   ///< the log's last record was not whole
};

/// What is kept there; none: nothing. It may be in use: what is read then is the state of a moment. STATE_UNREADABLE, STATE_MALFORMED.
Result<std::optional<KeptState>> read_state(const std::string& path);
/// The engine of a state, as it was at the end of it, behaving by `options`. Errors of Engine::load() and replay().
Result<Engine> restore(const KeptState& state, const Options& options);

class StateFile {
 public:
  /// Takes hold of it until it is destroyed. STATE_IN_USE, STATE_UNWRITABLE.
  static Result<std::unique_ptr<StateFile>> open(const std::string& path);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  /// A snapshot; the log is empty from then on. STATE_UNWRITABLE.
  Result<void> snapshot(const KeptHead& head, std::string_view engine);
  /// One record behind the log, with one write. There has to be a snapshot. STATE_UNWRITABLE: what it says of must not be answered.
  Result<void> append(std::string_view calls);
  std::int64_t log_size() const noexcept { return log_size_; }

 private:
  StateFile(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1, log_ = -1;
  std::uint64_t number_ = 0;
  std::int64_t log_size_ = 0;
};

}  // namespace bowline::exchange
