// What an operator asks of trade-execution beside orders, already read from JSON, and what is answered.
#pragma once

#include <bowline/decimal.hpp>
#include <cstddef>
#include <string>

#include "core/types.hpp"

namespace bowline::services {

/// Cancels of one command: handed to the broker, and those it did not take (each is an incident; the order may fill).
struct Cancels {
  std::size_t asked = 0, failed = 0;
};

/// POST /trading/state.
struct StateRequest {
  core::InstrumentId instrument;  ///< none: all products together
  core::TradingState state = core::TradingState::active;
  bool freeze = false;            ///< with halted: no exits either
  std::string reason, principal, request_id;
};

/// POST /positions/{symbol}/lock and unlock.
struct LockRequest {
  core::InstrumentId instrument;
  core::Nanos until = 0;  ///< engine time; 0 = until it is unlocked
  std::string reason, principal, request_id;
};

struct StateAnswer {
  Cancels cancels;
  bool replayed = false;  ///< this request was taken before, and what it ordered stands: nothing was changed
};

/// POST /positions/{symbol}/close.
struct CloseRequest {
  core::InstrumentId instrument;
  std::string key, reason, principal, request_id;
};

struct CloseAnswer {
  Cancels cancels;
  core::ClientOrderId order;  ///< the sale that works now; empty: it waits for what is cancelled, or it is done
  Decimal held = Decimal::zero();
  bool closing = false;       ///< not all is sold yet
  bool replayed = false;      ///< this key and body were answered before: no second close
};

}  // namespace bowline::services
