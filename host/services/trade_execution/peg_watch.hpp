// What is told of pegs (trading rules 5.7): one incident when one breaks, or its price is not known any more; a line of the log
// when it holds again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/portfolio.hpp"

namespace bowline::services {

class PegWatch {
  std::vector<core::PegState> told_;  // one per peg
  std::vector<bool> known_;           // its price was
  std::uint64_t looks_ = 0;

 public:
  struct News {
    std::string_view code;  ///< PEG_BROKEN, PEG_UNKNOWN; empty: it holds again
    std::string text;
  };
  /// What is another than at the last look. Once a step: in the first one a price may still come.
  std::vector<News> look(const core::Portfolio& book, core::Nanos now);
};

}  // namespace bowline::services
