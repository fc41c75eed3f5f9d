// What the venue has to say, and what of its books changed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger.hpp"
#include "order.hpp"

namespace bowline::broker_mock {

/// One thing the venue has to say, in order. Copies, so that what is said is what was true then.
struct Report {
  enum class Kind : std::uint8_t {
    accepted,
    rejected,
    done,
    cancel_rejected,
    fill,
    snapshot,
    absent,
    balance,
    amended,
    amend_rejected,
    unknown,    ///< the answer to a request did not come
    link_down,  ///< nothing more is said until link_up
    link_up
  };
  Kind kind = Kind::accepted;
  std::int64_t ts_ns = 0;    ///< when it happened
  std::int64_t told_ns = 0;  ///< when it becomes known; 0 = when it happens
  Order order;  ///< all but `balance` and the link; of `absent` and `unknown` only what was asked for
  Fill fill;    ///< `fill`
  std::uint32_t asset = 0;  ///< `balance`
  Balance balance;
  Reason reason = Reason::none;
};

/// What must be durable before the reports may leave.
struct Changes {
  std::vector<std::int64_t> orders;  ///< numbers of orders made or changed, ascending, each once
  std::int64_t first_new_fill = 0;   ///< fills from this number on are new; 0 = none
  std::vector<std::uint32_t> assets;
  std::vector<std::int64_t> fills_told;  ///< older fills that are told only now
  std::vector<AmendDone> amends;
  std::vector<ActDone> acts;
  std::optional<Outage> outage;  ///< it begins; from the Teller, not from the venue
  bool empty() const noexcept {
    return orders.empty() && first_new_fill == 0 && assets.empty() && fills_told.empty() && amends.empty() &&
           acts.empty() && !outage;
  }
};

/// Which order is meant; either may be empty.
struct OrderRef {
  std::string client_id, venue_id;
};

}  // namespace bowline::broker_mock
