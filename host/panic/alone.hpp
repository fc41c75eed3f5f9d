// What bowline-panic does itself when no host took its command: it takes the journal's lock, so that no host can start beside it,
// and stands in for the host; and where it can't have the journal, it does what is safe without one (trading rules 3.7).
#pragma once

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "store/halt_latch.hpp"

namespace bowline::panic {

struct Command {
  std::string var, config;
  store::Halt halt;          ///< as it is to be done: its order, and of a liquidation its id
  std::int64_t within_s = 0; ///< until it is given up waiting; 0: of a stop two minutes, of a liquidation never
  bool tell = true;          ///< progress goes to stdout
  bool everything = false;   ///< all that the account holds is sold, without the journal (panic/everything.hpp)
  std::string confirm_account{};                ///< the account whose all it is, as the operator typed it
  Decimal max_slippage = Decimal::not_set();    ///< of that sale: how far below the bid it goes; not set: market orders
};

struct Outcome {
  /// done: all of it. open: begun, and not known to be over. by_word: without the journal, as far as that is safe. refused:
  /// nothing, and why.
  enum class What : std::uint8_t { done, open, by_word, refused };
  What what = What::refused;
  int code = 0;                   ///< what the process ends with
  Error error{};                  ///< an empty code: none
  std::string text{};             ///< for a person, line by line
  nlohmann::ordered_json json{};  ///< the same for a program
};

/// The latch is set already; to sell everything it says stop, and is made to order the liquidation once that is confirmed.
Outcome act_alone(const Command& command);

}  // namespace bowline::panic
