// How the book stands against the venue: what is asked, what agrees, what is not explained, and an operator's word that
// what stands unexplained is to be taken as the venue tells it. Execution fills and drives it (execution_adopt.cpp).
#pragma once

#include <bowline/decimal.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/instrument.hpp"
#include "core/portfolio.hpp"
#include "services/trade_execution/product_blocks.hpp"

namespace bowline::services {

/// POST /reconciliation, action ask.
struct AskRequest {
  std::string reason, principal, request_id;
};

/// POST /reconciliation, action adopt_venue.
struct AdoptRequest {
  core::InstrumentId instrument;  ///< none: all products
  std::string key, reason, principal, request_id;
};

/// A balance that differs, and the class it is booked as.
struct AdoptedFlow {
  core::AssetId asset;
  core::Flow kind{};
  Decimal amount = Decimal::zero();
};

/// An order that nobody can tell more of: `closed`: ended at what its fills add up to; else it was ended as cancelled,
/// because the venue does not know it.
struct AdoptedOrder {
  core::ClientOrderId order;
  core::InstrumentId instrument;
  bool closed = false;
  Decimal filled = Decimal::zero(), told = Decimal::not_set();  ///< by its fills; by the venue's word, not set: it told none
};

/// What an adoption would do now, by what is known.
struct AdoptionPlan {
  std::vector<AdoptedFlow> flows;
  std::vector<AdoptedOrder> orders;
  std::vector<std::string> doubts;  ///< by asset: why its balance can't be taken; empty: it can
};

/// An adoption: asked for, on its way, or over. It asks the venue for everything until two answers agree (or the last of a
/// few), and then takes what it was told, in one commit of the journal.
struct Adoption {
  enum class Phase : std::uint8_t {
    asking,
    done,
    failed,      ///< the venue did not answer all of it: nothing was taken
    interrupted  ///< the process ended before the answer: nothing was taken
  };
  struct Left {
    std::string what, code, why;  ///< an instrument with the code of its reason, or an asset
  };

  std::string key, body, who, why, request;
  core::InstrumentId only;  ///< none: all products
  Phase phase = Phase::asking;
  std::string code;  ///< of one that failed
  core::Nanos begun = 0, ended = 0;
  std::uint32_t rounds = 0;  ///< whole answers
  std::vector<AdoptedFlow> flows;
  std::vector<AdoptedOrder> orders;
  std::vector<core::InstrumentId> unblocked;
  std::vector<Left> left;

  // ---- on its way
  std::uint64_t raised_before = 0;                         ///< ProductBlocks::raised() as it began
  std::vector<Decimal> found;                              ///< differences of the answer before, by asset
  std::vector<core::ClientOrderId> absent, absent_before;  ///< orders that the venue said it does not know, sorted
};

/// What GET /reconciliation shows.
struct ReconciliationState {
  struct Question {
    std::uint64_t request = 0;
    core::Nanos since = 0;
  };
  struct Reason {
    BlockReason reason;
    std::string stays;  ///< why an adoption would not take it off; empty: it would
  };
  struct Product {
    core::InstrumentId id;
    std::vector<Reason> reasons;
    Decimal managed, unmanaged;
    std::string entries_held;
  };
  enum class Trouble : std::uint8_t { unknown, gone, fills_missing, external };
  struct OrderLine {
    core::ClientOrderId id;
    core::InstrumentId instrument;
    core::Side side{};
    Trouble trouble{};
    std::string state;
    Decimal qty = Decimal::not_set(), filled = Decimal::zero(), told = Decimal::not_set();
    std::string would;  ///< "close", "end", or empty: an adoption leaves it
  };
  struct Balance {
    core::AssetId asset;
    Decimal ledger, venue, difference;  ///< venue not set: it told none in this process
    core::Nanos told = 0;
    bool by_fees = false;               ///< fees that were not told explain it
    std::optional<core::Flow> would;    ///< what it would be booked as
    std::string doubt;                  ///< why it can't be taken
  };

  core::Nanos asked = 0, answered = 0, agreed = -1;  ///< engine time; agreed -1: not in this process
  bool whole = true;                                 ///< the last answer was
  std::vector<Question> unanswered;
  std::size_t held_back = 0;                         ///< events of the venue whose time has not come (a resumed run of recorded time)
  std::vector<Product> products;
  std::vector<OrderLine> orders;
  std::vector<Balance> balances;
  const Adoption* adoption = nullptr;                ///< on its way
  std::string last_adoption;                         ///< of the one that ended last: JSON; empty: none

  /// Nothing is blocked, nothing differs, no fate of an order is unknown, and all that was asked is answered whole.
  bool agrees() const noexcept;
};

std::string adoption_json(const Adoption& a, const core::InstrumentTable& table);
/// The whole of GET /reconciliation.
std::string reconciliation_json(const ReconciliationState& s, const core::InstrumentTable& table, core::Nanos now);

}  // namespace bowline::services
