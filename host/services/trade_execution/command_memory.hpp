// What trade-execution was told to do, by the caller's key, so that whoever repeats himself is answered and nothing is done twice
// (trading rules 2.1, 3.6). It comes back from the journal.
#pragma once

#include <string>

#include "core/types.hpp"
#include "services/trade_execution/remembered.hpp"
#include "services/trade_execution/trade_request.hpp"

namespace bowline::services {

struct CommandMemory {
  struct Answered {
    std::string body;
    TradeAnswer answer;
  };
  struct Closed {
    std::string body;
    core::InstrumentId instrument;
    core::Id128 decision;
  };
  struct Adopted {
    std::string body, report;
    bool took = false;  ///< to its end: not to be done twice
  };
  struct Seen {};

  Remembered<Answered> orders{10'000};          ///< orders and amendments, by Idempotency-Key
  Remembered<Closed> closes{10'000};            ///< by Idempotency-Key
  Remembered<std::string> moves{10'000};        ///< bodies of moves of inventory, by Idempotency-Key
  Remembered<Adopted> adoptions{1'000};         ///< of the venue's word, by Idempotency-Key
  Remembered<std::string> receipts{100};        ///< of liquidations that are over, by their id
  Remembered<Seen> requests{10'000};            ///< request ids of commands that changed a state
};

}  // namespace bowline::services
