// A desk put together again from the journal of another: the same file, another process as far as the desk can tell.
#pragma once

#include <filesystem>

#include "unit/services/desk.hpp"
#include "unit/store/store_folder.hpp"

namespace bowline::test {

inline std::unique_ptr<store::Journal> journal_at(const std::filesystem::path& file) {
  auto j = store::Journal::open(file, {"mock", "v", "default"});
  if (!j) FAIL(j.error().message);
  return std::move(*j);
}

struct Restarted : Desk {
  explicit Restarted(const std::filesystem::path& file) : Desk({}, "77"_dec, nullptr) {
    journal = journal_at(file);
    restart();
  }
  /// Anew, with the options as they are now.
  void restart() {
    exec = std::make_unique<services::Execution>(options, m.table, m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, broker, *journal, sink);
    const auto done = journal->each([this](const store::JournalRow& row) { return exec->restore(row); });
    if (!done) FAIL(done.error().message);
    exec->restored();
  }
};

}  // namespace bowline::test
