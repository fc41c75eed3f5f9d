// A desk after a restart: another process over the same journal, as far as the desk can tell.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "unit/services/desk.hpp"

namespace bowline::test {

inline std::unique_ptr<store::Journal> opened(const std::filesystem::path& file) {
  auto j = store::Journal::open(file, {"mock", "v", "default"});
  if (!j) FAIL(j.error().message);
  return std::move(*j);
}

/// A desk put together again from a journal: the same file, another process as far as the desk can tell.
struct Again : Desk {
  explicit Again(const std::filesystem::path& file) : Desk({}, "77"_dec, nullptr) {
    journal = opened(file);
    services::ExecutionOptions o;
    o.min_trade = "0.005"_dec;
    exec = std::make_unique<services::Execution>(o, m.table, m.usd, "0.0005"_dec, std::vector<std::unique_ptr<core::RiskRule>>{},
                                                 core::FloorLimits{}, broker, *journal, sink);
    const auto done = journal->each([this](const store::JournalRow& row) { return exec->restore(row); });
    if (!done) FAIL(done.error().message);
    exec->restored();
  }
};

}  // namespace bowline::test
