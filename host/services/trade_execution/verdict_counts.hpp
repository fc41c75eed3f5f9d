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
  /// A plugin makes up its own codes: what comes after so many is counted as OTHER.
  static constexpr std::size_t most_rows = 500;

  void add(std::span<const core::CheckRecord> checks) {
    for (const core::CheckRecord& c : checks) {
      if (c.measure) continue;
      Row& r = row(c.rule_source, c.action, c.action == 0 ? std::string_view(c.code) : "");
      ++r.n;
      if (c.action != 0 || !c.value.is_set()) continue;
      r.value = c.value;
      r.limit = c.limit;
    }
  }
  std::span<const Row> rows() const noexcept { return rows_; }

 private:
  std::vector<Row> rows_;

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
