// The last read of a liquidation (trading rules 3.6): how far it is. Execution drives it.
#pragma once

#include <cstdint>

namespace bowline::services {

/// One question for the whole account: open orders, fills, balances and products, so that each product is read once after the
/// last slice of all of them.
struct FinalRead {
  std::uint64_t request = 0;  ///< number of the question that is out; 0 = none
  bool whole = false;         ///< it was answered to its end, and is looked at
  bool told = false;          ///< once at least since the last slice
  std::uint32_t waits = 0;    ///< looks since it was asked
  std::uint32_t failed = 0;   ///< times that it was not answered
  std::uint32_t looks = 0;    ///< at what is not explained yet of the answer
  std::uint32_t reads = 0;    ///< answers that were looked at for so long
};

}  // namespace bowline::services
