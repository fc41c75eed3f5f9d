// What trade-execution was told to do, by the caller's key, so that whoever repeats himself is answered and nothing is done twice
// (trading rules 2.1, 3.6). It comes back from the journal.
#pragma once

#include <bowline/result.hpp>
#include <string>
#include <string_view>

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
  Remembered<std::string> moves{10'000};        ///< bodies of moves of inventory and of reclassifications, by Idempotency-Key
  Remembered<Adopted> adoptions{1'000};         ///< of the venue's word, by Idempotency-Key
  Remembered<std::string> receipts{100};        ///< of liquidations that are over, by their id
  Remembered<Seen> requests{10'000};            ///< request ids of commands that changed a state

  /// Something was done by this Idempotency-Key so long ago that it is not known any more what: it is not done again.
  Result<void> not_forgotten(std::string_view key) const {
    if (!orders.forgot(key) && !closes.forgot(key) && !moves.forgot(key)) return {};
    return Error{"IDEMPOTENCY_KEY_FORGOTTEN", "this Idempotency-Key was used, and 10,000 newer ones since: it is not known any more what it was answered, "
                                              "and nothing is done by it again; GET /orders has the orders, and a new one needs a new key"};
  }
  bool requested(std::string_view request_id) const { return requests.has(request_id) || requests.forgot(request_id); }
};

}  // namespace bowline::services
