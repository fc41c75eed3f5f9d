// What a run came to: the honest numbers, for a person and for a program.
#pragma once

#include <array>
#include <map>
#include <string>

#include "services/runtime/pipeline.hpp"
#include "services/signal_generator/outcomes.hpp"

namespace bowline::services {

std::string_view to_string(RunEnd end) noexcept;

struct Summary {
  RunEnd end = RunEnd::end_of_data;
  Error error;                                   ///< empty code unless the run failed
  std::string mode;
  std::vector<std::string> services;             ///< of this process; lines of others are left out of text()
  core::Nanos first = 0, last = 0;
  std::uint64_t bars = 0, late_bars = 0, steps = 0, acted_steps = 0;  // acted: without the warm-up
  std::array<std::uint64_t, 4> signals{};        ///< by action
  std::uint64_t signal_errors = 0, unresolved = 0;
  Accuracy accuracy;
  std::map<std::string, std::uint64_t> decisions;  ///< bridge codes
  std::map<std::string, std::uint64_t> why_not;    ///< sizing codes
  std::map<std::string, std::uint64_t, std::less<>> incident_codes;
  std::map<std::string, std::map<std::string, std::uint64_t, std::less<>>, std::less<>> plugin_errors;  ///< instance -> code -> count
  std::uint64_t orders = 0, fills = 0, rejected = 0, cancelled = 0, expired = 0, incidents = 0, plans = 0;
  std::uint64_t working = 0;  // orders that may still fill: the end came before the venue's last word
  std::vector<std::pair<std::string, Decimal>> wallets;  ///< where there is more than one
  Decimal start_equity = Decimal::not_set(), equity = Decimal::not_set(), cash = Decimal::not_set(), fees = Decimal::not_set(),
          realised = Decimal::not_set(), unrealised = Decimal::not_set(), max_drawdown = Decimal::not_set(),
          half_spread = Decimal::not_set();
  bool cost_gate = true;
  std::uint64_t journal_commits = 0, journal_rows = 0;
  std::string journal_head, store;
  std::uint64_t store_outages = 0, store_dropped = 0;  ///< times it could not be written, healed or not; records lost for good
  double seconds = 0;                            ///< wall time of the loop; left out of the JSON's comparable part
  std::uint64_t peak_rss_kib = 0;

  /// Lines for a person.
  std::string text() const;
  /// One JSON object; the keys that depend on the machine are under "machine".
  std::string json() const;
};

}  // namespace bowline::services
