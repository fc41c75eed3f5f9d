// How often each rule said what about an intent, without a string being made for a verdict that was met before.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/records.hpp"

namespace bowline::services {

class VerdictCounts {
 public:
  struct Row {
    core::SharedText rule;    ///< risk instance id, or the floor's name
    std::uint8_t action = 0;  ///< as in CheckRecord
    std::string code;         ///< of a rejection; empty otherwise
    std::uint64_t n = 0;
    Decimal value = Decimal::not_set(), limit = Decimal::not_set();  ///< of the last one that told them
  };
  /// What a rule told last under a code, whatever came of it: its value against its limit.
  struct Told {
    core::SharedText rule;
    std::string code;
    std::uint8_t action = 0;
    core::InstrumentId instrument;
    core::Nanos time = 0;
    Decimal value = Decimal::not_set(), limit = Decimal::not_set();
  };
  /// A plugin makes up its own codes: what comes after so many is counted as OTHER, and told no more.
  static constexpr std::size_t most_rows = 500;

  /// What was said at `time` of an order of `instrument`.
  void add(std::span<const core::CheckRecord> checks, core::InstrumentId instrument, core::Nanos time) {
    for (const core::CheckRecord& c : checks) {
      if (c.measure) continue;
      if (c.value.is_set() && !c.code.empty()) tell(c, instrument, time);
      Row& r = row(c.rule_source, c.action, c.action == 0 ? std::string_view(c.code) : "");
      ++r.n;
      if (c.action != 0 || !c.value.is_set()) continue;
      r.value = c.value;
      r.limit = c.limit;
    }
  }
  std::span<const Row> rows() const noexcept { return rows_; }
  std::span<const Told> told() const noexcept { return told_; }

 private:
  std::vector<Row> rows_;
  std::vector<Told> told_;

  void tell(const core::CheckRecord& c, core::InstrumentId instrument, core::Nanos time) {
    const auto same = [&c](const Told& t) { return t.code == c.code && (t.rule == c.rule_source || *t.rule == *c.rule_source); };
    auto at = std::find_if(told_.begin(), told_.end(), same);
    if (at == told_.end()) {
      if (told_.size() >= most_rows) return;
      at = told_.insert(told_.end(), Told{});
      at->rule = c.rule_source;
      at->code = c.code;
    }
    at->action = c.action;
    at->instrument = instrument;
    at->time = time;
    at->value = c.value;
    at->limit = c.limit;
  }

  Row& row(const core::SharedText& rule, std::uint8_t action, std::string_view code) {
    const auto known = [&](std::string_view wanted) {
      return std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) {
        return r.action == action && r.code == wanted && (r.rule == rule || *r.rule == *rule);
      });
    };
    if (const auto at = known(code); at != rows_.end()) return *at;
    if (rows_.size() >= most_rows && code != "OTHER") return row(rule, action, "OTHER");
    Row& made = rows_.emplace_back();
    made.rule = rule;
    made.action = action;
    made.code = code;
    return made;
  }
};

}  // namespace bowline::services
