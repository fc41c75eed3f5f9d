// A desk whose feed is mute while its clock goes on (trading rules 1.5): time is real, the journal is a file.
#pragma once

#include <algorithm>

#include "unit/services/venue_word.hpp"

namespace bowline::test {

constexpr core::Nanos second = 1'000'000'000;

struct Mute : Begun {
  StoreFolder dir;
  explicit Mute(services::ExecutionOptions more = {}) {
    journal = opened(dir / "journal.db");
    more.min_trade = "0.005"_dec;
    more.time_by_data = false;
    options = more;
    use({});
    exec->begin();
    step();
    rows();
  }
  /// A tick of the clock, `s` seconds on. Whether anything came of it.
  bool tick(core::Nanos s = 1) {
    now += s * second;
    exec->tick_begins(now, false);
    exec->tick();
    return exec->tick_ends();
  }
  /// Kinds of the rows that are there now.
  std::vector<std::string> rows() {
    REQUIRE(journal->flush().ok());
    std::vector<std::string> all;
    REQUIRE(journal->each([&all](const store::JournalRow& r) -> Result<void> {
      all.emplace_back(r.kind);
      return {};
    }));
    return all;
  }
  std::size_t ticks() {
    const auto all = rows();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), "tick"));
  }
};

}  // namespace bowline::test
