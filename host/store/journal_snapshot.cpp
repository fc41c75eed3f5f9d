#include "store/journal_snapshot.hpp"

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace bowline::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t wal_header = 32;  // bytes; salts among them, which are others whenever the log is begun anew
constexpr int most_tries = 100;
constexpr std::chrono::milliseconds pause{20};

/// What is another as soon as the two files no longer belong to each other: the log's head, and where there is no log
/// the file's own time.
std::string generation(const fs::path& file, const fs::path& log) {
  std::string head(wal_header, '\0');
  std::ifstream in(log, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (!head.empty()) return head;
  std::error_code ec;
  const auto time = fs::last_write_time(file, ec);
  return "no log, " + (ec ? ec.message() : std::to_string(time.time_since_epoch().count()));
}

}  // namespace

// First the file, then its log. What a checkpoint moves from the log to the file meanwhile is still in the log, and a log
// that is half written at its end counts up to its last whole commit; only a log begun anew would leave a gap.
Result<fs::path> copy_journal(const fs::path& file, const fs::path& folder) {
  std::error_code ec;
  if (!fs::exists(file, ec)) return Error{"JOURNAL_OPEN", "journal " + file.string() + " is not there: name the run's state folder with --var"};
  const fs::path log = file.string() + "-wal", copy = folder / "recorded.db", copied_log = copy.string() + "-wal";
  for (int i = 0; i < most_tries; ++i) {
    const std::string before = generation(file, log);
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing, ec);
    if (ec) return Error{"JOURNAL_OPEN", "journal " + file.string() + " can't be copied to " + folder.string() + ": " + ec.message()};
    fs::remove(copied_log, ec);
    if (fs::exists(log, ec)) fs::copy_file(log, copied_log, fs::copy_options::overwrite_existing, ec);
    if (!ec && generation(file, log) == before) return copy;
    std::this_thread::sleep_for(pause);
  }
  return Error{"JOURNAL_OPEN", "journal " + file.string() + " changes too fast to be copied whole: " + (ec ? ec.message() + "; " : "") +
                                   "try again, or when the run has ended"};
}

}  // namespace bowline::store
